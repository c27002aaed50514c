// SPDX-License-Identifier: Apache-2.0
//
// m2_banks - block RAM or UltraRAM in BANKS side by side: a word is read and written at once, each of its groups on its own enable.
//
// Function     : mem_sdp for each group of a word; enables for each, addresses for all.
// Format       : opaque bits, group 0 lowest.
// Latency      : 1
// Throughput   : 1
// Back-pressure: none; rd_en low holds a group's output.
// Golden       : golden.streams.memory
// Test         : tests/rtl/test_m2_gate_buf.py
//
// Why: results of linear layers and of the recurrence come 8 values at a time, norms want NL of them.

`default_nettype none

module m2_banks #(
    parameter GROUP_W = 64, // width of a group [bits], >= 1
    parameter BANKS   = 2,  // groups in a word, >= 1
    parameter DEPTH   = 64, // words, >= 2
    parameter ULTRA   = 0   // words from which on it is UltraRAM, 0: never; 7-series devices have none
) (
    input  wire                     clk,
    input  wire [        BANKS-1:0] wr_en,
    input  wire [$clog2(DEPTH)-1:0] wr_addr,
    input  wire [BANKS*GROUP_W-1:0] wr_data,
    input  wire [        BANKS-1:0] rd_en,
    input  wire [$clog2(DEPTH)-1:0] rd_addr,
    output wire [BANKS*GROUP_W-1:0] rd_data
);

  genvar i;
  generate
    for (i = 0; i < BANKS; i = i + 1) begin : g_bank
      mem_sdp #(
          .DATA_W(GROUP_W),
          .DEPTH (DEPTH),
          .ULTRA (ULTRA)
      ) u_mem (
          .clk    (clk),
          .wr_en  (wr_en[i]),
          .wr_addr(wr_addr),
          .wr_data(wr_data[i*GROUP_W+:GROUP_W]),
          .rd_en  (rd_en[i]),
          .rd_addr(rd_addr),
          .rd_data(rd_data[i*GROUP_W+:GROUP_W])
      );
    end
  endgenerate

endmodule

`default_nettype wire
