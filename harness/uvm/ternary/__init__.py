# SPDX-License-Identifier: Apache-2.0
"""The environment of `ternary_accel`: whole BitNet models, prompts, texts and caches under stalls, errors, resets."""
