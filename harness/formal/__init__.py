# SPDX-License-Identifier: Apache-2.0
"""Formal proofs: laws of RTL modules that hold for every input, by SymbiYosys."""
