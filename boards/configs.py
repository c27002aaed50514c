# SPDX-License-Identifier: Apache-2.0
"""Which configurations of a kernel a board has, and which of them takes a model."""

from boards.facts import Board
from golden.errors import InputError
from golden.spec import KernelConfig, TernAccelConfig, load_configs


def fitting(kernel: str, facts: Board, config: str | None) -> list[KernelConfig]:
    """Configurations of a kernel for a board, or the named one of them. InputError: the board has no such."""
    found = {each.name: each for each in load_configs(kernel).values() if each.board == facts.name}
    if config is None:
        return list(found.values())
    if config not in found:
        expected = ", ".join(sorted(found)) or f"none of {kernel}"
        raise InputError(f"--config: found {config!r}, board {facts.name} has {expected}")
    return [found[config]]


def for_activation(facts: Board, config: str | None, activation: str) -> TernAccelConfig:
    """The named configuration of `ternary_accel`, else the board's first with a model's hidden_act.

    Raises:
        InputError: the board has no such, or it is built for another hidden_act.
    """
    found = [each for each in fitting("ternary_accel", facts, config) if isinstance(each, TernAccelConfig)]
    for each in found:
        if each.activation == activation:
            return each
    built = ", ".join(f"{each.name} for {each.activation}" for each in found) or "none of ternary_accel"
    what = f"--config: {config}" if config else f"--board: {facts.name}"
    raise InputError(f"{what} does not take hidden_act {activation} of the model, there is {built}")
