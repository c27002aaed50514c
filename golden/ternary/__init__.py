# SPDX-License-Identifier: Apache-2.0
"""Ternary weights: packing, table-lookup matrix-vector product, BitNet model."""
