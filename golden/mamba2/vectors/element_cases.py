# SPDX-License-Identifier: Apache-2.0
"""Adversarial cases of the units in `elements.py`."""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from golden.fixed.hadamard import scale_shift, transform
from golden.fixed.norm_tables import rms1_table, rms2_table
from golden.fixed.pot import Pot
from golden.mamba2.integer import functions
from golden.mamba2.integer.widths import limits
from golden.mamba2.vectors import arguments
from golden.mamba2.vectors.adversarial import POTS, VALUES, Domain, PotDomain, provokes
from golden.mamba2.vectors.context import Context
from golden.mamba2.vectors.random_model import extreme_linear, extreme_norm, parameter_domain, random_norm
from golden.mamba2.vectors.roles import of_linear, of_pot
from golden.mamba2.vectors.sample import Sample, randomness

SHORT = 12
"""Heads of the cases of vectors over heads: a group of 8 and a short one of 4."""
ROWS = 24
"""Rows of a linear case's matrix: every kind of row under every end of the scales."""


def all_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every adversarial case of the element units in the profile of `ctx`."""
    yield from quantizer_cases(ctx, seed)
    yield from hadamard_cases(ctx, seed)
    yield from linear_cases(ctx, seed)
    yield from scale_cases(ctx, seed)
    yield from norm_cases(ctx, seed)
    yield from function_cases(ctx)
    yield from decay_cases(ctx, seed)
    yield from gate_cases(ctx, seed)
    yield from residual_cases(ctx, seed)
    yield from topk_cases(ctx, seed)


def rotates(ctx: Context) -> dict[str, bool]:
    """Whether the inputs of in_proj (as those of the head) and of out_proj are transformed."""
    return {"in": ctx.profile.hadamard == "both", "out": ctx.profile.hadamard != "off"}


def domain(width: int, group: int, bits: int, ctx: Context, rows: int = 0) -> Domain:
    """Values that saturate at value_bits; without `rows` enough of them for two groups at every bit position."""
    groups = -(-width // (group or width))
    rows = rows or -(-2 * ctx.profile.value_bits // groups)
    return Domain(rows, width, ctx.profile.value_bits, bits, group, ctx.profile.max_shift)


def quantizer_domains(ctx: Context) -> dict[str, Domain]:
    """The quantizers of the block by what they quantize, each with a short last group where there can be one."""
    p, cfg = ctx.profile, ctx.cfg
    groups = {"in_act": p.group(cfg.d_model), "out_act": p.group(cfg.d_inner)}
    found = {name: domain(_width(group, p.act_group), group, p.act_bits, ctx) for name, group in groups.items()}
    bc = p.bc_group or cfg.d_state
    found["bc"] = domain(_width(bc, p.bc_group), bc, p.bc_bits, ctx)
    found["ssm"] = domain(_width(p.ssm_group, p.ssm_group), p.ssm_group, p.ssm_bits, ctx)
    state = Domain(found["ssm"].rows, found["ssm"].width, p.state_bits, p.ssm_bits, p.ssm_group, p.max_shift)
    found["state"] = state
    unique: dict[Domain, str] = {}
    for name, each in found.items():
        unique.setdefault(each, name)
    return {name: each for each, name in unique.items()}


def _width(group: int, may_be_short: int) -> int:
    return 5 * group + group // 2 if may_be_short else 2 * group


def quantizer_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every generator of values on every quantizer of the block."""
    for flavour, d in quantizer_domains(ctx).items():
        parameters = {"bits": d.bits, "group": d.group, "max_shift": d.max_shift}
        for name, make in VALUES.items():
            x = make(d, randomness(seed, f"m2_quant.{flavour}.{name}"))
            yield Sample("m2_quant", f"{flavour}.{name}", provokes(make), parameters, {"x": x})


