# SPDX-License-Identifier: Apache-2.0
"""Tokens back to text as they come, under the rule by which `golden.text` made them."""

import codecs
import unicodedata
from collections.abc import Callable
from pathlib import Path

from golden import text as texts

REPLACEMENT = "�"
Untokenize = Callable[[int, bool], str]
"""Takes the next token and whether it is the last, returns the text that is now certain; it may be empty."""


def untokenizer(vocab: int, checkpoint: Path, tokenizer: Path | None = None) -> Untokenize:
    """Return a function for the tokens of one text. Errors and choice of the rule as for `golden.text.tokenize`."""
    found = tokenizer or checkpoint / texts.TOKENIZER
    if tokenizer is None and not found.is_file() and vocab == texts.BYTE_VOCAB:
        return _bytes()
    library, _ = texts.read_tokenizer(found)
    return _pieces(lambda tokens: str(library.decode(tokens, skip_special_tokens=False)))


def _bytes() -> Untokenize:
    """Bytes of UTF-8; what is none becomes the replacement character."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return lambda token, last: visible(decoder.decode(bytes([token]), final=last))


def _pieces(decode: Callable[[list[int]], str]) -> Untokenize:
    """Text of all tokens, from where it was given last; a character that is not whole yet waits."""
    tokens: list[int] = []
    given = 0

    def take(token: int, last: bool) -> str:
        nonlocal given
        tokens.append(token)
        whole = decode(tokens)
        if whole.endswith(REPLACEMENT) and not last:
            return ""
        fresh, given = whole[given:], len(whole)
        return visible(fresh)

    return take


def visible(text: str) -> str:
    """Text without what steers a terminal: other control characters than newline and tab are replaced."""
    return "".join(REPLACEMENT if _control(c) else c for c in text)


def _control(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) == "Cc"
