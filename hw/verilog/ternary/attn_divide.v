// SPDX-License-Identifier: Apache-2.0
//
// attn_divide - what divides the weighted sums of V by their softmax's denominator, and gives them their fraction bits.
//
// Function     : y = clamp(round(acc * floor(2^31 / (total >> z)) * 2^(exponent + frac - 31 - z))) to 32 bits, z = the bit
//                length of total less 16, for each sum of a row.
// Format       : s_z_data {exponent signed 8 bits, total unsigned 36 bits}, at least 2^23, once for each row; s_data {last, 8
//                acc of signed 44 bits, first lowest}, last at a row's end; m_data {last, 8 y of signed 32 bits}, rounded half
//                up, saturated; frac 0..24 holds still while a row is inside.
// Latency      : 9; from s to m, once the row's reciprocal is there: 14 after its z
// Throughput   : 1; of rows of 12 beats or more
// Back-pressure: s_ready is of registers; s_z_ready is of registers and absorbs five beats; 16 beats wait for m.
// Golden       : golden.ternary.integer.functions.divide
// Test         : tests/rtl/test_attn_divide.py
//
// Why: the reciprocal has 17 bits, so a lane is two multipliers, and a row's division hides behind the row before it. Left
// by 16 saturates every product, so the shifter goes right only, from a product with 16 bits below it and one for rounding.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module attn_divide (
    input  wire          clk,
    input  wire          rst,
    input  wire [   4:0] frac,
    input  wire          s_z_valid,
    output wire          s_z_ready,
    input  wire [  43:0] s_z_data,
    input  wire          s_valid,
    output wire          s_ready,
    input  wire [8*44:0] s_data,
    output wire          m_valid,
    input  wire          m_ready,
    output wire [8*32:0] m_data
);

  localparam LANES = 8;
  localparam ACC_W = 44;
  localparam TOTAL_W = 36;
  localparam LOW_W = 24;  // of acc, beside a multiplier's other operand of 18 bits
  localparam X_W = 60;  // a product
  localparam LEFT = 16;  // from where on every product saturates
  localparam FULL_W = X_W + LEFT + 1;
  localparam COARSE_W = 32 + 1 + 15;  // a result before its rounding and the last fifteen places
  localparam MOST = 79;  // greatest shift to the right, where nothing is left
  localparam STAGES = 8;

  // A row's denominator: 16 leading bits, and the shift to the right of a product with LEFT bits below it.
  reg  [        2:0] z_valid_q;
  wire               d_ready;
  wire               z_en = !z_valid_q[2] || d_ready;
  reg  [TOTAL_W-1:0] p0_total_q;
  reg  [TOTAL_W-1:0] p1_total_q;
  reg signed [  7:0] p0_exponent_q;
  wire signed [  9:0] p0_up = {{2{p0_exponent_q[7]}}, p0_exponent_q} + {5'd0, frac};
  reg signed [  9:0] p1_up_q;
  wire [        5:0] length;
  reg  [        5:0] p1_length_q;
  wire [        5:0] p1_drop = p1_length_q - 6'd16;
  wire [TOTAL_W-1:0] leading = p1_total_q >> p1_drop;
  reg  [       15:0] p2_leading_q;
  reg signed [  9:0] p2_right_q;
  wire [        6:0] right = p2_right_q[9] ? 7'd0 : (p2_right_q > MOST) ? MOST[6:0] : p2_right_q[6:0];
  wire               r_valid;
  wire               r_ready;
  wire [        6:0] r_right;
  wire [       17:0] r;

  assign s_z_ready = z_en;

  fxp_bit_length #(
      .W(TOTAL_W)
  ) u_length (
      .x(p0_total_q),
      .y(length)
  );

  always @(posedge clk) begin
    if (rst) z_valid_q <= 3'd0;
    else if (z_en) z_valid_q <= {z_valid_q[1:0], s_z_valid};
  end

  always @(posedge clk) begin
    if (z_en) begin
      {p0_exponent_q, p0_total_q} <= s_z_data;
      p1_total_q   <= p0_total_q;
      p1_length_q  <= length;
      p1_up_q      <= p0_up;
      p2_leading_q <= leading[15:0];
      p2_right_q   <= 10'sd31 + $signed({4'd0, p1_length_q}) - p1_up_q;
    end
  end

  tern_reciprocal #(
      .SIDE_W(7),
      .A_W   (16),
      .Q_W   (18),
      .START (8192)
  ) u_reciprocal (
      .clk    (clk),
      .rst    (rst),
      .s_valid(z_valid_q[2]),
      .s_ready(d_ready),
      .s_data ({right, p2_leading_q}),
      .m_valid(r_valid),
      .m_ready(r_ready),
      .m_data ({r_right, r})
  );

  // The row's sums meet its reciprocal.
  wire                room;
  wire                enter = s_valid && s_ready;
  reg  [  STAGES-1:0] valid_q;
  reg  [  STAGES-1:0] last_q;
  reg  [        16:0] p0_r_q;  // its 18th bit is 0
  reg  [       4*7-1:0] rights_q;  // of p0 to p3, last highest
  wire [         6:0] p3_right = rights_q[3*7+:7];
  reg  [         3:0] p4_fine_q;
  reg  [         1:0] p5_fine_q;
  wire [LANES*32-1:0] results;

  assign s_ready = r_valid && room;
  assign r_ready = enter && s_data[LANES*ACC_W];

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else valid_q <= {valid_q[STAGES-2:0], enter};
  end

  always @(posedge clk) begin
    last_q    <= {last_q[STAGES-2:0], s_data[LANES*ACC_W]};
    p0_r_q    <= r[16:0];
    rights_q  <= {rights_q[3*7-1:0], r_right};
    p4_fine_q <= p3_right[3:0];
    p5_fine_q <= p4_fine_q[1:0];
  end

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      reg signed  [     ACC_W-1:0] p0_acc_q;
      wire signed [       LOW_W:0] low = {1'b0, p0_acc_q[LOW_W-1:0]};
      wire signed [ACC_W-LOW_W-1:0] high = p0_acc_q[ACC_W-1:LOW_W];
      wire signed [          17:0] factor = {1'b0, p0_r_q};
      reg signed  [    LOW_W+18:0] p1_low_q;
      reg signed  [ACC_W-LOW_W+17:0] p1_high_q;
      reg signed  [    LOW_W+18:0] p2_low_q;
      reg signed  [ACC_W-LOW_W+17:0] p2_high_q;
      reg signed  [     ACC_W+17:0] p3_product_q;
      wire signed [    FULL_W-1:0] full = {p3_product_q[X_W-1:0], {LEFT + 1{1'b0}}};
      wire signed [    FULL_W-1:0] coarse = full >>> {p3_right[6:4], 4'd0};
      reg signed  [  COARSE_W-1:0] p4_coarse_q;
      reg                          p4_over_q;  // more bits than COARSE_W
      reg                          p4_negative_q;
      reg signed  [  COARSE_W-1:0] p5_middle_q;
      reg                          p5_over_q;
      reg                          p5_negative_q;
      wire signed [  COARSE_W-1:0] fine = p5_middle_q >>> p5_fine_q;
      reg         [          32:0] p6_fine_q;
      reg                          p6_over_q;
      reg                          p6_negative_q;
      wire        [          33:0] up_half = {p6_fine_q[32], p6_fine_q} + 34'd1;
      reg         [          31:0] p7_y_q;
      reg                          p7_over_q;
      reg                          p7_negative_q;

      assign results[i*32+:32] = p7_over_q ? {p7_negative_q, {31{!p7_negative_q}}} : p7_y_q;

      always @(posedge clk) begin
        p0_acc_q     <= s_data[i*ACC_W+:ACC_W];
        p1_low_q     <= low * factor;
        p1_high_q    <= high * factor;
        p2_low_q     <= p1_low_q;
        p2_high_q    <= p1_high_q;
        p3_product_q <= {p2_high_q, {LOW_W{1'b0}}} + {{ACC_W - LOW_W - 1{p2_low_q[LOW_W+18]}}, p2_low_q};
      end

      always @(posedge clk) begin
        p4_coarse_q   <= coarse[COARSE_W-1:0];
        p4_over_q     <= coarse[FULL_W-1:COARSE_W-1] != {FULL_W - COARSE_W + 1{coarse[FULL_W-1]}};
        p4_negative_q <= coarse[FULL_W-1];
        p5_middle_q   <= p4_coarse_q >>> {p4_fine_q[3:2], 2'd0};
        p5_over_q     <= p4_over_q;
        p5_negative_q <= p4_negative_q;
      end

      always @(posedge clk) begin
        p6_fine_q     <= fine[32:0];
        p6_over_q     <= p5_over_q || fine[COARSE_W-1:32] != {COARSE_W - 32{fine[COARSE_W-1]}};
        p6_negative_q <= p5_negative_q;
        p7_y_q        <= up_half[32:1];
        p7_over_q     <= p6_over_q || up_half[33] != up_half[32];
        p7_negative_q <= p6_negative_q;
      end

      wire unused_bits = &{1'b0, p3_product_q[ACC_W+17:X_W], up_half[0]};
    end

    if (`KR_TERN_ATTENTION_ACC_W != ACC_W || `KR_TERN_SOFTMAX_SUM_W - 1 != TOTAL_W || `KR_TERN_INVERSE_W != 18 ||
        `KR_TERN_ATTENTION_WIDE_W != X_W || `KR_TERN_ATTENTION_W != 32) begin : g_bad_format
      attn_divide_is_made_for_sums_of_44_bits_and_totals_of_36_and_results_of_32 u_error ();
    end
  endgenerate

  m2_exit_queue #(
      .DATA_W(LANES * 32 + 1),
      .DEPTH (16)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (enter),
      .s_valid(valid_q[STAGES-1]),
      .s_data ({last_q[STAGES-1], results}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  wire unused_bits = &{1'b0, leading[TOTAL_W-1:16], r[17]};

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!s_z_valid || s_z_data[35:23] != 13'd0, "a total below 2^23")
  `CHECK(!s_valid || frac <= 5'd24, "frac is above 24")

endmodule

`default_nettype wire
