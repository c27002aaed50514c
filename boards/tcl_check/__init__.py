# SPDX-License-Identifier: Apache-2.0
"""Checks of the bitstream scripts without Vivado: they run against recording stubs, and the record is compared with
the RTL's ports, the register maps and the boards' facts.
"""
