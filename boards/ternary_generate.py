# SPDX-License-Identifier: Apache-2.0
"""Text from `ternary_accel`: a model that stays loaded, one text or several, each record against golden as it comes."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import takewhile

from boards.drivers import KernelError
from boards.drivers.model_accel import Best
from boards.drivers.ternary_accel import TernaryAccel
from boards.model_generate import TIMEOUT_S, check_tokens, compare
from golden.errors import InputError
from golden.spec import TernAccelConfig
from golden.spec.gen import ternary_accel as regs
from golden.ternary.accel.arguments import TOKEN_BITS, Arguments, build_of
from golden.ternary.accel.decode import Decoder
from golden.ternary.accel.start import Plan, Run, explain, model_parts, plan, token_beats
from golden.ternary.integer.model import IntegerModel
from golden.topk import Greatest


def shared_of(prompts: Sequence[Sequence[int]], room: int | None = None) -> int:
    """Tokens at the start of all prompts that are the same, at most `room`; each keeps one of its own, one text all.

    Raises:
        InputError: there is no prompt, or one without a token.
    """
    if not prompts or not all(prompts):
        raise InputError(f"found {_sizes(prompts)}, expected one or more, of at least one token")
    same = takewhile(lambda tokens: len(set(tokens)) == 1, zip(*(each[:-1] for each in prompts), strict=False))
    found = len(list(same)) if len(prompts) > 1 else 0
    return found if room is None else min(found, room)


def rests_of(prompts: Sequence[Sequence[int]], shared: int) -> tuple[int, ...]:
    """Positions of each text behind the prefix in front of the start that decodes; one text is read by that start."""
    return (0,) if len(prompts) == 1 else tuple(len(each) - shared - 1 for each in prompts)


def plan_texts(model: IntegerModel, machine: TernAccelConfig, prompts: Sequence[Sequence[int]], generate: int) -> Plan:
    """Lay out a model with room for these texts. Errors as for `golden.ternary.accel.start.plan`."""
    shared = shared_of(prompts)
    tokens = len(prompts[0]) if len(prompts) == 1 else len(prompts)
    return plan(model, machine, Run(tokens, generate, shared, rests_of(prompts, shared)))


def _sizes(prompts: Sequence[Sequence[int]]) -> str:
    return f"prompts of {', '.join(str(len(each)) for each in prompts) or 'no'} tokens"


class Session:
    """A model and its cache in the kernel's arena. One text goes from prompt to text in one start.

    Several texts take more: a start reads what their prompts share into the shared part of the cache, one each reads
    what a prompt has of its own, but for the last token, as text 0, from where it is copied; the last start takes the
    last token of each and decodes all together.

    Use it inside `with kernel.arena(plan.arena_bytes):`; making it copies the model, a section at a time.

    Args:
        kernel: the driver.
        model: the model, of the profile and the configuration's activation.
        laid: where it lies and how much room prompts, texts and their caches have.
        check: compare each token's record with the golden model as it comes.

    Attributes:
        prefix: cached positions that the last texts share.
        own: cached positions of each of the last texts behind them; none where the last start was not read to its end.
    """

    def __init__(self, kernel: TernaryAccel, model: IntegerModel, laid: Plan, check: bool = True) -> None:
        self.kernel, self.laid = kernel, laid
        self.prefix = 0
        self.own: tuple[int, ...] = ()
        self._golden = Decoder(model) if check else None
        kernel.write_sections(model_parts(model, laid))

    def stream(self, prompt: Sequence[int], generate: int, keep: bool = False) -> Iterator[Best]:
        """Yield each chosen token of one text as soon as its record is there; see `texts`."""
        with closing(self.texts([prompt], generate, keep)) as steps:  # type: ignore[type-var]  # a generator
            for (best,) in steps:
                yield best

    def texts(self, prompts: Sequence[Sequence[int]], generate: int, keep: bool = False) -> Iterator[tuple[Best, ...]]:
        """Yield the chosen tokens of all texts, step by step, as soon as their records are in memory.

        Each was found equal to golden's.

        Args:
            prompts: of each text, at least one token.
            generate: tokens to choose for each text, at least one.
            keep: the same texts go on from the cache, which is that before their last tokens; several take one token
                each.

        Raises:
            InputError: the start is illegal or needs more room than was planned, or no such texts can go on.
            CheckError: a record differs from the golden model's.
            KernelError: the kernel reports an error; the message names the argument.
            MachineError: not done in time.
        """
        vocab = self.laid.arguments.vocab
        for prompt in prompts:
            check_tokens(prompt, vocab)
        if keep:
            self._may_go_on(prompts)
        shared = 0 if keep else shared_of(prompts, self.laid.room.prefix)
        prefix, own = (self.prefix, self.own) if keep else (shared, rests_of(prompts, shared))
        last = prompts[0] if len(prompts) == 1 else [each[-1] for each in prompts]
        arguments = self.laid.start(Run(len(last), generate, prefix, own))  # refused before anything is read
        self.own = ()
        if not keep:
            self._read(prompts, shared, own)
        wanted = self._golden.steps(prompts, shared, keep) if self._golden else None
        yield from self._decode(arguments, last, wanted)
        self.prefix, self.own = prefix, tuple(each + arguments.added for each in own)

    # ---- inside

    def _may_go_on(self, prompts: Sequence[Sequence[int]]) -> None:
        """Refuse texts that are not those of the last start, or that would have to be read one by one."""
        if len(self.own) != len(prompts) or (len(prompts) > 1 and max(map(len, prompts)) > 1):
            raise InputError(
                f"{_sizes(prompts)} are to go on, {len(self.own)} texts can; expected as many, and of several a token "
                "each"
            )

    def _read(self, prompts: Sequence[Sequence[int]], shared: int, own: Sequence[int]) -> None:
        """Read what stands in front of the last start: the shared part, then the texts, text 0 at the end."""
        self._fill(self.laid.of_prefix, prompts[0][:shared], 0)
        for text in reversed(range(len(own))):
            self._fill(self.laid, prompts[text][shared : shared + own[text]], shared)
            if text and own[text]:
                self.kernel.copy_text(self.laid, text)

    def _fill(self, laid: Plan, tokens: Sequence[int], prefix: int) -> None:
        """Read tokens into the cache of text 0 behind a prefix, as many a start as their region holds; choose none."""
        size = laid.beats["tok"] * laid.machine.wide_bytes * 8 // TOKEN_BITS
        for first in range(0, len(tokens), size):
            part = tokens[first : first + size]
            arguments = laid.start(Run(len(part), 0, prefix, (first,)))
            self.kernel.write_region(arguments, "tok", token_beats(part, laid.machine))
            with self._explained(arguments):
                self.kernel.run(arguments, TIMEOUT_S)

    def _decode(
        self, arguments: Arguments, tokens: Sequence[int], wanted: Iterator[tuple[Greatest, ...]] | None
    ) -> Iterator[tuple[Best, ...]]:
        """The last start: its records, a step's together, each compared as it comes."""
        self.kernel.write_region(arguments, "tok", token_beats(tokens, self.kernel.config))
        texts, step = arguments.batch, 0
        with (
            self._explained(arguments),
            closing(self.kernel.stream(arguments, TIMEOUT_S)) as records,  # type: ignore[type-var]  # a generator
        ):
            found: list[Best] = []
            golden: tuple[Greatest, ...] = ()
            for best in records:
                if wanted is not None:
                    golden = golden if found else next(wanted)
                    compare(step, golden[len(found)], best, f" of text {len(found)}" if texts > 1 else "")
                found.append(best)
                if len(found) == texts:
                    yield tuple(found)
                    found, step = [], step + 1

    @contextmanager
    def _explained(self, arguments: Arguments) -> Iterator[None]:
        """Errors of the kernel with what they mean for the arguments."""
        try:
            yield
        except KernelError as error:
            why = explain(regs.ErrorCode(error.code), arguments, build_of(self.kernel.config))
            raise KernelError(f"{error}: {why}", error.code, error.port) from error
