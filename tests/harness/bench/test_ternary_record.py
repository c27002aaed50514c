# SPDX-License-Identifier: Apache-2.0
"""Records of `ternary_accel`: what is appended is read, and figures follow from raw counters, of all texts together."""

from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import InputError
from golden.ternary.accel.roof import layer_macs, step_bytes
from golden.ternary.integer.profile import load
from golden.ternary.published import published
from harness.bench import model_record
from harness.bench.ternary_record import read
from tests.harness.samples import mamba2_record, ternary_counters, ternary_record


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    """Records come back equal and in order; those of another kernel are refused."""
    path = tmp_path / "ternary.jsonl"
    made = ternary_record(), ternary_record(own=(7,), divergence="residual behind layer 0")
    for each in made:
        model_record.append(path, each)
    assert read(path) == made
    assert [each.texts for each in made] == [2, 1]
    model_record.append(path, mamba2_record())
    with pytest.raises(InputError, match="on_chip") as caught:
        read(path)
    assert f"{path}:3" in str(caught.value)


def test_decode_by_hand() -> None:
    """600 cycles behind the first tokens are three steps of two texts; their caches grow from 4 and 6 to 6 and 8."""
    made = ternary_record()
    assert made.step_cycles == 200
    assert made.rate == 2e6
    steps = [step_bytes(made.shape, load(), [4 + at, 6 + at], 10).total for at in range(3)]
    assert made.step_megabytes == pytest.approx(sum(steps) / 3 / 1e6)
    assert steps[0] < steps[2]
    assert made.roof == pytest.approx(2 * 10.24e9 / (sum(steps) / 3))
    assert made.share == pytest.approx(made.rate / made.roof)


def test_one_text_reads_its_prompt() -> None:
    """The cache behind a prompt has it all; a start with one choice has no step, and the bytes of the next one."""
    made = ternary_record(own=(3,), prompt=7, generated=1)
    assert made.least_bytes() == step_bytes(made.shape, load(), [10], 10).total
    assert replace(made, generated=2).least_bytes() == made.least_bytes()
    assert replace(made, generated=3).least_bytes() > made.least_bytes()


def test_prefill_by_hand() -> None:
    """16 tokens through the ternary layers in 390 cycles of 256 multiplications."""
    made = ternary_record(work="prefill", own=(0,), prompt=16, generated=1)
    assert made.useful == pytest.approx(16 * layer_macs(made.shape) / (256 * 390))
    assert made.share == made.useful
    assert made.rate == pytest.approx(200e6 * 16 / 390)


def test_roof_of_the_kv260() -> None:
    """19.2 GB/s carry 73.3 tokens a second of 0.73B behind 1,024 positions."""
    made = ternary_record(
        shape=published("bitnet-0.73b"),
        ports=4,
        port_bytes=16,
        clock_mhz=300.0,
        deliverable=1.0,
        prefix=0,
        own=(1023,),
        prompt=1,
        generated=2,
    )
    assert made.delivered_gbs == pytest.approx(19.2)
    assert made.roof == pytest.approx(73.3, abs=0.1)


def test_stalls_have_their_names() -> None:
    """Shares of the cycles, those that all kernels have first."""
    found = dict(ternary_counters().stalls())
    assert found == {"weights": 0.1, "acts": 0.05, "out": 0.01, "cache": 0.02}
    assert list(found) == ["weights", "acts", "out", "cache"]
