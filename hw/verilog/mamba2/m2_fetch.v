// SPDX-License-Identifier: Apache-2.0
//
// m2_fetch - orders everything that jobs read from memory, ahead of its use, and hands each stream its beats.
//
// Function     : jobs -> reads: w and p the sections of IN, OUT and HEAD jobs (m2_fetch_section); s the state chunks of IN jobs
//                (m2_fetch_state); e the rows of EMBED jobs (m2_fetch_rows). Each stream's beats come in the order of the
//                jobs. A read of w, p or s is ordered when its queue has room for all of it, one of e when the job has had its
//                `go`. Of several reads s goes first, then p, e, w.
// Format       : byte offsets in each port's arena, PORT_BYTES for a wide beat; section and row sizes in wide beats, >= 1.
// Latency      : variable: 9 to 31 cycles from a job to its first command, then the memory's, then 1 or 2 (0 for e)
// Throughput   : variable: 1 beat per cycle when the memory delivers one
// Back-pressure: registered job_ready, 16 jobs are taken ahead for each stream; r_ready follows e_ready combinationally while
//                rows arrive, else it waits for nothing.
// Golden       : golden.mamba2.accel.image.weights
// Test         : tests/rtl/test_m2_fetch.py
//
// Why: four generators with a copy of the jobs each, so that one stream's full queue never keeps another from reading ahead.

`default_nettype none
`include "checks.vh"

