# SPDX-License-Identifier: Apache-2.0
"""Mamba2 in integers: the bit-exact profiles that the RTL must equal. Specification: `golden/mamba2/README.md`."""
