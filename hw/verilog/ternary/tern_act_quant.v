// SPDX-License-Identifier: Apache-2.0
//
// tern_act_quant - a beat of weighted elements to int8, with the reciprocal of their vector's greatest magnitude.
//
// Function     : q = (y 2^-(length - 16), rounded half up) r / 2^32, rounded half to even.
// Format       : y: LANES signed Y_W bits, first lowest; length and r of the vector: bits of its greatest magnitude, below
//                Y_W, and floor(127 2^32 / that magnitude in 2^15..2^16), 24 bits; q: LANES signed 8 bits, -127..127.
// Latency      : 5
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.integer.functions.norm_quantize
// Test         : tests/rtl/test_tern_act_quant.py
//
// Why: the shifted element has 18 bits and the reciprocal 25 with its sign: one DSP.

`default_nettype none

module tern_act_quant #(
    parameter LANES = 8,  // elements in a beat, >= 1
    parameter Y_W   = 48  // width of an element [bits], 19..64
) (
    input  wire                 clk,
    input  wire                 en,
    input  wire [LANES*Y_W-1:0] y,
    input  wire [          5:0] length,
    input  wire [         23:0] r,
    output wire [  LANES*8-1:0] q
);

  localparam PRODUCT_W = 40;  // 127 2^32 and a sign

  reg [23:0] p0_r_q;
  reg [23:0] p1_r_q;
  wire signed [24:0] p1_r = {1'b0, p1_r_q};

  always @(posedge clk) begin
    if (en) begin
      p0_r_q <= r;
      p1_r_q <= p0_r_q;
    end
  end

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire signed [         17:0] p1_y;
      reg signed  [         42:0] p2_product_q;
      reg signed  [PRODUCT_W-1:0] p3_product_q;
      wire signed [PRODUCT_W-1:0] p3_product = p3_product_q;
      wire signed [          8:0] rounded;
      reg         [          7:0] p4_q_q;
      wire                        unused_sat;
      wire                        unused_top = &{1'b0, p2_product_q[42:PRODUCT_W], rounded[8]};

      assign q[i*8+:8] = p4_q_q;

      tern_act_normal #(
          .X_W(Y_W)
      ) u_normal (
          .clk   (clk),
          .en    ({2{en}}),
          .x     (y[i*Y_W+:Y_W]),
          .length(length),
          .y     (p1_y)
      );

      always @(posedge clk) begin
        if (en) begin
          p2_product_q <= p1_y * p1_r;
          p3_product_q <= p2_product_q[PRODUCT_W-1:0];
          p4_q_q <= rounded[7:0];
        end
      end

      fxp_round_sat #(
          .IN_W (PRODUCT_W),
          .FRAC (32),
          .OUT_W(9),
          .ROUND(2)
      ) u_round (
          .x  (p3_product),
          .y  (rounded),
          .sat(unused_sat)
      );
    end

    if (LANES < 1) begin : g_bad_lanes
      tern_act_quant_LANES_must_be_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
