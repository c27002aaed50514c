# SPDX-License-Identifier: Apache-2.0
"""Text as tokens: byte vocabulary, Hugging Face tokenizers, and what is refused."""

import hashlib
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from golden import text as texts
from golden.errors import InputError
from golden.zoo import corpus

SAMPLE = "Return the größte of two π values; return None otherwise.\n" * 3


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """Byte-level BPE of 300 entries, as the published Mamba2 models have it with 50,277."""
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    library.train_from_iterator([SAMPLE], trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet))
    library.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def test_bytes_are_the_zoos_tokens() -> None:
    """A vocabulary of 256 without a tokenizer reads UTF-8 bytes, as golden.zoo.corpus does, each a byte long."""
    found = texts.tokenize(SAMPLE, 256, Path("nowhere"))
    assert found.tokens.tolist() == corpus.to_tokens(SAMPLE).tolist()
    assert found.ends.tolist() == list(range(1, len(SAMPLE.encode()) + 1))
    assert (found.tokenizer, found.sha256) == ("bytes", hashlib.sha256(SAMPLE.encode()).hexdigest())


def test_a_tokenizer_counts_the_bytes_of_its_text(tokenizer: Path) -> None:
    """Tokens decode to the text; the last ends at its last byte, and every prefix ends where its own text does."""
    found = texts.from_tokenizer(SAMPLE, tokenizer, 300)
    library = Tokenizer.from_file(str(tokenizer))
    assert library.decode(found.tokens.tolist()) == SAMPLE
    assert int(found.ends[-1]) == len(SAMPLE.encode())
    assert 10 < len(found) < len(SAMPLE) / 2
    for length in (1, 5, len(found) - 1):
        prefix = library.decode(found.tokens[:length].tolist())
        if "\N{REPLACEMENT CHARACTER}" not in prefix:
            assert int(found.ends[length - 1]) == len(prefix.encode())


def test_what_a_tokenizer_drops_is_still_text(tmp_path: Path) -> None:
    """Blanks that make no token belong to the bytes of the text: the last token ends it."""
    library = Tokenizer(models.WordLevel({"one": 0, "two": 1, "?": 2}, unk_token="?"))
    library.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    library.save(str(tmp_path / "tokenizer.json"))
    found = texts.from_tokenizer("one  two one\n\n", tmp_path / "tokenizer.json", 3)
    assert (found.tokens.tolist(), found.ends.tolist()) == ([0, 1, 0], [3, 8, 14])


def test_the_checkpoints_own_tokenizer_is_taken(tokenizer: Path) -> None:
    """`tokenizer.json` beside the checkpoint wins over bytes, even for 256 entries; a named one wins over both."""
    with pytest.raises(InputError, match="belongs to another model"):
        texts.tokenize(SAMPLE, 256, tokenizer.parent)
    assert texts.tokenize(SAMPLE, 300, tokenizer.parent).tokenizer.startswith("tokenizer.json ")
    assert texts.tokenize(SAMPLE, 300, Path("nowhere"), tokenizer).tokens.tolist() == (
        texts.tokenize(SAMPLE, 300, tokenizer.parent).tokens.tolist()
    )


def test_the_first_tokens_keep_the_identity_of_the_text() -> None:
    """`first` cuts tokens and ends alike and keeps the hash of the whole text."""
    whole = texts.from_bytes(SAMPLE)
    part = whole.first(7)
    assert (len(part), part.ends.tolist(), part.sha256) == (7, list(range(1, 8)), whole.sha256)
    assert len(whole.first(10**6)) == len(whole)


class TestRefused:
    def test_no_tokenizer(self, tmp_path: Path) -> None:
        """The message names the folder, the vocabulary and where the published models' tokenizer comes from."""
        with pytest.raises(InputError, match=r"no tokenizer.json and a vocabulary of 50288.*gpt-neox-20b"):
            texts.tokenize(SAMPLE, 50288, tmp_path)

    def test_a_token_beyond_the_vocabulary(self, tokenizer: Path) -> None:
        with pytest.raises(InputError, match=r"makes token \d+, expected below the model's vocabulary of 200"):
            texts.from_tokenizer(SAMPLE, tokenizer, 200)

    @pytest.mark.parametrize("content", [b"{}", b"not json", b"\xff\xfe"], ids=["empty", "text", "binary"])
    def test_no_tokenizer_file(self, content: bytes, tmp_path: Path) -> None:
        (tmp_path / "tokenizer.json").write_bytes(content)
        with pytest.raises(InputError, match="no Hugging Face tokenizer"):
            texts.tokenize(SAMPLE, 300, tmp_path)
        with pytest.raises(InputError, match="cannot be read"):
            texts.tokenize(SAMPLE, 300, tmp_path, tmp_path / "missing.json")

    @pytest.mark.parametrize(("content", "message"), [(b"", "empty"), (b"a\xffb", "byte 1 is not UTF-8")])
    def test_no_text(self, content: bytes, message: str, tmp_path: Path) -> None:
        (tmp_path / "text.txt").write_bytes(content)
        with pytest.raises(InputError, match=message):
            texts.read(tmp_path / "text.txt")
        with pytest.raises(InputError, match="cannot be read"):
            texts.read(tmp_path / "missing.txt")

    def test_a_text_shorter_than_a_window(self) -> None:
        found = texts.from_bytes("short")
        assert texts.require(found, 5, "text") is found
        with pytest.raises(InputError, match="text: 5 tokens, expected at least 257"):
            texts.require(found, 257, "text")
