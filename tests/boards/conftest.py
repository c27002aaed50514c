# SPDX-License-Identifier: Apache-2.0
"""Virtual boards of these tests: locks of their own, so that parallel test processes do not refuse each other."""

import pytest


@pytest.fixture(autouse=True)
def own_locks(tmp_path, monkeypatch):
    folder = tmp_path / "locks"
    monkeypatch.setenv("KRAIT_LOCKS", str(folder))
    return folder
