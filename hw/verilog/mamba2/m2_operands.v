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
  wire [3*T_A-1:0] put_token;
  wire [     47:0] put_word;
  wire [     23:0] put_jobs;  // jobs that are complete, counted on
  reg  [      7:0] op_jobs_q;  // jobs that the reader has left
  reg  [      7:0] db_jobs_q;  // jobs whose dB is made

  assign {c_ready, b_ready, dt_ready} = put_ready;

  generate
    for (i = 0; i < 3; i = i + 1) begin : g_put
      reg  [     7:0] jobs_q;
      reg  [    15:0] word_q;
      reg  [ T_A-1:0] token_q;
      wire [     7:0] ahead = jobs_q - op_jobs_q;
      wire            token_end = token_q == walk_last[i*T_A+:T_A];
      wire            job_end = token_end && word_q == put_count[i*16+:16] - 16'd1;

      assign put_ready[i]           = walk_valid[i] && ahead < 8'd2;
      assign put[i]                 = put_valid[i] && put_ready[i];
      assign put_half[i]            = jobs_q[0];
      assign put_token[i*T_A+:T_A]  = token_q;
      assign put_word[i*16+:16]     = word_q;
      assign put_jobs[i*8+:8]       = jobs_q;
      assign walk_ready[i]          = put[i] && job_end;

      always @(posedge clk) begin
        if (rst) begin
          jobs_q  <= 8'd0;
          word_q  <= 16'd0;
          token_q <= {T_A{1'b0}};
        end else if (put[i]) begin
          token_q <= token_end ? {T_A{1'b0}} : token_q + 1'b1;
          if (token_end) word_q <= job_end ? 16'd0 : word_q + 16'd1;
          if (job_end) jobs_q <= jobs_q + 8'd1;
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
  wire               db_there;
  wire               db_done = walk_valid[DB] && walk_ready[DB];
  reg  [        7:0] group_q;      // groups of heads that the reader has left, counted on
  wire               group_left;
  wire               issue;
  wire [BANKS*X_W-1:0] db;

  always @(posedge clk) begin
    if (rst) db_jobs_q <= 8'd0;
    else if (db_done) db_jobs_q <= db_jobs_q + 8'd1;
  end

  mem_sdp #(
      .DATA_W(X_W),
      .DEPTH (2 << (HG_A + T_A))
  ) u_dt (
      .clk    (clk),
      .wr_en  (put[DT]),
      .wr_addr({put_half[DT], put_word[DT*16+:HG_A], put_token[DT*T_A+:T_A]}),
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
      .wr_addr({put_half[B], put_token[B*T_A+:T_A], put_word[B*16+:BW_A]}),
      .wr_data(b_data),
      .rd_en  (1'b1),
      .rd_addr({db_jobs_q[0], db_rd_token, db_rd_b}),
      .rd_data(db_b)
  );

  // ---- the reader's loops
  reg  [     15:0] head_q;
  reg  [    T_A-1:0] token_q;
  reg  [     15:0] ct_q;
  reg  [     15:0] nt_q;       // group of state tiles
  reg  [     15:0] share_q;    // (head group) * c_groups modulo c_hg
  reg  [CW_A-1:0] c_base_q;
  wire [     15:0] n_words = c_n8 >> TILE_A;
  wire [  T_A-1:0] last_token = walk_last[OP*T_A+:T_A];
  wire             nt_end = nt_q == n_words - 16'd1;
  wire             ct_end = ct_q == c_p8 - 16'd1;
  wire             token_end = token_q == last_token;
  wire             head_end = nt_end && ct_end && token_end;
  wire             job_end = head_end && head_q == c_heads - 16'd1;
  wire [     15:0] next_share = share_q + c_groups;
  wire             share_wraps = next_share >= c_hg;

  assign group_left     = issue && head_end && (head_q[2:0] == 3'd7 || job_end);
  assign walk_ready[OP] = issue && job_end;

  always @(posedge clk) begin
    if (rst) begin
      head_q  <= 16'd0;
      token_q <= {T_A{1'b0}};
      ct_q    <= 16'd0;
      nt_q    <= 16'd0;
    end else if (issue) begin
      nt_q <= nt_end ? 16'd0 : nt_q + 16'd1;
      if (nt_end) ct_q <= ct_end ? 16'd0 : ct_q + 16'd1;
      if (nt_end && ct_end) token_q <= token_end ? {T_A{1'b0}} : token_q + 1'b1;
      if (head_end) head_q <= job_end ? 16'd0 : head_q + 16'd1;
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      share_q  <= 16'd0;
      c_base_q <= {CW_A{1'b0}};
    end else if (issue && job_end) begin
      share_q  <= 16'd0;
      c_base_q <= {CW_A{1'b0}};
    end else if (group_left) begin
      share_q <= share_wraps ? next_share - c_hg : next_share;
      if (share_wraps) c_base_q <= c_base_q + n_words[CW_A-1:0];
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      group_q   <= 8'd0;
      op_jobs_q <= 8'd0;
    end else begin
      group_q   <= group_q + {7'd0, group_left};
      op_jobs_q <= op_jobs_q + {7'd0, issue && job_end};
    end
  end

  // ---- x and z: rings of heads; words are counted on, so that a word is there once as many have come
  wire [1:0] ring_valid = {z_valid, xq_valid};
  wire [1:0] ring_ready;
  wire [1:0] ring_there;
  wire [2*X_W-1:0] ring_in = {z_data, xq_data};
  wire [2*X_W-1:0] ring_out;
  reg  [RING_A:0] left_q;        // heads that the reader has left, counted on
  reg  [COUNT_W-1:0] place_q;    // words in front of the reader's head, counted on
  reg  [COUNT_W-1:0] ct_place_q; // ct * tokens
  wire [COUNT_W-1:0] tokens = {{COUNT_W - T_A{1'b0}}, last_token} + {{COUNT_W - 1{1'b0}}, 1'b1};
  wire [COUNT_W-1:0] wanted = place_q + ct_place_q + {{COUNT_W - T_A{1'b0}}, token_q};

  assign {z_ready, xq_ready} = ring_ready;

  always @(posedge clk) begin
    if (rst) begin
      left_q     <= {RING_A + 1{1'b0}};
      place_q    <= {COUNT_W{1'b0}};
      ct_place_q <= {COUNT_W{1'b0}};
    end else if (issue && nt_end) begin
      ct_place_q <= ct_end ? {COUNT_W{1'b0}} : ct_place_q + tokens;
      if (head_end) begin
        left_q  <= left_q + 1'b1;
        place_q <= place_q + ct_place_q + tokens;
      end
    end
  end

  generate
    for (i = 0; i < 2; i = i + 1) begin : g_ring
      reg  [     15:0] head_in_q;  // in the job
      reg  [RING_A:0] head_no_q;  // counted on
      reg  [     15:0] ct_in_q;
      reg  [  T_A-1:0] token_in_q;
      reg  [COUNT_W-1:0] count_q;
      wire [RING_A:0] ahead = head_no_q - left_q;
      wire [COUNT_W-1:0] distance = count_q - wanted;
      wire in_token_end = token_in_q == walk_last[(XQ+i)*T_A+:T_A];
      wire in_head_end = in_token_end && ct_in_q == c_p8 - 16'd1;
      wire in_job_end = in_head_end && head_in_q == c_heads - 16'd1;
      wire take = ring_valid[i] && ring_ready[i];

      assign ring_ready[i]      = walk_valid[XQ+i] && !ahead[RING_A];
      assign ring_there[i]      = !distance[COUNT_W-1] && distance != {COUNT_W{1'b0}};
      assign walk_ready[XQ+i]   = take && in_job_end;

      always @(posedge clk) begin
        if (rst) begin
          head_in_q  <= 16'd0;
          head_no_q  <= {RING_A + 1{1'b0}};
          ct_in_q    <= 16'd0;
          token_in_q <= {T_A{1'b0}};
          count_q    <= {COUNT_W{1'b0}};
        end else if (take) begin
          count_q    <= count_q + 1'b1;
          token_in_q <= in_token_end ? {T_A{1'b0}} : token_in_q + 1'b1;
          if (in_token_end) ct_in_q <= in_head_end ? 16'd0 : ct_in_q + 16'd1;
          if (in_head_end) begin
            head_no_q <= head_no_q + 1'b1;
            head_in_q <= in_job_end ? 16'd0 : head_in_q + 16'd1;
          end
        end
      end

      mem_sdp #(
          .DATA_W(X_W),
          .DEPTH (1 << (RING_A + CT_A + T_A))
      ) u_mem (
          .clk    (clk),
          .wr_en  (take),
          .wr_addr({head_no_q[RING_A-1:0], ct_in_q[CT_A-1:0], token_in_q}),
          .wr_data(ring_in[i*X_W+:X_W]),
          .rd_en  (issue),
          .rd_addr({left_q[RING_A-1:0], ct_q[CT_A-1:0], token_q}),
          .rd_data(ring_out[i*X_W+:X_W])
      );
    end
  endgenerate

  // ---- issue: all of a beat's words are there, and a place at the exit
  reg  [3:0] places_q;
  wire       leaves = op_valid && op_ready;
  wire       c_there = put_jobs[C*8+:8] != op_jobs_q;

  assign issue = walk_valid[OP] && c_there && db_there && (&ring_there) && places_q != 4'd0;

  always @(posedge clk) begin
    if (rst) places_q <= CREDITS;
    else if (issue && !leaves) places_q <= places_q - 1'b1;
    else if (leaves && !issue) places_q <= places_q + 1'b1;
  end

  wire [    16*BITS+8:0] step;  // {D_s, D, decay_s, decay} of 8 heads
  wire [TILES*B_W-1:0] c_words;

  mem_sdp #(
      .DATA_W(16 * BITS + 9),
      .DEPTH (2 << (HG_A + T_A))
  ) u_step (
      .clk    (clk),
      .wr_en  (put[DT]),
      .wr_addr({put_half[DT], put_word[DT*16+:HG_A], put_token[DT*T_A+:T_A]}),
      .wr_data(dt_data[DT_W-1:X_W]),
      .rd_en  (issue),
      .rd_addr({op_jobs_q[0], head_q[3+:HG_A], token_q}),
      .rd_data(step)
  );

  generate
    for (i = 0; i < TILES; i = i + 1) begin : g_c
      localparam [31:0] TILE = i;
      wire [31:0] word = {16'd0, put_word[C*16+:16]};

      mem_sdp #(
          .DATA_W(B_W),
          .DEPTH (2 << (CW_A + T_A))
      ) u_mem (
          .clk    (clk),
          .wr_en  (put[C] && (word & (TILES - 1)) == TILE),
          .wr_addr({put_half[C], put_token[C*T_A+:T_A], word[TILE_A+:CW_A]}),
          .wr_data(c_data),
          .rd_en  (issue),
          .rd_addr({op_jobs_q[0], token_q, c_base_q + nt_q[CW_A-1:0]}),
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
      .job_ready     (walk_ready[DB]),
      .job_last_token(walk_last[DB*T_A+:T_A]),
      .ready         (put_jobs[DT*8+:8] != db_jobs_q && put_jobs[B*8+:8] != db_jobs_q),
      .rd_group      (db_rd_group),
      .rd_token      (db_rd_token),
      .rd_b          (db_rd_b),
      .dt            (db_dt),
      .b             (db_b),
      .release_i     (group_left),
      .need          (group_q),
      .need_token    (token_q),
      .there         (db_there),
      .db_en         (issue),
      .db_token      (token_q),
      .db_half       (group_q[0]),
      .db_word       (nt_q[NW_A-1:0]),
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
    p1_flags_q <= {token_q == {T_A{1'b0}}, token_end, nt_end};
    p1_lane_q  <= head_q[2:0];
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

  wire unused_bits = &{1'b0, job_data, job_last, put_word};

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
