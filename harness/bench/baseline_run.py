# SPDX-License-Identifier: Apache-2.0
"""`krait bench --baseline`: which models, workloads and types run where, what is recorded and said of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from golden.errors import InputError
from harness import console
from harness.bench import baseline, baseline_models, baseline_place
from harness.bench import baseline_record as records
from harness.bench.baseline import Follow
from harness.bench.baseline_models import Source
from harness.bench.baseline_place import Place
from harness.bench.baseline_record import DTYPES, Agreement, BaselineRecord, Device, Dtype
from harness.bench.baseline_workloads import QUICK, workload
from harness.bench.model_workloads import Workload
from harness.bench.statistics import Rule

DEVICES: dict[str, tuple[Device, ...]] = {"cpu": ("cpu",), "gpu": ("gpu",), "all": ("cpu", "gpu")}
RULE = Rule(relative=0.05, warm_up=1, least=5, repeats=100, seconds=60.0)
"""When repeating ends."""
SHORT = Rule(relative=0.05, warm_up=1, least=5, repeats=30, seconds=3.0)
"""The same where other benchmarks are waiting."""


@dataclass(frozen=True)
class Asked:
    """What to run, in this order: each model in each type on each device at each workload."""

    devices: tuple[Device, ...]
    models: tuple[str, ...]
    workloads: tuple[Workload, ...]
    dtypes: tuple[Dtype, ...]
    threads: int | None


def asked(
    devices: str,
    model: str | None = None,
    work: str | None = None,
    dtype: str | None = None,
    threads: int | None = None,
) -> Asked:
    """Return what the command line asks for: the zoo's models, short workloads, every type where nothing is said.

    InputError for an unknown word.
    """
    if devices not in DEVICES:
        raise InputError(f"--baseline: found {devices!r}, expected one of {', '.join(DEVICES)}")
    if dtype is not None and dtype not in DTYPES:
        raise InputError(f"--dtype: found {dtype!r}, expected one of {', '.join(DTYPES)}")
    return Asked(
        devices=DEVICES[devices],
        models=(model,) if model else baseline_models.TINY,
        workloads=tuple(workload(name) for name in ((work,) if work else QUICK)),
        dtypes=tuple(each for each in DTYPES if dtype in (None, each)),
        threads=threads,
    )


def run(what: Asked, path: Path, rule: Rule = RULE, follow: Follow | None = None) -> bool:
    """Measure baselines, append records to `path` and say what they hold; whether all chose golden's tokens.

    `follow` comes behind each measured one, with the model still loaded.

    Raises:
        InputError: an unknown model, or a workload longer than its context. MachineError: a model does not fit.
    """
    places = _places(what)
    good = True
    for name in what.models:
        model = baseline_models.source(name)
        for device in what.devices:
            for found in _measured(model, what, places.get(device), rule, follow):
                records.append(path, found)
                for line in lines(found):
                    console.say(line)
                good = good and found.good
    console.say(f"records: {path}")
    return good


def _places(what: Asked) -> dict[Device, Place]:
    """Return what there is of the devices that were asked for; say once what there is not."""
    found: dict[Device, Place] = {}
    if "cpu" in what.devices:
        found["cpu"] = baseline_place.cpu(what.threads)
    if "gpu" in what.devices:
        place = baseline_place.gpu()
        if place:
            found["gpu"] = place
        else:
            console.say(f"{baseline_place.NO_GPU}: PyTorch {torch.__version__} sees none; its baselines are n/a")
    return found


def _measured(
    model: Source, what: Asked, place: Place | None, rule: Rule, follow: Follow | None
) -> Iterator[BaselineRecord]:
    for dtype in what.dtypes:
        if place is None:
            yield from (baseline.missing(model, work, dtype) for work in what.workloads)
        else:
            warm = replace(rule, warm_up=max(rule.warm_up, place.warm_up))
            yield from baseline.measure(model, what.workloads, dtype, place, warm, follow)


# ---- what is said


def lines(found: BaselineRecord) -> Iterator[str]:
    """Yield what a record holds."""
    lead = f"baseline {found.model} {found.dtype} {found.workload}"
    if found.seconds is None or found.rate is None or found.agreement is None:
        yield f"{lead}, {found.device}: n/a ({found.reason})"
        return
    low, high = rates(found)
    yield (
        f"{lead}, PyTorch {found.way} on {found.device_name}{threads_of(found)}: {found.rate:,.2f} tok/s "
        f"({low:,.2f} .. {high:,.2f}), head in, {len(found.samples)} samples, {found.ended} [measured]"
    )
    yield f"  {words(found.agreement, found.judged)}; {found.origin}"


def threads_of(found: BaselineRecord) -> str:
    """Return with how many threads a CPU ran; nothing of a GPU."""
    return f", {found.threads} thread{'s' * (found.threads != 1)}" if found.device == "cpu" else ""


def words(agreement: Agreement, judged: bool) -> str:
    """Return how the tokens compare with golden's."""
    equal = f"{agreement.equal} of {agreement.compared} tokens as the golden float model"
    if agreement.equal == agreement.compared:
        return equal
    margin = f"then one that it has {agreement.margin:.2g} of the largest logit below its own"
    if not judged:
        return f"{equal}, {margin} (not judged in this type)"
    return f"{equal}, {margin}: {'a near-tie' if agreement.same else 'NOT THE SAME WORK'}"


def rates(found: BaselineRecord) -> tuple[float, float]:
    """Return the ends of the interval of tokens a second: those of the median time, turned round."""
    interval = baseline.interval(found)
    return found.tokens / interval.high, found.tokens / interval.low
