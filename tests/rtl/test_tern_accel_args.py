# SPDX-License-Identifier: Apache-2.0
"""tern_accel_args: verdict and counts are those of golden.ternary.accel.arguments."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from golden.errors import InputError
from golden.spec import load_config
from golden.spec.gen.ternary_accel import MAX_TOKENS, ErrorCode
from golden.ternary.accel.arguments import Arguments, Build, argument_error, build_of, counts, region_beats, up
from golden.ternary.published import published
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.stream_vectors import pack

BUILDS = {name: build_of(load_config("ternary_accel", name)) for name in ("sim", "kv260_relu2", "u280")}
MODELS = {"kv260_relu2": published("bitnet-2b-4t"), "u280": published("bitnet-0.73b")}
STARTS = 160
OFFSETS = ("w_off", "e_off", "h_off", "a_off", "k_off", "tok_off", "out_off", "tap_off")
OWN = {"generate", "bases", "own"}  # arguments that are no port of their own
UNSPOILED = ("bases", "own", "tap_point", "tap_all", "tap_layer", "residual_frac", "logit_frac")
BROKEN = {"d_model": 0, "heads": 0, "kv_heads": 0, "feed": 0, "batch": 0, "vocab": 7, "model_layers": 0, "prompt": 0}
COUNTS = (
    "d_model", "heads", "kv_heads", "feed", "batch", "vocab", "model_layers",
    "prefix", "prefix_room", "own_room", "prompt", "generate",
)  # fmt: skip
SCALES = (0, 1 << 15, 0xFFFF | 80 << 16, 0xABCD | (1024 - 80) << 16)


def legal(name: str, rng: random.Random) -> Arguments:
    """Return arguments that are legal but for their regions, which lie one behind the other."""
    build = BUILDS[name]
    while argument_error(a := placed(drawn(name, rng), build, rng), build) != ErrorCode.NONE:
        pass
    return a


def drawn(name: str, rng: random.Random) -> Arguments:
    """Return arguments of which most are legal, without regions."""
    build = BUILDS[name]
    width = rng.choice([width for width in (32, 64, 96, 128) if width <= build.p_max])
    kv_heads = rng.randint(1, build.j_max)
    heads = kv_heads * rng.randint(1, build.share_max)
    feed, vocab = (
        build.lanes * rng.randint(1, build.f_max // build.lanes),
        rng.choice((8, 256, 50288, rng.randint(8, 100000))),
    )
    if name in MODELS and rng.random() < 0.2:
        shape = MODELS[name]
        width, heads, kv_heads = shape.head_dim, shape.num_attention_heads, shape.num_key_value_heads
        feed, vocab = shape.intermediate_size, shape.vocab_size
    batch, head = rng.choice((1, 1, 2, 3, 4)), rng.random() < 0.8
    room = rng.choice((1, 7, build.positions_max // 4, build.positions_max))
    prefix = rng.choice((0, 0, rng.randint(0, room)))
    own = [rng.choice((0, rng.randint(0, room))) for _ in range(4)]
    generate = 0 if not head else rng.choice((1, 2, rng.randint(1, room)))
    prompt = rng.choice((1, 2, rng.randint(1, room))) if batch == 1 else batch
    added = (prompt if batch == 1 else 1) + max(generate - 1, 0)
    most = max(own[:batch]) + added
    return Arguments(
        d_model=heads * width,
        heads=heads,
        kv_heads=kv_heads,
        feed=feed,
        batch=batch,
        vocab=vocab,
        model_layers=rng.choice((1, 2, 30, 127, rng.randint(1, 127))),
        prefix=prefix,
        prefix_room=prefix + rng.choice((0, 0, rng.randint(0, room))),
        own_room=most + rng.choice((0, 0, rng.randint(0, room))),
        own=tuple(value if text < batch else rng.getrandbits(32) for text, value in enumerate(own)),
        prompt=prompt,
        generate=generate,
        head=head,
        ternary_head=rng.random() < 0.5,
        residual_frac=rng.getrandbits(5),
        logit_frac=rng.getrandbits(5),
        eps=rng.choice((1, 1 << 63, rng.getrandbits(64) | 1)),
        feed_eps=rng.choice(SCALES),
        head_scale=rng.choice(SCALES),
        tap_point=rng.randrange(4),
        tap_all=rng.random() < 0.5,
        tap_layer=rng.choice((0, 1, rng.randrange(256))),
        **dict.fromkeys(OFFSETS, 0),
        arena_bytes=0,
        bases=tuple(rng.getrandbits(50) * build.port_bytes for _ in range(ports(build))),
    )


def ports(build: Build) -> int:
    return build.wide_bits // (8 * build.port_bytes)


def placed(a: Arguments, build: Build, rng: random.Random, last: str = "") -> Arguments:
    """Lay out the regions in any order but for the last one, which ends with the arena; anywhere in 64 bits."""
    wide = dict(zip(OFFSETS, region_beats(a, build), strict=True))
    order, at, found = list(wide), gap(build, rng, 63), {}
    rng.shuffle(order)
    order.sort(key=last.__eq__)
    for name in order:
        at += gap(build, rng, 59)
        found[name] = at
        at += wide[name] * build.port_bytes
    return replace(a, **found, arena_bytes=at)


def gap(build: Build, rng: random.Random, bits: int) -> int:
    """Return bytes between two regions: none, or of any size up to so many bits."""
    return rng.choice((0, rng.getrandbits(rng.randint(20, bits)))) // build.port_bytes * build.port_bytes


def far(name: str, rng: random.Random) -> Iterator[Arguments]:
    """Yield starts in which one argument alone is spoiled, by one bit past its limits: each such bit of each."""
    for bit in range(16, 32):
        for field in COUNTS:
            a = legal(name, rng)
            yield replace(a, **{field: getattr(a, field) | 1 << bit})
        for text in range(BUILDS[name].batch):
            while (a := legal(name, rng)).batch <= text:
                pass
            yield replace(a, own=(*a.own[:text], a.own[text] | 1 << bit, *a.own[text + 1 :]))


def spoiled(a: Arguments, build: Build, rng: random.Random) -> Arguments:
    """Return the arguments with one of them changed: a little, past a limit, or beyond reason."""
    name = rng.choice([key for key in asdict(a) if key not in UNSPOILED] + ["own", "own", "base"])
    step = build.port_bytes
    if name == "own":
        text = rng.randrange(4)
        value = (a.own[text] + rng.choice((1, 2, 1 << 14, 1 << 31))) % (1 << 32)
        return replace(a, own=(*a.own[:text], value, *a.own[text + 1 :]))
    if name == "base":
        return replace(a, bases=(*a.bases[:-1], a.bases[-1] + rng.choice((1, step // 2))))
    value = getattr(a, name)
    if isinstance(value, bool):
        return replace(a, **{name: not value})
    if name == "eps":
        return replace(a, eps=0)
    if name in ("feed_eps", "head_scale"):
        return replace(a, **{name: rng.choice((1, 0x7FFF, 1 << 15 | 81 << 16, 1 << 15 | (1024 - 81) << 16, 512 << 16))})
    if name.endswith(("_off", "_bytes")):
        change = rng.choice((-step, step, 1, step // 2, 1 << 63, (1 << 64) - step - value))
        return replace(a, **{name: max(value + change, 0) % (1 << 64)})
    change = rng.choice((-8, -1, 1, 8, -value, 1 << 14, 1 << 16, 1 << 24, 1 << 31))
    return replace(a, **{name: max(value + change, 0) % (1 << 32)})


def at_the_end(name: str, last: str, rng: random.Random) -> Iterator[Arguments]:
    """Yield a start whose region `last` fills the arena up to its end, then one with a beat too little."""
    build = BUILDS[name]
    at = OFFSETS.index(last)
    while not (region_beats(a := legal(name, rng), build)[at] and a.prefix_room):
        pass
    a = placed(a, build, rng, last)
    yield a
    yield replace(a, arena_bytes=a.arena_bytes - build.port_bytes)


def longest(name: str, text: int, rng: random.Random) -> Iterator[Arguments]:
    """Yield a start of four texts of which `text` alone is longest, its angles at the arena's end; then beyond it."""
    build = BUILDS[name]
    while (a := legal(name, rng)).batch != len(a.own) or sorted(a.own)[-1] == sorted(a.own)[-2]:
        pass
    first = a.own.index(max(a.own))
    own = tuple(a.own[(first - text + each) % len(a.own)] for each in range(len(a.own)))
    a = placed(replace(a, own=own), build, rng, "a_off")
    yield a
    yield replace(a, arena_bytes=a.arena_bytes - build.port_bytes)


