# SPDX-License-Identifier: Apache-2.0
"""The laws of the stream, memory and counter modules, on plain integers. Bit k of a beat is bit k of the wire."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Errors:
    """Errors of a cycle: the code of an argument, 0 for none, and of each source a bit for each port that failed."""

    argument: int
    culprits: tuple[int, ...]


def identity(beats: Sequence[int]) -> list[int]:
    """Return the beats as they came: the law of `strm_skid`, `strm_fifo` and of each output of `strm_fork`."""
    return list(beats)


def upsize(beats: Sequence[tuple[int, bool]], data_w: int, ratio: int) -> list[tuple[int, bool]]:
    """Gather up to `ratio` narrow beats (data, last) into wide ones, first beat lowest: the law of `strm_upsize`.

    A narrow beat with `last` ends its wide beat early (zeros above it) and makes it last; a rest without `last`
    stays inside and does not come out.
    """
    wide: list[tuple[int, bool]] = []
    word = lane = 0
    for data, last in beats:
        word |= data << (lane * data_w)
        lane += 1
        if last or lane == ratio:
            wide.append((word, last))
            word = lane = 0
    return wide


def downsize(beats: Sequence[tuple[int, bool]], data_w: int, ratio: int) -> list[tuple[int, bool]]:
    """Cut wide beats (data, last) into `ratio` narrow ones, lowest first: the law of `strm_downsize`.

    `last` comes out with the last narrow beat of its wide beat.
    """
    mask = (1 << data_w) - 1
    return [
        (word >> (lane * data_w) & mask, last and lane == ratio - 1) for word, last in beats for lane in range(ratio)
    ]


def join(lanes: Sequence[Sequence[int]], data_w: int) -> list[int]:
    """Put the k-th beats of all lanes side by side, lane 0 lowest: the law of `strm_join`.

    As many beats come out as the shortest lane has.
    """
    return [sum(beat << (lane * data_w) for lane, beat in enumerate(beats)) for beats in zip(*lanes, strict=False)]


def join_first(
    runs: Sequence[tuple[int, int]], lanes: Sequence[Sequence[int]], data_w: int
) -> tuple[list[int], list[int]]:
    """Put beats of the first lanes side by side, run after run: the law of `strm_join_first`.

    Args:
        runs: (lanes that take part, beats) of each run.
        lanes: beats of each lane, as many as the runs take.
        data_w: bits of a beat.

    Returns:
        The joined beats, zeros where a lane takes no part; how many beats each lane gave.
    """
    given = [0] * len(lanes)
    joined = []
    for inputs, beats in runs:
        for _ in range(beats):
            joined.append(sum(lanes[lane][given[lane]] << (lane * data_w) for lane in range(inputs)))
            given[:inputs] = [count + 1 for count in given[:inputs]]
    return joined, given


def memory(operations: Iterable[tuple[int | None, int, int | None]]) -> list[int | None]:
    """Return what each read of a memory sees: the law of `mem_sdp` and `mem_lutram`.

    Args:
        operations: (write address or None, write data, read address or None) for each clock edge. A read sees the
            words before the edge's write.

    Returns:
        For each edge, the word read, or None without a read or where nothing was written before.
    """
    words: dict[int, int] = {}
    seen: list[int | None] = []
    for write, data, read in operations:
        seen.append(None if read is None else words.get(read))
        if write is not None:
            words[write] = data
    return seen


def count(events: Iterable[tuple[bool, bool]], width: int) -> list[int]:
    """Return a counter's value after each cycle of (clear, enable), modulo 2^width: the law of `perf_counter`."""
    value, values = 0, []
    for clear, enable in events:
        value = 0 if clear else (value + enable) % (1 << width)
        values.append(value)
    return values


def first_error(cycles: Iterable[Errors], codes: Sequence[int]) -> tuple[int, int]:
    """Return code and port of the first cycle with an error, (0, 0) without one: the law of `err_first`.

    Args:
        cycles: errors of each cycle; of one cycle an argument counts first, then the first source and its lowest port.
        codes: code of each source.
    """
    for errors in cycles:
        if errors.argument:
            return errors.argument, 0
        for code, bits in zip(codes, errors.culprits, strict=True):
            if bits:
                return code, (bits & -bits).bit_length() - 1
    return 0, 0
