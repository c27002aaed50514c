# SPDX-License-Identifier: Apache-2.0
"""The parts of an accuracy evaluation: windows and losses, the common basis, errors by tensor, the records."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from golden import text as texts
from golden import windows
from golden.errors import InputError
from golden.mamba2.accuracy import basis, records, signals
from golden.mamba2.accuracy.linears import with_linears
from golden.mamba2.accuracy.options import Options, Subject, parse_profile
from golden.mamba2.accuracy.quantized import cached
from golden.mamba2.accuracy.study import integer_logits, outlier_study, random_weights
from golden.mamba2.config import LayerWeights, Mamba2Config, ModelWeights
from golden.mamba2.integer import linear as integer_linear
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer.model import ChannelScale
from golden.mamba2.model import forward
from golden.mamba2.quantize import Options as QuantizeOptions
from golden.mamba2.schemes import SCHEMES
from golden.zoo.measure import bits_per_byte

CFG = Mamba2Config(d_model=64, n_layer=2, vocab_size=64, d_state=16, headdim=16, ngroups=2, chunk_size=16)
WIDTH = 16


@pytest.fixture(scope="module")
def weights() -> ModelWeights:
    return random_weights(CFG, 7)


@pytest.fixture(scope="module")
def tokens() -> Tensor:
    return torch.randint(CFG.vocab_size, (2, 24), generator=torch.Generator().manual_seed(2))


@pytest.fixture(scope="module", params=profiles.NAMES)
def subject(request: pytest.FixtureRequest, weights: ModelWeights, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The random model in each profile, its residual stream rotated."""
    sample = torch.randint(CFG.vocab_size, (4, 32), generator=torch.Generator().manual_seed(3))
    make = cached(tmp_path_factory.mktemp("models"), QuantizeOptions())
    return make(CFG, weights, profiles.load(request.param), sample)


def guess(vocab: int) -> windows.Logits:
    """Logits that depend on the token and on where it stands in the window."""
    table = torch.randn(vocab, vocab, generator=torch.Generator().manual_seed(1))
    return lambda tokens: table[tokens] * torch.linspace(0.5, 2, tokens.shape[1])[:, None]


class TestWindows:
    text = texts.from_bytes("The quick brown fox jumps over the lazy dog, and every byte of it counts once. " * 3)

    @pytest.mark.parametrize(("context", "stride"), [(16, 8), (16, 16), (16, 5), (200, 64)])
    def test_all_windows_give_the_zoos_figure(self, context: int, stride: int) -> None:
        """Without a limit the loss is golden.zoo.measure.bits_per_byte of the same text."""
        cut = windows.cut(self.text, "text", context, stride)
        found = windows.bits_per_byte(windows.losses(guess(256), cut, batch=3), cut)
        assert cut.whole
        assert found == pytest.approx(bits_per_byte(guess(256), self.text.tokens, context, stride), rel=1e-6)
        assert int(cut.tokens.sum()) == int(cut.bytes.sum()) == len(self.text) - 1

    def test_a_limit_takes_windows_evenly(self) -> None:
        """About `limit` tokens count, none twice, in windows from the whole text; each counts its last stride."""
        cut = windows.cut(self.text, "text", 16, 8, limit=40)
        assert not cut.whole
        assert len(cut) == 5
        assert cut.counted.sum(1).tolist() == [8] * 5
        assert cut.counted[:, 8:].all()
        places = [self.text.tokens.unfold(0, 16, 1).eq(row).all(1).nonzero()[:, 0] for row in cut.inputs]
        gaps = torch.stack([p[0] for p in places]).diff() % 79  # the text repeats after 79 bytes
        assert ((gaps >= 40) & (gaps <= 56)).all()

    def test_bytes_are_those_of_the_counted_tokens(self) -> None:
        """Bits per byte is the loss over the bytes that the tokens stand for, perplexity over the tokens."""
        text = replace(self.text, ends=3 * self.text.ends)
        cut = windows.cut(text, "text", 16, 8)
        loss = torch.full((len(cut),), 2.0, dtype=torch.float64) * cut.tokens
        assert windows.bits_per_byte(loss, cut) == pytest.approx(2 / 3 / math.log(2))
        assert windows.perplexity(loss, cut) == pytest.approx(math.exp(2))

    def test_relative_by_hand(self) -> None:
        """The ratio of sums; its error is 0 where all windows lose the same share, and shrinks as 1/sqrt(n)."""
        reference = torch.tensor([1.0, 3.0, 2.0], dtype=torch.float64)
        assert windows.relative(1.5 * reference, reference) == pytest.approx((50, 0))
        torch.manual_seed(0)
        many = 1 + torch.rand(10000, dtype=torch.float64)
        noisy = many * (1.1 + 0.2 * torch.randn(10000, dtype=torch.float64))
        draws = [windows.relative(noisy[i::100], many[i::100]) for i in range(100)]
        spread = float(torch.tensor([percent for percent, _ in draws]).std())
        assert sum(error for _, error in draws) / 100 == pytest.approx(spread, rel=0.25)

    def test_refused(self) -> None:
        """A text shorter than a window and its successor, a stride beyond the window, an empty limit."""
        with pytest.raises(InputError, match=r"mine.txt: 16 tokens, expected at least 17"):
            windows.cut(self.text.first(16), "mine.txt", 16, 8)
        windows.cut(self.text.first(17), "mine.txt", 16, 8)
        with pytest.raises(InputError, match=r"stride is 17, expected 1\.\.16"):
            windows.cut(self.text, "text", 16, 17)
        with pytest.raises(InputError, match="limit is 0"):
            windows.cut(self.text, "text", 16, 8, 0)


