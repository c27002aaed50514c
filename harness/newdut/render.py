# SPDX-License-Identifier: Apache-2.0
"""The files of a new design's folder, from templates: golden, environment, coverage, tests."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from golden.errors import InputError, MachineError
from harness.atomic import replace_text
from harness.newdut.ports import Interface

TEMPLATES = Path(__file__).parent / "templates"
FILES = {
    "golden.py.j2": "{module}_golden.py",
    "env.py.j2": "{module}_env.py",
    "coverage.py.j2": "{module}_coverage.py",
    "cocotb.py.j2": "cocotb_{module}.py",
    "test.py.j2": "test_{module}.py",
    "README.md.j2": "README.md",
}


def texts(interface: Interface, sources: Sequence[str]) -> Mapping[str, str]:
    """Return the text of every file by its name; `sources` are Verilog files, relative to the folder."""
    given = {
        "dut": interface,
        "sources": sources,
        "title": title_of(interface),
        "icarus": not any(source.endswith(".sv") for source in sources),
    }
    made = environment()
    return {
        name.format(module=interface.module): made.get_template(template).render(given)
        for template, name in FILES.items()
    }


def environment(folder: str = "") -> Environment:
    """Return Jinja2 with the templates of a folder beside this file: an undefined name is an error."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES / folder),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Python, Verilog and Markdown
    )


def title_of(interface: Interface) -> str:
    """Return a module's name as classes bear it."""
    return interface.module.title().replace("_", "")


def write(folder: Path, interface: Interface, files: Sequence[Path]) -> tuple[Path, ...]:
    """Write the folder of a design and return its files.

    Raises:
        InputError: one of them is there already: what somebody wrote is not overwritten.
        MachineError: the folder cannot be written.
    """
    sources = [os.path.relpath(path.resolve(), folder.resolve()) for path in files]
    made = {folder / name: text for name, text in texts(interface, sources).items()}
    for path in made:
        if path.exists():
            raise InputError(f"new-dut: {path}: is there already; expected an --out folder without it")
    return publish(folder, made)


def publish(folder: Path, made: Mapping[Path, str]) -> tuple[Path, ...]:
    """Write files, each whole or not at all, and return their paths. MachineError: the folder cannot be written."""
    try:
        for path, text in made.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_text(path, text)
    except OSError as error:
        raise MachineError(f"{folder}: cannot be written ({error.strerror or error}); choose another --out") from error
    return tuple(made)
