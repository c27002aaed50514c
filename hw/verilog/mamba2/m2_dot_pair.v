// SPDX-License-Identifier: Apache-2.0
//
// m2_dot_pair - m2_dot for two columns of activations that share the weights: one multiplier gives two products.
//
// Function     : y0[r], y1[r] = as m2_dot's y[r], of column 0 and of column 1.
// Format       : w, s0, s1, y0, y1 as m2_dot's. a0 signed ACT_BITS bits each; a1 signed ACT_BITS + 1 bits each: the
//                activation of column 1, less one where that of column 0 is negative.
// Latency      : 2 + clog2(ACT_GROUP) + clog2(INPUTS // ACT_GROUP)
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.mamba2.integer.linear.sums
// Test         : tests/rtl/test_m2_dot.py
//
// Why: a DSP slice multiplies 25 by 18 bits. {a1, a0} * w holds both products, of 16 bits each at 8 by 8 bits; half of
// the lower one's range is added, so that nothing is borrowed from the upper one. The caller subtracts the one where
// it has a register at hand.

`default_nettype none

module m2_dot_pair #(
    parameter ROWS        = 1,    // rows of weights, >= 1
    parameter INPUTS      = 128,  // activations of a column, a multiple of ACT_GROUP
    parameter ACT_GROUP   = 8,    // neighbouring activations that share a shift, 1..INPUTS
    parameter WEIGHT_BITS = 8,    // width of a weight [bits], 2..8
    parameter ACT_BITS    = 8,    // width of an activation [bits], 2..8
    parameter MAX_SHIFT   = 15,   // greatest shift, 1..15
    // Follows from the others, not to be set: bits of a result.
    parameter Y_W         = WEIGHT_BITS + ACT_BITS + $clog2(ACT_GROUP) + MAX_SHIFT + $clog2(INPUTS / ACT_GROUP)
) (
    input  wire                                              clk,
    input  wire                                              en,
    input  wire [                       INPUTS*ACT_BITS-1:0] a0,
    input  wire [                   INPUTS*(ACT_BITS+1)-1:0] a1,
    input  wire [INPUTS/ACT_GROUP*$clog2(MAX_SHIFT+1)-1:0] s0,
    input  wire [INPUTS/ACT_GROUP*$clog2(MAX_SHIFT+1)-1:0] s1,
    input  wire [               ROWS*INPUTS*WEIGHT_BITS-1:0] w,
    output wire [                              ROWS*Y_W-1:0] y0,
    output wire [                              ROWS*Y_W-1:0] y1
);

  localparam SHIFTS_W = INPUTS / ACT_GROUP * $clog2(MAX_SHIFT + 1);
  localparam PRODUCT_W = WEIGHT_BITS + ACT_BITS;
  localparam PACKED_W = PRODUCT_W + ACT_BITS + 1;
  localparam BOTH_W = PACKED_W + WEIGHT_BITS;
  localparam LATE = 1 + $clog2(ACT_GROUP);  // stages of products and sums within a group
  localparam [BOTH_W-1:0] HALF = 1 << (PRODUCT_W - 1);

  reg  [LATE*2*SHIFTS_W-1:0] late_q;  // shifts of each of these stages, last highest
  wire [     2*SHIFTS_W-1:0] shifts = late_q[(LATE-1)*2*SHIFTS_W+:2*SHIFTS_W];
  wire [LATE*2*SHIFTS_W-1:0] late_d;

  generate
    if (LATE == 1) begin : g_at_once
      assign late_d = {s1, s0};
    end else begin : g_late
      assign late_d = {late_q[(LATE-1)*2*SHIFTS_W-1:0], s1, s0};
    end
  endgenerate

  always @(posedge clk) begin
    if (en) late_q <= late_d;
  end

  genvar r, i;
  generate
    for (r = 0; r < ROWS; r = r + 1) begin : g_row
      wire [INPUTS*PRODUCT_W-1:0] products0;
      wire [INPUTS*PRODUCT_W-1:0] products1;

      for (i = 0; i < INPUTS; i = i + 1) begin : g_input
        wire        [   ACT_BITS-1:0] low = a0[i*ACT_BITS+:ACT_BITS];
        wire signed [   PACKED_W-1:0] both = {a1[i*(ACT_BITS+1)+:ACT_BITS+1], {WEIGHT_BITS{low[ACT_BITS-1]}}, low};
        wire signed [WEIGHT_BITS-1:0] weight = w[(r*INPUTS+i)*WEIGHT_BITS+:WEIGHT_BITS];
        reg signed  [     BOTH_W-1:0] product_q;
        wire                          unused_sign = |product_q[BOTH_W-1:2*PRODUCT_W];

        always @(posedge clk) begin
          if (en) product_q <= both * weight + $signed(HALF);
        end

        assign products0[i*PRODUCT_W+:PRODUCT_W] = {!product_q[PRODUCT_W-1], product_q[PRODUCT_W-2:0]};
        assign products1[i*PRODUCT_W+:PRODUCT_W] = product_q[PRODUCT_W+:PRODUCT_W];
      end

      m2_dot_sum #(
          .INPUTS   (INPUTS),
          .ACT_GROUP(ACT_GROUP),
          .PRODUCT_W(PRODUCT_W),
          .MAX_SHIFT(MAX_SHIFT)
      ) u_sum0 (
          .clk(clk),
          .en (en),
          .p  (products0),
          .s  (shifts[SHIFTS_W-1:0]),
          .y  (y0[r*Y_W+:Y_W])
      );

      m2_dot_sum #(
          .INPUTS   (INPUTS),
          .ACT_GROUP(ACT_GROUP),
          .PRODUCT_W(PRODUCT_W),
          .MAX_SHIFT(MAX_SHIFT)
      ) u_sum1 (
          .clk(clk),
          .en (en),
          .p  (products1),
          .s  (shifts[2*SHIFTS_W-1:SHIFTS_W]),
          .y  (y1[r*Y_W+:Y_W])
      );
    end

    if (ROWS < 1 || ACT_GROUP < 1 || INPUTS < ACT_GROUP || INPUTS % ACT_GROUP != 0) begin : g_bad_size
      m2_dot_pair_needs_ROWS_and_ACT_GROUP_at_least_1_and_INPUTS_a_multiple_of_ACT_GROUP u_error ();
    end
    if (WEIGHT_BITS < 2 || WEIGHT_BITS > 8 || ACT_BITS < 2 || ACT_BITS > 8 || MAX_SHIFT < 1 || MAX_SHIFT > 15)
    begin : g_bad_format
      m2_dot_pair_needs_WEIGHT_BITS_and_ACT_BITS_from_2_to_8_and_MAX_SHIFT_from_1_to_15 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
