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
// Why: a module of its own, so that a synthesis which adds up modules maps one row.

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

  localparam PRODUCT_W = WEIGHT_BITS + ACT_BITS;

  wire [INPUTS*PRODUCT_W-1:0] products;

  genvar i;
  generate
    for (i = 0; i < INPUTS; i = i + 1) begin : g_input
      wire signed [   ACT_BITS-1:0] activation = a[i*ACT_BITS+:ACT_BITS];
      wire signed [WEIGHT_BITS-1:0] weight = w[i*WEIGHT_BITS+:WEIGHT_BITS];
      reg signed  [  PRODUCT_W-1:0] product_q;

      always @(posedge clk) begin
        if (en) product_q <= activation * weight;
      end

      assign products[i*PRODUCT_W+:PRODUCT_W] = product_q;
    end
  endgenerate

  m2_dot_sum #(
      .INPUTS   (INPUTS),
      .ACT_GROUP(ACT_GROUP),
      .PRODUCT_W(PRODUCT_W),
      .MAX_SHIFT(MAX_SHIFT)
  ) u_sum (
      .clk(clk),
      .en (en),
      .p  (products),
      .s  (s),
      .y  (y)
  );

endmodule

`default_nettype wire
