// SPDX-License-Identifier: Apache-2.0
//
// tern_fetch - orders everything that jobs read from memory, ahead of its use, and tells whose beats come.
//
// Function     : w: of each job, in order, its sections of the weights, the head, the cache of its layer; plan: an entry for each
//                of these runs. e: of each EMBED job the beats of its tokens' rows, then of their positions' angles, when it
//                has had its `go`. Of two reads e goes first. `clear` begins a run.
//                rd_cmd_ports: how many ports, the first ones, a read goes over; with PARTIAL those of the cache as in
//                tern_cache_reads, otherwise and of everything else all.
// Format       : plan_data {destination, part (3 bits each), beats (32 bits)}; destinations 0 a layer's numbers, 1 a norm of
//                width D, 2 one of width F, 3 a matrix, 4 keys and 5 values of a part, 6 the head. e_data {kind (2 bits), index
//                (16 bits), beat}: kind 0 a row's scale, in the index-th word of 32 bits, 1 a tile, with the row in place
//                index, 2 angles. Byte offsets in each port's arena; c_norm_*, c_qkv, c_o, c_gu, c_down, c_head_beats,
//                c_angle_beats in wide beats, >= 1; c_row_tiles = ceil(D / 32); c_last the greatest layer, odd, <= 253; cache
//                geometry as in tern_cache_reads, positions as in tern_texts. c_* hold still during a run.
// Latency      : variable: 6 cycles from a job to its first command, then the memory's, then 2 (1 for e)
// Throughput   : variable: 1 beat per cycle when the memory delivers one
// Back-pressure: registered ready; 16 jobs are taken ahead for w and e each, W_DEPTH beats of w, 2 of e and 32 entries of plan
//                are absorbed. r_ready waits for e only while its beats arrive.
// Golden       : golden.ternary.accel.reads.runs
// Test         : tests/rtl/test_tern_fetch.py
//
// Why: everything that is used in the order in which it lies is one stream with one queue; what is in it, the plan says.
// Rows wait for a token and for `go`, so they are not in it.

`default_nettype none
`include "checks.vh"

