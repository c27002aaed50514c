# SPDX-License-Identifier: Apache-2.0
"""The command line explains itself, and the README names everything that it can do."""

import inspect
import re
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer

from harness.cli import app
from harness.paths import ROOT

README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = sorted(re.findall(r"^([a-z]+):.*?## ", MAKEFILE, re.M))


def commands(of: typer.Typer = app, prefix: str = "krait") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every command with the words that call it."""
    for command in of.registered_commands:
        function = command.callback
        assert function is not None
        yield f"{prefix} {command.name or function.__name__.replace('_', '-')}", function
    for group in of.registered_groups:
        assert group.typer_instance is not None
        yield from commands(group.typer_instance, f"{prefix} {group.name}")


COMMANDS = dict(commands())
each_command = pytest.mark.parametrize("words", COMMANDS)


def test_commands_are_found() -> None:
    """Verbs and verbs of groups: an empty reading would let everything below pass."""
    assert {"krait doctor", "krait regress", "krait test", "krait vectors make", "krait board list"} <= set(COMMANDS)
    assert len(TARGETS) >= 10


@each_command
def test_every_command_has_help(words: str) -> None:
    """Its first line is a sentence."""
    text = inspect.getdoc(COMMANDS[words])
    assert text
    assert text.splitlines()[0].endswith((".", ","))


@each_command
def test_every_option_and_argument_has_help(words: str) -> None:
    for name, kind in typing.get_type_hints(COMMANDS[words], include_extras=True).items():
        if name == "return":
            continue
        info = [each for each in getattr(kind, "__metadata__", ()) if hasattr(each, "help")]
        assert info, f"{words}: {name} is declared without typer.Option or typer.Argument"
        assert info[0].help, f"{words}: {name} has no help"


@each_command
def test_the_readme_names_every_command(words: str) -> None:
    """As `krait verb`; verbs of a group may share a line as `krait group one|two`."""
    *group, verb = words.split()
    pattern = rf"{re.escape(' '.join(group))} (?:[\w|-]*\|)?{re.escape(verb)}\b"
    assert re.search(pattern, README), f"README.md does not mention `{words}`"


@pytest.mark.parametrize("target", TARGETS)
def test_the_readme_names_every_make_target(target: str) -> None:
    assert re.search(rf"make (?:[\w|]*\|)?{target}\b", README), f"README.md does not mention `make {target}`"


def test_targets_call_commands_that_exist() -> None:
    """A recipe's `krait <verb>` is a verb of the command line, with options that the command has."""
    calls = re.findall(r"\$\(BIN\)/krait ((?:board )?[a-z-]+)([^\n;&|]*)", MAKEFILE)
    assert calls
    for verb, rest in calls:
        parameters = inspect.signature(COMMANDS[f"krait {verb}"]).parameters
        options = re.findall(r"--([a-z-]+)", rest) + (["seed"] if "$(SEED_OPTION)" in rest else [])
        known = {name.replace("_", "-") for name in parameters} | ({"all"} if "all_boards" in parameters else set())
        assert set(options) <= known, f"make calls krait {verb} with {options}, known are {sorted(known)}"


def test_every_phony_target_is_explained() -> None:
    """`make help` lists every target that a user may call."""
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M)
    assert phony
    assert sorted(phony[1].split()) == TARGETS
