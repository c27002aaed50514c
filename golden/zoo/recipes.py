# SPDX-License-Identifier: Apache-2.0
"""How each model of the zoo is trained."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from golden.errors import InputError


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a run.

    `factory` is `module:function`, called as `function(seed=..., dropout=...)`. A batch is `batch` windows of
    `context` bytes. Rates are the largest ones of Muon (`matrix_rate`) and AdamW (`vector_rate`); `warmup` and `decay`
    are fractions of the run. `minutes` replaces `steps` by a time bound (the result then depends on the machine).
    `bfloat16` multiplies matrices in that format; None means where the processor has units for it (AMX).
    """

    factory: str
    steps: int
    seed: int = 1
    batch: int = 16
    context: int = 256
    matrix_rate: float = 3e-3
    vector_rate: float = 3e-3
    weight_decay: float = 0.1
    dropout: float = 0.0
    warmup: float = 0.02
    decay: float = 0.6
    validate_every: int = 250
    minutes: float | None = None
    bfloat16: bool | None = None
    compile: bool = False

    def changed(self, settings: Sequence[str]) -> "Recipe":
        """This recipe with `KEY=VALUE` settings applied; InputError on an unknown key or a value that is no literal."""
        result = self
        known = {f.name for f in fields(self)}
        for setting in settings:
            key, _, value = setting.partition("=")
            if key not in known:
                raise InputError(f"recipe: unknown key {key!r}; expected one of {', '.join(sorted(known))}")
            try:
                result = replace(result, **{key: ast.literal_eval(value)})
            except (ValueError, SyntaxError):
                raise InputError(f"recipe: {key} = {value!r} is not a number, True or False") from None
        return result


RECIPES = {
    "bitnet-tiny": Recipe(
        "golden.zoo.bitnet:build", steps=9_300, matrix_rate=1.2e-2, vector_rate=5e-3, validate_every=300, compile=True
    ),
    "mamba2-tiny": Recipe(
        "golden.zoo.mamba2:build",
        steps=6_000,
        batch=4,
        context=512,
        vector_rate=6e-3,
        dropout=0.1,
        validate_every=500,
        bfloat16=True,
        compile=True,
    ),
}
