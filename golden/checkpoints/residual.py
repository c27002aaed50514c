# SPDX-License-Identifier: Apache-2.0
"""The residual stream of generated checkpoints, of whatever model: its outliers, its growth, the norm behind it."""

import numpy as np

from golden.checkpoints.draws import Draws, Vector, rms

GROWTH = 8.0
"""Root mean square of the residual stream after the last layer over that of the embedding."""
LOGITS = 1.5
"""Standard deviation of the logits, as far as the residual is independent of the token they are for."""
OUTLIER, PRE_OUTLIER = (10.0, 50.0), (1.2, 2.0)
"""Between these, log-uniform, lies the factor of an outlier: of the residual stream, of the norms that read it."""
NORM_LIMIT = 3.99
"""Largest weight of a norm that reads the residual stream."""


def profile(draws: Draws, size: int) -> Vector:
    """Profile [size] of the stream: log-normal with outliers, root mean square 1."""
    found = draws.log_normal("residual", size, 0.4) * draws.strong("residual", size, OUTLIER)
    return np.asarray(found / rms(found))


def final_norm(draws: Draws, name: str, residual: Vector) -> Vector:
    """Weights of the norm `name` before the head, log-normal, which weaken the strong channels of the profile."""
    flat = residual**-1.25
    weights = draws.log_normal(name, len(residual), 0.25) * flat / np.median(flat)
    return np.asarray(weights.clip(max=NORM_LIMIT))