class TestBasis:
    def test_it_is_the_same_function(self, subject: Subject, weights: ModelWeights, tokens: Tensor) -> None:
        """Rotated residual stream and moved norm weights leave the float model's logits as they are."""
        moved = basis.like(subject.model, weights, subject.rotation)
        layers = tuple(LayerWeights(**{k: v.double() for k, v in vars(w).items()}) for w in weights.layers)
        double = ModelWeights(weights.embedding.double(), layers, weights.norm_f.double(), weights.head.double())
        want, got = (forward(tokens, each, CFG)[0] for each in (double, moved))
        assert float((got - want).abs().max() / want.abs().max()) < 1e-10
        assert subject.rotation.block > 1
        assert float((moved.embedding - weights.embedding).abs().max()) > 0.01

    def test_a_zero_norm_is_refused(self, subject: Subject, weights: ModelWeights) -> None:
        broken = replace(subject.model, norm_f=torch.zeros_like(subject.model.norm_f))
        with pytest.raises(InputError, match="a norm weight is 0"):
            basis.like(broken, weights, subject.rotation)


class TestLinears:
    def test_its_layers_are_the_integer_ones(self, subject: Subject, weights: ModelWeights) -> None:
        """Quantized input times weights equals the integer linear layer within one unit of its result."""
        model, p = subject.model, subject.model.profile
        half = with_linears(model, basis.like(model, weights, subject.rotation))
        raw = torch.randint(-2000, 2000, (5, CFG.d_model), generator=torch.Generator().manual_seed(0))
        a = integer_linear.activation(raw, p, p.hadamard == "both")
        want = integer_linear.linear(a, model.layers[1].in_proj, p, p.residual_frac, p.proj_frac)
        x = half.tap("layers.1.in_act", raw.double() * 2.0**-p.residual_frac)
        got = functional.linear(x, half.weights.layers[1].in_proj.double()) * 2.0**p.proj_frac
        assert float((got - want).abs().max()) <= 1.01

    def test_it_lies_between_float_and_integer(self, subject: Subject, weights: ModelWeights, tokens: Tensor) -> None:
        """The linear layers alone move the logits, and the whole integer model at least about as far."""
        want = forward(tokens, weights, CFG)[0]
        half = with_linears(subject.model, basis.like(subject.model, weights, subject.rotation)).logits(tokens)
        whole = integer_logits(subject.model, tokens)
        lost = [float((got - want).norm() / want.norm()) for got in (half, whole)]
        assert 0 < lost[0] < 1.1 * lost[1]


