# SPDX-License-Identifier: Apache-2.0
"""Which knobs lead to the bins that accelerators of whole models have alike (`cover_texts`, `cover_status`)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum

from harness.uvm.model_coverage import tap_names
from harness.uvm.model_knobs import GENERATE, LAYERS, PROMPTS, ZOO, prompt_tokens
from harness.uvm.model_start import WHOLE, Action
from harness.uvm.stalls import StallKind
from harness.uvm.steer import TEST, Point, Setting, by, needs

FAULTY = (Action.READ_ERROR, Action.WRITE_ERROR)
CROSSES = {
    "boundary": ("prompt", "generate"),
    "action_x_stalls": ("action", "stalls"),
    "fault_x_port": ("fault", "port"),
}
"""Of `cover_texts` and `cover_status`."""


def texts(t_cols: int, styles: tuple[str, ...], vector: str) -> dict[str, Point]:
    """Points of layers, text, style and tap; they count where all results are compared."""
    return {
        "layers": by("layers", LAYERS, action=WHOLE),
        "prompt": {str(n): _prompts(lambda tokens, n=n: tokens % t_cols == n, t_cols) for n in range(t_cols)},
        "chunks": {
            name: _prompts(lambda tokens, least=least, most=most: least <= -(-tokens // t_cols) <= most, t_cols)
            for name, least, most in (("1", 1, 1), ("2", 2, 2), ("more", 3, 254))
        },
        "generate": by("generate", GENERATE, action=WHOLE),
        "style": {**by("style", styles, action=WHOLE), ZOO: {TEST: ("DecodingTest",)}},
        "tap": dict(zip(tap_names(vector), _taps(), strict=True)),
    }


def _prompts(chosen: Callable[..., bool], t_cols: int) -> Setting | None:
    """The prompts whose tokens are chosen."""
    return listed("prompt", [each for each in PROMPTS if chosen(prompt_tokens(each, t_cols))], action=WHOLE)


def _taps() -> Iterable[Setting]:
    """Settings of `tap_names`: nothing, three points of all layers, three of one."""
    yield needs(tap=0, action=WHOLE)
    for every in (True, False):
        yield from (needs(tap=point, tap_all=every, action=WHOLE) for point in (1, 2, 3))


def status(
    ports: int,
    errors: type[IntEnum],
    illegal: Mapping[str, IntEnum],
    bad: Mapping[str, Setting],
    faults: Mapping[str, Setting],
) -> dict[str, Point]:
    """Points of `STATUS`: `illegal` says what each argument is refused with, 0 for one that is legal here; `bad` what
    leads to bad data; `faults` where errors are answered."""
    ends = {
        **dict.fromkeys(bad, Action.BAD_DATA),
        "NONE": WHOLE,
        "AXI_READ": Action.READ_ERROR,
        "AXI_WRITE": Action.WRITE_ERROR,
    }
    refused = {code.name: [name for name, found in illegal.items() if found == code] for code in errors}
    return {
        "stalls": by("stalls", StallKind),
        "action": by("action", Action),
        "error": {
            code.name: {**needs(action=ends[code.name]), **bad.get(code.name, {})}
            if code.name in ends
            else listed("illegal", refused[code.name], action=Action.ILLEGAL)
            for code in errors
        },
        "illegal": {
            name: needs(illegal=name, action=Action.ILLEGAL) if code else None for name, code in illegal.items()
        },
        "fault": dict(faults),
        "port": {str(port): needs(port=port, action=FAULTY) for port in range(ports)},
    }


def seen(names: Iterable[str], settings: Mapping[str, Setting]) -> dict[str, Point]:
    """Points of `cover_seen`: a setting of its own for each name, or any start whose results are compared."""
    return {name: {"seen": {**needs(action=WHOLE), **settings.get(name, {})}} for name in names}


def listed(knob: str, values: Sequence[object], **always: object) -> Setting | None:
    """The setting of several values of a knob; None where there is no value."""
    return needs(**{knob: tuple(values)}, **always) if values else None
