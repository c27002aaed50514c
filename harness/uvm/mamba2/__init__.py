# SPDX-License-Identifier: Apache-2.0
"""The environment of `mamba2_accel`: whole models, prompts and states under random stalls, errors and resets."""
