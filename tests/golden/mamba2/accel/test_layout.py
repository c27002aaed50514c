# SPDX-License-Identifier: Apache-2.0
"""Memory formats of mamba2_accel, read back bit by bit as golden/mamba2/accel/README.md describes them."""

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from golden.fixed.pot import Pot
from golden.mamba2.accel import image
from golden.mamba2.accel.layout import (
    in_proj_rows,
    matrix_section,
    pack_state,
    parameter_section,
    state_shapes,
    unpack_state,
)
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.model import AdditiveScale, Linear
from golden.mamba2.integer.profile import Mamba2Profile, load
from tests.golden.mamba2.integer_models import make

CFG = Mamba2Config(d_model=40, n_layer=2, vocab_size=37, d_state=16, headdim=16, ngroups=1, d_conv=3)
WIDE_CFG = Mamba2Config(d_model=64, n_layer=1, vocab_size=8, d_state=16, headdim=16, ngroups=1)
PROFILES = ("lightmamba-w4a4", "fastmamba-w8a8")


@dataclass(frozen=True)
class Build:
    wide_bytes: int
    inputs: int
    rows: int


def build(p: Mamba2Profile, wide_bytes: int = 64, inputs: int = 32) -> Build:
    return Build(wide_bytes, inputs, wide_bytes * 8 // (inputs * p.weight_bits))


@dataclass
class Reader:
    """Takes numbers from a section, lowest bits first."""

    bits: int
    at: int = 0

    @classmethod
    def of(cls, beats: Tensor) -> "Reader":
        return cls(int.from_bytes(bytes(beats.flatten().tolist()), "little"))

    def unsigned(self, width: int) -> int:
        value = self.bits >> self.at & ((1 << width) - 1)
        self.at += width
        return value

    def signed(self, width: int) -> int:
        value = self.unsigned(width)
        return value - (value >> (width - 1) << width)

    def list(self, count: int, width: int) -> list[int]:
        return [self.signed(width) for _ in range(count)]


def up(at: int, step: int) -> int:
    return -(-at // step) * step


@pytest.mark.parametrize("name", PROFILES)
def test_parameters_of_a_layer(name: str) -> None:
    """Norm weights, then records of 8 heads, then records of 8 channels of B, C and x, each at its bit."""
    p, wide = load(name), 512
    layer = make(p, "random", 1, CFG).layers[0]
    reader = Reader.of(parameter_section(layer, CFG, p, build(p)))
    assert reader.list(CFG.d_model, 16 if p.norm == "table" else 32) == layer.norm.tolist()
    reader.at = start = up(reader.at, wide)
    for first, pot, width, shift in (
        (0, layer.A, 16, 384),
        (128, layer.dt_bias, p.ssm_bits, 392),
        (256, layer.D, p.ssm_bits, 400),
    ):
        reader.at = start + first
        assert reader.list(CFG.nheads, width) == pot.q.tolist()
        assert reader.list(8 - CFG.nheads, width) == [0] * (8 - CFG.nheads)
        reader.at = start + shift
        assert reader.unsigned(8) == pot.s.item()
    start += wide
    channels = [*range(CFG.d_inner, CFG.conv_dim), *range(CFG.d_inner)]
    for group in range(CFG.conv_dim // 8):
        reader.at = start + group * 64 * p.ssm_bits
        mine = channels[8 * group : 8 * group + 8]
        assert reader.list(8, p.ssm_bits) == [0] * 8
        for tap in range(3):
            assert reader.list(8, p.ssm_bits) == layer.conv_weight.q[tap, mine].tolist()
        expected = [0, *layer.conv_weight.s[:, mine[0] // 8].tolist()]
        assert [reader.unsigned(5) for _ in range(4)] == expected
        assert reader.list(8, p.ssm_bits) == layer.conv_bias.q[mine].tolist()
        assert reader.unsigned(5) == layer.conv_bias.s[mine[0] // 8]


def read_matrix(beats: Tensor, rows: int, cols: int, p: Mamba2Profile, b: Build) -> tuple[Tensor, dict]:
    """Return weights int64 [rows, cols] and, for each row, its scales in the order of the beats."""
    tiles, kbeats, wide = -(-rows // b.rows), -(-cols // b.inputs), 8 * b.wide_bytes
    additive = p.weight_scale == "additive_pot"
    served = wide // (8 * b.rows) if additive else wide // (32 * b.rows) * kbeats
    reader, w = Reader.of(beats), torch.zeros(tiles * b.rows, kbeats * b.inputs, dtype=torch.int64)
    scales: dict[tuple[int, int], int] = {}
    for beat in range(tiles * kbeats):
        tile, k = divmod(beat, kbeats)
        if beat % served == 0:
            head = Reader(reader.unsigned(wide))
            count = served if additive else served // kbeats
            words = [[head.unsigned(8 if additive else 32) for _ in range(b.rows)] for _ in range(count)]
        word = words[beat % served] if additive else words[beat % served // kbeats]
        for row in range(b.rows):
            scales[tile * b.rows + row, k] = word[row]
            w[tile * b.rows + row, k * b.inputs : (k + 1) * b.inputs] = torch.tensor(
                reader.list(b.inputs, p.weight_bits)
            )
    assert reader.at == 8 * beats.numel()
    return w, scales


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("cols", [40, 300])
def test_matrix(name: str, cols: int) -> None:
    """Each weight and each scale at its place, rows in the order of the recurrence, zeros where there is none."""
    p = load(name)
    b = build(p)
    maker_model = make(p, "random", 2, CFG)
    matrix = maker_model.layers[0].in_proj if cols == 40 else widened(maker_model.head, cols, p)
    order = in_proj_rows(CFG) if cols == 40 else torch.arange(len(matrix.w))
    w, scales = read_matrix(matrix_section(matrix, p, b, order), len(order), cols, p, b)
    for at, row in enumerate([*order.tolist(), *[-1] * (len(w) - len(order))]):
        assert w[at, :cols].tolist() == (matrix.w[row].tolist() if row >= 0 else [0] * cols)
        assert not w[at, cols:].any()
        for k in range(-(-cols // b.inputs)):
            assert scales[at, k] == expected_scale(matrix, row, k * b.inputs // (p.weight_group or 1))


def widened(matrix: Linear, cols: int, p: Mamba2Profile) -> Linear:
    """Return the matrix with more columns, its additive scales different from group to group."""
    repeats = -(-cols // matrix.w.shape[1])
    w = matrix.w.repeat(1, repeats)[:, :cols]
    if not isinstance(matrix.scale, AdditiveScale):
        return Linear(w, matrix.scale)
    groups = torch.arange(-(-cols // p.weight_group))
    s1, s2 = ((s + groups) % 8 for s in (matrix.scale.s1, matrix.scale.s2))
    return Linear(w, AdditiveScale(s1.to(torch.uint8), s2.to(torch.uint8)))


def expected_scale(matrix: Linear, row: int, group: int) -> int:
    scale = matrix.scale
    if isinstance(scale, AdditiveScale):
        return int(scale.s1[row, group]) | int(scale.s2[row, group]) << 3 if row >= 0 else 0
    return int(scale.mult[row]) | int(scale.shift[row]) << 16 if row >= 0 else 1 << 16


def test_rows_of_in_proj() -> None:
    """dt, absent heads, B, C, then x and z of each head; every row of the matrix once."""
    cfg = Mamba2Config(d_model=48, n_layer=1, vocab_size=8, d_state=8, headdim=8, ngroups=1)
    rows, inner, bc = in_proj_rows(cfg).tolist(), 96, 16
    assert rows[:12] == list(range(2 * inner + bc, 2 * inner + bc + 12))
    assert rows[12:16] == [-1] * 4
    assert rows[16:32] == list(range(2 * inner, 2 * inner + bc))
    for head in range(12):
        x = 32 + 16 * head
        assert rows[x : x + 8] == list(range(inner + 8 * head, inner + 8 * head + 8))
        assert rows[x + 8 : x + 16] == list(range(8 * head, 8 * head + 8))
    assert sorted(row for row in rows if row >= 0) == list(range(cfg.d_in_proj))


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("wide_bytes", [64, 512])
def test_states(name: str, wide_bytes: int) -> None:
    """Every number and shift of a chunk at its bit, and back, for every way to cut the state."""
    p = load(name)
    b, generator = build(p, wide_bytes), torch.Generator().manual_seed(3)
    limit = 1 << (p.ssm_bits - 1)
    q = torch.randint(-limit, limit, (WIDE_CFG.d_state, WIDE_CFG.d_inner), generator=generator)
    s = torch.randint(0, 16, (WIDE_CFG.d_state, WIDE_CFG.d_inner // 8), generator=generator)
    shapes = list(state_shapes(WIDE_CFG, p, b))
    assert shapes
    for shape in shapes:
        beats = pack_state(Pot(q, s, 8), WIDE_CFG, p, shape, b)
        assert len(beats) == shape.chunks * shape.beats
        reader, tiles = Reader.of(beats), [(ct, nt) for ct in range(WIDE_CFG.d_inner // 8) for nt in range(2)]
        each = len(tiles) // shape.chunks
        for chunk in range(shape.chunks):
            reader.at = chunk * shape.beats * 8 * wide_bytes
            for ct, nt in tiles[chunk * each : (chunk + 1) * each]:
                assert [reader.unsigned(4) for _ in range(8)] == s[8 * nt : 8 * nt + 8, ct].tolist()
            reader.at = (chunk * shape.beats + shape.shift_beats) * 8 * wide_bytes
            for ct, nt in tiles[chunk * each : (chunk + 1) * each]:
                for n in range(8 * nt, 8 * nt + 8):
                    assert reader.list(8, p.ssm_bits) == q[n, 8 * ct : 8 * ct + 8].tolist()
        back = unpack_state(beats, WIDE_CFG, p, shape, b)
        assert torch.equal(back.q, q)
        assert torch.equal(back.s, s)


@pytest.mark.parametrize("name", PROFILES)
def test_image(name: str) -> None:
    """The sections of a whole model are as long as the shape says, rows of the embedding begin on a beat."""
    p = load(name)
    b, model = build(p), make(p, "random", 4, CFG)
    sizes = image.sections(CFG, p, b)
    parameters, weights = list(image.parameters(model, b)), list(image.weights(model, b))
    assert [len(part) for part in parameters] == [sizes.p_in, sizes.p_out] * 2 + [sizes.p_head]
    assert [len(part) for part in weights] == [sizes.w_in, sizes.w_out] * 2 + [sizes.w_head]
    assert sum(map(len, parameters)) == sizes.parameters(2)
    assert sum(map(len, weights)) == sizes.weights(2)
    rows = image.embedding(model, b)
    for token in (0, 36):
        reader = Reader.of(rows[token * sizes.row :])
        assert reader.list(CFG.d_model, 16) == model.embedding[token].tolist()
    residual = torch.arange(-40, 40).reshape(2, 40) * 40_000_000
    raw = image.raw_rows(residual, b)
    assert Reader.of(raw[sizes.raw_row :]).list(40, 32) == residual[1].tolist()
