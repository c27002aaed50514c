# SPDX-License-Identifier: Apache-2.0
"""Simulations that a closure chose: read strictly, with seeds of their own."""

from pathlib import Path

import pytest

from golden.errors import InputError
from harness.regress import graded, plan, suites
from harness.regress.suites import Suite
from harness.uvm.job import Bias

GOOD = """
[[simulations]]
name = "closed_0"
test = "RandomTest"
config = "sim"
items = 2
seed = 77
kernel = "tern_matvec"
weights = { stalls = [1, 2, 3, 4, 5, 6] }
directions = [{ action = "RESET" }, { vectors = "3" }]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "smoke.toml"
    path.write_text(text)
    return path


def test_no_file_is_no_simulation(tmp_path: Path) -> None:
    assert graded.read(tmp_path / "smoke.toml") == ()


def test_a_simulation_becomes_an_entry(tmp_path: Path) -> None:
    """On bulk transport, with its seed, weights and directions."""
    entry = suites.entry(*graded.read(written(tmp_path, GOOD)))
    assert (entry.transport, entry.simulator, entry.items, entry.seed) == ("bulk", "verilator", 2, 77)
    assert entry.bias == Bias({"stalls": (1, 2, 3, 4, 5, 6)}, ({"action": "RESET"}, {"vectors": "3"}))
    assert suites.entry(*graded.read(written(tmp_path, GOOD.split("weights")[0]))).bias is None


def test_its_seed_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a suite the seed of the run changes that of others alone; a repeat command, and more seeds, work as ever."""
    entry = suites.entry(*graded.read(written(tmp_path, GOOD)))
    other = suites.SUITES["smoke"].entries[0]
    monkeypatch.setitem(suites.SUITES, "smoke", Suite((entry, other)))
    monkeypatch.setitem(suites.SUITES, "nightly", Suite((entry, other)))
    monkeypatch.setitem(suites.SUITES, "all", Suite((entry, other)))
    (first, then), (again, _) = plan.plan(["smoke"], 1), plan.plan(["smoke"], 2)
    assert first.seed == again.seed == 77
    assert then.seed != 77
    seeds = [each.seed for each in plan.plan(["closed_0"], None, 3)]
    assert seeds[0] == 77
    assert len(set(seeds)) == 3
    assert [each.seed for each in plan.plan(["closed_0"], 5)] == [5]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("seed = 77", "seed = 0"), "seed: found 0, expected a number from 1 on"),
        (("items = 2", "items = 0"), "items: found 0"),
        (("[1, 2, 3, 4, 5, 6]", '"none"'), "weights.stalls: found 'none', expected an array"),
        (('"3"', "3"), r"directions\[1\].vectors: found 3, expected a string"),
        (("config", "colour"), "colour: found 'sim', expected no such key"),
    ],
)
def test_what_is_no_simulation_is_refused(tmp_path: Path, change: tuple[str, str], word: str) -> None:
    """The line names file and key."""
    path = written(tmp_path, GOOD.replace(*change))
    with pytest.raises(InputError, match=f"smoke.toml: .*{word}"):
        graded.read(path)
