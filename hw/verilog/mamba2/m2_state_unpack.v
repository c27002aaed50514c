// SPDX-License-Identifier: Apache-2.0
//
// m2_state_unpack - cuts chunks of state from memory into tile words.
//
// Function     : a chunk is c_sb beats of shifts, then c_qb beats of quantized numbers; word i of its c_chunk_words is
//                {SHIFT_W bits of shifts at SHIFT_W * i, Q_W bits of numbers at Q_W * i}, counted over the beats of each
//                kind. What is left of the last shift beat is dropped.
// Format       : opaque bits. c_sb, c_qb and c_chunk_words hold still; c_qb * WIDE_W = c_chunk_words * Q_W.
// Latency      : variable: a word may leave 3 cycles after the last beat that it needs
// Throughput   : variable: a word a cycle while beats come as fast; shifts are unpacked at one word a cycle, and numbers
//                wait while a shift beat of the same chunk waits for the one before it.
// Back-pressure: combinational ready (m_ready -> s_ready); takes a chunk's shift beats and one beat of numbers.
// Golden       : golden.mamba2.accel.layout.unpack_state
// Test         : tests/rtl/test_m2_state.py
//
// Why: shifts wait as words and not as beats, in one narrow block RAM for a chunk of any number of shift beats.

`default_nettype none
`include "checks.vh"

