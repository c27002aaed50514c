# SPDX-License-Identifier: Apache-2.0
"""Tests; a package so that simulators import cocotb modules by dotted name."""
