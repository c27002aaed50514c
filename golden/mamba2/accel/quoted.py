# SPDX-License-Identifier: Apache-2.0
"""Speeds that papers print for Mamba2 on the boards of this repository, out of golden/spec/citations."""

from dataclasses import dataclass

from golden.spec.citations import find


@dataclass(frozen=True)
class Speed:
    """A printed figure in tokens a second; `how` says what it is in its paper, or how it was inferred."""

    board: str
    model: str
    weight_bits: int
    work: str
    rate: float
    paper: str
    how: str


def quoted(board: str, model: str, weight_bits: int, work: str) -> Speed | None:
    """The printed figure of a work on a board, if there is one."""
    for paper, run, figure in find(board, model, work, "rate"):
        if run.weight_bits == weight_bits:
            return Speed(board, model, weight_bits, work, figure.value, paper.title, run.said)
    return None
