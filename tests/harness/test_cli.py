# SPDX-License-Identifier: Apache-2.0
"""The command line's edges: every error is one line on standard error and an exit code, and leaves nothing behind."""

import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from golden import vectors
from harness import cli, generate
from harness.paths import ROOT
from tests.command import Krait, Ran
from tests.harness.samples import record, regression, result


def expect(ran: Ran, code: int, *words: str) -> None:
    """One line on standard error that holds `words`, nothing on standard output, the exit code."""
    assert ran.code == code, ran
    assert ran.out == ""
    assert ran.err.startswith("krait: ")
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from harness.bundles import make_random

    return make_random(9, 41, 1, "sim", out=tmp_path_factory.mktemp("bundles"))


def copy(bundle: Path, folder: Path) -> Path:
    target = folder / bundle.name
    target.mkdir()
    for path in bundle.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    return target


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nosuch"], ["No such command 'nosuch'"]),
        (["gen", "--nosuch"], ["No such option", "--nosuch"]),
        (["regress", "--jobs", "0"], ["--jobs", "greater than or equal to 1"]),
        (["regress", "--seed", "x"], ["--seed", "integer"]),
        (["regress", "nosuch"], ["regress: found 'nosuch'", "smoke", "or a pattern"]),
        (["bench", "--board", "nosuch"], ["'nosuch'", "sim, u280"]),
        (["board", "info", "nosuch"], ["'nosuch'", "sim, u280"]),
        (["board", "info"], ["Missing argument"]),
        (["board", "selftest", "nosuch"], ["board: found 'nosuch'", "sim, u280"]),
        (["vectors", "make"], ["--model", "--shape"]),
        (["vectors", "make", "--model", "bitnet-tiny", "--shape", "8x8"], ["--model", "--shape"]),
        (["vectors", "make", "--model", "nosuch"], ["'nosuch'", "bitnet-tiny"]),
        (["vectors", "make", "--model", "bitnet-tiny", "--tokens", "0"], ["0 tokens", "expected 1 .."]),
        (["vectors", "make", "--shape", "8x8", "--config", "nosuch"], ["nosuch", "sim512"]),
        (["vectors", "make", "--shape", "8x8", "--starts", "0"], ["at least 1"]),
        (["vectors", "make", "--shape", "8x20481"], ["BAD_COL_BLOCKS", "20480 columns"]),
        (["vectors", "make", "--shape", "99999999999x8"], ["BAD_ROW_TILES", "rows"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) and value[0] != value[-1] else None,
)
def test_a_wrong_argument_is_refused(
    arguments: list[str], words: list[str], krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown commands, options, names and values: exit code 2, what was found and what is expected, no output."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    expect(krait(*arguments), 2, *words)
    assert not [path for path in (tmp_path / "build").rglob("*") if path.is_file()]


@pytest.mark.parametrize("shape", ["8", "8x", "x8", "8x8x8", "ax8", "-1x4", "8X8", "0x8", ""])
def test_a_bad_shape_is_refused(shape: str, krait: Krait, tmp_path: Path) -> None:
    """--shape is ROWSxCOLS, both at least 1; no bundle is made of anything else."""
    expect(krait("vectors", "make", f"--shape={shape}", "--out", tmp_path), 2)
    assert list(tmp_path.iterdir()) == []


def truncate(folder: Path) -> None:
    path = folder / vectors.TENSORS
    path.write_bytes(path.read_bytes()[:-9])


def change_byte(folder: Path) -> None:
    path = folder / vectors.TENSORS
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def edit(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / vectors.MANIFEST
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return change


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (truncate, [vectors.TENSORS]),
        (change_byte, [vectors.TENSORS, "sha256"]),
        (lambda folder: (folder / vectors.TENSORS).unlink(), [vectors.TENSORS, "no such file"]),
        (lambda folder: (folder / vectors.MANIFEST).write_text("{"), [vectors.MANIFEST, "JSON"]),
        (lambda folder: (folder / vectors.MANIFEST).write_bytes(b"\xff\xfe"), [vectors.MANIFEST]),
        (lambda folder: (folder / vectors.MANIFEST).write_text("[]"), [vectors.MANIFEST, "a table"]),
        (edit(schema=99), ["schema: found 99, expected 1"]),
        (edit(surprise=1), ["surprise"]),
        (edit(seed="one"), ["seed: found 'one'"]),
        (edit(seed=99), ["name"]),
    ],
    ids=["truncated", "changed", "no-tensors", "not-json", "not-text", "no-table", "schema", "key", "type", "name"],
)
def test_a_damaged_bundle_is_refused(
    damage: Callable[[Path], None], words: list[str], bundle: Path, krait: Krait, tmp_path: Path
) -> None:
    """Every command that reads a bundle refuses it with the file and the reason, before anything is recorded."""
    broken = copy(bundle, tmp_path)
    assert krait("vectors", "check", broken).code == 0
    damage(broken)
    expect(krait("vectors", "check", broken), 2, *words)
    expect(krait("vectors", "diff", bundle, broken), 2, *words)
    expect(krait("bench", "--bundle", broken, "--out", tmp_path / "out"), 2, *words)
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_a_foreign_or_missing_bundle_is_refused(bundle: Path, krait: Krait, tmp_path: Path) -> None:
    """A bundle for another configuration or board, and a path that holds no bundle, are the input's fault."""
    expect(krait("vectors", "check", bundle, "--config", "sim512"), 2, "sim512")
    expect(krait("vectors", "check", bundle, "--config", "nosuch"), 2, "nosuch", "sim512")
    expect(krait("vectors", "check", tmp_path), 2, vectors.MANIFEST)
    expect(krait("vectors", "check", bundle / vectors.MANIFEST), 2, vectors.MANIFEST)
    expect(krait("bench", "--bundle", bundle, "--board", "nosuch", "--out", tmp_path), 2, "nosuch")
    expect(krait("bench", "--bundle", bundle, "--board", "sim:u280", "--out", tmp_path), 2, "u280")
    expect(krait("bench", "--bundle", bundle, "--memory", "fast", "--out", tmp_path), 2, "'fast'", "ideal or model")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["vectors", "make", "--shape", "8x8", "--out"],
        ["vectors", "make", "--model", "bitnet-tiny", "--out"],
        ["regress", "smoke", "--out"],
        ["bench", "--out"],
    ],
    ids=["random", "model", "regress", "bench"],
)
def test_an_unwritable_output_is_the_machines_fault(arguments: list[str], krait: Krait, tmp_path: Path) -> None:
    """Exit code 3 before any work is done: what could not be written, and which option helps."""
    (tmp_path / "file").write_text("kept")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        expect(krait(*arguments, place), 3, str(place), "choose another --out")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable for root")
