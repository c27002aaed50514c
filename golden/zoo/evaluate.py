# SPDX-License-Identifier: Apache-2.0
"""Held-out bits per byte of the zoo's models beside the n-gram baseline, and samples of their text.

`python -m golden.zoo.evaluate` prints the table of the folder's README; `--write` puts it there.
The models are the float references, loaded from the committed checkpoints.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from golden.errors import InputError
from golden.zoo import corpus, ngram
from golden.zoo.command import run
from golden.zoo.measure import Logits, bits_per_byte

FOLDER = Path(__file__).parent
CONTEXT, STRIDE = 256, 128
PROMPTS = ("\fReturn the ", "\fThe function ")
BLOCK = re.compile(r"(<!-- evaluate: begin -->\n).*(<!-- evaluate: end -->)", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One line of the table; `ratio` is held-out bits per byte over the n-gram's."""

    name: str
    parameters: str
    validation: float
    heldout: float
    ratio: float


def _bitnet(path: Path) -> tuple[Logits, int]:
    from golden.ternary.model import forward, load

    model = load(path)
    count = sum(t.numel() for t in model.tensors.values())
    return lambda tokens: torch.stack([forward(model, row) for row in tokens]), count


def _mamba2(path: Path) -> tuple[Logits, int]:
    from golden import checkpoints
    from golden.mamba2.checkpoint import load
    from golden.mamba2.model import forward

    cfg, weights = load(path)
    count = sum(t.numel() for t in checkpoints.load(path).tensors.values())
    return lambda tokens: forward(tokens, weights, cfg)[0], count


MODELS: dict[str, Callable[[Path], tuple[Logits, int]]] = {"mamba2-tiny": _mamba2, "bitnet-tiny": _bitnet}


def sample(logits: Logits, prompt: str, length: int, seed: int, temperature: float = 0.6) -> str:
    """`prompt` and `length` bytes that the model goes on with."""
    generator = torch.Generator().manual_seed(seed)
    tokens = corpus.to_tokens(prompt).to(torch.int64)
    with torch.no_grad():
        for _ in range(length):
            last = logits(tokens[None, -CONTEXT:])[0, -1].double() / temperature
            tokens = torch.cat((tokens, torch.multinomial(last.softmax(-1), 1, generator=generator)))
    return bytes(tokens.tolist()).decode("utf-8", errors="replace")


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| model | parameters | validation | held-out | against the n-gram |", "|---|--:|--:|--:|--:|"]
    lines += [f"| {r.name} | {r.parameters} | {r.validation:.4f} | {r.heldout:.4f} | {r.ratio:.3f} |" for r in rows]
    return "\n".join(lines)


def evaluate(folder: Path) -> str:
    """Markdown: the table of bits per byte, and two samples of each model found in `folder`."""
    text = corpus.load()
    order, baseline = ngram.fit_best(text.train, text.validation)
    reference = ngram.bits_per_byte(baseline, text.heldout)
    size = f"{sum(len(o.grams) for o in baseline.orders):,} n-grams"
    name = f"interpolated {order}-gram"
    rows = [Row(name, size, ngram.bits_per_byte(baseline, text.validation), reference, 1.0)]
    samples = []
    for model, load in MODELS.items():
        if not (folder / model).is_dir():
            continue
        logits, count = load(folder / model)
        validation, heldout = (bits_per_byte(logits, t, CONTEXT, STRIDE) for t in (text.validation, text.heldout))
        rows.append(Row(f"`{model}`", f"{count:,}", validation, heldout, heldout / reference))
        for seed, prompt in enumerate(PROMPTS):
            shown = sample(logits, prompt, 400, seed).replace("\f", "")
            samples.append(f"`{model}`, from {prompt.strip()!r}, seed {seed}:\n\n```text\n{shown}\n```")
    return table(rows) + "\n\n" + "\n\n".join(samples) + "\n"


def main() -> None:
    """Measure the zoo's committed models."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the checkpoint directories lie")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="put the result into the folder's README.md")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    result = evaluate(args.folder)
    sys.stdout.write(result)
    if args.write:
        readme = FOLDER / "README.md"
        old = readme.read_text(encoding="utf-8")
        if not BLOCK.search(old):
            raise InputError(f"{readme}: no <!-- evaluate: begin --> ... <!-- evaluate: end --> block to fill")
        readme.write_text(BLOCK.sub(lambda m: m[1] + result + m[2], old), encoding="utf-8")


if __name__ == "__main__":
    run(main)
