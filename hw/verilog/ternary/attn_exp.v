// SPDX-License-Identifier: Apache-2.0
//
// attn_exp - two exponentials of each score: of the softmax, and of the weight of V.
//
// Function     : n = t >> 10: z = 2^(t - top), w = 2^(t + e - both), floored to 24 bits; both are 0 where not seen.
// Format       : t signed 20 bits (Q9.10), seen: ROWS x POS of each, position p of row i at i * POS + p, first lowest; e POS of
//                signed 8 bits; tops ROWS x {both signed 11 bits, top signed 10 bits}, at least n + e and n of what is seen;
//                z and w ROWS x POS of unsigned 24 bits, Q.23.
// Latency      : 7
// Throughput   : 1
// Back-pressure: none; takes a beat in each cycle with valid.
// Golden       : golden.ternary.integer.functions.exponentials
// Test         : tests/rtl/test_attn_weight.py
//
// Why: both have the mantissa of one fraction, so they are two shifts of it.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module attn_exp #(
    parameter ROWS = 4,  // rows of scores, >= 1
    parameter POS  = 2   // positions, >= 1
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   valid,
    input  wire [ROWS*POS*20-1:0] t,
    input  wire [   ROWS*POS-1:0] seen,
    input  wire [      POS*8-1:0] e,
    input  wire [    ROWS*21-1:0] tops,
    output wire [ROWS*POS*24-1:0] z,
    output wire [ROWS*POS*24-1:0] w
);

  localparam N = ROWS * POS;
  localparam SCORE_W = `KR_TERN_SCORE_W;
  localparam FRAC = `KR_TERN_CFG_SCORE_FRAC;
  localparam TOP_W = SCORE_W - FRAC;
  localparam BOTH_W = 2 * TOP_W + 1;
  localparam E_W = `KR_TERN_V_EXPONENT_W;
  localparam P_W = `KR_TERN_SOFTMAX_W - 1;  // without a sign
  localparam POWER_W = 15;
  localparam R_W = FRAC - 3;  // of a fraction behind its segment
  localparam SEGMENT_W = 2 * POWER_W;

  reg  [    N*SCORE_W-1:0] p0_t_q;
  reg  [            N-1:0] p0_seen_q;
  reg  [      POS*E_W-1:0] p0_e_q;
  reg  [  ROWS*BOTH_W-1:0] p0_tops_q;
  wire [          N*3-1:0] addr;
  wire [  N*SEGMENT_W-1:0] segments;

  always @(posedge clk) begin
    if (rst) p0_seen_q <= {N{1'b0}};
    else p0_seen_q <= seen & {N{valid}};
  end

  always @(posedge clk) begin
    p0_t_q    <= t;
    p0_e_q    <= e;
    p0_tops_q <= tops;
  end

  genvar i, p;
  generate
    for (i = 0; i < ROWS; i = i + 1) begin : g_row
      wire signed [TOP_W-1:0] top = p0_tops_q[i*BOTH_W+:TOP_W];
      wire signed [  TOP_W:0] both = p0_tops_q[i*BOTH_W+TOP_W+:TOP_W+1];

      for (p = 0; p < POS; p = p + 1) begin : g_position
        localparam AT = i * POS + p;
        wire        [SCORE_W-1:0] p0_t = p0_t_q[AT*SCORE_W+:SCORE_W];
        wire signed [  TOP_W-1:0] n = p0_t[SCORE_W-1:FRAC];
        wire        [    E_W-1:0] offset = p0_e_q[p*E_W+:E_W];

        // How far both are shifted to the right; not negative where it is seen.
        reg        [      1:0] seen_q;  // of p1 and p2, last highest
        reg signed [  TOP_W:0] p1_z_q;
        reg signed [  TOP_W:0] p1_n_q;
        reg signed [  TOP_W:0] p1_both_q;
        reg        [  TOP_W:0] p2_z_q;
        reg        [TOP_W+1:0] p2_w_q;
        reg        [      4:0] p3_z_q;
        reg        [      4:0] p3_w_q;
        reg                    p3_z_any_q;  // less than 32
        reg                    p3_w_any_q;
        reg        [      4:0] p4_z_q;
        reg        [      4:0] p4_w_q;
        reg                    p4_z_any_q;
        reg                    p4_w_any_q;

        always @(posedge clk) begin
          if (rst) seen_q <= 2'b00;
          else seen_q <= {seen_q[0], p0_seen_q[AT]};
        end

        always @(posedge clk) begin
          p1_z_q    <= top - n;
          p1_n_q    <= {n[TOP_W-1], n} + {{TOP_W + 1 - E_W{offset[E_W-1]}}, offset};
          p1_both_q <= both;
          p2_z_q    <= p1_z_q;
          p2_w_q    <= p1_both_q - p1_n_q;
        end

        always @(posedge clk) begin
          p3_z_q     <= p2_z_q[4:0];
          p3_w_q     <= p2_w_q[4:0];
          p3_z_any_q <= seen_q[1] && p2_z_q[TOP_W:5] == {TOP_W - 4{1'b0}};
          p3_w_any_q <= seen_q[1] && p2_w_q[TOP_W+1:5] == {TOP_W - 3{1'b0}};
          {p4_z_any_q, p4_z_q} <= {p3_z_any_q, p3_z_q};
          {p4_w_any_q, p4_w_q} <= {p3_w_any_q, p3_w_q};
        end

        // Their mantissa: a point of a line.
        wire [    SEGMENT_W-1:0] p1_segment = segments[AT*SEGMENT_W+:SEGMENT_W];
        reg  [          R_W-1:0] p1_r_q;
        reg  [      POWER_W-1:0] p2_base_q;
        reg  [  R_W+POWER_W-1:0] p2_line_q;
        reg  [      POWER_W-1:0] p3_base_q;
        reg  [  R_W+POWER_W-1:0] p3_line_q;
        reg  [      POWER_W-1:0] p4_power_q;
        wire                     unused_line = &{1'b0, p3_line_q[FRAC-1:0]};

        assign addr[AT*3+:3] = p0_t[FRAC-1-:3];

        always @(posedge clk) begin
          p1_r_q     <= p0_t[R_W-1:0];
          p2_base_q  <= p1_segment[POWER_W-1:0];
          p2_line_q  <= {{R_W{1'b0}}, p1_segment[SEGMENT_W-1:POWER_W]} * {{POWER_W{1'b0}}, p1_r_q};
          p3_base_q  <= p2_base_q;
          p3_line_q  <= p2_line_q;
          p4_power_q <= p3_base_q + {{FRAC - R_W{1'b0}}, p3_line_q[R_W+POWER_W-1:FRAC]};
        end

        // Both shifts, coarse and fine.
        wire [P_W-1:0] full = {p4_power_q, {P_W - POWER_W{1'b0}}};
        reg  [P_W-1:0] p5_z_q;
        reg  [P_W-1:0] p5_w_q;
        reg  [    2:0] p5_z_fine_q;
        reg  [    2:0] p5_w_fine_q;
        reg  [P_W-1:0] p6_z_q;
        reg  [P_W-1:0] p6_w_q;

        assign z[AT*P_W+:P_W] = p6_z_q;
        assign w[AT*P_W+:P_W] = p6_w_q;

        always @(posedge clk) begin
          p5_z_q      <= (full >> {p4_z_q[4:3], 3'd0}) & {P_W{p4_z_any_q}};
          p5_w_q      <= (full >> {p4_w_q[4:3], 3'd0}) & {P_W{p4_w_any_q}};
          p5_z_fine_q <= p4_z_q[2:0];
          p5_w_fine_q <= p4_w_q[2:0];
          p6_z_q      <= p5_z_q >> p5_z_fine_q;
          p6_w_q      <= p5_w_q >> p5_w_fine_q;
        end

        `CHECK(!seen_q[0] || !p1_z_q[TOP_W], "a score above its row's maximum")
        `CHECK(!seen_q[1] || !p2_w_q[TOP_W+1], "a score with its exponent above its row's maximum")
      end
    end

    for (i = 0; i < N; i = i + 2) begin : g_pair
      localparam PORTS = (i + 1 < N) ? 2 : 1;

      m2_rom_nau #(
          .PORTS(PORTS)
      ) u_segments (
          .clk (clk),
          .en  (1'b1),
          .addr(addr[i*3+:PORTS*3]),
          .data(segments[i*SEGMENT_W+:PORTS*SEGMENT_W])
      );
    end

    if (ROWS < 1 || POS < 1) begin : g_bad_size
      attn_exp_needs_ROWS_and_POS_at_least_1 u_error ();
    end
    if (SCORE_W != 20 || FRAC != 10 || E_W != 8 || P_W != 24) begin : g_bad_format
      attn_exp_is_made_for_scores_of_20_bits_and_exponentials_of_24 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
