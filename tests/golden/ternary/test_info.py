# SPDX-License-Identifier: Apache-2.0
"""Published sizes and descriptions of BitNet checkpoints: the counts are those of the reference, headers tell all."""

from pathlib import Path

import pytest

from golden.checkpoints import store
from golden.errors import InputError
from golden.ternary import info, random_checkpoint
from golden.ternary.published import NAMES, published
from tests.golden.ternary.random_models import SHAPES

# head width, ternary weights, embedding, all parameters, cache elements a token
TABLE = {
    "bitnet-0.73b": (96, 679_477_248, 49_155_072, 728_842_752, 73_728),
    "bitnet-2b-4t": (128, 2_084_044_800, 328_335_360, 2_412_820_480, 38_400),
}


@pytest.mark.parametrize("name", NAMES)
def test_published_sizes_have_the_published_counts(name: str) -> None:
    """Head width, parameters by part and cache of both sizes, to the last one."""
    c, p = published(name), info.count(published(name))
    assert (c.head_dim, p.ternary, p.embedding, p.total, p.cache) == TABLE[name]
    assert (p.head, c.tie_word_embeddings, c.sub_norms, c.rms_norm_eps) == (0, True, True, 1e-5)


def test_names_are_known_in_any_case_and_others_refused() -> None:
    """Both of the table are there; an unknown name lists the known ones."""
    assert set(NAMES) == set(TABLE)
    assert published("BitNet-0.73B") == published("bitnet-0.73b")
    with pytest.raises(InputError, match=r"found 'bitnet-3b', expected one of bitnet-0.73b, bitnet-2b-4t"):
        published("bitnet-3b")


def test_a_description_comes_from_headers_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layout, form, types, shards, sizes and counts are told without reading a tensor."""
    c = SHAPES["one-kv-head"]
    random_checkpoint.write(tmp_path / "model", c, 1, dtype="bfloat16", form="autobitlinear", shard_bytes=9000)
    monkeypatch.setattr(store.Store, "read", None)
    found = info.describe(tmp_path / "model")
    p, files = found.parameters, found.summary
    assert (found.layout, found.form, found.config, found.published) == ("bitnet", "autobitlinear", c, None)
    assert files.weights == "model.safetensors.index.json"
    scales = 7 * c.num_hidden_layers
    assert dict(files.dtypes) == {"uint8": p.ternary // 4, "bfloat16": p.total - p.ternary + scales}
    paths = sorted((tmp_path / "model").glob("*.safetensors"))
    assert [(shard.name, shard.bytes) for shard in files.shards] == [(path.name, path.stat().st_size) for path in paths]
    assert files.bytes == sum(path.stat().st_size for path in paths)
    assert p.head == p.embedding == 64 * 96
    assert found.stored_head


def test_a_size_without_its_tensors_is_still_known(tmp_path: Path) -> None:
    """A checkpoint without sub-norms says so, and its head is its own."""
    random_checkpoint.write(tmp_path / "model", SHAPES["llama"], 1)
    found = info.describe(tmp_path / "model")
    assert (found.layout, found.form, found.stored_head) == ("llama", "online", True)
    assert found.parameters.other == 2 * 2 * 32 + 32
