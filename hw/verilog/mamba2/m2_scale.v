// SPDX-License-Identifier: Apache-2.0
//
// m2_scale - sums of a linear layer to saturated values: one of two shifts, or a multiplier and a shift for each sum.
//
// Function     : CHANNEL 0: y = clamp(acc >> (second ? RIGHT_B : RIGHT)). CHANNEL 1: y = clamp((((acc * mult) >> (shift
//                - 1)) + 1) >> 1), which is rounded half up. The clamp is to the range of VALUE_W bits.
// Format       : s_data {tag, second, shifts, mults, sums}: LANES sums of signed IN_W bits, first lowest; where CHANNEL
//                is 1 as many mults of 16 bits unsigned and shifts of 6 bits, 1..46. m_data {tag, LANES y of signed
//                VALUE_W bits}; the tag goes with its beat.
// Latency      : 6 if CHANNEL else 1
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 6 if CHANNEL else 1 beats.
// Golden       : golden.mamba2.integer.linear.scale
// Test         : tests/rtl/test_m2_scale.py
//
// Why: the sum is cut at bit 24, so that each half times mult is one DSP block; the low half is unsigned. The product
// keeps its full width up to the clamp, because a small shift may leave any bit of it above VALUE_W.

`default_nettype none
`include "checks.vh"

