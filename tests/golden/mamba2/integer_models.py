# SPDX-License-Identifier: Apache-2.0
"""Integer models with extreme parameters, under the name that tests know them by."""

from golden.mamba2.integer.extremes import SMALL, STYLES, Maker, Style, make

__all__ = ["SMALL", "STYLES", "Maker", "Style", "make"]
