# SPDX-License-Identifier: Apache-2.0
"""The published sizes of BitNet b1.58 that krait is measured on, under the names of the papers that run them.

bitnet-0.73b is 1bitLLM/bitnet_b1_58-large, which TeLLMe (arXiv 2510.15926) runs; bitnet-2b-4t is
microsoft/bitnet-b1.58-2B-4T (arXiv 2504.12285). Shapes as in their config.json.
"""

from golden.errors import InputError
from golden.ternary.config import BitNetConfig

_SHAPES = {
    "bitnet-0.73b": BitNetConfig(32002, 1536, 4096, 24, 16, 16, 1e4, 2048, hidden_act="silu"),
    "bitnet-2b-4t": BitNetConfig(128256, 2560, 6912, 30, 20, 5, 5e5, 4096),
}
NAMES = tuple(_SHAPES)


def published(name: str) -> BitNetConfig:
    """Shape of the published model `name`, one of NAMES in any case; InputError for another name."""
    if name.lower() not in NAMES:
        raise InputError(f"BitNet model: found {name!r}, expected one of {', '.join(NAMES)}")
    return _SHAPES[name.lower()]
