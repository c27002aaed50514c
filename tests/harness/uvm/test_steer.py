# SPDX-License-Identifier: Apache-2.0
"""From bins to knobs: settings join where they agree, crosses need what their points need."""

from harness.uvm.items import Action
from harness.uvm.steer import Bin, Steering, by, needs, together, where

STEERING = Steering(
    points={
        "size": by("size", ("small", "large")),
        "kind": {**by("kind", Action, size="large"), "odd": None},
        "any": {"seen": {}},
    },
    crosses={"size_x_kind": ("size", "kind")},
)


def test_settings_join_where_they_agree() -> None:
    """Values of one knob are intersected, knobs of one setting are kept, and nothing in common is None."""
    assert together({"a": ("1", "2")}, {"a": ("2", "3"), "b": ("4",)}) == {"a": ("2",), "b": ("4",)}
    assert together({"a": ("1",)}, {"a": ("2",)}) is None
    assert together({}, {"a": ("1",)}) == {"a": ("1",)}


def test_every_bin_is_listed_once() -> None:
    """Points first, then crosses, whose bins are called as pyvsc calls them."""
    assert len(STEERING.bins) == len(set(STEERING.bins)) == 2 + 8 + 1 + 2 * 8
    assert STEERING.bins[-1] == Bin("size_x_kind", "<large,odd>")
    assert str(STEERING.bins[0]) == "size.small"


def test_a_cross_needs_what_its_points_need() -> None:
    """Joined; None where points exclude each other, or one of them is led by no knob."""
    assert STEERING.setting(Bin("size_x_kind", "<large,RUN>")) == {"size": ("large",), "kind": ("RUN",)}
    assert STEERING.setting(Bin("size_x_kind", "<small,RUN>")) is None
    assert STEERING.setting(Bin("size_x_kind", "<large,odd>")) is None
    assert STEERING.setting(Bin("any", "seen")) == {}
    assert STEERING.setting(Bin("any", "other")) is None
    assert STEERING.setting(Bin("other", "seen")) is None
    assert STEERING.setting(Bin("size_x_kind", "<huge,RUN>")) is None, "of another configuration, say"


def test_values_are_written_as_jobs_have_them() -> None:
    """One value, several, enumerations by name, numbers of which something holds."""
    assert needs(a=Action.RUN, b=(1, True)) == {"a": ("RUN",), "b": ("1", "True")}
    assert where(range(4), (n % 2 == 1 for n in range(4))) == ("1", "3")
