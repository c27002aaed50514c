// SPDX-License-Identifier: Apache-2.0
//
// mem_lutram - distributed RAM: one write port, one read port without a register.
//
// Function     : rd_data = the word at rd_addr; a write shows after its edge.
// Format       : opaque bits.
// Latency      : 0
// Throughput   : 1
// Back-pressure: none.
// Golden       : golden.streams.memory
// Test         : tests/rtl/test_mem_lutram.py
//
// Why: shallow queues want the head of the queue in the cycle after the write; block RAM would take one more.

`default_nettype none

module mem_lutram #(
    parameter DATA_W = 8,  // width of a word [bits], >= 1
    parameter DEPTH  = 32  // words, >= 2
) (
    input  wire                     clk,
    input  wire                     wr_en,
    input  wire [$clog2(DEPTH)-1:0] wr_addr,
    input  wire [       DATA_W-1:0] wr_data,
    input  wire [$clog2(DEPTH)-1:0] rd_addr,
    output wire [       DATA_W-1:0] rd_data
);

  (* ram_style = "distributed" *)
  reg [DATA_W-1:0] mem[0:DEPTH-1];

  assign rd_data = mem[rd_addr];

  always @(posedge clk) begin
    if (wr_en) mem[wr_addr] <= wr_data;
  end

  generate
    if (DATA_W < 1 || DEPTH < 2) begin : g_bad_size
      mem_lutram_needs_DATA_W_at_least_1_and_DEPTH_at_least_2 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
