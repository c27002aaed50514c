# SPDX-License-Identifier: Apache-2.0
"""Where `krait test` leaves results: a part of the tests never replaces those of all."""

from pathlib import Path

from harness.junit_files import place, supersede


def test_each_choice_has_its_file(tmp_path: Path) -> None:
    """All tests have junit.xml; other words, their order aside, another file."""
    assert place(tmp_path, []) == tmp_path / "junit.xml"
    words = (["a"], ["b"], ["a", "b"], ["--power-up"], ["a", "--power-up"], ["ab"])
    found = [place(tmp_path, each) for each in words]
    assert place(tmp_path, ["b", "a"]) == found[2]
    assert len({tmp_path / "junit.xml", *found}) == 1 + len(words)
    assert all(path.parent == tmp_path and path.suffix == ".xml" for path in found)


def test_all_tests_hold_what_parts_left(tmp_path: Path) -> None:
    """Their files go when all have run; a part removes nothing, and what is none of ours stays."""
    part, whole, night = place(tmp_path, ["a"]), tmp_path / "junit.xml", tmp_path / "nightly.xml"
    for path in (part, whole, night):
        path.write_text("")
    supersede(part)
    assert part.exists()
    supersede(whole)
    assert {path.name for path in tmp_path.iterdir()} == {"junit.xml", "nightly.xml"}
