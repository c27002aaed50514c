// SPDX-License-Identifier: Apache-2.0
//
// tern_sigmoid - sigmoid of raw sums times their token's scale.
//
// Function     : a = clamp(round(g * m * 2^(e + 12)), -2^16, 2^16), which is +-16 in Q.12; y = sigmoid(a) by 256 line
//                segments of |a|, rounded half up to Q1.15; of a < 0 2^15 - that of -a. For each lane.
// Format       : scale {6'b0, e signed 10 bits, m 16 bits}, m at least 2^15, or 0; LANES g signed 21 bits, first lowest;
//                LANES y unsigned 16 bits, 0..2^15.
// Latency      : 12
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.integer.functions.silu_product
// Test         : tests/rtl/test_tern_sigmoid.py
//
// Why: a mantissa has its leading one, so a shift left by one saturates already: the shifter goes right only, from a
// product with two bits below it. Half of the sigmoid's last bit joins the segment's start beside the multiplier. Two
// lanes share a ROM.

`default_nettype none
`include "kr_tern_widths.vh"

module tern_sigmoid #(
    parameter LANES = 4  // sums in a beat, >= 1
) (
    input  wire                clk,
    input  wire                en,
    input  wire [        31:0] scale,
    input  wire [LANES*21-1:0] g,
    output wire [LANES*16-1:0] y
);

  localparam FRAC = `KR_TERN_CFG_GATE_FRAC;  // of the argument
  localparam PRODUCT_W = 21 + 16;
  localparam FULL_W = PRODUCT_W + 2;
  localparam SEGMENT_W = 31;

  // Shift right of 4 g m, 0..63: -(e + FRAC) and one more for the rounding.
  wire signed [10:0] wanted = 11'sd1 - FRAC[10:0] - {scale[25], scale[25:16]};
  reg         [15:0] p0_m_q;
  reg         [ 5:0] p0_right_q;
  reg         [ 5:0] p1_right_q;
  reg         [ 5:0] p2_right_q;
  reg         [ 2:0] p3_right_q;

  always @(posedge clk) begin
    if (en) begin
      p0_m_q <= scale[15:0];
      p0_right_q <= wanted[10] ? 6'd0 : wanted[5:0] | {6{|wanted[9:6]}};
      p1_right_q <= p0_right_q;
      p2_right_q <= p1_right_q;
      p3_right_q <= p2_right_q[2:0];
    end
  end

  wire [        LANES*8-1:0] addr;
  wire [LANES*SEGMENT_W-1:0] segment;

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      // Argument: product, shift in two steps, rounding, magnitude.
      wire signed [         16:0] p0_m = {1'b0, p0_m_q};
      reg signed  [         20:0] p0_g_q;
      reg signed  [PRODUCT_W-1:0] p1_product_q;
      reg signed  [PRODUCT_W-1:0] p2_product_q;
      wire signed [   FULL_W-1:0] p2_full = {p2_product_q, 2'b00};
      reg signed  [   FULL_W-1:0] p3_coarse_q;
      reg signed  [   FULL_W-1:0] p4_fine_q;
      wire        [         18:0] rounded = {p4_fine_q[17], p4_fine_q[17:0]} + 19'd1;
      reg signed  [         17:0] p5_a_q;
      reg                         p5_over_q;  // |a| is 2^16 at least
      reg                         p5_negative_q;
      wire        [         17:0] size = p5_negative_q ? -p5_a_q : p5_a_q;
      reg         [          7:0] p6_addr_q;
      reg         [          7:0] p6_r_q;
      reg         [          4:0] negative_q;  // of p6 to p10, last highest

      assign addr[i*8+:8] = p6_addr_q;

      always @(posedge clk) begin
        if (en) begin
          p0_g_q <= g[i*21+:21];
          p1_product_q <= p0_g_q * p0_m;
          p2_product_q <= p1_product_q;
          p3_coarse_q <= p2_full >>> {p2_right_q[5:3], 3'd0};
          p4_fine_q <= p3_coarse_q >>> p3_right_q;
        end
      end

      always @(posedge clk) begin
        if (en) begin
          p5_a_q <= rounded[18:1];
          p5_over_q <= p4_fine_q[FULL_W-1:17] != {FULL_W - 17{p4_fine_q[FULL_W-1]}};
          p5_negative_q <= p4_fine_q[FULL_W-1];
          p6_addr_q <= size[15:8] | {8{p5_over_q || size[16]}};
          p6_r_q <= size[7:0];
          negative_q <= {negative_q[3:0], p5_negative_q};
        end
      end

      // Line, rounding, sign.
      wire [18:0] start = segment[i*SEGMENT_W+:19];
      wire [11:0] step = segment[i*SEGMENT_W+19+:12];
      reg  [ 7:0] p7_r_q;
      reg  [19:0] p8_start_q;
      reg  [19:0] p8_line_q;
      reg  [19:0] p9_start_q;
      reg  [19:0] p9_line_q;
      wire [27:0] sum = {p9_start_q, 8'd0} + {8'd0, p9_line_q};
      reg  [15:0] p10_y_q;
      reg  [15:0] p11_y_q;

      assign y[i*16+:16] = p11_y_q;

      always @(posedge clk) begin
        if (en) begin
          p7_r_q <= p6_r_q;
          p8_start_q <= {1'b0, start} + 20'd4;
          p8_line_q <= {8'd0, step} * {12'd0, p7_r_q};
          p9_start_q <= p8_start_q;
          p9_line_q <= p8_line_q;
          p10_y_q <= sum[26:11];
          p11_y_q <= negative_q[4] ? 16'h8000 - p10_y_q : p10_y_q;
        end
      end

      wire unused_bits = &{1'b0, rounded[0], size[17], sum[27], sum[10:0]};
    end

    for (i = 0; i < LANES; i = i + 2) begin : g_pair
      localparam PORTS = (i + 1 < LANES) ? 2 : 1;

      m2_rom_sigmoid #(
          .PORTS(PORTS)
      ) u_segment (
          .clk (clk),
          .en  (en),
          .addr(addr[i*8+:PORTS*8]),
          .data(segment[i*SEGMENT_W+:PORTS*SEGMENT_W])
      );
    end

    if (LANES < 1) begin : g_bad_lanes
      tern_sigmoid_LANES_must_be_at_least_1 u_error ();
    end
    if (FRAC != 12 || `KR_TERN_CFG_SIGMOID_FRAC != 15) begin : g_bad_format
      tern_sigmoid_is_made_for_GATE_FRAC_12_and_SIGMOID_FRAC_15 u_error ();
    end
  endgenerate

  wire unused_scale = &{1'b0, scale[31:26]};

endmodule

`default_nettype wire
