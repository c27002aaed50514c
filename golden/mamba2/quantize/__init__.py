# SPDX-License-Identifier: Apache-2.0
"""From a float Mamba2 model and a calibration text to an integer model."""

from golden.mamba2.quantize.options import Options
from golden.mamba2.quantize.run import Progress, quantize

__all__ = ["Options", "Progress", "quantize"]
