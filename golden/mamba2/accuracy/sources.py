# SPDX-License-Identifier: Apache-2.0
"""What an evaluation reads: the text, the calibration text, and the hashes that say which they were."""

from importlib import metadata
from pathlib import Path

import torch
from torch import Tensor

from golden import text as texts
from golden.checkpoints import content_hash
from golden.mamba2.accuracy.options import Options
from golden.mamba2.accuracy.records import Provenance
from golden.mamba2.config import Mamba2Config
from golden.mamba2.quantize.fingerprint import fingerprint_tokens
from golden.windows import Windows
from golden.zoo import corpus

CALIBRATION = "training text of golden.zoo"
WEIGHTS = ("*.safetensors", "*.bin", "*.json")


def read_text(checkpoint: Path, text: Path | None, cfg: Mamba2Config, options: Options) -> texts.Text:
    """Tokens of the file `text`, or of the zoo's held-out text, for the model in `checkpoint`."""
    content = texts.read(text or corpus.HELDOUT)
    return texts.tokenize(content, cfg.vocab_size, checkpoint, options.tokenizer)


def calibration_tokens(checkpoint: Path, cfg: Mamba2Config, options: Options, text: Path | None = None) -> Tensor:
    """Tokens int64 [calibration_windows, context] of `text` or the zoo's training text, windows drawn by the seed."""
    if text is not None:
        content = texts.read(text)
    else:
        content = "".join(document.text for document in corpus.documents() if document.split == "train")
    found = texts.tokenize(content, cfg.vocab_size, checkpoint, options.tokenizer)
    last = len(texts.require(found, options.context, str(text or CALIBRATION))) - options.context
    generator = torch.Generator().manual_seed(options.seed)
    starts = torch.randint(last + 1, (options.calibration_windows, 1), generator=generator)
    return found.tokens[starts + torch.arange(options.context)]


def checkpoint_hash(checkpoint: Path) -> str:
    """sha256 over names and contents of config, tokenizer and weight files, in order of their names."""
    return content_hash(sorted({path for pattern in WEIGHTS for path in checkpoint.glob(pattern)}))


def provenance(
    checkpoint: Path, text: Path | None, found: texts.Text, cut: Windows, calibration: Tensor, options: Options
) -> Provenance:
    """What all rows of the evaluation share."""
    return Provenance(
        checkpoint=checkpoint.name,
        checkpoint_sha256=checkpoint_hash(checkpoint),
        text=text.name if text else corpus.HELDOUT_NAME,
        text_sha256=found.sha256,
        tokenizer=found.tokenizer,
        context=options.context,
        stride=options.stride,
        windows=len(cut),
        tokens=int(cut.tokens.sum()),
        bytes=int(cut.bytes.sum()),
        whole=cut.whole,
        calibration=CALIBRATION,
        calibration_tokens=calibration.numel(),
        calibration_sha256=fingerprint_tokens(calibration),
        seed=options.seed,
        krait=metadata.version("krait"),
        torch=torch.__version__,
    )
