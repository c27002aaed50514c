# SPDX-License-Identifier: Apache-2.0
"""The two files that hold tensors: `.safetensors`, and `.bin` as `torch.save` writes it. Headers first, rows on demand.

A `.bin` is a zip archive with a pickle inside. It is read with `weights_only=True`, which runs no code of the file, and
mapped, so that listing its tensors reads none of them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from golden.errors import InputError

Dtypes = Mapping[str, torch.dtype]
DTYPES: Dtypes = {"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32}
"""Types that a checkpoint of floating point may hold, by their name in the header of a `.safetensors` file."""
PACKED: Dtypes = {**DTYPES, "U8": torch.uint8}
"""The same, and the bytes of packed weights."""

Rows = Callable[[str, int, int], Tensor]
"""Rows start <= i < stop of the tensor called name, as a view into the mapped file."""


@dataclass(frozen=True)
class Entry:
    """What the header of `file` says of one tensor."""

    file: Path
    shape: tuple[int, ...]
    dtype: torch.dtype


def scan(file: Path, dtypes: Dtypes = DTYPES) -> dict[str, Entry]:
    """List the tensors of `file` by name without reading them.

    Raises InputError when it is no sound file of its kind, or holds other types than `dtypes`.
    """
    try:
        return _scan_bin(file, dtypes) if file.suffix == ".bin" else _scan_safetensors(file, dtypes)
    except FileNotFoundError:
        raise InputError(f"{file}: missing; expected the checkpoint's tensors") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{file}: corrupt or truncated ({_one_line(error)}); restore the file") from None


@contextmanager
def mapped(file: Path) -> Iterator[Rows]:
    """Map `file` for reading rows of its tensors; the memory goes back when the block ends and no view is left."""
    if file.suffix == ".bin":
        tensors = _load_bin(file)
        yield lambda name, start, stop: tensors[name].detach()[start:stop]
    else:
        with safe_open(file, "pt") as opened:
            yield lambda name, start, stop: opened.get_slice(name)[start:stop]


def _scan_safetensors(file: Path, dtypes: Dtypes) -> dict[str, Entry]:
    found = {}
    with safe_open(file, "pt") as opened:
        for name in opened.keys():  # noqa: SIM118 - safe_open is no mapping
            header = opened.get_slice(name)
            dtype = dtypes.get(header.get_dtype())
            if dtype is None:
                raise _foreign(file, name, header.get_dtype(), dtypes)
            found[name] = Entry(file, tuple(header.get_shape()), dtype)
    return found


def _scan_bin(file: Path, dtypes: Dtypes) -> dict[str, Entry]:
    found = {}
    for name, tensor in _load_bin(file).items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            kinds = f"{type(name).__name__}: {type(tensor).__name__}"
            raise InputError(f"{file}: entry {name!r} is {kinds}, expected tensors by name; save the state_dict alone")
        if tensor.dtype not in dtypes.values() or tensor.layout != torch.strided:
            raise _foreign(file, name, f"{tensor.dtype} in layout {tensor.layout}", dtypes)
        found[name] = Entry(file, tuple(tensor.shape), tensor.dtype)
    return found


def _load_bin(file: Path) -> dict[Any, Any]:
    """Everything in `file`, its tensors mapped and not read; InputError for code, and for what is no state_dict."""
    try:
        loaded = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except UnpicklingError as error:
        wanted = re.search(r"GLOBAL (\S+)", str(error))
        what = f"it calls {wanted[1]}" if wanted else "its pickle is unsound"
        raise InputError(
            f"{file}: refused, holds code or objects besides tensors ({what}); nothing was run, expected a state_dict"
        ) from None
    except RuntimeError as error:
        if "mmap can only be used" in str(error):
            raise InputError(
                f"{file}: no archive of torch.save (corrupt, truncated, or older than PyTorch 1.6); restore the file"
            ) from None
        raise InputError(f"{file}: corrupt or truncated ({_one_line(error)}); restore the file") from None
    if not isinstance(loaded, dict):
        raise InputError(f"{file}: found a pickled {type(loaded).__name__}, expected a state_dict: tensors by name")
    return loaded


def _foreign(file: Path, name: str, dtype: str, dtypes: Dtypes) -> InputError:
    *most, last = (str(known).removeprefix("torch.") for known in dtypes.values())
    return InputError(f"{file}: tensor {name} holds {dtype}, expected {', '.join(most)} or {last}")


def _one_line(error: Exception) -> str:
    return str(error).splitlines()[0].split(". ")[0][:200] if str(error) else type(error).__name__
