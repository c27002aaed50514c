// SPDX-License-Identifier: Apache-2.0
//
// tern_acc - accumulators of one vector: OUTS sums for each tile of a row block.
//
// Function     : acc = (first ? 0 : stored[tile]) + x for each row; stored[tile] = acc when `wr_en`.
// Format       : x signed IN_W bits a row, acc signed 32 bits a row, wraps (software keeps K below 2^24).
// Latency      : 1
// Throughput   : 1
// Back-pressure: none. Reads of a tile come one cycle before its `add`, writes one cycle after.
// Golden       : golden.ternary.matvec.lut_product
// Test         : tests/rtl/test_tern_acc.py
//
// Why: read, add, write are three cycles and there is no bypass; the issuer keeps equal tiles three beats apart,
// which costs nothing from three tiles on.

`default_nettype none

module tern_acc #(
    parameter OUTS  = 8,   // rows, >= 1
    parameter IN_W  = 13,  // bits of a term, <= 32
    parameter DEPTH = 128  // tiles, >= 2
) (
    input  wire                     clk,
    input  wire                     rd_en,
    input  wire [$clog2(DEPTH)-1:0] rd_tile,
    input  wire                     add,
    input  wire                     first,
    input  wire [     OUTS*IN_W-1:0] x,
    input  wire                     wr_en,
    input  wire [$clog2(DEPTH)-1:0] wr_tile,
    output wire [      OUTS*32-1:0] acc
);

  wire [OUTS*32-1:0] stored;

  mem_sdp #(
      .DATA_W(OUTS * 32),
      .DEPTH (DEPTH)
  ) u_mem (
      .clk    (clk),
      .wr_en  (wr_en),
      .wr_addr(wr_tile),
      .wr_data(acc),
      .rd_en  (rd_en),
      .rd_addr(rd_tile),
      .rd_data(stored)
  );

  genvar r;
  generate
    for (r = 0; r < OUTS; r = r + 1) begin : g_row
      wire [31:0] term = {{32 - IN_W{x[r*IN_W+IN_W-1]}}, x[r*IN_W+:IN_W]};
      reg  [31:0] acc_q;

      assign acc[r*32+:32] = acc_q;

      always @(posedge clk) begin
        if (add) acc_q <= (first ? 32'd0 : stored[r*32+:32]) + term;
      end
    end

    if (IN_W > 31) begin : g_bad_in_w
      tern_acc_IN_W_must_be_at_most_31 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
