// SPDX-License-Identifier: Apache-2.0
//
// tern_scale_mul - the product of two scales.
//
// Function     : y = a * b, its mantissa cut off to 16 bits; all 0 if a or b is 0.
// Format       : scales {e signed E_W bits, m 16 bits}, m at least 2^15, or 0, when e may be any; y's exponent must fit.
// Latency      : 4
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.integer.scale.normalize
// Test         : tests/rtl/test_tern_scale_mul.py
//
// Why: mantissas have their leading one, so that of the product stands in two places only.

`default_nettype none
`include "kr_tern_widths.vh"

module tern_scale_mul #(
    parameter E_W = 10  // width of an exponent [bits], 6..16
) (
    input  wire            clk,
    input  wire            en,
    input  wire [E_W+15:0] a,
    input  wire [E_W+15:0] b,
    output wire [E_W+15:0] y
);

  localparam [E_W-1:0] LEAST = 15;  // bits that are cut off

  reg  [   15:0] p0_a_q;
  reg  [   15:0] p0_b_q;
  reg  [   31:0] p1_product_q;
  reg  [   31:0] p2_product_q;
  reg  [   15:0] p3_m_q;
  reg  [E_W-1:0] p0_e_q;
  reg  [E_W-1:0] p1_e_q;
  reg  [E_W-1:0] p2_e_q;
  reg  [E_W-1:0] p3_e_q;
  wire           upper = p2_product_q[31];
  wire           any = upper || p2_product_q[30];

  assign y = {p3_e_q, p3_m_q};

  always @(posedge clk) begin
    if (en) begin
      p0_a_q <= a[15:0];
      p0_b_q <= b[15:0];
      p1_product_q <= {16'd0, p0_a_q} * {16'd0, p0_b_q};
      p2_product_q <= p1_product_q;
      p3_m_q <= upper ? p2_product_q[31:16] : p2_product_q[30:15];
    end
  end

  always @(posedge clk) begin
    if (en) begin
      p0_e_q <= a[16+:E_W] + b[16+:E_W];
      p1_e_q <= p0_e_q;
      p2_e_q <= p1_e_q;
      p3_e_q <= (p2_e_q + LEAST + {{E_W - 1{1'b0}}, upper}) & {E_W{any}};
    end
  end

  wire unused_bits = &{1'b0, p2_product_q[14:0]};

  generate
    if (E_W < 6 || E_W > 16) begin : g_bad_e_w
      tern_scale_mul_E_W_must_be_6_to_16 u_error ();
    end
    if (`KR_TERN_MANTISSA_W != 17 || `KR_TERN_SCALE_PRODUCT_W != 33) begin : g_bad_format
      tern_scale_mul_is_made_for_mantissas_of_16_bits u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
