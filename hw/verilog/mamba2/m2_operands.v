// SPDX-License-Identifier: Apache-2.0
//
// m2_operands - what the recurrence needs beside its state, one beat for each step of a tile group.
//
// Function     : of each IN job, for each head h, token t, channel tile ct, group of TILES neighbouring state tiles (fastest):
//                {t_first, t_last, n_last, z, D, C, decay, x, dB}, z, x of (h, t, ct), D, decay of h, C, dB of the tiles' n.
// Format       : dt: (group of heads, token) {D_s, D, decay_s, decay, dt_s, dt}; b, c: (n / 8, token); xq, z: (head, ct, token),
//                the last fastest; each {shift, 8 numbers}. op from the top: flags, z_s (4), z, D_s (5), D, C_s, C, dA_s (4),
//                dA, x_s (4), x, dB_s, dB; a C_s for each tile, a dB_s for each state, first lowest.
// Latency      : variable: 4 cycles from a beat's x or z, if it comes last; N + 17 from the last of a job's dt and B to its
//                first beat
// Throughput   : 1; a beat behind the first group of heads waits for dB where that takes longer (m2_dt_b)
// Back-pressure: registered readies; takes dt, B and C of a job ahead, x and z of X_HEADS heads.
// Golden       : golden.mamba2.integer.block.scan
// Test         : tests/rtl/test_m2_operands.py
//
// Why: x and z come channel by channel, the recurrence goes token by token; a ring of whole heads turns the order and
// lets the matrix product run ahead.

`default_nettype none
`include "checks.vh"
`include "kr_m2_widths.vh"
`include "mamba2/m2_job.vh"

