# SPDX-License-Identifier: Apache-2.0
"""Mamba2: the float reference that every other form must equal."""
