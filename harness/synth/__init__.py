# SPDX-License-Identifier: Apache-2.0
"""Synthesis estimates: what a design takes of a device, and its longest path in logic levels, by Yosys."""
