# SPDX-License-Identifier: Apache-2.0
"""What a call of the command line gave; the fixture `krait` (tests/conftest.py) makes one in the test's process."""

from collections.abc import Callable
from typing import NamedTuple


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Krait = Callable[..., Ran]