class TestSignals:
    def test_by_hand(self) -> None:
        """An error of a tenth everywhere is 20 dB; no error has no ratio."""
        x = torch.tensor([3.0, -4.0])
        assert signals.sqnr_db(x, 1.1 * x) == pytest.approx(20, abs=1e-3)
        assert signals.sqnr_db(x, x) is None
        row = signals.compare(records.SignalRow("m", "running", 0, "x", None, 0, 0), x, x + torch.tensor([0.5, -1]))
        assert (row.reference_rms, row.largest_error) == pytest.approx((math.sqrt(12.5), 1))

    def test_every_tensor_is_compared_in_the_same_basis(
        self, subject: Subject, weights: ModelWeights, tokens: Tensor
    ) -> None:
        """Each tensor has a row for each layer and mode, and more signal than noise; a norm of exact input far more."""
        rows = self.measure(subject, weights, tokens)
        expected = 2 * (CFG.n_layer * len(signals.FRACS) + len(signals.END_FRACS))
        assert len({(r.mode, r.layer, r.tensor) for r in rows}) == len(rows) == expected
        isolated = {(r.layer, r.tensor): r for r in rows if r.mode == "isolated"}
        wide = subject.model.profile.ssm_bits == 16
        assert min(r.sqnr_db or 99 for r in isolated.values()) > (5 if wide else 0)
        assert all((isolated[i, "norm"].sqnr_db or 99) > (60 if wide else 35) for i in range(CFG.n_layer))
        for i in range(CFG.n_layer):  # the stream is the exact input plus what out_proj gives, rounded once
            added, stream = isolated[i, "out_proj"].largest_error, isolated[i, "residual"].largest_error
            assert abs(added - stream) <= 2.0**-subject.model.profile.residual_frac

    def test_a_fault_shows_where_it_is(self, subject: Subject, weights: ModelWeights, tokens: Tensor) -> None:
        """Weights spoilt in layer 0's out_proj: isolated rows change there alone, running ones from there on."""
        spoilt = replace(subject.model.layers[0], out_proj=self.spoil(subject.model.layers[0].out_proj))
        broken = replace(subject.model, layers=(spoilt, *subject.model.layers[1:]))
        before, after = (self.measure(replace(subject, model=m), weights, tokens) for m in (subject.model, broken))
        changed = {(a.mode, a.layer, a.tensor) for a, b in zip(before, after, strict=True) if a != b}
        assert {key for key in changed if key[0] == "isolated"} == {
            ("isolated", 0, "out_proj"),
            ("isolated", 0, "residual"),
        }
        first = {tensor for mode, layer, tensor in changed if mode == "running" and layer == 0}
        assert first == {"out_proj", "residual"}
        assert {tensor for mode, layer, tensor in changed if layer == 1} == set(signals.FRACS)

    @staticmethod
    def measure(subject: Subject, weights: ModelWeights, tokens: Tensor) -> tuple[records.SignalRow, ...]:
        return signals.measure(subject.model, basis.like(subject.model, weights, subject.rotation), tokens)

    @staticmethod
    def spoil(layer: integer_linear.Linear) -> integer_linear.Linear:
        assert layer.w.abs().max() > 0
        if isinstance(layer.scale, ChannelScale):
            return replace(layer, w=layer.w // 2)
        return replace(layer, w=-layer.w.clamp(min=-7))


class TestStudy:
    def test_remedies_beat_plain_rounding(self) -> None:
        """On models with outlier channels Hadamard and SmoothQuant gain at least 3 dB over the same formats without."""
        small = Mamba2Config(d_model=128, n_layer=2, vocab_size=128, d_state=16, headdim=32, chunk_size=32)
        calls: list[tuple[int, int]] = []
        found = outlier_study(small, (1, 2), SCHEMES, shape=(2, 64), progress=lambda *done: calls.append(done))
        db = {row.name: row.sqnr_db for row in found.rows}
        for plain, better in (
            ("w8a8-static", "w8a8-static-hadamard"),
            ("w8a8-static", "w8a8-static-smooth"),
            ("w8a8-token", "w8a8-token-hadamard"),
        ):
            assert db[better] > db[plain] + 3
        assert db["w4a4-rotated"] > db["w4a4-rtn"] + 1
        kl = {row.name: row.kl_bits for row in found.rows}
        assert 0 < kl["w8a8-token-hadamard"] < kl["w8a8-token"] < kl["w4a4-rtn"]
        assert calls[-1] == (18, 18)

    def test_a_profile_has_its_row(self, tmp_path: Path) -> None:
        """The integer model is quantized from the same weights and judged on the same tokens."""
        named = parse_profile("fastmamba-w8a8")
        make = cached(tmp_path, QuantizeOptions())
        found = outlier_study(CFG, (1,), SCHEMES[:1], (named,), make, (2, 24))
        assert [(row.name, row.kind) for row in found.rows] == [("w8a8-static", "fake"), ("fastmamba-w8a8", "integer")]
        assert found.rows[1].sqnr_db > 10
        assert 0.5 < found.rows[1].agree <= 1


class TestOptions:
    def test_profiles_by_name_and_with_changes(self) -> None:
        """A changed choice is part of the name, and the profile counts as changed only if it is another value."""
        assert parse_profile("lightmamba-w4a4").changed is False
        off = parse_profile("lightmamba-w4a4:hadamard=off,hadamard_limit=64")
        assert (off.profile.hadamard, off.profile.hadamard_limit, off.changed) == ("off", 64, True)
        assert parse_profile("lightmamba-w4a4:hadamard=out_proj").changed is False
        for name, message in (
            ("w4a4", "expected one of lightmamba"),
            ("quamba-w4a8:hadamard", "expected CHOICE=VALUE"),
        ):
            with pytest.raises(InputError, match=message):
                parse_profile(name)

    def test_numbers_out_of_range(self) -> None:
        with pytest.raises(InputError, match="batch is 0, expected at least 1"):
            Options(batch=0)
        with pytest.raises(InputError, match="signal_windows is -1"):
            Options(signal_windows=-1)
