// SPDX-License-Identifier: Apache-2.0
//
// tern_linear_lane - a column at a time of tern_linear: its activations, sums of its tile, and results of two tiles.
//
// Function     : x = the 40 activations at addr where issue, else 0; sums[r] = acc[pass][r] (0 where opens) + dots[r], or - dots[r]
//                where minus[r]; acc[pass] = sums where add, results[bank][pass] = sums where add and closes; eight = 8 results of rd_group.
// Format       : load_q and x 40 of signed 8 bits, first lowest; dots OUTS of signed 14 bits; sums signed 21 bits, which must hold
//                the results; load_addr and addr {pass, beat}. dots, minus, add, opens, closes, bank and pass come together.
// Latency      : 2; from issue to x
// Throughput   : 1
// Back-pressure: none; it never stalls.
// Golden       : golden.ternary.integer.linear.ternary
// Test         : tests/rtl/test_tern_linear.py
//
// Why: read, addition and write of a sum are one cycle, so that neighbouring beats may be of one pass. A column without a token
// is 0: it switches nothing.

`default_nettype none
`include "kr_tern_widths.vh"

module tern_linear_lane #(
    parameter OUTS    = 8,   // rows, a multiple of 8
    parameter PASSES  = 4,   // columns of the lane, a power of two
    parameter BEATS   = 64,  // greatest number of beats of a column, a power of two >= 2
    // Follow from the others, not to be set: widths of numbers of a group of 8 rows, a pass, a beat.
    parameter GROUP_W = (OUTS > 8) ? $clog2(OUTS / 8) : 1,
    parameter PASS_W  = (PASSES > 1) ? $clog2(PASSES) : 1,
    parameter BEAT_W  = $clog2(BEATS)
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire                     load,
    input  wire [PASS_W+BEAT_W-1:0] load_addr,
    input  wire [         40*8-1:0] load_q,
    input  wire                     issue,
    input  wire [PASS_W+BEAT_W-1:0] addr,
    output wire [         40*8-1:0] x,
    input  wire [      OUTS*14-1:0] dots,
    input  wire [         OUTS-1:0] minus,
    input  wire                     add,
    input  wire                     opens,
    input  wire                     closes,
    input  wire                     bank,
    input  wire [       PASS_W-1:0] pass,
    input  wire                     rd_bank,
    input  wire [       PASS_W-1:0] rd_pass,
    input  wire [      GROUP_W-1:0] rd_group,
    output wire [         8*21-1:0] eight
);

  localparam COLUMN_W = 40 * 8;
  localparam DOT_W = 14;
  localparam SUM_W = `KR_TERN_DOWN_PROJ_W;
  localparam SUMS_W = OUTS * SUM_W;
  localparam ADDR_W = $clog2(PASSES * BEATS);  // without the bit of a single pass

  wire [COLUMN_W-1:0] p0_x;
  reg                 p0_on_q;
  reg  [COLUMN_W-1:0] p1_x_q;
  wire [  SUMS_W-1:0] old_sums;
  wire [  SUMS_W-1:0] new_sums;
  wire [  SUMS_W-1:0] result;
  wire                unused_pass = &{1'b0, load_addr[PASS_W+BEAT_W-1], addr[PASS_W+BEAT_W-1]};

  assign x     = p1_x_q;
  assign eight = result[rd_group*8*SUM_W+:8*SUM_W];

  mem_sdp #(
      .DATA_W(COLUMN_W),
      .DEPTH (PASSES * BEATS)
  ) u_vector (
      .clk    (clk),
      .wr_en  (load),
      .wr_addr(load_addr[ADDR_W-1:0]),
      .wr_data(load_q),
      .rd_en  (issue),
      .rd_addr(addr[ADDR_W-1:0]),
      .rd_data(p0_x)
  );

  always @(posedge clk) begin
    if (rst) p0_on_q <= 1'b0;
    else p0_on_q <= issue;
  end

  always @(posedge clk) begin
    if (p0_on_q) p1_x_q <= p0_x;
    else p1_x_q <= {COLUMN_W{1'b0}};
  end

  genvar r;
  generate
    for (r = 0; r < OUTS; r = r + 1) begin : g_row
      wire [DOT_W-1:0] dot = dots[r*DOT_W+:DOT_W];

      wire [SUM_W:0] term = {{{SUM_W - DOT_W{dot[DOT_W-1]}}, dot} ^ {SUM_W{minus[r]}}, minus[r]};
      wire [SUM_W:0] sum = {old_sums[r*SUM_W+:SUM_W] & {SUM_W{!opens}}, 1'b1} + term;
      wire           unused_carry = sum[0];

      assign new_sums[r*SUM_W+:SUM_W] = sum[SUM_W:1];
    end

    if (PASSES > 1) begin : g_passes
      mem_lutram #(
          .DATA_W(SUMS_W),
          .DEPTH (PASSES)
      ) u_sums (
          .clk    (clk),
          .wr_en  (add),
          .wr_addr(pass),
          .wr_data(new_sums),
          .rd_addr(pass),
          .rd_data(old_sums)
      );
    end else begin : g_pass
      reg [SUMS_W-1:0] sums_q;

      assign old_sums = sums_q;

      always @(posedge clk) begin
        if (add) sums_q <= new_sums;
      end
    end

    if (OUTS < 8 || OUTS % 8 != 0 || PASSES < 1 || (PASSES & (PASSES - 1)) != 0) begin : g_bad_size
      tern_linear_lane_needs_OUTS_a_multiple_of_8_and_PASSES_a_power_of_two u_error ();
    end
    if (BEATS < 2 || (BEATS & (BEATS - 1)) != 0) begin : g_bad_beats
      tern_linear_lane_BEATS_must_be_a_power_of_two_from_2 u_error ();
    end
  endgenerate

  mem_lutram #(
      .DATA_W(SUMS_W),
      .DEPTH (2 << PASS_W)
  ) u_results (
      .clk    (clk),
      .wr_en  (add && closes),
      .wr_addr({bank, pass}),
      .wr_data(new_sums),
      .rd_addr({rd_bank, rd_pass}),
      .rd_data(result)
  );

endmodule

`default_nettype wire
