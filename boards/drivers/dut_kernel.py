# SPDX-License-Identifier: Apache-2.0
"""Driver of kernels around foreign designs (`krait new-dut --board`): beats in memory in, beats in memory out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from boards.drivers.arena import Arena
from boards.drivers.base import KernelError, KraitIP
from boards.drivers.striped import POISON
from golden import slots
from golden.errors import InputError, MachineError
from golden.spec.gen import tern_matvec as common
from harness.newdut import declaration
from harness.newdut.kernel import tag
from harness.newdut.ports import Stream

QUIET, LIMIT = 64, 10_000
"""Cycles behind the last beat in which none may follow, and cycles without any beat after which a run is given up."""
INCOMPLETE = ("STALLED", "EXTRA_BEAT")
"""Errors of a run whose beats, as far as they have come, can be read."""


@dataclass(frozen=True)
class DutRun:
    """One run: the beats of every output, whole numbers; cycles; and of each stream what moved and what waited.

    `error` is that of a run that was given up; its outputs are those that came.
    """

    outputs: Mapping[str, list[int]]
    cycles: int
    active: int
    moved: Mapping[str, int]
    waited: Mapping[str, int]
    error: KernelError | None = None


class DutKernel(KraitIP):
    """A foreign design between memory ports, on one device.

    A subclass sets `bindto`, `FOLDER`, where the declaration stands, and from the generated registers `MAP_VERSION`,
    `KERNEL_ID`, `ERRORS` and `OFFSETS`.
    """

    bindto: ClassVar[list[str]]
    FOLDER: ClassVar[Path]
    OFFSETS: ClassVar[type[IntEnum]]

    def __init__(self, description: dict[str, Any]) -> None:
        super().__init__(description)
        self.config = declaration.config(declaration.read(self.FOLDER), self.config_name)
        found, expected = (self.identity.ports, self.identity.port_bytes), (self.config.ports, self.config.port_bytes)
        if found != expected or len(self.memory_names) != self.config.ports:
            raise MachineError(
                f"{self.name}: {found[0]} ports of {found[1]} bytes on {len(self.memory_names)} memories, "
                f"configuration {self.config_name} has {expected[0]} of {expected[1]}"
            )

    def dump(self) -> str:
        """Return what `KraitIP.dump` does, with the beats of every stream that are stated and that have moved."""
        names = [self._name(stream, what) for stream in self.config.dut.streams for what in ("BEATS", "DONE")]
        return " ".join([super().dump(), *(f"{name}={self.get(self.OFFSETS[name]):#x}" for name in names)])

    def run(
        self,
        inputs: Mapping[str, Sequence[int]],
        wanted: Mapping[str, int],
        pins: Mapping[str, int] | None = None,
        timeout_s: float = 60.0,
    ) -> DutRun:
        """Give beats to every input and take so many of every output; the design is reset before.

        `pins` are inputs outside of streams, which keep what they held. A run that lacks beats, or has one too many,
        is returned with its error.

        Raises:
            InputError: a beat that is too wide. KernelError: the memory's or an argument's. MachineError: not in time.
        """
        dut = self.config.dut
        given = [slots.pack(inputs[stream.name], stream.width).numpy() for stream in dut.inputs]
        beats = {name: len(each) for name, each in inputs.items()} | dict(wanted)
        fed = max(self._bytes(beats[stream.name], stream) for stream in dut.inputs)
        taken = max(self._bytes(beats[stream.name], stream) for stream in dut.outputs)
        memories = [self.device.get_memory(self.device.mem_dict[name]) for name in self.memory_names]
        with Arena(memories, 2 * 4096 + fed + taken) as arena:
            in_offset, out_offset = arena.reserve(fed), arena.reserve(taken)
            arena.write(in_offset, self._images(given, fed))
            arena.fill(out_offset, taken, POISON)
            self._set(arena, in_offset, out_offset, beats)
            self._set_pins(pins or {})
            self.start()
            error = self._finish(timeout_s)
            images = arena.read(out_offset, taken)
        return self._result(images, error)

    # ---- inside

    def _set(self, arena: Arena, in_offset: int, out_offset: int, beats: Mapping[str, int]) -> None:
        """Write where the beats of all streams lie, and how many they are."""
        self.put_all({common.PORT_BASE[port]: base for port, base in enumerate(arena.bases)}, 64)
        self.put_all({self.OFFSETS["QUIET"]: QUIET, self.OFFSETS["LIMIT"]: LIMIT})
        for stream in self.config.dut.streams:
            self.put64(self._at(stream, "OFF"), in_offset if stream.direction == "input" else out_offset)
            self.put(self._at(stream, "BEATS"), beats[stream.name])

    def _set_pins(self, pins: Mapping[str, int]) -> None:
        """Write inputs outside of streams. InputError: there is no such input, or it has fewer bits."""
        widths = {pin.name: pin.width for pin in self.config.dut.statics}
        for name, value in pins.items():
            if not 0 <= value < 1 << widths.get(name, 0):
                known = ", ".join(f"{pin} of {width} bits" for pin, width in widths.items()) or "none"
                raise InputError(f"{self.name}: found input {name} = {value:#x}, expected one of {known}")
            (self.put64 if widths[name] > 32 else self.put)(self.OFFSETS[f"PIN_{name}".upper()], value)

    def _finish(self, timeout_s: float) -> KernelError | None:
        """Wait for the end, and return the error of a run that was given up."""
        try:
            self.wait(timeout_s)
        except KernelError as error:
            if error.code.name not in INCOMPLETE:
                raise
            return error
        return None

    def _result(self, images: NDArray[np.uint8], error: KernelError | None) -> DutRun:
        dut = self.config.dut
        moved = {stream.name: self.get(self._at(stream, "DONE")) for stream in dut.streams}
        outputs = {}
        for image, stream in zip(images, dut.outputs, strict=False):
            size = slots.slot_bytes(stream.width)
            outputs[stream.name] = slots.unpack(image[: moved[stream.name] * size].reshape(-1, size))
        return DutRun(
            outputs,
            cycles=self.get64(common.Offset.CYCLES),
            active=self.get64(self.OFFSETS["ACTIVE"]),
            moved=moved,
            waited={stream.name: self.get64(self._at(stream, "WAIT")) for stream in dut.streams},
            error=error,
        )

    def _images(self, given: Sequence[NDArray[np.uint8]], size: int) -> NDArray[np.uint8]:
        """Return what lies on each port, uint8 [ports, size]: the beats of its input, zeros behind them."""
        images = np.zeros((self.config.ports, size), np.uint8)
        for image, beats in zip(images, given, strict=False):
            image[: beats.size] = beats.reshape(-1)
        return images

    def _bytes(self, beats: int, stream: Stream) -> int:
        """Return the bytes of whole memory beats that hold so many, at least one."""
        port = self.config.port_bytes
        return max(port, -(-beats * slots.slot_bytes(stream.width) // port) * port)

    @staticmethod
    def _name(stream: Stream, what: str) -> str:
        return f"{tag(stream)}_{stream.name}_{what}".upper()

    def _at(self, stream: Stream, what: str) -> int:
        return self.OFFSETS[self._name(stream, what)]
