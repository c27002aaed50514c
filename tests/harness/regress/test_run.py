# SPDX-License-Identifier: Apache-2.0
"""A regression has its folder for itself, and leaves it whole."""

from pathlib import Path

import pytest

from golden.errors import MachineError
from harness.regress import results
from harness.regress.jobs import Options
from harness.regress.run import alone, run
from tests.harness.regress import toys


def test_two_do_not_share_a_folder(tmp_path: Path) -> None:
    """The second is refused at once, and nothing of the first is touched."""
    (tmp_path / "jobs").mkdir()
    with alone(tmp_path), pytest.raises(MachineError, match="another regression is running there"):
        run((toys.entry("passes"),), tmp_path, Options(), lambda *_: None)
    assert (tmp_path / "jobs").exists()


@pytest.mark.icarus
def test_a_run_leaves_its_results(tmp_path: Path) -> None:
    """results.json is what was returned, junit.xml lies beside it, and nothing says that it is unfinished."""
    with toys.kernel():
        done = run((toys.entry("passes"),), tmp_path, Options(cov=True), lambda *_: None)
    assert results.read(tmp_path / "results.json") == done
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".lock",
        "coverage.dat",
        "coverage.ucisdb",
        "jobs",
        "junit.xml",
        "results.json",
    ]
    assert done.code == {}, "Icarus has no code coverage"
    assert 0 < done.results[0].process_s < done.results[0].seconds
