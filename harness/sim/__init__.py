# SPDX-License-Identifier: Apache-2.0
"""Runs simulators: the cocotb runner, the simulation memory and its C++ side."""