def test_a_read_only_folder_is_the_machines_fault(krait: Krait, tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    expect(krait("vectors", "make", "--shape", "8x8", "--out", tmp_path), 3, "choose another --out")
    tmp_path.chmod(0o755)


RESULTS = asdict(regression(result()))
RECORD = asdict(record())


@pytest.mark.parametrize(
    ("option", "text", "words"),
    [
        ("--results", b"{", ["results.json", "run krait regress again"]),
        ("--results", b"\xff\xfe\x00", ["results.json", "run krait regress again"]),
        ("--results", json.dumps(RESULTS | {"schema": 0}).encode(), ["schema: found 0, expected 2"]),
        ("--results", json.dumps(RESULTS | {"surprise": 1}).encode(), ["surprise"]),
        ("--results", b"[]", ["a table"]),
        ("--records", b"{\n", ["records.jsonl:1", "not JSON"]),
        ("--records", b"\xff\xfe\x00\n", ["records.jsonl"]),
        ("--records", (json.dumps(RECORD | {"ports": "two"}) + "\n").encode(), ["records.jsonl:1", "ports"]),
    ],
)
def test_malformed_results_are_refused(
    option: str, text: bytes, words: list[str], krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report is not made from a file that cannot be read whole; the error names file, line and key."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    path = tmp_path / {"--results": "results.json", "--records": "records.jsonl"}[option]
    path.write_bytes(text)
    expect(krait("report", option, path, "--out", tmp_path / "page.html"), 2, *words)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_report_needs_an_input(krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has run, or a named file is not there: exit code 2 and no page."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    page = tmp_path / "page.html"
    expect(krait("report", "--out", page), 2, "run krait regress and krait bench")
    expect(krait("report", "--out", page, "--records", tmp_path / "no.jsonl"), 2, "--records", "no.jsonl")
    expect(krait("report", "--out", page, "--results", tmp_path), 2, "--results")
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_cannot_be_written(krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    (tmp_path / "records.jsonl").write_text(json.dumps(RECORD) + "\n")
    expect(krait("report", "--records", tmp_path / "records.jsonl", "--out", tmp_path), 3, "choose another --out")
    assert [path.name for path in tmp_path.iterdir()] == ["records.jsonl"]


def test_doctor_without_a_compiler(krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without compiler and make the lines say how to get them, and the exit code is 3."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    ran = krait("doctor")
    assert "needed: apt install g++" in ran.out
    assert "optional: apt install iverilog" in ran.out
    expect(ran._replace(out=""), 3, "a needed tool is missing")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ValueError("two\nlines"), 3, ["internal error: ValueError: two lines", "--debug"]),
        (OSError(28, "No space left on device", "/some/file"), 3, ["/some/file: No space left on device"]),
    ],
)
def test_an_unforeseen_error_is_one_line(
    error: Exception, code: int, words: list[str], krait: Krait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback reaches a user who did not ask for it; --debug shows it."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(generate, "check", fail)
    expect(krait("gen", "--check"), code, *words)
    monkeypatch.setattr(sys, "argv", ["krait", "--debug", "gen", "--check"])
    with pytest.raises(type(error)):
        cli.main()


def test_an_interrupt_ends_with_130(krait: Krait, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(generate, "check", interrupt)
    assert krait("gen", "--check") == Ran(130, "", "")


def test_help_and_version(krait: Krait) -> None:
    """Help is on standard output; without a command it is shown too, with the exit code of a wrong call."""
    assert krait("--version") == Ran(0, f"krait {importlib.metadata.version('krait')}\n", "")
    assert krait("--help").code == 0
    bare = krait()
    assert (bare.code, bare.err) == (2, "")
    assert "regress" in bare.out


def test_the_installed_command_answers() -> None:
    """`krait` of the virtual environment is this command line."""
    command = Path(sys.executable).with_name("krait")
    assert command.exists(), "krait is not installed beside this Python; pip install -e '.[dev]'"
    done = subprocess.run([command, "board", "info", "nosuch"], cwd=ROOT, capture_output=True, text=True, check=False)
    expect(Ran(done.returncode, done.stdout, done.stderr), 2, "nosuch")


@pytest.mark.parametrize(
    ("body", "code"),
    [("def test_it():\n    assert True\n", 0), ("def test_it():\n    assert False\n", 1), ("", 1)],
    ids=["pass", "fail", "nothing-ran"],
)
def test_test_passes_the_verdict_on(
    body: str, code: int, krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`krait test` ends 0 only if tests ran and passed."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    (tmp_path / "test_it.py").write_text(body)
    assert krait("test", "--jobs", 1, tmp_path).code == code
    (part,) = (tmp_path / "build" / "test").iterdir()
    assert part.name.startswith("part-")
