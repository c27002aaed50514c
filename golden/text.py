# SPDX-License-Identifier: Apache-2.0
"""Text as tokens that know how many bytes they stand for, so that a loss can be given per token and per byte."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from golden.errors import InputError, MachineError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BYTES = "bytes"
BYTE_VOCAB = 256
TOKENIZER = "tokenizer.json"


@dataclass(frozen=True)
class Text:
    """A text of one or more tokens.

    tokens int64 [L]; ends int64 [L], not falling: bytes of the text up to the end of each token. `tokenizer` is "bytes"
    or a file and the start of its sha256; `sha256` is that of the whole UTF-8 text.
    """

    tokens: Tensor
    ends: Tensor
    tokenizer: str
    sha256: str

    def __len__(self) -> int:
        """Return the number of tokens."""
        return len(self.tokens)

    def first(self, length: int) -> "Text":
        """Return the first `length` tokens, or all where there are fewer."""
        return replace(self, tokens=self.tokens[:length], ends=self.ends[:length])


def read(path: Path) -> str:
    """Text of a UTF-8 file. InputError when it cannot be read or is empty."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}); expected a text file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8; expected a text file in UTF-8") from error
    if not text:
        raise InputError(f"{path}: empty; expected a text")
    return text


def tokenize(text: str, vocab: int, checkpoint: Path, tokenizer: Path | None = None) -> Text:
    """Tokens of `text` for the model in `checkpoint` whose vocabulary has `vocab` entries.

    By `tokenizer` if given, else by the checkpoint's own `tokenizer.json`, else as bytes if `vocab` is 256.

    Raises:
        InputError: the model needs a tokenizer and there is none, or a token is not below `vocab`.
    """
    found = checkpoint / TOKENIZER
    if tokenizer is None and not found.is_file():
        if vocab == BYTE_VOCAB:
            return from_bytes(text)
        raise InputError(
            f"{checkpoint}: no {TOKENIZER} and a vocabulary of {vocab}; expected 256 (bytes) or a tokenizer: save the "
            f"model's {TOKENIZER} into the folder (state-spaces/mamba2-*: EleutherAI/gpt-neox-20b's), or name it"
        )
    return from_tokenizer(text, tokenizer or found, vocab)


def from_bytes(text: str) -> Text:
    """Each byte of the UTF-8 text is a token."""
    data = text.encode("utf-8")
    tokens = torch.frombuffer(bytearray(data), dtype=torch.uint8).to(torch.int64)
    return Text(tokens, torch.arange(1, len(data) + 1), BYTES, hashlib.sha256(data).hexdigest())


def from_tokenizer(text: str, path: Path, vocab: int) -> Text:
    """Tokens by the Hugging Face `tokenizer.json` at `path`, without special tokens around the text.

    Raises:
        InputError: the file is no tokenizer, or makes a token that is not below `vocab`.
        MachineError: the library `tokenizers` is missing.
    """
    library, raw = read_tokenizer(path)
    encoding = library.encode(text, add_special_tokens=False)
    tokens = torch.tensor(encoding.ids, dtype=torch.int64)
    if len(tokens) and int(tokens.max()) >= vocab:
        raise InputError(
            f"{path}: makes token {int(tokens.max())}, expected below the model's vocabulary of {vocab}; "
            "this tokenizer belongs to another model"
        )
    name = f"{path.name} {hashlib.sha256(raw).hexdigest()[:12]}"
    return Text(tokens, _ends(text, encoding.offsets), name, hashlib.sha256(text.encode("utf-8")).hexdigest())


def read_tokenizer(path: Path) -> "tuple[Tokenizer, bytes]":
    """A Hugging Face `tokenizer.json` as its library reads it, and its bytes; errors as for `from_tokenizer`."""
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise MachineError("the Python package tokenizers is missing; pip install tokenizers") from None
    try:
        raw = path.read_bytes()
        made = Tokenizer.from_str(raw.decode("utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}); expected a {TOKENIZER}") from error
    except Exception as error:  # the library raises plain Exception for whatever it does not understand
        raise InputError(f"{path}: no Hugging Face {TOKENIZER} ({error})") from error
    return made, raw


def _ends(text: str, offsets: list[tuple[int, int]]) -> Tensor:
    """Byte ends [L] from character offsets; tokens within one character share its end, the last one ends the text."""
    before = torch.tensor([0, *(len(character.encode("utf-8")) for character in text)]).cumsum(0)
    ends = before[torch.tensor([end for _, end in offsets], dtype=torch.int64)]
    if len(ends):
        ends[-1] = before[-1]
    return ends.cummax(0).values if len(ends) else ends


def require(text: Text, length: int, source: str) -> Text:
    """Return `text`. InputError unless it has at least `length` tokens."""
    if len(text) < length:
        raise InputError(
            f"{source}: {len(text)} tokens, expected at least {length}, one window and the token after it; "
            "give a longer text or a shorter window"
        )
    return text