module m2_fetch #(
    parameter WIDE_W     = 512,  // width of a wide beat [bits], a power of two >= 64
    parameter PORT_BYTES = 32,   // bytes that a wide beat takes of each port, a power of two >= 2
    parameter W_DEPTH    = 256,  // beats of w read ahead, a power of two
    parameter P_DEPTH    = 32,   // beats of p read ahead, a power of two
    parameter S_DEPTH    = 64,   // beats of s read ahead, a power of two
    parameter SLICE      = 16    // most beats of a read of w, 1..W_DEPTH
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              clear,          // a run begins
    input  wire [      63:0] c_w_off,
    input  wire [      63:0] c_p_off,
    input  wire [      63:0] c_s_off,
    input  wire [      63:0] c_e_off,
    input  wire [      63:0] c_tok_off,
    input  wire [      31:0] c_w_in,
    input  wire [      31:0] c_w_out,
    input  wire [      31:0] c_w_head,
    input  wire [      31:0] c_p_in,
    input  wire [      31:0] c_p_out,
    input  wire [      31:0] c_p_head,
    input  wire [       7:0] c_layers,
    input  wire [       7:0] c_mem_first,
    input  wire [      15:0] c_chunks,
    input  wire [      15:0] c_chunk_beats,
    input  wire [      15:0] c_row_beats,
    input  wire [      31:0] c_vocab,
    input  wire              job_valid,
    output wire              job_ready,
    input  wire [      31:0] job_data,
    input  wire              go_valid,       // rows of one more EMBED job may come
    output wire              go_ready,
    input  wire              tok_valid,
    output wire              tok_ready,
    input  wire [      31:0] tok_data,
    input  wire              chunk_written,
    output wire              bad_token,
    output wire              rd_cmd_valid,
    input  wire              rd_cmd_ready,
    output wire [      63:0] rd_cmd_offset,
    output wire [      31:0] rd_cmd_beats,
    input  wire              r_valid,
    output wire              r_ready,
    input  wire [WIDE_W-1:0] r_data,
    output wire              w_valid,
    input  wire              w_ready,
    output wire [WIDE_W-1:0] w_data,
    output wire              p_valid,
    input  wire              p_ready,
    output wire [WIDE_W-1:0] p_data,
    output wire              s_valid,
    input  wire              s_ready,
    output wire [WIDE_W-1:0] s_data,
    output wire              e_valid,
    input  wire              e_ready,
    output wire [WIDE_W-1:0] e_data
);

  localparam N = 4;
  localparam W = 0;
  localparam P = 1;
  localparam S = 2;
  localparam E = 3;
  localparam LIST = 4;
  localparam JOBS = 16;

  // ---- a copy of the jobs for each generator
  wire [  N-1:0] next_valid;
  wire [  N-1:0] next_ready;
  wire [N*32-1:0] next_job;

  strm_copies #(
      .DATA_W(32),
      .N     (N),
      .DEPTH (JOBS)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid),
      .s_ready(job_ready),
      .s_data (job_data),
      .m_valid(next_valid),
      .m_ready(next_ready),
      .m_data (next_job)
  );

  // ---- runs of memory, and reads
  wire [   2:0] run_valid;
  wire [   2:0] run_ready;
  wire [  63:0] run_offset[0:2];
  wire [  31:0] run_beats[0:2];
  wire [ N-1:0] want;
  wire [ N-1:0] grant;
  wire [  63:0] want_offset[0:N-1];
  wire [  15:0] want_beats[0:N-1];
  wire          want_list;
  wire [LIST:0] arrive;             // a beat arrives, by stream

  m2_fetch_section #(
      .PORT_BYTES(PORT_BYTES)
  ) u_w (
      .clk      (clk),
      .rst      (rst),
      .c_off    (c_w_off),
      .c_in     (c_w_in),
      .c_out    (c_w_out),
      .c_head   (c_w_head),
      .c_layers (c_layers),
      .job_valid(next_valid[W]),
      .job_ready(next_ready[W]),
      .job_data (next_job[W*32+:32]),
      .m_valid  (run_valid[W]),
      .m_ready  (run_ready[W]),
      .m_offset (run_offset[W]),
      .m_beats  (run_beats[W])
  );

  m2_fetch_section #(
      .PORT_BYTES(PORT_BYTES)
  ) u_p (
      .clk      (clk),
      .rst      (rst),
      .c_off    (c_p_off),
      .c_in     (c_p_in),
      .c_out    (c_p_out),
      .c_head   (c_p_head),
      .c_layers (c_layers),
      .job_valid(next_valid[P]),
      .job_ready(next_ready[P]),
      .job_data (next_job[P*32+:32]),
      .m_valid  (run_valid[P]),
      .m_ready  (run_ready[P]),
      .m_offset (run_offset[P]),
      .m_beats  (run_beats[P])
  );

  m2_fetch_state #(
      .PORT_BYTES(PORT_BYTES)
  ) u_s (
      .clk          (clk),
      .rst          (rst),
      .clear        (clear),
      .c_off        (c_s_off),
      .c_mem_first  (c_mem_first),
      .c_chunks     (c_chunks),
      .c_chunk_beats(c_chunk_beats),
      .job_valid    (next_valid[S]),
      .job_ready    (next_ready[S]),
      .job_data     (next_job[S*32+:32]),
      .chunk_written(chunk_written),
      .m_valid      (run_valid[S]),
      .m_ready      (run_ready[S]),
      .m_offset     (run_offset[S]),
      .m_beats      (run_beats[S])
  );

  m2_fetch_rows #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES)
  ) u_e (
      .clk        (clk),
      .rst        (rst),
      .clear      (clear),
      .c_e_off    (c_e_off),
      .c_tok_off  (c_tok_off),
      .c_row_beats(c_row_beats),
      .c_vocab    (c_vocab),
      .job_valid  (next_valid[E]),
      .job_ready  (next_ready[E]),
      .job_data   (next_job[E*32+:32]),
      .go_valid   (go_valid),
      .go_ready   (go_ready),
      .tok_valid  (tok_valid),
      .tok_ready  (tok_ready),
      .tok_data   (tok_data),
      .cmd_valid  (want[E]),
      .cmd_ready  (grant[E]),
      .cmd_list   (want_list),
      .cmd_offset (want_offset[E]),
      .cmd_beats  (want_beats[E]),
      .list_valid (arrive[LIST]),
      .list_data  (r_data),
      .bad_token  (bad_token)
  );

  wire [       2:0] queue_valid;
  wire [       2:0] queue_ready = {s_ready, p_ready, w_ready};
  wire [WIDE_W-1:0] queue_data[0:2];

  assign {s_valid, p_valid, w_valid} = queue_valid;
  assign w_data = queue_data[W];
  assign p_data = queue_data[P];
  assign s_data = queue_data[S];

  genvar i;
  generate
    for (i = 0; i < 3; i = i + 1) begin : g_slices
      localparam DEPTH = (i == W) ? W_DEPTH : (i == P) ? P_DEPTH : S_DEPTH;

      m2_fetch_slices #(
          .DATA_W    (WIDE_W),
          .DEPTH     (DEPTH),
          .SLICE     (i == W ? SLICE : DEPTH / 2),
          .PORT_BYTES(PORT_BYTES)
      ) u_slices (
          .clk       (clk),
          .rst       (rst),
          .s_valid   (run_valid[i]),
          .s_ready   (run_ready[i]),
          .s_offset  (run_offset[i]),
          .s_beats   (run_beats[i]),
          .cmd_valid (want[i]),
          .cmd_ready (grant[i]),
          .cmd_offset(want_offset[i]),
          .cmd_beats (want_beats[i]),
          .d_valid   (arrive[i]),
          .d_data    (r_data),
          .m_valid   (queue_valid[i]),
          .m_ready   (queue_ready[i]),
          .m_data    (queue_data[i])
      );
    end
  endgenerate

  // ---- one read a cycle, picked by a register, with a tag for the way back
  localparam TAG_W = LIST + 1 + 16;

  reg  [  N-1:0] pick_q;  // the read that is ordered next, one bit
  wire [  N-1:0] others = want & ~pick_q;
  wire [  N-1:0] best = others[S] ? 4'd1 << S : others[P] ? 4'd1 << P : others[E] ? 4'd1 << E : others;
  wire           picked = pick_q != {N{1'b0}};
  wire           cmd_ready;
  wire           tag_ready;
  wire           free = cmd_ready && tag_ready;
  wire [   63:0] pick_offset;
  wire [   15:0] pick_beats;
  wire [ LIST:0] pick_to = {pick_q[E] && want_list, pick_q[E] && !want_list, pick_q[S], pick_q[P], pick_q[W]};

  assign grant       = pick_q & {N{free}};
  assign pick_offset = (want_offset[W] & {64{pick_q[W]}}) | (want_offset[P] & {64{pick_q[P]}}) |
      (want_offset[S] & {64{pick_q[S]}}) | (want_offset[E] & {64{pick_q[E]}});
  assign pick_beats = (want_beats[W] & {16{pick_q[W]}}) | (want_beats[P] & {16{pick_q[P]}}) |
      (want_beats[S] & {16{pick_q[S]}}) | (want_beats[E] & {16{pick_q[E]}});

  always @(posedge clk) begin
    if (rst) pick_q <= {N{1'b0}};
    else if (free || !picked) pick_q <= best;
  end

  strm_skid #(
      .DATA_W(64 + 16)
  ) u_cmd (
      .clk    (clk),
      .rst    (rst),
      .s_valid(picked && tag_ready),
      .s_ready(cmd_ready),
      .s_data ({pick_offset, pick_beats}),
      .m_valid(rd_cmd_valid),
      .m_ready(rd_cmd_ready),
      .m_data ({rd_cmd_offset, rd_cmd_beats[15:0]})
  );

  assign rd_cmd_beats[31:16] = 16'd0;

  wire          tag_valid;
  wire          tag_take;
  wire [LIST:0] tag_to;
  wire [  15:0] tag_beats;
  wire [   5:0] unused_tag_level;

  strm_fifo #(
      .DATA_W(TAG_W),
      .DEPTH (32)
  ) u_tag (
      .clk    (clk),
      .rst    (rst),
      .s_valid(picked && cmd_ready),
      .s_ready(tag_ready),
      .s_data ({pick_to, pick_beats}),
      .m_valid(tag_valid),
      .m_ready(tag_take),
      .m_data ({tag_to, tag_beats}),
      .level  (unused_tag_level)
  );

  // ---- beats come back in the order of the reads
  reg  [LIST:0] to_q;    // one bit for the stream of the read at hand, none between reads
  reg  [  15:0] left_q;  // beats after this one
  reg           last_q;
  wire          move = r_valid && r_ready;

  assign r_ready  = to_q != {LIST + 1{1'b0}} && (!to_q[E] || e_ready);
  assign tag_take = to_q == {LIST + 1{1'b0}} || (move && last_q);
  assign arrive   = to_q & {LIST + 1{r_valid}};
  assign e_valid  = arrive[E];
  assign e_data   = r_data;

  always @(posedge clk) begin
    if (rst) to_q <= {LIST + 1{1'b0}};
    else if (tag_take) to_q <= tag_to & {LIST + 1{tag_valid}};
  end

  always @(posedge clk) begin
    if (tag_take) begin
      left_q <= tag_beats - 16'd1;
      last_q <= tag_beats == 16'd1;
    end else if (move) begin
      left_q <= left_q - 16'd1;
      last_q <= left_q == 16'd1;
    end
  end

  `CHECK_STREAM(rd_cmd_valid, rd_cmd_ready, {rd_cmd_offset, rd_cmd_beats})
  `CHECK_STREAM(e_valid, e_ready, e_data)

  generate
    if (P_DEPTH < 2 || S_DEPTH < 2) begin : g_bad_depth
      m2_fetch_P_DEPTH_and_S_DEPTH_must_be_2_or_more u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
