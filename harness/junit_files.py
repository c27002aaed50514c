# SPDX-License-Identifier: Apache-2.0
"""Files of JUnit results that `krait test` leaves, for CI and the test plan: one of all tests, one of each choice."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

ALL = "junit.xml"
PART = "part-"


def place(folder: Path, choice: Iterable[str]) -> Path:
    """Return where results of tests go: of all without words that choose some, else the same for the same words."""
    words = sorted(choice)
    if not words:
        return folder / ALL
    return folder / f"{PART}{hashlib.sha256(repr(words).encode()).hexdigest()[:12]}.xml"


def supersede(junit: Path) -> None:
    """Remove results of choices where those of all tests are now: they hold them."""
    if junit.name == ALL:
        for part in junit.parent.glob(f"{PART}*.xml"):
            part.unlink(missing_ok=True)
