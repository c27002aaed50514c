# SPDX-License-Identifier: Apache-2.0
"""The quantizer: a float model and a calibration text in, the directory of an integer model out, layer by layer."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from golden.errors import InputError
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.integer import manifest as manifests
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer import store
from golden.mamba2.integer.manifest import Manifest
from golden.mamba2.integer.packing import Ends
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.quantize.fingerprint import fingerprint, fingerprint_tokens
from golden.mamba2.quantize.layer import Job, advance, quantize_head, quantize_layer
from golden.mamba2.quantize.options import Options
from golden.mamba2.quantize.prepare import job_of, measure, residual_scale, rotation_of
from golden.mamba2.quantize.streams import reference

Progress = Callable[[int, int, str], None]
"""Called with the steps done, their number, and what comes next."""


def quantize(
    cfg: Mamba2Config,
    weights: ModelWeights,
    profile: Mamba2Profile,
    calibration: Tensor,
    options: Options,
    out: Path,
    progress: Progress | None = None,
    revision: str = "",
) -> Path:
    """Quantize a float model and write the directory `out`; `store.load` reads it.

    Layers are read from `weights` when their turn comes and written as soon as they are ready. A run that was
    interrupted goes on where it stopped when it is started again with the same arguments.

    Args:
        cfg: shape of the model.
        weights: its weights, whose layers may be read lazily, each several times.
        profile: the integer profile.
        calibration: int64 [B, L] tokens: B independent texts, each from an empty state.
        options: the quantizer's choices.
        out: folder to write, new or empty or from an earlier run with the same arguments.
        progress: see `Progress`.
        revision: of the tool, noted in the manifest.

    Returns:
        `out`.

    Raises:
        InputError: the profile can't take the shape, weights hold NaN or infinity or leave a parameter's bounds, tokens
            are no tokens of the model, or `out` holds something else.
        MachineError: `out` cannot be written.
    """
    profiles.check(cfg, profile)
    _check_tokens(calibration, cfg)
    steps = _Steps(progress, cfg.n_layer)
    with torch.no_grad():
        source = fingerprint(cfg, weights, partial(steps.layer, 0, "read"))
        identity = manifests.identify(cfg, profile, source, fingerprint_tokens(calibration), asdict(options))
        manifest = store.begin(out, identity, revision)
        if len(manifest.files) <= cfg.n_layer:
            rotation = rotation_of(cfg, profile, options)
            if not manifest.residual_scale:
                step = partial(steps.layer, 1, "measure")
                peaks = measure(cfg, weights, profile, rotation, calibration, step)
                manifest = replace(manifest, residual_scale=residual_scale(peaks, cfg, profile))
            job = job_of(cfg, weights, profile, options, rotation, manifest.residual_scale)
            _write(weights, calibration, job, out, manifest, steps)
    steps(3 * cfg.n_layer + 1, "done")
    return out


@dataclass(frozen=True)
class _Steps:
    """Progress in three rounds over the layers (read, measure, quantize), and the head."""

    progress: Progress | None
    layers: int

    def layer(self, rounds: int, what: str, index: int) -> None:
        """Report the layer that comes next, after so many rounds."""
        self(rounds * self.layers + index, f"{what} layer {index}")

    def __call__(self, done: int, what: str) -> None:
        """Report what comes next."""
        if self.progress:
            self.progress(done, 3 * self.layers + 1, what)


def _write(weights: ModelWeights, tokens: Tensor, job: Job, out: Path, manifest: Manifest, steps: _Steps) -> None:
    """Quantize and write what `manifest` does not name yet."""
    cfg, p = job.model.cfg, job.model.profile
    exact, r = weights.embedding[tokens], job.model.embedding[tokens].long()  # [B, L, D] residual streams
    for i, layer_weights in enumerate(weights.layers):
        steps.layer(2, "quantize", i)
        ref = reference(exact, layer_weights, cfg)
        if store.layer_file(i) in manifest.files:
            r = advance(r, store.read_layer(out, cfg, p, i), job)
        else:
            layer, r = quantize_layer(i, layer_weights, r, ref, job)
            manifest = store.write_layer(out, manifest, i, layer)
        exact = ref.residual
    steps(3 * cfg.n_layer, "quantize the head")
    norm_f, head = quantize_head(weights, exact, r, job)
    store.write_ends(out, manifest, Ends(job.model.embedding, norm_f, head))


def _check_tokens(tokens: Tensor, cfg: Mamba2Config) -> None:
    """InputError unless `tokens` are some tokens of the model, int64 [B, L]."""
    if tokens.dtype != torch.int64 or tokens.dim() != 2 or not tokens.numel():
        found = f"{str(tokens.dtype).removeprefix('torch.')} {list(tokens.shape)}"
        raise InputError(f"calibration text: found {found}, expected int64 [texts, tokens], at least one of each")
    low, high = int(tokens.min()), int(tokens.max())
    if low < 0 or high >= cfg.vocab_size:
        raise InputError(f"calibration text: found tokens {low} .. {high}, expected 0 .. {cfg.vocab_size - 1}")
