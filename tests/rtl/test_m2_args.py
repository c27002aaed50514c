# SPDX-License-Identifier: Apache-2.0
"""m2_args: verdict and counts are those of golden.mamba2.accel.arguments."""

import json
import random
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from golden.errors import InputError
from golden.mamba2.accel.arguments import Arguments, Build, argument_error, counts, tap_beats
from golden.mamba2.integer.profile import NAMES, load
from golden.spec.gen.mamba2_accel import ErrorCode
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.stream_vectors import pack

SIM = Build(load(NAMES[0]), 512, 32, 32, 4, 1, 8, 256, 512, 16, 128, 64, 4, 900, 2500, 128, 192, 384)
WIDE = Build(load(NAMES[1]), 4096, 256, 128, 4, 2, 16, 2560, 5120, 160, 128, 128, 8, 40000, 0, 1024, 2560, 5120)
BUILDS = [SIM, WIDE]  # in the wide one a beat holds four tiles, so a chunk may end within a beat
PORTS = 2
SHAPE = {ErrorCode.BAD_D_MODEL, ErrorCode.BAD_HEADS, ErrorCode.BAD_HEADDIM, ErrorCode.BAD_NGROUPS}
STARTS = 350
OWN = {"keep", "raw", "head", "bases", "generate"}  # arguments that are no port of their own


def legal(build: Build, rng: random.Random) -> Arguments:
    """Return arguments that mostly are legal: what chance finds of shapes, regions one behind the other."""
    while argument_error(a := drawn(build, rng), build) in SHAPE:
        pass
    return placed(a, build, rng)


