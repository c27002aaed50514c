# SPDX-License-Identifier: Apache-2.0
"""Workloads of baselines, named like llama-bench's."""

import re

from golden.errors import InputError
from harness.bench.model_workloads import Workload

QUICK = ("pp64", "tg16", "tg16@d64")
"""What runs where no workload is named."""


def workload(name: str) -> Workload:
    """Return the workload of a name. InputError where it is none.

    - ppN: a prompt of N tokens without a cache, until the first choice; the head at its last token alone.
    - tgN@dC: N decode steps behind C positions, from the choice behind them on, each through all layers and the
      head. tgN is tgN@d1; tgN@C, as kernels name it, is the same.
    """
    count = r"([1-9][0-9]{0,3})"
    if found := re.fullmatch(rf"pp{count}", name):
        return Workload(name, "prefill", int(found[1]), 1)
    if found := re.fullmatch(rf"tg{count}(?:@d?{count})?", name):
        steps, context = int(found[1]), int(found[2] or 1)
        return Workload(decode_name(steps, context), "decode", context, steps + 1)
    raise InputError(
        f"--workload: found {name!r}, expected tgN@dC (N decode steps behind C positions) or ppN (a prompt of N tokens)"
    )


def decode_name(steps: int, context: int) -> str:
    """Return the one name of a decode workload."""
    return f"tg{steps}" if context == 1 else f"tg{steps}@d{context}"
