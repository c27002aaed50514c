# SPDX-License-Identifier: Apache-2.0
"""Law: a component of an environment that leaves open what its base asks for cannot be made; a whole one can."""

from typing import Any

import pytest
from pyuvm import uvm_factory, uvm_root

from harness.uvm.inorder import InOrderScoreboard


class Forgetful(InOrderScoreboard):
    """Says nothing about differences."""


class Whole(InOrderScoreboard):
    """Says that nothing differs."""

    def differences(self, item: Any, prediction: Any) -> list[str]:
        return []


def test_a_component_with_an_open_method_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="differences"):
        Forgetful("forgetful", None, None)  # type: ignore[abstract]


def test_a_whole_component_is_made_and_in_the_factory() -> None:
    try:
        assert Whole("whole", None, None).differences(None, None) == []  # type: ignore[arg-type]
        assert uvm_factory().fd.classes["Whole"] is Whole
    finally:
        uvm_root().clear_children()
