# SPDX-License-Identifier: Apache-2.0
"""Source files of the AXI benches."""

COMMON = "hw/verilog/common/"
SPLIT_SOURCES = (f"{COMMON}axi_burst_split.v", f"{COMMON}strm_skid.v")
PORT_SOURCES = (
    "tests/rtl/tb_axi_port.v",
    f"{COMMON}axi_rd_mover.v",
    f"{COMMON}axi_wr_mover.v",
    f"{COMMON}strm_fifo.v",
    f"{COMMON}mem_lutram.v",
    f"{COMMON}mem_sdp.v",
    *SPLIT_SOURCES,
)
