# SPDX-License-Identifier: Apache-2.0
"""`make gen`: every generated file of the repository, and the check that the committed ones are fresh."""

import os
from collections.abc import Iterator
from pathlib import Path

from golden.errors import CheckError, MachineError
from golden.spec import emit, load_configs, load_register_map
from harness.paths import ROOT

KERNELS = ("tern_matvec",)
COMMAND = "make gen"


def generated(root: Path = ROOT) -> dict[Path, str]:
    """Return the text of every generated file by its path below `root`. Raises InputError for a bad declaration."""
    return {root / name: text for kernel in KERNELS for name, text in _kernel_files(kernel)}


def _kernel_files(kernel: str) -> Iterator[tuple[str, str]]:
    regs = load_register_map(kernel)
    yield f"hw/verilog/gen/kr_{kernel}_regs.vh", emit.emit_verilog_header(regs)
    yield f"golden/spec/gen/{kernel}.py", emit.emit_python(regs)
    yield f"golden/spec/gen/{kernel}.md", emit.emit_markdown(regs)
    for name, config in load_configs(kernel).items():
        yield f"hw/verilog/gen/{kernel}_{name}.v", emit.emit_wrapper(config, regs)
        yield f"harness/sim/gen/sim_{kernel}_{name}.sv", emit.emit_sim_top(config, regs)


def write(root: Path = ROOT) -> list[Path]:
    """Write the stale files below `root` and return them. Raises MachineError where one cannot be written."""
    changed = stale(root)
    texts = generated(root)
    for path in changed:
        _replace(path, texts[path])
    return changed


def stale(root: Path = ROOT) -> list[Path]:
    """Return the generated files below `root` that are missing or differ from the declarations."""
    return [path for path, text in generated(root).items() if not path.is_file() or path.read_text("utf-8") != text]


def check(root: Path = ROOT) -> None:
    """Raise CheckError naming the stale files and the command that renews them."""
    names = [str(path.relative_to(root)) for path in stale(root)]
    if names:
        raise CheckError(f"{', '.join(names)}: not what the declarations in golden/spec give; run `{COMMAND}`")


def _replace(path: Path, text: str) -> None:
    """Write `text` to `path` by way of a temporary name, so that a reader sees the old file or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise MachineError(f"{path}: cannot be written ({error.strerror}); make it writable and repeat") from error
