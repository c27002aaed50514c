# SPDX-License-Identifier: Apache-2.0
"""The cache of simulator builds: the same inputs are compiled once, changed inputs always."""

import ctypes
import dataclasses
import re
import subprocess
import threading
import time
from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness.atomic import publish_dir
from harness.build import Clock, IcarusBuild, VerilatorBuild, build
from harness.build import verilator as verilator_step
from harness.build.spec import key, literal
from harness.paths import build_dir
from harness.toolchain import find_compiler

RTL = Path(__file__).parent / "rtl"


@pytest.fixture
def toy(tmp_path) -> VerilatorBuild:
    """A design of its own for each test: the cache has never seen it."""
    for name in ("toy_counter.v", "toy.vh"):
        (tmp_path / name).write_text(f"// {tmp_path} {time.time_ns()}\n{(RTL / name).read_text()}")
    return VerilatorBuild("toy_counter", (tmp_path / "toy_counter.v",), {"WIDTH": 8}, includes=(tmp_path,))


def icarus(spec: VerilatorBuild) -> IcarusBuild:
    return IcarusBuild(spec.top, spec.sources, spec.params, spec.defines, spec.includes)


KINDS = pytest.mark.parametrize("convert", [lambda s: s, pytest.param(icarus, marks=pytest.mark.icarus)])


@KINDS
def test_same_inputs_are_compiled_once(toy, convert):
    """A second build of equal inputs returns the same file, untouched."""
    first = build(convert(toy))
    before = first.stat()
    again = build(convert(dataclasses.replace(toy)))
    assert (again, again.stat().st_ino, again.stat().st_mtime_ns) == (first, before.st_ino, before.st_mtime_ns)


@KINDS
def test_changed_header_is_compiled(toy, convert):
    """A change in a header that the design includes gives another build, and going back the first one."""
    first = build(convert(toy))
    header = toy.includes[0] / "toy.vh"
    original = header.read_text()
    header.write_text(original.replace("1'b1", "2'd2"))
    changed = build(convert(toy))
    assert changed != first
    header.write_text(original)
    assert build(convert(toy)) == first


@pytest.mark.parametrize(
    "change",
    [
        {"params": {"WIDTH": 9}},
        {"defines": {"TOY_END": "$finish"}},
        {"opt": "-O1"},
        {"coverage": True},
        {"trace": True},
        {"kind": "shared"},
        {"public": ("toy_counter.value_q",)},
        {"flags": ("--threads", "2")},
        {"clock": Clock("clk", 10)},
    ],
)
def test_every_option_is_in_the_key(toy, change):
    """Each option of a build changes its key."""
    assert key(toy, []) != key(dataclasses.replace(toy, **change), [])


def test_sources_and_tools_are_in_the_key(toy):
    """A changed source or tool changes the key; a file that the design does not read leaves it."""
    first = key(toy, ["tool 1"])
    assert key(toy, ["tool 2"]) != first
    (toy.includes[0] / "other.txt").write_text("unrelated")
    assert key(toy, ["tool 1"]) == first
    with toy.sources[0].open("a") as handle:
        handle.write("// more\n")
    assert key(toy, ["tool 1"]) != first


def test_compile_flags_are_in_the_key(toy, monkeypatch):
    """What every model is compiled with makes another build, too."""
    first = build(toy)
    flags = verilator_step.compile_flags
    monkeypatch.setattr(verilator_step, "compile_flags", lambda *tools: (*flags(*tools), "-DMORE"))
    assert build(toy) != first


@KINDS
def test_broken_design_is_the_inputs_fault(toy, convert, tmp_path, monkeypatch):
    """The message has the tool's first error line and a log that exists; nothing stays in the cache."""
    toy.sources[0].write_text("module toy_counter(input wire clk);\n  assign nosuch.x = ;\nendmodule\n")
    (tmp_path / "build").mkdir()  # of this test alone: others fill the cache meanwhile
    (tmp_path / "build" / "toolchain").symlink_to(build_dir() / "toolchain")
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    with pytest.raises(InputError, match=r"toy_counter\.v:2.*syntax error") as caught:
        build(convert(toy))
    assert Path(str(caught.value).split("(log: ")[1].rstrip(")")).is_file()
    assert not [path for path in (build_dir() / "sim-cache").glob("*toy_counter*") if path.is_dir()]


def test_missing_source_is_named(tmp_path):
    """A source that does not exist is named before any tool runs."""
    with pytest.raises(InputError, match=r"nosuch\.v"):
        VerilatorBuild("toy", (tmp_path / "nosuch.v",))


def test_module_found_by_search_is_refused(toy, tmp_path):
    """A file that Verilator finds by itself is not in the key, so it has to be listed."""
    (tmp_path / "toy_top.v").write_text("module toy_top(input wire clk); toy_counter u_c(.clk(clk)); endmodule\n")
    with pytest.raises(InputError, match=r"toy_counter\.v; list that in sources"):
        build(VerilatorBuild("toy_top", (tmp_path / "toy_top.v",), includes=toy.includes))


