// SPDX-License-Identifier: Apache-2.0
//
// tern_embed - rows of the embedding with their scales, and angles, out of the wide beats that hold them.
//
// Function     : e brings of each token of an EMBED job the beat with its row's scale and those with the row's tiles, then for
//                each token those with its position's angles. m is each row, 8 elements a beat with their scale; a the first
//                c_pairs parts of each position, the rest is dropped.
// Format       : e_data {kind, index 16 bits, beat}: kind 0 scale (index: its word of 32 bits), 1 tile (index: the row, 32
//                elements), 2 angles (parts of 256 bits in order; a position begins with a beat of its own); m_data {scale 32
//                bits, 8 signed 8 bits}; a_data {8 sin, 8 cos} of signed 16 bits; first lowest. c_pairs = P / 16, at least 1,
//                holds still during a run.
// Latency      : 3; from a row's tile to its first beat of m; 2 from angles to their first part
// Throughput   : 1
// Back-pressure: registered ready; 8 parts are absorbed. What comes later waits behind a part that is not taken.
// Golden       : golden.ternary.accel.layout.row_place
// Test         : tests/rtl/test_tern_embed.py
//
// Why: scales, rows and angles are each a part of 256 bits of a wide beat, so one multiplexer cuts all of them. One queue is
// enough: nobody asks for the next chunk's rows before this chunk's angles have gone.

`default_nettype none
`include "checks.vh"

module tern_embed #(
    parameter WIDE_W = 512  // bits of a wide beat, 256 times a power of two
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [         4:0] c_pairs,
    input  wire                e_valid,
    output wire                e_ready,
    input  wire [WIDE_W+17:0] e_data,
    output wire                m_valid,
    input  wire                m_ready,
    output wire [        95:0] m_data,
    output wire                a_valid,
    input  wire                a_ready,
    output wire [       255:0] a_data
);

  localparam PARTS = WIDE_W / 256;
  localparam PART_W = (PARTS > 1) ? $clog2(PARTS) : 1;
  localparam [31:0] LAST_PART = PARTS - 1;
  localparam [1:0] SCALE = 2'd0;
  localparam [1:0] ANGLES = 2'd2;

  // A wide beat: one part of it, or of angles one after the other.
  reg               full_q;
  reg  [WIDE_W-1:0] beat_q;
  reg  [       1:0] kind_q;
  reg  [       2:0] word_q;  // of the part
  reg  [PART_W-1:0] part_q;
  reg  [       4:0] pair_q;  // parts of the position before
  reg  [       4:0] last_pair_q;
  wire [       1:0] kind = e_data[WIDE_W+16+:2];
  wire [      15:0] index = e_data[WIDE_W+:16];
  wire [PART_W-1:0] scale_part = index[3+:PART_W];
  wire [PART_W-1:0] row_part = index[0+:PART_W];
  wire              take = e_valid && e_ready;
  wire              room;
  wire              angles = kind_q == ANGLES;
  wire              pair_end = pair_q == last_pair_q;
  wire              beat_end = !angles || pair_end || part_q == LAST_PART[PART_W-1:0];
  wire              push = full_q && room;
  wire              unused_index = &{1'b0, index};

  assign e_ready = !full_q || (room && beat_end);

  always @(posedge clk) begin
    if (rst) full_q <= 1'b0;
    else if (e_ready) full_q <= e_valid;
  end

  always @(posedge clk) begin
    if (take) begin
      beat_q <= e_data[WIDE_W-1:0];
      kind_q <= kind;
      word_q <= index[2:0];
    end
  end

  always @(posedge clk) begin
    if (take) begin
      if (PARTS == 1 || kind == ANGLES) part_q <= {PART_W{1'b0}};
      else part_q <= (kind == SCALE) ? scale_part : row_part;
    end else if (push) part_q <= part_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) pair_q <= 5'd0;
    else if (push && angles) pair_q <= pair_end ? 5'd0 : pair_q + 5'd1;
  end

  always @(posedge clk) begin
    last_pair_q <= c_pairs - 5'd1;
  end

  // Parts.
  wire         q_valid;
  wire         q_ready;
  wire [  1:0] q_kind;
  wire [  2:0] q_word;
  wire [255:0] q_part;
  wire [  3:0] unused_level;

  strm_fifo #(
      .DATA_W(261),
      .DEPTH (8)
  ) u_parts (
      .clk    (clk),
      .rst    (rst),
      .s_valid(full_q),
      .s_ready(room),
      .s_data ({kind_q, word_q, beat_q[part_q*256+:256]}),
      .m_valid(q_valid),
      .m_ready(q_ready),
      .m_data ({q_kind, q_word, q_part}),
      .level  (unused_level)
  );

  // A scale stands aside until the first part of its row moves to where m reads it.
  reg          busy_q;
  reg  [255:0] row_q;
  reg  [  1:0] at_q;
  reg  [ 31:0] next_scale_q;
  reg  [ 31:0] scale_q;
  wire         is_scale = q_kind == SCALE;
  wire         is_angles = q_kind == ANGLES;
  wire         free = !busy_q || (m_ready && at_q == 2'd3);
  wire         load = q_valid && !is_scale && !is_angles && free;

  assign q_ready = is_scale || (is_angles ? a_ready : free);
  assign a_valid = q_valid && is_angles;
  assign a_data  = q_part;
  assign m_valid = busy_q;
  assign m_data  = {scale_q, row_q[at_q*64+:64]};

  always @(posedge clk) begin
    if (rst) busy_q <= 1'b0;
    else if (free) busy_q <= load;
  end

  always @(posedge clk) begin
    if (load) at_q <= 2'd0;
    else if (m_valid && m_ready) at_q <= at_q + 2'd1;
  end

  always @(posedge clk) begin
    if (q_valid && is_scale) next_scale_q <= q_part[q_word*32+:32];
    if (load) begin
      row_q   <= q_part;
      scale_q <= next_scale_q;
    end
  end

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK_STREAM(a_valid, a_ready, a_data)
  `CHECK(!take || kind != 2'd3, "a beat of no kind")

  generate
    if (WIDE_W < 256 || WIDE_W > 16384 || (WIDE_W & (WIDE_W - 1)) != 0) begin : g_bad_wide
      tern_embed_WIDE_W_must_be_256_times_a_power_of_two_up_to_16384 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
