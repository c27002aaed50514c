# SPDX-License-Identifier: Apache-2.0
"""RAPL: counters that wrap around, and which zones are added."""

from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.power.rapl import Counter, Rapl
from golden.errors import MachineError
from tests.boards.power.trees import put, rapl

RANGE = 262_143_328_850


def test_packages_are_the_total(tmp_path: Path) -> None:
    """Cores are inside a package and psys holds both: they are read, and not added."""
    rapl(tmp_path)
    source = Rapl(tmp_path)
    assert source.rails == ("package-0", "package-1")
    assert {each.rail: each.joules for each in source.read()} == pytest.approx(
        {"package-0": 1.0, "package-0/core": 1.0, "package-1": 1.0, "psys": 1.0}
    )


def test_a_counter_goes_on_behind_its_range() -> None:
    """What was counted before a wrap is kept: energies between readings are positive, over several wraps."""
    values = (RANGE - 2_000_000, RANGE - 1_000_000, 500_000, 1_000_000, 0)
    counter = Counter(iter(values).__next__, RANGE)
    steps = [b - a for a, b in pairwise([counter.joules() for _ in values])]
    assert steps == pytest.approx([1.0, 1.5, 0.5, (RANGE - 1_000_000) / 1e6])


@settings(deadline=None)
@given(st.lists(st.integers(0, 999), min_size=1, max_size=20))
def test_a_counter_never_goes_back(steps: list[int]) -> None:
    """Whatever is added between two readings, less than a range each: the sum comes out, in J."""
    totals = list(accumulate(steps, initial=0))
    counter = Counter(iter(total % 1000 for total in totals).__next__, 1000)
    assert [counter.joules() for _ in totals] == pytest.approx([total * 1e-6 for total in totals], abs=1e-12)


def test_no_rapl_is_one_line(tmp_path: Path) -> None:
    """Also where only a platform's counter is: it is no package's."""
    with pytest.raises(MachineError, match="host: found no RAPL package below"):
        Rapl(tmp_path)
    put(tmp_path / "class/powercap/intel-rapl:0", name="psys", energy_uj=1, max_energy_range_uj=9)
    with pytest.raises(MachineError, match="host: found no RAPL package below"):
        Rapl(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """As for everyone but root, since the counters can tell what a processor computes."""
    (rapl(tmp_path) / "intel-rapl:1/energy_uj").unlink()
    with pytest.raises(MachineError, match=r"intel-rapl:1/energy_uj: cannot be read"):
        Rapl(tmp_path).read()
