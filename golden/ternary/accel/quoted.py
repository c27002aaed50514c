# SPDX-License-Identifier: Apache-2.0
"""What TeLLMe v2 prints for BitNet on the boards of this repository, out of golden/spec/citations."""

from dataclasses import dataclass

from golden.spec.citations import Quantity, find

NEWEST = "TeLLMe v2"
"""The design that krait is compared with: several are cited on the same board."""


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


def quoted_rate(board: str, model: str) -> Quoted | None:
    """The printed tokens a second of decode on a board, if there is a figure; at which context is not told."""
    return _find(board, model, 0, "decode", "rate")


def quoted_first_token(board: str, model: str, prompt: int) -> Quoted | None:
    """The printed seconds until the first token, if there is a figure: of the prompts that the paper names."""
    return _find(board, model, prompt, "prefill", "first_token")


def _find(board: str, model: str, prompt: int, work: str, quantity: Quantity) -> Quoted | None:
    for paper, run, figure in find(board, model, work, quantity):
        if paper.name == NEWEST and run.prompt == prompt:
            return Quoted(board, model, prompt, figure.value, paper.title, run.said)
    return None
