# SPDX-License-Identifier: Apache-2.0
"""What a call selects, and with which seeds."""

import pytest

from golden.errors import InputError
from harness.regress import results
from harness.regress.plan import again, plan
from harness.regress.suites import SUITES
from tests.harness.samples import regression, result

SMOKE = SUITES["smoke"].entries


class TestPlan:
    def test_a_suite_selects_all_its_entries_once(self) -> None:
        """Naming a suite and its members again changes nothing; order is the suite's."""
        names = [entry.name for entry in SMOKE]
        assert [entry.name for entry in plan(["smoke"], None)] == names
        assert [entry.name for entry in plan(["smoke", "random_*", "registers"], None)] == names
        assert len(set(names)) == len(names)

    def test_names_and_patterns(self) -> None:
        """A name selects itself, a pattern what it matches."""
        assert [entry.name for entry in plan(["bitnet_bulk"], None)] == ["bitnet_bulk"]
        assert {entry.test for entry in plan(["bitnet_*"], None)} == {"BundleTest"}

    @pytest.mark.parametrize("name", ["nosuch", "nosuch_*", ""])
    def test_what_selects_nothing_is_refused(self, name: str) -> None:
        with pytest.raises(InputError, match="or a pattern"):
            plan([name], None)

    def test_every_entry_has_its_own_seed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Seeds follow from the entry's name and the run's seed, not from what else is selected, or are its own."""
        monkeypatch.delenv("KRAIT_SEED", raising=False)
        seeds = {entry.name: entry.seed for entry in plan(["smoke"], None)}
        assert len(set(seeds.values())) == len(seeds)
        assert seeds == {entry.name: entry.seed for entry in plan(["smoke"], None)}
        assert all(entry.seed == seeds[entry.name] for entry in plan(["random_*"], None))
        own = {entry.name for entry in SUITES["smoke"].entries if entry.seed}
        others = {entry.name: entry.seed for entry in plan(["smoke"], 5)}
        assert {name for name, seed in seeds.items() if others[name] == seed} == own
        monkeypatch.setenv("KRAIT_SEED", "2")
        assert {entry.name for entry in plan(["smoke"], None) if entry.seed == seeds[entry.name]} == own

    def test_the_repeat_command_selects_the_same_run(self) -> None:
        """A single entry takes the seed that is given, as the repeat command gives it."""
        for entry in plan(["smoke"], None):
            assert plan([entry.name], entry.seed) == (entry,)

    def test_each_test_has_as_many_seeds_as_are_wanted(self) -> None:
        """All different; the first of many is that of one; nightly brings its own number."""
        one, three = plan(["registers", "bitnet_*"], 4), plan(["registers", "bitnet_*"], 4, 3)
        assert len({(entry.name, entry.seed) for entry in three}) == len({e.seed for e in three}) == 3 * len(one)
        assert three[::3] == one
        assert plan(["registers"], 4, 2)[0].seed == 4
        night = plan(["nightly", "registers"], None)
        assert len(night) == SUITES["nightly"].seeds * len(SUITES["nightly"].entries)

    def test_the_last_run_again(self) -> None:
        """The same tests with the same seeds, or those of them that did not pass, or that are named."""
        statuses = ("PASS", "FAIL", "FLAKY", "KILLED", "BLOCKED", "INVALID", "WAIVED", "NOT-RUN")
        before = regression(*(result("registers", seed=i, status=status) for i, status in enumerate(statuses)))
        assert [entry.seed for entry in again(before, [], False)] == list(range(8))
        assert [entry.seed for entry in again(before, [], True)] == [1, 2, 3, 4, 5]
        assert [entry.name for entry in again(before, ["reg*"], True)] == ["registers"] * 5

    @pytest.mark.parametrize(
        ("before", "names", "words"),
        [
            (regression(result("registers")), [], "one that did not pass"),
            (regression(result("registers", status="FAIL")), ["bitnet_*"], "one that did not pass"),
            (regression(result("gone", status="FAIL")), [], "'gone', which no longer exists"),
            (regression(result("registers", status="FAIL")), ["nosuch"], "found 'nosuch'"),
        ],
    )
    def test_nothing_to_run_again(self, before: results.Regression, names: list[str], words: str) -> None:
        with pytest.raises(InputError, match=words):
            again(before, names, True)
