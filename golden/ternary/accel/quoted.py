# SPDX-License-Identifier: Apache-2.0
"""What papers print for BitNet on the boards of this repository, as citations: not measured here.

Read in abstracts and in reading notes that quote the papers; the full papers were not at hand.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quoted:
    """A printed figure: tokens a second of decode, or seconds until the first token behind `prompt` tokens.

    `how` says what it is in its paper.
    """

    board: str
    model: str
    prompt: int
    value: float
    paper: str
    how: str


_TELLME = "TeLLMe v2, arXiv 2510.15926"

RATES = (Quoted("kv260", "bitnet-0.73b", 0, 25.0, _TELLME, "at most, head on the CPU"),)
"""Of decode; at which context is not told."""
FIRST_TOKENS = (
    Quoted("kv260", "bitnet-0.73b", 64, 0.45, _TELLME, "on the board"),
    Quoted("kv260", "bitnet-0.73b", 128, 0.96, _TELLME, "on the board"),
)
"""In seconds, of the prompts that the paper names."""


def quoted_rate(board: str, model: str) -> Quoted | None:
    """The printed tokens a second of decode on a board, if there is a figure."""
    return _find(RATES, board, model, 0)


def quoted_first_token(board: str, model: str, prompt: int) -> Quoted | None:
    """The printed seconds until the first token, if there is a figure."""
    return _find(FIRST_TOKENS, board, model, prompt)


def _find(figures: tuple[Quoted, ...], board: str, model: str, prompt: int) -> Quoted | None:
    return next((q for q in figures if (q.board, q.model, q.prompt) == (board, model, prompt)), None)
