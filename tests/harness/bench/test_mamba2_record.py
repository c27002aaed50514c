# SPDX-License-Identifier: Apache-2.0
"""Records of `mamba2_accel`: what is appended is read, figures follow from raw counters, divergences have a name."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from golden.errors import InputError
from golden.mamba2.accel.outcome import Outcome
from golden.mamba2.accel.roof import step_bytes
from golden.mamba2.integer.profile import load
from golden.mamba2.published import published
from golden.schedule import jobs
from harness.bench import model_record
from harness.bench.mamba2_record import Shape, read
from harness.bench.mamba2_workloads import goals, workload
from harness.bench.model_compare import compared, divergence
from harness.bench.model_record import Mark
from tests.harness.samples import mamba2_counters, mamba2_record


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    """Records come back equal and in order; without a file there are none."""
    path = tmp_path / "new" / "mamba2.jsonl"
    assert read(path) == ()
    made = mamba2_record(), mamba2_record(memory="worse", divergence="residual behind layer 0")
    for each in made:
        model_record.append(path, each)
    assert read(path) == made
    assert [each.exact for each in made] == [True, False]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "not JSON"),
        ('{"schema": 99}', "schema: found 99, expected 1"),
        (json.dumps(asdict(mamba2_record()) | {"surprise": 1}), "surprise"),
        (json.dumps(asdict(mamba2_record()) | {"memory": "fast"}), "memory: found 'fast'"),
    ],
    ids=["not-json", "schema", "unknown-key", "unknown-memory"],
)
def test_a_malformed_line_is_named(line: str, message: str, tmp_path: Path) -> None:
    """The error names file and line number, and what is wrong there."""
    path = tmp_path / "mamba2.jsonl"
    model_record.append(path, mamba2_record())
    with path.open("a") as handle:
        handle.write(line + "\n")
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert f"{path}:2" in str(caught.value)


def test_decode_by_hand() -> None:
    """600 cycles behind the first token are three steps of 200; 720 beats of 1,000 x 2 x 0.8."""
    made = mamba2_record()
    assert made.step_cycles == 200
    assert made.rate == 1e6
    assert made.delivered_gbs == pytest.approx(0.8 * 2 * 32 * 0.2)
    least = step_bytes(made.shape.config(), load(made.profile), 4).total
    assert made.roof == pytest.approx(10.24e9 / least)
    assert made.share == pytest.approx(1e6 * least / 10.24e9)
    assert made.ports_busy == pytest.approx(720 / 1600)
    assert made.cycles_per_second == 2000
    assert made.seconds_a_token == pytest.approx(0.1)


def test_prefill_by_hand() -> None:
    """16 tokens of 4 layers of (648 + 256) x 128 multiplications in 40,000 cycles of 256; the head in the rest."""
    made = mamba2_record(
        work="prefill", prompt=16, generated=1, counters=mamba2_counters(cycles=41000, first_token=40900)
    )
    made = replace(made, layers=Mark(40000, 1))
    assert made.useful == pytest.approx(16 * 4 * (648 * 128 + 128 * 256) / (256 * 40000))
    assert made.share == made.useful
    assert made.rate == pytest.approx(200e6 / 2500)
    assert made.after_layers == 900


def test_roof_of_the_u280() -> None:
    """32 ports that deliver 460 GB/s: 317 tok/s of 2.7B with six layers' state on chip, 315 with none."""
    cfg = published("mamba2-2.7b")
    shape = Shape(cfg.d_model, cfg.n_layer, cfg.vocab_size, cfg.d_state, cfg.headdim, cfg.expand, cfg.ngroups, 4)
    made = mamba2_record(
        shape=shape, ports=32, port_bytes=64, clock_mhz=225.0, deliverable=460 / 460.8, memory="ideal", on_chip=6
    )
    assert made.delivered_gbs == pytest.approx(460)
    assert made.roof == pytest.approx(317.3, abs=0.1)
    assert replace(made, on_chip=0).roof == pytest.approx(315.5, abs=0.1)


