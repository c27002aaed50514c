# SPDX-License-Identifier: Apache-2.0
"""State machines: the table is that of the logic, and its monitors count what machines do in simulation."""

import dataclasses
from itertools import pairwise
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.coverage import machines, verilator
from harness.coverage.machines import Machine, Machines
from harness.coverage.model import Run, of_run
from harness.coverage.summary import Summary
from harness.paths import VERILOG
from harness.sim.runner import simulate

CTL = "ternary/tern_ctl.v"
HAND_WRITTEN = tuple(path for path in sorted(VERILOG.rglob("*.v")) if path.parent.name != "gen")
TOY = Machine("a/toy.v", "state_q", {"IDLE": ("RUN",), "RUN": ("IDLE",)})


def test_no_state_register_is_forgotten() -> None:
    """What looks like one is a machine, or said to be none; and the table names no register that is gone."""
    found = machines.read()
    texts = {str(path.relative_to(VERILOG)): path.read_text() for path in HAND_WRITTEN}
    assert machines.undeclared(found, tuple(texts.items())) == ()
    names = [(each.unit, each.register) for each in (*found.machine, *found.none)]
    assert len(set(names)) == len(names)
    for unit, register in names:
        assert any(machines.declares(line, register) for line in texts[unit].splitlines()), f"{unit}: {register}"


@pytest.mark.parametrize(
    "text",
    [
        "  reg [1:0] state_q;",
        "  reg  [ 4:0] turn_q;  // one-hot, nothing while not busy",
        "  reg [1:0] at_q;\n case (at_q)",
        "  reg [2:0] at_q;\n a = at_q == IDLE; b = at_q != `KR_RUN;",
        "  reg [2:0] at_q;\n a = at_q[IDLE]; b = at_q[RUN];",
    ],
)
def test_what_looks_like_one(text: str) -> None:
    """Names, comments, cases and constants tell; a count up to its last value does not."""
    assert len(machines.suspects(text)) == 1
    assert len(machines.undeclared(Machines(()), (("a/toy.v", text),))) == 1
    assert machines.suspects("  reg [2:0] n_q;\n a = n_q == LAST_LANE; b = n_q == LANE;") == ()


def test_monitors_count_states_and_arcs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a simulation reached is hit, at the source line of the register; an arc that it missed, and a planted one
    that the module cannot take, are open; a reset is no arc. Other kinds have no points more."""
    table = tmp_path / "machines.toml"
    (ctl,) = (each for each in machines.read().machine if each.unit == CTL)
    arcs = ctl.next | {"IDLE": ("READ_X", "FINISH")}
    rows = "".join(f"{state} = {list(others)}\n" for state, others in arcs.items())
    table.write_text(f'[[machine]]\nunit = "{CTL}"\nregister = "state_q"\n[machine.next]\n{rows}')
    monkeypatch.setattr(machines, "DEFAULT", table)
    tests = "tests.harness.coverage.cocotb_tern_ctl"
    simulate("tern_ctl", (VERILOG / CTL,), test_module=tests, workdir=tmp_path, opt="-O0", coverage=True)
    found = Summary(of_run(Run("ctl", 1, "5a"), verilator.read(tmp_path / "coverage.dat")))
    points = {point.name: hits for point, hits in found.totals.items() if point.kind == "fsm"}
    ways = ["IDLE", "READ_X", "READ_W", "COMPUTE", "WRITE_Y", "FINISH"]
    assert {name: bool(hits) for name, hits in points.items()} == (
        dict.fromkeys([*ways, *(f"{a}->{b}" for a, b in pairwise(ways))], True)
        | {"FINISH->IDLE": False, "IDLE->FINISH": False}
    )
    assert points["READ_X->READ_W"] == 1
    gaps = [gap for gap in found.gaps if gap.point.kind == "fsm"]
    assert [(gap.point.text, gap.status) for gap in gaps] == [
        ("state_q.FINISH->IDLE", "open"),
        ("state_q.IDLE->FINISH", "open"),
    ]
    lines = (VERILOG / CTL).read_text().splitlines()
    assert {lines[point.line - 1].strip() for point in found.totals if point.kind == "fsm"} == {"reg [2:0] state_q;"}
    assert "user" not in found.kinds
    assert {point.unit for point in found.totals} == {CTL}
    assert found.missed({"fsm": 100}) == (f"fsm: found {100 * 11 / 13:.2f} %, expected 100 %",)


def test_only_the_modules_of_a_build_have_monitors() -> None:
    """And only those of hw/verilog: a module elsewhere with the name of one is another."""
    assert machines.monitors(()) == machines.monitors((Path("elsewhere/tern_ctl.v"),)) == ""
    assert machines.monitors((VERILOG / CTL,)).count("bind ") == 1


def test_labels_are_read_as_verilator_writes_them() -> None:
    """Bytes that names of C++ may not have, and the second of two underscores; others are cover points of a design."""
    assert machines.label("fsm__03Astate_q__03AREAD_X__02D__03EREAD_W") == ("state_q", "READ_X->READ_W")
    assert machines.label("fsm:state_q:A_") == ("state_q", "A_")
    assert machines.label("fsm_of_mine") is None


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("next", {"next": {"IDLE": ()}}),
        ("next.IDLE", {"next": {"IDLE": ("GONE",), "RUN": ()}}),
        ("next.IDLE", {"next": {"IDLE": ("IDLE",), "RUN": ()}}),
        ("next.IDLE", {"next": {"IDLE": ("RUN", "RUN"), "RUN": ()}}),
        ("next", {"next": {"a b": (), "RUN": ()}}),
        ("code", {"code": {"GONE": "2'd3"}}),
    ],
)
def test_a_machine_that_cannot_be_is_refused(key: str, change: dict[str, object]) -> None:
    with pytest.raises(InputError, match=rf"{key}: found .*, expected"):
        dataclasses.replace(TOY, **change)


def test_a_register_that_is_gone_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is built."""
    table = tmp_path / "machines.toml"
    table.write_text(f'[[machine]]\nunit = "{CTL}"\nregister = "gone_q"\n[machine.next]\nA = ["B"]\nB = []\n')
    monkeypatch.setattr(machines, "DEFAULT", table)
    with pytest.raises(InputError, match=r"machines\.toml: found 'gone_q', expected a register of ternary/tern_ctl\.v"):
        machines.monitors((VERILOG / CTL,))