module m2_operands #(
    parameter PROFILE = 0,   // number of the integer profile
    parameter T_COLS  = 4,   // most tokens of a job, 1..256
    parameter TILES   = 1,   // tiles of 8 states in a beat, a power of two
    parameter H_MAX   = 16,  // most heads
    parameter N_MAX   = 64,  // most states, a multiple of 8 * TILES
    parameter P_MAX   = 64,  // most channels of a head
    parameter G_MAX   = 2,   // most state groups
    parameter X_HEADS = 8    // heads of x and z that are kept, a power of two >= 2
) (
    input  wire                                            clk,
    input  wire                                            rst,
    input  wire [                                    15:0] c_heads,
    input  wire [                                    15:0] c_hg,
    input  wire [                                    15:0] c_p8,
    input  wire [                                    15:0] c_n8,
    input  wire [                                    15:0] c_groups,
    input  wire [                                    15:0] c_bn8,
    input  wire                                            job_valid,
    output wire                                            job_ready,
    input  wire [                       `KR_M2_JOB_W-1:0] job_data,
    input  wire                                            dt_valid,
    output wire                                            dt_ready,
    input  wire [   24*`KR_M2_CFG_SSM_BITS(PROFILE)+12:0] dt_data,
    input  wire                                            b_valid,
    output wire                                            b_ready,
    input  wire [      8*`KR_M2_CFG_BC_BITS(PROFILE)+3:0] b_data,
    input  wire                                            c_valid,
    output wire                                            c_ready,
    input  wire [      8*`KR_M2_CFG_BC_BITS(PROFILE)+3:0] c_data,
    input  wire                                            xq_valid,
    output wire                                            xq_ready,
    input  wire [     8*`KR_M2_CFG_SSM_BITS(PROFILE)+3:0] xq_data,
    input  wire                                            z_valid,
    output wire                                            z_ready,
    input  wire [     8*`KR_M2_CFG_SSM_BITS(PROFILE)+3:0] z_data,
    output wire                                            op_valid,
    input  wire                                            op_ready,
    output wire [20+18*`KR_M2_CFG_SSM_BITS(PROFILE)+TILES*(36+8*`KR_M2_CFG_BC_BITS(PROFILE)+8*`KR_M2_CFG_SSM_BITS(PROFILE))-1:0] op_data
);

  localparam BITS = `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam BC_BITS = `KR_M2_CFG_BC_BITS(PROFILE);
  localparam X_W = 8 * BITS + 4;
  localparam B_W = 8 * BC_BITS + 4;
  localparam DT_W = 24 * BITS + 13;
  localparam OP_W = 20 + 18 * BITS + TILES * (36 + 8 * BC_BITS + 8 * BITS);
  localparam T_A = (T_COLS > 1) ? $clog2(T_COLS) : 1;
  localparam HG_A = (H_MAX > 8) ? $clog2((H_MAX + 7) / 8) : 1;
  localparam BW_A = (G_MAX * N_MAX > 8) ? $clog2(G_MAX * N_MAX / 8) : 1;
  localparam BANKS = 8 * TILES;
  localparam NW_A = $clog2((N_MAX / BANKS > 1) ? N_MAX / BANKS : 2);
  localparam TILE_A = (TILES > 1) ? $clog2(TILES) : 0;
  localparam CW_A = (G_MAX * N_MAX / BANKS > 1) ? $clog2(G_MAX * N_MAX / BANKS) : 1;
  localparam CT_A = (P_MAX > 8) ? $clog2(P_MAX / 8) : 1;
  localparam RING_A = $clog2(X_HEADS);
  localparam COUNT_W = RING_A + CT_A + T_A + 3;  // words of a ring, counted on, with room for a sign
  localparam PUT_A = (HG_A > BW_A) ? HG_A : BW_A;
  localparam HEAD_A = HG_A + 3;
  localparam CREDITS = 8;

  // ---- jobs: one queue for each of those who walk through them
  localparam WALKS = 7;
  localparam DT = 0;
  localparam B = 1;
  localparam C = 2;
  localparam XQ = 3;
  localparam DB = 5;
  localparam OP = 6;
  reg                 next_valid_q;  // an IN job waits for room in all queues
  reg  [     T_A-1:0] next_last_q;
  wire [         7:0] job_last = job_data[`KR_M2_JOB_LAST_TOKEN];
  wire                fork_ready;
  wire [   WALKS-1:0] fork_valid;
  wire [   WALKS-1:0] queue_ready;
  wire [     T_A-1:0] fork_data;
  wire [   WALKS-1:0] walk_valid;
  wire [   WALKS-1:0] walk_ready;
  wire [WALKS*T_A-1:0] walk_last;

  assign job_ready = !next_valid_q;

  always @(posedge clk) begin
    if (rst) next_valid_q <= 1'b0;
    else if (job_ready) next_valid_q <= job_valid && job_data[`KR_M2_JOB_KIND] == `KR_M2_KIND_IN;
    else if (fork_ready) next_valid_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (job_ready) next_last_q <= job_last[T_A-1:0];
  end

  strm_fork #(
      .DATA_W(T_A),
      .N     (WALKS)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(next_valid_q),
      .s_ready(fork_ready),
      .s_data (next_last_q),
      .m_valid(fork_valid),
      .m_ready(queue_ready),
      .m_data (fork_data)
  );

  genvar i;
  generate
    for (i = 0; i < WALKS; i = i + 1) begin : g_walk
      wire [2:0] unused_level;

      strm_fifo #(
          .DATA_W(T_A),
          .DEPTH (4)
      ) u_queue (
          .clk    (clk),
          .rst    (rst),
          .s_valid(fork_valid[i]),
          .s_ready(queue_ready[i]),
          .s_data (fork_data),
          .m_valid(walk_valid[i]),
          .m_ready(walk_ready[i]),
          .m_data (walk_last[i*T_A+:T_A]),
          .level  (unused_level)
      );
    end
  endgenerate

  // ---- dt, B, C: words of a job into the half that its number has
  wire [      2:0] put_valid = {c_valid, b_valid, dt_valid};
  wire [      2:0] put_ready;
  wire [     47:0] put_count = {c_bn8, c_bn8, c_hg};
  wire [      2:0] put;
  wire [      2:0] put_half;
  wire [      2:0] put_there;  // a job is complete and not left
  wire [3*T_A-1:0] put_token;
  wire [3*PUT_A-1:0] put_word;
  wire [      5:0] put_jobs;   // jobs that are complete, counted on: at most two more than were left
  reg  [      1:0] op_jobs_q;  // jobs that the reader has left
  reg  [      1:0] db_jobs_q;  // jobs whose dB is made
  wire             op_job_end;

  assign {c_ready, b_ready, dt_ready} = put_ready;

  generate
    for (i = 0; i < 3; i = i + 1) begin : g_put
      wire           here;
      wire           job_end;
      wire           complete = put[i] && job_end;
      wire           unused_token_end;
      wire           unused_row_end;
      wire           unused_outer;
      wire [  T_A:0] unused_tokens;
      reg  [    1:0] jobs_q;
      reg  [    1:0] held_q;  // jobs that are complete and not left

      assign put_ready[i]     = here && !held_q[1];
      assign put[i]           = put_valid[i] && put_ready[i];
      assign put_half[i]      = jobs_q[0];
      assign put_jobs[i*2+:2] = jobs_q;
      assign put_there[i]     = held_q != 2'd0;

      m2_words #(
          .T_A    (T_A),
          .INNER_W(PUT_A),
          .OUTER_W(1)
      ) u_words (
          .clk      (clk),
          .rst      (rst),
          .c_inner  (put_count[i*16+:16]),
          .c_outer  (16'd1),
          .job_valid(walk_valid[i]),
          .job_ready(walk_ready[i]),
          .job_data (walk_last[i*T_A+:T_A]),
          .valid    (here),
          .step     (put[i]),
          .token    (put_token[i*T_A+:T_A]),
          .token_end(unused_token_end),
          .inner    (put_word[i*PUT_A+:PUT_A]),
          .outer    (unused_outer),
          .row_end  (unused_row_end),
          .job_end  (job_end),
          .tokens   (unused_tokens)
      );

      always @(posedge clk) begin
        if (rst) begin
          jobs_q <= 2'd0;
          held_q <= 2'd0;
        end else begin
          if (complete) jobs_q <= jobs_q + 2'd1;
          if (complete != op_job_end) held_q <= complete ? held_q + 2'd1 : held_q - 2'd1;
        end
      end
    end
  endgenerate

  // ---- dB
  wire [   HG_A-1:0] db_rd_group;
  wire [    T_A-1:0] db_rd_token;
  wire [   BW_A-1:0] db_rd_b;
  wire [    X_W-1:0] db_dt;
  wire [    B_W-1:0] db_b;
  wire               row_made;    // of dB: a token of a group of heads
  wire               db_done;
  wire               group_left;
  wire               issue;
  wire [BANKS*X_W-1:0] db;

  always @(posedge clk) begin
    if (rst) db_jobs_q <= 2'd0;
    else if (db_done) db_jobs_q <= db_jobs_q + 2'd1;
  end

  assign walk_ready[DB] = db_done;

  mem_sdp #(
      .DATA_W(X_W),
      .DEPTH (2 << (HG_A + T_A))
  ) u_dt (
      .clk    (clk),
      .wr_en  (put[DT]),
      .wr_addr({put_half[DT], put_word[DT*PUT_A+:HG_A], put_token[DT*T_A+:T_A]}),
      .wr_data(dt_data[X_W-1:0]),
      .rd_en  (1'b1),
      .rd_addr({db_jobs_q[0], db_rd_group, db_rd_token}),
      .rd_data(db_dt)
  );

  mem_sdp #(
      .DATA_W(B_W),
      .DEPTH (2 << (BW_A + T_A))
  ) u_b (
      .clk    (clk),
      .wr_en  (put[B]),
      .wr_addr({put_half[B], put_token[B*T_A+:T_A], put_word[B*PUT_A+:BW_A]}),
      .wr_data(b_data),
      .rd_en  (1'b1),
      .rd_addr({db_jobs_q[0], db_rd_token, db_rd_b}),
      .rd_data(db_b)
  );

  // ---- the reader's loops: heads, tokens, channel tiles, groups of state tiles
  wire             op_here;
  wire [  T_A-1:0] token;
  wire             token_end;
  wire [HEAD_A-1:0] head;
  wire [ CT_A-1:0] ct;
  wire [ NW_A-1:0] nt;
  wire             ct_end;
  wire             nt_end;
  wire             tile_end = issue && nt_end && ct_end;
  wire             heads_end;
  wire             head_end = tile_end && token_end;
  wire             first_head = head[2:0] == 3'd0;  // of its group
  wire [    T_A:0] tokens;
  wire             unused_row_end;
  wire             unused_outer;
  reg  [     15:0] n_words_q;

  assign op_job_end = tile_end && heads_end;
  assign group_left = head_end && (head[2:0] == 3'd7 || heads_end);

  always @(posedge clk) n_words_q <= c_n8 >> TILE_A;

  m2_words #(
      .T_A    (T_A),
      .INNER_W(HEAD_A),
      .OUTER_W(1)
  ) u_heads (
      .clk      (clk),
      .rst      (rst),
      .c_inner  (c_heads),
      .c_outer  (16'd1),
      .job_valid(walk_valid[OP]),
      .job_ready(walk_ready[OP]),
      .job_data (walk_last[OP*T_A+:T_A]),
      .valid    (op_here),
      .step     (tile_end),
      .token    (token),
      .token_end(token_end),
      .inner    (head),
      .outer    (unused_outer),
      .row_end  (unused_row_end),
      .job_end  (heads_end),
      .tokens   (tokens)
  );

  m2_count #(
      .W(CT_A)
  ) u_ct (
      .clk  (clk),
      .rst  (rst),
      .limit(c_p8),
      .step (issue && nt_end),
      .value(ct),
      .last (ct_end)
  );

  m2_count #(
      .W(NW_A)
  ) u_nt (
      .clk  (clk),
      .rst  (rst),
      .limit(n_words_q),
      .step (issue),
      .value(nt),
      .last (nt_end)
  );

  // The state group of a group of heads: (group of heads) * c_groups / c_hg, by its remainder; two cycles after a group of
  // heads its successor's is known, and a group in the middle of a job has eight beats or more.
  reg  [     15:0] share_q;   // (group of heads) * c_groups modulo c_hg
  reg  [     15:0] sum_q;     // share_q + c_groups
  reg  [     15:0] excess_q;  // that less c_hg
  reg  [CW_A-1:0] c_base_q;

  always @(posedge clk) begin
    sum_q    <= share_q + c_groups;
    excess_q <= sum_q - c_hg;
  end

  always @(posedge clk) begin
    if (rst || op_job_end) begin
      share_q  <= 16'd0;
      c_base_q <= {CW_A{1'b0}};
    end else if (group_left) begin
      share_q <= excess_q[15] ? sum_q : excess_q;
      if (!excess_q[15]) c_base_q <= c_base_q + n_words_q[CW_A-1:0];
    end
  end

  always @(posedge clk) begin
    if (rst) op_jobs_q <= 2'd0;
    else if (op_job_end) op_jobs_q <= op_jobs_q + 2'd1;
  end

  // ---- x and z: rings of heads; words are counted on, so that a word is there once as many have come
  wire [1:0] ring_valid = {z_valid, xq_valid};
  wire [1:0] ring_ready;
  wire [1:0] ring_there;
  wire [2*X_W-1:0] ring_in = {z_data, xq_data};
  wire [2*X_W-1:0] ring_out;
  reg  [RING_A-1:0] left_q;     // heads that the reader has left, counted on
  reg  [COUNT_W-1:0] wanted_q;  // words that have come with the one that the reader is at
  reg  [COUNT_W-1:0] row_q;     // with the first one of its token
  wire [COUNT_W-1:0] past = (ct_end && !token_end ? row_q : wanted_q)
                          + (ct_end ? {{COUNT_W - 1{1'b0}}, 1'b1} : {{COUNT_W - T_A - 1{1'b0}}, tokens});

  assign {z_ready, xq_ready} = ring_ready;

  always @(posedge clk) begin
    if (rst) begin
      left_q   <= {RING_A{1'b0}};
      wanted_q <= {{COUNT_W - 1{1'b0}}, 1'b1};
      row_q    <= {{COUNT_W - 1{1'b0}}, 1'b1};
    end else if (issue && nt_end) begin
      wanted_q <= past;
      if (ct_end) row_q <= past;
      if (head_end) left_q <= left_q + 1'b1;
    end
  end

  generate
    for (i = 0; i < 2; i = i + 1) begin : g_ring
      wire                 here;
      wire [    T_A-1:0]   token_in;
      wire [   CT_A-1:0]   ct_in;
      wire                 head_in;
      wire                 take = ring_valid[i] && ring_ready[i];
      wire                 unused_token_end;
      wire                 unused_job_end;
      wire [ HEAD_A-1:0]   unused_head;
      wire [      T_A:0]   unused_tokens;
      reg  [RING_A-1:0]    head_no_q;  // counted on
      reg  [   RING_A:0]   held_q;     // heads that are complete and not left
      reg  [COUNT_W-1:0]   count_q;
      wire [COUNT_W-1:0]   distance = count_q - wanted_q;
      wire                 complete = take && head_in;

      assign ring_ready[i] = here && !held_q[RING_A];
      assign ring_there[i] = !distance[COUNT_W-1];

      m2_words #(
          .T_A    (T_A),
          .INNER_W(CT_A),
          .OUTER_W(HEAD_A)
      ) u_words (
          .clk      (clk),
          .rst      (rst),
          .c_inner  (c_p8),
          .c_outer  (c_heads),
          .job_valid(walk_valid[XQ+i]),
          .job_ready(walk_ready[XQ+i]),
          .job_data (walk_last[(XQ+i)*T_A+:T_A]),
          .valid    (here),
          .step     (take),
          .token    (token_in),
          .token_end(unused_token_end),
          .inner    (ct_in),
          .outer    (unused_head),
          .row_end  (head_in),
          .job_end  (unused_job_end),
          .tokens   (unused_tokens)
      );

      always @(posedge clk) begin
        if (rst) begin
          head_no_q <= {RING_A{1'b0}};
          held_q    <= {RING_A + 1{1'b0}};
          count_q   <= {COUNT_W{1'b0}};
        end else begin
          if (complete) head_no_q <= head_no_q + 1'b1;
          if (complete != head_end) held_q <= complete ? held_q + 1'b1 : held_q - 1'b1;
          if (take) count_q <= count_q + 1'b1;
        end
      end

      mem_sdp #(
          .DATA_W(X_W),
          .DEPTH (1 << (RING_A + CT_A + T_A))
      ) u_mem (
          .clk    (clk),
          .wr_en  (take),
          .wr_addr({head_no_q, ct_in, token_in}),
          .wr_data(ring_in[i*X_W+:X_W]),
          .rd_en  (issue),
          .rd_addr({left_q, ct, token}),
          .rd_data(ring_out[i*X_W+:X_W])
      );
    end
  endgenerate

  // ---- issue: all of a beat's words are there, and a place at the exit
  // The first head of a group may follow dB's tokens as they are made; behind it all of them are.
  reg  [T_A+1:0] rows_q;      // made, and not left by a first head
  reg            row_here_q;  // rows_q is not 0
  wire           row_left = tile_end && first_head;
  wire           db_there = !first_head || row_here_q;

  always @(posedge clk) begin
    if (rst) rows_q <= {T_A + 2{1'b0}};
    else if (row_made != row_left) rows_q <= row_made ? rows_q + 1'b1 : rows_q - 1'b1;
  end

  always @(posedge clk) begin
    if (rst) row_here_q <= 1'b0;
    else row_here_q <= row_made || (row_left ? |rows_q[T_A+1:1] : row_here_q);
  end

  reg  [3:0] inside_q;  // beats that have a place
  reg        leave_q;  // one left in the cycle before

  assign issue = op_here && put_there[C] && db_there && (&ring_there) && !inside_q[3];

  always @(posedge clk) begin
    if (rst) leave_q <= 1'b0;
    else leave_q <= op_valid && op_ready;
  end

  always @(posedge clk) begin
    if (rst) inside_q <= 4'd0;
    else if (issue != leave_q) inside_q <= leave_q ? inside_q - 1'b1 : inside_q + 1'b1;
  end

  wire [    16*BITS+8:0] step;  // {D_s, D, decay_s, decay} of 8 heads
  wire [TILES*B_W-1:0] c_words;
  wire [   CW_A-1:0] c_word = c_base_q + nt_wide[CW_A-1:0];
  wire [   CW_A+NW_A-1:0] nt_wide = {{CW_A{1'b0}}, nt};

  mem_sdp #(
      .DATA_W(16 * BITS + 9),
      .DEPTH (2 << (HG_A + T_A))
  ) u_step (
      .clk    (clk),
      .wr_en  (put[DT]),
      .wr_addr({put_half[DT], put_word[DT*PUT_A+:HG_A], put_token[DT*T_A+:T_A]}),
      .wr_data(dt_data[DT_W-1:X_W]),
      .rd_en  (issue),
      .rd_addr({op_jobs_q[0], head[3+:HG_A], token}),
      .rd_data(step)
  );

  generate
    for (i = 0; i < TILES; i = i + 1) begin : g_c
      localparam [31:0] TILE = i;
      wire [31:0] word = {{32 - PUT_A{1'b0}}, put_word[C*PUT_A+:PUT_A]};

      mem_sdp #(
          .DATA_W(B_W),
          .DEPTH (2 << (CW_A + T_A))
      ) u_mem (
          .clk    (clk),
          .wr_en  (put[C] && (word & (TILES - 1)) == TILE),
          .wr_addr({put_half[C], put_token[C*T_A+:T_A], word[TILE_A+:CW_A]}),
          .wr_data(c_data),
          .rd_en  (issue),
          .rd_addr({op_jobs_q[0], token, c_word}),
          .rd_data(c_words[i*B_W+:B_W])
      );
    end
  endgenerate

  m2_dt_b #(
      .PROFILE(PROFILE),
      .N_MAX  (N_MAX),
      .BANKS  (BANKS),
      .T_A    (T_A),
      .HG_A   (HG_A),
      .BW_A   (BW_A)
  ) u_dt_b (
      .clk           (clk),
      .rst           (rst),
      .c_hg          (c_hg),
      .c_n8          (c_n8),
      .c_groups      (c_groups),
      .job_valid     (walk_valid[DB]),
      .job_ready     (db_done),
      .job_last_token(walk_last[DB*T_A+:T_A]),
      .ready         (put_jobs[DT*2+:2] != db_jobs_q && put_jobs[B*2+:2] != db_jobs_q),
      .rd_group      (db_rd_group),
      .rd_token      (db_rd_token),
      .rd_b          (db_rd_b),
      .dt            (db_dt),
      .b             (db_b),
      .release_i     (group_left),
      .row_made      (row_made),
      .db_en         (issue),
      .db_token      (token),
      .db_word       (nt),
      .db            (db)
  );

  // ---- p1: words; p2: the head's lanes; then the exit
  reg              p1_valid_q;
  reg  [      2:0] p1_flags_q;
  reg  [      2:0] p1_lane_q;
  reg              p2_valid_q;
  reg  [ OP_W-1:0] p2_q;
  wire [BANKS*BITS-1:0] lane_db;
  wire [ BANKS*4-1:0] lane_db_s;
  wire [TILES*8*BC_BITS-1:0] lane_c;
  wire [ TILES*4-1:0] lane_c_s;
  wire [     BITS-1:0] lane_d = step[8*BITS+4+p1_lane_q*BITS+:BITS];
  wire [     BITS-1:0] lane_decay = step[p1_lane_q*BITS+:BITS];

  always @(posedge clk) begin
    if (rst) begin
      p1_valid_q <= 1'b0;
      p2_valid_q <= 1'b0;
    end else begin
      p1_valid_q <= issue;
      p2_valid_q <= p1_valid_q;
    end
  end

  generate
    for (i = 0; i < BANKS; i = i + 1) begin : g_lane
      assign lane_db[i*BITS+:BITS] = db[i*X_W+p1_lane_q*BITS+:BITS];
      assign lane_db_s[i*4+:4]     = db[i*X_W+8*BITS+:4];
    end

    for (i = 0; i < TILES; i = i + 1) begin : g_lane_c
      assign lane_c[i*8*BC_BITS+:8*BC_BITS] = c_words[i*B_W+:8*BC_BITS];
      assign lane_c_s[i*4+:4]               = c_words[i*B_W+8*BC_BITS+:4];
    end
  endgenerate

  always @(posedge clk) begin
    p1_flags_q <= {token == {T_A{1'b0}}, token_end, nt_end};
    p1_lane_q  <= head[2:0];
    p2_q <= {
      p1_flags_q,
      ring_out[X_W+8*BITS+:4],
      ring_out[X_W+:8*BITS],
      step[16*BITS+4+:5],
      lane_d,
      lane_c_s,
      lane_c,
      step[8*BITS+:4],
      lane_decay,
      ring_out[8*BITS+:4],
      ring_out[0+:8*BITS],
      lane_db_s,
      lane_db
    };
  end

  wire       exit_ready;
  wire [3:0] unused_level;

  strm_fifo #(
      .DATA_W(OP_W),
      .DEPTH (CREDITS)
  ) u_exit (
      .clk    (clk),
      .rst    (rst),
      .s_valid(p2_valid_q),
      .s_ready(exit_ready),
      .s_data (p2_q),
      .m_valid(op_valid),
      .m_ready(op_ready),
      .m_data (op_data),
      .level  (unused_level)
  );

  wire unused_bits = &{1'b0, job_data, job_last, put_word, put_jobs, nt_wide};

  generate
    if (TILES < 1 || (TILES & (TILES - 1)) != 0 || N_MAX % BANKS != 0) begin : g_bad_tiles
      m2_operands_TILES_must_be_a_power_of_two_and_N_MAX_a_multiple_of_8_TILES u_error ();
    end
    if (X_HEADS < 2 || (X_HEADS & (X_HEADS - 1)) != 0) begin : g_bad_x_heads
      m2_operands_X_HEADS_must_be_a_power_of_two_from_2_on u_error ();
    end
    if (T_COLS < 1 || T_COLS > 256) begin : g_bad_t_cols
      m2_operands_T_COLS_must_be_1_to_256 u_error ();
    end
  endgenerate

  `CHECK(!job_valid || job_data[`KR_M2_JOB_KIND] != `KR_M2_KIND_IN || {24'd0, job_last} < T_COLS,
         "a job of more than T_COLS tokens")
  `CHECK(!p2_valid_q || exit_ready, "a beat has no place at the exit")

endmodule

`default_nettype wire
