// SPDX-License-Identifier: Apache-2.0
//
// tern_rope - rotary embedding of queries and keys, by halves; what a linear layer gives by rows leaves by heads.
//
// Function     : of a head's value i and its pair j = i + P/2, i < P/2: y[i] = round((x[i] * cos[i] - x[j] * sin[i]) / 2^10),
//                y[j] = round((x[j] * cos[i] + x[i] * sin[i]) / 2^10); of a job without `turn` y = 16 x. Each head comes as
//                groups of 8 rows, of each all tokens; it leaves token by token.
// Format       : job_data {heads less 1 (8 bits), slot, fresh, turn, last token (8 bits)}; s_data 8 sums of signed 21 bits;
//                a_data {8 sin, 8 cos} of signed 16 bits, Q1.14, for each token of a fresh job the P/16 of its position,
//                which stay in the job's slot; m_data {last beat of a token's head, 8 y of signed 25 bits, Q.4, rounded half
//                up; it must fit}; first lowest. c_pairs = P / 16 holds still during a run.
// Latency      : 8; from the last beat of a head of all tokens to its first, when its rows of a are there
// Throughput   : 1
// Back-pressure: registered ready; s is taken while one of two heads of all tokens is free.
// Golden       : golden.ternary.integer.functions.rotate
// Test         : tests/rtl/test_tern_rope.py
//
// Why: a head's two halves lie in a memory each, so both values of a pair are read at once and heads leave in their own order.
// Angles come once for a chunk of tokens and stay for all layers: of a chunk's first job they are read in while its first
// head comes.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_rope #(
    parameter P_MAX  = 128,  // widest head, a power of two, 32..256
    parameter T_COLS = 4,    // most tokens of a job, a power of two, 1..256
    parameter SLOTS  = 1     // chunks of tokens whose angles are kept, 1 or 2
) (
    input  wire                             clk,
    input  wire                             rst,
    input  wire [                      4:0] c_pairs,
    input  wire                             job_valid,
    output wire                             job_ready,
    input  wire [                     18:0] job_data,
    input  wire                             a_valid,
    output wire                             a_ready,
    input  wire [                    255:0] a_data,
    input  wire                             s_valid,
    output wire                             s_ready,
    input  wire [                    167:0] s_data,
    output wire                             m_valid,
    input  wire                             m_ready,
    output wire [8*`KR_TERN_Q_ROTATED_W:0] m_data
);

  localparam SUM_W = 21;
  localparam Y_W = `KR_TERN_Q_ROTATED_W;
  localparam PAIR_LG = $clog2(P_MAX / 16);
  localparam TOKEN_LG = $clog2(T_COLS);
  localparam ADDR_W = PAIR_LG + TOKEN_LG + 1;
  localparam ROW_W = PAIR_LG + TOKEN_LG + ((SLOTS > 1) ? 1 : 0);
  localparam LAST = 5;  // stage of the result

  // Jobs, for the side that writes and the one that reads. Between two of them a side rests for a cycle.
  wire        w_room;
  wire        r_room;
  wire        w_next;
  wire        r_next;
  wire [15:0] w_job;
  wire [18:0] r_job;
  reg         w_there_q;
  reg  [ 7:0] w_heads_q;
  reg  [ 7:0] w_tokens_q;
  reg         r_there_q;
  reg         angles_q;  // those of the job are there
  reg  [ 7:0] r_heads_q;
  reg         r_slot_q;
  reg         r_turn_q;
  reg  [ 7:0] r_tokens_q;
  wire        w_done;
  wire        r_done;
  wire        a_done;
  wire [ 2:0] unused_w_level;
  wire [ 2:0] unused_r_level;

  assign job_ready = w_room && r_room;

  strm_fifo #(
      .DATA_W(16),
      .DEPTH (4)
  ) u_w_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid && job_ready),
      .s_ready(w_room),
      .s_data ({job_data[18:11], job_data[7:0]}),
      .m_valid(w_next),
      .m_ready(!w_there_q),
      .m_data (w_job),
      .level  (unused_w_level)
  );

  strm_fifo #(
      .DATA_W(19),
      .DEPTH (4)
  ) u_r_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid && job_ready),
      .s_ready(r_room),
      .s_data (job_data),
      .m_valid(r_next),
      .m_ready(!r_there_q),
      .m_data (r_job),
      .level  (unused_r_level)
  );

  always @(posedge clk) begin
    if (rst) w_there_q <= 1'b0;
    else w_there_q <= w_there_q ? !w_done : w_next;
  end

  always @(posedge clk) begin
    if (!w_there_q) {w_heads_q, w_tokens_q} <= w_job;
  end

  always @(posedge clk) begin
    if (rst) {r_there_q, angles_q} <= 2'b00;
    else if (r_there_q) {r_there_q, angles_q} <= {2{!r_done}} & {1'b1, angles_q || a_done};
    else {r_there_q, angles_q} <= {r_next, r_next && !r_job[9]};
  end

  always @(posedge clk) begin
    if (!r_there_q) {r_heads_q, r_slot_q, r_turn_q, r_tokens_q} <= {r_job[18:10], r_job[8:0]};
  end

  // Writing: tokens, groups of a half, halves, heads.
  reg  [1:0] full_q;  // a head of all tokens lies in the bank
  reg        w_bank_q;
  reg        w_half_q;
  wire [4:0] w_pair;
  wire       w_pair_last;
  reg  [7:0] w_token_q;
  reg  [7:0] w_head_q;
  reg        w_head_last_q;  // two beats, a head at least, after w_head_q
  wire       take = s_valid && s_ready;
  wire       w_row = take && w_token_q == w_tokens_q;  // last token of a group
  wire       w_turns = w_row && w_pair_last;  // of a half
  wire       w_ends = w_turns && w_half_q;  // of a head

  assign s_ready = w_there_q && !full_q[w_bank_q];
  assign w_done  = w_ends && w_head_last_q;

  always @(posedge clk) begin
    if (rst) w_token_q <= 8'd0;
    else if (take) w_token_q <= w_row ? 8'd0 : w_token_q + 8'd1;
  end

  m2_count #(
      .W(5)
  ) u_w_pair (
      .clk  (clk),
      .rst  (rst),
      .limit({11'd0, c_pairs}),
      .step (w_row),
      .value(w_pair),
      .last (w_pair_last)
  );

  always @(posedge clk) begin
    if (rst) {w_bank_q, w_half_q} <= 2'b00;
    else if (w_turns) {w_bank_q, w_half_q} <= {w_bank_q, w_half_q} + 2'b01;
  end

  always @(posedge clk) begin
    if (rst) w_head_q <= 8'd0;
    else if (w_ends) w_head_q <= w_done ? 8'd0 : w_head_q + 8'd1;
  end

  always @(posedge clk) begin
    w_head_last_q <= w_head_q == w_heads_q;
  end

  // Angles of a fresh job come before its first head is read.
  wire [4:0] a_pair;
  wire       a_pair_last;
  reg  [7:0] a_token_q;
  wire       load = a_valid && a_ready;
  wire       a_row = load && a_pair_last;

  assign a_ready = r_there_q && !angles_q;
  assign a_done  = a_row && a_token_q == r_tokens_q;

  m2_count #(
      .W(5)
  ) u_a_pair (
      .clk  (clk),
      .rst  (rst),
      .limit({11'd0, c_pairs}),
      .step (load),
      .value(a_pair),
      .last (a_pair_last)
  );

  always @(posedge clk) begin
    if (rst) a_token_q <= 8'd0;
    else if (a_row) a_token_q <= a_done ? 8'd0 : a_token_q + 8'd1;
  end

  // Reading: pairs, halves, tokens, heads. The pipeline behind runs free.
  reg        r_bank_q;
  reg        r_half_q;
  wire [4:0] r_pair;
  wire       r_pair_last;
  reg  [7:0] r_token_q;
  reg  [7:0] r_head_q;
  reg        r_token_last_q;  // two beats, a token's head at least, after r_token_q
  reg        r_head_last_q;
  wire       room;
  wire       go = angles_q && full_q[r_bank_q] && room;
  wire       r_turns = go && r_pair_last;
  wire       r_row = r_turns && r_half_q;  // of a token's head
  wire       r_ends = r_row && r_token_last_q;

  assign r_done = r_ends && r_head_last_q;

  m2_count #(
      .W(5)
  ) u_r_pair (
      .clk  (clk),
      .rst  (rst),
      .limit({11'd0, c_pairs}),
      .step (go),
      .value(r_pair),
      .last (r_pair_last)
  );

  always @(posedge clk) begin
    if (rst) r_half_q <= 1'b0;
    else if (r_turns) r_half_q <= !r_half_q;
  end

  always @(posedge clk) begin
    if (rst) r_token_q <= 8'd0;
    else if (r_row) r_token_q <= r_ends ? 8'd0 : r_token_q + 8'd1;
  end

  always @(posedge clk) begin
    if (rst) begin
      r_bank_q <= 1'b0;
      r_head_q <= 8'd0;
    end else if (r_ends) begin
      r_bank_q <= !r_bank_q;
      r_head_q <= r_done ? 8'd0 : r_head_q + 8'd1;
    end
  end

  always @(posedge clk) begin
    r_token_last_q <= r_token_q == r_tokens_q;
    r_head_last_q  <= r_head_q == r_heads_q;
  end

  always @(posedge clk) begin
    if (rst) full_q <= 2'b00;
    else full_q <= (full_q | ({1'b0, w_ends} << w_bank_q)) & ~({1'b0, r_ends} << r_bank_q);
  end

  // Memories: a token's groups side by side.
  wire [13:0] w_place = ({6'd0, w_token_q} << PAIR_LG) | {9'd0, w_pair};
  wire [13:0] r_place = ({6'd0, r_token_q} << PAIR_LG) | {9'd0, r_pair};
  wire [13:0] a_place = ({6'd0, a_token_q} << PAIR_LG) | {9'd0, a_pair};
  wire [ADDR_W-1:0] w_addr = {w_bank_q, w_place[ADDR_W-2:0]};
  wire [ADDR_W-1:0] r_addr = {r_bank_q, r_place[ADDR_W-2:0]};
  wire [ROW_W-1:0] a_addr;
  wire [ROW_W-1:0] row_addr;
  wire [8*SUM_W-1:0] low;
  wire [8*SUM_W-1:0] high;
  wire [255:0] row;
  wire unused_place = &{1'b0, w_place, r_place, a_place};

  mem_sdp #(
      .DATA_W(8 * SUM_W),
      .DEPTH (1 << ADDR_W)
  ) u_low (
      .clk    (clk),
      .wr_en  (take && !w_half_q),
      .wr_addr(w_addr),
      .wr_data(s_data),
      .rd_en  (go),
      .rd_addr(r_addr),
      .rd_data(low)
  );

  mem_sdp #(
      .DATA_W(8 * SUM_W),
      .DEPTH (1 << ADDR_W)
  ) u_high (
      .clk    (clk),
      .wr_en  (take && w_half_q),
      .wr_addr(w_addr),
      .wr_data(s_data),
      .rd_en  (go),
      .rd_addr(r_addr),
      .rd_data(high)
  );

  mem_sdp #(
      .DATA_W(256),
      .DEPTH (1 << ROW_W)
  ) u_rows (
      .clk    (clk),
      .wr_en  (load),
      .wr_addr(a_addr),
      .wr_data(a_data),
      .rd_en  (go),
      .rd_addr(row_addr),
      .rd_data(row)
  );

  // Stage 0 has the pair, LAST the result.
  reg  [LAST:0] valid_q;
  reg  [LAST:0] last_q;
  reg  [   3:0] half_q;  // of stages 0 to 3
  reg           turn_q;  // of stage 0
  wire [8*Y_W-1:0] results;
  wire [   7:0] fits;  // of the stage before the last

  always @(posedge clk) begin
    if (rst) valid_q <= {LAST + 1{1'b0}};
    else valid_q <= {valid_q[LAST-1:0], go};
  end

  always @(posedge clk) begin
    last_q <= {last_q[LAST-1:0], r_row};
    half_q <= {half_q[2:0], r_half_q};
    turn_q <= r_turn_q;
  end

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_lane
      tern_rope_lane #(
          .SUM_W(SUM_W)
      ) u_lane (
          .clk      (clk),
          .turn     (turn_q),
          .half     (half_q[0]),
          .late_half(half_q[3]),
          .low      (low[i*SUM_W+:SUM_W]),
          .high     (high[i*SUM_W+:SUM_W]),
          .cos      (row[i*16+:16]),
          .sin      (row[128+i*16+:16]),
          .y        (results[i*Y_W+:Y_W]),
          .fits     (fits[i])
      );
    end

    if (SLOTS > 1) begin : g_slots
      assign a_addr   = {r_slot_q, a_place[ROW_W-2:0]};
      assign row_addr = {r_slot_q, r_place[ROW_W-2:0]};
    end else begin : g_slot
      wire unused_slot = r_slot_q;

      assign a_addr   = a_place[ROW_W-1:0];
      assign row_addr = r_place[ROW_W-1:0];
    end

    if (P_MAX < 32 || P_MAX > 256 || (P_MAX & (P_MAX - 1)) != 0 || T_COLS < 1 || T_COLS > 256 ||
        (T_COLS & (T_COLS - 1)) != 0 || SLOTS < 1 || SLOTS > 2) begin : g_bad_size
      tern_rope_needs_P_MAX_32_to_256_and_T_COLS_1_to_256_both_powers_of_two_and_SLOTS_1_or_2 u_error ();
    end
    if (`KR_TERN_Q_PROJ_W > SUM_W || `KR_TERN_K_ROTATED_W > Y_W || `KR_TERN_V_ROTATED_W > Y_W) begin : g_bad_format
      tern_rope_is_made_for_sums_of_21_bits_at_most_and_queries_as_wide_as_any u_error ();
    end
  endgenerate

  m2_exit_queue #(
      .DATA_W(8 * Y_W + 1),
      .DEPTH (8)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (go),
      .s_valid(valid_q[LAST]),
      .s_data ({last_q[LAST], results}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!valid_q[LAST-1] || &fits, "a rotated value does not fit")
  `CHECK(!job_valid || {24'd0, job_data[7:0]} < T_COLS, "more tokens than T_COLS")
  `CHECK(!job_valid || SLOTS > 1 || !job_data[10], "there is one slot")
  `CHECK(!job_valid || (c_pairs != 5'd0 && {27'd0, c_pairs} * 16 <= P_MAX), "heads are wider than P_MAX")

endmodule

`default_nettype wire
