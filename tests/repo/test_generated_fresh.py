# SPDX-License-Identifier: Apache-2.0
"""Generated files: the committed ones are what the declarations give, and the check sees when they are not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from golden.errors import CheckError
from harness import generate
from harness.generate import MARK, check, generated, write
from harness.paths import ROOT

TEXTS = {str(path.relative_to(ROOT)): text for path, text in generated().items()}


@pytest.fixture
def made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the declarations give is made once for all files: it takes a second, and only the comparison is tested."""
    texts: Callable[[Path], dict[Path, str]] = lambda root=ROOT: {root / name: text for name, text in TEXTS.items()}  # noqa: E731
    monkeypatch.setattr(generate, "generated", texts)


def test_committed_files_are_fresh() -> None:
    """Generating again changes no committed file."""
    check()


def test_generation_is_deterministic_and_says_its_source() -> None:
    """Two runs give the same text; each file carries the licence, its sources, and that it is generated."""
    texts = generated()
    assert texts == generated()
    for path, text in texts.items():
        assert "SPDX-License-Identifier: Apache-2.0" in text.splitlines()[0], path
        assert MARK in text, path
        assert "golden/spec/" in text.split(MARK)[1].splitlines()[0], path
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path


@pytest.mark.usefixtures("made_once")
@pytest.mark.parametrize("name", sorted(TEXTS))
def test_an_edited_or_missing_file_is_named(tmp_path: Path, name: str) -> None:
    """A generated file that was edited or removed fails the check by name, with the command; writing repairs it."""
    write(tmp_path)
    check(tmp_path)
    path = tmp_path / name
    path.write_text(path.read_text() + "\n")
    with pytest.raises(CheckError, match=f"^{name}: .*run `make gen`"):
        check(tmp_path)
    path.unlink()
    with pytest.raises(CheckError, match=f"^{name}: "):
        check(tmp_path)
    assert write(tmp_path) == [path]
    assert write(tmp_path) == []


@pytest.mark.usefixtures("made_once")
def test_a_leftover_is_named_and_removed(tmp_path: Path) -> None:
    """A generated file whose declaration is gone fails the check, and generating removes it; other files stay."""
    write(tmp_path)
    old = tmp_path / "hw/verilog/gen/tern_matvec_old.v"
    old.write_text(f"// {MARK} golden/spec/configs/tern_matvec.toml.\n")
    own = tmp_path / "hw/verilog/gen/notes.txt"
    own.write_text("kept\n")
    with pytest.raises(CheckError, match=r"tern_matvec_old\.v: "):
        check(tmp_path)
    assert write(tmp_path) == [old]
    assert not old.exists()
    assert own.exists()
