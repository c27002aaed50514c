// SPDX-License-Identifier: Apache-2.0
//
// tern_core - the data flow of ternary_accel: every block between its memory commands and its jobs.
//
// Function     : runs the jobs that come (m2_job.vh), in order, on the model that the c_* inputs describe; reads and writes
//                memory by commands over one wide memory. Wiring only: each block's law is its own.
// Format       : golden/ternary/accel/README.md; c_* as in golden.ternary.accel.arguments, constant while jobs run.
// Latency      : variable: a job takes its blocks' time
// Throughput   : variable: one weight beat a cycle while the memory and the blocks around the matrix product keep up
// Back-pressure: job queues of JOBS words in front of each block; reads are asked for only when there is room for them.
// Golden       : golden.ternary.integer.block.prefill
// Test         : tests/boards/test_ternary_kernel.py
//
// Why: as m2_core: a block starts when its data are there, so what overlaps does so by itself.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"
`include "mamba2/m2_job.vh"

module tern_core #(
    parameter WIDE_W        = 512,   // bits of a wide beat, 512 times a power of two
    parameter PORT_BYTES    = 32,    // bytes of one port's beat
    parameter T_COLS        = 4,     // most tokens of a chunk, a power of two
    parameter T_PAR         = 2,     // token columns that share a cycle
    parameter Q_PAR         = 2,     // rows that attention works on in parallel
    parameter NL            = 8,     // lanes of norms and quantizers
    parameter W_DEPTH       = 64,    // wide beats that wait in front of everything
    parameter SIGMOID       = 0,     // 0: squared ReLU, 1: SiLU
    parameter D_MAX         = 256,   // greatest D
    parameter F_MAX         = 512,   // greatest F
    parameter J_MAX         = 8,     // most KV heads
    parameter SHARE_MAX     = 4,     // most heads of a KV head
    parameter P_MAX         = 128,   // widest head
    parameter SCORE_DEPTH   = 2048,  // beats of scores that wait
    parameter SCORE_ULTRA   = 0,     // 1: in UltraRAM
    parameter BATCH         = 4,     // most texts that are decoded together, 1..4 and T_COLS
    parameter VECTOR_ULTRA  = 0,     // 1: vectors of a chunk and what attention multiplies are kept in UltraRAM
    parameter VALUE_LUTS    = 0,     // positions of a tile whose products with V are made of LUTs, 0..WIDE_W / 256
    parameter PARTIAL       = 0,     // 1: of the cache ports without positions are not read
    // Follows from the others, not to be set: bits of the number of a tile's group of 8 rows.
    parameter GROUP_W       = (WIDE_W > 512) ? $clog2(WIDE_W / 512) : 1
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                clear,
    // Regions of memory [bytes], and the wide beats of sections.
    input  wire [        63:0] c_w_off,
    input  wire [        63:0] c_e_off,
    input  wire [        63:0] c_h_off,
    input  wire [        63:0] c_a_off,
    input  wire [        63:0] c_k_off,
    input  wire [        63:0] c_tok_off,
    input  wire [        63:0] c_out_off,
    input  wire [        63:0] c_tap_off,
    input  wire [        15:0] c_norm_d,
    input  wire [        15:0] c_norm_f,
    input  wire [        31:0] c_qkv,
    input  wire [        31:0] c_o,
    input  wire [        31:0] c_gu,
    input  wire [        31:0] c_down,
    input  wire [        31:0] c_head_beats,
    input  wire [        15:0] c_row_tiles,
    input  wire [        15:0] c_angle_beats,
    // The model: groups of 8, beats of norms and of linear layers, groups in a matrix' last tile less 1, heads.
    input  wire [        15:0] c_d8,
    input  wire [        15:0] c_f8,
    input  wire [        15:0] c_qkv8,
    input  wire [        15:0] c_gu8,
    input  wire [        15:0] c_dn,
    input  wire [        15:0] c_fn,
    input  wire [        15:0] c_kd,
    input  wire [        15:0] c_kf,
    input  wire [ GROUP_W-1:0] c_last_qkv,
    input  wire [ GROUP_W-1:0] c_last_o,
    input  wire [ GROUP_W-1:0] c_last_gu,
    input  wire [ GROUP_W-1:0] c_last_down,
    input  wire [         7:0] c_heads,
    input  wire [         7:0] c_kv_heads,
    input  wire [         7:0] c_share,
    input  wire [         3:0] c_slices,
    input  wire [         4:0] c_pairs,
    input  wire [         7:0] c_p8,
    input  wire [         7:0] c_d_slices,
    input  wire                c_ternary_head,
    input  wire [        31:0] c_vocab,
    input  wire [        31:0] c_head_groups,
    input  wire [         4:0] c_residual_frac,
    input  wire [         4:0] c_logit_frac,
    input  wire [        63:0] c_eps,
    input  wire [        25:0] c_feed_eps,
    input  wire [        25:0] c_head_scale,
    // The cache in wide beats: keys of a head, a head, a layer, all of the prefix (0) and of a text (1). The run.
    input  wire [        31:0] c_keys0,
    input  wire [        31:0] c_keys1,
    input  wire [        31:0] c_head0,
    input  wire [        31:0] c_head1,
    input  wire [        31:0] c_layer0,
    input  wire [        31:0] c_layer1,
    input  wire [        31:0] c_part0,
    input  wire [        31:0] c_part1,
    input  wire [         7:0] c_last,
    input  wire [         7:0] c_batch,
    input  wire [        13:0] c_prefix,
    input  wire [        55:0] c_own,
    input  wire [         1:0] c_tap_point,
    input  wire                c_tap_all,
    input  wire [         7:0] c_tap_layer,
    // Jobs in order; finish: no more results will come.
    input  wire                job_valid,
    output wire                job_ready,
    input  wire [        31:0] job_data,
    input  wire                finish,
    // Memory: commands and data; written: a pulse for each write command that is answered.
    output wire                rd_cmd_valid,
    input  wire                rd_cmd_ready,
    output wire [        63:0] rd_cmd_offset,
    output wire [        31:0] rd_cmd_beats,
    output wire [         5:0] rd_cmd_ports,
    input  wire                r_valid,
    output wire                r_ready,
    input  wire [  WIDE_W-1:0] r_data,
    output wire                wr_cmd_valid,
    input  wire                wr_cmd_ready,
    output wire [        63:0] wr_cmd_offset,
    output wire [        31:0] wr_cmd_beats,
    output wire                d_valid,
    input  wire                d_ready,
    output wire [  WIDE_W-1:0] d_data,
    output wire [WIDE_W/8-1:0] d_strb,
    input  wire                written,
    // Progress: nothing to write is known of; pulses for a finished OUT job, a record in memory, a token id out of range, a
    // byte of a weight beat that is no five trits.
    output wire                idle,
    output wire                out_done,
    output wire                record_written,
    output wire                bad_token,
    output wire                bad_weight,
    // Events to count.
    output wire                beat,
    output wire                stall_weights,
    output wire                stall_acts,
    output wire                stall_out,
    output wire                cache_beat,
    output wire                stall_cache,
    output wire                tap_beat
);

  localparam VALUE_W = `KR_TERN_CFG_VALUE_BITS;
  localparam NORM_W = `KR_TERN_CFG_NORM_WEIGHT_BITS;
  localparam POS = WIDE_W / 256;
  localparam C_W = (T_COLS > 2) ? $clog2(T_COLS) : 1;

  // Sizes of memories: groups of rows of a KV head, slices of a vector and of a head, beats of the longest pass.
  localparam GROUPS = (SHARE_MAX * T_COLS + Q_PAR - 1) / Q_PAR;
  localparam HEAD_GROUPS = (BATCH + Q_PAR - 1) / Q_PAR;
  localparam SLICES = (D_MAX > 128) ? D_MAX / 32 : 4;
  localparam P_SLICES = P_MAX / 32;
  localparam BEATS = (SLICES * HEAD_GROUPS > P_SLICES * GROUPS) ? SLICES * HEAD_GROUPS : P_SLICES * GROUPS;
  localparam ROW_WORDS = 1 << $clog2(J_MAX * GROUPS * P_SLICES);
  localparam NEW_TILES = (T_COLS + POS - 1) / POS;
  localparam NEW_WORDS = 1 << $clog2(J_MAX * P_SLICES * NEW_TILES);
  localparam K_MAX = ((F_MAX > D_MAX ? F_MAX : D_MAX) + 39) / 40;  // beats of a column
  localparam SUM_W = 21 + $clog2(SLICES);  // of attn_dot
  localparam HEAD_LANES = (POS > 32) ? 4 : (POS > 8) ? 2 : 1;  // logits a cycle
  localparam SLICE = (W_DEPTH >= 256) ? 64 : W_DEPTH / 4;
  localparam NEW_HEADS = 2 * J_MAX * P_SLICES * T_COLS;  // words of a job's keys and values
  localparam STORE = (NEW_HEADS > 512) ? 512 : 1 << $clog2(NEW_HEADS);
  localparam JOBS = 8;

  // Every block has its own copy of the jobs.
  localparam BLOCKS = 11;
  localparam FETCH = 0;
  localparam ROUTE = 1;
  localparam RESIDUAL = 2;
  localparam ACTS = 3;
  localparam RESULTS = 4;
  localparam SCALES = 5;
  localparam HEADS = 6;
  localparam CACHE = 7;
  localparam ATTN = 8;
  localparam TAP = 9;
  localparam TOPK = 10;

  wire [   BLOCKS-1:0] jobs_valid;
  wire [   BLOCKS-1:0] jobs_ready;
  wire [BLOCKS*32-1:0] jobs_data;
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

  // Memory: what was read in the order of its use, with its plan; rows, tokens, and what asks for them.
  wire                 plan_valid;
  wire                 plan_ready;
  wire [         37:0] plan_data;
  wire                 w_valid;
  wire                 w_ready;
  wire [   WIDE_W-1:0] w_data;
  wire                 e_valid;
  wire                 e_ready;
  wire [WIDE_W+18-1:0] e_data;
  wire                 go_valid;
  wire                 go_ready;
  wire                 tok_valid;
  wire                 tok_ready;
  wire [         31:0] tok_data;

  // A layer's numbers, norm weights, weight beats, keys and values, the head.
  wire                        n_valid;
  wire                        n_ready;
  wire [               511:0] n_data;
  wire                        nd_valid;
  wire                        nd_ready;
  wire [       NL*NORM_W-1:0] nd_data;
  wire                        nf_valid;
  wire                        nf_ready;
  wire [       NL*NORM_W-1:0] nf_data;
  wire                        lw_valid;
  wire                        lw_ready;
  wire [WIDE_W+GROUP_W+1-1:0] lw_data;
  wire                        k_valid;
  wire                        k_ready;
  wire [        WIDE_W+3-1:0] k_data;
  wire                        v_valid;
  wire                        v_ready;
  wire [          WIDE_W-1:0] v_data;
  wire                        h_valid;
  wire                        h_ready;
  wire [          WIDE_W-1:0] h_data;

  // Rows of the embedding with their scale, as values, and as beats of the residual; angles.
  wire                  row_valid;
  wire                  row_ready;
  wire [          95:0] row_data;
  wire                  ev_valid;
  wire                  ev_ready;
  wire [ 8*VALUE_W-1:0] ev_data;
  wire                  em_valid;
  wire                  em_ready;
  wire [NL*VALUE_W-1:0] em_data;
  wire                  a_valid;
  wire                  a_ready;
  wire [         255:0] a_data;

  // Vectors: of the residual, of attention, of the MLP; what linear layers and the head multiply.
  wire                    res_valid;
  wire                    res_ready;
  wire [NL*VALUE_W+1-1:0] res_data;
  wire                    y_valid;
  wire                    y_ready;
  wire [   8*VALUE_W-1:0] y_data;
  wire                    p_valid;
  wire                    p_ready;
  wire [   8*VALUE_W-1:0] p_data;
  wire                    act_valid;
  wire                    act_ready;
  wire [           321:0] act_data;
  wire                    hact_valid;
  wire                    hact_ready;
  wire [           321:0] hact_data;
  wire                    ha_valid;
  wire                    ha_ready;
  wire [           321:0] ha_data;
  wire                    hqs_ready;
  wire                    ht_valid;
  wire                    ht_ready;
  wire [           168:0] ht_data;

  // Scales: of norms, of heads, of results, of gates, of logits, of the norm behind the MLP; eps.
  wire        t_valid;
  wire        t_ready;
  wire [31:0] t_data;
  wire        b_valid;
  wire        b_ready;
  wire [19:0] b_data;
  wire        u_valid;
  wire        u_ready;
  wire [31:0] u_data;
  wire        th_valid;
  wire        th_ready;
  wire [31:0] th_data;
  wire        tr_valid;
  wire        tr_ready;
  wire [31:0] tr_data;
  wire        tg_valid;
  wire        tg_ready;
  wire [36:0] tg_data;
  wire        tl_valid;
  wire        tl_ready;
  wire [31:0] tl_data;
  wire        eps_valid;
  wire        eps_ready;
  wire [76:0] eps_data;
  wire        peps_valid;
  wire        peps_ready;
  wire [76:0] peps_data;

  // Results of linear layers: q, k and v; gate and up; o and down, and with their scale, and as branches.
  wire                 sum_valid;
  wire                 sum_ready;
  wire [        169:0] sum_data;
  wire                 q_valid;
  wire                 q_ready;
  wire [        168:0] q_data;
  wire                 g_valid;
  wire                 g_ready;
  wire [        168:0] g_data;
  wire                 o_valid;
  wire                 o_ready;
  wire [        168:0] o_data;
  wire                 ot_valid;
  wire                 ot_ready;
  wire [8*VALUE_W-1:0] ot_data;
  wire                 br_valid;
  wire                 br_ready;
  wire [8*VALUE_W-1:0] br_data;

  // Attention: queries, rows, new keys and values, tiles, what goes to the cache, values of rows.
  wire                       aq_valid;
  wire                       aq_ready;
  wire [    Q_PAR*256+2-1:0] aq_data;
  wire                       ar_valid;
  wire                       ar_ready;
  wire [Q_PAR*(9+C_W)+1-1:0] ar_data;
  wire                       kv_valid;
  wire                       kv_ready;
  wire [               72:0] kv_data;
  wire                       ak_valid;
  wire                       ak_ready;
  wire [       WIDE_W+1-1:0] ak_data;
  wire                       at_valid;
  wire                       at_ready;
  wire [POS*(16+T_COLS)-1:0] at_data;
  wire                       av_valid;
  wire                       av_ready;
  wire [         WIDE_W-1:0] av_data;
  wire                       wr_valid;
  wire                       wr_ready;
  wire [              337:0] wr_data;
  wire                       ay_valid;
  wire                       ay_ready;
  wire [      8*VALUE_W-1:0] ay_data;
  wire                       gp_valid;
  wire                       gp_ready;
  wire [      8*VALUE_W-1:0] gp_data;

  // The head: queries, tiles, sums, logits; behind the tap.
  wire                         hq_valid;
  wire                         hq_ready;
  wire [      Q_PAR*256+2-1:0] hq_data;
  wire                         hk_valid;
  wire                         hk_ready;
  wire [         WIDE_W+1-1:0] hk_data;
  wire                         hs_valid;
  wire                         hs_ready;
  wire [Q_PAR*POS*SUM_W+2-1:0] hs_data;
  wire                         l_valid;
  wire                         l_ready;
  wire [        8*VALUE_W-1:0] l_data;
  wire                         lt_valid;
  wire                         lt_ready;
  wire [        8*VALUE_W-1:0] lt_data;
  wire                         lk_valid;
  wire                         lk_ready;
  wire [        8*VALUE_W-1:0] lk_data;

  // What leaves: copies of the residual stream, captured beats, token records.
  wire                 rt_valid;
  wire                 rt_ready;
  wire [8*VALUE_W-1:0] rt_data;
  wire                 c_valid;
  wire                 c_ready;
  wire [        255:0] c_data;
  wire                 rec_valid;
  wire                 rec_ready;
  wire [        511:0] rec_data;

  wire        cache_written;
  wire        cache_idle;
  reg         cache_idle_q;
  wire        store_idle;
  wire        vector_there;
  wire        place_free;
  wire [ 4:0] attention_frac;

  tern_fetch #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES),
      .W_DEPTH   (W_DEPTH),
      .SLICE     (SLICE),
      .PARTIAL   (PARTIAL)
  ) u_fetch (
      .clk          (clk),
      .rst          (rst),
      .clear        (clear),
      .c_w_off      (c_w_off),
      .c_e_off      (c_e_off),
      .c_h_off      (c_h_off),
      .c_a_off      (c_a_off),
      .c_k_off      (c_k_off),
      .c_tok_off    (c_tok_off),
      .c_norm_d     (c_norm_d),
      .c_norm_f     (c_norm_f),
      .c_qkv        (c_qkv),
      .c_o          (c_o),
      .c_gu         (c_gu),
      .c_down       (c_down),
      .c_head_beats (c_head_beats),
      .c_last       (c_last),
      .c_row_tiles  (c_row_tiles),
      .c_angle_beats(c_angle_beats),
      .c_vocab      (c_vocab),
      .c_batch      (c_batch),
      .c_prefix     (c_prefix),
      .c_own        (c_own),
      .c_slices     (c_slices),
      .c_heads      (c_kv_heads),
      .c_keys0      (c_keys0),
      .c_keys1      (c_keys1),
      .c_head0      (c_head0),
      .c_head1      (c_head1),
      .c_layer0     (c_layer0),
      .c_layer1     (c_layer1),
      .c_part0      (c_part0),
      .c_part1      (c_part1),
      .job_valid    (jobs_valid[FETCH]),
      .job_ready    (jobs_ready[FETCH]),
      .job_data     (jobs_data[FETCH*32+:32]),
      .go_valid     (go_valid),
      .go_ready     (go_ready),
      .tok_valid    (tok_valid),
      .tok_ready    (tok_ready),
      .tok_data     (tok_data),
      .cache_written(cache_written),
      .bad_token    (bad_token),
      .rd_cmd_valid (rd_cmd_valid),
      .rd_cmd_ready (rd_cmd_ready),
      .rd_cmd_offset(rd_cmd_offset),
      .rd_cmd_beats (rd_cmd_beats),
      .rd_cmd_ports (rd_cmd_ports),
      .r_valid      (r_valid),
      .r_ready      (r_ready),
      .r_data       (r_data),
      .plan_valid   (plan_valid),
      .plan_ready   (plan_ready),
      .plan_data    (plan_data),
      .w_valid      (w_valid),
      .w_ready      (w_ready),
      .w_data       (w_data),
      .e_valid      (e_valid),
      .e_ready      (e_ready),
      .e_data       (e_data)
  );

  tern_route #(
      .WIDE_W(WIDE_W),
      .LANES (NL)
  ) u_route (
      .clk        (clk),
      .rst        (rst),
      .c_dn       (c_dn),
      .c_fn       (c_fn),
      .c_kd       (c_kd),
      .c_kf       (c_kf),
      .c_last_qkv (c_last_qkv),
      .c_last_o   (c_last_o),
      .c_last_gu  (c_last_gu),
      .c_last_down(c_last_down),
      .job_valid  (jobs_valid[ROUTE]),
      .job_ready  (jobs_ready[ROUTE]),
      .job_data   (jobs_data[ROUTE*32+:32]),
      .plan_valid (plan_valid),
      .plan_ready (plan_ready),
      .plan_data  (plan_data),
      .w_valid    (w_valid),
      .w_ready    (w_ready),
      .w_data     (w_data),
      .n_valid    (n_valid),
      .n_ready    (n_ready),
      .n_data     (n_data),
      .nd_valid   (nd_valid),
      .nd_ready   (nd_ready),
      .nd_data    (nd_data),
      .nf_valid   (nf_valid),
      .nf_ready   (nf_ready),
      .nf_data    (nf_data),
      .lw_valid   (lw_valid),
      .lw_ready   (lw_ready),
      .lw_data    (lw_data),
      .k_valid    (k_valid),
      .k_ready    (k_ready),
      .k_data     (k_data),
      .v_valid    (v_valid),
      .v_ready    (v_ready),
      .v_data     (v_data),
      .h_valid    (h_valid),
      .h_ready    (h_ready),
      .h_data     (h_data)
  );

  // Rows of the embedding to the residual stream, whose EMBED jobs bring whole values.
  tern_embed #(
      .WIDE_W(WIDE_W)
  ) u_embed (
      .clk    (clk),
      .rst    (rst),
      .c_pairs(c_pairs),
      .e_valid(e_valid),
      .e_ready(e_ready),
      .e_data (e_data),
      .m_valid(row_valid),
      .m_ready(row_ready),
      .m_data (row_data),
      .a_valid(a_valid),
      .a_ready(a_ready),
      .a_data (a_data)
  );

  tern_scale #(
      .X_W  (8),
      .Y_W  (VALUE_W),
      .EACH (0),
      .LANES(8)
  ) u_row_scale (
      .clk    (clk),
      .rst    (rst),
      .c_frac (c_residual_frac),
      .s_valid(row_valid),
      .s_ready(row_ready),
      .s_data (row_data),
      .m_valid(ev_valid),
      .m_ready(ev_ready),
      .m_data (ev_data)
  );

  generate
    if (NL == 8) begin : g_row
      assign em_valid = ev_valid;
      assign ev_ready = em_ready;
      assign em_data  = ev_data;
    end else begin : g_rows
      wire unused_last;

      strm_upsize #(
          .DATA_W(8 * VALUE_W),
          .RATIO (NL / 8)
      ) u_rows (
          .clk    (clk),
          .rst    (rst),
          .s_valid(ev_valid),
          .s_ready(ev_ready),
          .s_data (ev_data),
          .s_last (1'b0),
          .m_valid(em_valid),
          .m_ready(em_ready),
          .m_data (em_data),
          .m_last (unused_last)
      );
    end
  endgenerate

  wire [31:0] residual_job = jobs_data[RESIDUAL*32+:32];

  m2_residual #(
      .WIDE_W (NL * VALUE_W),
      .NL     (NL),
      .VALUE_W(VALUE_W),
      .D_MAX  (D_MAX),
      .T_COLS (T_COLS),
      .SLOTS  (1),
      .ULTRA  (VECTOR_ULTRA)
  ) u_residual (
      .clk      (clk),
      .rst      (rst),
      .c_d8     (c_d8),
      .c_dn     (c_dn),
      .c_all    (c_batch != 8'd1),
      .job_valid(jobs_valid[RESIDUAL]),
      .job_ready(jobs_ready[RESIDUAL]),
      .job_data (residual_job | (32'd1 << `KR_M2_JOB_RAW)),
      .go_valid (go_valid),
      .go_ready (go_ready),
      .e_valid  (em_valid),
      .e_ready  (em_ready),
      .e_data   (em_data),
      .o_valid  (br_valid),
      .o_ready  (br_ready),
      .o_data   (br_data),
      .m_valid  (res_valid),
      .m_ready  (res_ready),
      .m_data   (res_data),
      .t_valid  (rt_valid),
      .t_ready  (rt_ready),
      .t_data   (rt_data),
      .out_done (out_done)
  );

  tern_acts #(
      .LANES (NL),
      .D_MAX (D_MAX),
      .F_MAX (F_MAX),
      .T_COLS(T_COLS),
      .ULTRA (VECTOR_ULTRA)
  ) u_acts (
      .clk      (clk),
      .rst      (rst),
      .c_d8     (c_d8),
      .c_dn     (c_dn),
      .c_f8     (c_f8),
      .c_fn     (c_fn),
      .c_q_heads(c_heads),
      .c_p8     (c_p8),
      .c_batch  (c_batch),
      .job_valid(jobs_valid[ACTS]),
      .job_ready(jobs_ready[ACTS]),
      .job_data (jobs_data[ACTS*32+:32]),
      .nd_valid (nd_valid),
      .nd_ready (nd_ready),
      .nd_data  (nd_data),
      .nf_valid (nf_valid),
      .nf_ready (nf_ready),
      .nf_data  (nf_data),
      .e_valid  (eps_valid),
      .e_ready  (eps_ready),
      .e_data   (eps_data),
      .p_valid  (peps_valid),
      .p_ready  (peps_ready),
      .p_data   (peps_data),
      .r_valid  (res_valid),
      .r_ready  (res_ready),
      .r_data   (res_data),
      .y_valid  (y_valid),
      .y_ready  (y_ready),
      .y_data   (y_data),
      .h_valid  (p_valid),
      .h_ready  (p_ready),
      .h_data   (p_data),
      .t_valid  (t_valid),
      .t_ready  (t_ready),
      .t_data   (t_data),
      .b_valid  (b_valid),
      .b_ready  (b_ready),
      .b_data   (b_data),
      .u_valid  (u_valid),
      .u_ready  (u_ready),
      .u_data   (u_data),
      .a_valid  (act_valid),
      .a_ready  (act_ready),
      .a_data   (act_data),
      .hq_valid (hact_valid),
      .hq_ready (hact_ready),
      .hq_data  (hact_data)
  );

  // A ternary head is a matrix like others: its vectors follow those of the layers, no beat of a layer comes with its own.
  wire                    hw_valid;
  wire [WIDE_W+GROUP_W:0] hw_data;
  wire                    w_there = lw_valid || (hw_valid && c_ternary_head);
  wire                    from_head = ha_valid && c_ternary_head;
  wire                    la_valid = act_valid || from_head;
  wire                    la_ready;
  wire [           321:0] la_data = act_valid ? act_data : ha_data;

  assign act_ready = la_ready;
  assign ha_ready  = c_ternary_head ? la_ready : hqs_ready;

  tern_linear #(
      .WIDE_W(WIDE_W),
      .T_COLS(T_COLS),
      .T_PAR (T_PAR),
      .BEATS (1 << $clog2(K_MAX))
  ) u_linear (
      .clk         (clk),
      .rst         (rst),
      .s_a_valid   (la_valid),
      .s_a_ready   (la_ready),
      .s_a_data    (la_data),
      .s_w_valid   (w_there),
      .s_w_ready   (lw_ready),
      .s_w_data    (lw_valid ? lw_data : hw_data),
      .m_valid     (sum_valid),
      .m_ready     (sum_ready),
      .m_data      (sum_data),
      .vector_there(vector_there),
      .place_free  (place_free),
      .bad         (bad_weight)
  );

  tern_results u_results (
      .clk      (clk),
      .rst      (rst),
      .c_ternary(c_ternary_head),
      .job_valid(jobs_valid[RESULTS]),
      .job_ready(jobs_ready[RESULTS]),
      .job_data (jobs_data[RESULTS*32+:32]),
      .s_valid  (sum_valid),
      .s_ready  (sum_ready),
      .s_data   (sum_data),
      .q_valid  (q_valid),
      .q_ready  (q_ready),
      .q_data   (q_data),
      .g_valid  (g_valid),
      .g_ready  (g_ready),
      .g_data   (g_data),
      .o_valid  (o_valid),
      .o_ready  (o_ready),
      .o_data   (o_data),
      .h_valid  (ht_valid),
      .h_ready  (ht_ready),
      .h_data   (ht_data)
  );

  tern_scales #(
      .SIGMOID(SIGMOID),
      .T_COLS (T_COLS)
  ) u_scales (
      .clk          (clk),
      .rst          (rst),
      .c_heads      (c_heads),
      .c_kv_heads   (c_kv_heads),
      .c_groups     (c_d8),
      .c_feed_groups(c_f8),
      .c_batch      (c_batch),
      .c_eps        (c_eps),
      .c_feed_eps   (c_feed_eps),
      .c_head       (c_head_scale),
      .job_valid    (jobs_valid[SCALES]),
      .job_ready    (jobs_ready[SCALES]),
      .job_data     (jobs_data[SCALES*32+:32]),
      .n_valid      (n_valid),
      .n_ready      (n_ready),
      .n_data       (n_data),
      .frac         (attention_frac),
      .m_e_valid    (eps_valid),
      .m_e_ready    (eps_ready),
      .m_e_data     (eps_data),
      .s_t_valid    (t_valid),
      .s_t_ready    (t_ready),
      .s_t_data     (t_data),
      .s_b_valid    (b_valid),
      .s_b_ready    (b_ready),
      .s_b_data     (b_data),
      .m_h_valid    (th_valid),
      .m_h_ready    (th_ready),
      .m_h_data     (th_data),
      .m_r_valid    (tr_valid),
      .m_r_ready    (tr_ready),
      .m_r_data     (tr_data),
      .m_g_valid    (tg_valid),
      .m_g_ready    (tg_ready),
      .m_g_data     (tg_data),
      .m_l_valid    (tl_valid),
      .m_l_ready    (tl_ready),
      .m_l_data     (tl_data),
      .m_p_valid    (peps_valid),
      .m_p_ready    (peps_ready),
      .m_p_data     (peps_data),
      .s_p_valid    (u_valid),
      .s_p_ready    (u_ready),
      .s_p_data     (u_data)
  );

  // Results pass the tap: those with marks beside it, through forks.
  wire [3:0] side_valid;  // q, gate and up, attention's values, the MLP's products
  wire [3:0] side_ready;
  wire       qs_valid;
  wire       qs_ready;
  wire       gs_valid;
  wire       gs_ready;
  wire [168:0] qs_data;
  wire [168:0] gs_data;

  strm_fork #(
      .DATA_W(169),
      .N     (2)
  ) u_q_fork (
      .clk    (clk),
      .rst    (rst),
      .s_valid(q_valid),
      .s_ready(q_ready),
      .s_data (q_data),
      .m_valid({side_valid[0], qs_valid}),
      .m_ready({side_ready[0], qs_ready}),
      .m_data (qs_data)
  );

  strm_fork #(
      .DATA_W(169),
      .N     (2)
  ) u_g_fork (
      .clk    (clk),
      .rst    (rst),
      .s_valid(g_valid),
      .s_ready(g_ready),
      .s_data (g_data),
      .m_valid({side_valid[1], gs_valid}),
      .m_ready({side_ready[1], gs_ready}),
      .m_data (gs_data)
  );

  strm_fork #(
      .DATA_W(8 * VALUE_W),
      .N     (2)
  ) u_y_fork (
      .clk    (clk),
      .rst    (rst),
      .s_valid(ay_valid),
      .s_ready(ay_ready),
      .s_data (ay_data),
      .m_valid({side_valid[2], y_valid}),
      .m_ready({side_ready[2], y_ready}),
      .m_data (y_data)
  );

  strm_fork #(
      .DATA_W(8 * VALUE_W),
      .N     (2)
  ) u_p_fork (
      .clk    (clk),
      .rst    (rst),
      .s_valid(gp_valid),
      .s_ready(gp_ready),
      .s_data (gp_data),
      .m_valid({side_valid[3], p_valid}),
      .m_ready({side_ready[3], p_ready}),
      .m_data (p_data)
  );

  wire [8*VALUE_W-1:0] x_data;
  wire [8*VALUE_W-1:0] o_wide;
  wire [        167:0] ot_sums;

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_wide
      wire [20:0] x = side_valid[0] ? qs_data[21*i+:21] : gs_data[21*i+:21];
      assign x_data[32*i+:32]   = {{12{x[20]}}, x[19:0]};
      assign o_wide[32*i+:32]   = {{12{o_data[21*i+20]}}, o_data[21*i+:20]};
      assign ot_sums[21*i+:21]  = ot_data[32*i+:21];
    end
  endgenerate

  wire        tap_x_ready;
  wire        tap_y_ready;
  wire [31:0] tap_job = jobs_data[TAP*32+:32];
  wire        mlp = tap_job[14];  // the lowest bit of the layer
  wire        unused_tap_x;
  wire        unused_tap_y;
  wire [8*VALUE_W-1:0] unused_tap_x_data;
  wire [8*VALUE_W-1:0] unused_tap_y_data;

  assign side_ready = {tap_y_ready, tap_y_ready, tap_x_ready, tap_x_ready};

  wire                 tx_valid;
  wire                 tx_ready;
  wire [8*VALUE_W-1:0] tx_data;
  wire                 ty_valid;
  wire                 ty_ready;
  wire [8*VALUE_W-1:0] ty_data;

  strm_skid #(
      .DATA_W(8 * VALUE_W)
  ) u_tap_x (
      .clk    (clk),
      .rst    (rst),
      .s_valid(side_valid[0] || side_valid[1]),
      .s_ready(tap_x_ready),
      .s_data (x_data),
      .m_valid(tx_valid),
      .m_ready(tx_ready),
      .m_data (tx_data)
  );

  strm_skid #(
      .DATA_W(8 * VALUE_W)
  ) u_tap_y (
      .clk    (clk),
      .rst    (rst),
      .s_valid(side_valid[2] || side_valid[3]),
      .s_ready(tap_y_ready),
      .s_data (side_valid[2] ? y_data : p_data),
      .m_valid(ty_valid),
      .m_ready(ty_ready),
      .m_data (ty_data)
  );

  m2_tap #(
      .VALUE_W(VALUE_W),
      .GATE_W (VALUE_W)
  ) u_tap (
      .clk          (clk),
      .rst          (rst),
      .c_point      (c_tap_point),
      .c_all        (c_tap_all),
      .c_layer      (c_tap_layer),
      .c_rows_in    (mlp ? c_gu8 : c_qkv8),
      .c_d8         (c_d8),
      .c_head_groups(c_head_groups),
      .c_i8         (mlp ? c_f8 : c_d8),
      .c_batch      (c_batch),
      .job_valid    (jobs_valid[TAP]),
      .job_ready    (jobs_ready[TAP]),
      .job_data     (jobs_data[TAP*32+:32]),
      .s_x_valid    (tx_valid),
      .s_x_ready    (tx_ready),
      .s_x_data     (tx_data),
      .s_o_valid    (o_valid),
      .s_o_ready    (o_ready),
      .s_o_data     (o_wide),
      .s_h_valid    (l_valid),
      .s_h_ready    (l_ready),
      .s_h_data     (l_data),
      .s_r_valid    (rt_valid),
      .s_r_ready    (rt_ready),
      .s_r_data     (rt_data),
      .s_y_valid    (ty_valid),
      .s_y_ready    (ty_ready),
      .s_y_data     (ty_data),
      .m_x_valid    (unused_tap_x),
      .m_x_ready    (1'b1),
      .m_x_data     (unused_tap_x_data),
      .m_o_valid    (ot_valid),
      .m_o_ready    (ot_ready),
      .m_o_data     (ot_data),
      .m_h_valid    (lt_valid),
      .m_h_ready    (lt_ready),
      .m_h_data     (lt_data),
      .m_y_valid    (unused_tap_y),
      .m_y_ready    (1'b1),
      .m_y_data     (unused_tap_y_data),
      .m_t_valid    (c_valid),
      .m_t_ready    (c_ready),
      .m_t_data     (c_data)
  );

  // Sums with their scale to branches of the residual stream.
  wire [199:0] pair_data;
  wire         pair_valid;
  wire         pair_ready;
  wire         ot_there;
  wire         tr_there;
  wire         ot_take;
  wire         tr_take;
  wire [167:0] ot_held;
  wire [ 31:0] tr_held;

  strm_skid #(
      .DATA_W(168)
  ) u_ot (
      .clk    (clk),
      .rst    (rst),
      .s_valid(ot_valid),
      .s_ready(ot_ready),
      .s_data (ot_sums),
      .m_valid(ot_there),
      .m_ready(ot_take),
      .m_data (ot_held)
  );

  strm_skid #(
      .DATA_W(32)
  ) u_tr (
      .clk    (clk),
      .rst    (rst),
      .s_valid(tr_valid),
      .s_ready(tr_ready),
      .s_data (tr_data),
      .m_valid(tr_there),
      .m_ready(tr_take),
      .m_data (tr_held)
  );

  assign pair_valid = ot_there && tr_there;
  assign pair_data  = {tr_held, ot_held};
  assign ot_take    = pair_ready && tr_there;
  assign tr_take    = pair_ready && ot_there;

  tern_scale #(
      .X_W  (21),
      .Y_W  (VALUE_W),
      .EACH (0),
      .LANES(8)
  ) u_branch (
      .clk    (clk),
      .rst    (rst),
      .c_frac (c_residual_frac),
      .s_valid(pair_valid),
      .s_ready(pair_ready),
      .s_data (pair_data),
      .m_valid(br_valid),
      .m_ready(br_ready),
      .m_data (br_data)
  );

  tern_gates #(
      .SIGMOID(SIGMOID),
      .T_COLS (T_COLS)
  ) u_gates (
      .clk    (clk),
      .rst    (rst),
      .s_valid(gs_valid),
      .s_ready(gs_ready),
      .s_data (gs_data),
      .g_valid(tg_valid),
      .g_ready(tg_ready),
      .g_data (tg_data),
      .m_valid(gp_valid),
      .m_ready(gp_ready),
      .m_data (gp_data)
  );

  tern_heads #(
      .P_MAX (1 << $clog2(P_MAX)),
      .T_COLS(T_COLS),
      .Q_PAR (Q_PAR),
      .WORDS (ROW_WORDS)
  ) u_heads (
      .clk        (clk),
      .rst        (rst),
      .c_q_heads  (c_heads),
      .c_heads    (c_kv_heads),
      .c_share    (c_share),
      .c_pairs    (c_pairs),
      .c_slices   (c_slices),
      .job_valid  (jobs_valid[HEADS]),
      .job_ready  (jobs_ready[HEADS]),
      .job_data   (jobs_data[HEADS*32+:32]),
      .s_valid    (qs_valid),
      .s_ready    (qs_ready),
      .s_data     (qs_data[167:0]),
      .a_valid    (a_valid),
      .a_ready    (a_ready),
      .a_data     (a_data),
      .t_valid    (th_valid),
      .t_ready    (th_ready),
      .t_data     (th_data),
      .m_q_valid  (aq_valid),
      .m_q_ready  (aq_ready),
      .m_q_data   (aq_data),
      .m_row_valid(ar_valid),
      .m_row_ready(ar_ready),
      .m_row_data (ar_data),
      .m_kv_valid (kv_valid),
      .m_kv_ready (kv_ready),
      .m_kv_data  (kv_data)
  );

  tern_cache #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES),
      .T_COLS    (T_COLS),
      .J_WORDS   (NEW_WORDS),
      .STORE     (STORE)
  ) u_cache (
      .clk         (clk),
      .rst         (rst),
      .clear       (clear),
      .c_batch     (c_batch),
      .c_prefix    (c_prefix),
      .c_own       (c_own),
      .c_slices    (c_slices),
      .c_heads     (c_kv_heads),
      .c_off       (c_k_off),
      .c_keys1     (c_keys1),
      .c_head1     (c_head1),
      .c_layer1    (c_layer1),
      .c_part0     (c_part0),
      .c_part1     (c_part1),
      .job_valid   (jobs_valid[CACHE]),
      .job_ready   (jobs_ready[CACHE]),
      .job_data    (jobs_data[CACHE*32+:32]),
      .s_valid     (kv_valid),
      .s_ready     (kv_ready),
      .s_data      (kv_data),
      .k_valid     (k_valid),
      .k_ready     (k_ready),
      .k_data      (k_data),
      .v_valid     (v_valid),
      .v_ready     (v_ready),
      .v_data      (v_data),
      .m_k_valid   (ak_valid),
      .m_k_ready   (ak_ready),
      .m_k_data    (ak_data),
      .m_tile_valid(at_valid),
      .m_tile_ready(at_ready),
      .m_tile_data (at_data),
      .m_v_valid   (av_valid),
      .m_v_ready   (av_ready),
      .m_v_data    (av_data),
      .wr_valid    (wr_valid),
      .wr_ready    (wr_ready),
      .wr_data     (wr_data),
      .idle        (cache_idle)
  );

  // The head's pass over its rows is one of attention, but for trits.
  wire [31:0] attention_job = jobs_data[ATTN*32+:32];
  wire        no_pass = c_ternary_head && attention_job[`KR_M2_JOB_KIND] == `KR_M2_KIND_HEAD;
  wire        attention_ready;

  assign jobs_ready[ATTN] = attention_ready || no_pass;

  attn_core #(
      .WIDE_W    (WIDE_W),
      .Q_PAR     (Q_PAR),
      .COLS      (T_COLS),
      .GROUPS    (GROUPS),
      .SLICES    (SLICES),
      .BEATS     (BEATS),
      .DEPTH     (SCORE_DEPTH),
      .ULTRA     (SCORE_ULTRA * SCORE_DEPTH),
      .Q_ULTRA   (VECTOR_ULTRA),
      .VALUE_LUTS(VALUE_LUTS)
  ) u_attention (
      .clk         (clk),
      .rst         (rst),
      .c_heads     (c_kv_heads),
      .c_slices    (c_slices[2:0]),
      .frac        (attention_frac),
      .job_valid   (jobs_valid[ATTN] && !no_pass),
      .job_ready   (attention_ready),
      .job_data    (attention_job),
      .s_q_valid   (aq_valid),
      .s_q_ready   (aq_ready),
      .s_q_data    (aq_data),
      .s_row_valid (ar_valid),
      .s_row_ready (ar_ready),
      .s_row_data  (ar_data),
      .s_k_valid   (ak_valid),
      .s_k_ready   (ak_ready),
      .s_k_data    (ak_data),
      .s_tile_valid(at_valid),
      .s_tile_ready(at_ready),
      .s_tile_data (at_data),
      .s_v_valid   (av_valid),
      .s_v_ready   (av_ready),
      .s_v_data    (av_data),
      .s_hq_valid  (hq_valid),
      .s_hq_ready  (hq_ready),
      .s_hq_data   (hq_data),
      .s_hk_valid  (hk_valid),
      .s_hk_ready  (hk_ready),
      .s_hk_data   (hk_data),
      .m_valid     (ay_valid),
      .m_ready     (ay_ready),
      .m_data      (ay_data),
      .m_h_valid   (hs_valid),
      .m_h_ready   (hs_ready),
      .m_h_data    (hs_data),
      .starved     (stall_cache)
  );

  strm_skid #(
      .DATA_W(322)
  ) u_head_acts (
      .clk    (clk),
      .rst    (rst),
      .s_valid(hact_valid),
      .s_ready(hact_ready),
      .s_data (hact_data),
      .m_valid(ha_valid),
      .m_ready(ha_ready),
      .m_data (ha_data)
  );

  tern_queries #(
      .Q_PAR (Q_PAR),
      .T_COLS(BATCH),
      .SLICES(SLICES)
  ) u_queries (
      .clk     (clk),
      .rst     (rst),
      .c_slices(c_d_slices),
      .s_valid (ha_valid && !c_ternary_head),
      .s_ready (hqs_ready),
      .s_data  (ha_data),
      .m_valid (hq_valid),
      .m_ready (hq_ready),
      .m_data  (hq_data)
  );

  tern_head #(
      .WIDE_W(WIDE_W),
      .Q_PAR (Q_PAR),
      .T_COLS(BATCH),
      .SLICES(SLICES),
      .LANES (HEAD_LANES)
  ) u_head (
      .clk         (clk),
      .rst         (rst),
      .c_vocab     (c_vocab),
      .c_batch     (c_batch),
      .c_beats     (c_ternary_head ? c_kd[7:0] : c_d_slices),
      .c_ternary   (c_ternary_head),
      .c_logit_frac(c_logit_frac),
      .h_valid     (h_valid),
      .h_ready     (h_ready),
      .h_data      (h_data),
      .m_k_valid   (hk_valid),
      .m_k_ready   (hk_ready),
      .m_k_data    (hk_data),
      .m_w_valid   (hw_valid),
      .m_w_ready   (lw_ready),
      .m_w_data    (hw_data),
      .t_valid     (ht_valid),
      .t_ready     (ht_ready),
      .t_data      (ht_data[167:0]),
      .s_valid     (hs_valid),
      .s_ready     (hs_ready),
      .s_data      (hs_data),
      .l_valid     (tl_valid),
      .l_ready     (tl_ready),
      .l_data      (tl_data),
      .m_valid     (l_valid),
      .m_ready     (l_ready),
      .m_data      (l_data)
  );

  strm_skid #(
      .DATA_W(8 * VALUE_W)
  ) u_logits (
      .clk    (clk),
      .rst    (rst),
      .s_valid(lt_valid),
      .s_ready(lt_ready),
      .s_data (lt_data),
      .m_valid(lk_valid),
      .m_ready(lk_ready),
      .m_data (lk_data)
  );

  tern_topk #(
      .VALUE_W(VALUE_W),
      .COLS   (BATCH)
  ) u_topk (
      .clk        (clk),
      .rst        (rst),
      .c_vocab    (c_vocab),
      .c_batch    (c_batch),
      .job_valid  (jobs_valid[TOPK]),
      .job_ready  (jobs_ready[TOPK]),
      .job_data   (jobs_data[TOPK*32+:32]),
      .s_valid    (lk_valid),
      .s_ready    (lk_ready),
      .s_data     (lk_data),
      .m_rec_valid(rec_valid),
      .m_rec_ready(rec_ready),
      .m_rec_data (rec_data),
      .m_tok_valid(tok_valid),
      .m_tok_ready(tok_ready),
      .m_tok_data (tok_data)
  );

  tern_store #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES)
  ) u_store (
      .clk           (clk),
      .rst           (rst),
      .clear         (clear),
      .c_out_off     (c_out_off),
      .c_tap_off     (c_tap_off),
      .o_valid       (rec_valid),
      .o_ready       (rec_ready),
      .o_data        (rec_data),
      .kv_valid      (wr_valid),
      .kv_ready      (wr_ready),
      .kv_data       (wr_data),
      .t_valid       (c_valid),
      .t_ready       (c_ready),
      .t_data        (c_data),
      .finish        (finish),
      .wr_cmd_valid  (wr_cmd_valid),
      .wr_cmd_ready  (wr_cmd_ready),
      .wr_cmd_offset (wr_cmd_offset),
      .wr_cmd_beats  (wr_cmd_beats),
      .d_valid       (d_valid),
      .d_ready       (d_ready),
      .d_data        (d_data),
      .d_strb        (d_strb),
      .written       (written),
      .cache_written (cache_written),
      .record_written(record_written),
      .idle          (store_idle)
  );

  always @(posedge clk) begin
    if (rst) cache_idle_q <= 1'b1;
    else cache_idle_q <= cache_idle;
  end

  wire unused_sides = &{1'b0, ht_data[168], o_data[168], qs_data[168], ot_data, tap_job};

  `CHECK(!(act_valid && from_head), "a vector of a layer beside one of the head")
  `CHECK(!(lw_valid && hw_valid), "a beat of a matrix beside one of the head")

  assign idle          = cache_idle_q && store_idle;
  assign beat          = w_there && lw_ready;
  assign stall_weights = vector_there && place_free && !w_there;
  assign stall_acts    = w_there && !vector_there;
  assign stall_out     = w_there && vector_there && !place_free;
  assign cache_beat    = (k_valid && k_ready) || (v_valid && v_ready);
  assign tap_beat      = c_valid && c_ready;

endmodule

`default_nettype wire
