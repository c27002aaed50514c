// SPDX-License-Identifier: Apache-2.0
//
// mem_sdp - simple dual-port RAM, distributed, block or UltraRAM by depth: one write port, one read port with a registered output.
//
// Function     : rd_data after an edge with rd_en = the word at rd_addr before that edge; it holds while rd_en is low.
// Format       : opaque bits.
// Latency      : 1
// Throughput   : 1
// Back-pressure: none; rd_en low holds the output.
// Golden       : golden.streams.memory
// Test         : tests/rtl/test_mem_sdp.py
//
// Why: a write and a read of one address at one edge return the old word, because block RAM does so for free
// (read-first) while the new word would cost a bypass multiplexer as wide as the memory. Up to 128 words a quarter of a
// block RAM is used at best, and the wide ones of them together are more than a device has: they are distributed RAM.
// A block of UltraRAM holds 4096 words of 72 bits, eight times what a block RAM holds.

`default_nettype none

module mem_sdp #(
    parameter DATA_W = 8,  // width of a word [bits], >= 1
    parameter DEPTH  = 64, // words, >= 2
    parameter ULTRA  = 0   // words from which on it is UltraRAM, 0: never; 7-series devices have none
) (
    input  wire                     clk,
    input  wire                     wr_en,
    input  wire [$clog2(DEPTH)-1:0] wr_addr,
    input  wire [       DATA_W-1:0] wr_data,
    input  wire                     rd_en,
    input  wire [$clog2(DEPTH)-1:0] rd_addr,
    output wire [       DATA_W-1:0] rd_data
);

  localparam RAM_STYLE = (ULTRA > 0 && DEPTH >= ULTRA) ? "ultra" : (DEPTH > 128) ? "block" : "distributed";

  (* ram_style = RAM_STYLE *)
  reg [DATA_W-1:0] mem[0:DEPTH-1];
  reg [DATA_W-1:0] rd_data_q;

  assign rd_data = rd_data_q;

  always @(posedge clk) begin
    if (wr_en) mem[wr_addr] <= wr_data;
  end

  always @(posedge clk) begin
    if (rd_en) rd_data_q <= mem[rd_addr];
  end

  wire unused_style = &{1'b0, RAM_STYLE};  // simulators do not read attributes

  generate
    if (DATA_W < 1 || DEPTH < 2) begin : g_bad_size
      mem_sdp_needs_DATA_W_at_least_1_and_DEPTH_at_least_2 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
