# SPDX-License-Identifier: Apache-2.0
"""A batch from the bins that are empty: starts that knobs lead there, and weights for what they leave open.

The plan follows from the seed, the batch's number and the bins alone: not from the order in which jobs end.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from harness.closure.kernels import Kernel
from harness.regress.suites import Entry
from harness.sim.runner import derive_seed
from harness.uvm.job import Bias
from harness.uvm.steer import TEST, Bin, Setting, together

MOST_COPIES = 16
"""Starts for one bin in a batch, where luck decides."""
MOST_VALUES = 64
"""A knob with more values is led, not weighed."""


@dataclass(frozen=True)
class Size:
    """How large a batch is: simulations, and starts in each."""

    jobs: int
    starts: int


@dataclass(frozen=True)
class State:
    """What is known when a batch is planned: its number, the bins, the covered ones, batches that tried for each."""

    number: int
    bins: tuple[Bin, ...]
    covered: frozenset[Bin] = frozenset()
    tried: Mapping[Bin, int] = field(default_factory=dict)

    @property
    def empty(self) -> tuple[Bin, ...]:
        """The bins without a hit, in their order."""
        return tuple(each for each in self.bins if each not in self.covered)


@dataclass(frozen=True)
class Batch:
    """Simulations to run, and the bins that they are meant for."""

    entries: tuple[Entry, ...]
    meant: frozenset[Bin] = frozenset()


@dataclass(frozen=True)
class _Start:
    """A start under way: what it needs, and what it is meant for."""

    setting: Setting
    meant: tuple[Bin, ...]


def directed(kernel: Kernel, seed: int, size: Size, state: State) -> Batch:
    """Return the batch that closure runs next."""
    aims = {config: _aims(kernel, config, state) for config in kernel.configs}
    packed = [(config, start) for config, wanted in aims.items() for start in _packed(wanted)]
    chosen = sorted(packed, key=lambda each: -len(set(each[1].meant)))[: size.jobs * size.starts]
    groups: list[tuple[str, list[_Start]]] = []
    for config in kernel.configs:
        starts = [start for its, start in chosen if its == config and TEST not in start.setting]
        groups += [(config, part) for part in _parts(starts, size.starts)]
        groups += [(config, [start]) for its, start in chosen if its == config and TEST in start.setting]
    if not groups or any(kernel.setting(each) is None for each in state.empty):
        groups.append((kernel.configs[state.number % len(kernel.configs)], []))
    groups = groups[: size.jobs]
    entries = tuple(
        _entry(kernel, seed, state, index, config, starts, size) for index, (config, starts) in enumerate(groups)
    )
    return Batch(entries, frozenset(each for _, starts in groups for start in starts for each in start.meant))


def undirected(kernel: Kernel, seed: int, size: Size, state: State) -> Batch:
    """Return a batch of pure random starts: the kernel's own weights, configurations in turn."""
    first = state.number * size.jobs
    return Batch(
        tuple(
            _named(kernel, f"random_{index:04}", seed, kernel.configs[index % len(kernel.configs)], size.starts)
            for index in range(first, first + size.jobs)
        )
    )


def weights(kernel: Kernel, config: str, state: State) -> dict[str, tuple[int, ...]]:
    """Return weights of every knob that some empty bin prefers values of, and of those that else only cost time.

    A value's own weight counts once, and once more for each empty bin that it leads to.
    """
    steering = kernel.steering(config)
    settings = [found for each in state.empty if (found := steering.setting(each))]
    weighed: dict[str, tuple[int, ...]] = {}
    for name, values in kernel.values.items():
        if len(values) > MOST_VALUES:
            continue
        own = _own(kernel, name, len(values))
        leads = [sum(value in each[name] for each in settings if name in each) for value in values]
        if len(set(leads)) > 1 or name in kernel.frugal:
            weighed[name] = tuple(weight * (1 + count) for weight, count in zip(own, leads, strict=True))
    return weighed


def _own(kernel: Kernel, name: str, count: int) -> tuple[int, ...]:
    first = kernel.frugal.get(name) or kernel.weights.get(name, ())
    return (*first, *(1,) * (count - len(first)))


def _aims(kernel: Kernel, config: str, state: State) -> list[tuple[Bin, Setting]]:
    """The empty bins that this configuration is tried for now, each as often as luck may need."""
    found: list[tuple[Bin, Setting]] = []
    for each in state.empty:
        tried = state.tried.get(each, 0)
        able = [name for name in kernel.configs if kernel.steering(name).setting(each) is not None]
        if able and able[tried % len(able)] == config:
            setting = kernel.steering(config).setting(each) or {}
            found += [(each, setting)] * min(1 << tried // len(able), MOST_COPIES)
    return found


def _packed(aims: Sequence[tuple[Bin, Setting]]) -> list[_Start]:
    """Put as many aims into each start as go together: those that need most first, each where it narrows least."""
    starts: list[_Start] = []
    for aim, setting in sorted(aims, key=lambda each: -len(each[1])):
        best: tuple[int, int, Setting] | None = None
        for index, start in enumerate(starts):
            both = None if aim in start.meant else together(start.setting, setting)
            if both is not None:
                narrowed = sum(both[name] != start.setting.get(name) for name in setting)
                if best is None or narrowed < best[0]:
                    best = narrowed, index, both
        if best is None or TEST in setting:
            starts.append(_Start(setting, (aim,)))
        else:
            starts[best[1]] = _Start(best[2], (*starts[best[1]].meant, aim))
    return starts


def _parts(starts: list[_Start], most: int) -> Iterator[list[_Start]]:
    """Cut starts into as few jobs as hold them, all of about one size."""
    count = -(-len(starts) // most)
    for index in range(count):
        yield starts[len(starts) * index // count : len(starts) * (index + 1) // count]


def _entry(kernel: Kernel, seed: int, state: State, index: int, config: str, starts: list[_Start], size: Size) -> Entry:
    name = f"batch_{state.number:03}_{index}"
    if starts and TEST in starts[0].setting:
        return _named(kernel, name, seed, config, 1, test=starts[0].setting[TEST][0])
    random = Random(f"{kernel.name}/{seed}/{name}")
    settings = ({**kernel.modest, **start.setting} for start in starts)
    directions = tuple({knob: random.choice(values) for knob, values in each.items()} for each in settings)
    bias = Bias(weights(kernel, config, state), directions)
    return _named(kernel, name, seed, config, len(starts) or size.starts, bias)


def _named(
    kernel: Kernel, name: str, seed: int, config: str, items: int, bias: Bias | None = None, test: str = "RandomTest"
) -> Entry:
    own = derive_seed(f"cover/{kernel.name}/{name}", seed)
    return Entry(name, test, config, "bulk", "verilator", items, own, kernel.name, bias=bias)
