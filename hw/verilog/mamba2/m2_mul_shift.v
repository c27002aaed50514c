// SPDX-License-Identifier: Apache-2.0
//
// m2_mul_shift - product of two power-of-two quantized numbers, with fewer fraction bits.
//
// Function     : y = ((a * b) << shift) >> FRAC, which floors; shift is the sum of both numbers' shifts.
// Format       : a signed A_W bits, b signed B_W bits, shift unsigned SHIFT_W bits, y signed OUT_W bits, which must
//                hold the result.
// Latency      : 5
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.mamba2.integer.laws.dt_b_x
// Test         : tests/rtl/test_m2_mul_shift.py
//
// Why: registers before, in and behind the multiplier are those of a DSP slice; the shifter comes behind, because the
// product of the short numbers is the narrowest word that there is.

`default_nettype none

module m2_mul_shift #(
    parameter A_W     = 16, // width of a [bits], >= 2
    parameter B_W     = 16, // width of b [bits], >= 2
    parameter SHIFT_W = 5,  // width of the shift [bits], 3..6
    parameter FRAC    = 16, // fraction bits to drop, >= 0
    parameter OUT_W   = 38  // width of y [bits], >= 2
) (
    input  wire                      clk,
    input  wire                      en,
    input  wire signed [    A_W-1:0] a,
    input  wire signed [    B_W-1:0] b,
    input  wire        [SHIFT_W-1:0] shift,
    output wire signed [  OUT_W-1:0] y
);

  localparam PRODUCT_W = A_W + B_W;

  reg signed [      A_W-1:0] p0_a_q;
  reg signed [      B_W-1:0] p0_b_q;
  reg signed [PRODUCT_W-1:0] p1_product_q;
  reg signed [PRODUCT_W-1:0] p2_product_q;
  reg        [  SHIFT_W-1:0] p0_shift_q;
  reg        [  SHIFT_W-1:0] p1_shift_q;
  reg        [  SHIFT_W-1:0] p2_shift_q;

  always @(posedge clk) begin
    if (en) begin
      p0_a_q <= a;
      p0_b_q <= b;
      p1_product_q <= p0_a_q * p0_b_q;
      p2_product_q <= p1_product_q;
    end
  end

  always @(posedge clk) begin
    if (en) begin
      p0_shift_q <= shift;
      p1_shift_q <= p0_shift_q;
      p2_shift_q <= p1_shift_q;
    end
  end

  m2_pot_shift #(
      .IN_W   (PRODUCT_W),
      .SHIFT_W(SHIFT_W),
      .FRAC   (FRAC),
      .OUT_W  (OUT_W)
  ) u_shift (
      .clk  (clk),
      .en   (en),
      .x    (p2_product_q),
      .shift(p2_shift_q),
      .y    (y)
  );

endmodule

`default_nettype wire