def test_goals_belong_to_their_boards() -> None:
    """Rates under ideal memory, ports under the model; a small model on a small board has none."""
    assert goals(mamba2_record()) == ()
    ideal = mamba2_record(board="sim:u280", model="mamba2-2.7b", memory="ideal")
    assert [(goal.bound, goal.unit) for goal in goals(ideal)] == [(285.0, "tok/s"), (120.0, "s")]
    assert [goal.source for goal in goals(ideal)] == ["simulated", "measured"]
    ports = goals(replace(ideal, memory="model"))
    assert [(goal.bound, goal.met(ideal)) for goal in ports] == [(0.90, False)]
    prefill = mamba2_record(board="sim:vc709", model="mamba2-130m", work="prefill", workload="pp256", memory="ideal")
    assert [goal.bound for goal in goals(prefill)] == [0.90, 3000.0]
    assert goals(replace(ideal, memory="worse")) == ()


def test_workloads_by_name() -> None:
    """tgN chooses one token more than it has steps behind the first; anything else is refused."""
    assert (workload("tg3").prompt, workload("tg3").generate, workload("tg3").work) == (1, 4, "decode")
    assert (workload("pp256").prompt, workload("pp256").generate, workload("pp256").work) == (256, 1, "prefill")
    for wrong in ("tg0", "pp", "xx1", "tg-1", "tg99999"):
        with pytest.raises(InputError, match="--workload"):
            workload(wrong)


class TestDivergence:
    """Two layers of width 16, chunks of two tokens, three tokens of prompt, two chosen ones."""

    WIDTH = 16
    BEATS = 4 * 2 * (WIDTH // 8)

    def expected(self) -> Outcome:
        values = torch.arange(self.BEATS * 8).reshape(-1, 8)
        best = torch.arange(16).reshape(2, 8)
        return Outcome((0, 8), best, -best, (torch.zeros(0, 8), values, torch.zeros(0, 8)), ())

    def line(self, taps: torch.Tensor, change: int | None = None) -> str:
        found = self.expected()
        best = [([int(i) for i in a], [int(v) for v in b]) for a, b in zip(found.index, found.value, strict=True)]
        if change is not None:
            best[1][1][change] += 1
        order = jobs(3, 2, range(2), t_cols=2, slots=1)
        return divergence(found, order, self.WIDTH, taps, best)

    def test_agreement(self) -> None:
        """Equal results give no line, and all of them count."""
        found = self.expected()
        assert self.line(found.streams[1].clone()) == ""
        assert compared(found) == self.BEATS * 8 + 32

    @pytest.mark.parametrize(
        ("beat", "lane", "where"),
        [
            (0, 3, "layer 0, token 0, element 3:"),
            (1, 0, "layer 0, token 1, element 0:"),
            (2, 1, "layer 0, token 0, element 9:"),
            (7, 7, "layer 1, token 1, element 15:"),
            (9, 2, "layer 0, token 2, element 10:"),
            (14, 0, "layer 1, token 3, element 0:"),
        ],
    )
    def test_the_first_residual_has_its_place(self, beat: int, lane: int, where: str) -> None:
        """Layer, token and element follow from the beat's number in the order of the work."""
        taps = self.expected().streams[1].clone()
        taps[beat, lane] += 5
        taps[15, 7] += 1
        found = self.line(taps)
        assert where in found
        assert f"golden {beat * 8 + lane}, board {beat * 8 + lane + 5}; 2 of 128 differ" in found

    def test_a_short_capture_is_told(self) -> None:
        assert "found 3 beats of 8, golden has 16" in self.line(self.expected().streams[1][:3])

    def test_a_wrong_logit_has_its_rank(self) -> None:
        """Logits count when the residuals agree."""
        line = self.line(self.expected().streams[1], change=5)
        assert line == "chosen token 1, logit of rank 5: golden -13, board -12"
