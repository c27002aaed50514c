# SPDX-License-Identifier: Apache-2.0
"""Tables of what `mamba2_accel` reached, from its records."""

from golden.mamba2.accel.quoted import Speed, quoted
from golden.mamba2.integer.profile import load as load_profile
from harness.bench.mamba2_record import Mamba2Record
from harness.bench.mamba2_workloads import goals
from reports import models
from reports.figures import last
from reports.models import PROMPTS, STEPS, WHERE, Column, Columns, Section, Table, run_columns

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


def newest(records: tuple[Mamba2Record, ...]) -> tuple[Mamba2Record, ...]:
    """Keep the last record of each model, workload, board, configuration and memory; order of first appearance."""
    return last(records, lambda r: (r.model, r.workload, r.board, r.config, r.memory))


def tables(records: tuple[Mamba2Record, ...]) -> tuple[Table, ...]:
    """Return the four tables of `models.tables`."""
    return models.tables(records, _DECODE, _PREFILL, (DECODE_NOTE, PREFILL_NOTE))


def section(records: tuple[Mamba2Record, ...]) -> Section:
    """Return what the newest records hold."""
    shown = newest(records)
    command = "krait bench --kernel mamba2_accel"
    return Section(
        name="mamba2",
        title="Mamba2 accelerator",
        command=command,
        example=f"{command} --board sim:u280 --model 2.7b --workload tg1",
        tables=tables(shown) if shown else (),
        goals=models.goal_rows(shown, goals),
        divergences=models.divergences(shown),
    )


def markdown(records: tuple[Mamba2Record, ...]) -> str:
    """Return tables and goals as Markdown."""
    return models.markdown(section(records))


# ---- cells


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
