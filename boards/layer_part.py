# SPDX-License-Identifier: Apache-2.0
"""Some layers of a Mamba2 model on a virtual board, from what golden has in front of them: a process of its own.

`python -m boards.layer_part FOLDER` reads the part from FOLDER and leaves what it found there.
"""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from boards.drivers.model_accel import RESIDUAL
from boards.mamba2_models import integer_model, prompt_of
from boards.model_bench import run_start
from boards.sim.open import open_board
from golden.beats import row_groups
from golden.errors import KraitError
from golden.mamba2.accel.image import raw_rows
from golden.mamba2.accel.outcome import Outcome
from golden.mamba2.accel.start import Plan, Run, model_parts, plan, token_beats
from golden.mamba2.integer.model import IntegerModel
from golden.schedule import Kind, jobs
from golden.spec import Mamba2AccelConfig, load_config
from harness import json_record
from harness.bench.model_compare import compared, divergence

KERNEL = "mamba2_accel"
PART, FOUND = "part.json", "found.json"


@dataclass(frozen=True)
class Part:
    """Layers `first` .. `first + count - 1` of `layers` over `tokens` tokens; golden's values lie in a file."""

    board: str
    config: str
    model: str
    tokens: int
    first: int
    count: int
    layers: int
    golden: str

    @property
    def last(self) -> bool:
        """Whether the head follows."""
        return self.first + self.count == self.layers

    @property
    def name(self) -> str:
        """The layers, for people."""
        end = self.first + self.count - 1
        return f"layer {end}" if self.count == 1 else f"layers {self.first} .. {end}"

    @property
    def run(self) -> Run:
        """The kernel's start: of tokens for the first part, else of residual rows; the last part chooses a token."""
        return Run(self.tokens, int(self.last), raw=self.first > 0, tap_point=RESIDUAL)


@dataclass(frozen=True)
class Found:
    """What a part gave: values compared, the first that differs ("" for none), simulated cycles of the start."""

    compared: int
    divergence: str
    cycles: int


def part_model(whole: IntegerModel, part: Part) -> IntegerModel:
    """Return the part's layers as a model of its own, with the ends of the whole one."""
    shape = replace(whole.cfg, n_layer=part.count)
    return replace(whole, cfg=shape, layers=whole.layers[part.first : part.first + part.count])


def lay_out(whole: IntegerModel, part: Part, cfg: Mamba2AccelConfig) -> Plan:
    """Lay the part's start out. InputError: the configuration does not take it."""
    return plan(part_model(whole, part), cfg, part.run)


def run_part(part: Part) -> Found:
    """Run a part on its virtual board under ideal memory and compare every value behind its layers.

    Raises:
        InputError: the model is not there, or the configuration does not take it.
        KernelError: the kernel reports an error.
        MachineError: the board is in use, not done in time, or a tool is missing.
    """
    cfg = load_config(KERNEL, part.config)
    assert isinstance(cfg, Mamba2AccelConfig)
    whole, _ = integer_model(part.model, cfg.profile)
    own, golden = part_model(whole, part), load_file(part.golden)
    laid = lay_out(whole, part, cfg)
    with open_board(part.board, cfg.name, "ideal", KERNEL) as board, board.kernel.arena(laid.arena_bytes):
        kernel, simulated = board.kernel, board.device.model
        assert simulated is not None
        kernel.write_sections(model_parts(own, laid))
        if part.first:
            kernel.write_region(laid.arguments, "e", raw_rows(golden["residual"][part.first - 1], cfg))
        else:
            prompt = prompt_of(part.model, whole.cfg.vocab_size, part.tokens)
            kernel.write_region(laid.arguments, "tok", token_beats(prompt, cfg))
        ran = run_start(kernel, simulated, laid.arguments)
        cycles = kernel.counters().cycles
    wanted = expected(part, cfg, golden)
    order = jobs(part.tokens, int(part.last), range(part.count), cfg.t_cols, cfg.slots)
    best = [(each.index, each.value) for each in ran.best]
    differs = divergence(
        wanted, order, whole.cfg.d_model, ran.taps, best, lambda layer: f"layer {part.first + layer} of {part.layers}"
    )
    return Found(compared(wanted), differs, cycles)


def expected(part: Part, cfg: Mamba2AccelConfig, golden: dict[str, Tensor]) -> Outcome:
    """Return what golden has behind the part's layers, in the order of the kernel's work, and its last token."""
    residual = golden["residual"][part.first : part.first + part.count]
    order = jobs(part.tokens, int(part.last), range(part.count), cfg.t_cols, cfg.slots)
    stream = torch.cat(
        [row_groups(residual[j.layer, j.first : j.first + j.tokens]) for j in order if j.kind is Kind.OUT]
    )
    index, value = (golden[name] if part.last else golden[name][:0] for name in ("index", "value"))
    return Outcome(tuple(index[:, 0].tolist()), index, value, (stream[:0], stream, stream[:0]), ())


def main(folder: Path) -> int:
    """Run the part in `folder`; one line on standard error where it cannot, and its exit code."""
    torch.set_num_threads(1)
    try:
        found = run_part(json_record.read(Part, folder / PART, None, "krait layers"))
        json_record.write(folder / FOUND, found)
    except KraitError as error:
        print(f"krait: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
