# SPDX-License-Identifier: Apache-2.0
"""Which boards are here: a line for each that is not, what a VCK190 shows, and no error whatever is broken."""

import pytest

from boards import present
from boards.facts import load_board
from boards.overlay import MemoryRegion, read
from boards.present import BOARDS, findings
from boards.vck190 import open as vck190
from boards.vck190 import versal
from golden.errors import MachineError
from tests.boards import designs
from tests.boards.fake_versal import machine, reserve, write_overlay
from tests.conftest import Krait


@pytest.mark.parametrize("tag", BOARDS)
def test_a_board_that_is_not_here_is_one_line(tag: str) -> None:
    """No device, no traceback: the line of its own check, with what to do."""
    (found,) = findings(tag)
    assert (found.what, found.good, found.status) == ("board", False, "not here")
    assert found.text.startswith(f"board {tag}: ")
    assert "\n" not in found.text


def test_whatever_a_driver_raises_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw does not end the examination."""
    monkeypatch.setattr("boards.open.physical", lambda tag: 1 / 0)
    (found,) = findings("u280")
    assert found.text == "cannot be looked at (ZeroDivisionError: division by zero)"


@pytest.mark.parametrize("command", [("board", "list"), ("doctor",)])
def test_the_commands_say_it(krait: Krait, command: tuple[str, ...]) -> None:
    """Both list every board of krait's devices with its line; a missing board is nobody's fault."""
    code, out, err = krait(*command)
    assert (code, err) == (0, "")
    said = " ".join(out.split())
    assert said.count("not here") == len(BOARDS)
    for tag in BOARDS:
        assert f"board: board {tag}: " in said


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A VCK190 that is none, with krait's golden image and a bitstream that was built for it."""
    overlay = write_overlay(tmp_path, designs.matvec())
    made = machine(tmp_path)
    monkeypatch.setattr(vck190, "Machine", lambda: made)
    monkeypatch.setattr(versal, "Machine", lambda: made)
    monkeypatch.setattr(present, "_newest", lambda tag: read(overlay))
    return made


def test_what_a_vck190_shows(here) -> None:
    """Base design of image and overlay alike, a clock that is as declared and one that is not, and so with regions."""
    design = load_board("vck190").design
    assert design is not None
    reserve(here.root, MemoryRegion("MEM0", design.memory_bases[0], design.memory_bytes))
    found = {each.what: each for each in findings("vck190")}
    assert found["board"].good
    assert found["packages"].text == "pynq 4.0.0, pynqmetadata 0.2.0"
    assert found["golden image"].text.startswith("0x12345678, that of ")
    assert (found["clock of 200 MHz"].good, found["clock of 300 MHz"].good) == (True, False)
    assert found["clock of 300 MHz"].text.endswith("the overlay file declares 300 MHz")
    assert found["clock of 300 MHz"].status == "wrong"
    assert [found[f"bank of port {port}"].good for port in range(4)] == [True, False, False, False]
    assert "boot the image that has boards/vck190/krait.dtsi" in found["bank of port 1"].text


def test_what_cannot_be_compared_is_said(here, monkeypatch) -> None:
    """Without a bitstream, or on another base design, the golden image's line says so, and the others stay."""
    monkeypatch.setattr(present, "_newest", lambda tag: None)
    found = {each.what: each for each in findings("vck190")}
    assert "not checked: no overlay file was built" in found["golden image"].text

    def refuses(*of):
        raise MachineError("k.pdi: built on base design 0x1")

    monkeypatch.setattr(versal, "check_base", refuses)
    monkeypatch.setattr(present, "_newest", lambda tag: object())
    found = {each.what: each for each in findings("vck190")}
    assert (found["golden image"].good, found["golden image"].text) == (False, "k.pdi: built on base design 0x1")
    assert found["clock of 200 MHz"].good
