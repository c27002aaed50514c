# SPDX-License-Identifier: Apache-2.0
"""The part of `krait generate` that knows Mamba2."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from golden.errors import InputError
from harness import console
from harness.atomic import writable_dir
from harness.cli_generate import Ready
from harness.paths import build_dir

if TYPE_CHECKING:
    from boards.facts import Board
    from golden.mamba2.config import Mamba2Config
    from golden.mamba2.integer.model import IntegerModel
    from golden.spec import KernelConfig


@dataclass(frozen=True)
class Mamba2:
    """A Mamba2 checkpoint or integer model; `own` is the profile of the latter."""

    path: Path
    shape: "Mamba2Config"
    own: str | None

    kernel = "mamba2_accel"

    @classmethod
    def of(cls, path: Path) -> "Mamba2":
        """Describe what is in a folder. InputError: nothing that could be run."""
        from golden.mamba2 import checkpoint
        from golden.mamba2.integer import manifest

        if not (path / manifest.MANIFEST).is_file():
            return cls(path, checkpoint.load(path)[0], None)
        identity = manifest.read_manifest(path / manifest.MANIFEST).identity
        return cls(path, identity.config, identity.profile)

    @property
    def vocab(self) -> int:
        """Tokens of the vocabulary."""
        return self.shape.vocab_size

    @property
    def width(self) -> int:
        """Width of the residual stream."""
        return self.shape.d_model

    def choose(self, facts: "Board", config: str | None, profile: str | None) -> "KernelConfig":
        """Return the named configuration, else the first of the profile, else the board's own; errors: `Family`."""
        from boards.configs import fitting
        from golden.mamba2.integer import profile as profiles
        from golden.spec import Mamba2AccelConfig

        if profile is not None:
            profiles.load(profile)
        if profile and self.own and profile != self.own:
            raise InputError(f"--profile: found {profile}, the integer model is of {self.own}")
        wanted = profile or self.own
        found = [each for each in fitting(self.kernel, facts, config) if isinstance(each, Mamba2AccelConfig)]
        for each in found:
            if wanted in (None, each.profile) and (wanted or config or each.name == facts.name):
                return each
        if config is not None:
            raise InputError(f"--config: {config} is of profile {found[0].profile}, asked for is {wanted}")
        known = ", ".join(sorted({each.profile for each in found})) or "none"
        raise InputError(f"--profile: found {wanted}, configurations of board {facts.name} are of {known}")

    def ready(self, config: "KernelConfig", prompt: int, tokens: int, check: bool, tokenizer: Path | None) -> Ready:
        """Make the integer model and lay it out; errors as for `Family`."""
        from boards.mamba2_generate import Session
        from golden.mamba2.accel import start
        from golden.spec import Mamba2AccelConfig

        assert isinstance(config, Mamba2AccelConfig)
        run = start.Run(prompt, tokens)
        start.fits(self.shape, config, run)
        model = self._integers(config.profile, check, tokenizer)
        laid = start.plan(model, config, run)
        return Ready(laid.arena_bytes, config.profile, lambda kernel: Session(kernel, model, laid, check))

    def _integers(self, profile: str, resident: bool, tokenizer: Path | None) -> "IntegerModel":
        """The model, or what a float checkpoint becomes; that is kept in build/models by what it follows from."""
        from golden.mamba2 import accuracy, checkpoint
        from golden.mamba2.accuracy import sources
        from golden.mamba2.integer import profile as profiles
        from golden.mamba2.integer import store
        from golden.mamba2.quantize import Options

        if self.own:
            return store.load(self.path, resident)
        shape, weights = checkpoint.load(self.path)
        calibration = sources.calibration_tokens(self.path, shape, accuracy.Options(tokenizer=tokenizer))
        with console.progress(f"{self.path.name} in {profile}") as bar:
            quantize = accuracy.cached(writable_dir(build_dir() / "models"), Options(), bar)
            return quantize(shape, weights, profiles.load(profile), calibration).model
