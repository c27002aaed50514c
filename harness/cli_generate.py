# SPDX-License-Identifier: Apache-2.0
"""`krait generate`: text from a whole model on a board, each token against the golden model as it comes.

A model's family says which kernel runs it; what only one family needs stands in `cli_generate_<family>.py`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol, cast

import typer

from golden.errors import InputError
from harness import cli_model_ternary, console
from harness.cli_model import TINY, checkpoint, use_cores

if TYPE_CHECKING:
    from boards.drivers.model_accel import Best
    from boards.facts import Board
    from golden.spec import KernelConfig


class Stream(Protocol):
    """A model in a kernel's arena."""

    def stream(self, prompt: Sequence[int], generate: int) -> "Iterator[Best]":
        """Yield each chosen token as soon as its record is in memory."""


@dataclass(frozen=True)
class Ready:
    """A model that was laid out: bytes of every port's arena, and what copies it into a kernel's."""

    arena_bytes: int
    profile: str
    session: Callable[[Any], Stream]


class Family(Protocol):
    """Models of a kind: which kernel runs them, and how."""

    @property
    def kernel(self) -> str:
        """The kernel's name in golden.spec."""

    @property
    def vocab(self) -> int:
        """Tokens of the model's vocabulary."""

    @property
    def width(self) -> int:
        """Width of the model's residual stream."""

    def choose(self, facts: "Board", config: str | None, profile: str | None) -> "KernelConfig":
        """Return the configuration of a board: the named one, else the first that takes the model.

        Raises:
            InputError: the board has none, or what is asked for does not go together.
        """

    def ready(self, config: "KernelConfig", prompt: int, tokens: int, check: bool, tokenizer: Path | None) -> Ready:
        """Make the integer model and lay it out. InputError: the configuration does not take it or the run."""


def generate(
    prompt: Annotated[str, typer.Option(help="Text that the model goes on from.")],
    model: Annotated[
        str, typer.Option(help="mamba2-tiny, bitnet-tiny, the folder of a float checkpoint or of an integer model.")
    ] = TINY,
    board: Annotated[str, typer.Option(help="sim, sim:u280, sim:vck190, sim:vc709.")] = "sim",
    config: Annotated[
        str | None, typer.Option(help="Configuration of the kernel; without it the board's first that takes the model.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Numeric profile of the board's configuration; without it the configuration's.")
    ] = None,
    tokens: Annotated[int, typer.Option("-n", "--tokens", min=1, help="Tokens to generate.")] = 128,
    tokenizer: Annotated[
        Path | None, typer.Option(help="tokenizer.json; without it the model folder's own, or bytes.")
    ] = None,
    memory: Annotated[str, typer.Option(help="model, the board's memory as declared, or ideal.")] = "model",
    check: Annotated[bool, typer.Option(help="Compare each token with the golden model as it comes.")] = True,
    seed: Annotated[
        int | None, typer.Option(min=0, help="What registers without reset start with; without it KRAIT_SEED, or 1.")
    ] = None,
) -> None:
    """Generate text on a virtual board from one start, and print it as the board produces it.

    A float checkpoint is quantized first. Greedy: the likeliest token each time. Exit code 1 if a token or a logit of
    its record differs from the golden model.
    """
    from boards.model_generate import Figures
    from boards.sim import open as virtual
    from boards.sim.device import facts_of
    from golden import text as texts
    from golden.untokenize import untokenizer, visible
    from harness.sim.runner import run_seed

    if memory not in ("model", "ideal"):
        raise InputError(f"--memory: found {memory!r}, expected model or ideal")
    path, facts = checkpoint(model), facts_of(board)
    family = family_of(path)
    use_cores(family.width)
    cfg = family.choose(facts, config, profile)
    read = texts.tokenize(_utf8(prompt), family.vocab, path, tokenizer).tokens.tolist()
    if not read:
        raise InputError("--prompt: the tokenizer makes no token of it, expected at least one")
    ready, room = family.ready(cfg, len(read), tokens, check, tokenizer), facts.memory.channel_bytes
    if ready.arena_bytes > room:
        raise InputError(f"model, prompt and -n take {ready.arena_bytes} bytes a port, board {facts.name} has {room}")
    with (
        virtual.open_board(board, cfg.name, cast(virtual.Memory, memory), family.kernel, run_seed(seed)) as opened,
        opened.kernel.arena(ready.arena_bytes),
    ):
        session, shown = ready.session(opened.kernel), untokenizer(family.vocab, path, tokenizer)
        console.write(visible(prompt))
        try:
            for step, best in enumerate(session.stream(read, tokens)):
                console.write(shown(best.token, step + 1 == tokens))
        finally:
            console.write("\n")
        figures = Figures(opened.kernel.counters(), cfg.clock_mhz)
    verdict = "each equal to the golden model's" if check else "not compared with the golden model"
    console.say(f"\n{path.name} in {ready.profile} on {board}, configuration {cfg.name}: {tokens} tokens, {verdict}")
    console.say("\n".join(figures.lines()))


def family_of(path: Path) -> Family:
    """Return the family of a checkpoint or an integer model. InputError: it is neither."""
    from golden.mamba2.integer import manifest
    from harness.cli_generate_mamba2 import Mamba2
    from harness.cli_generate_ternary import Ternary

    packed = (path / manifest.MANIFEST).is_file()
    ternary = cli_model_ternary.is_integer(path) if packed else cli_model_ternary.is_bitnet(path)
    return Ternary.of(path) if ternary else Mamba2.of(path)


def _utf8(text: str) -> str:
    """Return the text; InputError where it is empty, or the shell gave bytes that are no UTF-8."""
    if not text:
        raise InputError("--prompt: is empty, expected a text of at least one token")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"--prompt: character {error.start} is not UTF-8") from None
    return text