def at_the_limit(a: Arguments, build: Build, rng: random.Random) -> Arguments:
    """Return a start whose scores or whose context are just what the build takes, or one more."""
    pos, share = build.wide_bits // 256, a.heads // a.kv_heads
    columns = build.t_cols if a.batch == 1 else a.batch
    tiles = build.score_depth // (2 * up(columns * share, build.q_par))
    positions = min((tiles - up(a.batch, pos)) * pos // a.batch, build.positions_max) + rng.choice((-pos, 0, 1, pos))
    own = max(positions - columns, 0)
    prompt = positions - own if a.batch == 1 else a.batch
    own = own if a.batch == 1 else max(positions - 1, 0)
    changed = replace(a, prefix=0, own=(own,) * 4, prompt=max(prompt, 1), generate=int(a.head), own_room=positions + 1)
    return placed(changed, build, rng)


def inputs(a: Arguments) -> dict[str, int]:
    """Return the input ports of a start."""
    found = {key: int(value) for key, value in asdict(a).items() if key not in OWN}
    return found | {"generate_": a.generate, "own": pack(a.own, 32), "port_base": pack(a.bases, 64)}


def outputs(a: Arguments, build: Build) -> dict[str, int]:
    """Return the output ports of a legal start."""
    found = {f"c_{name}": value for name, value in asdict(counts(a, build)).items()}
    same = (
        "heads",
        "kv_heads",
        "batch",
        "vocab",
        "prefix",
        "prompt",
        "generate",
        "head",
        "residual_frac",
        "logit_frac",
    )
    found |= {f"c_{name}": int(getattr(a, name)) for name in same}
    same = ("eps", "feed_eps", "head_scale", "tap_point", "tap_all", "tap_layer", *OFFSETS)
    found |= {f"c_{name}": int(getattr(a, name)) for name in same}
    return found | {"c_own": pack(a.texts, 14), "c_base": pack(a.bases, 64)}


def start(a: Arguments, build: Build) -> dict[str, Any]:
    """Return the vector of a start."""
    error = argument_error(a, build)
    return {"inputs": inputs(a), "error": error, "outputs": outputs(a, build) if not error else {}}


def params(build: Build) -> dict[str, int]:
    """Return the RTL's parameters."""
    model = ("d_max", "f_max", "h_max", "j_max", "share_max", "p_max", "positions_max", "score_depth")
    found = {name.upper(): getattr(build, name) for name in ("t_cols", "batch", "q_par", *model)}
    own = {"PORTS": ports(build), "PORT_BYTES": build.port_bytes}
    return found | own | {"WIDE_W": build.wide_bits, "NL": build.lanes}


def vectors(name: str) -> list[dict[str, Any]]:
    """Return starts of a build: a third legal, most others with one argument changed, some at a limit or an end."""
    rng, build, starts = random.Random(derive_seed(f"tern_accel_args/{name}")), BUILDS[name], []
    for index in range(STARTS):
        a = legal(name, rng)
        if index % 8 == 1:
            a = at_the_limit(a, build, rng)
        elif index % 3:
            a = spoiled(a, build, rng)
        starts.append(start(a, build))
    for key, value in (BROKEN | {"eps": 0, "prefix_room": 1 << 14, "arena_bytes": 1}).items():
        starts.append(start(replace(legal(name, rng), **{key: value}), build))
    if name == "sim":  # the arguments' registers are the same in each build
        starts += [start(a, build) for a in far(name, rng)]
    for region in OFFSETS:
        starts += [start(a, build) for a in at_the_end(name, region, rng)]
    for text in range(4 if build.batch == 4 else 0):
        starts += [start(a, build) for a in longest(name, text, rng)]
    starts.append(start(replace(legal(name, rng), batch=build.batch + 1), build))
    last = legal(name, rng)
    much = replace(last, batch=1, prompt=MAX_TOKENS, generate=MAX_TOKENS, head=True, own_room=(1 << 14) - 1)
    return [*starts, start(placed(much, build, rng), build)]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("name", BUILDS)
def test_contract(name: str, sim: str, tmp_path: Path) -> None:
    """Each start's verdict is golden's, and a legal one's counts; every code comes, and a good share is legal."""
    starts = vectors(name)
    never = {ErrorCode.AXI_READ, ErrorCode.AXI_WRITE, ErrorCode.BAD_TOKEN, ErrorCode.BAD_WEIGHT}
    assert {told["error"] for told in starts} == set(ErrorCode) - never
    assert sum(not told["error"] for told in starts) > STARTS // 3
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps(starts))
    check_module("tern_accel_args", params(BUILDS[name]), sim, "tests.rtl.cocotb_m2_args", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"WIDE_W": 768}, "WIDE_W_must_be_a_power_of_two_from_512"),
        ({"NL": 12}, "NL_and_Q_PAR_must_be_powers_of_two"),
        ({"T_COLS": 256}, "T_COLS_must_be_1_to_128"),
        ({"BATCH": 5}, "BATCH_must_be_1_to_4_and_at_most_T_COLS"),
        ({"T_COLS": 2}, "BATCH_must_be_1_to_4_and_at_most_T_COLS"),
        ({"PORTS": 1}, "PORTS_ports_must_make_WIDE_W"),
        ({"D_MAX": 8192}, "limits_must_leave_the_counts_their_bits"),
    ],
)
def test_illegal_parameters_stop_the_build(changes: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    given = params(BUILDS["sim"]) | changes
    with pytest.raises(InputError, match=message):
        simulate("tern_accel_args", sources("tern_accel_args"), given, "tests.rtl.cocotb_m2_args", sim=sim)  # type: ignore[arg-type]
