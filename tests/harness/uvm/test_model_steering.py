# SPDX-License-Identifier: Apache-2.0
"""What leads to bins that accelerators of whole models have alike: prompts by their law, refusals by golden's code."""

from enum import IntEnum

from harness.uvm import model_steering
from harness.uvm.model_knobs import PROMPTS, ZOO, prompt_tokens
from harness.uvm.model_start import WHOLE
from harness.uvm.model_steering import listed, seen, status, texts
from harness.uvm.steer import TEST, needs

T_COLS = 4
TEXTS = texts(T_COLS, ("plain", "odd"), "gate")


class Code(IntEnum):
    """Of a kernel that refuses widths and reads badly."""

    NONE = 0
    AXI_READ = 5
    BAD_WIDTH = 16
    BAD_TOKEN = 27


def test_prompts_are_those_of_their_bin() -> None:
    """Every prompt is in one bin of each point, by the tokens that it has; results must be compared whole."""
    for point, law in (("prompt", lambda n: n % T_COLS), ("chunks", lambda n: min(-(-n // T_COLS), 3))):
        bins = list(TEXTS[point].values())
        for prompt in PROMPTS:
            (found,) = [index for index, each in enumerate(bins) if each and prompt in each["prompt"]]
            assert found + (point == "chunks") == law(prompt_tokens(prompt, T_COLS))
        assert all(each and each["action"] == needs(a=WHOLE)["a"] for each in bins)


def test_taps_follow_their_names() -> None:
    """Nothing, three points of all layers, three of one."""
    assert {name: (each or {})["tap"] for name, each in TEXTS["tap"].items()} == {
        "nothing": ("0",),
        "linear_of_all": ("1",),
        "residual_of_all": ("2",),
        "gate_of_all": ("3",),
        "linear_of_one": ("1",),
        "residual_of_one": ("2",),
        "gate_of_one": ("3",),
    }
    assert TEXTS["style"][ZOO] == {TEST: ("DecodingTest",)}


def test_errors_follow_from_what_is_refused() -> None:
    """An argument that golden takes leads nowhere; a code has all arguments that are refused with it."""
    refused = {"odd": Code.BAD_WIDTH, "wide": Code.BAD_WIDTH, "fine": Code.NONE}
    points = status(2, Code, refused, {"BAD_TOKEN": needs(bad="token")}, {"e_read": needs(region=0)})
    assert points["error"]["BAD_WIDTH"] == {"illegal": ("odd", "wide"), "action": ("ILLEGAL",)}
    assert points["error"]["BAD_TOKEN"] == {"action": ("BAD_DATA",), "bad": ("token",)}
    assert points["error"]["AXI_READ"] == {"action": ("READ_ERROR",)}
    assert points["illegal"]["fine"] is None
    assert list(points["port"]) == ["0", "1"]
    assert points["fault"] == {"e_read": {"region": ("0",)}}


def test_no_value_is_no_setting() -> None:
    """A knob without such a value steers nothing; extremes have a setting of their own, or any whole start."""
    assert listed("knob", []) is None
    assert listed("knob", [1, 2], action="RUN") == {"knob": ("1", "2"), "action": ("RUN",)}
    whole = needs(action=WHOLE)
    assert seen(("a", "b"), {"a": needs(style="odd")}) == {
        "a": {"seen": {**whole, "style": ("odd",)}},
        "b": {"seen": whole},
    }
    assert model_steering.CROSSES["boundary"] == ("prompt", "generate")
