# SPDX-License-Identifier: Apache-2.0
"""What the writers of generated checkpoints share: which wishes they refuse, and how they tell their progress."""

from collections.abc import Callable
from typing import Literal, get_args

from torch import Tensor

from golden.checkpoints.writer import Fill
from golden.errors import InputError

Dtype = Literal["float32", "bfloat16", "float16"]
Progress = Callable[[int, int], None]
"""Called with the elements written so far, and with those of the whole checkpoint."""


def check_wishes(shard_bytes: int, **choices: tuple[str, object]) -> None:
    """InputError for shards of no bytes, or for a choice, given with its Literal type, that is none of it."""
    for key, (found, kind) in choices.items():
        if found not in get_args(kind):
            raise InputError(f"random checkpoint: {key} is {found!r}, expected one of {', '.join(get_args(kind))}")
    if shard_bytes < 1:
        raise InputError(f"random checkpoint: shard_bytes is {shard_bytes}, expected at least 1")


def counted(fill: Fill, total: int, progress: Progress | None) -> Fill:
    """`fill`, which then tells `progress` after every tensor; `total` elements are to be written."""
    done = 0

    def filled(name: str, out: Tensor) -> None:
        nonlocal done
        fill(name, out)
        done += out.numel()
        if progress is not None:
            progress(done, total)

    return filled
