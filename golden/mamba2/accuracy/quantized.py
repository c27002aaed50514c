# SPDX-License-Identifier: Apache-2.0
"""Where the integer models of an evaluation come from: quantized into a cache, or ready in a folder."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from golden.errors import InputError
from golden.mamba2.accuracy.options import Quantizer, Subject
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.integer import manifest as manifests
from golden.mamba2.integer import store
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.quantize import Options, Progress, quantize
from golden.mamba2.quantize.fingerprint import fingerprint, fingerprint_tokens
from golden.mamba2.quantize.prepare import rotation_of


def cached(folder: Path, options: Options, progress: Progress | None = None) -> Quantizer:
    """Quantizer that keeps its models in `folder`, each under a name that holds the hash of what it follows from.

    `progress` is called as `quantize` does: steps done, steps in all, what comes next.
    """

    def make(cfg: Mamba2Config, weights: ModelWeights, profile: Mamba2Profile, calibration: Tensor) -> Subject:
        source = fingerprint(cfg, weights, lambda layer: None)
        identity = manifests.identify(cfg, profile, source, fingerprint_tokens(calibration), asdict(options))
        key = hashlib.sha256(json.dumps(asdict(identity), sort_keys=True, default=str).encode()).hexdigest()
        path = quantize(cfg, weights, profile, calibration, options, folder / f"{profile.name}-{key[:16]}", progress)
        return Subject(store.load(path, resident=True), rotation_of(cfg, profile, options))

    return make


def ready(path: Path, cfg: Mamba2Config, weights: ModelWeights) -> Subject:
    """The integer model in the directory `path`.

    Raises:
        InputError: it is none, or was not quantized from these weights.
    """
    model = store.load(path, resident=True)
    identity = manifests.read_manifest(path / manifests.MANIFEST).identity
    if identity.source != fingerprint(cfg, weights, lambda layer: None):
        raise InputError(f"{path}: not quantized from this checkpoint; expected the model that it was made of")
    try:
        options = Options(**identity.options)  # type: ignore[arg-type]  # checked against the dataclass by its constructor
    except TypeError as error:
        raise InputError(f"{path}: options of another quantizer ({error}); quantize the checkpoint again") from None
    return Subject(model, rotation_of(cfg, model.profile, options))
