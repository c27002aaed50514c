# SPDX-License-Identifier: Apache-2.0
"""Results: what is saved and read, what the exit code is, how coverage and failures come together."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError, MachineError
from harness.regress import results
from harness.regress.results import Coverage, groups, merge, share
from tests.harness.samples import regression, result

BINS = st.dictionaries(st.sampled_from("pqr"), st.integers(0, 9), max_size=3)
COVERAGE = st.dictionaries(st.sampled_from("ab"), st.dictionaries(st.sampled_from("xyz"), BINS, max_size=3), max_size=2)


class TestCoverage:
    @given(COVERAGE, COVERAGE)
    def test_merge_is_commutative(self, a: Coverage, b: Coverage) -> None:
        assert merge([a, b]) == merge([b, a])

    @given(COVERAGE, COVERAGE, COVERAGE)
    def test_merge_is_associative(self, a: Coverage, b: Coverage, c: Coverage) -> None:
        """Coverage may be merged in any grouping: by seed, by machine, at the end."""
        assert merge([merge([a, b]), c]) == merge([a, merge([b, c])]) == merge([a, b, c])

    @given(COVERAGE)
    def test_merge_keeps_every_bin_and_hit(self, a: Coverage) -> None:
        """Twice the same part doubles each hit; the parts themselves are not touched."""
        twice = merge([a, a])
        for group, points in a.items():
            for point, bins in points.items():
                assert not bins or twice[group][point] == {name: 2 * hits for name, hits in bins.items()}

    def test_share_counts_bins_not_hits(self) -> None:
        assert share({"x": {"p": 9, "q": 0}, "y": {"r": 1}}) == (2, 3)


FAILED = result("random_1", status="FAIL", reason="row 3: golden 5 < RTL 7 & more")
SKIPPED = result("icarus", status="NOT-RUN", reason="no Icarus")
OTHERS = {status: result(status, status=status) for status in ("FLAKY", "KILLED", "BLOCKED", "INVALID", "WAIVED")}
RUN = regression(result(), FAILED, SKIPPED, coverage={"g": {"x": {"p": 1, "q": 0}}})


class TestResults:
    def test_what_is_saved_is_read(self, tmp_path: Path) -> None:
        """results.json holds everything, and no temporary file stays."""
        results.save(tmp_path / "new", RUN)
        assert results.read(tmp_path / "new" / "results.json") == RUN
        assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["junit.xml", "results.json"]

    @pytest.mark.parametrize(
        ("of", "code"),
        [
            ((), 1),
            ((SKIPPED,), 1),
            ((OTHERS["WAIVED"], SKIPPED), 1),
            ((result(),), 0),
            ((result(), SKIPPED, OTHERS["WAIVED"]), 0),
            ((result(), FAILED), 1),
            ((result(), OTHERS["FLAKY"]), 1),
            ((result(), OTHERS["KILLED"]), 1),
            ((result(), OTHERS["BLOCKED"]), 3),
            ((result(), OTHERS["INVALID"]), 3),
            ((OTHERS["BLOCKED"], FAILED), 1),
        ],
    )
    def test_exit_code(self, of: tuple[results.Result, ...], code: int) -> None:
        """0 only if something passed and nothing else happened; what failed goes before what the machine stopped."""
        assert regression(*of).exit_code == code

    def test_failures_are_grouped(self) -> None:
        """By status and signature, most first; what passed or did not run is in none."""
        one, two = (replace(FAILED, name=name, signature="s") for name in ("a", "b"))
        found = groups((result(), SKIPPED, OTHERS["KILLED"], one, replace(one, status="FLAKY"), two))
        assert [(group.status, group.signature, group.results) for group in found] == [
            ("FAIL", "s", (one, two)),
            ("KILLED", "", (OTHERS["KILLED"],)),
            ("FLAKY", "s", (replace(one, status="FLAKY"),)),
        ]

    def test_an_old_file_is_one_line(self, tmp_path: Path) -> None:
        """Another schema is told, with what to do."""
        (tmp_path / "results.json").write_text('{"schema": 1}')
        with pytest.raises(InputError, match="schema: found 1, expected 2; run krait regress again"):
            results.read(tmp_path / "results.json")

    def test_an_unwritable_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(MachineError, match="choose another --out"):
            results.save(tmp_path / "file", RUN)
