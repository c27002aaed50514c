# SPDX-License-Identifier: Apache-2.0
"""`krait generate`: text from a Mamba2 model on a board, each token against the golden model as it comes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from golden.errors import InputError
from harness import console
from harness.atomic import writable_dir
from harness.cli_model import TINY, checkpoint, use_cores
from harness.paths import build_dir

if TYPE_CHECKING:
    from boards.facts import Board
    from golden.mamba2.config import Mamba2Config
    from golden.mamba2.integer.model import IntegerModel
    from golden.spec import Mamba2AccelConfig

KERNEL = "mamba2_accel"


def generate(
    prompt: Annotated[str, typer.Option(help="Text that the model goes on from.")],
    model: Annotated[
        str, typer.Option(help="mamba2-tiny, the folder of a float checkpoint, or that of an integer model.")
    ] = TINY,
    board: Annotated[str, typer.Option(help="sim, sim:u280, sim:vck190, sim:vc709.")] = "sim",
    config: Annotated[
        str | None, typer.Option(help="Configuration of mamba2_accel; without it the board's first of the profile.")
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

    A float checkpoint is quantized first, once. Greedy: the likeliest token each time. Exit code 1 if a token or a
    logit of its record differs from the golden model.
    """
    from boards.mamba2_generate import Session
    from boards.model_generate import Figures
    from boards.sim.device import facts_of
    from boards.sim.open import Memory, open_board
    from golden import text as texts
    from golden.mamba2.accel import start
    from golden.untokenize import untokenizer, visible
    from harness.sim.runner import run_seed

    if memory not in ("model", "ideal"):
        raise InputError(f"--memory: found {memory!r}, expected model or ideal")
    path, facts = checkpoint(model), facts_of(board)
    shape, own_profile = _describe(path)
    use_cores(shape)
    cfg = choose(facts, config, profile, own_profile)
    read = texts.tokenize(_utf8(prompt), shape.vocab_size, path, tokenizer).tokens.tolist()
    if not read:
        raise InputError("--prompt: the tokenizer makes no token of it, expected at least one")
    run = start.Run(len(read), tokens)
    start.fits(shape, cfg, run)
    integers = _integers(path, cfg, check, tokenizer)
    laid = start.plan(integers, cfg, run)
    room = facts.memory.channel_bytes
    if laid.arena_bytes > room:
        raise InputError(f"model, prompt and -n take {laid.arena_bytes} bytes a port, board {facts.name} has {room}")
    with (
        open_board(board, cfg.name, cast(Memory, memory), KERNEL, run_seed(seed)) as opened,
        opened.kernel.arena(laid.arena_bytes),
    ):
        session, shown = Session(opened.kernel, integers, laid, check), untokenizer(shape.vocab_size, path, tokenizer)
        console.write(visible(prompt))
        try:
            for step, best in enumerate(session.stream(read, tokens)):
                console.write(shown(best.token, step + 1 == tokens))
        finally:
            console.write("\n")
        figures = Figures(opened.kernel.counters(), cfg.clock_mhz)
    verdict = "each equal to the golden model's" if check else "not compared with the golden model"
    console.say(f"\n{path.name} in {cfg.profile} on {board}, configuration {cfg.name}: {tokens} tokens, {verdict}")
    console.say("\n".join(figures.lines()))


def choose(facts: "Board", config: str | None, profile: str | None, own: str | None) -> "Mamba2AccelConfig":
    """Return the configuration of a board: the named one, else the first of the profile, else the board's own.

    Args:
        facts: the board.
        config: its name, or None.
        profile: the profile that is asked for, or None.
        own: the profile of an integer model, None of a float one.

    Raises:
        InputError: the board has none, or what is asked for does not go together.
    """
    from golden.mamba2.integer import profile as profiles
    from golden.spec import load_configs

    if profile is not None:
        profiles.load(profile)
    if profile and own and profile != own:
        raise InputError(f"--profile: found {profile}, the integer model is of {own}")
    wanted = profile or own
    fitting = {each.name: each for each in load_configs("mamba2_accel").values() if each.board == facts.name}
    if config is not None:
        if config not in fitting:
            raise InputError(f"--config: found {config!r}, board {facts.name} has {', '.join(sorted(fitting))}")
        if wanted not in (None, fitting[config].profile):
            raise InputError(f"--config: {config} is of profile {fitting[config].profile}, asked for is {wanted}")
        return fitting[config]
    if wanted is None and facts.name in fitting:
        return fitting[facts.name]
    for each in fitting.values():
        if each.profile == wanted:
            return each
    known = ", ".join(sorted({each.profile for each in fitting.values()})) or "none"
    raise InputError(f"--profile: found {wanted}, configurations of board {facts.name} are of {known}")


def _describe(path: Path) -> "tuple[Mamba2Config, str | None]":
    """Shape of a checkpoint or an integer model, and the profile of the latter."""
    from golden.mamba2 import checkpoint as checkpoints
    from golden.mamba2.integer import manifest

    if not _is_integer(path):
        return checkpoints.load(path)[0], None
    identity = manifest.read_manifest(path / manifest.MANIFEST).identity
    return identity.config, identity.profile


def _is_integer(path: Path) -> bool:
    from golden.mamba2.integer import manifest

    return (path / manifest.MANIFEST).is_file()


def _integers(path: Path, cfg: "Mamba2AccelConfig", resident: bool, tokenizer: Path | None) -> "IntegerModel":
    """An integer model, or what a float checkpoint becomes; that is kept in build/models by what it follows from."""
    from golden.mamba2 import accuracy
    from golden.mamba2 import checkpoint as checkpoints
    from golden.mamba2.accuracy import sources
    from golden.mamba2.integer import profile as profiles
    from golden.mamba2.integer import store
    from golden.mamba2.quantize import Options

    if _is_integer(path):
        return store.load(path, resident)
    shape, weights = checkpoints.load(path)
    calibration = sources.calibration_tokens(path, shape, accuracy.Options(tokenizer=tokenizer))
    with console.progress(f"{path.name} in {cfg.profile}") as bar:
        quantize = accuracy.cached(writable_dir(build_dir() / "models"), Options(), bar)
        return quantize(shape, weights, profiles.load(cfg.profile), calibration).model


def _utf8(text: str) -> str:
    """Return the text; InputError where it is empty, or the shell gave bytes that are no UTF-8."""
    if not text:
        raise InputError("--prompt: is empty, expected a text of at least one token")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(f"--prompt: character {error.start} is not UTF-8") from None
    return text
