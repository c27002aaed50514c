# SPDX-License-Identifier: Apache-2.0
"""The golden side of the accelerator `mamba2_accel`: memory formats, arguments, order of work, what a start returns."""
