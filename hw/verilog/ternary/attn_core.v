// SPDX-License-Identifier: Apache-2.0
//
// attn_core - attention of all rows over all positions, head by head; the head's products on the same multipliers.
//
// Function     : for each KV head of an attention's IN job: m = softmax(q k) v of its rows, Q.frac. Of a HEAD job m_h = the products
//                of s_hq and s_hk. Wiring: attn_dot, attn_score, attn_weight, attn_value and attn_divide, each its own law.
// Format       : s_q, s_row as tern_rows gives them, s_k and s_hk as attn_dot takes keys, s_hq as it takes q, s_tile as
//                attn_score, s_v as attn_value; m 8 values of signed 32 bits, first lowest: row by row, P / 8 beats each; m_h as
//                attn_dot has it. c_heads KV heads, c_slices = P / 32; they hold still, frac while a job is inside.
// Latency      : variable: a pass over K, one over V and the units' own
// Throughput   : variable: a tile of K or V a cycle and group of rows
// Back-pressure: registered readies; s_q and s_hq follow attn_dot's through one selection; 2 tiles of s_k or s_hk and 2 of s_v
//                are absorbed by slices of their own.
// Golden       : golden.ternary.integer.attention.attend
// Test         : tests/rtl/test_attn_core.py
//
// Why: the head is a pass over K that ends in front of the scores; three counters of passes keep it apart from attention.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module attn_core #(
    parameter WIDE_W     = 512, // bits of a tile, 256 times a power of two
    parameter Q_PAR      = 2,   // rows of a group, a power of two, >= 2
    parameter COLS       = 4,   // token columns, >= 1
    parameter GROUPS     = 1,   // groups of rows of a KV head at most, 1..16
    parameter SLICES     = 4,   // slices of 32 channels of the longest pass, the head's, >= 4
    parameter BEATS      = 4,   // beats of q of a pass at most, >= 1
    parameter DEPTH      = 64,  // scores that are kept, in beats, a power of two >= 2
    parameter ULTRA      = 0,   // DEPTH from which on they are kept in UltraRAM, 0: never
    parameter Q_ULTRA    = 0,   // beats of q of two passes from which on these are kept there, 0: never
    parameter VALUE_LUTS = 0,   // positions of a tile whose products with V are made of LUTs, 0..WIDE_W / 256
    // Follow from the others, not to be set: positions of a tile, bits of a column's number and of a sum.
    parameter POS        = WIDE_W / 256,
    parameter C_W        = (COLS > 2) ? $clog2(COLS) : 1,
    parameter Y_W        = 21 + $clog2(SLICES)
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire [              7:0] c_heads,
    input  wire [              2:0] c_slices,
    input  wire [              4:0] frac,
    input  wire                     job_valid,
    output wire                     job_ready,
    input  wire [             31:0] job_data,
    input  wire                     s_q_valid,
    output wire                     s_q_ready,
    input  wire [    Q_PAR*256+1:0] s_q_data,
    input  wire                     s_row_valid,
    output wire                     s_row_ready,
    input  wire [  Q_PAR*(9+C_W):0] s_row_data,
    input  wire                     s_k_valid,
    output wire                     s_k_ready,
    input  wire [         WIDE_W:0] s_k_data,
    input  wire                     s_tile_valid,
    output wire                     s_tile_ready,
    input  wire [POS*(16+COLS)-1:0] s_tile_data,
    input  wire                     s_v_valid,
    output wire                     s_v_ready,
    input  wire [       WIDE_W-1:0] s_v_data,
    input  wire                     s_hq_valid,
    output wire                     s_hq_ready,
    input  wire [    Q_PAR*256+1:0] s_hq_data,
    input  wire                     s_hk_valid,
    output wire                     s_hk_ready,
    input  wire [         WIDE_W:0] s_hk_data,
    output wire                     m_valid,
    input  wire                     m_ready,
    output wire [            255:0] m_data,
    output wire                     m_h_valid,
    input  wire                     m_h_ready,
    output wire [Q_PAR*POS*Y_W+1:0] m_h_data,
    output wire                     starved  // attention waits for a tile of K or of V
);

  localparam SUM_W = 23;  // of four slices: what a score is made of
  localparam ROWS_W = (Q_PAR > 1) ? $clog2(Q_PAR) : 1;

  // Turns, at q, at k, and at the sums.
  wire [ 2:0] turn_valid;
  wire [ 2:0] turn_ready;
  wire [31:0] turn_data;
  wire [ 2:0] pass_end;
  wire [ 2:0] attention;
  wire [ 2:0] head;

  strm_fork #(
      .DATA_W(`KR_M2_JOB_W),
      .N     (3)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid),
      .s_ready(job_ready),
      .s_data (job_data),
      .m_valid(turn_valid),
      .m_ready(turn_ready),
      .m_data (turn_data)
  );

  genvar i;
  generate
    for (i = 0; i < 3; i = i + 1) begin : g_turn
      attn_turn u_turn (
          .clk      (clk),
          .rst      (rst),
          .c_heads  (c_heads),
          .job_valid(turn_valid[i]),
          .job_ready(turn_ready[i]),
          .job_data (turn_data),
          .pass_end (pass_end[i]),
          .attention(attention[i]),
          .head     (head[i])
      );
    end
  endgenerate

  wire                     q_valid = (attention[0] && s_q_valid) || (head[0] && s_hq_valid);
  wire                     q_ready;
  wire [    Q_PAR*256+1:0] q_data = head[0] ? s_hq_data : s_q_data;
  wire                     k_valid = (attention[1] && s_k_valid) || (head[1] && s_hk_valid);
  wire                     k_ready;
  wire [         WIDE_W:0] k_data = head[1] ? s_hk_data : s_k_data;
  wire                     tile_valid;
  wire                     tile_ready;
  wire [         WIDE_W:0] tile_data;
  wire                     y_valid;
  wire                     y_ready;
  wire [Q_PAR*POS*Y_W+1:0] y_data;
  wire                     x_ready;
  wire                     no_k;
  wire                     no_v;

  assign s_q_ready  = attention[0] && q_ready;
  assign s_hq_ready = head[0] && q_ready;
  assign s_k_ready  = attention[1] && k_ready;
  assign s_hk_ready = head[1] && k_ready;
  assign y_ready    = (attention[2] && x_ready) || (head[2] && m_h_ready);
  assign m_h_valid  = head[2] && y_valid;
  assign m_h_data   = y_data;
  assign starved    = (attention[1] && no_k) || no_v;
  assign pass_end   = {
    y_valid && y_ready && (&y_data[Q_PAR*POS*Y_W+:2]),
    k_valid && k_ready && k_data[WIDE_W],
    q_valid && q_ready && (&q_data[Q_PAR*256+:2])
  };

  wire [1:0] unused_k_tile_level;

  strm_fifo #(
      .DATA_W(WIDE_W + 1),
      .DEPTH (2)
  ) u_k_tile (
      .clk    (clk),
      .rst    (rst),
      .s_valid(k_valid),
      .s_ready(k_ready),
      .s_data (k_data),
      .m_valid(tile_valid),
      .m_ready(tile_ready),
      .m_data (tile_data),
      .level  (unused_k_tile_level)
  );

  attn_dot #(
      .WIDE_W(WIDE_W),
      .Q_PAR (Q_PAR),
      .SLICES(SLICES),
      .GROUPS(GROUPS),
      .BEATS (BEATS),
      .ULTRA (Q_ULTRA)
  ) u_dot (
      .clk      (clk),
      .rst      (rst),
      .s_q_valid(q_valid),
      .s_q_ready(q_ready),
      .s_q_data (q_data),
      .s_valid  (tile_valid),
      .s_ready  (tile_ready),
      .s_data   (tile_data),
      .m_valid  (y_valid),
      .m_ready  (y_ready),
      .m_data   (y_data),
      .starved  (no_k)
  );

  wire [Q_PAR*POS*SUM_W+1:0] x_data;

  assign x_data[Q_PAR*POS*SUM_W+:2] = y_data[Q_PAR*POS*Y_W+:2];

  generate
    for (i = 0; i < Q_PAR * POS; i = i + 1) begin : g_sum
      assign x_data[i*SUM_W+:SUM_W] = y_data[i*Y_W+:SUM_W];

      if (Y_W > SUM_W) begin : g_head_only
        wire unused_high = &{1'b0, y_data[i*Y_W+SUM_W+:Y_W-SUM_W]};
      end
    end
  endgenerate

  wire                        top_valid;
  wire                        top_ready;
  wire [          Q_PAR*21:0] top_data;
  wire                        t_valid;
  wire                        t_ready;
  wire [POS*8+Q_PAR*POS*21+1:0] t_data;

  attn_score #(
      .WIDE_W(WIDE_W),
      .Q_PAR (Q_PAR),
      .COLS  (COLS),
      .GROUPS(GROUPS),
      .SUM_W (SUM_W),
      .DEPTH (DEPTH),
      .ULTRA (ULTRA)
  ) u_score (
      .clk         (clk),
      .rst         (rst),
      .s_row_valid (s_row_valid),
      .s_row_ready (s_row_ready),
      .s_row_data  (s_row_data),
      .s_tile_valid(s_tile_valid),
      .s_tile_ready(s_tile_ready),
      .s_tile_data (s_tile_data),
      .s_valid     (attention[2] && y_valid),
      .s_ready     (x_ready),
      .s_data      (x_data),
      .m_top_valid (top_valid),
      .m_top_ready (top_ready),
      .m_top_data  (top_data),
      .m_valid     (t_valid),
      .m_ready     (t_ready),
      .m_data      (t_data)
  );

  wire                            w_valid;
  wire                            w_ready;
  wire [Q_PAR*POS*24+ROWS_W+1:0] w_data;
  wire                            z_valid;
  wire                            z_ready;
  wire [                    43:0] z_data;

  attn_weight #(
      .WIDE_W    (WIDE_W),
      .Q_PAR     (Q_PAR),
      .GROUPS_MAX(GROUPS)
  ) u_weight (
      .clk        (clk),
      .rst        (rst),
      .s_top_valid(top_valid),
      .s_top_ready(top_ready),
      .s_top_data (top_data),
      .s_valid    (t_valid),
      .s_ready    (t_ready),
      .s_data     (t_data),
      .m_valid    (w_valid),
      .m_ready    (w_ready),
      .m_data     (w_data),
      .m_z_valid  (z_valid),
      .m_z_ready  (z_ready),
      .m_z_data   (z_data)
  );

  wire         acc_valid;
  wire         acc_ready;
  wire [352:0] acc_data;
  wire         unused_last;

  wire              value_valid;
  wire              value_ready;
  wire [WIDE_W-1:0] value_data;

  wire [1:0] unused_v_tile_level;

  strm_fifo #(
      .DATA_W(WIDE_W),
      .DEPTH (2)
  ) u_v_tile (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_v_valid),
      .s_ready(s_v_ready),
      .s_data (s_v_data),
      .m_valid(value_valid),
      .m_ready(value_ready),
      .m_data (value_data),
      .level  (unused_v_tile_level)
  );

  attn_value #(
      .WIDE_W    (WIDE_W),
      .Q_PAR     (Q_PAR),
      .GROUPS_MAX(GROUPS),
      .VALUE_LUTS(VALUE_LUTS)
  ) u_value (
      .clk      (clk),
      .rst      (rst),
      .slices   (c_slices),
      .s_w_valid(w_valid),
      .s_w_ready(w_ready),
      .s_w_data (w_data),
      .s_valid  (value_valid),
      .s_ready  (value_ready),
      .s_data   (value_data),
      .m_valid  (acc_valid),
      .m_ready  (acc_ready),
      .m_data   (acc_data),
      .starved  (no_v)
  );

  attn_divide u_divide (
      .clk      (clk),
      .rst      (rst),
      .frac     (frac),
      .s_z_valid(z_valid),
      .s_z_ready(z_ready),
      .s_z_data (z_data),
      .s_valid  (acc_valid),
      .s_ready  (acc_ready),
      .s_data   (acc_data),
      .m_valid  (m_valid),
      .m_ready  (m_ready),
      .m_data   ({unused_last, m_data})
  );

  generate
    if (SLICES < 4) begin : g_bad_slices
      attn_core_needs_SLICES_of_at_least_4 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
