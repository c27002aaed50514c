# SPDX-License-Identifier: Apache-2.0
"""What the jobs of a start read, in the order in which they do; a layer is two of a job's layers, attention and MLP."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from golden.beats import Wide
from golden.schedule import Job, Kind
from golden.ternary.accel.cache import Ports, Room, cache_reads
from golden.ternary.accel.image import Sections, sections
from golden.ternary.accel.layout import SLICE, row_place, scaled_rows
from golden.ternary.config import BitNetConfig

ID_BYTES = 4
"""Of a token of the prompt."""


class Region(StrEnum):
    """Where beats lie."""

    WEIGHTS = "w"
    HEAD = "h"
    CACHE = "k"
    ROWS = "e"
    ANGLES = "a"


class Dest(IntEnum):
    """Who takes the beats of a run; the numbers of hw/verilog/ternary/tern_route.v."""

    NUMBERS = 0
    NORM_D = 1
    NORM_F = 2
    LINEAR = 3
    KEYS = 4
    VALUES = 5
    HEAD = 6


@dataclass(frozen=True)
class Run:
    """Neighbouring beats of a region, on the first `ports` ports; of the cache also which part they belong to."""

    dest: Dest
    region: Region
    first: int
    beats: int
    ports: int
    part: int = 0


class Row(IntEnum):
    """What a beat has of a token: its row's scale, a tile with its row, the angles of its position."""

    SCALE = 0
    TILE = 1
    ANGLES = 2


@dataclass(frozen=True)
class RowBeat:
    """A beat that a token needs; `index` of a scale its word of 32 bits, of a tile the token's row."""

    what: Row
    index: int
    region: Region
    beat: int


def positions(jobs: Iterable[Job], prefix: int, own: tuple[int, ...]) -> Iterator[tuple[Job, tuple[int, ...]]]:
    """Each job with the cached positions in front of its chunk: of the prefix, and of each text behind it.

    `own` has those in front of the start. One text grows by the tokens of a chunk, each of several by one.
    """
    grown = 0
    for job in jobs:
        if job.kind is Kind.EMBED:
            own = tuple(n + grown for n in own)
            grown = job.tokens if len(own) == 1 else 1
        yield job, (prefix, *own)


def cached_bytes(
    jobs: Iterable[Job], cfg: BitNetConfig, room: Room, prefix: int, own: tuple[int, ...], machine: Ports
) -> int:
    """Bytes of the cache that the ports read in a start, exponents included; its arguments are those of `positions`."""
    return sum(
        read.beats * read.ports * machine.wide_bytes // machine.ports
        for job, lengths in positions(jobs, prefix, own)
        if job.kind is Kind.IN and not job.layer % 2
        for read in cache_reads(cfg, room, job.layer // 2, lengths, machine)
    )


def job_sections(job: Job, layers: int, size: Sections) -> list[tuple[Dest, int]]:
    """Sections of the weights that a job reads, with their beats; a chunk reads them from the first one on."""
    if job.kind in (Kind.EMBED, Kind.HEAD):
        return [(Dest.NORM_D, size.norm_d)]
    numbers, norm_d, norm_f = (Dest.NUMBERS, size.layer), (Dest.NORM_D, size.norm_d), (Dest.NORM_F, size.norm_f)
    mlp = job.layer % 2
    if job.kind is Kind.IN:
        return [norm_f, (Dest.LINEAR, size.gate_up)] if mlp else [numbers, norm_d, (Dest.LINEAR, size.qkv)]
    ends = job.layer == 2 * layers - 1
    return ([] if ends else [norm_d]) + [(Dest.LINEAR, size.down if mlp else size.o)]


def runs(
    jobs: Iterable[tuple[Job, Sequence[int]]], cfg: BitNetConfig, room: Room, size: Sections, head: int, machine: Ports
) -> Iterator[tuple[Job, list[Run]]]:
    """What each job reads but for rows and angles, `jobs` being those of `positions`; beats of the head are `head`."""
    at = 0
    for job, lengths in jobs:
        at = 0 if job.kind is Kind.EMBED else at
        found = []
        for dest, beats in job_sections(job, cfg.num_hidden_layers, size):
            found.append(Run(dest, Region.WEIGHTS, at, beats, machine.ports))
            at += beats
        if job.kind is Kind.HEAD:
            found.append(Run(Dest.HEAD, Region.HEAD, 0, head, machine.ports))
        if job.kind is Kind.IN and not job.layer % 2:
            for read in cache_reads(cfg, room, job.layer // 2, lengths, machine):
                dest = Dest.VALUES if read.values else Dest.KEYS
                found.append(Run(dest, Region.CACHE, read.offset, read.beats, read.ports, read.part))
        yield job, found


def start_beats(
    jobs: Iterable[Job], cfg: BitNetConfig, room: Room, prefix: int, own: tuple[int, ...], machine: Ports
) -> tuple[int, ...]:
    """Beats that each port reads in a start with an int8 head; its arguments are those of `positions`."""
    size, order = sections(cfg, machine), list(positions(jobs, prefix, own))
    embeds = [job for job, _ in order if job.kind is Kind.EMBED]
    prompt = sum(job.tokens for job in embeds if not job.feedback)
    ids = -(-prompt * ID_BYTES // machine.wide_bytes)
    rows = sum(job.tokens for job in embeds) * (1 + -(-cfg.hidden_size // SLICE) + size.angles)
    found = [run for _, each in runs(order, cfg, room, size, size.rows, machine) for run in each]
    return tuple(ids + rows + beats for beats in port_beats(found, machine))


def port_beats(found: Iterable[Run], machine: Ports) -> tuple[int, ...]:
    """Beats that each port reads of runs."""
    ends = [0] * (machine.ports + 1)
    for run in found:
        ends[run.ports] += run.beats
    return tuple(sum(ends[port + 1 :]) for port in range(machine.ports))


def row_beats(ids: Sequence[int], lengths: Sequence[int], width: int, angles: int, machine: Wide) -> Iterator[RowBeat]:
    """What an EMBED job's tokens need: of each its row, then of each the `angles` beats of its position.

    Positions in front of the chunk are `lengths`: of the prefix, and of the text, or of each text, a token each.
    """
    for token in ids:
        mark, first, row = row_place(token, width, machine)
        yield RowBeat(Row.SCALE, token % scaled_rows(machine), Region.ROWS, mark)
        for k in range(-(-width // SLICE)):
            yield RowBeat(Row.TILE, row, Region.ROWS, first + k)
    prefix, *own = lengths
    places = [own[0] + t for t in range(len(ids))] if len(own) == 1 else own
    for place in places:
        for k in range(angles):
            yield RowBeat(Row.ANGLES, 0, Region.ANGLES, (prefix + place) * angles + k)
