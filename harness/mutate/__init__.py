# SPDX-License-Identifier: Apache-2.0
"""Mutation testing: faults in the netlist of a module, and whether the module's own tests see them."""
