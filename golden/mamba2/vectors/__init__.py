# SPDX-License-Identifier: Apache-2.0
"""Test vectors for every unit of the integer Mamba2 block, from real text and from adversarial generators."""
