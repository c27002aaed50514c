# SPDX-License-Identifier: Apache-2.0
"""The same model in PyTorch through `transformers`, on this CPU or on a CUDA GPU: tokens compared, then time sampled.

What makes it a fair opponent: the library's own classes, its preallocated cache, ternary weights quantized ahead, the
head at the last token alone, greedy choice on the device; on a GPU compiled steps in CUDA graphs. Loading, compiling,
reading the context of a decode and warm-up lie outside the samples.
"""

import gc
import math
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor

from golden.errors import InputError, MachineError
from harness import provenance
from harness.bench import baseline_models as models
from harness.bench.baseline_models import Family, Source
from harness.bench.baseline_place import NO_GPU, Place
from harness.bench.baseline_record import SCHEMA, Agreement, BaselineRecord, Device, Dtype
from harness.bench.model_record import Work
from harness.bench.model_workloads import Workload
from harness.bench.statistics import Interval, Rule, median_interval, repeat

COMPARED = {"zoo": (16, 16), "": (8, 8)}
"""Tokens read and chosen when tokens are compared: of the zoo's models, and of the large ones."""
TIES: dict[Family, float] = {"mamba2": 1e-4, "bitnet": 0.05}
"""Margin of a near-tie in float32, of the largest logit. BitNet's quantizers may round apart: 1 % was seen."""
CACHE: dict[Family, str] = {"mamba2": "cache_params", "bitnet": "past_key_values"}
"""What the model calls its cache."""
LEAST_S = 0.1
"""Of a repetition while energy is measured: shorter workloads run several times in one."""

# ---- the model as it runs


class Opponent:
    """A loaded network with a cache of `room` positions on one place."""

    def __init__(self, network: Any, family: Family, place: Place, room: int) -> None:
        from transformers import StaticCache

        self._place = place
        self._cache: Any = StaticCache(config=network.config, max_cache_len=room)
        self._saved: list[Tensor] = []
        inputs = {CACHE[family]: self._cache, "use_cache": True, "logits_to_keep": 1}

        def step(tokens: Tensor) -> Tensor:
            choice: Tensor = network(tokens, **inputs).logits[:, -1].argmax(dim=-1, keepdim=True)
            return choice

        self._step = place.compiled(step)

    @torch.inference_mode()
    def read(self, tokens: Tensor) -> Tensor:
        """Empty the cache and read tokens int64 [L]; return the choice int64 [1, 1] behind them."""
        self._cache.reset()
        return self._step(tokens[None])

    @torch.inference_mode()
    def decode(self, first: Tensor, count: int) -> Tensor:
        """Return the choices int64 [count] behind `first`, one decode step each."""
        chosen = torch.empty(count, dtype=torch.int64, device=first.device)
        for i in range(count):
            first = self._step(first)
            chosen[i] = first[0, 0]
        return chosen

    @torch.inference_mode()
    def keep(self) -> None:
        """Remember what the cache holds now."""
        self._saved = [each.clone() for each in self._state()]

    @torch.inference_mode()
    def restore(self) -> None:
        """Put back what `keep` remembered, into the same memory."""
        for now, then in zip(self._state(), self._saved, strict=True):
            now.copy_(then)

    def _state(self) -> Iterator[Tensor]:
        """All tensors of the cache: keys, values and their count, or states of convolution and recurrence."""
        for layer in self._cache.layers:
            for value in vars(layer).values():
                held = value.values() if isinstance(value, dict) else (value,)
                yield from (each for each in held if isinstance(each, Tensor))


def load(model: Source, dtype: Dtype, place: Place) -> Any:
    """Return the network that `transformers` makes of a checkpoint, on its place, every tensor of it used.

    Raises:
        InputError: tensors are missing or left over. MachineError: it does not fit into memory.
    """
    import transformers

    library: Any = transformers
    library.utils.logging.set_verbosity_error()
    library.utils.logging.disable_progress_bar()
    kind = getattr(torch, dtype)
    try:
        network, told = library.AutoModelForCausalLM.from_pretrained(
            model.theirs, dtype=kind, local_files_only=True, output_loading_info=True
        )
        network = network.to(device=place.torch_name, dtype=kind).eval()
    except torch.cuda.OutOfMemoryError as error:
        raise MachineError(f"{model.name} in {dtype} does not fit on {place.name} ({error}); try bfloat16") from None
    wrong = sorted((*told["missing_keys"], *told["unexpected_keys"]))
    if wrong:
        raise InputError(
            f"{model.theirs}: transformers takes tensors otherwise: {', '.join(wrong[:4])}; remove the folder"
        )
    return network


# ---- what is measured


@dataclass(frozen=True)
class Timed:
    """A workload with its model and cache in place: what comes before a sample, what it times, how its end is met."""

    before: Callable[[], object]
    work: Callable[[], object]
    synchronize: Callable[[], None]

    def seconds(self) -> float:
        """Do it once and return how long the timed part took."""
        self.before()
        self.synchronize()
        began = time.perf_counter()
        self.work()
        self.synchronize()
        return time.perf_counter() - began


