# SPDX-License-Identifier: Apache-2.0
"""A batch follows from seed and empty bins: fewest starts, more where luck decides, weights towards the rest."""

from collections.abc import Iterable

from harness.closure import plan
from harness.closure.plan import MOST_COPIES, Batch, Size, State
from harness.uvm.steer import TEST, Bin, Steering, by
from tests.harness.closure import synthetic

KERNEL = synthetic.kernel()
SIZE = Size(jobs=8, starts=4)


def directions(batch: Batch) -> list[dict[str, str]]:
    return [each for entry in batch.entries if entry.bias for each in entry.bias.directions]


def state(covered: Iterable[Bin] = (), **changes: object) -> State:
    return State(**({"number": 0, "bins": KERNEL.bins, "covered": frozenset(covered)} | changes))  # type: ignore[arg-type]


def but(*names: str) -> set[Bin]:
    """All bins but those."""
    return {each for each in KERNEL.bins if str(each) not in names}


def test_a_cross_takes_a_start_a_bin() -> None:
    """Sixteen bins of a cross need sixteen starts, which meet all bins of the points besides; four go into a job."""
    batch = plan.directed(KERNEL, 1, SIZE, state())
    assert sorted((each["a"], each["b"]) for each in directions(batch)) == [
        (a, b) for a in synthetic.VALUES for b in synthetic.VALUES
    ]
    assert [each.items for each in batch.entries] == [4, 4, 4, 4]
    assert batch.meant == set(KERNEL.bins)


def test_bins_that_go_together_share_a_start() -> None:
    """One of a and one of b are one start, two of a are two."""
    led = plan.directed(KERNEL, 1, SIZE, state(but("a.1", "b.2")))
    assert directions(led) == [{"a": "1", "b": "2"}]
    assert [each.items for each in led.entries] == [1]
    assert len(directions(plan.directed(KERNEL, 1, SIZE, state(but("a.1", "a.3"))))) == 2


def test_a_bin_joins_the_start_that_it_narrows_least() -> None:
    """z needs what the start of y has, and not what that of x leaves open: x stays without a value of c."""
    points = {"x": {"1": {"a": ("1",), "b": ("1",)}}, "y": {"1": {"a": ("2",), "c": ("1",)}}, "z": {"1": {"c": ("1",)}}}
    found = synthetic.kernel(Steering(points))
    led = directions(plan.directed(found, 1, SIZE, State(0, found.bins)))
    assert sorted(led, key=str) == [{"a": "1", "b": "1"}, {"a": "2", "c": "1"}]


def test_the_same_seed_plans_the_same() -> None:
    """Down to every entry's seed; another seed, or another batch, has seeds of its own."""
    asked = ((1, 0), (1, 0), (2, 0), (1, 1))
    plans = [plan.directed(KERNEL, seed, SIZE, state(number=number)) for seed, number in asked]
    seeds = [tuple(entry.seed for entry in each.entries) for each in plans]
    assert plans[0] == plans[1]
    assert len({*seeds[0], *seeds[2], *seeds[3]}) == 12


def test_luck_is_given_twice_as_many_starts_each_time() -> None:
    """1, 2, 4, 8, 16 and never more, as batches fail."""
    counts = []
    for tried in range(7):
        known = state(but("a.1"), tried={Bin("a", "1"): tried})
        counts.append(len(directions(plan.directed(KERNEL, 1, SIZE, known))))
    assert counts == [1, 2, 4, 8, MOST_COPIES, MOST_COPIES, MOST_COPIES]


def test_configurations_take_turns() -> None:
    """A bin is tried on the first, then on the next; one that only the second can meet is tried there."""
    both = synthetic.kernel(configs=("one", "two"))
    tried = [
        plan.directed(both, 1, SIZE, state(but("a.1"), tried={Bin("a", "1"): turn})).entries[0].config
        for turn in range(3)
    ]
    assert tried == ["one", "two", "one"]
    only = {"one": Steering({"a": {"0": None}}), "two": Steering({"a": by("a", "0")})}
    split = plan.Kernel("toy", ("one", "two"), 4, only.__getitem__, {"a": synthetic.VALUES})
    (entry,) = plan.directed(split, 1, SIZE, State(0, split.bins)).entries
    assert (entry.config, entry.items) == ("two", 1)


def test_a_bin_that_no_knob_steers_is_left_to_drawn_starts() -> None:
    """A simulation of drawn starts joins the others while there is such a bin."""
    odd = synthetic.kernel(synthetic.steering(odd={"rare": None}))
    batch = plan.directed(odd, 1, SIZE, State(0, odd.bins, frozenset(odd.bins) - {Bin("odd", "rare"), Bin("a", "1")}))
    assert [len(entry.bias.directions) for entry in batch.entries if entry.bias] == [1, 0]
    assert [entry.items for entry in batch.entries] == [1, SIZE.starts]
    assert batch.meant == {Bin("a", "1")}


def test_a_bin_of_another_test_has_a_simulation_of_that_test() -> None:
    """One start of the test that is named, without a bias."""
    named = synthetic.kernel(synthetic.steering(odd={"zoo": {TEST: ("DecodingTest",)}}))
    known = State(0, named.bins, frozenset(named.bins) - {Bin("odd", "zoo"), Bin("a", "1")})
    entries = plan.directed(named, 1, SIZE, known).entries
    assert [(each.test, each.items, each.bias is None) for each in entries] == [
        ("RandomTest", 1, False),
        ("DecodingTest", 1, True),
    ]


def test_a_batch_is_no_larger_than_asked_for() -> None:
    """Starts that meet most bins come first; what is left out is not counted as tried."""
    batch = plan.directed(KERNEL, 1, Size(jobs=1, starts=3), state())
    assert [each.items for each in batch.entries] == [3]
    assert len([each for each in batch.meant if each.point == "a_x_b"]) == 3


def test_weights_prefer_values_that_lead_to_empty_bins() -> None:
    """A value counts once by its own weight, and once more for each empty bin: 8 * 1, 1 * 3, 1, 1."""
    found = plan.weights(KERNEL, "one", state(but("a_x_b.<1,0>", "a_x_b.<1,3>")))
    assert found == {"a": (8, 3, 1, 1), "b": (2, 1, 1, 2)}
    assert plan.weights(KERNEL, "one", state(KERNEL.bins)) == {}


def test_undirected_batches_have_no_bias() -> None:
    """The kernel's own weights, configurations in turn, and other seeds in every batch."""
    both = synthetic.kernel(configs=("one", "two"))
    first, second = (plan.undirected(both, 1, Size(3, 4), State(number, both.bins)) for number in (0, 1))
    assert [(each.config, each.items, each.bias) for each in first.entries] == [
        ("one", 4, None),
        ("two", 4, None),
        ("one", 4, None),
    ]
    assert second.entries[0].config == "two"
    assert len({each.seed for each in (*first.entries, *second.entries)}) == 6
