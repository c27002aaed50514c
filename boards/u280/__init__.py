# SPDX-License-Identifier: Apache-2.0
"""Alveo U280: `AlveoDevice` over XRT."""
