# SPDX-License-Identifier: Apache-2.0
"""A waiver says what, why and until when; anything less is refused, and so is one whose day has passed."""

from datetime import date
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.regress import waivers
from harness.regress.plan import entries
from harness.regress.waivers import Waiver, find, read
from tests.command import Krait
from tests.harness.regress import toys

TODAY = date(2026, 11, 22)
GOOD = {"test": "random_*", "signature": "tensor y: *", "reason": "known", "expires": "2026-11-22"}
NAMES = ("random_0", "registers")


def write(folder: Path, **changes: str | None) -> Path:
    fields = {key: value for key, value in (GOOD | changes).items() if value is not None}
    path = folder / "waivers.toml"
    path.write_text("[[waiver]]\n" + "".join(f"{key} = {value!r}\n" for key, value in fields.items()))
    return path


def test_the_committed_file_is_good() -> None:
    """As krait reads it; a waiver in it that expires makes this test fail, too."""
    read(waivers.DEFAULT, entries())


def test_a_waiver_covers_its_test_and_signature(tmp_path: Path) -> None:
    """On its last day it still counts; another test or signature is not covered; brackets are no patterns."""
    known = read(write(tmp_path), NAMES, TODAY)
    assert find(known, "random_0", "tensor y: row *") == known[0] == Waiver(**GOOD)
    assert find(known, "registers", "tensor y: row *") is None
    assert find(known, "random_0", "tensor x: row *") is None
    assert find([Waiver("a", "golden [*]", "r", "2026-11-22")], "a", "golden [*]") is not None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires": "2026-11-21"}, ["waiver[0].expires", "found 2026-11-21", "2026-11-22 or later", "known"]),
        ({"expires": "tomorrow"}, ["waiver[0].expires", "found 'tomorrow'", "a date such as"]),
        ({"expires": None}, ["waiver[0].expires", "this key to be given"]),
        ({"reason": " "}, ["waiver[0].reason", "some text"]),
        ({"signature": "*"}, ["waiver[0].signature", "not of all"]),
        ({"test": "nosuch*"}, ["waiver[0].test", "found 'nosuch*'"]),
        ({"surprise": "x"}, ["waiver[0].surprise", "no such key"]),
    ],
)
def test_a_bad_waiver_is_refused(changes: dict[str, str | None], words: list[str], tmp_path: Path) -> None:
    """One line with the file, the waiver, what was found and what is expected."""
    with pytest.raises(InputError) as caught:
        read(write(tmp_path, **changes), NAMES, TODAY)
    for word in ("waivers.toml", *words):
        assert word in str(caught.value)


@pytest.mark.icarus
def test_the_command_line_waives(krait: Krait, tmp_path: Path) -> None:
    """A waived failure is WAIVED with its reason; alone it is no pass. An expired waiver is exit code 2, none ran."""
    path = write(tmp_path, test="raises", signature="RuntimeError raised", expires="2999-12-31")
    with toys.kernel("passes", "raises"):
        ran = krait("regress", "smoke", "--waivers", path, "--out", tmp_path / "both", "--no-waves", "-j", 2)
        assert ran.code == 0, ran
        assert "1 waived" in ran.out
        assert "waived until 2999-12-31: known" in ran.out
        assert krait("regress", "raises", "--waivers", path, "--out", tmp_path / "one", "--no-waves").code == 1
        old = write(tmp_path, test="raises", expires="2020-01-01")
        refused = krait("regress", "smoke", "--waivers", old, "--out", tmp_path / "none")
    assert (refused.code, refused.out) == (2, "")
    assert "waiver[0].expires" in refused.err
    assert not (tmp_path / "none").exists()
