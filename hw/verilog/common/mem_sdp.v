// SPDX-License-Identifier: Apache-2.0
//
// mem_sdp - simple dual-port RAM, block RAM above 128 words: one write port, one read port with a registered output.
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

`default_nettype none

module mem_sdp #(
    parameter DATA_W = 8,  // width of a word [bits], >= 1
    parameter DEPTH  = 64  // words, >= 2
) (
    input  wire                     clk,
    input  wire                     wr_en,
    input  wire [$clog2(DEPTH)-1:0] wr_addr,
    input  wire [       DATA_W-1:0] wr_data,
    input  wire                     rd_en,
    input  wire [$clog2(DEPTH)-1:0] rd_addr,
    output wire [       DATA_W-1:0] rd_data
);

  reg [DATA_W-1:0] rd_data_q;

  assign rd_data = rd_data_q;

  generate
    if (DEPTH > 128) begin : g_block
      (* ram_style = "block" *)
      reg [DATA_W-1:0] mem[0:DEPTH-1];

      always @(posedge clk) begin
        if (wr_en) mem[wr_addr] <= wr_data;
      end

      always @(posedge clk) begin
        if (rd_en) rd_data_q <= mem[rd_addr];
      end
    end else begin : g_distributed
      (* ram_style = "distributed" *)
      reg [DATA_W-1:0] mem[0:DEPTH-1];

      always @(posedge clk) begin
        if (wr_en) mem[wr_addr] <= wr_data;
      end

      always @(posedge clk) begin
        if (rd_en) rd_data_q <= mem[rd_addr];
      end
    end

    if (DATA_W < 1 || DEPTH < 2) begin : g_bad_size
      mem_sdp_needs_DATA_W_at_least_1_and_DEPTH_at_least_2 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