module m2_scale #(
    parameter LANES   = 8,   // sums in a beat, >= 1
    parameter IN_W    = 43,  // width of a sum [bits], > RIGHT; 26..48 where CHANNEL is 1
    parameter CHANNEL = 0,   // 0: shift by RIGHT, 1: mult and shift beside the sums
    parameter RIGHT   = 10,  // shift where CHANNEL is 0 [bits], >= 0
    parameter RIGHT_B = 10,  // the same of beats marked `second` [bits], >= 0, < IN_W
    parameter TAG_W   = 1,   // width of the tag [bits], >= 1
    parameter VALUE_W = 32   // width of a value [bits], >= 2
) (
    input  wire                                    clk,
    input  wire                                    rst,
    input  wire                                    s_valid,
    output wire                                    s_ready,
    input  wire [LANES*(IN_W+22*CHANNEL)+TAG_W:0] s_data,
    output wire                                    m_valid,
    input  wire                                    m_ready,
    output wire [         LANES*VALUE_W+TAG_W-1:0] m_data
);

  localparam STAGES = (CHANNEL != 0) ? 6 : 1;
  localparam SUMS_W = LANES * (IN_W + 22 * CHANNEL);

  reg  [STAGES-1:0] valid_q;  // of each stage
  wire              second = s_data[SUMS_W];
  wire              en = m_ready || !valid_q[STAGES-1];
  wire [  STAGES:0] valid = {valid_q, s_valid};
  wire [STAGES-1:0] load = {STAGES{en}} & valid[STAGES-1:0];
  wire [ LANES-1:0] sat;
  wire              unused_sat = |sat;

  assign s_ready = en;
  assign m_valid = valid[STAGES];

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else if (en) valid_q <= valid[STAGES-1:0];
  end

  // The tag beside the stages, last highest.
  reg  [STAGES*TAG_W-1:0] tag_q;
  wire [STAGES*TAG_W-1:0] tag_d;

  assign m_data[LANES*VALUE_W+:TAG_W] = tag_q[(STAGES-1)*TAG_W+:TAG_W];

  always @(posedge clk) begin
    if (en) tag_q <= tag_d;
  end

  genvar i;
  generate
    if (CHANNEL == 0) begin : g_shift
      assign tag_d = s_data[SUMS_W+1+:TAG_W];

      for (i = 0; i < LANES; i = i + 1) begin : g_lane
        wire signed [   IN_W-1:0] acc = s_data[i*IN_W+:IN_W];
        wire signed [   IN_W-1:0] shifted_a = acc >>> RIGHT;
        wire signed [   IN_W-1:0] shifted_b = acc >>> RIGHT_B;
        wire        [VALUE_W-1:0] y;
        reg         [VALUE_W-1:0] y_q;

        fxp_round_sat #(
            .IN_W (IN_W),
            .FRAC (0),
            .OUT_W(VALUE_W),
            .ROUND(0)
        ) u_round (
            .x  (second ? shifted_b : shifted_a),
            .y  (y),
            .sat(sat[i])
        );

        always @(posedge clk) begin
          if (load[0]) y_q <= y;
        end

        assign m_data[i*VALUE_W+:VALUE_W] = y_q;
      end
    end else begin : g_channel
      localparam LOW_W = 24;
      localparam HIGH_W = IN_W - LOW_W;
      localparam PRODUCT_W = IN_W + 16;
      wire unused_second = second;

      assign tag_d = {tag_q[(STAGES-1)*TAG_W-1:0], s_data[SUMS_W+1+:TAG_W]};

      for (i = 0; i < LANES; i = i + 1) begin : g_lane
        // Product.
        reg         [     IN_W-1:0] p0_acc_q;
        reg         [         15:0] p0_mult_q;
        wire        [    LOW_W-1:0] p0_low = p0_acc_q[LOW_W-1:0];
        wire signed [   HIGH_W-1:0] p0_high = p0_acc_q[IN_W-1:LOW_W];
        wire signed [         16:0] p0_mult = {1'b0, p0_mult_q};
        reg         [   LOW_W+15:0] p1_low_q;
        reg signed  [  HIGH_W+15:0] p1_high_q;
        reg signed  [PRODUCT_W-1:0] p2_product_q;
        wire        [  HIGH_W+15:0] carried = p1_high_q + {{HIGH_W{1'b0}}, p1_low_q[LOW_W+15:LOW_W]};

        always @(posedge clk) begin
          if (load[0]) begin
            p0_acc_q  <= s_data[i*IN_W+:IN_W];
            p0_mult_q <= s_data[LANES*IN_W+i*16+:16];
          end
          if (load[1]) begin
            p1_low_q  <= p0_low * p0_mult_q;
            p1_high_q <= p0_high * p0_mult;
          end
          if (load[2]) p2_product_q <= {carried, p1_low_q[LOW_W-1:0]};
        end

        // Shift by one less, in two steps.
        reg        [          5:0] p0_shift_q;
        reg        [          5:0] p1_shift_q;
        reg        [          5:0] p2_shift_q;
        reg        [          1:0] p3_shift_q;
        reg signed [PRODUCT_W-1:0] p3_coarse_q;
        reg signed [PRODUCT_W-1:0] p4_fine_q;

        always @(posedge clk) begin
          if (load[0]) p0_shift_q <= s_data[LANES*(IN_W+16)+i*6+:6];
          if (load[1]) p1_shift_q <= p0_shift_q - 6'd1;
          if (load[2]) p2_shift_q <= p1_shift_q;
          if (load[3]) p3_shift_q <= p2_shift_q[1:0];
          if (load[3]) p3_coarse_q <= p2_product_q >>> {p2_shift_q[5:2], 2'b00};
          if (load[4]) p4_fine_q <= p3_coarse_q >>> p3_shift_q;
        end

        // Rounding and clamp.
        wire [VALUE_W-1:0] y;
        reg  [VALUE_W-1:0] p5_y_q;

        fxp_round_sat #(
            .IN_W (PRODUCT_W),
            .FRAC (1),
            .OUT_W(VALUE_W),
            .ROUND(1)
        ) u_round (
            .x  (p4_fine_q),
            .y  (y),
            .sat(sat[i])
        );

        always @(posedge clk) begin
          if (load[5]) p5_y_q <= y;
        end

        assign m_data[i*VALUE_W+:VALUE_W] = p5_y_q;

        `CHECK(!s_valid || s_data[LANES*(IN_W+16)+i*6+:6] != 6'd0 && s_data[LANES*(IN_W+16)+i*6+:6] <= 6'd46,
               "shift is not within 1 and 46")
      end

      if (IN_W < 26 || IN_W > 48) begin : g_bad_in_w
        m2_scale_IN_W_must_be_26_to_48_where_CHANNEL_is_1 u_error ();
      end
    end

    if (LANES < 1 || TAG_W < 1 || CHANNEL < 0 || CHANNEL > 1) begin : g_bad_size
      m2_scale_needs_LANES_and_TAG_W_at_least_1_and_CHANNEL_0_or_1 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