def drawn(build: Build, rng: random.Random) -> Arguments:
    """Return arguments of a shape that may be illegal, without regions."""
    table = build.profile.norm == "table"
    step = 8 if table else build.inputs
    d_model = build.norm_width_d >> rng.randrange(4) if table else step * rng.randint(1, build.d_max // step)
    headdim = 8 * rng.randint(1, build.p_max // 8)
    groups = rng.choice([1, 1, *range(1, build.g_max + 1)])
    heads = rng.choice([8 * groups * rng.randint(1, max(build.h_max // (8 * groups), 1)), rng.randint(1, build.h_max)])
    if table:
        groups = min(groups, 2)
        inner = (build.norm_width_i >> rng.randrange(3)) * groups
        headdim = rng.choice([p for p in range(8, build.p_max + 1, 8) if inner % p == 0])
        heads = inner // headdim
    d_state = 8 * build.tiles * rng.randint(1, build.n_max // (8 * build.tiles))
    histories = heads * headdim // 8 + groups * d_state // 4
    layers = min(rng.choice((1, 2, 3, rng.randint(1, 64), 255)), max(build.conv_depth // histories, 1))
    first = rng.randrange(layers) if rng.random() < 0.5 else 0
    head, raw = rng.random() < 0.7, rng.random() < 0.3
    generate = 0 if not head else 1 if raw else rng.choice((1, 2, any_size(rng, 24), any_size(rng, 24)))
    chunk = rng.choice([size for size in (1, 2, 4, 8) if heads % size == 0])
    on_chip = build.state_depth // (heads * headdim // 8 * (d_state // 8) // build.tiles)
    return Arguments(
        d_model=d_model,
        heads=heads,
        headdim=headdim,
        d_state=d_state,
        ngroups=groups,
        vocab=rng.choice((8, 256, 50288, any_size(rng, 31))),
        model_layers=layers,
        layer_first=first,
        layer_count=rng.randint(1, layers - first),
        prompt=rng.choice((1, 33, any_size(rng, 24), any_size(rng, 24))),
        generate=generate,
        raw=raw,
        keep=rng.random() < 0.5,
        head=head,
        chunk_heads=chunk,
        mem_first=rng.choice((0, min(on_chip, layers))),
        eps_d=rng.choice((1, rng.getrandbits(32) | 1)),
        eps_i=rng.choice((1, rng.getrandbits(32) | 1)),
        tap_point=rng.randrange(4),
        tap_all=rng.random() < 0.5,
        tap_layer=rng.choice((first, rng.randrange(layers), rng.randrange(256))),
        **dict.fromkeys(("p_off", "w_off", "e_off", "tok_off", "s_off", "out_off", "tap_off", "arena_bytes"), 0),
        s_bytes=0,
        bases=tuple(rng.getrandbits(50) * build.port_bytes for _ in range(PORTS)),
    )


def any_size(rng: random.Random, bits: int) -> int:
    """Return a number from 1 on, uniform in how many of `bits` bits it has."""
    return max(rng.getrandbits(rng.randint(1, bits)), 1)


def placed(a: Arguments, build: Build, rng: random.Random, short: bool = False) -> Arguments:
    """Lay out the regions in any order, the last one up to the arena's end; `short`: it lacks a beat."""
    c = counts(a, build)
    wide = {
        "p_off": a.model_layers * (c.p_in + c.p_out) + a.head * c.p_head,
        "w_off": a.model_layers * (c.w_in + c.w_out) + a.head * c.w_head,
        "e_off": (a.prompt if a.raw else a.vocab) * c.row_beats,
        "tok_off": 0 if a.raw else -(-32 * a.prompt // build.wide_bits),
        "s_off": a.model_layers * c.chunks * c.chunk_beats * (a.mem_first < a.model_layers),
        "out_off": a.generate,
        "tap_off": -(-256 * tap_beats(a, c) // build.wide_bits),
    }
    order, at, found = list(wide), 0, {}
    rng.shuffle(order)
    if short:
        last = rng.choice([name for name in (*order, "tap_off", "tap_off") if wide[name]])  # its size has most factors
        order.sort(key=last.__eq__)
    for name in order:
        at += rng.choice((0, 0, rng.getrandbits(20))) * build.port_bytes
        found[name] = at
        at += wide[name] * build.port_bytes
    end = at - short * build.port_bytes
    return replace(a, **found, s_bytes=wide["s_off"] * build.port_bytes, arena_bytes=end)


def spoiled(a: Arguments, build: Build, rng: random.Random) -> Arguments:
    """Return the arguments with one of them changed: a little, past a limit, or beyond reason."""
    name = rng.choice([key for key in asdict(a) if key not in ("bases", "tap_point", "tap_all", "tap_layer", "keep")])
    value = getattr(a, name)
    if isinstance(value, bool):
        return replace(a, **{name: not value})
    if name.endswith(("_off", "_bytes")):
        step = build.port_bytes
        return replace(
            a, **{name: max(value + rng.choice((-step, step, 1, step // 2, 1 << 63, (1 << 64) - step - value)), 0)}
        )
    return replace(
        a, **{name: max(value + rng.choice((-8, -1, 1, 8, -value, 1 << 16, 1 << 24, 1 << 31)), 0) % (1 << 32)}
    )


def inputs(a: Arguments) -> dict[str, int]:
    """Return the input ports of a start."""
    ports = {key: int(value) for key, value in asdict(a).items() if key not in OWN}
    mode = a.raw | a.keep << 1 | a.head << 2
    return ports | {"generate_": a.generate, "mode": mode, "port_base": pack(a.bases, 64)}


def outputs(a: Arguments, build: Build) -> dict[str, int]:
    """Return the output ports of a legal start."""
    found = {f"c_{name.rstrip('_')}": value for name, value in asdict(counts(a, build)).items()}
    same = ("heads", "vocab", "layer_first", "prompt", "generate", "raw", "head", "chunk_heads", "mem_first", "eps_d")
    found |= {f"c_{name}": int(getattr(a, name)) for name in (*same, "eps_i", "tap_point", "tap_all", "tap_layer")}
    found |= {f"c_{name}": getattr(a, name) for name in asdict(a) if name.endswith("_off")}
    found |= {"c_groups": a.ngroups, "c_layers": a.model_layers, "c_layer_last": a.layer_end - 1, "c_continue": a.keep}
    return found | {"c_base": pack(a.bases, 64)}


def start(a: Arguments, build: Build) -> dict[str, Any]:
    """Return the vector of a start."""
    error = argument_error(a, build)
    return {"inputs": inputs(a), "error": error, "outputs": outputs(a, build) if not error else {}}


def params(build: Build) -> dict[str, int]:
    """Return the RTL's parameters."""
    same = ("tiles", "inputs", "rows", "conv_depth", "state_depth", "s_depth", "norm_width_d", "norm_width_i")
    limits = ("d_max", "i_max", "h_max", "n_max", "p_max", "g_max")
    found = {name.upper(): getattr(build, name) for name in (*same, *limits)}
    own = {"PROFILE": NAMES.index(build.profile.name), "PORTS": PORTS, "PORT_BYTES": build.port_bytes}
    return found | own | {"WIDE_W": build.wide_bits, "NL": build.lanes}


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("build", BUILDS, ids=lambda build: build.profile.name)
def test_contract(build: Build, sim: str, tmp_path: Path) -> None:
    """Each start's verdict is golden's, and a legal one's counts; every code comes, and a good share is legal."""
    rng = random.Random(derive_seed(f"m2_args/{build.profile.name}"))
    starts = []
    for index in range(STARTS):
        a = legal(build, rng)
        if index % 3:
            a = spoiled(a, build, rng) if index % 3 == 1 else placed(a, build, rng, short=True)
        starts.append(start(a, build))
    seen = {told["error"] for told in starts}
    never = {ErrorCode.AXI_READ, ErrorCode.AXI_WRITE, ErrorCode.BAD_TOKEN}
    if build.profile.norm == "table":
        never.add(ErrorCode.BAD_EPS)
    assert seen == set(ErrorCode) - never
    assert sum(not told["error"] for told in starts) > STARTS // 4
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps(starts))
    check_module("m2_args", params(build), sim, "tests.rtl.cocotb_m2_args", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ROWS": 8}, "WIDE_W_must_be_a_power_of_two_from_512_and_ROWS_x_INPUTS_weights"),
        ({"NL": 12}, "INPUTS_NL_and_TILES_must_be_powers_of_two"),
        ({"PORTS": 1}, "PORTS_ports_must_make_WIDE_W"),
        ({"P_MAX": 65536}, "limits_must_leave_counts_of_16_bits"),
    ],
)
def test_illegal_parameters_stop_the_build(changes: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("m2_args", sources("m2_args"), params(SIM) | changes, "tests.rtl.cocotb_m2_args", sim=sim)  # type: ignore[arg-type]
