# SPDX-License-Identifier: Apache-2.0
"""VC709 behind Xilinx' XDMA driver. PYNQ does not know the board; nothing here was run on one yet."""
