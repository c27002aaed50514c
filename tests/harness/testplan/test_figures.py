# SPDX-License-Identifier: Apache-2.0
"""Numbers to reach: those that benchmarks judge, by name, and a plan's own."""

from dataclasses import replace
from typing import Any

import pytest

from golden.errors import InputError
from harness.bench import mamba2_workloads, ternary_workloads
from harness.testplan import figures
from harness.testplan.plan import Point
from tests.harness.samples import mamba2_record, record, ternary_record

KV260 = {"board": "sim:kv260", "model": "bitnet-0.73b", "workload": "tg1@1024", "memory": "ideal"}


def perf(**changes: Any) -> Point:
    return Point(**({"name": "p", "stage": "V3", "desc": "", "kind": "perf", "records": "ternary"} | changes))


def test_a_goal_of_the_benchmark() -> None:
    """It is the very bound that the benchmark judges with, and the right way round."""
    found = figures.target(perf(at=KV260, goal="decode"))
    work = ternary_workloads.workload("tg1@1024")
    (goal,) = ternary_workloads.goals_at("sim:kv260", "bitnet-0.73b", work, "ideal")
    assert found is not None
    assert (found.bound, found.at_most, found.wanted(None)) == (goal.bound, False, f">= {goal.bound:g} tok/s")
    work2 = mamba2_workloads.workload("tg1")
    (ports,) = mamba2_workloads.goals_at("sim:vck190", "mamba2-2.7b", work2, "model")
    at = {"board": "sim:vck190", "model": "mamba2-2.7b", "workload": "tg1", "memory": "model"}
    share = figures.target(perf(records="mamba2", at=at, goal=ports.name))
    assert share is not None
    assert share.wanted(None) == f">= {100 * ports.bound:.1f} %"


def test_a_number_of_its_own() -> None:
    """Figure, comparison and bound are the plan's."""
    point = perf(records="records", goal=500.0, figure="cycles", comparison="<=", unit="cycles")
    found = figures.target(point)
    assert found is not None
    assert (found.wanted(None), found.found(record())) == ("<= 500 cycles", "500 cycles")
    assert found.met(record())
    more = figures.target(replace(point, goal=499.0))
    assert more is not None
    assert not more.met(record())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"records": "none"}, "records: found 'none', expected one of records, mamba2"),
        ({"at": {"bord": "sim"}}, "at.bord: found no such field of the ternary records"),
        ({"at": {"shape.layers": "4"}}, "at.shape.layers: found no such field"),
        ({"at": KV260, "goal": "prefill"}, "goal: found 'prefill', expected a number with its figure, or .*'decode'"),
        ({"goal": 1.0, "figure": "speed"}, "figure: found 'speed', expected a figure of the ternary records"),
        ({"at": KV260 | {"workload": "x"}, "goal": "decode"}, "--workload: found 'x'"),
    ],
)
def test_what_does_not_exist(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        figures.target(perf(**changes))


def test_the_newest_record_of_a_place() -> None:
    """All fields of `at` count, fields of fields too; of equal ones the last."""
    old, new = record(workload="w", wall_s=1.0), record(workload="w", wall_s=2.0)
    point = perf(records="records", at={"workload": "w", "provenance.revision": "c0ffee"})
    assert figures.newest(point, (old, new, record(workload="x"))) is new
    assert figures.newest(replace(point, at={"workload": "y"}), (old, new)) is None


def test_a_share_of_a_model_reaches_no_goal() -> None:
    """Some layers of a model are no whole model, whose goals are; exactness can be asked of them."""
    whole = ternary_record()
    part = replace(whole, whole_layers=whole.whole_layers + 1)
    assert figures.newest(perf(goal="decode"), (whole, part)) is whole
    assert figures.newest(perf(), (whole, part)) is part


def test_every_family_reads_its_records() -> None:
    """A model's record is exact until it diverges."""
    assert figures.FAMILIES["mamba2"].exact(mamba2_record())
    assert not figures.FAMILIES["mamba2"].exact(replace(mamba2_record(), divergence="token 3"))
    assert not figures.FAMILIES["ternary"].exact(replace(ternary_record(), divergence="token 3"))