def test_concurrent_builds_compile_once(tmp_path):
    """Of several that want one folder, one fills it and all find it complete."""
    fills: list[int] = []

    def fill(folder: Path) -> None:
        fills.append(1)
        time.sleep(0.2)
        (folder / "result").write_text("done")

    def want() -> None:
        publish_dir(tmp_path / "target", fill)
        assert (tmp_path / "target" / "result").read_text() == "done"

    threads = [threading.Thread(target=want) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fills == [1]


def test_failed_fill_leaves_nothing(tmp_path):
    """A build that fails half-way leaves no folder, so that the next one starts afresh."""

    def fill(folder: Path) -> None:
        (folder / "half").write_text("")
        raise InputError("broken")

    with pytest.raises(InputError):
        publish_dir(tmp_path / "target", fill)
    assert [path.name for path in tmp_path.iterdir()] == [".target.lock"]


def test_what_a_killed_build_left_is_removed(tmp_path):
    """The next build of the same target clears the half-filled folder of one that was killed, and no other."""
    (tmp_path / ".target.abcd_123").mkdir()
    (tmp_path / ".target2.abcd_123").mkdir()
    publish_dir(tmp_path / "target", lambda folder: None)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".target.lock", ".target2.abcd_123", "target"]


def test_unwritable_build_folder_is_the_machines_fault(tmp_path):
    """A build folder that cannot be made is a MachineError of one line."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        publish_dir(tmp_path / "file" / "target", lambda folder: None)


def test_missing_compiler_stops_a_build(toy, monkeypatch, tmp_path):
    """Without a C++ compiler a build says so, as the machine's fault."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(MachineError, match=r"g\+\+"):
        build(toy)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (-5, "-5"),
        (True, "1"),
        (2**31, "64'h80000000"),
        (0x123456789ABCDEF0, "64'h123456789abcdef0"),
        (-(2**40), "64'hffffff0000000000"),
        (1 << 100, "128'h10000000000000000000000000"),
        ("8'hff", "8'hff"),
        ("path", '"path"'),
    ],
)
def test_parameter_literals(value, text):
    """Values beyond 32 bit become sized literals; strings become strings unless they are literals."""
    assert literal(value) == text


def test_shared_models_do_not_mix(toy):
    """Two models of one top in one process keep their own code and parameters, even in the global symbol scope."""
    starts = (0x1111_0000_0000_0000, 0x2222_0000_0000_0000)
    values = []
    for start in starts:
        spec = dataclasses.replace(toy, kind="shared", params={"WIDTH": 64, "START": start}, cpp=(RTL / "toy_api.cpp",))
        library = ctypes.CDLL(str(build(spec)), mode=ctypes.RTLD_GLOBAL)
        library.toy_run.restype = ctypes.c_ulonglong
        values.append(library.toy_run(5))
    assert values == [start + 5 for start in starts]


def test_executable_runs(toy):
    """An executable with its own main is the design's: the toy exits with its count."""
    main = (RTL / "toy_main.cpp", RTL / "toy_api.cpp")
    assert subprocess.run([build(dataclasses.replace(toy, kind="exe", cpp=main))], check=False).returncode == 7


def test_executable_without_main_is_refused(toy):
    """An executable needs C++ files."""
    with pytest.raises(InputError, match="cpp"):
        dataclasses.replace(toy, kind="exe")


def test_large_models_compile_in_parts(toy, monkeypatch):
    """Above the size limit the generated files are compiled one by one, with the same result."""
    monkeypatch.setattr(verilator_step, "UNITY_LIMIT", 0)
    main = (RTL / "toy_main.cpp", RTL / "toy_api.cpp")
    binary = build(dataclasses.replace(toy, kind="exe", cpp=main))
    assert not (binary.parent / "unity.cpp").exists()
    assert subprocess.run([binary], check=False).returncode == 7


def test_large_models_without_optimization_compile_at_once(toy, monkeypatch):
    """With -O0 it takes a larger model to be compiled in parts."""
    monkeypatch.setattr(verilator_step, "UNITY_LIMIT", 0)
    assert (build(dataclasses.replace(toy, opt="-O0")).parent / "unity.cpp").exists()
    monkeypatch.setattr(verilator_step, "PLAIN_UNITY_LIMIT", 0)
    assert not (build(dataclasses.replace(toy, opt="-O0", params={"WIDTH": 9})).parent / "unity.cpp").exists()


def test_older_verilator_shows_the_ports_too(toy, monkeypatch):
    """Where ports cannot be named as such, the control file names all signals of the top, and the build works."""
    monkeypatch.setattr(verilator_step, "PORTS_KNOWN", (99, 0))
    binary = build(toy)
    assert '-var "*"' in (binary.parent / "public.vlt").read_text()
    assert '-port "*"' not in (binary.parent / "public.vlt").read_text()


def test_precompiled_header_is_used(toy):
    """The compiler takes the precompiled header: otherwise each build pays for the runtime's headers again."""
    if find_compiler().kind != "gcc":
        pytest.skip("asks GCC")
    log = next(build(toy).parent.glob("compile-0-*.log")).read_text()
    words = log.splitlines()[0].removeprefix("$ ").split()
    done = subprocess.run(
        [*words[: words.index("-c")], "-H", "-fsyntax-only", "-x", "c++", "/dev/null"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert any(re.match(r"! .*krait\.h\.gch$", line) for line in done.stderr.splitlines())
