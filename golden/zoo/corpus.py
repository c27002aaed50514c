# SPDX-License-Identifier: Apache-2.0
"""The zoo's text: `pydoc_data.topics` and the docstrings of the standard library, as bytes, in three fixed splits.

A document is one topic, or all docstrings of one module. Its split follows from a hash of its name, so it is the same
in every CPython version. A paragraph occurs once in the whole corpus; held-out text claims it first, then validation,
so that neither has a copy in the training text (topics quote each other at length). The held-out split is committed as
`heldout.txt`, written by CPython 3.11.7, and what stands there never enters the other splits of any version.

Vocabulary: the 256 bytes of UTF-8. Documents start with a form feed (0x0C), which serves as the start symbol.
"""

import argparse
import ast
import hashlib
import inspect
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch

from golden.errors import InputError, MachineError
from golden.zoo.command import run

VOCAB = 256
START = 0x0C
HELDOUT = Path(__file__).parent / "heldout.txt"
HELDOUT_NAME = "held-out text of golden.zoo"
# Not documentation in English, or missing from the Python packages of some distributions.
SKIPPED = frozenset(
    {"test", "tests", "site-packages", "idle_test", "lib2to3", "ensurepip", "__pycache__", "pydoc_data"}
)
VALIDATION_PERCENT = HELDOUT_PERCENT = 6
# Chosen, before any model was fitted, so that both small splits hold the corpus's share of topics (a quarter) and no
# document makes up more than a fifth of either.
SALT = 20
ORDER = ("heldout", "validation", "train")
KEEP_SHORTER = 60  # characters; short paragraphs ("Return True.") may repeat, they are the language itself


@dataclass(frozen=True)
class Document:
    """One topic or the docstrings of one module: its name, its split and its paragraphs."""

    name: str
    split: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """The document as it is trained on: start symbol, then paragraphs apart by an empty line."""
        return chr(START) + "\n\n".join(self.paragraphs) + "\n"


@dataclass(frozen=True)
class Corpus:
    """Three splits as byte tokens, uint8 [length]."""

    train: torch.Tensor
    validation: torch.Tensor
    heldout: torch.Tensor


def split_of(name: str) -> str:
    """`heldout`, `validation` or `train`, from a hash of the document's name."""
    bucket = int.from_bytes(hashlib.sha256(f"{SALT}:{name}".encode()).digest()[:4], "big") % 100
    if bucket < HELDOUT_PERCENT:
        return "heldout"
    return "validation" if bucket < HELDOUT_PERCENT + VALIDATION_PERCENT else "train"


def _docstrings(source: str) -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text


def _split(text: str) -> list[str]:
    return [part.strip("\n") for part in text.split("\n\n") if part.strip()]


def _paragraphs(text: str) -> list[str]:
    return _split("\n".join(line.rstrip() for line in inspect.cleandoc(text).split("\n")).replace(chr(START), ""))


def _raw_documents() -> Iterator[tuple[str, list[str]]]:
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        raise MachineError(
            f"this Python has no pydoc_data.topics ({error}); install the full standard library"
        ) from None
    for name in sorted(topics):
        yield f"topics/{name}", _paragraphs(topics[name])
    root = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(root.rglob("*.py"), key=lambda p: p.relative_to(root).as_posix()):
        relative = path.relative_to(root)
        if SKIPPED.isdisjoint(relative.parts) and not relative.name.startswith("_sysconfigdata"):
            source = path.read_bytes().decode("utf-8", errors="ignore")
            yield relative.as_posix(), [p for text in _docstrings(source) for p in _paragraphs(text)]


@cache
def documents() -> tuple[Document, ...]:
    """Every document of this interpreter's library in a fixed order, without repeated paragraphs."""
    raw = sorted(_raw_documents(), key=lambda item: (ORDER.index(split_of(item[0])), item[0]))
    seen: set[str] = set()
    if HELDOUT.exists():
        raw = [item for item in raw if split_of(item[0]) != "heldout"]
        seen.update(p for text in HELDOUT.read_text(encoding="utf-8").split(chr(START)) for p in _split(text))
    result = []
    for name, paragraphs in raw:
        kept = [p for p in paragraphs if len(p) < KEEP_SHORTER or p not in seen]
        seen.update(kept)
        if sum(map(len, kept)) > KEEP_SHORTER:
            result.append(Document(name, split_of(name), tuple(dict.fromkeys(kept))))
    return tuple(result)


def to_tokens(text: str) -> torch.Tensor:
    """The UTF-8 bytes of `text`, uint8 [length]."""
    return torch.frombuffer(bytearray(text.encode("utf-8")), dtype=torch.uint8)


def heldout_tokens() -> torch.Tensor:
    """The committed held-out text, uint8 [length]; the same under every interpreter."""
    if not HELDOUT.exists():
        raise InputError(f"{HELDOUT}: missing; restore it from the repository")
    return to_tokens(HELDOUT.read_text(encoding="utf-8"))


def load() -> Corpus:
    """The three splits; training and validation text come from the running interpreter's library."""

    def join(split: str) -> torch.Tensor:
        return to_tokens("".join(d.text for d in documents() if d.split == split))

    return Corpus(join("train"), join("validation"), heldout_tokens())


def main() -> None:
    """Print the sizes of the splits; with `--write-heldout`, write the committed held-out text anew."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--write-heldout", action="store_true")
    if parser.parse_args().write_heldout:
        HELDOUT.unlink(missing_ok=True)
        HELDOUT.write_text("".join(d.text for d in documents() if d.split == "heldout"), encoding="utf-8", newline="")
        documents.cache_clear()
    corpus = load()
    for name in ("train", "validation", "heldout"):
        count = sum(d.split == name for d in documents())
        print(f"{name:10} {getattr(corpus, name).numel():9,} bytes" + (f" in {count} documents" if count else ""))


if __name__ == "__main__":
    run(main)
