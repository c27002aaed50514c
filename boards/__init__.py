# SPDX-License-Identifier: Apache-2.0
"""PYNQ devices, drivers and board facts."""
