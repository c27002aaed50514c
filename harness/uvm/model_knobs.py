# SPDX-License-Identifier: Apache-2.0
"""What knobs of accelerators of whole models choose from alike: prompts around chunks, layers, tokens, places."""

from typing import Any

ZOO = "zoo"
"""The style that is not drawn."""
PROMPTS = ("one", "chunk_less_1", "chunk", "chunk_and_1", "two_chunks", "two_chunks_and_1", "three_chunks_and_2")
SKEWS = (0, 1, 3, 61)
LAYERS = (1, 2, 3)
GENERATE = (0, 1, 2, 3, 4)


def prompt_tokens(prompt: str, t_cols: int) -> int:
    """Return the tokens of one of `PROMPTS`, by those of a chunk."""
    lengths = (1, max(t_cols - 1, 1), t_cols, t_cols + 1, 2 * t_cols, 2 * t_cols + 1, 3 * t_cols + 2)
    return lengths[PROMPTS.index(prompt)]


def far(a: Any, build: Any) -> Any:
    """Return the offset behind the arena's last whole beat."""
    return a.arena_bytes - a.arena_bytes % build.port_bytes
