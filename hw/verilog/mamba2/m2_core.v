// SPDX-License-Identifier: Apache-2.0
//
// m2_core - the data flow of mamba2_accel: every block between its memory commands and its jobs.
//
// Function     : runs the jobs that come (m2_job.vh), in order, on the model that the c_* inputs describe; reads and writes
//                memory by commands over one wide memory. Wiring only: each block's law is its own.
// Format       : golden/mamba2/accel/README.md; c_* as in golden.mamba2.accel.arguments, constant while jobs run.
// Latency      : variable: a job takes its blocks' time
// Throughput   : variable: one weight beat a cycle while the memory and the blocks around the matrix product keep up
// Back-pressure: job queues of JOBS words in front of each block; reads are asked for only when there is room for them.
// Golden       : golden.mamba2.integer.block.forward
// Test         : tests/rtl/test_mamba2_accel.py
//
// Why: jobs and streams instead of a central schedule: a block starts when its data are there, so what overlaps does
// so by itself, and a block is understood and tested alone.

`default_nettype none
`include "kr_m2_widths.vh"
`include "mamba2/m2_job.vh"

module m2_core #(
    parameter PROFILE     = 0,      // number of the profile, 0 lightmamba-w4a4, 1 fastmamba-w8a8
    parameter WIDE_W      = 512,    // bits of a wide beat
    parameter PORT_BYTES  = 32,     // bytes of one port's beat
    parameter INPUTS      = 32,     // inputs of a row in a weight beat
    parameter T_COLS      = 4,      // most tokens of a chunk
    parameter T_PAR       = 2,      // token columns that share a cycle
    parameter TILES       = 1,      // state tiles of 8 x 8 in parallel
    parameter NL          = 8,      // lanes of norms, Hadamard transforms and quantizers
    parameter SLOTS       = 2,      // chunks in flight
    parameter W_DEPTH     = 256,    // wide beats of the weight queue
    parameter P_DEPTH     = 32,     // of the parameter queue
    parameter S_DEPTH     = 64,     // of the state queue
    parameter D_MAX       = 256,    // greatest d_model
    parameter I_MAX       = 512,    // greatest d_inner
    parameter H_MAX       = 16,     // most heads
    parameter N_MAX       = 64,     // greatest d_state
    parameter P_MAX       = 64,     // greatest headdim
    parameter G_MAX       = 2,      // most state groups
    parameter CONV_DEPTH  = 2048,   // groups of 8 channels, over all layers, whose history is kept
    parameter STATE_DEPTH = 1024,   // tile words of state kept on chip
    parameter NORM_WIDTH  = 256,    // greatest d_model of table norms, 1, 3 or 5 times a power of two
    parameter X_HEADS     = 8       // heads of x and z that wait for the recurrence
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              clear,
    // Regions of memory [bytes], and the beats of a section, of a row of the embedding, of a chunk of the state.
    input  wire [      63:0] c_w_off,
    input  wire [      63:0] c_p_off,
    input  wire [      63:0] c_s_off,
    input  wire [      63:0] c_e_off,
    input  wire [      63:0] c_tok_off,
    input  wire [      63:0] c_out_off,
    input  wire [      63:0] c_tap_off,
    input  wire [      31:0] c_w_in,
    input  wire [      31:0] c_w_out,
    input  wire [      31:0] c_w_head,
    input  wire [      31:0] c_p_in,
    input  wire [      31:0] c_p_out,
    input  wire [      31:0] c_p_head,
    input  wire [      15:0] c_row_beats,
    input  wire [      15:0] c_chunks,
    input  wire [      15:0] c_chunk_beats,
    input  wire [      15:0] c_chunk_heads,
    input  wire [      15:0] c_sb,
    input  wire [      15:0] c_qb,
    // The model: groups of 8, beats of lanes and of inputs, row tiles, norms and Hadamard blocks.
    input  wire [      15:0] c_d8,
    input  wire [      15:0] c_i8,
    input  wire [      15:0] c_dn,
    input  wire [      15:0] c_in,
    input  wire [      15:0] c_gn,
    input  wire [      15:0] c_kd,
    input  wire [      15:0] c_ki,
    input  wire [      15:0] c_heads,
    input  wire [      15:0] c_hg,
    input  wire [      15:0] c_p8,
    input  wire [      15:0] c_n8,
    input  wire [      15:0] c_groups,
    input  wire [      15:0] c_bn8,
    input  wire [      15:0] c_rows_in,
    input  wire [      15:0] c_words,
    input  wire [      31:0] c_tiles_in,
    input  wire [      31:0] c_tiles_out,
    input  wire [      31:0] c_tiles_head,
    input  wire [      31:0] c_vocab,
    input  wire [      31:0] c_head_groups,
    input  wire [       3:0] c_blk_d,
    input  wire [       3:0] c_blk_i,
    input  wire [       3:0] c_halv_d,
    input  wire [       3:0] c_halv_i,
    input  wire [      31:0] c_eps_d,
    input  wire [      31:0] c_eps_i,
    // The run: layers, those below c_mem_first keep their state on chip, what is captured.
    input  wire [       7:0] c_layers,
    input  wire [       7:0] c_mem_first,
    input  wire [       1:0] c_tap_point,
    input  wire              c_tap_all,
    input  wire [       7:0] c_tap_layer,
    // Jobs in order; finish: no more results will come.
    input  wire              job_valid,
    output wire              job_ready,
    input  wire [      31:0] job_data,
    input  wire              finish,
    // Memory: commands and data; written: a pulse for each write command that is answered.
    output wire              rd_cmd_valid,
    input  wire              rd_cmd_ready,
    output wire [      63:0] rd_cmd_offset,
    output wire [      31:0] rd_cmd_beats,
    input  wire              r_valid,
    output wire              r_ready,
    input  wire [WIDE_W-1:0] r_data,
    output wire              wr_cmd_valid,
    input  wire              wr_cmd_ready,
    output wire [      63:0] wr_cmd_offset,
    output wire [      31:0] wr_cmd_beats,
    output wire              d_valid,
    input  wire              d_ready,
    output wire [WIDE_W-1:0] d_data,
    input  wire              written,
    // Progress: nothing to write is known of; pulses for a finished OUT job, a record in memory, a token id out of range.
    output wire              idle,
    output wire              out_done,
    output wire              record_written,
    output wire              bad_token,
    // Events to count.
    output wire              beat,
    output wire              stall_weights,
    output wire              stall_acts,
    output wire              stall_out,
    output wire              ssm_beat,
    output wire              stall_state,
    output wire              tap_beat
);

  // Streams.
  localparam VALUE_W = `KR_M2_CFG_VALUE_BITS(PROFILE);  // results of linear layers, residual
  localparam GATE_W = `KR_M2_GATE_W(PROFILE);  // gated outputs of the recurrence
  localparam BITS = `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam BC_BITS = `KR_M2_CFG_BC_BITS(PROFILE);
  localparam NORM_W = `KR_M2_NORM_WEIGHT_W(PROFILE);
  localparam CONV_W = 64 * BITS;  // record of 8 channels
  localparam RES_W = NL * VALUE_W + 1;  // vectors to the norms, with their ends
  localparam GATED_W = NL * GATE_W + 1;
  localparam ACT_GROUP = (`KR_M2_CFG_ACT_GROUP(PROFILE) == 0) ? INPUTS : `KR_M2_CFG_ACT_GROUP(PROFILE);
  localparam ACT_W = INPUTS * `KR_M2_CFG_ACT_BITS(PROFILE) + INPUTS / ACT_GROUP * 4 + 2;
  localparam X_W = 8 * BITS + 4;  // 8 quantized values and their shift
  localparam BC_W = 8 * BC_BITS + 4;
  localparam DT_W = 13 + 24 * BITS;  // dt, decay and D of 8 heads
  localparam OP_W = 3 + 2 * X_W + (5 + BITS) + (4 + BITS) + TILES * (BC_W + 8 * (4 + BITS));
  localparam TILE_W = TILES * (32 + 64 * BITS);

  // Memories and queues.
  localparam ROWS = WIDE_W / (INPUTS * `KR_M2_CFG_WEIGHT_BITS(PROFILE));
  localparam K_BEATS = 1 << $clog2((I_MAX > D_MAX ? I_MAX : D_MAX) / INPUTS);  // of the widest input
  localparam WORDS = P_MAX / 8 * (N_MAX / 8 / TILES);  // of a head's state
  localparam CHUNK_WORDS = 1 << $clog2(8 * WORDS);  // of the largest chunk: 8 heads
  localparam CONVS = 1 << $clog2(G_MAX * N_MAX / 4 + I_MAX / 8);  // convolution records of a layer
  localparam SLICE = (W_DEPTH >= 256) ? 64 : W_DEPTH / 4;
  localparam QUEUE = 8;
  localparam JOBS = 8;

  // Every block has its own copy of the jobs.
  localparam BLOCKS = 13;
  localparam FETCH = 0;
  localparam PARAMS = 1;
  localparam RESIDUAL = 2;
  localparam ACT_D = 3;
  localparam ACT_I = 4;
  localparam MATMUL = 5;
  localparam TAP = 6;
  localparam FRONT = 7;
  localparam OPERANDS = 8;
  localparam STATE = 9;
  localparam GATE_BUF = 10;
  localparam TOPK = 11;
  localparam STORE = 12;

  wire [   BLOCKS-1:0] jobs_valid;
  wire [   BLOCKS-1:0] jobs_ready;
  wire [BLOCKS*32-1:0] jobs_data;
  wire                 chunk_written;

  wire                 next_valid;
  wire                 next_ready;
  wire [         31:0] next_data;

  strm_skid #(
      .DATA_W(`KR_M2_JOB_W)
  ) u_next (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid),
      .s_ready(job_ready),
      .s_data (job_data),
      .m_valid(next_valid),
      .m_ready(next_ready),
      .m_data (next_data)
  );

  strm_copies #(
      .DATA_W(`KR_M2_JOB_W),
      .N     (BLOCKS),
      .DEPTH (JOBS)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(next_valid),
      .s_ready(next_ready),
      .s_data (next_data),
      .m_valid(jobs_valid),
      .m_ready(jobs_ready),
      .m_data (jobs_data)
  );

  // Memory: queues of weights, parameters, states and rows, and what asks for rows.
  wire              wq_valid;
  wire              wq_ready;
  wire [WIDE_W-1:0] wq_data;
  wire              pq_valid;
  wire              pq_ready;
  wire [WIDE_W-1:0] pq_data;
  wire              sq_valid;
  wire              sq_ready;
  wire [WIDE_W-1:0] sq_data;
  wire              eq_valid;
  wire              eq_ready;
  wire [WIDE_W-1:0] eq_data;
  wire              go_valid;
  wire              go_ready;
  wire              tok_valid;
  wire              tok_ready;
  wire [      31:0] tok_data;

  // Parameters: norm weights of both widths, head and convolution records.
  wire                 nd_valid;
  wire                 nd_ready;
  wire [NL*NORM_W-1:0] nd_data;
  wire                 ni_valid;
  wire                 ni_ready;
  wire [NL*NORM_W-1:0] ni_data;
  wire                 head_valid;
  wire                 head_ready;
  wire [        511:0] head_data;
  wire                 conv_valid;
  wire                 conv_ready;
  wire [   CONV_W-1:0] conv_data;

  // Vectors to the norms, and activations to the matrix product: d of IN and HEAD jobs, i of OUT jobs.
  wire               res_valid;
  wire               res_ready;
  wire [  RES_W-1:0] res_data;
  wire               ad_valid;
  wire               ad_ready;
  wire [  ACT_W-1:0] ad_data;
  wire               ga_valid;
  wire               ga_ready;
  wire [GATED_W-1:0] ga_data;
  wire               ai_valid;
  wire               ai_ready;
  wire [  ACT_W-1:0] ai_data;

  // Results of in_proj, out_proj and head; behind the tap.
  wire                 x_valid;
  wire                 x_ready;
  wire [8*VALUE_W-1:0] x_data;
  wire                 o_valid;
  wire                 o_ready;
  wire [8*VALUE_W-1:0] o_data;
  wire                 h_valid;
  wire                 h_ready;
  wire [8*VALUE_W-1:0] h_data;
  wire                 xt_valid;
  wire                 xt_ready;
  wire [8*VALUE_W-1:0] xt_data;
  wire                 ot_valid;
  wire                 ot_ready;
  wire [8*VALUE_W-1:0] ot_data;
  wire                 ht_valid;
  wire                 ht_ready;
  wire [8*VALUE_W-1:0] ht_data;

  // From in_proj to the recurrence, and its operands.
  wire            dt_valid;
  wire            dt_ready;
  wire [DT_W-1:0] dt_data;
  wire            b_valid;
  wire            b_ready;
  wire [BC_W-1:0] b_data;
  wire            c_valid;
  wire            c_ready;
  wire [BC_W-1:0] c_data;
  wire            xq_valid;
  wire            xq_ready;
  wire [ X_W-1:0] xq_data;
  wire            z_valid;
  wire            z_ready;
  wire [ X_W-1:0] z_data;
  wire            op_valid;
  wire            op_ready;
  wire [OP_W-1:0] op_data;

  // States to the recurrence and back, and to memory: numbers (q), shifts (f).
  wire              hs_valid;
  wire              hs_ready;
  wire [TILE_W-1:0] hs_data;
  wire              gs_valid;
  wire              gs_ready;
  wire [TILE_W-1:0] gs_data;
  wire              q_valid;
  wire              q_ready;
  wire [WIDE_W-1:0] q_data;
  wire              f_valid;
  wire              f_ready;
  wire [WIDE_W-1:0] f_data;

  // Gated outputs; behind the tap.
  wire                y_valid;
  wire                y_ready;
  wire [8*GATE_W-1:0] y_data;
  wire                yt_valid;
  wire                yt_ready;
  wire [8*GATE_W-1:0] yt_data;

  // What leaves: the residual stream for the tap, captured beats, token records.
  wire                 rt_valid;
  wire                 rt_ready;
  wire [8*VALUE_W-1:0] rt_data;
  wire                 t_valid;
  wire                 t_ready;
  wire [        255:0] t_data;
  wire                 rec_valid;
  wire                 rec_ready;
  wire [        511:0] rec_data;

  assign tap_beat    = t_valid && t_ready;
  assign ssm_beat    = op_valid && op_ready;
  assign stall_state = op_valid && !hs_valid;

  m2_fetch #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES),
      .W_DEPTH   (W_DEPTH),
      .P_DEPTH   (P_DEPTH),
      .S_DEPTH   (S_DEPTH),
      .SLICE     (SLICE)
  ) u_fetch (
      .clk          (clk),
      .rst          (rst),
      .clear        (clear),
      .c_w_off      (c_w_off),
      .c_p_off      (c_p_off),
      .c_s_off      (c_s_off),
      .c_e_off      (c_e_off),
      .c_tok_off    (c_tok_off),
      .c_w_in       (c_w_in),
      .c_w_out      (c_w_out),
      .c_w_head     (c_w_head),
      .c_p_in       (c_p_in),
      .c_p_out      (c_p_out),
      .c_p_head     (c_p_head),
      .c_layers     (c_layers),
      .c_mem_first  (c_mem_first),
      .c_chunks     (c_chunks),
      .c_chunk_beats(c_chunk_beats),
      .c_row_beats  (c_row_beats),
      .c_vocab      (c_vocab),
      .job_valid    (jobs_valid[FETCH]),
      .job_ready    (jobs_ready[FETCH]),
      .job_data     (jobs_data[FETCH*32+:32]),
      .go_valid     (go_valid),
      .go_ready     (go_ready),
      .tok_valid    (tok_valid),
      .tok_ready    (tok_ready),
      .tok_data     (tok_data),
      .chunk_written(chunk_written),
      .bad_token    (bad_token),
      .rd_cmd_valid (rd_cmd_valid),
      .rd_cmd_ready (rd_cmd_ready),
      .rd_cmd_offset(rd_cmd_offset),
      .rd_cmd_beats (rd_cmd_beats),
      .r_valid      (r_valid),
      .r_ready      (r_ready),
      .r_data       (r_data),
      .w_valid      (wq_valid),
      .w_ready      (wq_ready),
      .w_data       (wq_data),
      .p_valid      (pq_valid),
      .p_ready      (pq_ready),
      .p_data       (pq_data),
      .s_valid      (sq_valid),
      .s_ready      (sq_ready),
      .s_data       (sq_data),
      .e_valid      (eq_valid),
      .e_ready      (eq_ready),
      .e_data       (eq_data)
  );

  m2_params #(
      .PROFILE(PROFILE),
      .WIDE_W (WIDE_W),
      .NL     (NL),
      .D_MAX  (D_MAX),
      .I_MAX  (I_MAX),
      .H_MAX  (H_MAX),
      .CONVS  (CONVS)
  ) u_params (
      .clk       (clk),
      .rst       (rst),
      .c_dn      (c_dn),
      .c_in      (c_in),
      .c_hg      (c_hg),
      .c_bn8     (c_bn8),
      .c_i8      (c_i8),
      .job_valid (jobs_valid[PARAMS]),
      .job_ready (jobs_ready[PARAMS]),
      .job_data  (jobs_data[PARAMS*32+:32]),
      .p_valid   (pq_valid),
      .p_ready   (pq_ready),
      .p_data    (pq_data),
      .nd_valid  (nd_valid),
      .nd_ready  (nd_ready),
      .nd_data   (nd_data),
      .ni_valid  (ni_valid),
      .ni_ready  (ni_ready),
      .ni_data   (ni_data),
      .head_valid(head_valid),
      .head_ready(head_ready),
      .head_data (head_data),
      .conv_valid(conv_valid),
      .conv_ready(conv_ready),
      .conv_data (conv_data)
  );

  m2_residual #(
      .WIDE_W (WIDE_W),
      .NL     (NL),
      .VALUE_W(VALUE_W),
      .D_MAX  (D_MAX),
      .T_COLS (T_COLS),
      .SLOTS  (SLOTS)
  ) u_residual (
      .clk      (clk),
      .rst      (rst),
      .c_d8     (c_d8),
      .c_dn     (c_dn),
      .c_all    (1'b0),
      .job_valid(jobs_valid[RESIDUAL]),
      .job_ready(jobs_ready[RESIDUAL]),
      .job_data (jobs_data[RESIDUAL*32+:32]),
      .go_valid (go_valid),
      .go_ready (go_ready),
      .e_valid  (eq_valid),
      .e_ready  (eq_ready),
      .e_data   (eq_data),
      .o_valid  (ot_valid),
      .o_ready  (ot_ready),
      .o_data   (ot_data),
      .m_valid  (res_valid),
      .m_ready  (res_ready),
      .m_data   (res_data),
      .t_valid  (rt_valid),
      .t_ready  (rt_ready),
      .t_data   (rt_data),
      .out_done (out_done)
  );

  m2_act #(
      .PROFILE   (PROFILE),
      .GATED     (0),
      .NL        (NL),
      .INPUTS    (INPUTS),
      .WIDTH_MAX (D_MAX),
      .NORM_WIDTH(NORM_WIDTH)
  ) u_act_d (
      .clk      (clk),
      .rst      (rst),
      .c_beats  (c_dn),
      .c_blk    (c_blk_d),
      .c_halv   (c_halv_d),
      .c_eps    (c_eps_d),
      .job_valid(jobs_valid[ACT_D]),
      .job_ready(jobs_ready[ACT_D]),
      .job_data (jobs_data[ACT_D*32+:32]),
      .n_valid  (nd_valid),
      .n_ready  (nd_ready),
      .n_data   (nd_data),
      .s_valid  (res_valid),
      .s_ready  (res_ready),
      .s_data   (res_data),
      .m_valid  (ad_valid),
      .m_ready  (ad_ready),
      .m_data   (ad_data)
  );

  m2_act #(
      .PROFILE   (PROFILE),
      .GATED     (1),
      .NL        (NL),
      .INPUTS    (INPUTS),
      .WIDTH_MAX (I_MAX),
      .NORM_WIDTH(I_MAX)
  ) u_act_i (
      .clk      (clk),
      .rst      (rst),
      .c_beats  (c_in),
      .c_blk    (c_blk_i),
      .c_halv   (c_halv_i),
      .c_eps    (c_eps_i),
      .job_valid(jobs_valid[ACT_I]),
      .job_ready(jobs_ready[ACT_I]),
      .job_data (jobs_data[ACT_I*32+:32]),
      .n_valid  (ni_valid),
      .n_ready  (ni_ready),
      .n_data   (ni_data),
      .s_valid  (ga_valid),
      .s_ready  (ga_ready),
      .s_data   (ga_data),
      .m_valid  (ai_valid),
      .m_ready  (ai_ready),
      .m_data   (ai_data)
  );

  m2_matmul #(
      .PROFILE(PROFILE),
      .WIDE_W (WIDE_W),
      .INPUTS (INPUTS),
      .T_COLS (T_COLS),
      .T_PAR  (T_PAR),
      .BEATS  (K_BEATS),
      .QUEUE  (QUEUE),
      .ROWS   (ROWS),
      .VALUE_W(VALUE_W)
  ) u_matmul (
      .clk          (clk),
      .rst          (rst),
      .c_kd         (c_kd),
      .c_ki         (c_ki),
      .c_tiles_in   (c_tiles_in),
      .c_tiles_out  (c_tiles_out),
      .c_tiles_head (c_tiles_head),
      .c_rows_in    (c_rows_in),
      .c_d8         (c_d8),
      .c_head_groups(c_head_groups),
      .job_valid    (jobs_valid[MATMUL]),
      .job_ready    (jobs_ready[MATMUL]),
      .job_data     (jobs_data[MATMUL*32+:32]),
      .w_valid      (wq_valid),
      .w_ready      (wq_ready),
      .w_data       (wq_data),
      .ad_valid     (ad_valid),
      .ad_ready     (ad_ready),
      .ad_data      (ad_data),
      .ai_valid     (ai_valid),
      .ai_ready     (ai_ready),
      .ai_data      (ai_data),
      .x_valid      (x_valid),
      .x_ready      (x_ready),
      .x_data       (x_data),
      .o_valid      (o_valid),
      .o_ready      (o_ready),
      .o_data       (o_data),
      .h_valid      (h_valid),
      .h_ready      (h_ready),
      .h_data       (h_data),
      .beat         (beat),
      .stall_weights(stall_weights),
      .stall_acts   (stall_acts),
      .stall_out    (stall_out)
  );

  m2_tap #(
      .VALUE_W(VALUE_W),
      .GATE_W (GATE_W)
  ) u_tap (
      .clk          (clk),
      .rst          (rst),
      .c_point      (c_tap_point),
      .c_all        (c_tap_all),
      .c_layer      (c_tap_layer),
      .c_rows_in    (c_rows_in),
      .c_d8         (c_d8),
      .c_head_groups(c_head_groups),
      .c_i8         (c_i8),
      .c_batch      (8'd1),
      .job_valid    (jobs_valid[TAP]),
      .job_ready    (jobs_ready[TAP]),
      .job_data     (jobs_data[TAP*32+:32]),
      .s_x_valid    (x_valid),
      .s_x_ready    (x_ready),
      .s_x_data     (x_data),
      .s_o_valid    (o_valid),
      .s_o_ready    (o_ready),
      .s_o_data     (o_data),
      .s_h_valid    (h_valid),
      .s_h_ready    (h_ready),
      .s_h_data     (h_data),
      .s_r_valid    (rt_valid),
      .s_r_ready    (rt_ready),
      .s_r_data     (rt_data),
      .s_y_valid    (y_valid),
      .s_y_ready    (y_ready),
      .s_y_data     (y_data),
      .m_x_valid    (xt_valid),
      .m_x_ready    (xt_ready),
      .m_x_data     (xt_data),
      .m_o_valid    (ot_valid),
      .m_o_ready    (ot_ready),
      .m_o_data     (ot_data),
      .m_h_valid    (ht_valid),
      .m_h_ready    (ht_ready),
      .m_h_data     (ht_data),
      .m_y_valid    (yt_valid),
      .m_y_ready    (yt_ready),
      .m_y_data     (yt_data),
      .m_t_valid    (t_valid),
      .m_t_ready    (t_ready),
      .m_t_data     (t_data)
  );

  m2_front #(
      .PROFILE   (PROFILE),
      .T_COLS    (T_COLS),
      .CONV_DEPTH(CONV_DEPTH)
  ) u_front (
      .clk       (clk),
      .rst       (rst),
      .c_hg      (c_hg),
      .c_bn8     (c_bn8),
      .c_heads   (c_heads),
      .c_p8      (c_p8),
      .job_valid (jobs_valid[FRONT]),
      .job_ready (jobs_ready[FRONT]),
      .job_data  (jobs_data[FRONT*32+:32]),
      .x_valid   (xt_valid),
      .x_ready   (xt_ready),
      .x_data    (xt_data),
      .head_valid(head_valid),
      .head_ready(head_ready),
      .head_data (head_data),
      .conv_valid(conv_valid),
      .conv_ready(conv_ready),
      .conv_data (conv_data),
      .dt_valid  (dt_valid),
      .dt_ready  (dt_ready),
      .dt_data   (dt_data),
      .b_valid   (b_valid),
      .b_ready   (b_ready),
      .b_data    (b_data),
      .c_valid   (c_valid),
      .c_ready   (c_ready),
      .c_data    (c_data),
      .xq_valid  (xq_valid),
      .xq_ready  (xq_ready),
      .xq_data   (xq_data),
      .z_valid   (z_valid),
      .z_ready   (z_ready),
      .z_data    (z_data)
  );

  m2_operands #(
      .PROFILE(PROFILE),
      .T_COLS (T_COLS),
      .TILES  (TILES),
      .H_MAX  (H_MAX),
      .N_MAX  (N_MAX),
      .P_MAX  (P_MAX),
      .G_MAX  (G_MAX),
      .X_HEADS(X_HEADS)
  ) u_operands (
      .clk      (clk),
      .rst      (rst),
      .c_heads  (c_heads),
      .c_hg     (c_hg),
      .c_p8     (c_p8),
      .c_n8     (c_n8),
      .c_groups (c_groups),
      .c_bn8    (c_bn8),
      .job_valid(jobs_valid[OPERANDS]),
      .job_ready(jobs_ready[OPERANDS]),
      .job_data (jobs_data[OPERANDS*32+:32]),
      .dt_valid (dt_valid),
      .dt_ready (dt_ready),
      .dt_data  (dt_data),
      .b_valid  (b_valid),
      .b_ready  (b_ready),
      .b_data   (b_data),
      .c_valid  (c_valid),
      .c_ready  (c_ready),
      .c_data   (c_data),
      .xq_valid (xq_valid),
      .xq_ready (xq_ready),
      .xq_data  (xq_data),
      .z_valid  (z_valid),
      .z_ready  (z_ready),
      .z_data   (z_data),
      .op_valid (op_valid),
      .op_ready (op_ready),
      .op_data  (op_data)
  );

  m2_ssm #(
      .PROFILE(PROFILE),
      .TILES  (TILES),
      .WORDS  (WORDS)
  ) u_ssm (
      .clk     (clk),
      .rst     (rst),
      .c_words (c_words),
      .op_valid(op_valid),
      .op_ready(op_ready),
      .op_data (op_data),
      .h_valid (hs_valid),
      .h_ready (hs_ready),
      .h_data  (hs_data),
      .g_valid (gs_valid),
      .g_ready (gs_ready),
      .g_data  (gs_data),
      .m_valid (y_valid),
      .m_ready (y_ready),
      .m_data  (y_data)
  );

  m2_state #(
      .PROFILE    (PROFILE),
      .TILES      (TILES),
      .WIDE_W     (WIDE_W),
      .DEPTH      (STATE_DEPTH),
      .CHUNK_WORDS(CHUNK_WORDS)
  ) u_state (
      .clk          (clk),
      .rst          (rst),
      .c_words      (c_words),
      .c_heads      (c_heads),
      .c_chunk_heads(c_chunk_heads),
      .c_sb         (c_sb),
      .c_qb         (c_qb),
      .c_mem_first  (c_mem_first),
      .job_valid    (jobs_valid[STATE]),
      .job_ready    (jobs_ready[STATE]),
      .job_data     (jobs_data[STATE*32+:32]),
      .s_valid      (sq_valid),
      .s_ready      (sq_ready),
      .s_data       (sq_data),
      .h_valid      (hs_valid),
      .h_ready      (hs_ready),
      .h_data       (hs_data),
      .g_valid      (gs_valid),
      .g_ready      (gs_ready),
      .g_data       (gs_data),
      .q_valid      (q_valid),
      .q_ready      (q_ready),
      .q_data       (q_data),
      .f_valid      (f_valid),
      .f_ready      (f_ready),
      .f_data       (f_data)
  );

  m2_gate_buf #(
      .NL    (NL),
      .W     (GATE_W),
      .I_MAX (I_MAX),
      .T_COLS(T_COLS)
  ) u_gate_buf (
      .clk      (clk),
      .rst      (rst),
      .c_i8     (c_i8),
      .c_in     (c_in),
      .c_gn     (c_gn),
      .c_heads  (c_heads),
      .c_p8     (c_p8),
      .job_valid(jobs_valid[GATE_BUF]),
      .job_ready(jobs_ready[GATE_BUF]),
      .job_data (jobs_data[GATE_BUF*32+:32]),
      .s_valid  (yt_valid),
      .s_ready  (yt_ready),
      .s_data   (yt_data),
      .m_valid  (ga_valid),
      .m_ready  (ga_ready),
      .m_data   (ga_data)
  );

  m2_topk #(
      .VALUE_W(VALUE_W)
  ) u_topk (
      .clk        (clk),
      .rst        (rst),
      .c_vocab    (c_vocab),
      .job_valid  (jobs_valid[TOPK]),
      .job_ready  (jobs_ready[TOPK]),
      .job_data   (jobs_data[TOPK*32+:32]),
      .s_valid    (ht_valid),
      .s_ready    (ht_ready),
      .s_data     (ht_data),
      .m_rec_valid(rec_valid),
      .m_rec_ready(rec_ready),
      .m_rec_data (rec_data),
      .m_tok_valid(tok_valid),
      .m_tok_ready(tok_ready),
      .m_tok_data (tok_data)
  );

  m2_store #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES)
  ) u_store (
      .clk           (clk),
      .rst           (rst),
      .clear         (clear),
      .c_s_off       (c_s_off),
      .c_out_off     (c_out_off),
      .c_tap_off     (c_tap_off),
      .c_chunks      (c_chunks),
      .c_sb          (c_sb),
      .c_qb          (c_qb),
      .c_chunk_beats (c_chunk_beats),
      .c_mem_first   (c_mem_first),
      .job_valid     (jobs_valid[STORE]),
      .job_ready     (jobs_ready[STORE]),
      .job_data      (jobs_data[STORE*32+:32]),
      .q_valid       (q_valid),
      .q_ready       (q_ready),
      .q_data        (q_data),
      .f_valid       (f_valid),
      .f_ready       (f_ready),
      .f_data        (f_data),
      .o_valid       (rec_valid),
      .o_ready       (rec_ready),
      .o_data        (rec_data),
      .t_valid       (t_valid),
      .t_ready       (t_ready),
      .t_data        (t_data),
      .finish        (finish),
      .wr_cmd_valid  (wr_cmd_valid),
      .wr_cmd_ready  (wr_cmd_ready),
      .wr_cmd_offset (wr_cmd_offset),
      .wr_cmd_beats  (wr_cmd_beats),
      .d_valid       (d_valid),
      .d_ready       (d_ready),
      .d_data        (d_data),
      .written       (written),
      .chunk_written (chunk_written),
      .record_written(record_written),
      .idle          (idle)
  );

endmodule

`default_nettype wire
