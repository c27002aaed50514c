# SPDX-License-Identifier: Apache-2.0
"""The order of a start's jobs as its results show it: beats of captured streams and where each belongs, and traffic."""

from collections.abc import Iterator

from golden.mamba2.accel.arguments import GROUP, TAP_BITS, TOKEN_BITS, tap_beats, up
from golden.schedule import Job, Kind, jobs
from harness.uvm import model_streams
from harness.uvm.mamba2.items import Stimulus
from harness.uvm.model_streams import LINEAR, RESIDUAL, VECTOR


class Segment(model_streams.Segment):
    """Beats that one job adds to a stream; the layer is the model's."""

    def place(self, beat: int, lane: int, s: Stimulus) -> tuple[str, int]:
        """Return where a value of the segment belongs, and the fraction bits that it has."""
        p, job, point = s.model.profile, self.job, s.legal.tap_point
        if point == VECTOR:
            head, rest = divmod(beat, job.tokens * s.counts.p8)
            token, group = divmod(rest, s.counts.p8)
            return f"gate of layer {self.layer}, token {job.first + token}, head {head}, row {GROUP * group + lane}", (
                p.y_frac
            )
        group, token = divmod(beat, job.tokens)
        names = {Kind.IN: "in_proj", Kind.OUT: "out_proj" if point == LINEAR else "residual", Kind.HEAD: "logits"}
        of = "" if job.kind is Kind.HEAD else f" of layer {self.layer}"
        frac = p.residual_frac if job.kind is Kind.OUT else p.proj_frac
        return f"{names[job.kind]}{of}, token {job.first + token}, row {GROUP * group + lane}", frac


def order(s: Stimulus) -> Iterator[Job]:
    """Jobs of a start in order, layers counted from the run's first."""
    a = s.legal
    return jobs(a.prompt, a.generate, range(a.layer_count), s.cfg.t_cols, s.cfg.slots, a.keep)


def segments(s: Stimulus) -> Iterator[Segment]:
    """Each job's part of the stream that the start's tap point copies."""
    a, c = s.legal, s.counts
    beats = {
        LINEAR: {Kind.IN: c.rows_in, Kind.OUT: c.d8, Kind.HEAD: c.head_groups},
        RESIDUAL: {Kind.OUT: c.d8},
        VECTOR: {Kind.IN: c.i8},
    }
    for job in order(s) if a.tap_point else ():
        layer = a.layer_first + job.layer
        captured = a.tap_all or (job.kind is not Kind.HEAD and layer == a.tap_layer)
        yield Segment(job, layer, beats[a.tap_point].get(job.kind, 0) * job.tokens, captured)


def traffic(s: Stimulus) -> dict[str, int]:
    """Return the counters that follow from the order alone: beats read and written, weight beats, progress."""
    a, c, cfg = s.legal, s.counts, s.cfg
    reads, writes = up(TOKEN_BITS * a.prompt, 8 * cfg.wide_bytes) * (not a.raw), a.generate
    weights = ssm = outs = 0
    for job in order(s):
        passes = up(job.tokens, cfg.t_par)
        in_memory = job.kind is Kind.IN and a.layer_first + job.layer >= a.mem_first
        state = c.chunks * c.chunk_beats * in_memory
        reads += _sections(job, s) + state * (not job.fresh)
        writes += state
        weights += passes * {
            Kind.IN: c.tiles_in * c.kd,
            Kind.OUT: c.tiles_out * c.ki,
            Kind.HEAD: c.tiles_head * c.kd,
        }.get(job.kind, 0)
        ssm += job.tokens * a.heads * c.words * (job.kind is Kind.IN)
        outs += job.kind is Kind.OUT
    taps = tap_beats(a, c)
    return {
        "RD_BEATS": reads,
        "WR_BEATS": writes + up(TAP_BITS * taps, 8 * cfg.wide_bytes),
        "WEIGHT_BEATS": weights,
        "SSM_BEATS": ssm,
        "TOKENS_DONE": a.generate,
        "TOKENS_RUN": a.prompt + max(a.generate - 1, 0),
        "LAYERS_DONE": outs,
        "TAP_BEATS": taps,
    }


def _sections(job: Job, s: Stimulus) -> int:
    """Wide beats of embedding, parameters and weights that a job reads."""
    c = s.counts
    if job.kind is Kind.EMBED:
        return c.row_beats * job.tokens
    return {Kind.IN: c.p_in + c.w_in, Kind.OUT: c.p_out + c.w_out, Kind.HEAD: c.p_head + c.w_head}[job.kind]
