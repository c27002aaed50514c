// SPDX-License-Identifier: Apache-2.0
//
// mem_ultra - simple dual-port UltraRAM for deep memories: one write port, one read port with a registered output.
//
// Function     : rd_data after an edge with rd_en = the word at rd_addr before that edge; it holds while rd_en is low.
// Format       : opaque bits.
// Latency      : 1
// Throughput   : 1
// Back-pressure: none; rd_en low holds the output.
// Golden       : golden.streams.memory
// Test         : tests/rtl/test_mem_sdp.py
//
// Why: 4096 words of 72 bits in a block, eight times what a block RAM holds. A module of its own, not a parameter of
// mem_sdp: 7-series devices have no such blocks, so only those memories ask for them that no such device builds.

`default_nettype none

module mem_ultra #(
    parameter DATA_W = 8,  // width of a word [bits], >= 1
    parameter DEPTH  = 64  // words, >= 2; below a few thousand block RAM serves better
) (
    input  wire                     clk,
    input  wire                     wr_en,
    input  wire [$clog2(DEPTH)-1:0] wr_addr,
    input  wire [       DATA_W-1:0] wr_data,
    input  wire                     rd_en,
    input  wire [$clog2(DEPTH)-1:0] rd_addr,
    output wire [       DATA_W-1:0] rd_data
);

  (* ram_style = "ultra" *)
  reg [DATA_W-1:0] mem[0:DEPTH-1];
  reg [DATA_W-1:0] rd_data_q;

  assign rd_data = rd_data_q;

  always @(posedge clk) begin
    if (wr_en) mem[wr_addr] <= wr_data;
  end

  always @(posedge clk) begin
    if (rd_en) rd_data_q <= mem[rd_addr];
  end

  generate
    if (DATA_W < 1 || DEPTH < 2) begin : g_bad_size
      mem_ultra_needs_DATA_W_at_least_1_and_DEPTH_at_least_2 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
