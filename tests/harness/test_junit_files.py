# SPDX-License-Identifier: Apache-2.0
"""Where `krait test` leaves results: a part of the tests never replaces those of all."""

from pathlib import Path

from harness.junit_files import place, supersede


def test_each_choice_has_its_file(tmp_path: Path) -> None:
    """All tests have junit.xml; other files, their order aside, another file; --power-up is a choice, too."""
    assert place(tmp_path, [], power_up=False) == tmp_path / "junit.xml"
    one, two = (place(tmp_path, [name], power_up=False) for name in "ab")
    both = [place(tmp_path, names, power_up=False) for names in ("ab", "ba")]
    random = [place(tmp_path, names, power_up=True) for names in ("", "a")]
    assert both[0] == both[1]
    assert len({tmp_path / "junit.xml", one, two, both[0], *random}) == 6
    assert all(path.parent == tmp_path and path.suffix == ".xml" for path in (one, two, *both, *random))


def test_all_tests_hold_what_parts_left(tmp_path: Path) -> None:
    """Their files go when all have run; a part removes nothing, and what is none of ours stays."""
    part, whole, night = place(tmp_path, ["a"], power_up=False), tmp_path / "junit.xml", tmp_path / "nightly.xml"
    for path in (part, whole, night):
        path.write_text("")
    supersede(part)
    assert part.exists()
    supersede(whole)
    assert {path.name for path in tmp_path.iterdir()} == {"junit.xml", "nightly.xml"}
