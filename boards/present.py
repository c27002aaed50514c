# SPDX-License-Identifier: Apache-2.0
"""Which physical boards are here, for `krait board list` and `krait doctor`. Nothing is loaded or changed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from boards.facts import load_board
from boards.overlay import OverlayFile, read
from golden.errors import InputError, KraitError

BOARDS = ("vc709", "u280", "vck190")
"""Those that krait has a device for."""
BOARD = "board"
"""What is looked at first."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: the board itself, or on it what has to be as a design needs it."""

    what: str
    good: bool
    text: str

    @property
    def status(self) -> str:
        """In a word."""
        return "ok" if self.good else "not here" if self.what == BOARD else "wrong"


def findings(tag: str) -> tuple[Finding, ...]:
    """Return what was found of a board, never raising: a board that is not there is one finding that says so.

    Of a VCK190 more can be told before something is loaded; of the others it is told when they are opened.
    """
    here = _finding(BOARD, lambda: _present(tag))
    if not here.good or tag != "vck190":
        return (here,)
    return (here, *(_finding(what, look) for what, look in _vck190()))


def _present(tag: str) -> str:
    if tag == "vck190":
        from boards.vck190.open import check_present

        check_present()
    else:
        from boards.open import physical

        physical(tag).check_present()
    return "is here"


def _vck190() -> Iterator[tuple[str, Callable[[], str]]]:
    from boards.vck190.examine import looks
    from boards.vck190.versal import Machine

    design = load_board("vck190").design
    assert design is not None
    yield from looks(Machine(), design, _newest("vck190"))


def _newest(tag: str) -> OverlayFile | None:
    """Return the newest overlay file that was built for a board; None without any."""
    from boards.open import newest_overlay

    try:
        return read(newest_overlay(tag, lambda: None, None, None))
    except InputError:
        return None


def _finding(what: str, look: Callable[[], str]) -> Finding:
    """Return what a look found, or the line of its error."""
    try:
        return Finding(what, True, look())
    except KraitError as error:
        return Finding(what, False, str(error))
    except Exception as error:  # the examination goes on whatever a driver or PYNQ says of one thing
        return Finding(what, False, f"cannot be looked at ({type(error).__name__}: {' '.join(str(error).split())})")
