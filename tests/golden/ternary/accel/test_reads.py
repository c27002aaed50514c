# SPDX-License-Identifier: Apache-2.0
"""What the jobs of a start read: all of the weights once a chunk, in their order, the cache, rows, angles."""

from itertools import pairwise

import pytest
import torch

from golden.schedule import Job, Kind, jobs
from golden.ternary.accel import image
from golden.ternary.accel.cache import Room, cache_reads
from golden.ternary.accel.layout import angle_rows, rows_section
from golden.ternary.accel.reads import (
    Dest,
    Region,
    Row,
    cached_bytes,
    job_sections,
    port_beats,
    positions,
    row_beats,
    runs,
    start_beats,
)
from tests.golden.ternary.integer.models import SHAPES, random_model
from tests.golden.ternary.machine import Machine

MODEL = random_model(next(iter(SHAPES)))
LAYERS = MODEL.cfg.num_hidden_layers


@pytest.mark.parametrize(("t_cols", "prompt", "own"), [(4, 11, (5,)), (16, 1, (0,)), (4, 3, (7, 0, 9))])
def test_positions_are_those_in_front_of_a_chunk(t_cols: int, prompt: int, own: tuple[int, ...]) -> None:
    """A text's first token of a chunk has as many positions before it as were there, and tokens of the run."""
    batch = len(own)
    order = list(jobs(prompt, 3, range(4), t_cols, 1, batch=batch))
    told = list(positions(order, 20, own))
    assert [job for job, _ in told] == order
    for job, (prefix, *texts) in told:
        assert prefix == 20
        if job.kind is not Kind.HEAD:
            assert texts == [n + job.first // batch for n in own]
    heads = [(before, after) for before, after in pairwise(told) if after[0].kind is Kind.HEAD]
    assert len(heads) == 3
    assert all(before[1] == after[1] for before, after in heads)


@pytest.mark.parametrize("wide", [64, 2048])
def test_a_chunk_reads_the_weights_in_their_order(wide: int) -> None:
    """Sections of the jobs of a chunk, that of the head too, are those of the image, one behind the other."""
    machine = Machine(wide)
    size = image.sections(MODEL.cfg, machine)
    order = positions(jobs(9, 2, range(2 * LAYERS), 4, 1), 3, (2,))
    told = list(runs(order, MODEL.cfg, Room(3, 20), size, 77, machine))
    chunks = [k for k, (job, _) in enumerate(told) if job.kind is Kind.EMBED]
    packed = [len(part) for part in image.weights(MODEL, machine)]
    for first, behind in pairwise([*chunks, len(told)]):
        read = [run for _, found in told[first:behind] for run in found if run.region is Region.WEIGHTS]
        headed = any(job.kind is Kind.HEAD for job, _ in told[first:behind])
        assert [run.beats for run in read] == packed[: len(packed) - (not headed)]
        assert [run.first for run in read] == [sum(packed[:k]) for k in range(len(read))]
    heads = [found[-1] for job, found in told if job.kind is Kind.HEAD]
    assert [(run.dest, run.first, run.beats) for run in heads] == 2 * [(Dest.HEAD, 0, 77)]


def test_numbers_norms_and_matrices_take_turns() -> None:
    """Each layer has one set of numbers and four matrices; the product's norm is the one of width F."""
    size = image.sections(MODEL.cfg, Machine(64))
    kinds = (Kind.IN, Kind.OUT)
    read = [job_sections(Job(kind, 0, 1, layer=n), LAYERS, size) for n in range(2 * LAYERS) for kind in kinds]
    for number, sections in enumerate(read):
        dests = [dest for dest, _ in sections]
        assert dests[-1] is Dest.LINEAR
        assert (dests[0] is Dest.NUMBERS) == (number % 4 == 0)
        assert (Dest.NORM_F in dests) == (number % 4 == 2)
        assert (Dest.NORM_D in dests) == (number % 4 != 2 and number + 1 < len(read))


def test_attention_reads_the_cache_of_its_layer() -> None:
    """Behind q, k and v of each layer and chunk, all positions in front of the chunk."""
    machine, room = Machine(64, 4, partial=1), Room(50, 20)
    size = image.sections(MODEL.cfg, machine)
    order = list(positions(jobs(2, 3, range(2 * LAYERS), 4, 1, batch=2), 33, (0, 7)))
    for (job, lengths), (_, found) in zip(order, runs(order, MODEL.cfg, room, size, 1, machine), strict=True):
        cached = [run for run in found if run.region is Region.CACHE]
        assert found[len(found) - len(cached) :] == cached
        expected = []
        if job.kind is Kind.IN and job.layer % 2 == 0:
            expected = list(cache_reads(MODEL.cfg, room, job.layer // 2, lengths, machine))
        assert [(r.first, r.beats, r.ports, r.part, r.dest is Dest.VALUES) for r in cached] == [
            (read.offset, read.beats, read.ports, read.part, read.values) for read in expected
        ]


@pytest.mark.parametrize("wide", [64, 2048])
@pytest.mark.parametrize("lengths", [(4, 3), (4, 0, 9, 1)])
def test_rows_and_angles_are_found(lengths: tuple[int, ...], wide: int) -> None:
    """Each beat has in its place what the token's row of the embedding, its scale and its position's angles are."""
    machine, width = Machine(wide), MODEL.cfg.hidden_size
    angles = image.sections(MODEL.cfg, machine).angles
    ids = [MODEL.cfg.vocab_size - 1, 0, 20]
    regions = {Region.ROWS: rows_section(MODEL.embedding, machine), Region.ANGLES: angle_rows(MODEL, machine)}
    found: dict[Row, list[torch.Tensor]] = {what: [] for what in Row}
    for each in row_beats(ids, lengths, width, angles, machine):
        beat, i = regions[each.region][each.beat], each.index
        cut = {Row.SCALE: slice(4 * i, 4 * i + 2), Row.TILE: slice(32 * i, 32 * i + 32), Row.ANGLES: slice(None)}
        found[each.what].append(beat[cut[each.what]])
    scales = torch.stack(found[Row.SCALE]).view(torch.uint16).flatten()
    assert scales.tolist() == MODEL.embedding.scale.m[ids].tolist()
    rows = torch.cat(found[Row.TILE]).view(torch.int8).reshape(len(ids), -1)[:, :width]
    assert torch.equal(rows, MODEL.embedding.w[ids])
    prefix, *own = lengths
    places = [prefix + n for n in (own if len(own) > 1 else range(own[0], own[0] + len(ids)))]
    expected = regions[Region.ANGLES].reshape(-1, angles * wide)[places]
    assert torch.equal(torch.cat(found[Row.ANGLES]).reshape(len(places), -1), expected)


@pytest.mark.parametrize("partial", [0, 1])
@pytest.mark.parametrize(("prompt", "prefix", "own"), [(11, 0, (5,)), (2, 33, (0, 7)), (1, 0, (0,))])
def test_bytes_of_the_cache_are_those_of_the_runs(prompt: int, prefix: int, own: tuple[int, ...], partial: int) -> None:
    """All jobs' reads of keys, values and exponents, and no other's, on the ports that they take."""
    machine, room, batch = Machine(64, 4, partial), Room(50, 20), len(own)
    size = image.sections(MODEL.cfg, machine)
    order = list(jobs(prompt, 3, range(2 * LAYERS), 4, 1, batch=batch))
    told = runs(positions(order, prefix, own), MODEL.cfg, room, size, 1, machine)
    cached = [run for _, found in told for run in found if run.region is Region.CACHE]
    expected = sum(16 * run.beats * run.ports for run in cached)
    assert (
        cached_bytes(order, MODEL.cfg, room, prefix, own, machine) == expected == 16 * sum(port_beats(cached, machine))
    )
    assert expected > 0
    assert all(run.ports == 4 for run in cached) == (not partial)


def test_beats_of_a_start_are_ids_rows_and_runs() -> None:
    """17 ids are two beats of 64 bytes; each token of the run has its row and its angles, each chunk its weights."""
    machine, room, own = Machine(64, 2, partial=1), Room(50, 40), (5,)
    size = image.sections(MODEL.cfg, machine)
    order = list(jobs(17, 3, range(2 * LAYERS), 4, 1))
    told = list(runs(positions(order, 0, own), MODEL.cfg, room, size, size.rows, machine))
    rows = 0
    for job, lengths in positions(order, 0, own):
        if job.kind is Kind.EMBED:
            rows += len(list(row_beats([0] * job.tokens, lengths, MODEL.cfg.hidden_size, size.angles, machine)))
    beats = [(run.beats, run.ports) for _, found in told for run in found]
    expected = tuple(2 + rows + sum(beats for beats, ports in beats if ports > port) for port in range(2))
    assert start_beats(order, MODEL.cfg, room, 0, own, machine) == expected
    assert expected[0] > expected[1]
