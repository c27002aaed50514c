# SPDX-License-Identifier: Apache-2.0
"""Tables of what `ternary_accel` reached, from its records."""

from harness.bench.ternary_record import TernaryRecord
from harness.bench.ternary_workloads import goals
from reports.models import PROMPTS, STEPS, WHERE, Column, Columns, Page, count, run_columns

DECODE_NOTE = (
    "A step is a whole token of each text from choice to choice: embedding, every layer with its cache read and the "
    "new position written, final norm, head, choice. The roof is the format's minimum of bytes at the memory's rate: "
    "weights, every scale, int8 head, norms, keys and values with their exponents, a prefix that texts share once; no "
    "padding. Caches are random numbers of a real one's range. Keys and values: what the start reads of them, over "
    "what one of the texts would read alone, and what it would be if every text had its prefix for itself. "
    "Of a share of the layers nothing is compared with a paper."
)
PREFILL_NOTE = (
    "Cycles from the start until the prompt has passed the last layer; the head is told apart. Useful: multiplications "
    "of the ternary layers without padding, of what all multipliers could do in these cycles, attention's not among "
    "them."
)


def _printed(r: TernaryRecord) -> str:
    scale = 1.0 if r.work == "decode" else 1e3
    return f"{r.printed.value * scale:g} ({r.printed.paper}; {r.printed.how})" if r.printed else "none"


def _times(r: TernaryRecord) -> str:
    return f"{r.times_printed:.2f}" if r.printed else ""


def _estimated(r: TernaryRecord) -> str:
    seconds = r.whole_cycles / (r.clock_mhz * 1e6)
    return f"{r.texts / seconds:,.2f}" if r.work == "decode" else f"{1e3 * seconds:,.2f}"


_RUN = run_columns("no cache", "stall_cache")
_TIMES: Columns = ((Column("times published"), _times),)
_CACHE: Columns = (
    (Column("texts"), lambda r: str(r.texts)),
    (Column("shared positions"), lambda r: count(r.prefix)),
    (Column("own positions"), lambda r: ", ".join(map(str, r.own))),
    (Column("keys and values, MB"), lambda r: f"{r.cache_bytes / 1e6:,.3f}"),
    (Column("of one text's"), lambda r: f"{r.cache_times_one:.3f}"),
    (Column("unshared, MB", source="estimated"), lambda r: f"{r.cache_bytes_alone / 1e6:,.3f}"),
    (Column("tiles taken"), lambda r: count(r.counters.cache_beats)),
)
_DECODE: Columns = (
    *WHERE,
    *_CACHE,
    *STEPS,
    (Column("all layers, tok/s", source="estimated"), _estimated),
    (Column("published tok/s", source="quoted"), _printed),
    *_TIMES,
    *_RUN,
)
_PREFILL: Columns = (
    *WHERE,
    *PROMPTS,
    (Column("all layers, ms", source="estimated"), _estimated),
    (Column("published first token, ms", source="quoted"), _printed),
    *_TIMES,
    *_RUN,
)

PAGE = Page[TernaryRecord](
    name="ternary",
    title="Ternary accelerator",
    arguments="--board sim:kv260 --model bitnet-0.73b --workload tg1@1024",
    key=lambda r: (r.title, r.board, r.config, r.memory),
    decode=_DECODE,
    prefill=_PREFILL,
    notes=(DECODE_NOTE, PREFILL_NOTE),
    goals=goals,
)
