# SPDX-License-Identifier: Apache-2.0
"""Plans of ternary_accel: where a model and its cache lie, and which argument a refusal names."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from golden.errors import InputError
from golden.schedule import jobs
from golden.spec import load_config
from golden.spec.gen.ternary_accel import ErrorCode
from golden.ternary.accel import image
from golden.ternary.accel.arguments import argument_error, build_of
from golden.ternary.accel.cache import Room
from golden.ternary.accel.layout import angle_rows
from golden.ternary.accel.start import (
    PAGE,
    Plan,
    Run,
    cache_of,
    cache_parts,
    explain,
    fits,
    model_parts,
    plan,
    token_beats,
)
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import extremes
from golden.ternary.integer.block import decode, prefill
from golden.ternary.integer.model import IntegerModel, LayerCache, Requests, Rows, empty_cache

SIM = load_config("ternary_accel", "sim")
SHAPE = BitNetConfig(90, 64, 40, 2, 2, 1, 1e4, 48)
MODEL = extremes.make("random", 5, SHAPE)


def own_head(model: IntegerModel) -> IntegerModel:
    return replace(model, head=Rows(model.embedding.w.flip(0), model.embedding.scale))


def spans(laid: Plan) -> dict[str, tuple[int, int]]:
    """Begin and end of each region in every port's arena."""
    a = laid.arguments
    return {
        name: (getattr(a, f"{name}_off"), getattr(a, f"{name}_off") + beats * SIM.port_bytes)
        for name, beats in laid.beats.items()
    }


@pytest.mark.parametrize("model", [MODEL, own_head(MODEL)], ids=["tied", "own"])
def test_regions_are_apart_and_hold_the_model(model: IntegerModel) -> None:
    """Regions begin on pages and do not overlap; what is written of the model fills its regions exactly."""
    laid = plan(model, SIM, Run(9, 4, prefix=3, own=(2,), tap_point=1), Room(5, 20), texts=3)
    found = spans(laid)
    if model.head is None:
        assert found.pop("h") == (laid.arguments.e_off,) * 2
    ends = sorted(found.values())
    assert all(end <= begin for (_, end), (begin, _) in pairwise(ends))
    assert all(begin % PAGE == 0 and begin < end for begin, end in ends)
    assert ends[-1][1] <= laid.arena_bytes
    written = [(at, at + len(section) * SIM.port_bytes) for at, section in model_parts(model, laid)]
    assert all(end == begin or begin % PAGE == 0 for (_, end), (begin, _) in pairwise(written))
    for name in {"w", "e", "h", "a"} & found.keys():
        assert found[name][0] in [begin for begin, _ in written]
        assert found[name][1] in [end for _, end in written]
    angles = next(section for at, section in model_parts(model, laid) if at == laid.arguments.a_off)
    assert torch.equal(angles, angle_rows(model, SIM)[: len(angles)])
    assert len(angles) == 25 * image.sections(SHAPE, SIM).angles


def test_arguments_say_what_the_model_is() -> None:
    """Shape, formats and constants of the model, and the run; the accelerator would take them."""
    laid = plan(MODEL, SIM, Run(2, 3, own=(4, 5), tap_point=2, tap_layer=3), texts=4)
    a = laid.arguments
    assert (a.d_model, a.feed, a.heads, a.kv_heads, a.vocab, a.model_layers) == (64, 40, 2, 1, 90, 2)
    assert (a.batch, a.own, a.prompt, a.generate, a.head) == (2, (4, 5, 0, 0), 2, 3, True)
    assert (a.prefix_room, a.own_room) == (0, 5 + 1 + 2)
    assert (a.tap_point, a.tap_all, a.tap_layer) == (2, False, 3)
    assert (a.residual_frac, a.logit_frac) == (MODEL.residual_frac, MODEL.profile.logit_frac)
    assert a.eps == MODEL.eps(MODEL.residual_frac)
    for word, scale in ((a.feed_eps, MODEL.product_eps), (a.head_scale, MODEL.head_scale)):
        assert word & 0xFFFF == scale.m
        assert ((word >> 16) ^ 512) - 512 == scale.e
    assert argument_error(replace(a, bases=(0, 0)), build_of(SIM)) is ErrorCode.NONE


