# SPDX-License-Identifier: Apache-2.0
"""The manifest of a bitstream: what it was made from and with, and the hashes of what came out. None, no bitstream."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from boards.overlay import file_hash
from golden import json_files
from golden.errors import InputError, MachineError
from golden.spec.strict import decode, require
from harness.atomic import replace_text

FORMAT = "krait-bitstream-1"
FILE = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """Where a bitstream came from.

    `files` are the outputs by name below the manifest's folder, with their SHA-256; `bitstream` names the one that is
    loaded. `wns_ns` and `whs_ns` are the worst setup and hold slack in ns, None where the tool did not report them.
    """

    format: str
    board: str
    kernel: str
    config: str
    config_hash: str
    part: str
    build_id: str
    inputs_sha256: str
    rtl_sha256: str
    revision: str
    dirty: bool
    time_utc: str
    tools: dict[str, str]
    bitstream: str
    files: dict[str, str]
    wns_ns: float | None = None
    whs_ns: float | None = None

    def __post_init__(self) -> None:
        """Check what a reader relies on; InputError names the key."""
        require(self.format == FORMAT, "format", self.format, repr(FORMAT))
        require(self.bitstream in self.files, "bitstream", self.bitstream, "one of " + ", ".join(self.files))
        require(bool(self.tools), "tools", "none", "a version for each tool")


def write(manifest: Manifest, folder: Path) -> Path:
    """Write a manifest into the folder of its files. MachineError: it cannot be written."""
    path = folder / FILE
    try:
        replace_text(path, json.dumps(asdict(manifest), indent=1) + "\n")
    except OSError as error:
        raise MachineError(f"{path}: cannot be written ({error.strerror})") from error
    return path


def read(folder: Path) -> Manifest:
    """Read the manifest of a folder, and check that its files are the ones that it was written for.

    Raises:
        InputError: there is none, it is none, or a file is missing or another one.
    """
    path = folder / FILE
    manifest = decode(Manifest, json_files.read(path, "the manifest that `make bitstream` writes"), path)
    for name, expected in manifest.files.items():
        found = file_hash(folder / name)
        if found != expected:
            raise InputError(
                f"{folder / name}: SHA-256 is {found[:16]}, the manifest has {expected[:16]}; build it again"
            )
    return manifest


def of_bitstream(bitstream: Path) -> Manifest:
    """Return the manifest of a bitstream, checked.

    Raises:
        InputError: it has none beside it, or one of another bitstream: what is in it cannot be known.
    """
    if not (bitstream.parent / FILE).is_file():
        raise InputError(
            f"{bitstream}: found no {FILE} beside it, expected the one that `make bitstream` writes; "
            "what a bitstream without it holds cannot be known"
        )
    manifest = read(bitstream.parent)
    if manifest.bitstream != bitstream.name:
        raise InputError(f"{bitstream}: the manifest beside it is of {manifest.bitstream}; build it again")
    return manifest


def drop(folder: Path) -> None:
    """Remove a folder's manifest: what is built from now on is not what it says."""
    try:
        os.unlink(folder / FILE)
    except FileNotFoundError:
        return
