# SPDX-License-Identifier: Apache-2.0
"""ROM contents: with them and their constants alone, each table's law gives what golden.fixed gives."""

import pytest
import torch

from golden.fixed import nau, rsqrt, sigmoid
from golden.fixed.roms import REFERENCE, constants, norm_table, pack, roms
from golden.fixed.tables import exp_table, lookup, silu_table, softplus_table

ROMS = {rom.name: rom for rom in roms()}
CONSTANTS = {constant.name: constant.values for constant in constants()}
WIDTHS = [("rms1", width) for width in (64, 128, 256, 320, 768, 1024, 1536, 2048, 2560)]
WIDTHS += [("rms2", width) for width in (64, 256, 320, 384, 512, 1536, 2048, 3072, 4096, 5120)]


def test_words_fit_and_names_are_unique() -> None:
    assert len(ROMS) == len(roms())
    assert all(0 <= word < 1 << rom.width for rom in roms() for word in rom.words)


@pytest.mark.parametrize("table", [silu_table(), softplus_table(), exp_table()], ids=lambda table: table.name)
def test_activation_tables(table) -> None:
    """The shift's address is the upper bits of the entry's, and both clamp alike."""
    x = torch.arange(-40000, 150000, 7)
    alpha, d = (CONSTANTS[f"{table.name.upper()}_{name}"][0] for name in ("ALPHA", "D"))
    address = ((x - alpha) >> d).clamp(0, 4095)
    entries = torch.tensor(ROMS[f"m2_rom_{table.name}"].words)[address]
    shifts = torch.tensor(ROMS[f"m2_rom_{table.name}_shift"].words)[address >> 7]
    assert torch.equal((entries - 256 * (entries >> 7)) << shifts, lookup(table, x))


@pytest.mark.parametrize(("kind", "width"), WIDTHS)
def test_norm_tables_of_all_widths_with_an_odd_part(kind: str, width: int) -> None:
    """Entries of its odd part, shifted constants of the reference: the table of the width to the last bit."""
    table, odd = norm_table(kind, width), width // (width & -width)
    halvings = (REFERENCE[kind][odd] // width).bit_length() - 1
    assert width << halvings == CONSTANTS[f"{kind.upper()}_X{odd}_WIDTH"][0]
    assert torch.equal(torch.tensor(ROMS[f"m2_rom_{kind}_x{odd}"].words), table.values.flatten())
    assert tuple(a >> halvings for a in CONSTANTS[f"{kind.upper()}_ALPHA"]) == table.alpha
    assert tuple(d - halvings for d in CONSTANTS[f"{kind.upper()}_D"]) == table.d
    assert CONSTANTS[f"{kind.upper()}_O"] == table.o


def test_segments() -> None:
    """Words hold a segment's start and step to the next; the last segment of sigmoid is flat at 1, as all above it."""
    shape, roots = ROMS["m2_rom_sigmoid"].words, ROMS["fxp_rom_rsqrt"].words
    starts = torch.tensor([word & ((1 << 19) - 1) for word in shape])
    steps = torch.tensor([word >> 19 for word in shape])
    ends = sigmoid.sigmoid_table()
    assert torch.equal(starts, ends[:-1])
    assert torch.equal(starts + steps, ends[1:])
    assert (int(starts[-1]), int(steps[-1])) == (1 << 18, 0)
    starts = torch.tensor([word & ((1 << 21) - 1) for word in roots])
    drops = torch.tensor([word >> 21 for word in roots])
    assert torch.equal(starts, rsqrt.rsqrt_table()[:-1])
    assert torch.equal(starts - drops, rsqrt.rsqrt_table()[1:])
    powers = [(word & 0x7FFF, word >> 15) for word in ROMS["m2_rom_nau"].words]
    assert powers == list(zip(nau.BASE, nau.SLOPE, strict=True))


def test_pack_is_exact_or_refuses() -> None:
    """Fields side by side, two's complement; a value that does not fit is no word."""
    assert pack([(-1, 4), (5, 3)]) == 0x5F
    assert pack([(15, 4)]) == pack([(-1, 4)])
    for value in (16, -9):
        with pytest.raises(AssertionError):
            pack([(value, 4)])
