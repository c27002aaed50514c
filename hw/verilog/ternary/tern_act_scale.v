// SPDX-License-Identifier: Apache-2.0
//
// tern_act_scale - the scale of a quantized token.
//
// Function     : a m 2^(length - 16 - 15 - e), cut off to a mantissa of 16 bits; all 0 if a is 0.
// Format       : a the token's greatest magnitude in 2^15..2^16, or 0, and length the bits it had, 0..47; m Q1.15,
//                2^14..2^15, and e 0..63 of the reciprocal root; scale {6'b0, exponent signed 10 bits, mantissa 16 bits}.
// Latency      : 4
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.integer.scale.normalize
// Test         : tests/rtl/test_tern_act_scale.py
//
// Why: the product's leading one can stand in three places only, so the shift is a multiplexer of three.

`default_nettype none

module tern_act_scale (
    input  wire        clk,
    input  wire        en,
    input  wire [16:0] a,
    input  wire [ 5:0] length,
    input  wire [15:0] m,
    input  wire [ 5:0] e,
    output wire [31:0] scale
);

  reg  [16:0] p0_a_q;
  reg  [15:0] p0_m_q;
  reg  [32:0] p1_product_q;
  reg  [17:0] p2_product_q;  // from bit 14 on
  reg  [ 9:0] p0_e_q;
  reg  [ 9:0] p1_e_q;
  reg  [ 9:0] p2_e_q;
  reg  [15:0] m_d;
  reg  [ 9:0] e_d;
  reg  [15:0] p3_m_q;
  reg  [ 9:0] p3_e_q;

  assign scale = {6'd0, p3_e_q, p3_m_q};

  always @(posedge clk) begin
    if (en) begin
      p0_a_q <= a;
      p0_m_q <= m;
      p1_product_q <= {16'd0, p0_a_q} * {17'd0, p0_m_q};
      p2_product_q <= p1_product_q[31:14];
      p3_m_q <= m_d;
    end
  end

  always @(posedge clk) begin
    if (en) begin
      p0_e_q <= {4'd0, length} - {4'd0, e};
      p1_e_q <= p0_e_q - 10'd31;
      p2_e_q <= p1_e_q;
      p3_e_q <= e_d;
    end
  end

  always @* begin
    m_d = 16'd0;
    e_d = 10'd0;
    if (p2_product_q[17]) begin
      m_d = p2_product_q[17:2];
      e_d = p2_e_q + 10'd16;
    end else if (p2_product_q[16]) begin
      m_d = p2_product_q[16:1];
      e_d = p2_e_q + 10'd15;
    end else if (p2_product_q[15]) begin
      m_d = p2_product_q[15:0];
      e_d = p2_e_q + 10'd14;
    end
  end

  wire unused_bits = &{1'b0, p1_product_q[32], p1_product_q[13:0]};

endmodule

`default_nettype wire
