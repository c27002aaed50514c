# SPDX-License-Identifier: Apache-2.0
"""Published sizes and descriptions of checkpoints: the counts are those of the published table, headers tell all."""

from pathlib import Path

import pytest

from golden.checkpoints import store
from golden.errors import InputError
from golden.mamba2 import info, random_checkpoint
from golden.mamba2.config import Mamba2Config
from golden.mamba2.published import NAMES, published

# d_model, layers, d_inner, heads, d_in_proj, conv_dim, linear a layer, linear, embedding, other, total, state elements
TABLE = {
    "mamba2-130m": (768, 24, 1536, 24, 3352, 1792, 3753984, 90095616, 38621184, 272832, 128989632, 4718592),
    "mamba2-370m": (1024, 48, 2048, 32, 4384, 2304, 6586368, 316145664, 51494912, 706048, 368346624, 12582912),
    "mamba2-780m": (1536, 48, 3072, 48, 6448, 3328, 14622720, 701890560, 77242368, 1028352, 780161280, 18874368),
    "mamba2-1.3b": (2048, 48, 4096, 64, 8512, 4352, 25821184, 1239416832, 102989824, 1350656, 1343757312, 25165824),
    "mamba2-2.7b": (2560, 64, 5120, 80, 10576, 5376, 40181760, 2571632640, 128737280, 2229760, 2702599680, 41943040),
}


@pytest.mark.parametrize("name", NAMES)
def test_published_sizes_have_the_published_counts(name: str) -> None:
    """Widths, parameters by part and state elements of all five sizes are those of the table, to the last one."""
    cfg = published(name)
    p = info.count(cfg)
    shape = (cfg.d_model, cfg.n_layer, cfg.d_inner, cfg.nheads, cfg.d_in_proj, cfg.conv_dim)
    counts = (p.linear // cfg.n_layer, p.linear, p.embedding, p.other, p.total, p.ssm_state)
    assert shape + counts == TABLE[name]
    assert (cfg.vocab_size, cfg.d_state, cfg.headdim, cfg.ngroups, cfg.expand, cfg.d_conv) == (50288, 128, 64, 1, 2, 4)
    assert (cfg.chunk_size, cfg.norm_eps, cfg.tie_embeddings) == (256, 1e-5, True)


def test_names_are_known_in_any_case_and_others_refused() -> None:
    """All five of the table are there; an unknown name lists the known ones."""
    assert set(NAMES) == set(TABLE)
    assert published("Mamba2-2.7B") == published("mamba2-2.7b")
    with pytest.raises(InputError, match=r"found 'mamba2-3b', expected one of mamba2-130m, .*mamba2-2.7b"):
        published("mamba2-3b")


CFG = Mamba2Config(d_model=16, n_layer=2, vocab_size=20, d_state=8, headdim=8, tie_embeddings=False)
TIED = Mamba2Config(d_model=16, n_layer=2, vocab_size=20, d_state=8, headdim=8)


def test_a_description_comes_from_headers_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layout, type, shards, sizes and counts are told without reading a tensor."""
    random_checkpoint.write(tmp_path / "model", CFG, 1, dtype="bfloat16", shard_bytes=3000)
    monkeypatch.setattr(store.Store, "read", None)
    found = info.describe(tmp_path / "model")
    assert (found.layout, found.summary.weights) == ("huggingface", "model.safetensors.index.json")
    assert found.config == CFG
    assert found.published is None
    assert found.summary.dtypes == (("bfloat16", found.parameters.total),)
    files = sorted((tmp_path / "model").glob("*.safetensors"))
    assert [(shard.name, shard.bytes) for shard in found.summary.shards] == [
        (file.name, file.stat().st_size) for file in files
    ]
    assert 2 * found.parameters.total < found.summary.bytes < 2 * found.parameters.total + 8192
    assert found.parameters.head == found.parameters.embedding == 320
    assert found.stored_head


def test_a_description_counts_a_tied_head_once(tmp_path: Path) -> None:
    """The original layout stores the tied head under a second name; it is no second set of parameters."""
    random_checkpoint.write(tmp_path / "model", TIED, 1, layout="state-spaces", dtype="float16")
    found = info.describe(tmp_path / "model")
    assert (found.layout, found.summary.weights, found.stored_head) == ("state-spaces", "pytorch_model.bin", True)
    assert found.parameters.head == 0
    assert found.parameters.conv_state == 2 * 3 * 48
    assert [shard.name for shard in found.summary.shards] == ["pytorch_model.bin"]