def test_caches_are_found_where_they_lie() -> None:
    """What was written of a prefix and its texts comes back; parts do not overlap and fill the region."""
    generator = torch.Generator().manual_seed(3)
    lengths = (3, 0, 7)
    prefix, *own = (
        tuple(random_cache(length, generator) for _ in range(SHAPE.num_hidden_layers)) for length in lengths
    )
    requests = Requests(prefix, tuple(own))
    laid = plan(MODEL, SIM, Run(2, 1, prefix=3, own=lengths[1:]), Room(4, 9), texts=2)
    memory = torch.full((laid.arena_bytes // SIM.port_bytes, SIM.wide_bytes), 255, dtype=torch.uint8)
    total = 0
    for at, beats in cache_parts(requests, laid):
        place = memory[at // SIM.port_bytes :][: len(beats)]
        assert bool((place == 255).all())
        place[:] = beats
        total += len(beats)
    assert total == laid.beats["k"]
    for part, cache in enumerate((prefix, *own)):
        for layer, each in enumerate(cache):
            place = laid.place(part, layer)
            beats = memory[place.offset // SIM.port_bytes :][: place.beats]
            found = cache_of(beats, lengths[part], place, laid)
            assert all(torch.equal(x, y) for x, y in zip(vars(found).values(), vars(each).values(), strict=True))


def random_cache(length: int, generator: torch.Generator) -> LayerCache:
    def draw(*size: int) -> torch.Tensor:
        return torch.randint(-128, 128, size, generator=generator).to(torch.int8)

    J, P = SHAPE.num_key_value_heads, SHAPE.head_dim
    return LayerCache(draw(J, length, P), draw(J, length), draw(J, length, P), draw(J, length))


def test_a_run_never_outgrows_what_it_says() -> None:
    """The golden model's texts end exactly where `added` and `context` have them."""
    model = MODEL
    empty = empty_cache(model)
    run = Run(5, 3)
    a = plan(model, SIM, run).arguments
    _, cache = prefill(torch.tensor([1, 2, 3, 4, 5]), model, empty)
    assert len(cache[0]) == a.read == 5
    requests = Requests(empty, (cache,))
    tokens = [job.tokens for job in jobs(5, 3, range(4), 4, 1) if job.kind == 0][2:]
    for _ in tokens:
        _, requests = decode(torch.tensor([1]), model, requests)
    assert len(requests.own[0][0]) == a.added == a.context == 7


def test_another_run_of_the_same_plan() -> None:
    """The model and the cache stay where they are; a run that needs more of anything is refused by name."""
    laid = plan(MODEL, SIM, Run(8, 6, prefix=2), Room(4, 20), texts=2)
    a = laid.start(Run(2, 3, prefix=4, own=(17, 2)))
    assert (a.batch, a.own, a.k_off, a.arena_bytes) == (2, (17, 2, 0, 0), laid.arguments.k_off, laid.arena_bytes)
    for run, what in (
        (Run(2, 1, own=(0, 0, 0)), "3 texts, the plan has room for 2"),
        (Run(8, 9), "region out needs 9 wide beats, the plan has 6"),
        (Run(2, 1, own=(20, 0)), r"texts \(20, 0\) and 1 new of 20.*BAD_CACHE"),
        (Run(2, 1, prefix=5), r"prefix is 5 of 4 .*BAD_CACHE"),
        (Run(3, 1, own=(0, 0)), r"prompt is 3 .* expected 2, one of each text.*BAD_TOKENS"),
        (Run(8, 4, tap_point=1), "region tap needs"),
        (Run(1, 1, own=()), "no text"),
    ):
        with pytest.raises(InputError, match=what):
            laid.start(run)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"hidden_size": 512, "num_attention_heads": 4, "num_key_value_heads": 4}, "d_model is 512, .* up to 256"),
        ({"hidden_size": 160, "num_attention_heads": 1}, "heads are 1 of d_model 160"),
        ({"hidden_size": 256, "num_attention_heads": 8}, "KV heads are 1 for 8 heads"),
        ({"intermediate_size": 42}, "feed is 42, expected a multiple of 8"),
        ({"vocab_size": 4}, "vocabulary is 4"),
        ({"num_hidden_layers": 128}, "layers are 128, expected 1 .. 127"),
        ({"hidden_act": "silu"}, "built for hidden_act 'relu2', the model has 'silu'"),
        ({"sub_norms": False}, "sub_norms is False"),
    ],
)
def test_a_shape_is_refused_by_name(changes: dict[str, object], what: str) -> None:
    """Before there is an integer model the dimension that does not fit is named, with what does."""
    fits(SHAPE, SIM, Run(1, 1))
    with pytest.raises(InputError, match=what):
        fits(replace(SHAPE, **changes), SIM, Run(1, 1))  # type: ignore[arg-type]


