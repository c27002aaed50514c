// SPDX-License-Identifier: Apache-2.0
//
// m2_gate - quantizes y and multiplies it by the gate SiLU(z).
//
// Function     : y8 = y quantized, one shift for all LANES; m[c] = saturate(((y8[c] * z[c]) << (y8_s + z_s)) >> FRAC).
// Format       : s_data {z_s, z, y}: LANES y of signed IN_W bits, LANES z of BITS, first lowest, z_s of 4 bits. m_data:
//                LANES values of signed OUT_W bits. PRODUCT_W must hold a shortened product.
// Latency      : 10
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 10 beats.
// Golden       : golden.mamba2.integer.laws.gate
// Test         : tests/rtl/test_m2_gate.py
//
// Why: y is shifted by its quantizer and the product by both shifts, so that the multiplier is as narrow as z.

`default_nettype none
`include "checks.vh"

module m2_gate #(
    parameter LANES     = 8,  // channels of a beat, of one head, >= 1
    parameter IN_W      = 24, // width of y [bits], >= BITS
    parameter BITS      = 16, // width of the quantized y and of z [bits], >= 2
    parameter FRAC      = 12, // fraction bits of z, which go, >= 0
    parameter PRODUCT_W = 35, // width of the shortened product [bits], >= OUT_W
    parameter OUT_W     = 24  // width of a result [bits], >= 2
) (
    input  wire                                  clk,
    input  wire                                  rst,
    input  wire                                  s_valid,
    output wire                                  s_ready,
    input  wire [4+LANES*BITS+LANES*IN_W-1:0] s_data,
    output wire                                  m_valid,
    input  wire                                  m_ready,
    output wire [               LANES*OUT_W-1:0] m_data
);

  localparam QUANT = 4;  // stages of m2_quant
  localparam TAIL = 6;  // product and saturation
  localparam Z_W = 4 + LANES * BITS;

  reg  [ QUANT*Z_W-1:0] z_q;  // {z_s, z} of each stage of the quantizer
  reg  [      TAIL-1:0] valid_q;
  wire                  quant_ready;
  wire                  quant_valid;
  wire [LANES*BITS+3:0] quant;  // {y8_s, y8}
  wire                  en = m_ready || !valid_q[TAIL-1];
  wire [       Z_W-1:0] z = z_q[(QUANT-1)*Z_W+:Z_W];

  assign s_ready = quant_ready;
  assign m_valid = valid_q[TAIL-1];

  m2_quant #(
      .GROUPS   (1),
      .GROUP    (LANES),
      .IN_W     (IN_W),
      .BITS     (BITS),
      .MAX_SHIFT(15)
  ) u_quant (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(quant_ready),
      .s_data (s_data[LANES*IN_W-1:0]),
      .m_valid(quant_valid),
      .m_ready(en),
      .m_data (quant)
  );

  always @(posedge clk) begin
    if (quant_ready) z_q <= {z_q[(QUANT-1)*Z_W-1:0], s_data[LANES*IN_W+:Z_W]};
  end

  always @(posedge clk) begin
    if (rst) valid_q <= {TAIL{1'b0}};
    else if (en) valid_q <= {valid_q[TAIL-2:0], quant_valid};
  end

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire signed [PRODUCT_W-1:0] product;
      wire signed [    OUT_W-1:0] saturated;
      wire                        unused_sat;
      reg         [    OUT_W-1:0] gate_q;

      m2_mul_shift #(
          .A_W    (BITS),
          .B_W    (BITS),
          .SHIFT_W(5),
          .FRAC   (FRAC),
          .OUT_W  (PRODUCT_W)
      ) u_product (
          .clk  (clk),
          .en   (en),
          .a    (quant[i*BITS+:BITS]),
          .b    (z[i*BITS+:BITS]),
          .shift({1'b0, quant[LANES*BITS+:4]} + {1'b0, z[LANES*BITS+:4]}),
          .y    (product)
      );

      fxp_round_sat #(
          .IN_W (PRODUCT_W),
          .FRAC (0),
          .OUT_W(OUT_W),
          .ROUND(0)
      ) u_saturate (
          .x  (product),
          .y  (saturated),
          .sat(unused_sat)
      );

      always @(posedge clk) begin
        if (en) gate_q <= saturated;
      end

      assign m_data[i*OUT_W+:OUT_W] = gate_q;
    end

    if (LANES < 1 || PRODUCT_W < OUT_W) begin : g_bad_size
      m2_gate_needs_LANES_at_least_1_and_PRODUCT_W_at_least_OUT_W u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
