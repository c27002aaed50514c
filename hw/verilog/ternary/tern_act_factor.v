// SPDX-License-Identifier: Apache-2.0
//
// tern_act_factor - what a token's two passes have between them: the reciprocal of its greatest magnitude, and its scale.
//
// Function     : a = peak in 2^15..2^16, r = floor(127 2^32 / a), t = a / sqrt(sum) in units of that shift.
// Format       : peak unsigned PEAK_W bits and sum unsigned 77 bits of the same token, sum the later; r_data {bit length of
//                peak, r of 24 bits}; t_data {6'b0, exponent signed 10 bits, mantissa 16 bits}. Not more than 8 tokens whose
//                r or t has not been taken.
// Latency      : 18; from peak to r, with no other token inside
// Throughput   : 1 / 14
// Back-pressure: none; 8 tokens wait for r and t.
// Golden       : golden.ternary.integer.functions.norm_quantize
// Test         : tests/rtl/test_tern_act.py
//
// Why: r stands on the way of the second pass, t does not: the root is longer than the division, so t follows by itself.

`default_nettype none
`include "checks.vh"

module tern_act_factor #(
    parameter PEAK_W = 47  // width of the greatest magnitude [bits], 32..62
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              peak_valid,
    input  wire [PEAK_W-1:0] peak,
    input  wire              sum_valid,
    input  wire [      76:0] sum,
    output wire              r_valid,
    input  wire              r_ready,
    output wire [      29:0] r_data,
    output wire              t_valid,
    input  wire              t_ready,
    output wire [      31:0] t_data
);

  localparam TOKENS = 8;
  localparam ROOT = 10;  // stages of the reciprocal root
  localparam SCALE = 4;  // and of the scale

  // The greatest magnitude in 2^15..2^16.
  wire [       5:0] length;
  reg  [       2:0] valid_q;
  reg  [       5:0] p0_length_q;
  reg  [       5:0] p1_length_q;
  reg  [       5:0] p2_length_q;
  reg  [PEAK_W-1:0] p0_peak_q;
  wire [      17:0] a;
  wire [      22:0] measure = {p2_length_q, a[16:0]};
  wire              unused_a = a[17];

  fxp_bit_length #(
      .W(PEAK_W)
  ) u_length (
      .x(peak),
      .y(length)
  );

  always @(posedge clk) begin
    if (rst) valid_q <= 3'd0;
    else valid_q <= {valid_q[1:0], peak_valid};
  end

  always @(posedge clk) begin
    p0_peak_q <= peak;
    p0_length_q <= length;
    p1_length_q <= p0_length_q;
    p2_length_q <= p1_length_q;
  end

  tern_act_normal #(
      .X_W(PEAK_W + 1)
  ) u_normal (
      .clk   (clk),
      .en    (2'b11),
      .x     ({1'b0, p0_peak_q}),
      .length(p0_length_q),
      .y     (a)
  );

  // Its reciprocal.
  wire        d_room;
  wire        d_valid;
  wire        d_ready;
  wire [22:0] d_data;
  wire [ 3:0] unused_d_level;

  strm_fifo #(
      .DATA_W(23),
      .DEPTH (TOKENS)
  ) u_divide_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(valid_q[2]),
      .s_ready(d_room),
      .s_data (measure),
      .m_valid(d_valid),
      .m_ready(d_ready),
      .m_data (d_data),
      .level  (unused_d_level)
  );

  tern_reciprocal #(
      .SIDE_W(6)
  ) u_divide (
      .clk    (clk),
      .rst    (rst),
      .s_valid(d_valid),
      .s_ready(d_ready),
      .s_data (d_data),
      .m_valid(r_valid),
      .m_ready(r_ready),
      .m_data (r_data)
  );

  // The scale.
  reg  [ ROOT-1:0] root_valid_q;
  reg  [SCALE-1:0] scale_valid_q;
  wire             root_valid = root_valid_q[ROOT-1];
  wire [     15:0] root_m;
  wire [      5:0] root_e;
  wire             a_room;
  wire             a_valid;
  wire [     22:0] a_data;
  wire [     31:0] scale;
  wire             t_room;
  wire [      3:0] unused_a_level;
  wire [      3:0] unused_t_level;

  fxp_rsqrt_wide #(
      .V_W(77)
  ) u_root (
      .clk(clk),
      .en (1'b1),
      .v  (sum),
      .m  (root_m),
      .e  (root_e)
  );

  always @(posedge clk) begin
    if (rst) begin
      root_valid_q  <= {ROOT{1'b0}};
      scale_valid_q <= {SCALE{1'b0}};
    end else begin
      root_valid_q  <= {root_valid_q[ROOT-2:0], sum_valid};
      scale_valid_q <= {scale_valid_q[SCALE-2:0], root_valid};
    end
  end

  strm_fifo #(
      .DATA_W(23),
      .DEPTH (TOKENS)
  ) u_root_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(valid_q[2]),
      .s_ready(a_room),
      .s_data (measure),
      .m_valid(a_valid),
      .m_ready(root_valid),
      .m_data (a_data),
      .level  (unused_a_level)
  );

  tern_act_scale u_scale (
      .clk   (clk),
      .en    (1'b1),
      .a     (a_data[16:0]),
      .length(a_data[22:17]),
      .m     (root_m),
      .e     (root_e),
      .scale (scale)
  );

  strm_fifo #(
      .DATA_W(32),
      .DEPTH (TOKENS)
  ) u_scales (
      .clk    (clk),
      .rst    (rst),
      .s_valid(scale_valid_q[SCALE-1]),
      .s_ready(t_room),
      .s_data (scale),
      .m_valid(t_valid),
      .m_ready(t_ready),
      .m_data (t_data),
      .level  (unused_t_level)
  );

  `CHECK(!valid_q[2] || (d_room && a_room), "no room for a token's greatest magnitude")
  `CHECK(!root_valid || a_valid, "a root without the greatest magnitude of its token")
  `CHECK(!scale_valid_q[SCALE-1] || t_room, "no room for a token's scale")

  generate
    if (PEAK_W < 32 || PEAK_W > 62) begin : g_bad_peak_w
      tern_act_factor_PEAK_W_must_be_32_to_62 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
