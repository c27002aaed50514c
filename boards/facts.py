# SPDX-License-Identifier: Apache-2.0
"""Board facts: declared once in ``boards/<board>/board.toml``, read strictly; sources stand there as comments.

Units: MHz, bytes, GB/s (1e9 bytes a second), ns. A fact that nobody could source is absent, never guessed.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from boards.design import Design
from boards.power.facts import Power
from golden.errors import InputError
from golden.spec.strict import load, require, show_path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class MemoryModel:
    """How one memory channel behaves beside its peak rate; `harness.sim` turns it into cycles.

    A read's first word comes `first_word_ns` after its address. While data flow the channel gives `efficiency` of its
    peak, in bursts of up to `burst_bytes`; a change between read and write costs `turnaround_ns`; every
    `refresh_interval_ns` it stands still for `refresh_ns` (0 and 0: refresh is inside `efficiency`).
    """

    first_word_ns: float
    efficiency: float
    burst_bytes: int
    turnaround_ns: float
    refresh_interval_ns: float
    refresh_ns: float

    def __post_init__(self) -> None:
        """Check ranges; InputError names the key."""
        require(0 < self.efficiency <= 1, "efficiency", self.efficiency, "a share above 0, at most 1")
        burst_ok = 64 <= self.burst_bytes <= 4096 and self.burst_bytes & (self.burst_bytes - 1) == 0
        require(burst_ok, "burst_bytes", self.burst_bytes, "a power of two, 64 .. 4096 (AXI bursts end at 4 KiB)")
        for key in ("first_word_ns", "turnaround_ns", "refresh_interval_ns", "refresh_ns"):
            value = getattr(self, key)
            require(value >= 0, key, value, "0 or more")
        interval = self.refresh_interval_ns
        refresh_ok = self.refresh_ns < interval or self.refresh_ns == interval == 0
        require(refresh_ok, "refresh_ns", self.refresh_ns, f"less than refresh_interval_ns = {interval}, or both 0")


@dataclass(frozen=True)
class Memory:
    """`channels` independent channels of one kind, each of `channel_bytes` and `peak_gbs_per_channel` GB/s."""

    kind: str
    channels: int
    channel_bytes: int
    peak_gbs_per_channel: float
    model: MemoryModel

    def __post_init__(self) -> None:
        """Check ranges; InputError names the key."""
        require(1 <= self.channels <= 64, "channels", self.channels, "1 .. 64")
        pages = self.channel_bytes >= 4096 and self.channel_bytes % 4096 == 0
        require(pages, "channel_bytes", self.channel_bytes, "a positive multiple of 4096")
        require(self.peak_gbs_per_channel > 0, "peak_gbs_per_channel", self.peak_gbs_per_channel, "more than 0")

    @property
    def peak_gbs(self) -> float:
        """Return the peak of all channels together, GB/s."""
        return self.channels * self.peak_gbs_per_channel

    @property
    def sustained_gbs(self) -> float:
        """Return what the model can deliver over all channels, refresh included, GB/s."""
        model = self.model
        awake = 1 - model.refresh_ns / model.refresh_interval_ns if model.refresh_ns else 1.0
        return self.peak_gbs * model.efficiency * awake


@dataclass(frozen=True)
class Resources:
    """Capacities of the device as a whole; a shell takes its share of them. None: not sourced."""

    lut: int | None = None
    ff: int | None = None
    dsp: int | None = None
    bram36: int | None = None
    uram: int | None = None

    def __post_init__(self) -> None:
        """Check ranges; InputError names the key."""
        for key, value in asdict(self).items():
            require(value is None or value >= 0, key, value, "0 or more")


@dataclass(frozen=True)
class Synthesis:
    """How a design for the board is estimated.

    `family` is what Yosys calls the device family, `proxy` says that it is not the device's own; `levels` is the most
    logic levels at the kernel's clock; the shell takes `shell_share` of every kind of cell.
    """

    family: str
    levels: int
    shell_share: float
    proxy: bool = False

    def __post_init__(self) -> None:
        """Check ranges; InputError names the key."""
        require(self.family in ("xc7", "xcu", "xcup"), "family", self.family, "xc7, xcu or xcup")
        require(1 <= self.levels <= 32, "levels", self.levels, "1 .. 32")
        require(0 <= self.shell_share < 1, "shell_share", self.shell_share, "a share below 1")


@dataclass(frozen=True)
class Board:
    """What stands in one ``board.toml``. A virtual board has no part, no resources, no design and no sensors."""

    name: str
    title: str
    kind: Literal["virtual", "physical"]
    clock_mhz: float
    memory: Memory
    part: str = ""
    resources: Resources | None = None
    synthesis: Synthesis | None = None
    design: Design | None = None
    power: Power | None = None

    def __post_init__(self) -> None:
        """Check what the keys promise each other; InputError names the key."""
        require(bool(self.title.strip()), "title", self.title, "a title")
        require(self.clock_mhz > 0, "clock_mhz", self.clock_mhz, "a positive clock in MHz")
        physical = self.kind == "physical"
        require(bool(self.part) == physical, "part", self.part, "a part for a physical board, none for a virtual one")
        given = "given" if self.resources else "not given"
        require((self.resources is not None) == physical, "resources", given, "given for a physical board only")
        given = "given" if self.synthesis else "not given"
        require((self.synthesis is not None) == physical, "synthesis", given, "given for a physical board only")
        require(physical or not self.power, "power", "given", "nothing for a virtual board: it has no sensor, ever")
        if self.design:
            self._check_design(self.design)

    def _check_design(self, design: Design) -> None:
        """Check that a design's regions are the memory's: one for each channel, none larger than its channel."""
        regions, memory = len(design.memory_bases), self.memory
        require(regions == memory.channels, "design.memory_bases", regions, f"{memory.channels}, one for each channel")
        fits = design.memory_bytes <= memory.channel_bytes
        require(fits, "design.memory_bytes", design.memory_bytes, f"at most channel_bytes = {memory.channel_bytes}")

    @property
    def virtual(self) -> bool:
        """Return whether the board exists in simulation only."""
        return self.kind == "virtual"

    @property
    def identifier(self) -> str:
        """Return the name as an identifier: that of the configuration that a kernel has for the board by default."""
        return self.name.replace("-", "_")

    def facts_hash(self) -> int:
        """Return a 64-bit hash of all facts, for a record's provenance; outside a kernel's config_hash."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def known_boards(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of the boards that have facts, sorted."""
    return tuple(sorted(path.parent.name for path in folder.glob("*/board.toml")))


@lru_cache
def load_board(name: str, folder: Path = FOLDER) -> Board:
    """Return the facts of board `name`. Raises InputError for an unknown board (listing the known) or a bad file."""
    known = known_boards(folder)
    if name not in known:
        raise InputError(f"board: found {name!r}, expected one of {', '.join(known)}")
    path = folder / name / "board.toml"
    board = load(Board, path)
    if board.name != name:
        raise InputError(f"{show_path(path)}: name: found {board.name!r}, expected {name!r}, the folder's name")
    return board
