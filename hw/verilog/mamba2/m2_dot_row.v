// SPDX-License-Identifier: Apache-2.0
//
// m2_dot_row - products of one row of weights with INPUTS activations, summed: the arithmetic of m2_dot.
//
// Function     : y = sum over groups g of (sum over i in g of a[i] * w[i]) << s[g].
// Format       : as m2_dot's, for one row; s comes 1 + clog2(ACT_GROUP) cycles after its a and w.
// Latency      : 2 + clog2(ACT_GROUP) + clog2(INPUTS // ACT_GROUP)
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.mamba2.integer.linear.sums
// Test         : tests/rtl/test_m2_dot.py
//
// Why: a group is shifted once, as a sum: the sum of 8 products is 3 bits wider than a product, and 8 shifters become
// one.

`default_nettype none

module m2_dot_row #(
    parameter INPUTS      = 128,  // activations, a multiple of ACT_GROUP
    parameter ACT_GROUP   = 8,    // neighbouring activations that share a shift, 1..INPUTS
    parameter WEIGHT_BITS = 4,    // width of a weight [bits], 2..8
    parameter ACT_BITS    = 4,    // width of an activation [bits], 2..8
    parameter MAX_SHIFT   = 15,   // greatest shift, 1..15
    // Follows from the others, not to be set: bits of the result.
    parameter Y_W         = WEIGHT_BITS + ACT_BITS + $clog2(ACT_GROUP) + MAX_SHIFT + $clog2(INPUTS / ACT_GROUP)
) (
    input  wire                                              clk,
    input  wire                                              en,
    input  wire [                       INPUTS*ACT_BITS-1:0] a,
    input  wire [INPUTS/ACT_GROUP*$clog2(MAX_SHIFT+1)-1:0] s,
    input  wire [                    INPUTS*WEIGHT_BITS-1:0] w,
    output wire [                                   Y_W-1:0] y
);

  localparam GROUPS = INPUTS / ACT_GROUP;
  localparam SHIFT_W = $clog2(MAX_SHIFT + 1);
  localparam PRODUCT_W = WEIGHT_BITS + ACT_BITS;
  localparam SUM_W = PRODUCT_W + $clog2(ACT_GROUP);
  localparam WIDE_W = SUM_W + MAX_SHIFT;

  wire [GROUPS*WIDE_W-1:0] group_terms;

  genvar g, i;
  generate
    for (g = 0; g < GROUPS; g = g + 1) begin : g_group
      wire        [ACT_GROUP*PRODUCT_W-1:0] products;
      wire signed [              SUM_W-1:0] sum;
      wire signed [             WIDE_W-1:0] wide = {{MAX_SHIFT{sum[SUM_W-1]}}, sum};
      reg         [             WIDE_W-1:0] term_q;

      for (i = 0; i < ACT_GROUP; i = i + 1) begin : g_input
        localparam AT = g * ACT_GROUP + i;
        wire signed [   ACT_BITS-1:0] activation = a[AT*ACT_BITS+:ACT_BITS];
        wire signed [WEIGHT_BITS-1:0] weight = w[AT*WEIGHT_BITS+:WEIGHT_BITS];
        reg signed  [  PRODUCT_W-1:0] product_q;

        always @(posedge clk) begin
          if (en) product_q <= activation * weight;
        end

        assign products[i*PRODUCT_W+:PRODUCT_W] = product_q;
      end

      fxp_sum_tree #(
          .N   (ACT_GROUP),
          .IN_W(PRODUCT_W)
      ) u_group (
          .clk(clk),
          .en (en),
          .x  (products),
          .sum(sum)
      );

      always @(posedge clk) begin
        if (en) term_q <= wide << s[g*SHIFT_W+:SHIFT_W];
      end

      assign group_terms[g*WIDE_W+:WIDE_W] = term_q;
    end
  endgenerate

  fxp_sum_tree #(
      .N   (GROUPS),
      .IN_W(WIDE_W)
  ) u_sum (
      .clk(clk),
      .en (en),
      .x  (group_terms),
      .sum(y)
  );

endmodule

`default_nettype wire
