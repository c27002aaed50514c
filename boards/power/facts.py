# SPDX-License-Identifier: Apache-2.0
"""What measures a board's power, as the table ``[power]`` of its board.toml declares it; `boards/power` reads it."""

from dataclasses import dataclass
from typing import Literal

from golden.spec.strict import require


@dataclass(frozen=True)
class PowerRail:
    """A rail with a sensor, and where it is: I2C bus and address of its monitor, or address and page of its controller.

    A monitor's shunt (micro-ohms) sits in one of `phases` equal phases: what it shows is multiplied by them.
    """

    name: str
    bus: int | None = None
    address: int | None = None
    page: int | None = None
    shunt_uohm: int | None = None
    phases: int = 1

    def __post_init__(self) -> None:
        """Check ranges; InputError names the key."""
        require(bool(self.name.strip()), "name", self.name, "a name")
        for key, low, high in (("bus", 0, 255), ("address", 0x08, 0x77), ("page", 0, 31), ("shunt_uohm", 1, 10**6)):
            value = getattr(self, key)
            require(value is None or low <= value <= high, key, value, f"{low} .. {high}")
        require(1 <= self.phases <= 16, "phases", self.phases, "1 .. 16")


_PLACES: dict[str, tuple[str, ...]] = {
    "hwmon": (),
    "ina226": ("bus", "address", "shunt_uohm"),
    "ucd9248": ("address", "page"),
}
"""What says where a rail of a kind of source is."""


@dataclass(frozen=True)
class Power:
    """What measures a board's power: `boards/power` has a source of each kind.

    `scope`: the rails together are the whole board, or rails of it; they do not contain each other. `refresh_s`: the
    sensors say something new that often, as declared; None where nobody says it. `note` is for people.
    """

    source: Literal["hwmon", "ina226", "ucd9248"]
    scope: Literal["board", "rails"]
    rails: tuple[PowerRail, ...]
    note: str
    refresh_s: float | None = None

    def __post_init__(self) -> None:
        """Check what the keys promise each other; InputError names the key."""
        require(self.refresh_s is None or self.refresh_s > 0, "refresh_s", self.refresh_s, "more than 0")
        require(bool(self.rails), "rails", "none", "at least one rail")
        names = [rail.name for rail in self.rails]
        require(len(set(names)) == len(names), "rails", "a name twice", "each name once")
        wanted = _PLACES[self.source]
        for index, rail in enumerate(self.rails):
            given = [key for key in ("bus", "address", "page", "shunt_uohm") if getattr(rail, key) is not None]
            expected = f"{', '.join(wanted) or 'none'}, which is where a rail of {self.source} is"
            require(set(given) == set(wanted), f"rails[{index}]", ", ".join(given) or "none", expected)
        places = [tuple(getattr(rail, key) for key in wanted if key != "shunt_uohm") for rail in self.rails]
        require(len(set(places)) == len(places) or not wanted, "rails", "a place twice", "each place once")

    def line(self) -> str:
        """Return it in a line, for people."""
        refresh = "not declared" if self.refresh_s is None else f"{self.refresh_s:g} s"
        rails = ", ".join(rail.name + (f" x{rail.phases}" if rail.phases > 1 else "") for rail in self.rails)
        return f"{self.source} ({self.scope}), refresh {refresh}, rails {rails}; {self.note}"
