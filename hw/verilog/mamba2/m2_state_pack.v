// SPDX-License-Identifier: Apache-2.0
//
// m2_state_pack - packs tile words into the beats of chunks of state for memory.
//
// Function     : of each chunk of c_chunk_words words {shifts, numbers} the numbers leave on q and the shifts on f,
//                packed in order, first lowest; zeros fill the last beat of shifts.
// Format       : opaque bits. c_chunk_words holds still; a chunk's numbers fill whole beats.
// Latency      : variable: a beat of q follows the last word of it by a cycle, one of f by 3
// Throughput   : variable: takes a word a cycle while q and f do.
// Back-pressure: combinational ready (q_ready -> s_ready); f may wait until all numbers of its chunk are gone.
// Golden       : golden.mamba2.accel.layout.pack_state
// Test         : tests/rtl/test_m2_state.py
//
// Why: a chunk's shifts wait as words in one narrow block RAM, so that who takes the beats may take numbers first.

`default_nettype none
`include "checks.vh"

module m2_state_pack #(
    parameter WIDE_W  = 512, // width of a beat [bits], a multiple of SHIFT_W, and of Q_W or a part of it
    parameter SHIFT_W = 32,  // shifts of a tile word [bits]
    parameter Q_W     = 512, // numbers of a tile word [bits]
    parameter WORDS   = 512  // most words of a chunk, a power of two >= 2
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [           15:0] c_chunk_words,
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [SHIFT_W+Q_W-1:0] s_data,
    output wire                   q_valid,
    input  wire                   q_ready,
    output wire [     WIDE_W-1:0] q_data,
    output wire                   f_valid,
    input  wire                   f_ready,
    output wire [     WIDE_W-1:0] f_data
);

  wire                   pack_ready;
  wire                   room;  // for a word's shifts
  wire                   shift_valid;
  wire                   shift_ready;
  wire [    SHIFT_W-1:0] shift;
  reg  [           15:0] word_q;  // of the chunk
  reg  [           15:0] last_word_q;
  wire                   chunk_ends = word_q == last_word_q;
  wire [$clog2(WORDS):0] unused_level;
  wire [            1:0] unused_last;

  assign s_ready = pack_ready && room;

  generate
    if (WIDE_W >= Q_W) begin : g_gather
      strm_upsize #(
          .DATA_W(Q_W),
          .RATIO (WIDE_W / Q_W)
      ) u_q (
          .clk    (clk),
          .rst    (rst),
          .s_valid(s_valid && room),
          .s_ready(pack_ready),
          .s_data (s_data[Q_W-1:0]),
          .s_last (1'b0),
          .m_valid(q_valid),
          .m_ready(q_ready),
          .m_data (q_data),
          .m_last (unused_last[0])
      );
    end else begin : g_cut
      strm_downsize #(
          .DATA_W(WIDE_W),
          .RATIO (Q_W / WIDE_W)
      ) u_q (
          .clk    (clk),
          .rst    (rst),
          .s_valid(s_valid && room),
          .s_ready(pack_ready),
          .s_data (s_data[Q_W-1:0]),
          .s_last (1'b0),
          .m_valid(q_valid),
          .m_ready(q_ready),
          .m_data (q_data),
          .m_last (unused_last[0])
      );
    end

    if (WIDE_W % SHIFT_W != 0 || (WIDE_W % Q_W != 0 && Q_W % WIDE_W != 0)) begin : g_bad_size
      m2_state_pack_WIDE_W_must_be_a_multiple_of_SHIFT_W_and_a_multiple_or_part_of_Q_W u_error ();
    end
  endgenerate

  strm_fifo #(
      .DATA_W(SHIFT_W),
      .DEPTH (WORDS)
  ) u_shifts (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid && pack_ready),
      .s_ready(room),
      .s_data (s_data[Q_W+:SHIFT_W]),
      .m_valid(shift_valid),
      .m_ready(shift_ready),
      .m_data (shift),
      .level  (unused_level)
  );

  always @(posedge clk) last_word_q <= c_chunk_words - 16'd1;

  always @(posedge clk) begin
    if (rst) word_q <= 16'd0;
    else if (shift_valid && shift_ready) word_q <= chunk_ends ? 16'd0 : word_q + 16'd1;
  end

  strm_upsize #(
      .DATA_W(SHIFT_W),
      .RATIO (WIDE_W / SHIFT_W)
  ) u_f (
      .clk    (clk),
      .rst    (rst),
      .s_valid(shift_valid),
      .s_ready(shift_ready),
      .s_data (shift),
      .s_last (chunk_ends),
      .m_valid(f_valid),
      .m_ready(f_ready),
      .m_data (f_data),
      .m_last (unused_last[1])
  );

  `CHECK_STREAM(q_valid, q_ready, q_data)
  `CHECK_STREAM(f_valid, f_ready, f_data)
  `CHECK(!s_valid || {16'd0, c_chunk_words} <= WORDS, "a chunk has more than WORDS words")

endmodule

`default_nettype wire
