# SPDX-License-Identifier: Apache-2.0
"""Waves as FST, of a window of time and bounded in size, on both simulators; read with GTKWave or Surfer."""

from dataclasses import dataclass
from pathlib import Path

FILE = "dump.fst"
CPP = Path(__file__).parent / "cpp"
HEADER = CPP / "waves.h"
BYTES = 256 << 20


@dataclass(frozen=True)
class Window:
    """From when to when waves are written, in ns of simulated time (`to_ns` 0: to the end), and bytes at most.

    The size is looked at now and then and written in blocks, so a file may be somewhat larger.
    """

    from_ns: int = 0
    to_ns: int = 0
    most_bytes: int = BYTES

    def plusargs(self) -> tuple[str, ...]:
        """Return the arguments that tell a simulation of a build with FST."""
        last = (f"+krait_waves_to={self.to_ns}",) if self.to_ns else ()
        return (f"+krait_waves_from={self.from_ns}", *last, f"+krait_waves_bytes={self.most_bytes}")

    @property
    def text(self) -> str:
        """Return the window for people."""
        if not self.from_ns and not self.to_ns:
            return f"the whole run, up to {self.most_bytes >> 20} MiB"
        return f"{self.from_ns} ns to {f'{self.to_ns} ns' if self.to_ns else 'the end'}"


def icarus(top: str) -> list[str]:
    """Return the Verilog that writes the window that the arguments tell; times are in ns, as the time scale is."""
    return [
        "  reg [63:0] first, last, most;",
        "  initial begin",
        '    if (!$value$plusargs("krait_waves_from=%d", first)) first = 0;',
        '    if (!$value$plusargs("krait_waves_to=%d", last)) last = 0;',
        '    if (!$value$plusargs("krait_waves_bytes=%d", most)) most = 0;',
        f'    $dumpfile("{FILE}");',
        "    if (most != 0) $dumplimit(most);",
        "    if (first != 0) #(first);",
        f"    $dumpvars(0, {top});",
        "    if (last > first) begin #(last - first) $dumpoff; end",
        "  end",
    ]
