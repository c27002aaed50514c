# SPDX-License-Identifier: Apache-2.0
"""What the headers of a checkpoint say, whatever model it holds: files, their sizes, and the types in them."""

from collections import Counter
from dataclasses import dataclass
from math import prod

from golden.checkpoints.store import Store


@dataclass(frozen=True)
class Shard:
    """A file that holds tensors."""

    name: str
    bytes: int


@dataclass(frozen=True)
class Summary:
    """Files and types of a checkpoint."""

    weights: str  # name of the file or of the index
    shards: tuple[Shard, ...]
    dtypes: tuple[tuple[str, int], ...]  # stored elements of each type, most first

    @property
    def bytes(self) -> int:
        """Size of all files that hold tensors."""
        return sum(shard.bytes for shard in self.shards)


def summarize(store: Store) -> Summary:
    """Summarize an opened checkpoint; nothing but headers was read."""
    dtypes: Counter[str] = Counter()
    for entry in store.entries.values():
        dtypes[str(entry.dtype).removeprefix("torch.")] += prod(entry.shape)
    shards = tuple(Shard(file.name, file.stat().st_size) for file in store.files)
    return Summary(store.weights.name, shards, tuple(dtypes.most_common()))
