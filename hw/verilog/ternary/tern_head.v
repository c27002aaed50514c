// SPDX-License-Identifier: Apache-2.0
//
// tern_head - the LM head around attn_dot, or tern_linear where it is ternary: its rows as keys or weights, its sums to logits.
//
// Function     : the region of the head passes by once for each HEAD job; its rows times the job's columns (tern_queries) are
//                sums of attn_dot, they and the scales of rows and tokens logits. With c_ternary rows are taken on m_w, by
//                tern_linear, whose sums come on t, otherwise on m_k; the other one never takes any.
// Format       : h_data as rows_section (ternary_rows_section) of golden/ternary/accel has its wide beats; m_k_data for attn_dot
//                {last beat of the pass, tile}, s_data its sums; m_w_data and t_data as tern_linear has its weights and, without
//                their ends, results; l_data scales of the job's c_batch tokens, {6'b0, e signed 10 bits, m 16 bits};
//                m_data 8 logits Q.c_logit_frac, saturated to LOGIT_BITS, of 32 signed bits: of every 8 rows of the
//                vocabulary all tokens; first lowest, 0 behind the last row. c_vocab, c_batch (1..T_COLS), c_beats of
//                a tile (D / 32, or ceil(D / 40)), c_ternary and c_logit_frac hold still during a run.
// Latency      : variable: what attn_dot takes, then 14 + 8 / LANES cycles from the last sums of 8 rows to their first logits
// Throughput   : variable: a beat of h a cycle, but for those with scales, and LANES logits a cycle
// Back-pressure: combinational ready (m_k_ready, m_w_ready -> h_ready), registered otherwise; two beats of scales and two tiles'
//                sums, of 8 rows or more, are absorbed.
// Golden       : golden.ternary.integer.block.head
// Test         : tests/rtl/test_tern_head.py
//
// Why: nobody needs to be told of a job. Counts of rows and slices mark the pass, the scales of the last rows end it.

`default_nettype none
`include "kr_tern_widths.vh"

module tern_head #(
    parameter WIDE_W = 512,  // bits of a wide beat, 256 times a power of two
    parameter Q_PAR  = 2,    // rows of a group of attn_dot, >= 2
    parameter T_COLS = 4,    // most tokens of a HEAD job, 1..256
    parameter SLICES = 4,    // slices of attn_dot, which give the width of its sums, >= 1
    parameter LANES  = 1,    // logits a cycle: 1, 2, 4 or 8
    // Follow from the others, not to be set: rows of a tile, bits of a sum, of the number of a ternary tile's group.
    parameter POS    = WIDE_W / 256,
    parameter Y_W    = 21 + $clog2(SLICES),
    parameter GROUP_W = (WIDE_W > 512) ? $clog2(WIDE_W / 512) : 1
) (
    input  wire                       clk,
    input  wire                       rst,
    input  wire [               31:0] c_vocab,
    input  wire [                7:0] c_batch,
    input  wire [                7:0] c_beats,
    input  wire                       c_ternary,
    input  wire [                4:0] c_logit_frac,
    input  wire                       h_valid,
    output wire                       h_ready,
    input  wire [         WIDE_W-1:0] h_data,
    output wire                       m_k_valid,
    input  wire                       m_k_ready,
    output wire [           WIDE_W:0] m_k_data,
    output wire                       m_w_valid,
    input  wire                       m_w_ready,
    output wire [   WIDE_W+GROUP_W:0] m_w_data,
    input  wire                       t_valid,
    output wire                       t_ready,
    input  wire [              167:0] t_data,
    input  wire                       s_valid,
    output wire                       s_ready,
    input  wire [Q_PAR*POS*Y_W+1:0] s_data,
    input  wire                       l_valid,
    output wire                       l_ready,
    input  wire [               31:0] l_data,
    output wire                       m_valid,
    input  wire                       m_ready,
    output wire [              255:0] m_data
);

  wire                             r_valid;
  wire                             r_ready;
  wire [                    256:0] r_data;
  wire                             f_valid;
  wire                             f_ready;
  wire [         WIDE_W+GROUP_W:0] f_data;
  wire                             y_valid;
  wire                             y_ready;
  wire [8*`KR_TERN_HEAD_SUM_W-1:0] y_data;
  wire [8*`KR_TERN_HEAD_SUM_W-1:0] sum_data;
  wire [8*`KR_TERN_HEAD_SUM_W-1:0] t_wide;

  // Nobody but tern_linear, or attn_dot, takes a beat or has sums, so only what could mistake one for its own looks at c_ternary.
  assign m_k_valid = f_valid;
  assign m_w_valid = f_valid;
  assign f_ready   = m_k_ready || (m_w_ready && c_ternary);
  assign m_k_data  = {f_data[WIDE_W+GROUP_W], f_data[WIDE_W-1:0]};
  assign m_w_data  = f_data;
  assign t_ready   = y_ready;
  assign sum_data  = c_ternary ? t_wide : y_data;

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_sum
      assign t_wide[i*`KR_TERN_HEAD_SUM_W+:`KR_TERN_HEAD_SUM_W] =
          {{`KR_TERN_HEAD_SUM_W - 21{t_data[21*i+20]}}, t_data[21*i+:21]};
    end
  endgenerate

  tern_head_feed #(
      .WIDE_W(WIDE_W)
  ) u_feed (
      .clk      (clk),
      .rst      (rst),
      .c_vocab  (c_vocab),
      .c_slices (c_beats),
      .c_ternary(c_ternary),
      .h_valid  (h_valid),
      .h_ready  (h_ready),
      .h_data   (h_data),
      .m_valid  (f_valid),
      .m_ready  (f_ready),
      .m_data   (f_data),
      .r_valid  (r_valid),
      .r_ready  (r_ready),
      .r_data   (r_data)
  );

  tern_head_gather #(
      .WIDE_W(WIDE_W),
      .Q_PAR (Q_PAR),
      .T_COLS(T_COLS),
      .Y_W   (Y_W),
      .OUT_W (`KR_TERN_HEAD_SUM_W)
  ) u_gather (
      .clk    (clk),
      .rst    (rst),
      .c_batch(c_batch),
      .c_vocab(c_vocab),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .m_valid(y_valid),
      .m_ready(y_ready),
      .m_data (y_data)
  );

  tern_logits #(
      .LANES (LANES),
      .T_COLS(T_COLS)
  ) u_logits (
      .clk    (clk),
      .rst    (rst),
      .c_batch(c_batch),
      .c_frac (c_logit_frac),
      .l_valid(l_valid),
      .l_ready(l_ready),
      .l_data (l_data),
      .r_valid(r_valid),
      .r_ready(r_ready),
      .r_data (r_data),
      .s_valid(t_valid || y_valid),
      .s_ready(y_ready),
      .s_data (sum_data),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

endmodule

`default_nettype wire
