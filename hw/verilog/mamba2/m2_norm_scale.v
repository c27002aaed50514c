// SPDX-License-Identifier: Apache-2.0
//
// m2_norm_scale - one element of a norm: times the reciprocal root of its vector, times its weight, rounded, saturated.
//
// Function     : u = (x * m << LEFT) >> right; y = clamp((u * w + (ROUND ? half : 0)) >> DROP), the range of OUT_W bits.
// Format       : x signed X_W bits, m unsigned M_W bits, right 0..31, w signed W_W bits, y signed OUT_W bits; u is signed and
//                has at most U_W bits where fits is high; else y is of no use.
// Latency      : 8
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.fixed.norm_tables.rms_norm; with ROUND = 1 golden.fixed.rsqrt.rms_norm_rsqrt
// Test         : tests/rtl/test_m2_norm_scale.py
//
// Why: one shift that depends on the vector, between the products: a table's shift of its entries and the 12 bits that are
// dropped, or the exponent of a root. u is at most the root of the width, which keeps the second product small.

`default_nettype none

module m2_norm_scale #(
    parameter X_W   = 32, // width of x [bits], >= 2
    parameter M_W   = 8,  // width of m [bits], >= 1
    parameter LEFT  = 5,  // fraction bits in front of the shift, >= 0
    parameter U_W   = 26, // width of u [bits], 2..X_W + M_W + 1 + LEFT - 3
    parameter W_W   = 16, // width of w [bits], >= 2
    parameter DROP  = 8,  // fraction bits that the result drops, 0..U_W + W_W - 1
    parameter ROUND = 0,  // 0 floor, 1 half up
    parameter OUT_W = 32  // width of y [bits], >= 2
) (
    input  wire                    clk,
    input  wire                    en,
    input  wire signed [  X_W-1:0] x,
    input  wire        [  M_W-1:0] m,
    input  wire        [      4:0] right,
    input  wire signed [  W_W-1:0] w,
    output wire signed [OUT_W-1:0] y,
    output wire                    fits
);

  localparam PRODUCT_W = X_W + M_W + 1;
  localparam WIDE_W = PRODUCT_W + LEFT;
  localparam COARSE_W = (U_W + 3 < WIDE_W) ? U_W + 3 : WIDE_W;  // and the three bits that the fine shift draws in

  reg signed [      X_W-1:0] p0_x_q;
  reg        [      M_W-1:0] p0_m_q;
  wire signed [       M_W:0] p0_m = {1'b0, p0_m_q};
  reg signed [PRODUCT_W-1:0] p1_product_q;
  reg signed [PRODUCT_W-1:0] p2_product_q;
  wire signed [  WIDE_W-1:0] wide;
  wire signed [  WIDE_W-1:0] coarse = wide >>> {right_q[5*2+2+:3], 2'd0};
  reg signed [ COARSE_W-1:0] p3_coarse_q;
  reg                        p3_fits_q;
  wire signed [COARSE_W-1:0] fine = p3_coarse_q >>> p3_right_q;
  reg signed [      U_W-1:0] p4_u_q;
  reg        [          3:0] fits_q;  // of p4 to p7, first lowest
  reg        [      5*3-1:0] right_q;  // of p0 to p2, first lowest
  reg        [          1:0] p3_right_q;
  reg        [    5*W_W-1:0] w_q;  // of p0 to p4
  wire signed [     W_W-1:0] p4_w = w_q[4*W_W+:W_W];
  reg signed [  U_W+W_W-1:0] p5_y_q;
  reg signed [  U_W+W_W-1:0] p6_y_q;
  wire signed [ U_W+W_W-1:0] p6_y = p6_y_q;
  wire signed [   OUT_W-1:0] rounded;
  reg signed [    OUT_W-1:0] p7_y_q;
  wire                       unused_sat;

  always @(posedge clk) begin
    if (en) begin
      right_q <= {right_q[5*2-1:0], right};
      p3_right_q <= right_q[5*2+:2];
      w_q <= {w_q[4*W_W-1:0], w};
    end
  end

  generate
    if (LEFT > 0) begin : g_left
      assign wide = {p2_product_q, {LEFT{1'b0}}};
    end else begin : g_no_left
      assign wide = p2_product_q;
    end
  endgenerate

  always @(posedge clk) begin
    if (en) begin
      p0_x_q <= x;
      p0_m_q <= m;
      p1_product_q <= p0_x_q * p0_m;
      p2_product_q <= p1_product_q;
      p3_coarse_q <= coarse[COARSE_W-1:0];
      p3_fits_q <= coarse[WIDE_W-1:COARSE_W-1] == {WIDE_W - COARSE_W + 1{coarse[WIDE_W-1]}};
      p4_u_q <= fine[U_W-1:0];
      fits_q <= {fits_q[2:0], p3_fits_q && fine[COARSE_W-1:U_W-1] == {COARSE_W - U_W + 1{fine[COARSE_W-1]}}};
      p5_y_q <= p4_u_q * p4_w;
      p6_y_q <= p5_y_q;
      p7_y_q <= rounded;
    end
  end

  fxp_round_sat #(
      .IN_W (U_W + W_W),
      .FRAC (DROP),
      .OUT_W(OUT_W),
      .ROUND(ROUND)
  ) u_round (
      .x  (p6_y),
      .y  (rounded),
      .sat(unused_sat)
  );

  assign y = p7_y_q;
  assign fits = fits_q[3];

  generate
    if (X_W < 2 || M_W < 1 || LEFT < 0 || W_W < 2 || U_W < 2 || U_W + 3 > WIDE_W) begin : g_bad_format
      m2_norm_scale_needs_X_W_and_W_W_at_least_2_and_M_W_at_least_1_and_U_W_2_to_X_W_M_W_LEFT_less_2 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
