// SPDX-License-Identifier: Apache-2.0
//
// m2_conv - causal depthwise convolution of one group of channels, all taps in a beat.
//
// Function     : y = saturate(((bias << bias_s) + sum over k of ((x[k] * w[k]) << (x_s[k] + w_s[k]))) >> PARAM_FRAC)
//                for each channel; the shifts are the group's.
// Format       : s_data {bias_s, bias, w_s, w, x_s, x}: TAPS * LANES x of signed BITS bits (tap 0, the oldest token,
//                lowest; in it channel 0), TAPS x_s of 4 bits, TAPS * LANES w of BITS, TAPS w_s of 5, LANES bias of
//                BITS, bias_s of 5. m_data: LANES y of signed OUT_W bits. PRODUCT_W must hold each product and the
//                bias, shifted.
// Latency      : 6 + clog2(TAPS + 1)
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 6 + clog2(TAPS + 1) beats.
// Golden       : golden.mamba2.integer.block.convolve
// Test         : tests/rtl/test_m2_conv.py
//
// Why: no history inside, so that a token, a prompt and a switch of sequences are the same to it; who sends the beats
// keeps the last tokens.

`default_nettype none
`include "checks.vh"

module m2_conv #(
    parameter TAPS       = 4,  // tokens that meet in a result, >= 1
    parameter LANES      = 8,  // channels of a beat, which share shifts, >= 1
    parameter BITS       = 16, // width of x, w and bias [bits], >= 2
    parameter PRODUCT_W  = 43, // width of a shifted product and of the shifted bias [bits]
    parameter PARAM_FRAC = 12, // fraction bits of w, which go, >= 0
    parameter OUT_W      = 24  // width of y [bits], >= 2
) (
    input  wire                                                clk,
    input  wire                                                rst,
    input  wire                                                s_valid,
    output wire                                                s_ready,
    input  wire [TAPS*(2*LANES*BITS+4+5)+LANES*BITS+5-1:0] s_data,
    output wire                                                m_valid,
    input  wire                                                m_ready,
    output wire [                             LANES*OUT_W-1:0] m_data
);

  localparam STAGES = 6 + $clog2(TAPS + 1);
  localparam SUM_W = PRODUCT_W + $clog2(TAPS + 1);
  localparam VALUES = LANES * BITS;
  localparam SHIFT_W = 6;  // x_s + w_s

  wire [TAPS*VALUES-1:0] x;
  wire [     TAPS*4-1:0] x_s;
  wire [TAPS*VALUES-1:0] w;
  wire [     TAPS*5-1:0] w_s;
  wire [     VALUES-1:0] bias;
  wire [            4:0] bias_s;

  assign {bias_s, bias, w_s, w, x_s, x} = s_data;

  reg [STAGES-1:0] valid_q;
  wire             en = m_ready || !valid_q[STAGES-1];

  assign s_ready = en;
  assign m_valid = valid_q[STAGES-1];

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else if (en) valid_q <= {valid_q[STAGES-2:0], s_valid};
  end

  genvar i, k;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire [(TAPS+1)*PRODUCT_W-1:0] terms;
      wire signed [SUM_W-1:0] sum;
      wire signed [OUT_W-1:0] kept;
      wire unused_sat;
      reg [OUT_W-1:0] y_q;

      for (k = 0; k < TAPS; k = k + 1) begin : g_tap
        m2_mul_shift #(
            .A_W    (BITS),
            .B_W    (BITS),
            .SHIFT_W(SHIFT_W),
            .FRAC   (0),
            .OUT_W  (PRODUCT_W)
        ) u_product (
            .clk  (clk),
            .en   (en),
            .a    (x[k*VALUES+i*BITS+:BITS]),
            .b    (w[k*VALUES+i*BITS+:BITS]),
            .shift({2'd0, x_s[k*4+:4]} + {1'b0, w_s[k*5+:5]}),
            .y    (terms[k*PRODUCT_W+:PRODUCT_W])
        );
      end

      // Times 1, for the same delay.
      m2_mul_shift #(
          .A_W    (BITS),
          .B_W    (2),
          .SHIFT_W(5),
          .FRAC   (0),
          .OUT_W  (PRODUCT_W)
      ) u_bias (
          .clk  (clk),
          .en   (en),
          .a    (bias[i*BITS+:BITS]),
          .b    (2'sd1),
          .shift(bias_s),
          .y    (terms[TAPS*PRODUCT_W+:PRODUCT_W])
      );

      fxp_sum_tree #(
          .N   (TAPS + 1),
          .IN_W(PRODUCT_W)
      ) u_sum (
          .clk(clk),
          .en (en),
          .x  (terms),
          .sum(sum)
      );

      fxp_round_sat #(
          .IN_W (SUM_W),
          .FRAC (PARAM_FRAC),
          .OUT_W(OUT_W),
          .ROUND(0)
      ) u_saturate (
          .x  (sum),
          .y  (kept),
          .sat(unused_sat)
      );

      always @(posedge clk) begin
        if (en) y_q <= kept;
      end

      assign m_data[i*OUT_W+:OUT_W] = y_q;
    end

    if (TAPS < 1 || LANES < 1) begin : g_bad_size
      m2_conv_needs_TAPS_and_LANES_at_least_1 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
