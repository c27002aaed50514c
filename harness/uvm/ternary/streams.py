# SPDX-License-Identifier: Apache-2.0
"""The order of a start's jobs as its results show it: beats of captured streams and where each belongs, and traffic."""

from collections.abc import Iterator

from golden.schedule import Job, Kind, jobs
from golden.ternary.accel.arguments import GROUP, SCALE_BITS, TAP_BITS, TOKEN_BITS, tap_beats, up
from golden.ternary.accel.cache import Room
from golden.ternary.accel.image import sections
from golden.ternary.accel.outcome import HALVES
from golden.ternary.accel.reads import Dest, Region, Run, port_beats, positions, row_beats, runs
from harness.uvm import model_streams
from harness.uvm.model_streams import LINEAR, RESIDUAL, VECTOR
from harness.uvm.ternary.items import Stimulus


class Segment(model_streams.Segment):
    """Beats that one job adds to a stream; the layer is the job's: 2 l attention of layer l, 2 l + 1 its MLP."""

    def place(self, beat: int, lane: int, s: Stimulus) -> tuple[str, int]:
        """Return where a value of the segment belongs, and the fraction bits that it has."""
        job, point = self.job, s.legal.tap_point
        layer, mlp = divmod(job.layer, HALVES)
        if point == VECTOR and not mlp:
            head, rest = divmod(beat, job.tokens * s.counts.p8)
            token, group = divmod(rest, s.counts.p8)
            frac = s.model.layers[layer].attention_frac
            return f"attention of layer {layer}, {_token(s, job, token)}, head {head}, dim {GROUP * group + lane}", frac
        group, token = divmod(beat, job.tokens)
        row, which = GROUP * group + lane, _token(s, job, token)
        if job.kind is Kind.HEAD:
            return f"logits, {which}, row {row}", s.legal.logit_frac
        if point == RESIDUAL:
            return f"residual behind {('attention', 'MLP')[mlp]} of layer {layer}, {which}, row {row}", (
                s.legal.residual_frac
            )
        name, row = ("product", row) if point == VECTOR else _matrix(s, job.kind, mlp, row)
        return f"{name} of layer {layer}, {which}, row {row}", 0


def _token(s: Stimulus, job: Job, token: int) -> str:
    """A token of a job: by its number in the run, and of several texts by the text."""
    return f"token {job.first + token}" + f" (text {token})" * (s.legal.batch > 1)


def _matrix(s: Stimulus, kind: Kind, mlp: int, row: int) -> tuple[str, int]:
    """The linear layer that a row of a job's sums belongs to, and its row there."""
    if kind is Kind.OUT:
        return ("o_proj", "down_proj")[mlp], row
    if mlp:
        pair, rest = divmod(row, 2 * GROUP)
        return ("gate_proj", "up_proj")[rest // GROUP], pair * GROUP + rest % GROUP
    d, keys = s.legal.d_model, GROUP * s.counts.p8 * s.legal.kv_heads
    if row < d:
        return "q_proj", row
    return ("k_proj", "v_proj")[(row - d) // keys], (row - d) % keys


def order(s: Stimulus) -> Iterator[Job]:
    """Jobs of a start in order."""
    a = s.legal
    return jobs(a.prompt, a.generate, range(HALVES * a.model_layers), s.cfg.t_cols, 1, batch=a.batch)


def segments(s: Stimulus) -> Iterator[Segment]:
    """Each job's part of the stream that the start's tap point copies."""
    a, c = s.legal, s.counts
    beats = {
        LINEAR: {Kind.IN: (c.qkv8, c.gu8), Kind.OUT: (c.d8, c.d8), Kind.HEAD: (c.head_groups,) * 2},
        RESIDUAL: {Kind.OUT: (c.d8, c.d8)},
        VECTOR: {Kind.IN: (c.d8, c.f8)},
    }
    for job in order(s) if a.tap_point else ():
        captured = a.tap_all or (job.kind is not Kind.HEAD and job.layer == a.tap_layer)
        each = beats[a.tap_point].get(job.kind, (0, 0))[job.layer % HALVES]
        yield Segment(job, job.layer, each * job.tokens, captured)


def reads(s: Stimulus) -> Iterator[tuple[Job, list[Run]]]:
    """What each job reads, but for rows and angles."""
    a, shape = s.legal, s.model.cfg
    room, size = Room(a.prefix_room, a.own_room), sections(shape, s.cfg)
    return runs(positions(order(s), a.prefix, a.texts), shape, room, size, s.counts.head_beats, s.cfg)


def places(s: Stimulus) -> dict[str, list[tuple[int, int, int]]]:
    """What the run surely reads, (first, beats, ports) by region: none of it follows from a token that was chosen."""
    a, c, ports = s.legal, s.counts, s.cfg.ports
    found: dict[str, list[tuple[int, int, int]]] = {"tok": [(0, 1, ports)], **{region.value: [] for region in Region}}
    for _, job_runs in reads(s):
        for run in job_runs:
            found[run.region.value].append((run.first, run.beats, run.ports))
    for chunk in [s.read_tokens] if a.batch == 1 else [(token,) for token in s.read_tokens]:
        for beat in row_beats(chunk, (a.prefix, a.texts[0]), a.d_model, c.angle_beats, s.cfg):
            found[beat.region.value].append((beat.beat, 1, ports))
    return {name: spans for name, spans in found.items() if spans}


def left_out(s: Stimulus) -> list[int]:
    """Return for each port the wide beats that are read without it."""
    beats = port_beats((run for _, found in reads(s) for run in found), s.cfg)
    return [beats[0] - each for each in beats]


def traffic(s: Stimulus) -> dict[str, int]:
    """Return the counters that follow from arguments and order: wide beats read, written, of weights, of the cache."""
    a, c, cfg = s.legal, s.counts, s.cfg
    read = up(TOKEN_BITS * a.prompt, 8 * cfg.wide_bytes)
    weights = outs = cached = written = 0
    head_tiles = c.head_beats - up(SCALE_BITS * a.vocab, 8 * cfg.wide_bytes)
    for job, found in reads(s):
        read += sum(run.beats for run in found)
        weights += sum(run.beats for run in found if run.dest is Dest.LINEAR)
        weights += job.kind is Kind.HEAD and a.ternary_head and head_tiles
        cached += sum(run.beats for run in found if run.dest in (Dest.KEYS, Dest.VALUES))
        outs += job.kind is Kind.OUT
        if job.kind is Kind.EMBED:
            read += job.tokens * (1 + c.d_slices + c.angle_beats)
        if job.kind is Kind.IN and not job.layer % HALVES:
            written += 2 * a.kv_heads * job.tokens * (c.slices + 1)
    taps = tap_beats(a, c)
    return {
        "RD_BEATS": read,
        "WR_BEATS": a.batch * a.generate + up(TAP_BITS * taps, 8 * cfg.wide_bytes) + written,
        "WEIGHT_BEATS": weights,
        "CACHE_BEATS": cached,
        "TOKENS_DONE": a.batch * a.generate,
        "TOKENS_RUN": a.prompt + a.batch * max(a.generate - 1, 0),
        "LAYERS_DONE": outs,
        "TAP_BEATS": taps,
    }
