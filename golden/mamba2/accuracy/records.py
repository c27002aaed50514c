# SPDX-License-Identifier: Apache-2.0
"""What an evaluation found: frozen records that go to JSON and come back, each figure with what made it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from golden.errors import InputError
from golden.spec.strict import decode_schema, parse_json

SCHEMA = 1
AGAIN = "run krait model eval again"
"""What helps against a malformed file."""

Kind = Literal["float", "fake", "integer"]
Mode = Literal["running", "isolated"]


@dataclass(frozen=True)
class Provenance:
    """What every row of an evaluation shares.

    tokens and bytes are those whose loss counts; `whole` says whether that is the whole text. checkpoint_sha256 covers
    config.json and all weight files in order of their names, text_sha256 the whole text in UTF-8. `seed` draws the
    calibration windows.
    """

    checkpoint: str
    checkpoint_sha256: str
    text: str
    text_sha256: str
    tokenizer: str
    context: int
    stride: int
    windows: int
    tokens: int
    bytes: int
    whole: bool
    calibration: str
    calibration_tokens: int
    calibration_sha256: str
    seed: int
    krait: str
    torch: str


@dataclass(frozen=True)
class Setting:
    """A choice of a profile and its value, as text."""

    name: str
    value: str


@dataclass(frozen=True)
class LossRow:
    """Loss of one model on the text.

    loss_percent: bits per byte over the float model's, less 1, in percent; stderr_percent its standard error over the
    windows, which all rows share. goal_percent: what loss_percent should not exceed, None where no goal is stated.
    """

    name: str
    kind: Kind
    doc: str
    bits_per_byte: float
    perplexity: float
    loss_percent: float
    stderr_percent: float
    goal_percent: float | None
    seconds: float
    choices: tuple[Setting, ...] = ()

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without one."""
        return None if self.goal_percent is None else self.loss_percent <= self.goal_percent


@dataclass(frozen=True)
class SignalRow:
    """Signal-to-quantization-noise ratio of one tensor of one layer of an integer model against the float model.

    mode: "running" lets errors of earlier layers and tokens come along, "isolated" gives the layer the float model's
    input. layer -1 is what stands behind the last layer. sqnr_db: None where there is no error. reference_rms and
    largest_error in the tensor's real unit.
    """

    model: str
    mode: Mode
    layer: int
    tensor: str
    sqnr_db: float | None
    reference_rms: float
    largest_error: float


@dataclass(frozen=True)
class FunctionRow:
    """Error of one approximated function over a dense grid; `reference` is the published or derived bound."""

    function: str
    range: str
    where: float
    min_error: float
    max_error: float
    rms: float
    reference: float | None
    source: str


@dataclass(frozen=True)
class StudyRow:
    """One scheme on generated outlier checkpoints: logits against the float model's, means over the seeds.

    sqnr_db of the logits; kl mean Kullback-Leibler divergence, float against quantized, in bits per token; agree the
    share of tokens whose most likely successor is the same.
    """

    name: str
    kind: Kind
    doc: str
    sqnr_db: float
    kl_bits: float
    agree: float


@dataclass(frozen=True)
class Study:
    """Schemes compared on generated checkpoints with heavy-tailed channels."""

    model: str
    seeds: tuple[int, ...]
    tokens: int
    rows: tuple[StudyRow, ...]


@dataclass(frozen=True)
class Evaluation:
    """Everything that `krait model eval` found of one checkpoint."""

    schema: int
    provenance: Provenance
    losses: tuple[LossRow, ...]
    signals: tuple[SignalRow, ...]
    functions: tuple[FunctionRow, ...]
    study: Study | None = None

    @property
    def good(self) -> bool:
        """Whether no row misses its goal."""
        return all(row.met is not False for row in self.losses)

    def to_json(self) -> str:
        """Return the evaluation as JSON, which `read` takes back."""
        return json.dumps(asdict(self), indent=1, allow_nan=False) + "\n"


def parse(text: str, source: Path) -> Evaluation:
    """Evaluation from JSON. InputError naming `source` and the key when it is malformed or of another version."""
    raw = parse_json(text, source, AGAIN)
    return decode_schema(Evaluation, raw, source, SCHEMA, AGAIN)


def read(path: Path) -> Evaluation:
    """Evaluation from a file. InputError when it cannot be read or is malformed."""
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); {AGAIN}") from None
