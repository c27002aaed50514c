// SPDX-License-Identifier: Apache-2.0
//
// tern_rope_lane - one pair of tern_rope: the value of one half, rotated with that of the other.
//
// Function     : half 0: y = round((low * cos - high * sin) / 2^10); half 1: y = round((high * cos + low * sin) / 2^10).
//                turn 0: y = 16 low or 16 high.
// Format       : low, high signed SUM_W bits; cos, sin signed 16 bits, Q1.14; y signed 25 bits, Q.4, rounded half up; fits says,
//                a cycle earlier, whether it is y.
// Latency      : 5; late_half is half, three cycles later
// Throughput   : 1
// Back-pressure: none; it never stalls.
// Golden       : golden.ternary.integer.functions.rotate
// Test         : tests/rtl/test_tern_rope.py
//
// Why: values pass through the same multipliers, cosine 1 and sine 0, so nothing has to wait beside them.

`default_nettype none
`include "kr_tern_widths.vh"

module tern_rope_lane #(
    parameter SUM_W = 21  // width of a sum [bits], 18..25
) (
    input  wire                             clk,
    input  wire                             turn,
    input  wire                             half,
    input  wire                             late_half,
    input  wire [                SUM_W-1:0] low,
    input  wire [                SUM_W-1:0] high,
    input  wire [                     15:0] cos,
    input  wire [                     15:0] sin,
    output wire [`KR_TERN_Q_ROTATED_W-1:0] y,
    output wire                             fits
);

  localparam Y_W = `KR_TERN_Q_ROTATED_W;
  localparam DROP = `KR_TERN_CFG_ROPE_FRAC - `KR_TERN_CFG_ROPE_GUARD;
  localparam WIDE_W = SUM_W + 16 + 1;

  reg signed [  SUM_W-1:0] p0_own_q;
  reg signed [  SUM_W-1:0] p0_other_q;
  reg signed [       15:0] p0_cos_q;
  reg signed [       15:0] p0_sin_q;
  reg signed [ WIDE_W-2:0] p1_own_q;
  reg signed [ WIDE_W-2:0] p1_other_q;
  reg signed [ WIDE_W-2:0] p2_own_q;
  reg signed [ WIDE_W-2:0] p2_other_q;
  reg signed [ WIDE_W-1:0] p3_sum_q;
  wire       [WIDE_W-DROP:0] rounded;
  reg        [    Y_W-1:0] p4_y_q;
  wire                     unused_sat;

  assign y    = p4_y_q;
  assign fits = rounded[WIDE_W-DROP:Y_W] == {WIDE_W - DROP - Y_W + 1{rounded[Y_W-1]}};

  always @(posedge clk) begin
    p0_own_q   <= half ? high : low;
    p0_other_q <= half ? low : high;
    p0_cos_q   <= turn ? cos : 16'h4000;
    p0_sin_q   <= turn ? sin : 16'h0000;
  end

  always @(posedge clk) begin
    p1_own_q   <= p0_own_q * p0_cos_q;
    p1_other_q <= p0_other_q * p0_sin_q;
    p2_own_q   <= p1_own_q;
    p2_other_q <= p1_other_q;
    p3_sum_q   <= late_half ? p2_own_q + p2_other_q : p2_own_q - p2_other_q;
    p4_y_q     <= rounded[Y_W-1:0];
  end

  fxp_round_sat #(
      .IN_W (WIDE_W),
      .FRAC (DROP),
      .OUT_W(WIDE_W - DROP + 1),
      .ROUND(1)
  ) u_round (
      .x  (p3_sum_q),
      .y  (rounded),
      .sat(unused_sat)
  );

  generate
    if (SUM_W < 18 || SUM_W > 25) begin : g_bad_size
      tern_rope_lane_SUM_W_must_be_18_to_25 u_error ();
    end
    if (DROP != 10 || `KR_TERN_CFG_ROPE_FRAC != 14) begin : g_bad_format
      tern_rope_lane_is_made_for_ROPE_FRAC_14_and_ROPE_GUARD_4 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
