# SPDX-License-Identifier: Apache-2.0
"""tern_scales: in the jobs of whole starts every unit gets the scales and eps that golden has, in its own order."""

import random
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from golden.fixed.wide import WORD
from golden.schedule import Kind, jobs
from golden.ternary.accel.layout import layer_section
from golden.ternary.integer.functions import product_eps, silu_product, squared_relu
from golden.ternary.integer.packing import LINEARS
from golden.ternary.integer.profile import load
from golden.ternary.integer.scale import MANTISSA, Scale
from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import Job, write
from tests.rtl.tern_gate_data import scale_word

MANTISSAS = LOW, HIGH = 1 << MANTISSA - 1, (1 << MANTISSA) - 1
LINEAR = -256, 255
"""Exponents of a linear layer's scale."""
MODEL = 20
"""Greatest magnitude of the exponents that layers have here, so that each token keeps its product within `LINEAR`."""
RECORD = SimpleNamespace(wide_bytes=64)


@dataclass(frozen=True)
class Start:
    """A start, and the counts of its model."""

    sigmoid: int
    t_cols: int
    prompt: int
    generate: int
    batch: int = 1
    layers: int = 4
    heads: int = 3
    kv_heads: int = 1
    groups: int = 5
    feed_groups: int = 9
    after: bool = False
    """A norm gives a token's scale and total when its eps was taken, as norms do, not as early as it may."""


STARTS = [
    Start(0, 4, 6, 2),
    Start(1, 1, 2, 2, heads=4, kv_heads=2, layers=6),
    Start(1, 3, 3, 2, batch=3, kv_heads=3, groups=1, feed_groups=2),
    Start(0, 16, 29, 1, groups=2, after=True),
]


def some_scale(rng: random.Random) -> Scale:
    """A layer's scale: 0 now and then, or any."""
    m = rng.choice((0, *MANTISSAS, *(rng.randint(*MANTISSAS) for _ in range(15))))
    return Scale(torch.tensor(m), torch.tensor(rng.randint(-MODEL, MODEL) if m else 0))


def some_token(rng: random.Random) -> Scale:
    """A token's scale: 0, an exponent where products are at their ends, or any that norms give."""
    if rng.random() < 0.05:
        return Scale(torch.tensor(0), torch.tensor(0))
    low, high = LINEAR[0] - 15 + MODEL, LINEAR[1] - 16 - MODEL
    e = rng.choice((low, high, *(rng.randint(-40, 10) for _ in range(4))))
    return Scale(torch.tensor(rng.choice((*MANTISSAS, rng.randint(*MANTISSAS)))), torch.tensor(e))


def word(s: Scale) -> int:
    """A scale between units."""
    return scale_word(int(s.m), int(s.e))


def product(total: int, gate: Scale, up: Scale, sigmoid: int) -> Scale:
    """Golden's scale of the MLP's product."""
    zero, bound = torch.zeros(1, dtype=torch.int64), torch.tensor(total)
    found = silu_product(zero, zero, bound, gate, up, load()) if sigmoid else squared_relu(zero, zero, bound, gate, up)
    return found[1]


