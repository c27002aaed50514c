# SPDX-License-Identifier: Apache-2.0
"""The search for what a design instantiates; whole kernels are tests/harness/sim/test_model.py's."""

from pathlib import Path

from harness.verilog import with_children

FILES = {
    "top": "  middle #(\n      .W(3)\n  ) u_a (.a(a));\n  leaf u_b (.a(a));\n  other_thing u_c (.a(a));\n",
    "middle": "  generate\n    leaf\n  #( .W(1)) u_leaf (.a(a));\n",
    "leaf": "  // unused u_x (\n  assign y = unused;\n  // deep\n  deep u_deep(.a(a));",
    "deep": "",
    "unused": "  deep u_deep (.a(a));",
}


def test_a_design_is_its_modules_children_first(tmp_path: Path) -> None:
    """Instances with parameters and without are found at any depth, once; names in comments and elsewhere are none."""
    library = [tmp_path / f"{name}.v" for name in FILES]
    for path in library:
        path.write_text(FILES[path.stem])
    found = with_children(tmp_path / "top.v", library)
    assert [path.stem for path in found] == ["deep", "leaf", "middle", "top"]


def test_only_the_library_is_searched(tmp_path: Path) -> None:
    """What is not in the library is left out, with all below it."""
    for name, text in FILES.items():
        (tmp_path / f"{name}.v").write_text(text)
    found = with_children(tmp_path / "top.v", [tmp_path / "middle.v", tmp_path / "deep.v"])
    assert [path.stem for path in found] == ["middle", "top"]