module m2_state_unpack #(
    parameter WIDE_W  = 512, // width of a beat [bits], a multiple of SHIFT_W, and of Q_W or a part of it
    parameter SHIFT_W = 32,  // shifts of a tile word [bits]
    parameter Q_W     = 512, // numbers of a tile word [bits]
    parameter WORDS   = 512  // most words of a chunk, a power of two >= 2
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [           15:0] c_sb,
    input  wire [           15:0] c_qb,
    input  wire [           15:0] c_chunk_words,
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [     WIDE_W-1:0] s_data,
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [SHIFT_W+Q_W-1:0] m_data
);

  localparam LANES = WIDE_W / SHIFT_W;
  localparam LANE_W = (LANES > 1) ? $clog2(LANES) : 1;
  localparam LAST_LANE = LANES - 1;

  // Which beats of a chunk these are.
  reg         numbers_q;
  reg  [15:0] beats_q;      // of the part behind this one
  reg         part_ends_q;  // none
  reg         begins_q;     // none of the part was taken
  reg  [15:0] sb_1_q;
  reg  [15:0] qb_1_q;
  reg         sb_is_1_q;
  reg         qb_is_1_q;
  wire        shift_ready;
  wire        q_ready;
  wire        take = s_valid && s_ready;
  wire        to_numbers = numbers_q != take;  // the part that is taken next, where `renew`
  wire        renew = take ? part_ends_q : begins_q;

  assign s_ready = numbers_q ? q_ready : shift_ready;

  always @(posedge clk) begin
    if (rst) numbers_q <= 1'b0;
    else if (take && part_ends_q) numbers_q <= !numbers_q;
  end

  always @(posedge clk) begin
    if (rst) begins_q <= 1'b1;
    else if (take) begins_q <= part_ends_q;
  end

  always @(posedge clk) begin
    sb_1_q    <= c_sb - 16'd1;
    qb_1_q    <= c_qb - 16'd1;
    sb_is_1_q <= c_sb == 16'd1;
    qb_is_1_q <= c_qb == 16'd1;
    if (renew) begin
      beats_q     <= to_numbers ? qb_1_q : sb_1_q;
      part_ends_q <= to_numbers ? qb_is_1_q : sb_is_1_q;
    end else if (take) begin
      beats_q     <= beats_q - 16'd1;
      part_ends_q <= beats_q == 16'd1;
    end
  end

  // Shift beats, cut into words.
  reg                shifts_full_q;
  reg  [ WIDE_W-1:0] shifts_q;
  reg  [ LANE_W-1:0] lane_q;
  reg                lane_ends_q;   // it is the last
  reg  [       15:0] words_q;       // of the chunk behind this one
  reg                chunk_ends_q;  // none
  reg                first_q;       // none of the chunk was cut
  reg  [       15:0] words_1_q;
  wire               queue_ready;
  wire               cut = shifts_full_q && queue_ready;
  wire               beat_ends = chunk_ends_q || lane_ends_q;
  wire [ LANE_W-1:0] lane_d = beat_ends ? {LANE_W{1'b0}} : lane_q + 1'b1;
  wire               shift_valid;
  wire [SHIFT_W-1:0] shift;
  wire [$clog2(WORDS):0] unused_level;

  assign shift_ready = !shifts_full_q || (cut && beat_ends);

  always @(posedge clk) begin
    if (rst) shifts_full_q <= 1'b0;
    else if (shift_ready) shifts_full_q <= s_valid && !numbers_q;
  end

  always @(posedge clk) begin
    if (shift_ready) shifts_q <= s_data;
  end

  always @(posedge clk) begin
    if (rst) begin
      lane_q      <= {LANE_W{1'b0}};
      lane_ends_q <= LAST_LANE == 0;
    end else if (cut) begin
      lane_q      <= lane_d;
      lane_ends_q <= lane_d == LAST_LANE[LANE_W-1:0];
    end
  end

  always @(posedge clk) begin
    if (rst) first_q <= 1'b1;
    else if (cut) first_q <= chunk_ends_q;
  end

  always @(posedge clk) begin
    words_1_q <= c_chunk_words - 16'd1;
    if (cut ? chunk_ends_q : first_q) begin
      words_q      <= words_1_q;
      chunk_ends_q <= words_1_q == 16'd0;
    end else if (cut) begin
      words_q      <= words_q - 16'd1;
      chunk_ends_q <= words_q == 16'd1;
    end
  end

  strm_fifo #(
      .DATA_W(SHIFT_W),
      .DEPTH (WORDS)
  ) u_shifts (
      .clk    (clk),
      .rst    (rst),
      .s_valid(shifts_full_q),
      .s_ready(queue_ready),
      .s_data (shifts_q[lane_q*SHIFT_W+:SHIFT_W]),
      .m_valid(shift_valid),
      .m_ready(m_valid && m_ready),
      .m_data (shift),
      .level  (unused_level)
  );

  // Numbers.
  wire           q_valid;
  wire [Q_W-1:0] q;
  wire           unused_last;

  generate
    if (WIDE_W >= Q_W) begin : g_cut
      strm_downsize #(
          .DATA_W(Q_W),
          .RATIO (WIDE_W / Q_W)
      ) u_q (
          .clk    (clk),
          .rst    (rst),
          .s_valid(s_valid && numbers_q),
          .s_ready(q_ready),
          .s_data (s_data),
          .s_last (1'b0),
          .m_valid(q_valid),
          .m_ready(m_ready && shift_valid),
          .m_data (q),
          .m_last (unused_last)
      );
    end else begin : g_gather
      strm_upsize #(
          .DATA_W(WIDE_W),
          .RATIO (Q_W / WIDE_W)
      ) u_q (
          .clk    (clk),
          .rst    (rst),
          .s_valid(s_valid && numbers_q),
          .s_ready(q_ready),
          .s_data (s_data),
          .s_last (1'b0),
          .m_valid(q_valid),
          .m_ready(m_ready && shift_valid),
          .m_data (q),
          .m_last (unused_last)
      );
    end

    if (WIDE_W % SHIFT_W != 0 || (WIDE_W % Q_W != 0 && Q_W % WIDE_W != 0)) begin : g_bad_size
      m2_state_unpack_WIDE_W_must_be_a_multiple_of_SHIFT_W_and_a_multiple_or_part_of_Q_W u_error ();
    end
  endgenerate

  assign m_valid = q_valid && shift_valid;
  assign m_data  = {shift, q};

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!s_valid || {16'd0, c_chunk_words} <= WORDS, "a chunk has more than WORDS words")

endmodule

`default_nettype wire