@dataclass
class Run:
    """The beats of all streams, and which of them belong together."""

    start: Start
    rng: random.Random
    beats: dict[str, list[int]] = field(
        default_factory=lambda: {p: [] for p in ("job", "n", "s_t", "s_b", "s_p", *SINKS)}
    )
    fracs: list[int] = field(default_factory=list)
    steady: list[list[object]] = field(default_factory=list)
    latency: list[list[object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rng = self.rng
        self.eps, self.feed_eps, self.head = rng.getrandbits(64), some_scale(rng), some_scale(rng)
        self.fresh = False  # the next products follow a norm's last token
        self.layer, self.kept, self.totals = SimpleNamespace(), list[Scale](), list[int]()
        for kind in jobs(
            self.start.prompt,
            self.start.generate,
            range(self.start.layers),
            self.start.t_cols,
            1,
            batch=self.start.batch,
        ):
            self.job(kind.kind, kind.tokens, kind.layer)

    def job(self, kind: Kind, tokens: int, layer: int) -> None:
        """The beats of a job."""
        start, mlp = self.start, layer % 2
        place = self.rng.randint(1, start.t_cols) if kind is Kind.HEAD else tokens
        self.beats["job"].append(Job(int(kind), place, layer=layer, fresh=True).word)
        if kind is Kind.IN and not mlp:
            self.numbers()
            self.norm(tokens, self.eps)
            for name, heads in zip("qkv", (start.heads, start.kv_heads, start.kv_heads), strict=True):
                self.products("m_h", self.scale(name), heads)
            self.norm(tokens, self.layer.eps)
        elif kind is Kind.IN:
            self.norm(tokens, self.eps)
            self.gated()
            self.kept = [some_token(self.rng) for _ in range(tokens)]
            self.beats["s_p"] += map(word, self.kept)
        elif kind is Kind.OUT:
            self.fresh = False
            self.products("m_r", self.scale("down" if mlp else "o"), start.groups)
        elif kind is Kind.HEAD:
            self.norm(tokens, self.eps)
            self.products("m_l", self.head, 1)

    def numbers(self) -> None:
        """A new layer."""
        eps, frac = self.rng.choice((1, (1 << 64) - 1, self.rng.getrandbits(44))), self.rng.randint(0, 24)
        linear = {name: SimpleNamespace(scale=some_scale(self.rng)) for name in LINEARS}
        self.layer = SimpleNamespace(**linear, attention_frac=frac, eps=eps)
        section = layer_section(self.layer, SimpleNamespace(eps=lambda _: eps), RECORD)  # type: ignore[arg-type]
        self.beats["n"].append(int.from_bytes(bytes(section.flatten().tolist()), "little"))
        self.fracs.append(frac)

    def scale(self, name: str) -> Scale:
        """Scale of one of the layer's linear layers."""
        found: Scale = getattr(self.layer, f"{name}_proj").scale
        return found

    def norm(self, tokens: int, eps: int) -> None:
        """A norm: eps to it, scales and totals from it."""
        self.fresh = True
        self.kept = [some_token(self.rng) for _ in range(tokens)]
        bits = [self.rng.choice((0, 20, self.rng.randint(0, 20))) for _ in range(tokens)]
        self.totals = [self.rng.choice(((1 << n) - 1, 1 << n >> 1, self.rng.getrandbits(n))) for n in bits]
        self.beats["m_e"] += [eps] * tokens
        self.beats["s_t"] += map(word, self.kept)
        self.beats["s_b"] += self.totals

    def products(self, stream: str, factor: Scale, rounds: int) -> None:
        """The kept tokens' scales times a layer's, round by round."""
        beats = [word(t * factor) for t in self.kept] * rounds
        first = len(self.beats[stream])
        if self.fresh:
            late = int(contract("tern_scales").value("Latency", {}) or 0)
            self.latency.append(["s_b", len(self.beats["s_b"]) - 1, stream, first, late])
            self.fresh = False
        self.beats[stream] += beats
        self.steady.append([stream, first, first + len(beats) - 1, 0])

    def gated(self) -> None:
        """Scales of gate with what is dropped, and eps of the product's norm."""
        gate, up = self.scale("gate"), self.scale("up")
        unit = Scale(torch.tensor(LOW), torch.tensor(-15))
        none = unit if self.start.sigmoid else unit * unit
        none = (none * unit).left(-load().sigmoid_frac * self.start.sigmoid)
        drops = [int(product(total, unit, unit, self.start.sigmoid).e - none.e) for total in self.totals]
        self.products("m_g", gate, self.start.feed_groups)
        beats, T = self.beats["m_g"], len(self.kept)
        for k in range(len(beats) - T * self.start.feed_groups, len(beats)):
            beats[k] |= drops[(k - len(beats)) % T] << 32
        for t, total in zip(self.kept, self.totals, strict=True):
            eps = product_eps(self.feed_eps, product(total, t * gate, t * up, self.start.sigmoid))
            self.beats["m_p"].append(int(eps.high) << WORD | int(eps.low))

    def write(self, path: Path) -> Path:
        """The file of vectors."""
        start = self.start
        static = {"c_heads": start.heads, "c_kv_heads": start.kv_heads, "c_groups": start.groups}
        static |= {"c_feed_groups": start.feed_groups, "c_batch": start.batch, "c_eps": self.eps}
        static |= {"c_feed_eps": word(self.feed_eps), "c_head": word(self.head)}
        return write(
            path,
            {p: self.beats[p] for p in ("job", "n", "s_t", "s_b", "s_p")},
            {p: self.beats[p] for p in SINKS},
            static,
            steady=self.steady,
            latency=self.latency,
            waits=[p for p in SINKS if p != "m_l"],
            slow=5,
            fracs=self.fracs,
            after={p: [eps, [1] * len(self.beats[p])] for p, eps in NORMS.items() if start.after},
        )


NORMS = {"s_t": "m_e", "s_b": "m_e", "s_p": "m_p"}
SINKS = ("m_e", "m_h", "m_r", "m_g", "m_p", "m_l")


def run_of(start: Start) -> Run:
    """The start with beats of its own."""
    return Run(start, random.Random(derive_seed(f"tern_scales/{start}")))


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_block(start: Start, sim: str, tmp_path: Path) -> None:
    """Products, drops and eps of prompts in chunks, of single texts and of batches, at a product a cycle; scales of 0,
    exponents at both ends, totals of every length. Each output alone stops it before anything is
    lost, and so do slow ones at any token.
    """
    params = {"SIGMOID": start.sigmoid, "T_COLS": start.t_cols}
    check_module(
        "tern_scales", params, sim, "tests.rtl.cocotb_m2_block", run_of(start).write(tmp_path / "vectors.json")
    )


@pytest.mark.parametrize("sim", SIMS)
def test_frac(sim: str, tmp_path: Path) -> None:
    """attention_frac stands at its port from one layer's numbers to the next one's."""
    start = STARTS[0]
    params = {"SIGMOID": start.sigmoid, "T_COLS": start.t_cols}
    check_module(
        "tern_scales", params, sim, "tests.rtl.cocotb_tern_scales", run_of(start).write(tmp_path / "vectors.json")
    )


def test_stimuli_reach_the_ends() -> None:
    """Products have exponents near both ends and are 0; some totals drop nothing, some the most."""
    products, drops = set(), set()
    for start in STARTS:
        beats = run_of(start).beats
        products |= {beat & 0xFFFFFFFF for p in ("m_h", "m_r", "m_g", "m_l") for beat in beats[p]}
        drops |= {(start.sigmoid, beat >> 32) for beat in beats["m_g"]}
    exponents = {((x >> MANTISSA) ^ 512) - 512 for x in products}
    assert 0 in products
    assert min(exponents) < LINEAR[0] + 10
    assert max(exponents) > LINEAR[1] - 10
    assert {(0, 0), (0, 29), (1, 0), (1, 24)} <= drops
