// SPDX-License-Identifier: Apache-2.0
//
// tern_rows - queries of all columns, head by head, as the groups of rows that attention works on.
//
// Function     : of a job's queries [heads, tokens, P] each KV head's c_share heads are its rows, the tokens of each head in
//                turn, Q_PAR neighbouring rows a group: m_q gives 32 dimensions of a group's rows, zeros behind the last
//                dimension and for rows that fill up the last group; m_row says of these that they are not there.
// Format       : job_data: tokens less 1; s_data {head's last beat, exponent signed 8 bits, 8 q of signed 8 bits}, heads in order,
//                of each all tokens; m_q_data {last slice, last group, Q_PAR x 32 signed 8 bits} in the order (KV head, slice,
//                group), m_row_data {last group, Q_PAR x {there, column C_W bits, exponent signed 8 bits}} in the order (KV
//                head, group); first lowest. c_heads KV heads, c_share heads for each, c_slices = ceil(P / 32); they hold
//                still during a run.
// Latency      : 5; from a KV head's last beat to its first beat of m_q
// Throughput   : 1
// Back-pressure: registered ready; a job's queries are absorbed as a whole. The next job's wait until they have left.
// Golden       : golden.ternary.integer.functions.rows_of
// Test         : tests/rtl/test_tern_rows.py
//
// Why: all queries come before the first keys, so they are kept here, and attn_dot keeps a KV head's or two. Words lie in the
// order (KV head, group, slice), in a memory for each row of a group, so a group is read in one cycle.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_rows #(
    parameter Q_PAR  = 2,   // rows of a group, >= 2
    parameter T_COLS = 4,   // most tokens of a job, 1..256
    parameter WORDS  = 64,  // KV heads x groups x slices of a job at most, a power of two >= 2
    // Follows from the others, not to be set: bits of a column.
    parameter C_W    = (T_COLS > 1) ? $clog2(T_COLS) : 1
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire [              3:0] c_slices,
    input  wire [              7:0] c_heads,
    input  wire [              7:0] c_share,
    input  wire                     job_valid,
    output wire                     job_ready,
    input  wire [              7:0] job_data,
    input  wire                     s_valid,
    output wire                     s_ready,
    input  wire [             72:0] s_data,
    output wire                     m_q_valid,
    input  wire                     m_q_ready,
    output wire [  Q_PAR*256+1:0]   m_q_data,
    output wire                     m_row_valid,
    input  wire                     m_row_ready,
    output wire [Q_PAR*(9+C_W):0]   m_row_data
);

  localparam ADDR_W = $clog2(WORDS);
  localparam LANE_W = $clog2(Q_PAR);
  localparam [31:0] LAST_LANE = Q_PAR - 1;

  wire [ADDR_W+3:0] slices = {{ADDR_W{1'b0}}, c_slices};
  wire [ADDR_W-1:0] step = slices[ADDR_W-1:0];  // words of a group
  wire              unused_slices = &{1'b0, slices[ADDR_W+3:ADDR_W]};

  // A job's queries come in, then wait until they have left.
  reg               active_q;
  reg               filled_q;
  reg  [       7:0] last_token_q;
  reg  [       7:0] waits_q;  // KV heads of which m_q needs beats
  reg  [       7:0] row_waits_q;  // and m_row
  reg               pending_q;  // a KV head is written, but not counted
  wire              begin_job = job_valid && job_ready;
  wire              left = filled_q && !pending_q && waits_q == 8'd0 && row_waits_q == 8'd0;

  assign job_ready = !active_q;
  assign s_ready   = active_q && !filled_q;

  // Writing: slices of a row, rows of a group, tokens, heads.
  reg  [ADDR_W-1:0] base_q;  // the group's first word
  reg  [ADDR_W-1:0] slice_q;
  reg  [       1:0] part_q;
  reg  [LANE_W-1:0] lane_q;
  reg  [       7:0] token_q;
  reg  [       7:0] share_q;
  reg  [       7:0] head_q;
  reg  [ADDR_W-1:0] group_q;  // of the KV head
  reg  [ADDR_W-1:0] row_addr_q;  // groups of the job before this one
  reg  [ADDR_W-1:0] last_group_q;
  reg  [LANE_W-1:0] last_lane_q;
  wire              move = s_valid && s_ready;
  wire              row_end = move && s_data[72];
  wire              slice_end = move && (s_data[72] || part_q == 2'd3);
  wire              token_end = token_q == last_token_q;
  wire              share_end = share_q + 8'd1 == c_share;
  wire              kv_end = row_end && token_end && share_end;
  wire              group_end = row_end && (lane_q == LAST_LANE[LANE_W-1:0] || (token_end && share_end));

  always @(posedge clk) begin
    if (rst) active_q <= 1'b0;
    else active_q <= begin_job || (active_q && !left);
  end

  always @(posedge clk) begin
    if (rst || begin_job) filled_q <= 1'b0;
    else if (kv_end && head_q + 8'd1 == c_heads) filled_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (begin_job) last_token_q <= job_data;
  end

  always @(posedge clk) begin
    if (begin_job || slice_end) part_q <= 2'd0;
    else if (move) part_q <= part_q + 2'd1;
  end

  always @(posedge clk) begin
    if (begin_job || row_end) slice_q <= {ADDR_W{1'b0}};
    else if (slice_end) slice_q <= slice_q + 1'b1;
  end

  always @(posedge clk) begin
    if (begin_job || group_end) lane_q <= {LANE_W{1'b0}};
    else if (row_end) lane_q <= lane_q + 1'b1;
  end

  always @(posedge clk) begin
    if (begin_job) token_q <= 8'd0;
    else if (row_end) token_q <= token_end ? 8'd0 : token_q + 8'd1;
  end

  always @(posedge clk) begin
    if (begin_job || kv_end) share_q <= 8'd0;
    else if (row_end && token_end) share_q <= share_q + 8'd1;
  end

  always @(posedge clk) begin
    if (begin_job) head_q <= 8'd0;
    else if (kv_end) head_q <= head_q + 8'd1;
  end

  always @(posedge clk) begin
    if (begin_job) begin
      base_q     <= {ADDR_W{1'b0}};
      row_addr_q <= {ADDR_W{1'b0}};
    end else if (group_end) begin
      base_q     <= base_q + step;
      row_addr_q <= row_addr_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (begin_job || kv_end) group_q <= {ADDR_W{1'b0}};
    else if (group_end) group_q <= group_q + 1'b1;
  end

  always @(posedge clk) begin
    if (kv_end) begin
      last_group_q <= group_q;
      last_lane_q  <= lane_q;
    end
  end

  // A slice is written in the cycle behind its last beat.
  reg  [     255:0] word_q;
  reg  [ADDR_W-1:0] word_addr_q;
  reg  [ Q_PAR-1:0] word_lane_q;  // one bit: the memory to be written

  always @(posedge clk) begin
    if (move) word_q <= (part_q == 2'd0 ? 256'd0 : word_q) | ({192'd0, s_data[63:0]} << {part_q, 6'd0});
  end

  always @(posedge clk) begin
    if (rst) word_lane_q <= {Q_PAR{1'b0}};
    else word_lane_q <= {{Q_PAR - 1{1'b0}}, slice_end} << lane_q;
  end

  always @(posedge clk) begin
    word_addr_q <= base_q + slice_q;
  end

  // Complete KV heads.
  wire q_head_end;
  wire row_head_end;

  always @(posedge clk) begin
    if (rst) pending_q <= 1'b0;
    else pending_q <= kv_end;
  end

  always @(posedge clk) begin
    if (rst) begin
      waits_q     <= 8'd0;
      row_waits_q <= 8'd0;
    end else begin
      waits_q     <= waits_q + {7'd0, pending_q} - {7'd0, q_head_end};
      row_waits_q <= row_waits_q + {7'd0, pending_q} - {7'd0, row_head_end};
    end
  end

  // Reading for m_q: groups of a slice, slices, KV heads.
  reg  [ADDR_W-1:0] addr_q;
  reg  [ADDR_W-1:0] start_q;  // the slice's word of the head's first group
  reg  [ADDR_W-1:0] rd_group_q;
  reg  [       3:0] rd_slice_q;
  reg               there_q;  // a KV head waits
  wire              room;
  wire              issue = there_q && room;
  wire              rd_group_end = rd_group_q == last_group_q;
  wire              rd_slice_end = rd_slice_q + 4'd1 == c_slices;
  wire [ADDR_W-1:0] next_start = (rd_slice_end ? addr_q : start_q) + 1'b1;

  assign q_head_end = issue && rd_group_end && rd_slice_end;

  always @(posedge clk) begin
    if (rst) there_q <= 1'b0;
    else there_q <= pending_q || waits_q > {7'd0, q_head_end};
  end

  always @(posedge clk) begin
    if (begin_job) begin
      addr_q     <= {ADDR_W{1'b0}};
      start_q    <= {ADDR_W{1'b0}};
      rd_group_q <= {ADDR_W{1'b0}};
      rd_slice_q <= 4'd0;
    end else if (issue) begin
      addr_q <= rd_group_end ? next_start : addr_q + step;
      if (rd_group_end) start_q <= next_start;
      rd_group_q <= rd_group_end ? {ADDR_W{1'b0}} : rd_group_q + 1'b1;
      if (rd_group_end) rd_slice_q <= rd_slice_end ? 4'd0 : rd_slice_q + 4'd1;
    end
  end

  reg                  valid_q;
  reg  [          1:0] marks_q;
  reg  [    Q_PAR-1:0] rows_there_q;
  wire [    Q_PAR-1:0] group_there = ~({Q_PAR{rd_group_end}} & ({Q_PAR{1'b1}} << 1 << last_lane_q));
  wire [Q_PAR*256-1:0] words;
  wire [Q_PAR*256-1:0] rows;

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else valid_q <= issue;
  end

  always @(posedge clk) begin
    marks_q      <= {rd_slice_end, rd_group_end};
    rows_there_q <= group_there;
  end

  m2_exit_queue #(
      .DATA_W(Q_PAR * 256 + 2),
      .DEPTH (4)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (issue),
      .s_valid(valid_q),
      .s_data ({marks_q, rows}),
      .m_valid(m_q_valid),
      .m_ready(m_q_ready),
      .m_data (m_q_data)
  );

  // Reading for m_row: a group after the other.
  reg  [     ADDR_W-1:0] row_rd_addr_q;
  reg  [     ADDR_W-1:0] row_group_q;
  wire                   row_there = row_waits_q != 8'd0;
  wire                   row_room;
  wire                   row_group_end = row_group_q == last_group_q;
  wire [      Q_PAR-1:0] row_lanes = ~({Q_PAR{row_group_end}} & ({Q_PAR{1'b1}} << 1 << last_lane_q));
  wire [Q_PAR*(9+C_W)-1:0] row_fields;
  wire [            1:0] unused_level;

  assign row_head_end = row_there && row_room && row_group_end;

  always @(posedge clk) begin
    if (begin_job) begin
      row_rd_addr_q <= {ADDR_W{1'b0}};
      row_group_q   <= {ADDR_W{1'b0}};
    end else if (row_there && row_room) begin
      row_rd_addr_q <= row_rd_addr_q + 1'b1;
      row_group_q   <= row_group_end ? {ADDR_W{1'b0}} : row_group_q + 1'b1;
    end
  end

  strm_fifo #(
      .DATA_W(Q_PAR * (9 + C_W) + 1),
      .DEPTH (2)
  ) u_rows (
      .clk    (clk),
      .rst    (rst),
      .s_valid(row_there),
      .s_ready(row_room),
      .s_data ({row_group_end, row_fields}),
      .m_valid(m_row_valid),
      .m_ready(m_row_ready),
      .m_data (m_row_data),
      .level  (unused_level)
  );

  genvar i;
  generate
    for (i = 0; i < Q_PAR; i = i + 1) begin : g_row
      localparam [31:0] LANE = i;
      wire [7+C_W:0] field;

      mem_sdp #(
          .DATA_W(256),
          .DEPTH (WORDS)
      ) u_words (
          .clk    (clk),
          .wr_en  (word_lane_q[i]),
          .wr_addr(word_addr_q),
          .wr_data(word_q),
          .rd_en  (issue),
          .rd_addr(addr_q),
          .rd_data(words[i*256+:256])
      );

      mem_lutram #(
          .DATA_W(8 + C_W),
          .DEPTH (WORDS)
      ) u_fields (
          .clk    (clk),
          .wr_en  (row_end && lane_q == LANE[LANE_W-1:0]),
          .wr_addr(row_addr_q),
          .wr_data({token_q[C_W-1:0], s_data[71:64]}),
          .rd_addr(row_rd_addr_q),
          .rd_data(field)
      );

      assign rows[i*256+:256]             = words[i*256+:256] & {256{rows_there_q[i]}};
      assign row_fields[i*(9+C_W)+:9+C_W] = row_lanes[i] ? {1'b1, field} : {9 + C_W{1'b0}};
    end

    if (Q_PAR < 2 || T_COLS < 1 || T_COLS > 256 || WORDS < 2 || (WORDS & (WORDS - 1)) != 0) begin : g_bad_size
      tern_rows_needs_Q_PAR_from_2_and_T_COLS_1_to_256_and_WORDS_a_power_of_two_from_2 u_error ();
    end
    if (`KR_TERN_Q_W != 8 || `KR_TERN_Q_EXPONENT_W != 8) begin : g_bad_format
      tern_rows_is_made_for_queries_and_exponents_of_8_bits u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_q_valid, m_q_ready, m_q_data)
  `CHECK_STREAM(m_row_valid, m_row_ready, m_row_data)

endmodule

`default_nettype wire