module tern_fetch #(
    parameter WIDE_W     = 512,  // bits of a wide beat, 256 times a power of two
    parameter PORT_BYTES = 32,   // bytes that a wide beat takes of each port, a power of two >= 2
    parameter W_DEPTH    = 512,  // beats of w read ahead, a power of two
    parameter SLICE      = 16,   // most beats of a read of w, 1..W_DEPTH
    parameter PARTIAL    = 0     // 1: of the cache ports without positions are not read
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              clear,
    input  wire [      63:0] c_w_off,
    input  wire [      63:0] c_e_off,
    input  wire [      63:0] c_h_off,
    input  wire [      63:0] c_a_off,
    input  wire [      63:0] c_k_off,
    input  wire [      63:0] c_tok_off,
    input  wire [      15:0] c_norm_d,
    input  wire [      15:0] c_norm_f,
    input  wire [      31:0] c_qkv,
    input  wire [      31:0] c_o,
    input  wire [      31:0] c_gu,
    input  wire [      31:0] c_down,
    input  wire [      31:0] c_head_beats,
    input  wire [       7:0] c_last,
    input  wire [      15:0] c_row_tiles,
    input  wire [      15:0] c_angle_beats,
    input  wire [      31:0] c_vocab,
    input  wire [       7:0] c_batch,
    input  wire [      13:0] c_prefix,
    input  wire [      55:0] c_own,
    input  wire [       3:0] c_slices,
    input  wire [       7:0] c_heads,
    input  wire [      31:0] c_keys0,
    input  wire [      31:0] c_keys1,
    input  wire [      31:0] c_head0,
    input  wire [      31:0] c_head1,
    input  wire [      31:0] c_layer0,
    input  wire [      31:0] c_layer1,
    input  wire [      31:0] c_part0,
    input  wire [      31:0] c_part1,
    input  wire              job_valid,
    output wire              job_ready,
    input  wire [      31:0] job_data,
    input  wire              go_valid,       // rows of one more EMBED job may come
    output wire              go_ready,
    input  wire              tok_valid,
    output wire              tok_ready,
    input  wire [      31:0] tok_data,
    input  wire              cache_written,  // all cache writes of one more attention IN job were answered
    output wire              bad_token,
    output wire              rd_cmd_valid,
    input  wire              rd_cmd_ready,
    output wire [      63:0] rd_cmd_offset,
    output wire [      31:0] rd_cmd_beats,
    output wire [       5:0] rd_cmd_ports,
    input  wire              r_valid,
    output wire              r_ready,
    input  wire [WIDE_W-1:0] r_data,
    output wire              plan_valid,
    input  wire              plan_ready,
    output wire [      37:0] plan_data,
    output wire              w_valid,
    input  wire              w_ready,
    output wire [WIDE_W-1:0] w_data,
    output wire              e_valid,
    input  wire              e_ready,
    output wire [WIDE_W+17:0] e_data
);

  localparam W = 0;
  localparam E = 1;
  localparam LIST = 2;
  localparam JOB_W = 102;
  localparam [31:0] PORTS = WIDE_W / 8 / PORT_BYTES;

  // A copy of the jobs, with positions, for w and for e.
  wire             texts_valid;
  wire             texts_ready;
  wire [JOB_W-1:0] texts;
  wire [      1:0] next_valid;
  wire [      1:0] next_ready;
  wire [JOB_W-1:0] next[0:1];

  tern_texts u_texts (
      .clk      (clk),
      .rst      (rst),
      .clear    (clear),
      .c_batch  (c_batch),
      .c_prefix (c_prefix),
      .c_own    (c_own),
      .job_valid(job_valid),
      .job_ready(job_ready),
      .job_data (job_data),
      .m_valid  (texts_valid),
      .m_ready  (texts_ready),
      .m_data   (texts)
  );

  strm_copies #(
      .DATA_W(JOB_W),
      .N     (2),
      .DEPTH (16)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(texts_valid),
      .s_ready(texts_ready),
      .s_data (texts),
      .m_valid(next_valid),
      .m_ready(next_ready),
      .m_data ({next[1], next[0]})
  );

  // Runs of w, to the plan and to memory.
  wire         run_valid;
  wire         run_ready;
  wire [107:0] run;
  wire [  1:0] both_valid;
  wire [  1:0] both_ready;
  wire [107:0] both;
  wire [  5:0] unused_plans;
  wire [  1:0] want;
  wire [  1:0] grant;
  wire         want_list;
  wire [ 63:0] w_offset;
  wire [ 15:0] w_beats;
  wire [ 63:0] e_offset;
  wire [ 15:0] e_beats;
  wire [ 17:0] e_tag;
  wire [LIST:0] arrive;  // a beat arrives, by stream

  tern_fetch_runs #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES),
      .PARTIAL   (PARTIAL)
  ) u_runs (
      .clk          (clk),
      .rst          (rst),
      .clear        (clear),
      .c_w_off      (c_w_off),
      .c_h_off      (c_h_off),
      .c_k_off      (c_k_off),
      .c_norm_d     (c_norm_d),
      .c_norm_f     (c_norm_f),
      .c_qkv        (c_qkv),
      .c_o          (c_o),
      .c_gu         (c_gu),
      .c_down       (c_down),
      .c_head_beats (c_head_beats),
      .c_last       (c_last),
      .c_slices     (c_slices),
      .c_heads      (c_heads),
      .c_keys0      (c_keys0),
      .c_keys1      (c_keys1),
      .c_head0      (c_head0),
      .c_head1      (c_head1),
      .c_layer0     (c_layer0),
      .c_layer1     (c_layer1),
      .c_part0      (c_part0),
      .c_part1      (c_part1),
      .job_valid    (next_valid[W]),
      .job_ready    (next_ready[W]),
      .job_data     (next[W]),
      .cache_written(cache_written),
      .m_valid      (run_valid),
      .m_ready      (run_ready),
      .m_data       (run)
  );

  strm_fork #(
      .DATA_W(108),
      .N     (2)
  ) u_both (
      .clk    (clk),
      .rst    (rst),
      .s_valid(run_valid),
      .s_ready(run_ready),
      .s_data (run),
      .m_valid(both_valid),
      .m_ready(both_ready),
      .m_data (both)
  );

  strm_fifo #(
      .DATA_W(38),
      .DEPTH (32)
  ) u_plan (
      .clk    (clk),
      .rst    (rst),
      .s_valid(both_valid[0]),
      .s_ready(both_ready[0]),
      .s_data (both[101:64]),
      .m_valid(plan_valid),
      .m_ready(plan_ready),
      .m_data (plan_data),
      .level  (unused_plans)
  );

  m2_fetch_slices #(
      .DATA_W    (WIDE_W),
      .DEPTH     (W_DEPTH),
      .SLICE     (SLICE),
      .PORT_BYTES(PORT_BYTES)
  ) u_slices (
      .clk       (clk),
      .rst       (rst),
      .s_valid   (both_valid[1]),
      .s_ready   (both_ready[1]),
      .s_offset  (both[63:0]),
      .s_beats   (both[95:64]),
      .cmd_valid (want[W]),
      .cmd_ready (grant[W]),
      .cmd_offset(w_offset),
      .cmd_beats (w_beats),
      .d_valid   (arrive[W]),
      .d_data    (r_data),
      .m_valid   (w_valid),
      .m_ready   (w_ready),
      .m_data    (w_data)
  );

  // The run that u_slices has at hand: it takes the next one behind the last command of this one.
  reg  [  5:0] w_ports_q;

  always @(posedge clk) begin
    if (both_ready[1]) w_ports_q <= both[107:102];
  end

  tern_fetch_rows #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES)
  ) u_rows (
      .clk          (clk),
      .rst          (rst),
      .clear        (clear),
      .c_e_off      (c_e_off),
      .c_a_off      (c_a_off),
      .c_tok_off    (c_tok_off),
      .c_row_tiles  (c_row_tiles),
      .c_angle_beats(c_angle_beats),
      .c_vocab      (c_vocab),
      .c_batch      (c_batch),
      .job_valid    (next_valid[E]),
      .job_ready    (next_ready[E]),
      .job_data     (next[E]),
      .go_valid     (go_valid),
      .go_ready     (go_ready),
      .tok_valid    (tok_valid),
      .tok_ready    (tok_ready),
      .tok_data     (tok_data),
      .cmd_valid    (want[E]),
      .cmd_ready    (grant[E]),
      .cmd_list     (want_list),
      .cmd_offset   (e_offset),
      .cmd_beats    (e_beats),
      .cmd_tag      (e_tag),
      .list_valid   (arrive[LIST]),
      .list_data    (r_data),
      .bad_token    (bad_token)
  );

  // One read a cycle, picked by a register, with a tag for the way back.
  localparam TAG_W = LIST + 1 + 18 + 16;

  reg  [   1:0] pick_q;  // the read that is ordered next, one bit
  wire [   1:0] others = want & ~pick_q;
  wire          picked = pick_q != 2'd0;
  wire          cmd_ready;
  wire          tag_ready;
  wire          free = cmd_ready && tag_ready;
  wire [  85:0] pick = pick_q[E] ? {PORTS[5:0], e_offset, e_beats} : {w_ports_q, w_offset, w_beats};
  wire [LIST:0] pick_to = {pick_q[E] && want_list, pick_q[E] && !want_list, pick_q[W]};

  assign grant = pick_q & {2{free}};

  always @(posedge clk) begin
    if (rst) pick_q <= 2'd0;
    else if (free || !picked) pick_q <= {others[E], others[W] && !others[E]};
  end

  strm_skid #(
      .DATA_W(6 + 64 + 16)
  ) u_cmd (
      .clk    (clk),
      .rst    (rst),
      .s_valid(picked && tag_ready),
      .s_ready(cmd_ready),
      .s_data (pick),
      .m_valid(rd_cmd_valid),
      .m_ready(rd_cmd_ready),
      .m_data ({rd_cmd_ports, rd_cmd_offset, rd_cmd_beats[15:0]})
  );

  assign rd_cmd_beats[31:16] = 16'd0;

  wire          tag_valid;
  wire          tag_take;
  wire [LIST:0] tag_to;
  wire [  17:0] tag_row;
  wire [  15:0] tag_beats;
  wire [   5:0] unused_tags;

  strm_fifo #(
      .DATA_W(TAG_W),
      .DEPTH (32)
  ) u_tag (
      .clk    (clk),
      .rst    (rst),
      .s_valid(picked && cmd_ready),
      .s_ready(tag_ready),
      .s_data ({pick_to, e_tag, pick[15:0]}),
      .m_valid(tag_valid),
      .m_ready(tag_take),
      .m_data ({tag_to, tag_row, tag_beats}),
      .level  (unused_tags)
  );

  // Beats come back in the order of the reads.
  wire          e_room;
  reg  [LIST:0] to_q;  // one bit for the stream of the read at hand, none between reads
  reg  [  17:0] row_q;
  reg  [  15:0] left_q;  // beats after this one
  reg           last_q;
  wire          move = r_valid && r_ready;

  assign r_ready  = to_q != {LIST + 1{1'b0}} && (!to_q[E] || e_room);
  assign tag_take = to_q == {LIST + 1{1'b0}} || (move && last_q);
  assign arrive   = to_q & {LIST + 1{r_valid}};

  always @(posedge clk) begin
    if (rst) to_q <= {LIST + 1{1'b0}};
    else if (tag_take) to_q <= tag_to & {LIST + 1{tag_valid}};
  end

  always @(posedge clk) begin
    if (tag_take) begin
      row_q  <= tag_row;
      left_q <= tag_beats - 16'd1;
      last_q <= tag_beats == 16'd1;
    end else if (move) begin
      left_q <= left_q - 16'd1;
      last_q <= left_q == 16'd1;
    end
  end

  wire [1:0] unused_e_level;

  strm_fifo #(
      .DATA_W(18 + WIDE_W),
      .DEPTH (2)
  ) u_e (
      .clk    (clk),
      .rst    (rst),
      .s_valid(arrive[E]),
      .s_ready(e_room),
      .s_data ({row_q, r_data}),
      .m_valid(e_valid),
      .m_ready(e_ready),
      .m_data (e_data),
      .level  (unused_e_level)
  );

  `CHECK_STREAM(rd_cmd_valid, rd_cmd_ready, {rd_cmd_ports, rd_cmd_offset, rd_cmd_beats})
  `CHECK_STREAM(e_valid, e_ready, e_data)

endmodule

`default_nettype wire
