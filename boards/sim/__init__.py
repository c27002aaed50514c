# SPDX-License-Identifier: Apache-2.0
"""The virtual board: PYNQ over a Verilated model in the same process."""
