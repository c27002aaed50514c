# SPDX-License-Identifier: Apache-2.0
"""The variables that users of cocotb's makefiles know: SIM, WAVES, SEED, TESTCASE, COV. Options win over them."""

from collections.abc import Mapping
from dataclasses import dataclass

from golden.errors import InputError

SIMULATORS = ("verilator", "icarus")
ON, OFF = ("1", "true", "yes", "on", "fst"), ("", "0", "false", "no", "off")


@dataclass(frozen=True)
class Variables:
    """What the environment asks for; an empty variable is as good as none."""

    names: tuple[str, ...]
    sim: str | None
    seed: str | None
    waves: bool
    cov: bool


def read(environment: Mapping[str, str]) -> Variables:
    """Return what SIM, WAVES, SEED, TESTCASE (names with commas) and COV say.

    Raises:
        InputError: one of them holds something else; names it, what was found and what is expected.
    """
    names = environment.get("TESTCASE", "").replace(",", " ").split()
    sim = environment.get("SIM") or None
    return Variables(
        tuple(names),
        None if sim is None else simulator("SIM", sim),
        environment.get("SEED") or None,
        _switch(environment, "WAVES"),
        _switch(environment, "COV"),
    )


def simulator(what: str, name: str) -> str:
    """Return the name of a simulator. InputError where it is none, with `what` held it."""
    if name not in SIMULATORS:
        raise InputError(f"{what}: found {name!r}, expected {' or '.join(SIMULATORS)}")
    return name


def _switch(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "").lower()
    if value not in (*ON, *OFF):
        raise InputError(f"{name}: found {environment[name]!r}, expected 1 or 0")
    return value in ON
