// SPDX-License-Identifier: Apache-2.0
//
// m2_dot_sum - sums the products of one row of weights with INPUTS activations: groups, their shifts, all groups.
//
// Function     : y = sum over groups g of (sum over i in g of p[i]) << s[g].
// Format       : p[i] signed PRODUCT_W bits; s[g] unsigned, 0..MAX_SHIFT, comes clog2(ACT_GROUP) cycles after its p; y
//                signed, exact, cannot overflow.
// Latency      : 1 + clog2(ACT_GROUP) + clog2(INPUTS // ACT_GROUP)
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.mamba2.integer.linear.sums
// Test         : tests/rtl/test_m2_dot.py
//
// Why: a group is shifted once, as a sum: the sum of 8 products is 3 bits wider than a product, and 8 shifters become
// one. It is a module of its own because one multiplier's products belong to two columns in m2_dot_pair.

`default_nettype none

module m2_dot_sum #(
    parameter INPUTS    = 128,  // products, a multiple of ACT_GROUP
    parameter ACT_GROUP = 8,    // neighbouring products that share a shift, 1..INPUTS
    parameter PRODUCT_W = 8,    // width of a product [bits]
    parameter MAX_SHIFT = 15,   // greatest shift, 1..15
    // Follows from the others, not to be set: bits of the result.
    parameter Y_W       = PRODUCT_W + $clog2(ACT_GROUP) + MAX_SHIFT + $clog2(INPUTS / ACT_GROUP)
) (
    input  wire                                              clk,
    input  wire                                              en,
    input  wire [                      INPUTS*PRODUCT_W-1:0] p,
    input  wire [INPUTS/ACT_GROUP*$clog2(MAX_SHIFT+1)-1:0] s,
    output wire [                                   Y_W-1:0] y
);

  localparam GROUPS = INPUTS / ACT_GROUP;
  localparam SHIFT_W = $clog2(MAX_SHIFT + 1);
  localparam SUM_W = PRODUCT_W + $clog2(ACT_GROUP);
  localparam WIDE_W = SUM_W + MAX_SHIFT;

  wire [GROUPS*WIDE_W-1:0] group_terms;

  genvar g;
  generate
    for (g = 0; g < GROUPS; g = g + 1) begin : g_group
      wire signed [ SUM_W-1:0] sum;
      wire signed [WIDE_W-1:0] wide = {{MAX_SHIFT{sum[SUM_W-1]}}, sum};
      reg         [WIDE_W-1:0] term_q;

      fxp_sum_tree #(
          .N   (ACT_GROUP),
          .IN_W(PRODUCT_W)
      ) u_group (
          .clk(clk),
          .en (en),
          .x  (p[g*ACT_GROUP*PRODUCT_W+:ACT_GROUP*PRODUCT_W]),
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
