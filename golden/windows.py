# SPDX-License-Identifier: Apache-2.0
"""The loss of language models on the same windows of the same text.

Windows are those of `golden.zoo.measure.bits_per_byte`: each token counts once, in the window that shows it the longest
past. Of a long text some windows are taken, spread evenly; all of them give the same figure as that function.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from golden import text as texts
from golden.errors import InputError

Logits = Callable[[Tensor], Tensor]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Windows:
    """Windows of a text, n of them, all of one length.

    inputs and targets int64 [n, context]; counted bool [n, context], the targets whose loss counts; bytes float64 [n]
    that the counted targets of each window stand for; `whole` whether no window of the text is left out.
    """

    inputs: Tensor
    targets: Tensor
    counted: Tensor
    bytes: Tensor
    whole: bool

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.inputs)

    @property
    def tokens(self) -> Tensor:
        """Number of counted targets of each window, float64 [n]."""
        return self.counted.sum(1).double()


def cut(text: texts.Text, source: str, context: int = 256, stride: int = 128, limit: int | None = None) -> Windows:
    """Windows of `context` tokens, `stride` apart; with a `limit` only so many that about `limit` tokens count.

    `source` names the text in errors.

    Raises:
        InputError: stride or limit is out of range, or the text is shorter than a window and the token after it.
    """
    if not 0 < stride <= context:
        raise InputError(f"windows: stride is {stride}, expected 1..{context}, the window's length")
    if limit is not None and limit < 1:
        raise InputError(f"windows: limit is {limit}, expected at least 1 token")
    texts.require(text, context + 1, source)
    last = len(text) - 1 - context
    starts = sorted({*range(0, last, stride), last})
    fresh = [context, *(b - a for a, b in itertools.pairwise(starts))]
    chosen = _spread(len(starts), len(starts) if limit is None else max(1, round(limit / stride)))
    at = torch.tensor([starts[i] for i in chosen])[:, None] + torch.arange(context)
    counted = torch.arange(context) >= context - torch.tensor([fresh[i] for i in chosen])[:, None]
    width = (text.ends[at + 1] - text.ends[at]) * counted
    return Windows(text.tokens[at], text.tokens[at + 1], counted, width.sum(1).double(), len(chosen) == len(starts))


def _spread(count: int, wanted: int) -> list[int]:
    """Indices of `wanted` of `count` things, at equal distances."""
    wanted = min(wanted, count)
    return [(2 * i + 1) * count // (2 * wanted) for i in range(wanted)]


def losses(logits: Logits, windows: Windows, batch: int = 16, progress: Progress = lambda done, total: None) -> Tensor:
    """Summed -ln p of the counted targets of each window, float64 [n].

    `logits` maps tokens int64 [B, context] to [B, context, V]; it runs on `batch` windows at a time.
    """
    parts = []
    with torch.no_grad():
        for first in range(0, len(windows), batch):
            rows = slice(first, first + batch)
            found = logits(windows.inputs[rows]).float().transpose(1, 2)
            loss = functional.cross_entropy(found, windows.targets[rows], reduction="none").double()
            parts.append((loss * windows.counted[rows]).sum(1))
            progress(min(first + batch, len(windows)), len(windows))
    return torch.cat(parts)


def bits_per_byte(loss: Tensor, windows: Windows) -> float:
    """Mean over bytes of the losses [n] in bits."""
    return float(loss.sum() / windows.bytes.sum()) / math.log(2)


def perplexity(loss: Tensor, windows: Windows) -> float:
    """Exponential of the mean loss [n] of a token."""
    return math.exp(min(float(loss.sum() / windows.tokens.sum()), 700.0))


def relative(loss: Tensor, reference: Tensor) -> tuple[float, float]:
    """How much `loss` [n] exceeds `reference` [n] in percent of it, and the standard error over the windows.

    Both are sums over windows, so the ratio's error is that of its residuals (the delta method); 0 for one window.
    """
    ratio = float(loss.sum() / reference.sum())
    if len(loss) < 2:
        return 100 * (ratio - 1), 0.0
    residual = loss - ratio * reference
    error = float(residual.std()) * math.sqrt(len(loss)) / float(reference.sum())
    return 100 * (ratio - 1), 100 * error
