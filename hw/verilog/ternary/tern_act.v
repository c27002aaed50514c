// SPDX-License-Identifier: Apache-2.0
//
// tern_act - the way from a vector to the input of a ternary linear layer: RMSNorm and absmax quantizer as one.
//
// Function     : y = x w, A = max |y|, q = 127 y / A, scale = A / sqrt(sum x^2 + eps), total = sum |q|, each rounded as
//                norm_quantize has it.
// Format       : job_data: tokens less 1; n_data LANES weights of signed 16 bits, c_beats beats a job; e_data eps of one
//                token, unsigned 77 bits, 1..2^76-1; s_data {last, LANES x of signed 32 bits, first lowest}, last at a token's
//                end, zeros behind the last element; m_data {vec_last, col_last, OUT q of signed 8 bits}, col_last at a
//                token's end, vec_last at a job's, zeros behind the last element; t_data a token's scale {6'b0, exponent
//                signed 10 bits, mantissa 16 bits}; b_data its total, 20 bits. c_beats, beats of a token, holds still during
//                a run.
// Latency      : 30 + clog2(LANES) + (OUT - 1) // LANES; from a token's last beat to its first beat of m, one more where
//                another token's last beat is just before it; its scale comes 22 + clog2(LANES) after its last beat, its total
//                1 + clog2(LANES) after its last beat of m
// Throughput   : LANES / OUT; a beat of s a cycle, of tokens of 16 beats or more
// Back-pressure: registered ready of job, n and e; s_ready is of registers, tokens wait for their weights and eps. A whole
//                token is absorbed, two jobs' weights and eight eps; up to eight tokens may be under way.
// Golden       : golden.ternary.integer.functions.norm_quantize
// Test         : tests/rtl/test_tern_act.py
//
// Why: what waits for the second pass is y, not x: half as many bits more, but neither the multipliers nor the weights are
// needed again, and one queue that a token leaves while the next one enters is less than two banks of x.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_act #(
    parameter LANES  = 8,     // elements in a beat of s: 8, 16 or 32
    parameter C_MAX  = 6912,  // most elements of a token, <= 8192
    parameter T_COLS = 4,     // most tokens of a job, 1..256
    parameter OUT    = 40     // elements in a beat of m, a multiple of 8, > LANES
) (
    input  wire                                           clk,
    input  wire                                           rst,
    input  wire [                                   15:0] c_beats,
    input  wire                                           job_valid,
    output wire                                           job_ready,
    input  wire [                                    7:0] job_data,
    input  wire                                           n_valid,
    output wire                                           n_ready,
    input  wire [LANES*`KR_TERN_CFG_NORM_WEIGHT_BITS-1:0] n_data,
    input  wire                                           e_valid,
    output wire                                           e_ready,
    input  wire [                                   76:0] e_data,
    input  wire                                           s_valid,
    output wire                                           s_ready,
    input  wire [        LANES*`KR_TERN_CFG_VALUE_BITS:0] s_data,
    output wire                                           m_valid,
    input  wire                                           m_ready,
    output wire [                              OUT*8+1:0] m_data,
    output wire                                           t_valid,
    input  wire                                           t_ready,
    output wire [                                   31:0] t_data,
    output wire                                           b_valid,
    input  wire                                           b_ready,
    output wire [                                   19:0] b_data
);

  localparam LEVELS = $clog2(LANES);
  localparam BEATS = (C_MAX + LANES - 1) / LANES;
  localparam WAIT = 26 + LEVELS;  // beats that come until the first one of a complete token leaves
  localparam DEPTH_W = $clog2(BEATS + WAIT);
  localparam X_W = `KR_TERN_CFG_VALUE_BITS;
  localparam W_W = `KR_TERN_CFG_NORM_WEIGHT_BITS;
  localparam Y_W = `KR_TERN_WEIGHTED_W;

  // Jobs: for the weights and for the ends of m.
  wire       w_room;
  wire       p_room;
  wire       push = job_valid && job_ready;
  wire       w_job_valid;
  wire       w_job_ready;
  wire [7:0] w_job;
  wire       p_job_valid;
  wire       p_job_ready;
  wire [7:0] p_job;
  wire [3:0] unused_w_level;
  wire [3:0] unused_p_level;

  assign job_ready = w_room && p_room;

  strm_fifo #(
      .DATA_W(8),
      .DEPTH (8)
  ) u_w_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(push),
      .s_ready(w_room),
      .s_data (job_data),
      .m_valid(w_job_valid),
      .m_ready(w_job_ready),
      .m_data (w_job),
      .level  (unused_w_level)
  );

  strm_fifo #(
      .DATA_W(8),
      .DEPTH (8)
  ) u_p_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(push),
      .s_ready(p_room),
      .s_data (job_data),
      .m_valid(p_job_valid),
      .m_ready(p_job_ready),
      .m_data (p_job),
      .level  (unused_p_level)
  );

  // Register slices: what lets a beat of s in, or ends one of m, does not reach the queues of jobs.
  wire                 w_next_valid;
  wire                 w_next_ready;
  wire [          7:0] w_next;
  wire                 p_next_valid;
  wire                 p_next_ready;
  wire [          7:0] p_next;
  wire                 w_read_valid;
  wire                 w_read_ready;
  wire [LANES*W_W-1:0] w_read;
  wire                 w_valid;
  wire                 w_ready;
  wire [LANES*W_W-1:0] w_data;

  strm_skid #(
      .DATA_W(8)
  ) u_w_next (
      .clk    (clk),
      .rst    (rst),
      .s_valid(w_job_valid),
      .s_ready(w_job_ready),
      .s_data (w_job),
      .m_valid(w_next_valid),
      .m_ready(w_next_ready),
      .m_data (w_next)
  );

  strm_skid #(
      .DATA_W(8)
  ) u_p_next (
      .clk    (clk),
      .rst    (rst),
      .s_valid(p_job_valid),
      .s_ready(p_job_ready),
      .s_data (p_job),
      .m_valid(p_next_valid),
      .m_ready(p_next_ready),
      .m_data (p_next)
  );

  m2_norm_weights #(
      .DATA_W(LANES * W_W),
      .BEATS (BEATS)
  ) u_weights (
      .clk      (clk),
      .rst      (rst),
      .c_beats  (c_beats),
      .job_valid(w_next_valid),
      .job_ready(w_next_ready),
      .job_data (w_next),
      .n_valid  (n_valid),
      .n_ready  (n_ready),
      .n_data   (n_data),
      .m_valid  (w_read_valid),
      .m_ready  (w_read_ready),
      .m_data   (w_read)
  );

  strm_skid #(
      .DATA_W(LANES * W_W)
  ) u_w_read (
      .clk    (clk),
      .rst    (rst),
      .s_valid(w_read_valid),
      .s_ready(w_read_ready),
      .s_data (w_read),
      .m_valid(w_valid),
      .m_ready(w_ready),
      .m_data (w_data)
  );

  // What a beat of s waits for: its weights, its token's eps, and room for it, its scale and its total. The flag for room is
  // a cycle late, so it counts one less.
  reg  [DEPTH_W:0] beats_q;
  reg  [      3:0] eps_q;  // eps that no token has claimed
  reg  [      3:0] t_tokens_q;  // whose scale has not been taken
  reg  [      3:0] b_tokens_q;  // whose total has not been taken
  reg              room_q;
  reg              eps_any_q;
  wire             take = s_valid && s_ready;
  wire             last = s_data[LANES*X_W];
  wire             token = take && last;
  wire             eps_push = e_valid && e_ready;
  wire             pop;

  assign s_ready = room_q && eps_any_q && w_valid;
  assign w_ready = room_q && eps_any_q && s_valid;

  always @(posedge clk) begin
    if (rst) beats_q <= {DEPTH_W + 1{1'b0}};
    else if (take && !pop) beats_q <= beats_q + 1'b1;
    else if (pop && !take) beats_q <= beats_q - 1'b1;
  end

  always @(posedge clk) begin
    if (rst) begin
      eps_q      <= 4'd0;
      t_tokens_q <= 4'd0;
      b_tokens_q <= 4'd0;
    end else begin
      eps_q      <= eps_q + {3'd0, eps_push} - {3'd0, token};
      t_tokens_q <= t_tokens_q + {3'd0, token} - {3'd0, t_valid && t_ready};
      b_tokens_q <= b_tokens_q + {3'd0, token} - {3'd0, b_valid && b_ready};
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      room_q    <= 1'b0;
      eps_any_q <= 1'b0;
    end else begin
      room_q    <= !beats_q[DEPTH_W] && beats_q[DEPTH_W-1:0] != {DEPTH_W{1'b1}} && t_tokens_q < 4'd7 && b_tokens_q < 4'd7;
      eps_any_q <= eps_q > 4'd1 || eps_push || (eps_q[0] && !token);
    end
  end

  // First pass: y, its greatest magnitude, the sum of squares.
  wire                 y_valid;
  wire                 y_last;
  wire [LANES*Y_W-1:0] y;
  wire                 peak_valid;
  wire [      Y_W-2:0] peak;
  wire                 take_eps;
  wire                 eps_valid;
  wire [         76:0] eps;
  wire                 sum_valid;
  wire [         76:0] sum;
  wire [          3:0] unused_eps_level;

  strm_fifo #(
      .DATA_W(77),
      .DEPTH (8)
  ) u_eps (
      .clk    (clk),
      .rst    (rst),
      .s_valid(e_valid),
      .s_ready(e_ready),
      .s_data (e_data),
      .m_valid(eps_valid),
      .m_ready(take_eps),
      .m_data (eps),
      .level  (unused_eps_level)
  );

  tern_act_weigh #(
      .LANES(LANES),
      .X_W  (X_W),
      .W_W  (W_W)
  ) u_weigh (
      .clk    (clk),
      .rst    (rst),
      .valid  (take),
      .last   (last),
      .x      (s_data[LANES*X_W-1:0]),
      .w      (w_data),
      .y_valid(y_valid),
      .y_last (y_last),
      .y      (y)
  );

  tern_act_peak #(
      .LANES(LANES),
      .Y_W  (Y_W)
  ) u_peak (
      .clk       (clk),
      .rst       (rst),
      .valid     (y_valid),
      .last      (y_last),
      .y         (y),
      .peak_valid(peak_valid),
      .peak      (peak)
  );

  tern_act_squares #(
      .LANES(LANES)
  ) u_squares (
      .clk      (clk),
      .rst      (rst),
      .valid    (take),
      .last     (last),
      .x        (s_data[LANES*X_W-1:0]),
      .take_eps (take_eps),
      .eps      (eps),
      .sum_valid(sum_valid),
      .sum      (sum)
  );

  // Between: the token's reciprocal and scale.
  wire        r_valid;
  wire        r_ready;
  wire [29:0] r_data;

  tern_act_factor #(
      .PEAK_W(Y_W - 1)
  ) u_factor (
      .clk       (clk),
      .rst       (rst),
      .peak_valid(peak_valid),
      .peak      (peak),
      .sum_valid (sum_valid),
      .sum       (sum),
      .r_valid   (r_valid),
      .r_ready   (r_ready),
      .r_data    (r_data),
      .t_valid   (t_valid),
      .t_ready   (t_ready),
      .t_data    (t_data)
  );

  // Second pass: y meets the reciprocal.
  wire               y_room;
  wire               beat_valid;
  wire [LANES*Y_W:0] beat;
  wire               beat_last = beat[LANES*Y_W];
  wire               q_room;
  wire               q_valid;
  wire               q_ready;
  wire [LANES*8:0]   q;
  wire [  DEPTH_W:0] unused_level;

  assign pop     = beat_valid && r_valid && q_room;
  assign r_ready = beat_valid && beat_last && q_room;

  strm_fifo #(
      .DATA_W(LANES * Y_W + 1),
      .DEPTH (1 << DEPTH_W)
  ) u_beats (
      .clk    (clk),
      .rst    (rst),
      .s_valid(y_valid),
      .s_ready(y_room),
      .s_data ({y_last, y}),
      .m_valid(beat_valid),
      .m_ready(r_valid && q_room),
      .m_data (beat),
      .level  (unused_level)
  );

  tern_act_emit #(
      .LANES(LANES),
      .Y_W  (Y_W)
  ) u_emit (
      .clk    (clk),
      .rst    (rst),
      .room   (q_room),
      .enter  (pop),
      .y      (beat),
      .r      (r_data),
      .m_valid(q_valid),
      .m_ready(q_ready),
      .m_data (q),
      .b_valid(b_valid),
      .b_ready(b_ready),
      .b_data (b_data)
  );

  tern_act_pack #(
      .LANES(LANES),
      .OUT  (OUT)
  ) u_pack (
      .clk      (clk),
      .rst      (rst),
      .job_valid(p_next_valid),
      .job_ready(p_next_ready),
      .job_data (p_next),
      .s_valid  (q_valid),
      .s_ready  (q_ready),
      .s_data   (q),
      .m_valid  (m_valid),
      .m_ready  (m_ready),
      .m_data   (m_data)
  );

  generate
    if ((LANES != 8 && LANES != 16 && LANES != 32) || OUT % 8 != 0 || OUT <= LANES) begin : g_bad_lanes
      tern_act_LANES_must_be_8_16_or_32_and_OUT_a_greater_multiple_of_8 u_error ();
    end
    if (C_MAX < 1 || C_MAX > 8192 || T_COLS < 1 || T_COLS > 256) begin : g_bad_size
      tern_act_needs_C_MAX_1_to_8192_and_T_COLS_1_to_256 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!take_eps || eps_valid, "a token without eps")
  `CHECK(!y_valid || y_room, "no room for a beat of y")
  `CHECK(!e_valid || (e_data != 77'd0 && !e_data[76]), "eps is not within 1 and 2^76 - 1")
  `CHECK(!job_valid || {24'd0, job_data} < T_COLS, "more tokens than T_COLS")

endmodule

`default_nettype wire
