# SPDX-License-Identifier: Apache-2.0
"""Fakes of Vivado and v++ for the runner of bitstream builds. No device is built: Vivado's runs the real scripts
against the recording stubs, v++'s makes an empty file; both name their version and take the real tools' options.

The commands write what they were called with to calls.log in the folder of the build.
"""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

from boards.tcl_check.interpreter import SLACK_NS, STUBS, command

MARK = "Made by krait's fake of v++; no device was built.\n"


def install(folder: Path, monkeypatch, *, vivado: str = "2025.2", vpp: str = "", slack: str = SLACK_NS) -> None:
    """Put fakes into a folder in front of PATH; a tool without a version is left out."""
    folder.mkdir(exist_ok=True)
    for name, version in (("vivado", vivado), ("v++", vpp)):
        if version:
            script = folder / name
            words = f'"{sys.executable}" -m tests.boards.fake_tools {name} {version} {slack}'
            script.write_text(f'#!/bin/sh\n# A fake of {name}.\nexec {words} "$@"\n')
            script.chmod(script.stat().st_mode | stat.S_IXUSR)
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), os.environ["PATH"]]))


def _vivado(version: str, slack: str, arguments: list[str]) -> int:
    if "-version" in arguments:
        print(f"vivado v{version} (64-bit), a fake")
        return 0
    script = arguments[arguments.index("-source") + 1]
    given = arguments[arguments.index("-tclargs") + 1 :]
    with tempfile.TemporaryDirectory() as scratch:
        words = [*command(), str(STUBS), str(Path(scratch) / "record.json"), version, slack, script, *given]
        return subprocess.run(words, check=False).returncode


def _vpp(version: str, arguments: list[str]) -> int:
    if "--version" in arguments:
        print(f"v++ v{version} (64-bit), a fake")
        return 0
    for needed in ("--link", "--platform", "--config", "--kernel_frequency"):
        if needed not in arguments:
            print(f"v++: {needed} is missing", file=sys.stderr)
            return 1
    Path(arguments[arguments.index("--output") + 1]).write_text(MARK)
    return 0


def main() -> int:
    name, version, slack, *arguments = sys.argv[1:]
    if not {"-version", "--version"} & set(arguments):
        with open("calls.log", "a", encoding="utf-8") as log:
            log.write(" ".join([name, *arguments]) + "\n")
    return _vivado(version, slack, arguments) if name == "vivado" else _vpp(version, arguments)


if __name__ == "__main__":
    sys.exit(main())
