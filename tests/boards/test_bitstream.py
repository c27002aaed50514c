# SPDX-License-Identifier: Apache-2.0
"""The runner of bitstream builds, on fakes of Vivado and v++: outputs, manifests, overlay files, what is refused."""

import json
import os
from pathlib import Path

import pytest

from boards import bitstream, overlay
from boards import bitstream_manifest as manifests
from boards.bitstream_settings import Build, pick, settings
from boards.facts import load_board
from boards.tcl_check.interpreter import command
from golden.errors import InputError, MachineError
from golden.spec import load_config
from tests.boards import fake_tools
from tests.boards.manifests import write_beside
from tests.command import Krait

try:
    command()
except MachineError as error:
    pytest.skip(str(error), allow_module_level=True)


@pytest.fixture(autouse=True)
def own_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    return tmp_path / "build" / "bitstreams"


def make(board: str, kernel: str | None, config: str | None = None) -> tuple[Path, list[str]]:
    said: list[str] = []
    return bitstream.make(board, kernel, config, 1, said.append), said


def calls(folder: Path) -> list[str]:
    log = folder / "calls.log"
    return log.read_text().splitlines() if log.is_file() else []


def test_a_kernel_on_vc709(tmp_path: Path, own_build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One call of Vivado; the manifest has every output's hash, the overlay file what board.toml says, by content."""
    fake_tools.install(tmp_path / "bin", monkeypatch)
    path, said = make("vc709", "ternary_accel")
    folder = own_build / "vc709" / "ternary_accel_vc709"
    assert path.parent == folder
    assert len(calls(folder)) == 1
    assert str(folder / "ternary_accel_vc709.bit") in said[-1]
    manifest = manifests.of_bitstream(folder / "ternary_accel_vc709.bit")
    suffixes = {Path(name).suffix for name in manifest.files}
    assert suffixes == {".bit", ".hwh", ".mcs", ".json"}
    assert manifest.tools == {"vivado": "2025.2"}
    assert (manifest.wns_ns, manifest.whs_ns) == (0.125, 0.125)
    assert manifest.config_hash == f"{load_config('ternary_accel', 'vc709').config_hash:#018x}"
    read = overlay.read(path)
    assert read.sha256 == manifest.files[manifest.bitstream]
    kernel, design = read.kernels[0], load_board("vc709").design
    assert design is not None
    assert (kernel.base, kernel.size, kernel.vlnv) == (design.kernel_base, 4096, "krait:kernel:ternary_accel:1.0")
    assert kernel.memories == ("MEM0", "MEM1")
    assert tuple(memory.base for memory in read.memories) == design.memory_bases
    assert "TOKENS_DONE" in overlay.PynqMetadata(read).ip_dict["ternary_accel"]["registers"]


def test_what_is_fresh_is_not_built_again(tmp_path: Path, own_build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call builds nothing; a lost output, another one or another input builds again."""
    fake_tools.install(tmp_path / "bin", monkeypatch)
    folder = own_build / "vc709" / "mamba2_accel_vc709"
    first, _ = make("vc709", "mamba2_accel")
    assert make("vc709", "mamba2_accel")[0] == first
    assert len(calls(folder)) == 1
    (folder / "mamba2_accel_vc709.hwh").unlink()
    make("vc709", "mamba2_accel")
    assert len(calls(folder)) == 2
    (folder / "mamba2_accel_vc709.bit").write_text("another")
    make("vc709", "mamba2_accel")
    assert len(calls(folder)) == 3
    monkeypatch.setattr(Build, "inputs_hash", lambda self: "12" * 32)
    make("vc709", "mamba2_accel")
    assert len(calls(folder)) == 4


def test_a_kernel_on_vck190_brings_its_golden_design(
    tmp_path: Path, own_build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The golden design is built first and once; kernels are built against its files."""
    fake_tools.install(tmp_path / "bin", monkeypatch)
    path, said = make("vck190", "ternary_accel")
    golden, folder = own_build / "vck190" / "golden", own_build / "vck190" / "ternary_accel_vck190"
    assert path.parent == folder
    read = overlay.read(path)
    assert read.metadata_sha256 == overlay.file_hash(folder / "ternary_accel_vck190.hwh")
    assert read.library == str(folder / "ternary_accel_vck190.pdi")
    assert "golden design comes first" in said[0]
    make("vck190", "mamba2_accel")
    assert [len(calls(each)) for each in (golden, folder)] == [1, 1]
    assert set(bitstream.GOLDEN_FILES) <= set(manifests.read(golden).files)
    assert f"variable golden {{{golden}}}" in (folder / "settings.tcl").read_text()
    assert make("vck190", None)[0] == golden
    assert len(calls(golden)) == 1


def test_a_kernel_on_u280(tmp_path: Path, own_build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vivado packages the kernel, v++ links it with a bank for each port at the configuration's clock."""
    fake_tools.install(tmp_path / "bin", monkeypatch, vivado="2023.1", vpp="2023.1")
    path, _ = make("u280", "tern_matvec")
    package, link = calls(path.parent)
    assert "package_kernel.tcl" in package
    for words in ("--platform xilinx_u280_gen3x16_xdma_1_202211_1", "--kernel_frequency 225", "--target hw"):
        assert words in link
    assert "sp=tern_matvec_1.m_axi_31:HBM[31]\n" in (path.parent / "link.cfg").read_text()
    manifest = manifests.read(path.parent)
    assert manifest.bitstream == "tern_matvec_u280.xclbin"
    assert {"tern_matvec_u280.xo", "link.cfg"} <= set(manifest.files)
    assert manifest.wns_ns is None
    assert set(manifest.tools) == {"vivado", "v++"}


def test_missing_tools_are_one_line(
    tmp_path: Path, own_build: Path, krait: Krait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a tool: exit code 3, its name, version and PATH; nothing is left behind."""
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = krait("board", "bitstream", "vc709", "--kernel", "ternary_accel")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.count("\n") == 1
    for word in ("no vivado on PATH", "2025.2", "settings64.sh"):
        assert word in ran.err
    assert not own_build.exists()


def test_v_plus_plus_is_needed_for_u280(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    fake_tools.install(tmp_path / "bin", monkeypatch, vivado="2023.1")
    with pytest.raises(MachineError, match=r"no v\+\+ on PATH, version 2023\.1 is needed"):
        make("u280", "tern_matvec")


def test_another_version_is_refused(tmp_path: Path, own_build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images of Versal do not span versions, and scripts are written for one: no other is tried."""
    fake_tools.install(tmp_path / "bin", monkeypatch, vivado="2023.2")
    with pytest.raises(MachineError, match=r"found vivado 2023\.2 at .*/bin/vivado, expected 2025\.2"):
        make("vck190", "ternary_accel")
    assert not own_build.exists()


def test_a_failed_build_has_no_manifest(tmp_path: Path, own_build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missed timing: the log's last lines in the error, manifest and overlay gone: nothing loads what is there."""
    fake_tools.install(tmp_path / "bin", monkeypatch)
    make("vc709", "ternary_accel")
    folder = own_build / "vc709" / "ternary_accel_vc709"
    fake_tools.install(tmp_path / "bin", monkeypatch, slack="-0.3")
    monkeypatch.setattr(Build, "inputs_hash", lambda self: "34" * 32)
    with pytest.raises(MachineError, match=r"exit status 1: .*worst setup slack is '-0\.3' ns.*build\.log") as caught:
        make("vc709", "ternary_accel")
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=r"found no manifest\.json beside it"):
        manifests.of_bitstream(folder / "ternary_accel_vc709.bit")
    assert list(folder.glob("vc709-*.json")) == []


def test_a_tool_that_leaves_nothing_is_found(tmp_path: Path, own_build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tools.install(tmp_path / "bin", monkeypatch)
    script = tmp_path / "bin" / "vivado"
    script.write_text('#!/bin/sh\n[ "$1" = -version ] && echo "vivado v2025.2"\nexit 0\n')
    with pytest.raises(MachineError, match=r"ternary_accel_vc709\.bit: not there although the tools ended well"):
        make("vc709", "ternary_accel")


def written(folder: Path) -> Path:
    """Return a bitstream with a manifest, made by hand."""
    folder.mkdir(parents=True)
    (folder / "a.bit").write_text("bits")
    return write_beside(folder / "a.bit")


def test_a_bitstream_without_its_manifest_is_refused(tmp_path: Path) -> None:
    """None, of another file, changed since, no manifest, of another form: each names the file and what helps."""
    path = written(tmp_path / "good")
    assert manifests.of_bitstream(path).bitstream == "a.bit"
    (tmp_path / "b.bit").write_text("bits")
    with pytest.raises(InputError, match=r"b\.bit: found no manifest\.json beside it.*make bitstream"):
        manifests.of_bitstream(tmp_path / "b.bit")
    other = path.with_name("b.bit")
    other.write_text("bits")
    with pytest.raises(InputError, match=r"b\.bit: the manifest beside it is of a\.bit"):
        manifests.of_bitstream(other)
    path.write_text("other bits")
    with pytest.raises(InputError, match=r"a\.bit: SHA-256 is .*build it again"):
        manifests.of_bitstream(path)
    text = (path.parent / "manifest.json").read_text()
    for broken, message in (
        ("{", "manifest.json: not readable as JSON"),
        (text.replace("krait-bitstream-1", "krait-bitstream-2"), "format: found 'krait-bitstream-2'"),
        (json.dumps({**json.loads(text), "extra": 1}), "extra"),
        (text.replace('"bitstream": "a.bit"', '"bitstream": "c.bit"'), "bitstream: found 'c.bit'"),
    ):
        (path.parent / "manifest.json").write_text(broken)
        with pytest.raises(InputError, match=message):
            manifests.of_bitstream(path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sim", "--kernel", "tern_matvec"), "expected one that bitstreams are built for"),
        (("vc709",), "--kernel: found none"),
        (("vc709", "--kernel", "tern_matvec"), "no configuration for the board"),
        (("vc709", "--kernel", "ternary_accel", "--config", "u280"), "expected one of vc709, vc709_relu2"),
        (("vck190", "--config", "vck190"), "found a configuration without --kernel"),
        (("vc709", "--kernel", "other"), "found 'other'"),
    ],
)
def test_what_cannot_be_built_is_refused(arguments: tuple[str, ...], message: str, krait: Krait) -> None:
    """Boards without bitstreams, kernels without a configuration for the board: exit code 2 and one line."""
    ran = krait("board", "bitstream", *arguments)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert message in ran.err


def test_check_needs_no_tool(krait: Krait, tmp_path: Path) -> None:
    ran = krait("board", "bitstream", "vc709", "--kernel", "mamba2_accel", "--check")
    assert (ran.code, ran.err) == (0, "")
    assert "agree" in ran.out
    assert not (tmp_path / "build").exists()


def test_inputs_decide_what_a_build_is(tmp_path: Path) -> None:
    """The hash follows sources, scripts and facts, not folders; BUILD_ID is its beginning. A kernel's scripts are no
    input of the golden design: a new one of those is a new boot image.
    """
    one, other = pick("vc709", "ternary_accel", None), pick("vc709", "ternary_accel", "vc709_relu2")
    assert one.inputs_hash() != other.inputs_hash()
    assert one.build_id == int(one.inputs_hash()[:8], 16)
    golden = pick("vck190", None, None)
    names = {path.name for path in golden._inputs()}
    assert names == {"util.tcl", "golden.tcl", "build_golden.tcl"}
    assert str(tmp_path) in settings(one, tmp_path, 1)
    assert os.fspath(tmp_path) not in one.inputs_hash()
