// SPDX-License-Identifier: Apache-2.0
//
// tern_scale - integers times their scale, as saturated values of fixed point.
//
// Function     : y = clamp(round(x * m * 2^(e + c_frac)), the range of Y_W bits), for each lane.
// Format       : s_data {scale, or with EACH one for each lane, LANES x of signed X_W bits}, first lowest; scale {6'b0, e
//                signed 10 bits, m 16 bits}, m at least 2^15, or 0; m_data LANES y Q.c_frac of signed Y_W bits, rounded half
//                up, saturates. c_frac holds still during a run.
// Latency      : 8 if X_W > 25 else 7
// Throughput   : 1
// Back-pressure: registered ready; absorbs 16 beats.
// Golden       : golden.ternary.integer.scale.apply
// Test         : tests/rtl/test_tern_scale.py
//
// Why: a mantissa has its leading one, so a product that goes left by more than Y_W - 16 saturates whatever it is: one
// shifter to the right, from that far left, does both directions. One law for branches (21 bits of x), embeddings (8) and
// logits (43, a scale for each row).

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_scale #(
    parameter X_W   = 21,  // width of x [bits], 7..48
    parameter Y_W   = 32,  // width of y [bits], 16..32
    parameter EACH  = 0,   // 1: a scale for each lane
    parameter LANES = 8    // values in a beat, >= 1
) (
    input  wire                                              clk,
    input  wire                                              rst,
    input  wire [                                       4:0] c_frac,
    input  wire                                              s_valid,
    output wire                                              s_ready,
    input  wire [LANES*X_W+((EACH != 0) ? LANES : 1)*32-1:0] s_data,
    output wire                                              m_valid,
    input  wire                                              m_ready,
    output wire [                             LANES*Y_W-1:0] m_data
);

  localparam SCALES = (EACH != 0) ? LANES : 1;
  localparam WIDE = X_W > 25;  // two multipliers and their sum
  localparam PRODUCT = WIDE ? 3 : 2;  // stage of the product
  localparam LAST = PRODUCT + 3;
  localparam PRODUCT_W = X_W + 16;
  localparam LEFT = Y_W - 15;  // a product this far left saturates
  localparam FULL_W = PRODUCT_W + LEFT + 1;  // with a bit below y for the rounding
  localparam SHIFT_W = $clog2(FULL_W);
  localparam COARSE_W = Y_W + 1 + 7;  // y, the bit below it and the places that the fine step draws in
  localparam STEPS = (FULL_W - COARSE_W + 8) / 8;  // coarse ones, up to where nothing stands above

  // The pipeline runs free; a beat takes its place in the queue behind it at the entry.
  reg  [       LAST:0] valid_q;
  wire                 room;
  wire                 enter = s_valid && room;
  wire [LANES*Y_W-1:0] results;

  assign s_ready = room;

  always @(posedge clk) begin
    if (rst) valid_q <= {LAST + 1{1'b0}};
    else valid_q <= {valid_q[LAST-1:0], enter};
  end

  // Shift right of each scale, LEFT more than what the product itself needs.
  wire [SCALES*16-1:0] p0_m;
  wire [SCALES*SHIFT_W-1:0] shift;  // of stage PRODUCT
  wire [SCALES*3-1:0] fine_shift;  // of the stage behind it

  genvar i, k;
  generate
    for (i = 0; i < SCALES; i = i + 1) begin : g_scale
      localparam [31:0] MOST = LEFT;
      wire        [31:0] scale = s_data[LANES*X_W+i*32+:32];
      wire signed [11:0] wanted = $signed(MOST[11:0]) - {{2{scale[25]}}, scale[25:16]} - {7'd0, c_frac};
      reg         [15:0] p0_m_q;
      reg         [11:0] p0_shift_q;
      reg  [SHIFT_W-1:0] p1_shift_q;
      reg  [SHIFT_W-1:0] p2_shift_q;
      reg  [        2:0] fine_q;
      wire               unused_scale = &{1'b0, scale[31:26]};

      always @(posedge clk) begin
        p0_m_q <= scale[15:0];
        p0_shift_q <= wanted;
        p1_shift_q <= (p0_shift_q[SHIFT_W-1:0] | {SHIFT_W{|p0_shift_q[11:SHIFT_W]}}) & {SHIFT_W{!p0_shift_q[11]}};
        p2_shift_q <= p1_shift_q;
        fine_q <= shift[i*SHIFT_W+:3];
      end

      assign p0_m[i*16+:16] = p0_m_q;
      assign fine_shift[i*3+:3] = fine_q;

      if (WIDE) begin : g_late
        reg [SHIFT_W-1:0] p3_shift_q;

        assign shift[i*SHIFT_W+:SHIFT_W] = p3_shift_q;

        always @(posedge clk) begin
          p3_shift_q <= p2_shift_q;
        end
      end else begin : g_now
        assign shift[i*SHIFT_W+:SHIFT_W] = p2_shift_q;
      end
    end

    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      localparam S = (EACH != 0) ? i : 0;
      reg signed  [      X_W-1:0] p0_x_q;
      wire signed [         16:0] m = {1'b0, p0_m[S*16+:16]};
      wire signed [PRODUCT_W-1:0] product;

      always @(posedge clk) begin
        p0_x_q <= s_data[i*X_W+:X_W];
      end

      if (WIDE) begin : g_parts
        localparam HIGH_W = X_W - 24;
        wire signed [24:0] low = {1'b0, p0_x_q[23:0]};
        wire signed [HIGH_W-1:0] high = p0_x_q[X_W-1:24];
        reg signed [41:0] p1_low_q;
        reg signed [HIGH_W+16:0] p1_high_q;
        reg signed [41:0] p2_low_q;
        reg signed [HIGH_W+16:0] p2_high_q;
        reg signed [PRODUCT_W:0] p3_product_q;

        assign product = p3_product_q[PRODUCT_W-1:0];

        always @(posedge clk) begin
          p1_low_q     <= low * m;
          p1_high_q    <= high * m;
          p2_low_q     <= p1_low_q;
          p2_high_q    <= p1_high_q;
          p3_product_q <= {p2_high_q, 24'd0} + {{HIGH_W - 1{p2_low_q[41]}}, p2_low_q};
        end

        wire unused_product = p3_product_q[PRODUCT_W];
      end else begin : g_whole
        reg signed [PRODUCT_W:0] p1_product_q;
        reg signed [PRODUCT_W:0] p2_product_q;

        assign product = p2_product_q[PRODUCT_W-1:0];

        always @(posedge clk) begin
          p1_product_q <= p0_x_q * m;
          p2_product_q <= p1_product_q;
        end

        wire unused_product = p2_product_q[PRODUCT_W];
      end

      // Shift in two steps. What does not fit the first leaves too much for y, whatever the second does. Both are told by the
      // bits that stand above the result and differ from the sign: a comparison for each, beside the shifter.
      wire signed [  FULL_W-1:0] full = {product, {LEFT + 1{1'b0}}};
      wire signed [  FULL_W-1:0] coarse = full >>> {shift[S*SHIFT_W+3+:SHIFT_W-3], 3'd0};
      reg signed  [COARSE_W-1:0] coarse_q;
      reg                        over_q;
      reg                        negative_q;
      wire signed [COARSE_W-1:0] fine = coarse_q >>> fine_shift[S*3+:3];
      wire        [ STEPS*8-1:0] above;  // bits of full from COARSE_W - 1 on
      wire        [   STEPS-1:0] coarse_over;
      wire        [   STEPS-1:0] coarse_reach = {STEPS{1'b1}} << shift[S*SHIFT_W+3+:SHIFT_W-3];
      wire        [         7:0] fine_reach = 8'hff << fine_shift[S*3+:3];
      wire        [         7:0] fine_over = (coarse_q[Y_W+:8] ^ {8{negative_q}}) & fine_reach;
      wire                       over = over_q || fine_over != 8'd0;
      reg         [     Y_W+1:0] fine_q;  // the bit below the sign differs from it where y saturates
      wire        [     Y_W-1:0] y;
      reg         [     Y_W-1:0] y_q;
      wire                       unused_sat;

      always @(posedge clk) begin
        coarse_q   <= coarse[COARSE_W-1:0];
        over_q     <= coarse_over != {STEPS{1'b0}};
        negative_q <= product[PRODUCT_W-1];
        fine_q     <= {negative_q, negative_q ^ over, fine[Y_W-1:0]};
        y_q        <= y;
      end

      fxp_round_sat #(
          .IN_W (Y_W + 2),
          .FRAC (1),
          .OUT_W(Y_W),
          .ROUND(1)
      ) u_round (
          .x  (fine_q),
          .y  (y),
          .sat(unused_sat)
      );

      assign above = {{STEPS * 8 - (FULL_W - COARSE_W + 1){product[PRODUCT_W-1]}}, full[FULL_W-1:COARSE_W-1]};

      for (k = 0; k < STEPS; k = k + 1) begin : g_above
        assign coarse_over[k] = coarse_reach[k] && above[k*8+:8] != {8{product[PRODUCT_W-1]}};
      end

      assign results[i*Y_W+:Y_W] = y_q;
      wire unused_bits = &{1'b0, coarse[FULL_W-1:COARSE_W], fine[COARSE_W-1:Y_W]};
    end

    if (X_W < 7 || X_W > 48 || Y_W < 16 || Y_W > 32 || LANES < 1 || EACH < 0 || EACH > 1) begin : g_bad_size
      tern_scale_needs_X_W_7_to_48_and_Y_W_16_to_32_and_LANES_at_least_1_and_EACH_0_or_1 u_error ();
    end
    if (`KR_TERN_MANTISSA_W != 17 || `KR_TERN_LINEAR_EXPONENT_W > 10 || `KR_TERN_PRODUCT_EXPONENT_W > 10)
    begin : g_bad_format
      tern_scale_is_made_for_mantissas_of_16_bits_and_exponents_of_10 u_error ();
    end
  endgenerate

  m2_exit_queue #(
      .DATA_W(LANES * Y_W),
      .DEPTH (16)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (enter),
      .s_valid(valid_q[LAST]),
      .s_data (results),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
