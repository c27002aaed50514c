# SPDX-License-Identifier: Apache-2.0
"""Drives RTL: build, simulate, check, measure."""