def walsh_rows(block: int, ctx: Context) -> Tensor:
    """Full scale in the pattern of a row of the transform: its own sum reaches the widest value, all others cancel."""
    rows = torch.arange(min(block, 8)) * (block // min(block, 8)) + block // min(block, 8) - 1
    greatest = (1 << (ctx.profile.value_bits - 1)) - 1
    signs = transform(torch.eye(block, dtype=torch.int64), block)[rows]
    return torch.cat([signs * greatest, -signs * greatest, torch.full((1, block), -greatest - 1)])


def hadamard_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every generator of values on the two widths of the block, and rows of the transform itself."""
    p, widths = ctx.profile, {"in": ctx.cfg.d_model, "out": ctx.cfg.d_inner}
    for name, width in widths.items():
        if not rotates(ctx)[name]:
            continue
        block = p.block(width)
        parameters = {"block": block, "right": scale_shift(block)}
        d = domain(width, p.group(width), p.act_bits, ctx, rows=4)
        for kind, make in VALUES.items():
            x = make(d, randomness(seed, f"m2_hadamard.{name}.{kind}"))
            yield Sample("m2_hadamard", f"{name}.{kind}", provokes(make), parameters, {"x": x})
        x = walsh_rows(block, ctx)
        yield Sample("m2_hadamard", f"{name}.walsh_rows", provokes(walsh_rows), parameters, {"x": x})


def linear_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Activations at their ends meet weights and scales at their ends; the last group of both is short."""
    p = ctx.profile
    cols = 164 if p.act_group else 160
    group, bounds = p.group(cols), limits(p, ctx.cfg)
    fracs = {"in": (p.residual_frac, p.proj_frac), "out": (p.y_frac, p.residual_frac)}
    for site, (frac_in, frac_out) in fracs.items():
        matrix = of_linear(extreme_linear(ROWS, cols, p, randomness(seed, f"m2_linear.{site}")))
        parameters = {"group": group, "frac_in": frac_in, "frac_out": frac_out}
        for name, make in POTS.items():
            g = randomness(seed, f"m2_linear.{site}.{name}")
            a = make(PotDomain(3, cols, p.act_bits, group, p.max_shift, *bounds[f"{site}_act"]), g)
            yield Sample("m2_linear", f"{site}.{name}", provokes(make), parameters, of_pot("a", a) | matrix)


def scale_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every generator of values as sums of all that a linear layer may give, under scales at their ends."""
    p, bounds = ctx.profile, limits(ctx.profile, ctx.cfg)
    for site, acc, fracs in (
        ("in", "in_proj_acc", (p.residual_frac, p.proj_frac)),
        ("out", "out_proj_acc", (p.y_frac, p.residual_frac)),
    ):
        bits = min(-bounds[acc][0], bounds[acc][1]).bit_length()
        scales = of_linear(extreme_linear(ROWS, 1, p, randomness(seed, f"m2_scale.{site}")))
        factors: dict[str, Tensor] = {role: scales[role] for role in ("mult", "shift") if role in scales}
        for name, make in VALUES.items():
            g = randomness(seed, f"m2_scale.{site}.{name}")
            sums = make(Domain(8, ROWS, bits, p.act_bits, 8, p.max_shift), g)
            parameters = {"frac_in": fracs[0], "frac_out": fracs[1]}
            yield Sample("m2_scale", f"{site}.{name}", provokes(make), parameters, {"acc": sums, **factors})


def eps_parameter(ctx: Context, width: int, eps: float, frac: int) -> dict[str, int | str]:
    """The parameter `eps_sum` of a norm over `width` elements, in the profiles that have one."""
    return {"eps_sum": functions.eps_sum(width, eps, frac)} if ctx.profile.norm == "rsqrt" else {}


def norm_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every generator of values on both norms, with plausible weights and with weights at their ends."""
    p, cfg = ctx.profile, ctx.cfg
    sites = [("m2_norm", "", cfg.d_model, 1, ctx.residual_eps, p.residual_frac)]
    sites += [("m2_gated_norm", f"groups{n}.", cfg.d_inner, n, cfg.norm_eps, p.y_frac) for n in (1, 2)]
    for unit, prefix, width, groups, eps, frac in sites:
        parameters = eps_parameter(ctx, width // groups, eps, frac)
        if unit == "m2_gated_norm":
            parameters["ngroups"] = groups
        for kind, weights in (("random", random_norm), ("extreme", extreme_norm)):
            for name, make in VALUES.items():
                g = randomness(seed, f"{unit}.{prefix}{kind}.{name}")
                inputs = {"x": make(domain(width, 8, p.act_bits, ctx, rows=4), g), "weight": weights(width, p, g)}
                yield Sample(unit, f"{prefix}{kind}.{name}", provokes(make), parameters, inputs)
        weight = random_norm(width, p, randomness(seed, f"{unit}.{prefix}edges"))
        inputs = {"x": _edges(ctx, unit, width // groups, parameters).repeat(1, groups), "weight": weight}
        yield Sample(unit, f"{prefix}edges", provokes(arguments.sums_at_edges), parameters, inputs)


def _edges(ctx: Context, unit: str, width: int, parameters: Mapping[str, int | str]) -> Tensor:
    """Rows [R, width] at the steps of the reciprocal of a norm over `width` elements."""
    if ctx.profile.norm == "rsqrt":
        sums = arguments.rsqrt_sums(int(parameters["eps_sum"]))
    else:
        sums = arguments.table_sums(rms1_table(width) if unit == "m2_norm" else rms2_table(width))
    return arguments.sums_at_edges(sums, width, ctx.profile.value_bits)


def function_cases(ctx: Context) -> Iterator[Sample]:
    """Ramp, borders and powers on the nonlinear functions, within what each can be given."""
    p, bounds = ctx.profile, limits(ctx.profile, ctx.cfg)
    ranges = {
        "m2_silu": (p.proj_frac, *bounds["conv"]),
        "m2_softplus": (p.proj_frac, *bounds["dt_in"]),
        "m2_exp": (p.exp_in_frac, *bounds["decay_exponent"]),
    }
    for unit, (frac, low, high) in ranges.items():
        points = arguments.ramp(frac, low, high)
        yield Sample(unit, "ramp", provokes(arguments.ramp), {}, {"x": points})
        points = arguments.powers(low, high)
        yield Sample(unit, "powers", provokes(arguments.powers), {}, {"x": points})
        points = arguments.borders(unit, p, low, high)
        yield Sample(unit, "borders", provokes(arguments.borders), {}, {"x": points})


def decay_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """dt at the ends and borders of softplus, bias and A at theirs, over heads that end in a short group."""
    p = ctx.profile
    low, high = -(1 << (p.value_bits - 1)), (1 << (p.value_bits - 1)) - 1
    points = torch.cat([arguments.powers(low, high), arguments.borders("m2_softplus", p, low, high)[::5]])
    dt = points[: len(points) // SHORT * SHORT].reshape(-1, SHORT)
    for name, make in POTS.items():
        g = randomness(seed, f"m2_decay.{name}")
        bias, a = (_vector(make(parameter_domain(each, 1, SHORT, p), g)) for each in ("dt_bias", "A"))
        shuffled = dt.flatten()[torch.randperm(dt.numel(), generator=g)].reshape(dt.shape)
        inputs = {"dt": dt if name == "zeros" else shuffled, **of_pot("dt_bias", bias), **of_pot("A", a)}
        yield Sample("m2_decay", name, f"dt at every end and border; bias and A: {provokes(make)}", {}, inputs)


def _vector(x: Pot) -> Pot:
    return Pot(x.q[0], x.s[0], x.group)


def bounded(ctx: Context, name: str, rows: int, width: int) -> PotDomain:
    """What the quantized intermediate `name` of the block may be."""
    p = ctx.profile
    bits, group = (p.bc_bits, p.bc_group or ctx.cfg.d_state) if name in ("B", "C") else (p.ssm_bits, p.ssm_group)
    return PotDomain(rows, width, bits, group, p.max_shift, *limits(p, ctx.cfg)[name])


def gate_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every generator of pairs against every other."""
    width = 5 * ctx.profile.ssm_group + ctx.profile.ssm_group // 2
    for name, make in POTS.items():
        for other, make_other in POTS.items():
            g = randomness(seed, f"m2_gate.{name}.{other}")
            y, z = make(bounded(ctx, "y", 2, width), g), make_other(bounded(ctx, "z", 2, width), g)
            note = f"y: {provokes(make)} z: {provokes(make_other)}"
            yield Sample("m2_gate", f"{name}.{other}", note, {}, of_pot("y", y) | of_pot("z", z))


def residual_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Every generator of values on both summands."""
    for name, make in VALUES.items():
        g = randomness(seed, f"m2_residual.{name}")
        r, x = (make(domain(44, 8, ctx.profile.act_bits, ctx, rows=4), g) for _ in range(2))
        yield Sample("m2_residual", name, provokes(make), {}, {"r": r, "x": x})


def topk_cases(ctx: Context, seed: int) -> Iterator[Sample]:
    """Ties everywhere, ends of the format, order both ways; k of one, some and all."""
    g = randomness(seed, "m2_topk")
    vocab, end = 40, 1 << (ctx.profile.value_bits - 1)
    rows = {
        "equal": torch.zeros(vocab, dtype=torch.int64),
        "all_least": torch.full((vocab,), -end),
        "ascending": torch.arange(vocab) - 20,
        "descending": 20 - torch.arange(vocab),
        "ties_of_ends": torch.tensor([-end, end - 1])[torch.arange(vocab) % 2],
        "many_ties": torch.randint(-2, 3, (vocab,), generator=g),
    }
    for k in (1, 5, vocab):
        note = f"Logits {', '.join(rows).replace('_', ' ')}: of equal ones the lower index comes first."
        yield Sample("m2_topk", f"k{k}", note, {"k": k}, {"logits": torch.stack(list(rows.values()))})
