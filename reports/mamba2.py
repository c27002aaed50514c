# SPDX-License-Identifier: Apache-2.0
"""Tables of what `mamba2_accel` reached, from its records."""

from golden.mamba2.accel.quoted import Speed, quoted
from golden.mamba2.integer.profile import load as load_profile
from harness.bench.mamba2_record import Mamba2Record
from harness.bench.mamba2_workloads import goals
from reports.models import PROMPTS, STEPS, WHERE, Column, Columns, Page, run_columns

DECODE_NOTE = (
    "A step is a whole token from choice to choice: embedding, every layer with its state read and written, final "
    "norm, head, choice. The roof is the format's minimum of bytes at the memory's rate: weights, every scale, head, "
    "parameters, state except that of layers on chip; no padding. Ports: beats of all ports over the start, of what "
    "the memory delivers."
)
PREFILL_NOTE = (
    "Cycles from the start until the prompt has passed the last layer; the head is told apart. Useful: multiplications "
    "of in_proj and out_proj without padding, of what all multipliers could do in these cycles."
)


def _published(r: Mamba2Record) -> Speed | None:
    return quoted(r.board.removeprefix("sim:"), r.model, load_profile(r.profile).weight_bits, r.work)


def _printed(r: Mamba2Record) -> str:
    found = _published(r)
    return f"{found.rate:g} ({found.paper}; {found.how})" if found else "none"


def _times(r: Mamba2Record) -> str:
    found = _published(r)
    return f"{r.rate / found.rate:.2f}" if found else ""


_RUN = run_columns("no state", "stall_state")
_PAPER: Columns = (
    (Column("published tok/s", source="quoted"), _printed),
    (Column("times published"), _times),
)
_STATE: Columns = ((Column("layers' state on chip"), lambda r: f"{r.on_chip} of {r.shape.n_layer}"),)
_DECODE = WHERE + _STATE + STEPS + _PAPER + _RUN
_PREFILL = WHERE + PROMPTS + _PAPER + _RUN

PAGE = Page[Mamba2Record](
    name="mamba2",
    title="Mamba2 accelerator",
    arguments="--board sim:u280 --model 2.7b --workload tg1",
    key=lambda r: (r.model, r.workload, r.board, r.config, r.memory),
    decode=_DECODE,
    prefill=_PREFILL,
    notes=(DECODE_NOTE, PREFILL_NOTE),
    goals=goals,
)
