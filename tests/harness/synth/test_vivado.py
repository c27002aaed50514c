# SPDX-License-Identifier: Apache-2.0
"""Vivado's text reports: figures by hand, and errors that name the file and the field.

The inputs are excerpts written for these tests in the form of published reports (`vivado_texts.py`); no Vivado was run.
"""

from pathlib import Path

import pytest

from golden.errors import InputError
from harness.synth import vivado
from harness.synth.vivado import Cells, Clock, Power, Timing, Utilization
from tests.harness.synth.vivado_texts import PLACED, ROUTED, SERIES7, WATTS, header


def parsed(tmp_path: Path, text: str) -> vivado.Report:
    (tmp_path / "a.rpt").write_text(text)
    (found,) = vivado.read([tmp_path / "a.rpt"])
    return found


def test_utilization(tmp_path: Path) -> None:
    """Cells of the first row of each name, asterisks and parts of a sum left out; half a RAM block is one too."""
    found = parsed(tmp_path, PLACED)
    assert isinstance(found, Utilization)
    assert found.cells == {
        "lut": Cells(500000, 1303680),
        "ff": Cells(520000, 2607360),
        "dsp": Cells(800, 9024),
        "bram36": Cells(410.5, 2016),
        "uram": Cells(96, 960),
    }
    assert (found.header.design, found.header.stage) == ("mamba2_accel_u280_wrapper", "placed")
    assert found.header.device == "xcu280-fsvh2892-2L-e"


def test_utilization_of_an_older_family(tmp_path: Path) -> None:
    """Slices instead of CLBs, no column Prohibited, no UltraRAM."""
    found = parsed(tmp_path, header("report_utilization", state="Synthesized") + SERIES7)
    assert isinstance(found, Utilization)
    assert found.cells["lut"] == Cells(12345, 433200)
    assert "uram" not in found.cells
    assert found.header.stage == "synthesized"


def test_timing(tmp_path: Path) -> None:
    """Worst slacks of setup and hold, endpoints that fail, and the clocks with those derived from them."""
    found = parsed(tmp_path, ROUTED)
    assert isinstance(found, Timing)
    assert (found.wns_ns, found.whs_ns, found.failing, found.met) == (-0.125, 0.010, 42, False)
    assert found.clocks == (Clock("ap_clk", 4.444), Clock("ref_100", 10.0))
    met = parsed(tmp_path, ROUTED.replace("-0.125", " 0.125"))
    assert isinstance(met, Timing)
    assert met.met


def test_timing_without_constraints_is_not_met(tmp_path: Path) -> None:
    """NA is no slack of zero."""
    found = parsed(tmp_path, ROUTED.replace("-0.125", "    NA"))
    assert isinstance(found, Timing)
    assert (found.wns_ns, found.met) == (None, False)


def test_power(tmp_path: Path) -> None:
    found = parsed(tmp_path, WATTS)
    assert isinstance(found, Power)
    assert (found.total_w, found.dynamic_w, found.static_w) == (38.265, 27.677, 10.588)
    assert (found.junction_c, found.confidence) == (52.5, "Low")


def test_a_folder(tmp_path: Path) -> None:
    """Its reports of the three kinds, at any depth; other reports and files of other tools are left out."""
    (tmp_path / "impl").mkdir()
    (tmp_path / "util_placed.rpt").write_text(PLACED)
    (tmp_path / "impl" / "timing.txt").write_text(ROUTED)
    (tmp_path / "impl" / "power.rpt").write_text(WATTS)
    (tmp_path / "drc.rpt").write_text(header("report_drc"))
    (tmp_path / "hierarchy.rpt").write_text(header("report_utilization -hierarchical"))
    (tmp_path / "notes.txt").write_text("nothing of Vivado's")
    found = vivado.read([tmp_path])
    assert sorted(type(report).__name__ for report in found) == ["Power", "Timing", "Utilization"]
    groups = vivado.by_design(found)
    assert {stage: len(group) for (_, stage), group in groups.items()} == {"placed": 1, "routed": 2}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nothing of Vivado's", "Tool Version: found none"),
        (PLACED.replace("| Design       :", "| Desing       :"), "Design: found none"),
        (header("report_drc"), "Command: found 'report_drc', expected report_utilization"),
        (header("report_utilization -hierarchical"), "expected report_utilization .not by hierarchy"),
        (PLACED.replace("| CLB LUTs*  ", "| CLB Ls     "), "CLB LUTs or Slice LUTs: found no row"),
        (PLACED.replace("| DSPs      |", "| MULs      |"), "DSPs or DSP Slices: found no row"),
        (PLACED.replace("| 500000 |     0", "| many   |     0", 1), "CLB LUTs: found 'many', expected a number"),
        (ROUTED.replace("WNS(ns)", "XNS(ns)"), r"WNS\(ns\): found none"),
        (ROUTED.replace("WHS(ns)", "XHS(ns)"), r"WHS\(ns\): found none"),
        (ROUTED.replace("-3.500", "-3.500 9"), "found 13 values, expected 12"),
        (ROUTED.replace("-0.125", "-0,1x5"), r"WNS\(ns\): found '-0,1x5'"),
        (WATTS.replace("Dynamic (W) ", "Dynamics (W)"), r"Dynamic \(W\): found none"),
        (WATTS.replace("38.265", "a lot "), "Total On-Chip Power"),
    ],
)
def test_what_a_report_lacks_is_named(text: str, named: str, tmp_path: Path) -> None:
    """File and field, on one line; a figure is never guessed."""
    with pytest.raises(InputError, match=named) as error:
        parsed(tmp_path, text)
    assert str(tmp_path / "a.rpt") in str(error.value)
    assert "\n" not in str(error.value)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found no report, expected report_utilization"):
        vivado.read([tmp_path])


def test_two_reports_of_one_kind_are_refused(tmp_path: Path) -> None:
    """Of the same design at the same stage: which one counts is not known."""
    for name in ("new.rpt", "old.rpt"):
        (tmp_path / name).write_text(PLACED)
    with pytest.raises(InputError, match="found a second report_utilization"):
        vivado.by_design(vivado.read([tmp_path]))
