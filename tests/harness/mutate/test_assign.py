# SPDX-License-Identifier: Apache-2.0
"""Which tests judge a module: its own, those that its header names, those of the nearest top, a kernel's regression."""

from pathlib import Path

from harness.mutate.assign import TESTS, judges


def library(folder: Path, **texts: str) -> dict[str, Path]:
    """Write modules and return them by name."""
    for name, text in texts.items():
        (folder / f"{name}.v").write_text(f"module {name} (\n);\n{text}\nendmodule\n")
    return {name: folder / f"{name}.v" for name in texts}


def test_own_tests_come_first(tmp_path: Path) -> None:
    """Whatever its header names and whatever it is a part of."""
    found = judges(
        library(tmp_path, strm_fifo="// Test : tests/rtl/test_strm_skid.py", strm_skid="  strm_fifo u_f ();")
    )
    assert (found["strm_fifo"].of, found["strm_fifo"].test) == ("strm_fifo", TESTS / "test_strm_fifo.py")


def test_the_header_counts_before_the_parents(tmp_path: Path) -> None:
    """Only if it names tests of a module."""
    texts = {"a": "// Test         : tests/rtl/test_m2_dot.py", "b": "// Test : tests/boards/test_ternary_kernel.py"}
    found = judges(library(tmp_path, **texts, strm_skid="  a u_a ();\n  b u_b ();"))
    assert {name: found[name].of for name in ("a", "b")} == {"a": "m2_dot", "b": "strm_skid"}


def test_the_nearest_parent(tmp_path: Path) -> None:
    """Of several equally near the first by name; a cycle of names ends the search."""
    found = judges(
        library(
            tmp_path,
            leaf="  loop u_l ();",
            loop="  leaf u_l ();",
            between="  leaf u_leaf ();",
            strm_fifo="  between u_b ();",
            strm_fork="  leaf u_leaf ();",
            strm_skid="  leaf u_leaf ();",
        )
    )
    assert found["leaf"].of == "strm_fork"
    assert found["between"].of == "strm_fifo"


def test_a_kernel_without_a_unit_test(tmp_path: Path) -> None:
    """Its first simulation on Icarus judges it, and what only it contains."""
    found = judges(library(tmp_path, ternary_accel="  part u_part ();", part="", lonely=""))
    for name in ("ternary_accel", "part"):
        entry = found[name].entry
        assert entry is not None
        assert (found[name].of, entry.kernel, entry.simulator) == ("ternary_accel", "ternary_accel", "icarus")
        assert found[name].test.is_file()
    assert "lonely" not in found
