# SPDX-License-Identifier: Apache-2.0
"""The part of `krait generate` that knows BitNet."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from golden.errors import InputError
from harness import cli_model_ternary
from harness.cli_generate import Ready

if TYPE_CHECKING:
    from boards.facts import Board
    from golden.spec import KernelConfig
    from golden.ternary.config import BitNetConfig
    from golden.ternary.integer.model import IntegerModel


@dataclass(frozen=True)
class Ternary:
    """A BitNet checkpoint or integer model."""

    path: Path
    shape: "BitNetConfig"
    integer: bool

    kernel = "ternary_accel"

    @classmethod
    def of(cls, path: Path) -> "Ternary":
        """Describe what is in a folder. InputError: nothing that could be run."""
        from golden.ternary import checkpoint
        from golden.ternary.integer import store

        if cli_model_ternary.is_integer(path):
            return cls(path, store.read_manifest(path / store.MANIFEST).config, True)
        return cls(path, checkpoint.load(path).config, False)

    @property
    def vocab(self) -> int:
        """Tokens of the vocabulary."""
        return self.shape.vocab_size

    @property
    def width(self) -> int:
        """Width of the residual stream."""
        return self.shape.hidden_size

    def choose(self, facts: "Board", config: str | None, profile: str | None) -> "KernelConfig":
        """Return the named configuration, else the first with the model's activation; errors as for `Family`."""
        from boards.configs import for_activation
        from golden.ternary.integer.profile import NAME

        if profile not in (None, NAME):
            raise InputError(f"--profile: found {profile!r}, expected {NAME}, that of all BitNet models")
        return for_activation(facts, config, self.shape.hidden_act)

    def ready(self, config: "KernelConfig", prompt: int, tokens: int, check: bool, tokenizer: Path | None) -> Ready:
        """Make the integer model and lay it out; errors as for `Family`. Nothing is calibrated by a text."""
        from boards.ternary_generate import Session
        from golden.spec import TernAccelConfig
        from golden.ternary.accel import start
        from golden.ternary.integer.profile import NAME

        assert isinstance(config, TernAccelConfig)
        run = start.Run(prompt, tokens)
        start.fits(self.shape, config, run)
        model = self._integers(check)
        laid = start.plan(model, config, run)
        return Ready(laid.arena_bytes, NAME, lambda kernel: Session(kernel, model, laid, check))

    def _integers(self, resident: bool) -> "IntegerModel":
        """The model, or what a float checkpoint becomes; layer by layer, or all in memory for golden's steps."""
        from golden.ternary import checkpoint
        from golden.ternary.integer import store
        from golden.ternary.integer.quantize import quantize

        model = store.load(self.path) if self.integer else quantize(checkpoint.load(self.path))
        return store.resident(model) if resident else model
