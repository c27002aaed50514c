// SPDX-License-Identifier: Apache-2.0
//
// tern_head_quant - queries, keys and values to int8 with a power of two for each head.
//
// Function     : z = round(x * m / 2^16); peak = max|z| over the head, less 1 unless it is 0; s = max(0, bit_length(peak) - 7);
//                q = clamp(round(z / 2^s), -128, 127); exponent = clamp(e + s + 12, -127, 127), -128 if every z is 0. What a
//                head stands for is q * 2^exponent. Rounded half up.
// Format       : t_data the scale of the next head, {6'b0, e signed 10 bits, m 16 bits}; s_data {head's last beat, 8 x of
//                signed 25 bits, Q.4}; m_data {head's last beat, exponent signed 8 bits, 8 q of signed 8 bits}; first
//                lowest. Heads of 2 to 16 beats.
// Latency      : 12; from a head's last beat to its first
// Throughput   : 1
// Back-pressure: registered ready; absorbs 36 beats.
// Golden       : golden.ternary.integer.functions.quantize_heads
// Test         : tests/rtl/test_tern_head_quant.py
//
// Why: one queue instead of two buffers. While a head leaves, the next one takes its places, and 32 hold 16 beats of a head
// and those that enter before its exponent is known.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_head_quant (
    input  wire                             clk,
    input  wire                             rst,
    input  wire                             t_valid,
    output wire                             t_ready,
    input  wire [                     31:0] t_data,
    input  wire                             s_valid,
    output wire                             s_ready,
    input  wire [8*`KR_TERN_Q_ROTATED_W:0] s_data,
    output wire                             m_valid,
    input  wire                             m_ready,
    output wire [                     72:0] m_data
);

  localparam X_W = `KR_TERN_Q_ROTATED_W;
  localparam BITS = 8;
  localparam OVER_W = X_W - BITS;  // also the greatest shift
  localparam SHIFT_W = $clog2(OVER_W + 1);
  localparam PRODUCT_W = X_W + 16;

  // A beat waits for its head's scale, and for a place in the queue behind the product.
  wire        scale_valid;
  wire [31:0] scale;
  wire        room;
  wire        last = s_data[8*X_W];
  wire        take = s_valid && s_ready;
  reg  [ 7:0] valid_q;
  reg  [ 7:0] last_q;  // of a beat in each stage
  reg  [76:0] e_q;  // exponent of a head of shift 0 in each stage up to 6
  wire        unused_scale = &{1'b0, scale[31:26]};

  assign s_ready = room && scale_valid;

  strm_skid #(
      .DATA_W(32)
  ) u_scale (
      .clk    (clk),
      .rst    (rst),
      .s_valid(t_valid),
      .s_ready(t_ready),
      .s_data (t_data),
      .m_valid(scale_valid),
      .m_ready(s_valid && last && room),
      .m_data (scale)
  );

  always @(posedge clk) begin
    if (rst) valid_q <= 8'd0;
    else valid_q <= {valid_q[6:0], take};
  end

  always @(posedge clk) begin
    last_q <= {last_q[6:0], last};
  end

  // z, in stage 3.
  reg  [   15:0] p0_m_q;
  wire [8*X_W-1:0] z;
  wire [    7:0] any;  // z is not 0, of stage 3

  always @(posedge clk) begin
    p0_m_q <= scale[15:0];
  end

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_product
      wire signed [       16:0] m = {1'b0, p0_m_q};
      reg signed  [    X_W-1:0] p0_x_q;
      reg signed  [PRODUCT_W:0] p1_product_q;
      reg signed  [PRODUCT_W:0] p2_product_q;
      reg         [    X_W-1:0] p3_z_q;
      wire        [PRODUCT_W-15:0] rounded;
      wire                      unused_sat;
      wire                      unused_bits = &{1'b0, p2_product_q[PRODUCT_W], rounded[PRODUCT_W-15:X_W]};

      always @(posedge clk) begin
        p0_x_q       <= s_data[i*X_W+:X_W];
        p1_product_q <= p0_x_q * m;
        p2_product_q <= p1_product_q;
        p3_z_q       <= rounded[X_W-1:0];
      end

      fxp_round_sat #(
          .IN_W (PRODUCT_W),
          .FRAC (16),
          .OUT_W(PRODUCT_W - 14),
          .ROUND(1)
      ) u_round (
          .x  (p2_product_q[PRODUCT_W-1:0]),
          .y  (rounded),
          .sat(unused_sat)
      );

      assign z[i*X_W+:X_W] = p3_z_q;
      assign any[i] = p3_z_q != {X_W{1'b0}};
    end

    if (`KR_TERN_K_ROTATED_W > X_W || `KR_TERN_V_ROTATED_W > X_W || `KR_TERN_Q_W != 8 || `KR_TERN_K_W != 8 ||
        `KR_TERN_V_W != 8 || `KR_TERN_CFG_ROPE_GUARD != 4) begin : g_bad_format
      tern_head_quant_is_made_for_queries_as_wide_as_any_and_8_bits_and_ROPE_GUARD_4 u_error ();
    end
  endgenerate

  // The head's shift: over the whole head what it depends on, in stage 5, its length in stage 6, the exponent in stage 7.
  wire [8*X_W-1:0] unused_z;
  wire [OVER_W-1:0] p5_over;
  reg  [       7:0] p4_any_q;
  reg               p5_any_q;
  reg  [OVER_W-1:0] over_q;
  reg               any_q;
  wire [OVER_W-1:0] over = over_q | p5_over;
  wire [SHIFT_W-1:0] length;
  reg  [SHIFT_W-1:0] p6_shift_q;
  reg               p6_any_q;
  reg  [SHIFT_W-1:0] p7_shift_q;
  reg               p7_any_q;
  reg  [      10:0] p7_sum_q;
  wire              fits = p7_sum_q[10:7] == {4{p7_sum_q[10]}} && p7_sum_q[7:0] != 8'h80;
  wire [       7:0] limited = fits ? p7_sum_q[7:0] : {p7_sum_q[10], {6{!p7_sum_q[10]}}, 1'b1};
  wire              head_push = valid_q[7] && last_q[7];
  wire              head_room;

  m2_pot_peak #(
      .N        (8),
      .IN_W     (X_W),
      .BITS     (BITS),
      .MAX_SHIFT(OVER_W)
  ) u_peak (
      .clk (clk),
      .en  (2'b11),
      .x   (z),
      .x_q (unused_z),
      .over(p5_over)
  );

  fxp_bit_length #(
      .W(OVER_W)
  ) u_length (
      .x(over),
      .y(length)
  );

  always @(posedge clk) begin
    e_q <= {e_q[65:0], {scale[25], scale[25:16]} + 11'd12};
  end

  always @(posedge clk) begin
    p4_any_q   <= any;
    p5_any_q   <= p4_any_q != 8'd0;
    p6_shift_q <= length;
    p6_any_q   <= any_q || p5_any_q;
    p7_shift_q <= p6_shift_q;
    p7_any_q   <= p6_any_q;
    p7_sum_q   <= e_q[6*11+:11] + {{11 - SHIFT_W{1'b0}}, p6_shift_q};
  end

  always @(posedge clk) begin
    if (rst || (valid_q[5] && last_q[5])) {any_q, over_q} <= {OVER_W + 1{1'b0}};
    else if (valid_q[5]) {any_q, over_q} <= {any_q || p5_any_q, over};
  end

  // Beats meet what their head has found.
  wire               beat_valid;
  wire [    8*X_W:0] beat;
  wire               beat_last = beat[8*X_W];
  wire               head_valid;
  wire [        7:0] exponent;
  wire [SHIFT_W-1:0] shift;
  wire [        4:0] unused_heads;
  wire               out_room;
  wire               go = beat_valid && head_valid && out_room;
  reg  [        1:0] out_q;  // a beat in each stage of the rounding
  reg  [       17:0] side_q;  // {last, exponent} of each
  wire [       63:0] rounded;

  m2_exit_queue #(
      .DATA_W(8 * X_W + 1),
      .DEPTH (32)
  ) u_beats (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (take),
      .s_valid(valid_q[3]),
      .s_data ({last_q[3], z}),
      .m_valid(beat_valid),
      .m_ready(head_valid && out_room),
      .m_data (beat)
  );

  strm_fifo #(
      .DATA_W(8 + SHIFT_W),
      .DEPTH (16)
  ) u_heads (
      .clk    (clk),
      .rst    (rst),
      .s_valid(head_push),
      .s_ready(head_room),
      .s_data ({p7_any_q ? limited : 8'h80, p7_shift_q}),
      .m_valid(head_valid),
      .m_ready(go && beat_last),
      .m_data ({exponent, shift}),
      .level  (unused_heads)
  );

  always @(posedge clk) begin
    if (rst) out_q <= 2'b00;
    else out_q <= {out_q[0], go};
  end

  always @(posedge clk) begin
    side_q <= {side_q[8:0], beat_last, exponent};
  end

  generate
    for (i = 0; i < 8; i = i + 1) begin : g_lane
      m2_pot_round #(
          .IN_W     (X_W),
          .BITS     (BITS),
          .MAX_SHIFT(OVER_W)
      ) u_round (
          .clk  (clk),
          .en   (2'b11),
          .x    (beat[i*X_W+:X_W]),
          .shift(shift),
          .q    (rounded[i*BITS+:BITS])
      );
    end
  endgenerate

  m2_exit_queue #(
      .DATA_W(73),
      .DEPTH (4)
  ) u_out (
      .clk    (clk),
      .rst    (rst),
      .room   (out_room),
      .enter  (go),
      .s_valid(out_q[1]),
      .s_data ({side_q[17:9], rounded}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!head_push || head_room, "no room for what a head has found")
  `CHECK(room || head_valid || valid_q != 8'd0, "a head has more beats than the queue")

endmodule

`default_nettype wire
