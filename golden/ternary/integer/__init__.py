# SPDX-License-Identifier: Apache-2.0
"""Whole BitNet models in integers: what the ternary accelerator computes, bit for bit."""