def test_what_the_build_does_not_have_is_refused() -> None:
    """Wider queries, a context behind the model's last position, more texts than the RTL takes."""
    wide = replace(MODEL, profile=replace(MODEL.profile, query_bits=16))
    with pytest.raises(InputError, match="quantize it for these choices"):
        plan(wide, SIM, Run(1, 1))
    with pytest.raises(InputError, match="a context of 49 positions, expected at most 48"):
        plan(MODEL, SIM, Run(40, 10))
    with pytest.raises(InputError, match=r"texts: found 5, expected 1, those of the run, .. 4"):
        plan(MODEL, SIM, Run(1, 1), texts=5)
    with pytest.raises(InputError, match="3 texts, the plan has room for 1"):
        list(cache_parts(Requests(empty_cache(MODEL), (empty_cache(MODEL),) * 3), plan(MODEL, SIM, Run(1, 1))))
    assert (
        plan(replace(MODEL, profile=replace(MODEL.profile, logit_frac=10)), SIM, Run(1, 1)).arguments.logit_frac == 10
    )


def test_every_code_is_explained() -> None:
    """A refusal says more than the name of its code, but where a port went wrong."""
    laid = plan(MODEL, SIM, Run(1, 1))
    plain = {ErrorCode.NONE, ErrorCode.AXI_READ, ErrorCode.AXI_WRITE}
    for code in ErrorCode:
        assert (explain(code, laid.arguments, build_of(SIM)) == code.name) == (code in plain)


def test_tokens_lie_in_order() -> None:
    """Four bytes a token, from the first byte on."""
    found = token_beats(range(40), SIM).flatten().tolist()
    assert found[: 4 * 40 : 4] == list(range(40))
    assert len(found) == 3 * SIM.wide_bytes


def test_a_prefix_is_read_into_its_place() -> None:
    """To a start that reads a prefix its part is that of a text: the same offsets, sizes and rooms, no other texts."""
    laid = plan(MODEL, SIM, Run(4, 2, prefix=5, own=(3,)), Room(9, 20), texts=3)
    seen = laid.of_prefix
    for layer in range(SHAPE.num_hidden_layers):
        assert seen.place(1, layer) == laid.place(0, layer)
    a = seen.start(Run(4, 0, own=(5,)))
    assert (a.prefix, a.prefix_room, a.own_room, a.own[0], a.batch) == (0, 0, 9, 5, 1)
    assert a.offsets == laid.arguments.offsets
    for run, what in (
        (Run(5, 0, own=(5,)), "BAD_CACHE"),
        (Run(1, 0, prefix=1), "BAD_CACHE"),
        (Run(1, 0, own=(0, 0)), "2 texts"),
    ):
        with pytest.raises(InputError, match=what):
            seen.start(run)
