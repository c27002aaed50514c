# SPDX-License-Identifier: Apache-2.0
"""Speeds that papers print for Mamba2 on the boards of this repository, as citations: not measured here.

Read in abstracts and in reading notes that quote the papers' tables; the full papers were not at hand.
"""

from dataclasses import dataclass


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


_LIGHT, _FAST = "LightMamba, arXiv 2502.15260", "FastMamba, arXiv 2505.18975"

QUOTED = (
    Speed("u280", "mamba2-2.7b", 4, "decode", 93.0, _LIGHT, "simulated by its authors, 460 GB/s"),
    Speed("vck190", "mamba2-2.7b", 4, "decode", 7.21, _LIGHT, "on the board"),
    Speed("vc709", "mamba2-2.7b", 8, "decode", 5.68, _FAST, "on the board"),
    Speed("vc709", "mamba2-130m", 8, "prefill", 4260.0, _FAST, "a ceiling at 250 MHz, inferred, not printed"),
)


def quoted(board: str, model: str, weight_bits: int, work: str) -> Speed | None:
    """The printed figure of a work on a board, if there is one."""
    key = (board, model, weight_bits, work)
    return next((each for each in QUOTED if (each.board, each.model, each.weight_bits, each.work) == key), None)
