# SPDX-License-Identifier: Apache-2.0
"""`krait board bitstream`: from RTL to a bitstream with Vivado or Vitis, its manifest and its overlay file.

Everything happens in ``build/bitstreams/<board>/<kernel>_<config>/``. What is fresh is not built again: a manifest says
which inputs its bitstream was made from.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from boards import bitstream_manifest as manifests
from boards.bitstream_manifest import Manifest
from boards.bitstream_settings import GOLDEN, SUFFIXES, Build, link_config, pick, settings
from boards.overlay import FORMAT, KernelInstance, MemoryRegion, OverlayFile, file_hash, save
from golden.errors import InputError, MachineError
from golden.spec.emit import vlnv
from harness.atomic import replace_text, writable_dir
from harness.paths import build_dir
from harness.provenance import collect

SCRIPTS = {"vc709": "build.tcl", "vck190": "build_pdi.tcl", "u280": "package_kernel.tcl"}
"""The script of each board that builds a kernel."""
GOLDEN_SCRIPT = "build_golden.tcl"
GOLDEN_FILES = ("golden_boot.pdi", "golden_noc.ncr", "golden_routed.dcp", "golden.xsa")
PARSED_BY_PYNQ = ("vck190",)
"""Boards on which PYNQ reads the .hwh itself."""
TAIL = 5
"""Lines of a failed tool's log that an error shows: the first that are errors, else the last."""
_ERROR = re.compile(r"^ERROR|^krait: |: Error ")
_VERSION = re.compile(r"v(\d{4}\.\d+(?:\.\d+)?)")
_COMMANDS = {"vivado": {"vivado": "-version"}, "vitis": {"vivado": "-version", "v++": "--version"}}
"""What each kind of build calls, and how it tells its version."""

Say = Callable[[str], None]


def build_folder(build: Build) -> Path:
    """Return the folder of a build."""
    return build_dir() / "bitstreams" / build.board.name / build.name


def make(board: str, kernel: str | None, config: str | None, jobs: int, say: Say) -> Path:
    """Build a bitstream where it is not fresh, and return its overlay file (its folder for VCK190's golden design).

    Raises:
        InputError: there is no such build. MachineError: a tool is missing or of another version, or it failed.
    """
    build = pick(board, kernel, config)
    tools = find_tools(build)
    golden = _golden(build, tools, jobs, say)
    folder = build_folder(build)
    if not fresh(build):
        _run(build, tools, golden, jobs, say)
    say(f"bitstream: {folder / _bitstream(build)}")
    return write_overlay(build) if build.config else folder


def find_tools(build: Build) -> dict[str, str]:
    """Return the version of each tool that a build needs.

    Raises:
        MachineError: one is not on PATH or of another version; the message says which one is needed.
    """
    found, wanted = {}, build.design.version
    for name, asks in _COMMANDS[build.design.tool].items():
        if shutil.which(name) is None:
            raise MachineError(
                f"bitstream of {build.board.name}: no {name} on PATH, version {wanted} is needed; "
                f"source the settings64.sh of {build.design.tool.capitalize()} {wanted}"
            )
        done = subprocess.run([name, asks], capture_output=True, text=True, check=False)
        match = _VERSION.search(done.stdout + done.stderr)
        version = match[1] if match else "unknown"
        if not version.startswith(wanted):
            raise MachineError(
                f"bitstream of {build.board.name}: found {name} {version} at {shutil.which(name)}, expected {wanted}; "
                "put that version in front on PATH"
            )
        found[name] = version
    return found


def fresh(build: Build) -> bool:
    """Return whether a build's bitstream is there, whole, and made from the inputs as they are now."""
    try:
        return manifests.read(build_folder(build)).inputs_sha256 == build.inputs_hash()
    except InputError:
        return False


def write_overlay(build: Build) -> Path:
    """Write the overlay file of a built kernel, named by its content, beside its bitstream; port p has memory p.

    Raises:
        InputError: the bitstream has no manifest or is not the manifest's.
    """
    config, design, folder = build.config, build.design, build_folder(build)
    if config is None:
        raise InputError(f"{build.name}: found no kernel, expected one for an overlay file")
    bitstream = folder / _bitstream(build)
    manifest = manifests.of_bitstream(bitstream)
    regions = tuple(
        MemoryRegion(f"MEM{index}", base, design.memory_bytes) for index, base in enumerate(design.memory_bases)
    )
    kernel = KernelInstance(
        name=config.kernel,
        vlnv=vlnv(config.kernel),
        base=design.kernel_base,
        size=design.kernel_bytes,
        config=config.name,
        config_hash=manifest.config_hash,
        clock_mhz=config.clock_mhz,
        memories=tuple(region.name for region in regions[: config.ports]),
        registers=config.kernel,
    )
    metadata = bitstream.with_suffix(".hwh")
    return save(
        OverlayFile(
            format=FORMAT,
            board=build.board.name,
            library=bitstream.name,
            sha256=file_hash(bitstream),
            kernels=(kernel,),
            memories=regions,
            metadata_sha256=file_hash(metadata) if build.board.name in PARSED_BY_PYNQ else "",
        ),
        folder,
    )


