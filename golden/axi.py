# SPDX-License-Identifier: Apache-2.0
"""What the AXI modules do, as pure functions: burst splitting, register reads and writes, the ap_ctrl_hs block.

Sources: Arm IHI 0022 (AXI4: INCR bursts of 1 to 256 beats that never cross 4 KiB); the register layout is that of
the kernels that XRT and Vitis HLS know as ap_ctrl_hs (UG1399, "S_AXILITE control register map").
"""

from dataclasses import dataclass, replace

from golden.errors import InputError

PAGE = 4096
MAX_BURST = 256

CTRL, GIE, IER, ISR = range(4)


@dataclass(frozen=True)
class Burst:
    """One AXI4 INCR burst.

    Attributes:
        address: byte address of the first beat.
        beats: number of beats, 1..256 (AXI's length code is one less).
        final: whether it ends its command.
    """

    address: int
    beats: int
    final: bool


def split_bursts(address: int, beats: int, beat_bytes: int, burst_beats: int) -> tuple[Burst, ...]:
    """Cut a transfer into bursts that end on multiples of `burst_beats` words, except for the last.

    A burst never crosses 4 KiB, because the size of a full burst divides 4 KiB.

    Args:
        address: byte address, a multiple of `beat_bytes`.
        beats: words to move; none gives no burst.
        beat_bytes: bytes of a word, a power of two.
        burst_beats: longest burst, a power of two up to 256, at most 4 KiB in all.

    Raises:
        InputError: an argument breaks these rules.
    """
    _check_split(address, beats, beat_bytes, burst_beats)
    word, end = address // beat_bytes, address // beat_bytes + beats
    bursts = []
    while word < end:
        stop = min(end, (word // burst_beats + 1) * burst_beats)
        bursts.append(Burst(word * beat_bytes, stop - word, stop == end))
        word = stop
    return tuple(bursts)


def _check_split(address: int, beats: int, beat_bytes: int, burst_beats: int) -> None:
    if beat_bytes < 1 or beat_bytes & (beat_bytes - 1):
        raise InputError(f"split_bursts: beat_bytes is {beat_bytes}, expected a power of two")
    if not 1 <= burst_beats <= MAX_BURST or burst_beats & (burst_beats - 1) or burst_beats * beat_bytes > PAGE:
        raise InputError(f"split_bursts: burst_beats is {burst_beats}, expected a power of two <= 256 within 4 KiB")
    if address < 0 or address % beat_bytes:
        raise InputError(f"split_bursts: address {address:#x} is not a multiple of {beat_bytes}")
    if beats < 0:
        raise InputError(f"split_bursts: beats is {beats}, expected >= 0")


def register_write(stored: int, data: int, strobes: int, rw_mask: int) -> int:
    """Return a 32-bit register after a write: the strobed bytes of its RW bits take the data.

    Args:
        stored: RW bits before the write, zero elsewhere.
        data: 32 bits on the bus.
        strobes: bit i enables byte i.
        rw_mask: the bits that software writes.
    """
    lanes = sum(0xFF << 8 * i for i in range(4) if strobes >> i & 1)
    return rw_mask & ((stored & ~lanes) | (data & lanes))


def register_read(stored: int, ro_value: int, rw_mask: int) -> int:
    """Return what a read gives: storage for the RW bits, `ro_value` for the others (32 bits each)."""
    return (stored & rw_mask) | (ro_value & ~rw_mask & 0xFFFFFFFF)


@dataclass(frozen=True)
class ApHsAccess:
    """What reaches the ap_ctrl_hs block in one cycle.

    Attributes:
        write: register index written (CTRL, GIE, IER, ISR), or None.
        data: its 32 bits.
        strobes: its byte strobes; the registers live in byte 0.
        read: register index read, or None.
        done: the running kernel ends its run.
    """

    write: int | None = None
    data: int = 0
    strobes: int = 0xF
    read: int | None = None
    done: bool = False


@dataclass(frozen=True)
class ApHs:
    """State of the ap_ctrl_hs block between two cycles, as reset leaves it.

    Attributes:
        pending: a start was written and is not accepted.
        busy: a run is in progress.
        done: a run has ended since the last read of CTRL (ap_done and ap_ready alike).
        gie: global interrupt enable.
        ier: interrupt enable, bit 0 done, bit 1 ready.
        isr: interrupt status, same bits.
    """

    pending: bool = False
    busy: bool = False
    done: bool = False
    gie: bool = False
    ier: int = 0
    isr: int = 0

    @property
    def start(self) -> bool:
        """The pulse that begins a run: in the cycle in which a pending start meets an idle kernel."""
        return self.pending and not self.busy

    @property
    def irq(self) -> bool:
        """The interrupt output."""
        return self.gie and bool(self.ier & self.isr)

    @property
    def registers(self) -> tuple[int, int, int, int]:
        """What CTRL, GIE, IER and ISR read."""
        idle = not self.busy and not self.pending
        return (self.pending | self.done << 1 | idle << 2 | self.done << 3, int(self.gie), self.ier, self.isr)


def ap_hs_step(state: ApHs, access: ApHsAccess) -> ApHs:
    """Return the state after one cycle. An event beats the access that would clear it in the same cycle."""
    write = access.write if access.strobes & 1 else None
    finish = access.done and state.busy
    started = write == CTRL and bool(access.data & 1)
    after = replace(
        state,
        pending=started or (state.pending and state.busy),
        busy=state.start or (state.busy and not access.done),
        done=finish or (state.done and access.read != CTRL),
        isr=(state.isr ^ (access.data & 3 if write == ISR else 0)) | (state.ier if finish else 0),
    )
    if write == GIE:
        return replace(after, gie=bool(access.data & 1))
    if write == IER:
        return replace(after, ier=access.data & 3)
    return after