class Again:
    """A measured workload as the load of an energy measurement (`boards.power.energy.Load`), some runs at a time.

    Restoring the cache lies between the timed parts, as a host's work does between a kernel's starts.
    """

    clock_mhz: float | None = None

    def __init__(self, record: BaselineRecord, timed: Timed) -> None:
        self.workload = record.title
        self.work: Work = record.work
        self.inferences = math.ceil(LEAST_S / statistics.median(record.samples))
        self.tokens = self.inferences * record.tokens
        self._timed = timed

    def run(self) -> float:
        """Return the seconds of all timed parts."""
        return sum(self._timed.seconds() for _ in range(self.inferences))


Follow = Callable[[Place, BaselineRecord, Again], None]
"""Called behind each record while its model is still loaded: what it measures more is its own matter."""


def measure(
    model: Source,
    workloads: tuple[Workload, ...],
    dtype: Dtype,
    place: Place,
    rule: Rule,
    follow: Follow | None = None,
) -> Iterator[BaselineRecord]:
    """Yield the record of each workload of a model in one type; loaded once, tokens compared once, before any time.

    `follow` is called when the next record is asked for.

    Raises:
        InputError: a workload longer than the model's context. MachineError: it does not fit into memory.
    """
    for work in workloads:
        check_room(model, work)
    with _threads(place), torch.compiler.set_stance("force_eager" if place.way == "eager" else "default"):
        network = load(model, dtype, place)
        agreement = compare(model, network, place)
        for work in workloads:
            timed = _timed(model, network, work, place)
            found = _sampled(model, network, work, dtype, place, rule, timed, agreement)
            yield found
            if follow is not None:
                follow(place, found, Again(found, timed))
        del network
        gc.collect()


def check_room(model: Source, work: Workload) -> None:
    """Raise InputError where a workload is longer than the model's context."""
    room = work.prompt + work.generate - 1
    if model.positions is not None and room > model.positions:
        raise InputError(f"--workload: {work.name} takes {room} positions, {model.name} has {model.positions}")


def compare(model: Source, network: Any, place: Place) -> Agreement:
    """Compare greedy tokens with those of the golden float model, from the same prompt."""
    read, count = COMPARED["zoo" if model.name in models.TINY else ""]
    tokens = models.prompt(model, read)
    theirs = _greedy(model, network, place, tokens, count)
    ours = models.chosen(model, tokens, count)
    tie = TIES[model.family]
    differ = (ours != theirs).nonzero()
    if not len(differ):
        return Agreement(count, count, 0.0, tie)
    at = int(differ[0])
    found = models.logits(model, torch.cat([tokens, ours[:at]]))
    margin = float((found[ours[at]] - found[theirs[at]]) / found.abs().max())
    return Agreement(count, at, margin, tie)


def _greedy(model: Source, network: Any, place: Place, tokens: Tensor, count: int) -> Tensor:
    opponent = Opponent(network, model.family, place, len(tokens) + count)
    first = opponent.read(tokens.to(place.torch_name))
    return torch.cat([first[0], opponent.decode(first, count - 1)]).cpu()


def _sampled(
    model: Source,
    network: Any,
    work: Workload,
    dtype: Dtype,
    place: Place,
    rule: Rule,
    timed: Timed,
    agreement: Agreement,
) -> BaselineRecord:
    found = repeat(timed.seconds, rule)
    fields = record_fields(model, work, dtype, place.device)
    return BaselineRecord(
        **fields,
        kind="measured",
        reason="",
        device_name=place.name,
        threads=place.threads,
        way=place.way,
        weight_bytes=sum(each.nbytes for each in (*network.parameters(), *network.buffers())),
        agreement=agreement,
        samples=found.samples,
        warm_up=found.warm_up,
        ended=found.ended,
    )


def _timed(model: Source, network: Any, work: Workload, place: Place) -> Timed:
    """Return a workload ready to be repeated: the prompt, or decode steps behind it."""
    tokens = models.prompt(model, work.prompt).to(place.torch_name)
    steps = work.generate - 1
    opponent = Opponent(network, model.family, place, work.prompt + max(steps, 1))
    if work.work == "prefill":
        return Timed(lambda: None, lambda: opponent.read(tokens), place.synchronize)
    first = opponent.read(tokens)
    opponent.keep()
    return Timed(opponent.restore, lambda: opponent.decode(first, steps), place.synchronize)


def record_fields(model: Source, work: Workload, dtype: Dtype, device: Device) -> dict[str, Any]:
    """Return what a record has whether something was measured or not."""
    return {
        "schema": SCHEMA,
        "model": model.name,
        "origin": model.origin,
        "workload": work.name,
        "work": work.work,
        "prompt": work.prompt,
        "tokens": work.prompt if work.work == "prefill" else work.generate - 1,
        "device": device,
        "dtype": dtype,
        "library": f"transformers {version('transformers')}",
        "provenance": provenance.collect({}),
    }


def missing(model: Source, work: Workload, dtype: Dtype) -> BaselineRecord:
    """Return the record that says that there is no GPU: no figure, and no zero."""
    return BaselineRecord(
        **record_fields(model, work, dtype, "gpu"),
        kind="n/a",
        reason=NO_GPU,
        device_name="",
        threads=0,
        way="",
        weight_bytes=0,
        agreement=None,
        samples=(),
        warm_up=(),
        ended="",
    )


def interval(found: BaselineRecord) -> Interval:
    """Return the median seconds of a record's sample with its bootstrap interval."""
    return median_interval(found.samples)


@contextmanager
def _threads(place: Place) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(place.threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
