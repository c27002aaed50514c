# SPDX-License-Identifier: Apache-2.0
"""Energy of the host's processors: RAPL's counters in Linux' powercap tree, in uJ, wrapping around.

Files: Linux, Documentation/power/powercap/powercap.rst. Since CVE-2020-8694 only root may read them.
"""

import re
from collections.abc import Callable
from pathlib import Path

from boards.power.source import Reading, read_number
from golden.errors import MachineError
from harness.bench.energy_record import Scope

_PACKAGE = re.compile(r"package-\d+(-die-\d+)?")


class Counter:
    """A counter that wraps around, as one that never goes back.

    More than one wrap between two readings cannot be seen: read more often than range over the greatest power.

    Args:
        read: returns the counter, uJ.
        range_uj: what it counts up to.
    """

    def __init__(self, read: Callable[[], int], range_uj: int) -> None:
        self._read, self._range = read, range_uj
        self._last, self._wraps = -1, 0

    def joules(self) -> float:
        """Return the energy since some time, J. Raises MachineError."""
        value = self._read()
        self._wraps += value < self._last
        self._last = value
        return (value + self._wraps * self._range) * 1e-6


class Rapl:
    """The packages of this machine; cores, uncore and whole platform are read beside them, and not added.

    Args:
        sysfs: where sysfs is mounted.

    Raises:
        MachineError: no RAPL here, or nobody but root may read it.
    """

    scope: Scope = "package"
    refresh_s: float | None = None  # nobody promises one; the sampler estimates it

    def __init__(self, sysfs: Path) -> None:
        self.name = "RAPL"
        folders = sorted((sysfs / "class/powercap").glob("intel-rapl:*"))
        self._counters = tuple((_zone(folder), _counter(folder)) for folder in folders)
        self.rails = tuple(name for name, _ in self._counters if _PACKAGE.fullmatch(name))
        if not self.rails:
            raise MachineError(f"host: found no RAPL package below {sysfs / 'class/powercap'}: nothing to measure with")

    def read(self) -> tuple[Reading, ...]:
        """Read all counters. Raises MachineError."""
        return tuple(Reading(name, joules=counter.joules()) for name, counter in self._counters)


def _counter(folder: Path) -> Counter:
    return Counter(lambda: read_number(folder / "energy_uj"), read_number(folder / "max_energy_range_uj"))


def _zone(folder: Path) -> str:
    """Return a zone's name; of a zone inside another, with that one's before it."""
    parent = folder.name.rpartition(":")[0]
    outer = f"{_name(folder.with_name(parent))}/" if parent != "intel-rapl" else ""
    return outer + _name(folder)


def _name(folder: Path) -> str:
    try:
        return (folder / "name").read_text().strip()
    except OSError as error:
        raise MachineError(f"{folder / 'name'}: cannot be read ({error.strerror or error})") from None
