# SPDX-License-Identifier: Apache-2.0
"""Resources: Yosys' estimates and Vivado's reports beside each other, never mixed up.

Vivado's inputs are excerpts written for tests (`tests/harness/synth/vivado_texts.py`); no Vivado was run.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from golden.errors import InputError
from harness.cli import app
from harness.regress import results
from harness.synth import record, vivado
from harness.synth.vivado import Report
from reports import resources
from reports.document import Section, Table
from tests.harness.samples import regression, result
from tests.harness.synth.test_record import MADE
from tests.harness.synth.vivado_texts import PLACED, ROUTED, WATTS

OTHER = replace(MADE, config="u280_small", family="proxy", most_levels=6)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "v").mkdir()
    for name, text in (("u.rpt", PLACED), ("t.rpt", ROUTED), ("p.rpt", WATTS)):
        (tmp_path / "v" / name).write_text(text)
    return tmp_path / "v"


@pytest.fixture
def reports(folder: Path) -> tuple[Report, ...]:
    return vivado.read([folder])


def rows(section: Section) -> list[dict[str, str]]:
    table = section.blocks[0]
    assert isinstance(table, Table)
    return [dict(zip((c.title for c in table.columns), (c.text for c in r.cells), strict=True)) for r in table.rows]


def test_side_by_side(reports: tuple[Report, ...]) -> None:
    """A configuration's estimate, then each stage of the design that wraps it, each by its own name."""
    found = rows(resources.section((MADE,), reports))
    assert [row["found by"] for row in found] == ["Yosys (estimated)", "Vivado (routed)", "Vivado (placed)"]
    yosys, routed, placed = found
    assert (yosys["LUT"], yosys["BRAM36"], yosys["levels"]) == ("1000 (25.0 %)", "2.5", "7 (of 8)")
    assert (placed["LUT"], placed["BRAM36"]) == ("500000 (38.4 %)", "410.5 (20.4 %)")
    assert (placed["setup slack, ns"], placed["power, W"], placed["levels"]) == ("", "", "")
    assert (routed["setup slack, ns"], routed["hold slack, ns"]) == ("-0.125", "0.010")
    assert routed["power, W"] == "38.265 (confidence low)"
    assert routed["LUT"] == ""


def test_a_design_belongs_to_the_longest_name_in_it(reports: tuple[Report, ...]) -> None:
    """u280_small's wrapper is not u280's; a design of neither stands alone at the end."""
    small = tuple(replace(r, header=replace(r.header, design="mamba2_accel_u280_small_wrapper")) for r in reports)
    alone = tuple(replace(r, header=replace(r.header, design="another")) for r in reports)
    found = rows(resources.section((MADE, OTHER), (*small, *alone)))
    assert [row["design"] for row in found] == [
        "mamba2_accel_u280", "mamba2_accel_u280_small", *["mamba2_accel_u280_small_wrapper"] * 2, *["another"] * 2,
    ]  # fmt: skip


def test_verdicts_and_proxies(reports: tuple[Report, ...]) -> None:
    """Too many levels and missed timing are marked; another device's family says so."""
    table = resources.section((OTHER,), reports).blocks[0]
    assert isinstance(table, Table)
    tones = {cell.text: cell.tone for row in table.rows for cell in row.cells if cell.tone}
    assert tones == {"7 (of 6)": "bad", "-0.125": "bad", "0.010": "good"}
    assert table.rows[0].cells[2].text == "u280, proxy"
    assert {row.source for row in table.rows} == {"estimated"}


def test_nothing_mapped() -> None:
    section = resources.section((), ())
    assert section.blocks == ()
    assert section.command == "krait synth"


def test_through_the_command_line(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`krait report --vivado` reads a folder, and Yosys' records from the build folder; all three forms say both."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    results.save(tmp_path / "build" / "regress", regression(result()))
    (tmp_path / "build" / "synth").mkdir()
    record.save(tmp_path / "build" / "synth", MADE)
    done = CliRunner().invoke(app, ["report", "--vivado", str(folder)])
    assert done.exit_code == 0, done.output
    for name in ("index.html", "report.md", "report.json"):
        shown = (tmp_path / "build" / "report" / name).read_text()
        for word in ("Yosys (estimated)", "Vivado (placed)", "500000 (38.4 %)", "1000 (25.0 %)", "ap_clk 4.444 ns"):
            assert word in shown


def test_a_bad_place_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option and the place are named, and no page is written."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    done = CliRunner().invoke(app, ["report", "--vivado", str(tmp_path / "gone")])
    assert isinstance(done.exception, InputError)
    assert "--vivado: found nothing at" in str(done.exception)
    assert not (tmp_path / "build" / "report").exists()
