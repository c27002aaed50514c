# SPDX-License-Identifier: Apache-2.0
"""golden.streams, by examples small enough to check by eye, and upsize against downsize."""

import random

from golden.streams import count, downsize, identity, join, memory, upsize


def test_identity_keeps_order_and_repeats() -> None:
    assert identity((3, 1, 1)) == [3, 1, 1]


def test_upsize_puts_the_first_beat_lowest_and_fills_with_zeros() -> None:
    """Three beats and a last make one full and one filled wide beat; a rest without last stays inside."""
    beats = [(0x1, False), (0x2, False), (0x3, True), (0x4, False)]
    assert upsize(beats, data_w=4, ratio=2) == [(0x21, False), (0x03, True)]


def test_downsize_starts_low_and_ends_with_last() -> None:
    assert downsize([(0x21, True)], data_w=4, ratio=2) == [(1, False), (2, True)]


def test_downsize_undoes_upsize_on_whole_words() -> None:
    rng = random.Random(1)
    beats = [(rng.getrandbits(5), k % 9 == 8) for k in range(90)]
    assert downsize(upsize(beats, 5, 3), 5, 3) == beats


def test_join_puts_lane_0_lowest_and_waits_for_the_shortest() -> None:
    assert join([[1, 2], [3]], data_w=4) == [0x31]


def test_memory_reads_the_old_word_on_a_collision() -> None:
    assert memory([(0, 5, None), (0, 6, 0), (None, 0, 0), (None, 0, 1)]) == [None, 5, 6, None]


def test_count_clears_before_it_counts_and_wraps() -> None:
    assert count([(False, True), (False, True), (True, True), (False, False)], 1) == [1, 0, 0, 0]
