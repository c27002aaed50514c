# SPDX-License-Identifier: Apache-2.0
"""Vectors of a stream unit: what goes in, what comes out, as a JSON file between a test and its simulation.

Layout, `steady` left out where it is the same as the rest:
{"in": [beat, ...], "out": [beat, ...], "items": [[beats in, beats out], ...], "static": {port: value},
 "names": {name: value}, "steady": {"in": ..., "out": ..., "items": ...}}; a beat is an unsigned integer or hex text.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Beat = int | str


@dataclass(frozen=True)
class Traffic:
    """Whole items in order.

    Attributes:
        ins, outs: beats, unsigned.
        items: (beats in, beats out) of each item.
    """

    ins: list[int]
    outs: list[int]
    items: list[tuple[int, int]]

    def __post_init__(self) -> None:
        sums = tuple(map(sum, zip(*self.items, strict=True)))
        assert sums == (len(self.ins), len(self.outs)), f"items sum up to {sums}, not {len(self.ins), len(self.outs)}"

    def split(self) -> list["Traffic"]:
        """Return each item as traffic of its own."""
        split, i, o = [], 0, 0
        for ins, outs in self.items:
            split.append(Traffic(self.ins[i : i + ins], self.outs[o : o + outs], [(ins, outs)]))
            i, o = i + ins, o + outs
        return split

    def head(self, items: int) -> "Traffic":
        """Return the first items."""
        ins, outs = map(sum, zip(*self.items[:items], strict=True))
        return Traffic(self.ins[:ins], self.outs[:outs], self.items[:items])


@dataclass(frozen=True)
class Vectors:
    """What the cocotb tests of a stream unit drive and expect.

    Attributes:
        traffic: for order and reset.
        steady: for latency, throughput and capacity; the header's figures hold for these items.
        static: input ports that hold still, by name.
        names: further names in the header's expressions.
    """

    traffic: Traffic
    steady: Traffic
    static: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, int] = field(default_factory=dict)


def traffic(ins: Sequence[Beat], outs: Sequence[Beat], items: Iterable[Sequence[int]] | None = None) -> Traffic:
    """Return traffic; without `items` each beat in gives one beat out."""
    sizes = [(ins_, outs_) for ins_, outs_ in items] if items is not None else [(1, 1)] * len(ins)
    return Traffic([_beat(b) for b in ins], [_beat(b) for b in outs], sizes)


def _beat(value: Beat) -> int:
    return int(value, 16) if isinstance(value, str) else value


def write(
    path: Path,
    main: Traffic,
    steady: Traffic | None = None,
    static: Mapping[str, int] | None = None,
    names: Mapping[str, int] | None = None,
) -> Path:
    """Write a file of vectors and return its path; for `cocotb_stream_unit`."""
    told: dict[str, Any] = {**_told(main), "static": dict(static or {}), "names": dict(names or {})}
    if steady is not None:
        told["steady"] = _told(steady)
    path.write_text(json.dumps(told))
    return path


def _told(part: Traffic) -> dict[str, Any]:
    return {"in": [f"{b:x}" for b in part.ins], "out": [f"{b:x}" for b in part.outs], "items": part.items}


def read(path: str | Path) -> Vectors:
    """Return the vectors of a file."""
    told = json.loads(Path(path).read_text())
    main = traffic(told["in"], told["out"], told.get("items"))
    steady = told.get("steady")
    return Vectors(
        main,
        traffic(steady["in"], steady["out"], steady.get("items")) if steady else main,
        told.get("static", {}),
        told.get("names", {}),
    )


def pack(values: Iterable[int], width: int) -> int:
    """Return signed or unsigned values side by side in `width` bits each, first lowest."""
    return sum((value & ((1 << width) - 1)) << (k * width) for k, value in enumerate(values))
