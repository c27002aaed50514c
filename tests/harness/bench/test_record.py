# SPDX-License-Identifier: Apache-2.0
"""Records: what is appended is read, a torn line costs only itself, derived figures follow from the raw samples."""

import json
import multiprocessing
import resource
from dataclasses import asdict
from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness.bench import record as records
from harness.bench.speed import SpeedRecord
from harness.bench.workloads import Goal
from tests.harness.samples import PROVENANCE, record, sample


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    """Records come back equal and in order; the folder is made."""
    path = tmp_path / "new" / "records.jsonl"
    made = record(), record(workload="other", memory="model")
    for each in made:
        records.append(path, each)
    assert records.read(path) == made


def test_an_interrupted_last_line_is_dropped(tmp_path: Path) -> None:
    """A line without its newline is an interrupted run: it is not read, and the next record replaces it."""
    path = tmp_path / "records.jsonl"
    records.append(path, record())
    with path.open("a") as handle:
        handle.write('{"schema":1,"workl')
    assert records.read(path) == (record(),)
    records.append(path, record(workload="next"))
    assert [each.workload for each in records.read(path)] == ["tiny", "next"]
    path.write_text("torn from the first byte on")
    records.append(path, record())
    assert records.read(path) == (record(),)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ('{"schema": 99}', "schema: found 99, expected 1"),
        ('"text"', "a table"),
        (json.dumps(asdict(record()) | {"surprise": 1}), "surprise"),
        (json.dumps({key: value for key, value in asdict(record()).items() if key != "board"}), "board"),
        (json.dumps(asdict(record()) | {"clock_mhz": "fast"}), "clock_mhz: found 'fast'"),
    ],
    ids=["not-json", "schema", "no-table", "unknown-key", "missing-key", "mistyped"],
)
def test_a_malformed_line_is_named(line: str, message: str, tmp_path: Path) -> None:
    """The error names file and line number, and what is wrong there; no record is returned."""
    path = tmp_path / "records.jsonl"
    records.append(path, record())
    with path.open("a") as handle:
        handle.write(line + "\n")
    with pytest.raises(InputError, match=message) as caught:
        records.read(path)
    assert f"{path}:2" in str(caught.value)


def test_an_unwritable_file_is_the_machines_fault(tmp_path: Path) -> None:
    """A folder that cannot be made is one line about --out."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="choose another --out"):
        records.append(tmp_path / "file" / "records.jsonl", record())


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    """A write that stops half way, as on a disk that fills up, is an error, and nothing of the record stays."""
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"\n" * (1 << 20))  # of what else this process writes meanwhile, nothing is as long
    records.append(path, record())
    before = path.read_bytes()
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 500, resource.RLIM_INFINITY))
    try:
        with pytest.raises(MachineError, match=r"cannot write records to .*: File too large; choose another --out"):
            records.append(path, record(workload="next"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert path.read_bytes() == before
    records.append(path, record(workload="next"))
    assert [each.workload for each in records.read(path)] == ["tiny", "next"]


def append_many(path: Path, name: str) -> None:
    for number in range(20):
        records.append(path, record(workload=f"{name} {number}"))


def test_processes_take_turns(tmp_path: Path) -> None:
    """Several processes on one file: every record of each, whole, in the order in which it wrote them."""
    path, context = tmp_path / "records.jsonl", multiprocessing.get_context("fork")
    processes = [context.Process(target=append_many, args=(path, name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    found = [each.workload for each in records.read(path)]
    for name in "abc":
        assert [each for each in found if each.startswith(name)] == [f"{name} {number}" for number in range(20)]


def test_derived_figures_by_hand() -> None:
    """Two starts, 200 and 300 cycles, each with 100 weight beats in a window of 160."""
    made = record()
    assert made.exact
    assert made.cycles == 500
    assert made.macs == 2 * 16 * 80 * 2
    assert made.busy == 200 / 500
    assert made.window_busy == 200 / 320
    assert made.window_of_deliverable == pytest.approx(0.625 / 0.8)
    assert made.fixed_cost == (40 + 140) / 2
    assert made.read_bytes == 2 * 2 * 110 * 32
    assert made.write_bytes == 2 * 2 * 4 * 32
    assert made.seconds == pytest.approx(2.5e-6)


def test_one_inexact_start_makes_a_record_inexact() -> None:
    assert not record(sample(), sample(exact=False)).exact


def test_goals_look_the_right_way() -> None:
    """A goal is at least its bound, or at most; the bound itself is met."""
    made = record()
    assert Goal("busy", lambda r: r.busy, 0.4, "%").met(made)
    assert not Goal("busy", lambda r: r.busy, 0.41, "%").met(made)
    assert Goal("cost", lambda r: r.fixed_cost, 90, "cycles", at_most=True).met(made)
    assert not Goal("cost", lambda r: r.fixed_cost, 89, "cycles", at_most=True).met(made)


def test_a_speed_ratio_is_the_median_of_paired_runs() -> None:
    """Ratios are taken run by run, so that a slow minute of the machine hits both sides."""
    made = SpeedRecord(1, "x", "ours", "theirs", (10.0, 2.0, 30.0), (10.0, 4.0, 10.0), 1.0, PROVENANCE)
    assert made.ratio == 1.0
    assert made.met