def _golden(build: Build, tools: dict[str, str], jobs: int, say: Say) -> Path:
    """Return the folder of the golden design that a kernel of VCK190 plugs into; it is built where it is not fresh."""
    if build.board.name != "vck190":
        return build_folder(build)
    golden = pick("vck190", None, None, build.scripts)
    if build.config is not None and not fresh(golden):
        say("vck190: the golden design comes first; the board boots from it (boards/vck190/README.md)")
        _run(golden, tools, build_folder(golden), jobs, say)
    return build_folder(golden)


def _run(build: Build, tools: dict[str, str], golden: Path, jobs: int, say: Say) -> None:
    """Run the scripts of a build in its folder, then write its manifest; what an earlier build said is gone first."""
    folder = writable_dir(build_folder(build))
    manifests.drop(folder)
    for stale in folder.glob(f"{build.board.name}-*.json"):
        stale.unlink()  # an overlay file of a bitstream that is about to be replaced
    replace_text(folder / "settings.tcl", settings(build, golden, jobs))
    say(f"building {build.name} for {build.board.title} in {folder}; this takes hours")
    for command in _commands(build, folder, jobs):
        _call(command, folder)
    _write_manifest(build, tools, folder)


def _commands(build: Build, folder: Path, jobs: int) -> list[list[str]]:
    """Return the commands that make a bitstream; for v++ the link file is written first."""
    scripts = build.scripts / build.board.name
    if build.design.tool == "vitis" and build.config:
        replace_text(folder / "link.cfg", link_config(build))
        values = {
            "NAME": build.name,
            "PLATFORM": build.design.board,
            "MHZ": f"{build.config.clock_mhz:g}",
            "JOBS": jobs,
        }
        return [["make", "-f", str(scripts / "Makefile"), *(f"{key}={value}" for key, value in values.items())]]
    script = scripts / (SCRIPTS[build.board.name] if build.config else GOLDEN_SCRIPT)
    options = ["-mode", "batch", "-nojournal", "-log", "vivado.log"]
    return [["vivado", *options, "-source", str(script), "-tclargs", "settings.tcl"]]


def _call(command: list[str], folder: Path) -> None:
    """Run a tool with its output in build.log. MachineError: it failed; the message has lines of the log."""
    log = folder / "build.log"
    try:
        with log.open("w", encoding="utf-8") as handle:
            done = subprocess.run(command, cwd=folder, stdout=handle, stderr=subprocess.STDOUT, check=False)
    except OSError as error:
        raise MachineError(f"{command[0]}: does not start ({error.strerror})") from error
    if done.returncode:
        lines = [line for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
        lines = [line for line in lines if _ERROR.search(line)][:TAIL] or lines[-TAIL:]
        raise MachineError(f"{command[0]}: exit status {done.returncode}: {' / '.join(lines)}; see {log}")


def _bitstream(build: Build) -> str:
    return f"{build.name}{SUFFIXES[build.board.name]}" if build.config else GOLDEN_FILES[0]


def _write_manifest(build: Build, tools: dict[str, str], folder: Path) -> Path:
    """Write the manifest of what the tools have left. MachineError: an output is missing."""
    expected = (_bitstream(build),) if build.config else GOLDEN_FILES
    for name in expected:
        if not (folder / name).is_file():
            raise MachineError(f"{folder / name}: not there although the tools ended well; see {folder / 'build.log'}")
    beside = [f"{build.name}{suffix}" for suffix in (".hwh", ".mcs", ".xsa", ".xo")] + ["link.cfg", "result.json"]
    names = [*expected, *(name for name in beside if (folder / name).is_file() and name not in expected)]
    made, slack = collect(tools), _slack(folder)
    config = build.config
    return manifests.write(
        Manifest(
            format=manifests.FORMAT,
            board=build.board.name,
            kernel=config.kernel if config else "",
            config=config.name if config else GOLDEN,
            config_hash=f"{config.config_hash:#018x}" if config else "",
            part=build.board.part,
            build_id=f"{build.build_id:#010x}",
            inputs_sha256=build.inputs_hash(),
            rtl_sha256=build.rtl_hash(),
            revision=made.revision,
            dirty=made.dirty,
            time_utc=made.time_utc,
            tools=tools,
            bitstream=expected[0],
            files={name: file_hash(folder / name) for name in names},
            wns_ns=slack.get("wns_ns"),
            whs_ns=slack.get("whs_ns"),
        ),
        folder,
    )


def _slack(folder: Path) -> dict[str, float]:
    """Return the slacks that the reports of Vivado state, ns; none where there are no reports (v++ keeps its own)."""
    path = folder / "result.json"
    if not path.is_file():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {key: float(data[key]) for key in ("wns_ns", "whs_ns")}
    except (ValueError, KeyError, TypeError) as error:
        raise MachineError(f"{path}: not what report.tcl writes ({error})") from error
