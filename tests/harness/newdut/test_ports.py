# SPDX-License-Identifier: Apache-2.0
"""Ports of foreign modules: which are clock, reset, streams and what travels with them, and what is refused."""

from pathlib import Path

import pytest

from golden.errors import InputError
from harness.newdut.ports import Pin, of_pins, read

CONTROL = ("<clk", "<rst")


def pins(*texts: str) -> list[Pin]:
    """Return ports from texts such as "<s_data 8": < into the module, > out of it, its width."""
    made = []
    for text in texts:
        name, _, width = text[1:].partition(" ")
        made.append(Pin(name, "input" if text[0] == "<" else "output", int(width or 1)))
    return made


def streams(*texts: str) -> dict[str, tuple[str, list[str]]]:
    found = of_pins("m", pins(*CONTROL, *texts), {})
    return {each.name: (each.direction, [field.name for field in each.fields]) for each in found.streams}


@pytest.mark.parametrize(
    ("ports", "found"),
    [
        (
            ("<s_valid", ">s_ready", "<s_data 8", ">m_valid", "<m_ready", ">m_data 8"),
            {"s": ("input", ["s_data"]), "m": ("output", ["m_data"])},
        ),
        (
            ("<s_axis_tvalid", ">s_axis_tready", "<s_axis_tlast", "<s_axis_tdata 8", ">m_tvalid", "<m_tready"),
            {"s_axis": ("input", ["s_axis_tdata", "s_axis_tlast"]), "m": ("output", [])},
        ),
        (
            ("<valid_i", ">ready_o", "<data_i 8", ">out_valid_o", "<out_ready_i", ">out_data_o 8", ">out_user_o 2"),
            {"source": ("input", ["data_i"]), "out": ("output", ["out_data_o", "out_user_o"])},
        ),
        (
            ("<s_valid", ">s_ready", "<s_data", "<s_b_valid", ">s_b_ready", "<s_b_data 4", ">m_valid", "<m_ready"),
            {"s": ("input", ["s_data"]), "s_b": ("input", ["s_b_data"]), "m": ("output", [])},
        ),
    ],
)
def test_streams(ports: tuple[str, ...], found: dict[str, tuple[str, list[str]]]) -> None:
    """Names of krait, of AXI-Stream, without a name, and one that begins like another; data is the first field."""
    assert streams(*ports) == found


def test_the_rest() -> None:
    """A valid without a ready is no stream; inputs of none hold still."""
    ports = pins("<aclk", "<aresetn", "<s_valid", ">s_ready", ">m_valid", "<m_ready", "<mode 3", ">busy", ">e_valid")
    found = of_pins("m", ports, {"W": 4})
    assert (found.clock, found.reset, found.reset_low) == ("aclk", "aresetn", True)
    assert [pin.name for pin in found.statics] == ["mode"]
    assert [pin.name for pin in found.others] == ["mode", "busy", "e_valid"]
    assert not of_pins("m", [*pins("<clk", "<rst"), *ports[2:]], {}).reset_low


@pytest.mark.parametrize(
    ("ports", "said"),
    [
        (("<rst", "<s_valid"), "found none for a clock"),
        (("<clk", "<aclk", "<rst"), "found clk, aclk for a clock, expected one"),
        (("<clk", "<s_valid"), "found none for a reset"),
        (("<clk", "<rst", ">m_valid", "<m_ready"), "found no input stream; expected ports *_valid"),
        (("<clk", "<rst", "<s_valid", ">s_ready"), "found no output stream"),
        (("<clk", "<rst", "<s_valid", "<s_ready", ">m_valid", "<m_ready"), "found no input stream"),
    ],
)
def test_what_is_missing(ports: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError) as error:
        of_pins("m", pins(*ports), {})
    assert said in str(error.value)


MODULE = """
`include "w.vh"
module other; endmodule
// module comment (
module wire_through #(parameter W = 8, parameter BIAS = -3) (
    input clk, input rst, input s_valid, output s_ready, input [W*2-1:0] s_data,
    output m_valid, input m_ready, output [`WIDE-1:0] m_data);
    part u_part ();
    assign m_valid = s_valid, s_ready = m_ready, m_data = s_data;
endmodule
"""


def test_by_yosys(tmp_path: Path) -> None:
    """Widths over parameters, headers beside the file, missing children; defaults of parameters with their signs."""
    (tmp_path / "w.vh").write_text("`define WIDE 16\n")
    path = tmp_path / "wire_through.v"
    path.write_text(MODULE)
    found = read([path], None, tmp_path / "work")
    assert (found.module, found.parameters) == ("wire_through", {"W": 8, "BIAS": -3})
    assert [(each.name, each.width) for each in found.streams] == [("s", 16), ("m", 16)]


def test_files_that_are_none(tmp_path: Path) -> None:
    """No file, several modules without --top, Verilog that does not parse: one line each."""
    with pytest.raises(InputError, match="found no file"):
        read([tmp_path / "no.v"], None, tmp_path)
    path = tmp_path / "many.v"
    path.write_text(MODULE.replace("parameter", "paramter"))
    with pytest.raises(InputError, match="found modules other, wire_through; expected one, or --top"):
        read([path], None, tmp_path)
    with pytest.raises(InputError, match=r"new-dut: .*many\.v: yosys"):
        read([path], "wire_through", tmp_path / "work")
