# SPDX-License-Identifier: Apache-2.0
"""The manifest of an integer model's directory: what the model follows from, and the hash of each of its files."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from golden import json_files
from golden.errors import InputError
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.integer.profile import load as load_profile
from golden.spec.strict import decode
from golden.tensor_files import File

SCHEMA = 1
MANIFEST, INCOMPLETE = "manifest.json", "incomplete.json"
"""Name of the manifest of a whole model, and of one that is being written."""

Setting = str | int | float | bool


@dataclass(frozen=True)
class Identity:
    """What an integer model follows from; two equal ones give the same integers.

    source and calibration are the sha256 of the float model and of the calibration tokens, or name a generator.
    """

    profile: str
    choices: dict[str, str | int]
    config: Mamba2Config
    source: str
    calibration: str
    options: dict[str, Setting]

    def typed_profile(self) -> Mamba2Profile:
        """The profile with these choices; InputError when it does not offer one, or one is missing."""
        profile = load_profile(self.profile, self.choices)
        missing = sorted(_choices(profile).keys() - self.choices.keys())
        if missing:
            raise InputError(f"profile {self.profile}: choice {missing[0]!r} is missing")
        return profile


@dataclass(frozen=True)
class Manifest:
    """Everything about a model but its integers. `revision` is that of the tool, if known, and identifies nothing."""

    schema: int
    identity: Identity
    residual_scale: float
    revision: str = ""
    files: dict[str, File] = field(default_factory=dict)


def _choices(p: Mamba2Profile) -> dict[str, str | int]:
    return {key: value for key, value in asdict(p).items() if key != "name"}


def identify(
    cfg: Mamba2Config, p: Mamba2Profile, source: str, calibration: str, options: Mapping[str, Setting]
) -> Identity:
    """Identity of a model of shape `cfg` in profile `p`."""
    return Identity(p.name, _choices(p), cfg, source, calibration, dict(options))


def difference(found: Identity, expected: Identity) -> str:
    """The first thing in which two identities differ, in words; empty when they are equal."""
    for each in fields(Identity):
        a, b = getattr(found, each.name), getattr(expected, each.name)
        if a != b and isinstance(a, dict):
            key = next(key for key in sorted({*a, *b}) if a.get(key) != b.get(key))
            return f"{each.name}.{key} {a.get(key)!r}, not {b.get(key)!r}"
        if a != b:
            return f"another {each.name}" if each.name == "config" else f"{each.name} {a!r}, not {b!r}"
    return ""


def read_manifest(file: Path) -> Manifest:
    """The manifest in `file`; InputError when it is none of this schema."""
    data = json_files.read(file, "the directory of an integer model")
    if isinstance(data, dict) and data.get("schema") != SCHEMA:
        raise InputError(f"{file}: schema: found {data.get('schema')!r}, expected {SCHEMA}; write the model anew")
    try:
        return decode(Manifest, data, file)
    except InputError as error:
        raise error if str(error).startswith(str(file)) else InputError(f"{file}: {error}") from None


def write_manifest(file: Path, manifest: Manifest) -> None:
    """Write `manifest` to `file`, whole or not at all. MachineError when it cannot be written."""
    data = asdict(manifest)
    del data["identity"]["config"]["dt_limit"]  # (0, inf) in every profile; JSON has no infinity
    json_files.write(file, data)
