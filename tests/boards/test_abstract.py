# SPDX-License-Identifier: Apache-2.0
"""Law: a device or driver that leaves open what its base asks for cannot be made; PYNQ's registers do not list it."""

from typing import Any

import pytest
from pynq.pl_server.device import DeviceMeta

from boards.device import KraitDevice
from boards.drivers.model_accel import ModelAccel
from boards.facts import load_board


class ForgetfulDevice(KraitDevice):
    """Leaves `unload`, `read_words` and `write_words` open."""

    def load(self, overlay: Any) -> None:
        """Load nothing."""


class ForgetfulDriver(ModelAccel[Any]):
    """Leaves `records_of` open."""

    def packed(self, arguments: Any) -> dict[str, int]:
        return {}


def test_a_device_with_open_methods_cannot_be_made() -> None:
    with pytest.raises(TypeError, match=r"read_words.*unload.*write_words"):
        ForgetfulDevice("toy", load_board("u280"))  # type: ignore[abstract]
    assert ForgetfulDevice not in DeviceMeta._subclasses.values()


def test_a_driver_with_open_methods_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="records_of"):
        ForgetfulDriver({})  # type: ignore[abstract]
