// SPDX-License-Identifier: Apache-2.0
//
// m2_dot - products of ROWS rows of weights with INPUTS quantized activations, summed, one beat a cycle.
//
// Function     : y[r] = sum over groups g of (sum over i in g of a[i] * w[r][i]) << s[g].
// Format       : a signed ACT_BITS bits each, w[r][i] signed WEIGHT_BITS bits at [(r*INPUTS + i)*WEIGHT_BITS], s[g]
//                unsigned, 0..MAX_SHIFT; y[r] signed, of as many bits as Y_W says; exact, cannot overflow.
// Latency      : 2 + clog2(ACT_GROUP) + clog2(INPUTS // ACT_GROUP)
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.mamba2.integer.linear.sums
// Test         : tests/rtl/test_m2_dot.py
//
// Why: a group is shifted once, as a sum: the sum of 8 products is 3 bits wider than a product, and 8 shifters become
// one. Rows share the shifts' delay.

`default_nettype none

module m2_dot #(
    parameter ROWS        = 1,    // rows of weights, >= 1
    parameter INPUTS      = 128,  // activations, a multiple of ACT_GROUP
    parameter ACT_GROUP   = 8,    // neighbouring activations that share a shift, 1..INPUTS
    parameter WEIGHT_BITS = 4,    // width of a weight [bits], 2..8
    parameter ACT_BITS    = 4,    // width of an activation [bits], 2..8
    parameter MAX_SHIFT   = 15,   // greatest shift, 1..15
    // Follows from the others, not to be set: bits of a result.
    parameter Y_W         = WEIGHT_BITS + ACT_BITS + $clog2(ACT_GROUP) + MAX_SHIFT + $clog2(INPUTS / ACT_GROUP)
) (
    input  wire                                              clk,
    input  wire                                              en,
    input  wire [                       INPUTS*ACT_BITS-1:0] a,
    input  wire [INPUTS/ACT_GROUP*$clog2(MAX_SHIFT+1)-1:0] s,
    input  wire [               ROWS*INPUTS*WEIGHT_BITS-1:0] w,
    output wire [                              ROWS*Y_W-1:0] y
);

  localparam GROUPS = INPUTS / ACT_GROUP;
  localparam SHIFT_W = $clog2(MAX_SHIFT + 1);
  localparam SHIFTS_W = GROUPS * SHIFT_W;
  localparam PRODUCT_W = WEIGHT_BITS + ACT_BITS;
  localparam SUM_W = PRODUCT_W + $clog2(ACT_GROUP);
  localparam WIDE_W = SUM_W + MAX_SHIFT;
  localparam LATE = 1 + $clog2(ACT_GROUP);  // stages of products and sums within a group

  reg  [LATE*SHIFTS_W-1:0] late_q;  // shifts of each of these stages, last highest
  wire [     SHIFTS_W-1:0] shifts = late_q[(LATE-1)*SHIFTS_W+:SHIFTS_W];
  wire [LATE*SHIFTS_W-1:0] late_d;

  generate
    if (LATE == 1) begin : g_at_once
      assign late_d = s;
    end else begin : g_late
      assign late_d = {late_q[(LATE-1)*SHIFTS_W-1:0], s};
    end
  endgenerate

  always @(posedge clk) begin
    if (en) late_q <= late_d;
  end

  genvar r, g, i;
  generate
    for (r = 0; r < ROWS; r = r + 1) begin : g_row
      wire [GROUPS*WIDE_W-1:0] terms;

      for (g = 0; g < GROUPS; g = g + 1) begin : g_group
        wire        [ACT_GROUP*PRODUCT_W-1:0] products;
        wire signed [              SUM_W-1:0] sum;
        wire signed [             WIDE_W-1:0] wide = {{MAX_SHIFT{sum[SUM_W-1]}}, sum};
        reg         [             WIDE_W-1:0] term_q;

        for (i = 0; i < ACT_GROUP; i = i + 1) begin : g_input
          localparam AT = g * ACT_GROUP + i;
          wire signed [   ACT_BITS-1:0] activation = a[AT*ACT_BITS+:ACT_BITS];
          wire signed [WEIGHT_BITS-1:0] weight = w[(r*INPUTS+AT)*WEIGHT_BITS+:WEIGHT_BITS];
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
          if (en) term_q <= wide << shifts[g*SHIFT_W+:SHIFT_W];
        end

        assign terms[g*WIDE_W+:WIDE_W] = term_q;
      end

      fxp_sum_tree #(
          .N   (GROUPS),
          .IN_W(WIDE_W)
      ) u_sum (
          .clk(clk),
          .en (en),
          .x  (terms),
          .sum(y[r*Y_W+:Y_W])
      );
    end

    if (ROWS < 1 || ACT_GROUP < 1 || INPUTS < ACT_GROUP || INPUTS % ACT_GROUP != 0) begin : g_bad_size
      m2_dot_needs_ROWS_and_ACT_GROUP_at_least_1_and_INPUTS_a_multiple_of_ACT_GROUP u_error ();
    end
    if (WEIGHT_BITS < 2 || WEIGHT_BITS > 8 || ACT_BITS < 2 || ACT_BITS > 8 || MAX_SHIFT < 1 || MAX_SHIFT > 15)
    begin : g_bad_format
      m2_dot_needs_WEIGHT_BITS_and_ACT_BITS_from_2_to_8_and_MAX_SHIFT_from_1_to_15 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
