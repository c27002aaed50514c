# SPDX-License-Identifier: Apache-2.0
"""Which modules can be mutated, and what the verdict on them depends on."""

from pathlib import Path

import pytest

from golden.errors import InputError
from harness.mutate import units
from harness.mutate.units import all_units, choose, fingerprint, unjudged
from harness.paths import ROOT
from tests.rtl.contract import modules


def test_units() -> None:
    """Every hand-written module is a unit, with something that judges it; generated modules are none."""
    names = {unit.name: unit for unit in all_units()}
    assert unjudged() == ()
    assert names.keys() == modules().keys()
    assert names["strm_fifo"].judge.test.name == "test_strm_fifo.py"
    assert names["tern_scale_mul"].source.is_file()


def test_a_module_that_nothing_judges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told, and asking for it says what is missing."""
    (tmp_path / "lonely.v").write_text("module lonely (\n);\nendmodule\n")
    monkeypatch.setattr(units, "VERILOG", tmp_path)
    assert unjudged() == ("lonely",)
    with pytest.raises(InputError, match=r"nothing simulates lonely; expected tests/rtl/test_lonely.py"):
        choose(("lonely",), all_units())


def test_choice() -> None:
    every = all_units()
    assert [unit.name for unit in choose(("strm_fi*", "err_first"), every)] == ["err_first", "strm_fifo"]
    assert choose((), every) == every


@pytest.mark.parametrize("pattern", ["strm_fofi", "m2_rom_exp"])
def test_what_is_no_unit(pattern: str) -> None:
    with pytest.raises(InputError, match=f"found no hand-written module '{pattern}' in hw/verilog"):
        choose((pattern,), all_units())


def test_fingerprint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It follows imports into this repository, through functions and packages too, and no others."""
    monkeypatch.setattr(units, "ROOT", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("")
    top, below, lazy = (tmp_path / "tests" / f"{name}.py" for name in ("top", "below", "lazy"))
    top.write_text("import json\nfrom tests import below\n")
    below.write_text("def f():\n    import tests.lazy\n")
    lazy.write_text("X = 1\n")
    first = fingerprint([top])
    assert first == fingerprint([top])
    lazy.write_text("X = 2\n")
    assert fingerprint([top]) != first


def test_what_a_stream_test_depends_on() -> None:
    """The cocotb module of the streams depends on the agents that drive it."""
    closure = units._closure([ROOT / "tests" / "rtl" / "cocotb_strm.py"])
    assert ROOT / "harness" / "uvm" / "stream_env.py" in closure
