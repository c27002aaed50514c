# SPDX-License-Identifier: Apache-2.0
"""The corpus: fixed splits without copies of each other, and a held-out text that no interpreter changes."""

import hashlib

import pytest
import torch

from golden.zoo import corpus


@pytest.fixture(scope="module")
def documents() -> tuple[corpus.Document, ...]:
    return corpus.documents()


def test_heldout_text_is_the_committed_one() -> None:
    """The held-out bytes are fixed: published figures refer to this text."""
    text = corpus.HELDOUT.read_bytes()
    assert hashlib.sha256(text).hexdigest() == "b3d8d010993d249640b3a8e7575b6af74944afc684d1468c16cbbe5c3c27a3a2"
    assert bytes(corpus.heldout_tokens()) == text


def test_splits_share_no_paragraph(documents: tuple[corpus.Document, ...]) -> None:
    """No paragraph of some length occurs in two splits, and none of the held-out text occurs elsewhere."""
    seen = {s: {p for d in documents if d.split == s for p in d.paragraphs} for s in ("train", "validation")}
    heldout = {p for d in corpus.HELDOUT.read_text(encoding="utf-8").split("\f") for p in d.strip("\n").split("\n\n")}
    for one, other in (("train", "validation"), ("train", "heldout"), ("validation", "heldout")):
        groups = [heldout if s == "heldout" else seen[s] for s in (one, other)]
        assert not [p for p in groups[0] & groups[1] if len(p) >= corpus.KEEP_SHORTER], (one, other)


def test_there_is_enough_text(documents: tuple[corpus.Document, ...]) -> None:
    """Any supported CPython gives well over a megabyte of training text and tens of kilobytes to validate on."""
    text = corpus.load()
    assert len(text.train) > 1_200_000
    assert len(text.validation) > 50_000
    assert text.train.dtype == torch.uint8
    assert not any(d.split == "heldout" for d in documents)


def test_split_follows_from_the_name() -> None:
    """The hash is fixed: a document changes its split with its name only."""
    assert corpus.split_of("topics/debugger") == "validation"
    assert corpus.split_of("email/message.py") == "heldout"
    assert corpus.split_of("turtle.py") == "train"
