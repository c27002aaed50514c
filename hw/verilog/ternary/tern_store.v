// SPDX-License-Identifier: Apache-2.0
//
// tern_store - writes token records, new keys and values of the cache, and captured beats to memory.
//
// Function     : o: record i since `clear` to c_out_off + i * PORT_BYTES, zeros behind its 512 bits. kv: 32 bytes to place `lane`
//                of the wide beat at `offset`, or a byte, an exponent, to its byte `lane`; no other byte is touched. t: captured
//                beats from c_tap_off on, as m2_store_taps packs them. A write is ordered when its beats are here, records first,
//                then the cache's, then taps. cache_written: a write marked last, and so all before it, was answered;
//                record_written: one more record's. idle: nothing is here or under way but, before `finish`, fewer than 8
//                wide beats of taps.
// Format       : byte offsets in each port's arena, PORT_BYTES for a wide beat; kv_data {last, exponent, lane (16 bits), offset (64
//                bits), 256 bits, the lowest 8 of them an exponent}; d_strb: bytes of d_data that are written.
// Latency      : variable: 4 cycles from a record to its data, 2 for its command, then the memory's
// Throughput   : variable: a write in 2 cycles, of taps 1 wide beat per cycle
// Back-pressure: registered readies of o and kv; t_ready follows its queue's; DEPTH beats of each source wait here.
// Golden       : golden.ternary.accel.layout.pack_cache
// Test         : tests/rtl/test_tern_store.py
//
// Why: a place of a tile is written where it stands, without reading its beat first; so no two writes can be in each other's way.

`default_nettype none
`include "checks.vh"

module tern_store #(
    parameter WIDE_W     = 512,  // width of a wide beat [bits], 512 times a power of two
    parameter PORT_BYTES = 32,   // bytes that a wide beat takes of each port, a power of two >= 2
    parameter DEPTH      = 32    // places of each queue, 16 or 32
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                clear,           // a run begins
    input  wire [        63:0] c_out_off,
    input  wire [        63:0] c_tap_off,
    input  wire                o_valid,
    output wire                o_ready,
    input  wire [       511:0] o_data,
    input  wire                kv_valid,
    output wire                kv_ready,
    input  wire [       337:0] kv_data,
    input  wire                t_valid,
    output wire                t_ready,
    input  wire [       255:0] t_data,
    input  wire                finish,
    output wire                wr_cmd_valid,
    input  wire                wr_cmd_ready,
    output wire [        63:0] wr_cmd_offset,
    output wire [        31:0] wr_cmd_beats,
    output wire                d_valid,
    input  wire                d_ready,
    output wire [  WIDE_W-1:0] d_data,
    output wire [WIDE_W/8-1:0] d_strb,
    input  wire                written,
    output wire                cache_written,
    output wire                record_written,
    output wire                idle
);

  localparam SHIFT = $clog2(PORT_BYTES);
  localparam FREE_W = $clog2(DEPTH) + 1;
  localparam LANES = WIDE_W / 256;  // places of 32 bytes
  localparam LANE_LG = $clog2(LANES);
  localparam [FREE_W-1:0] ONE = 1;
  localparam OPEN = 32;  // writes under way

  localparam N = 3;
  localparam O = 0;
  localparam K = 1;
  localparam T = 2;

  wire [     N-1:0] order;
  wire [     N-1:0] out_valid;
  wire [     N-1:0] out_ready;

  // ---- a queue for each source; of the cache's writes, where they go apart from what they bring
  wire              o_free;
  wire              o_empty;
  wire [     511:0] o_word;
  wire [FREE_W-1:0] o_count;

  assign o_free = o_count != {FREE_W{1'b0}};

  m2_store_queue #(
      .DATA_W(512),
      .DEPTH (DEPTH)
  ) u_records (
      .clk        (clk),
      .rst        (rst),
      .s_valid    (o_valid),
      .s_ready    (o_ready),
      .s_data     (o_data),
      .order      (order[O]),
      .order_beats(ONE),
      .free       (o_count),
      .empty      (o_empty),
      .m_valid    (out_valid[O]),
      .m_ready    (out_ready[O]),
      .m_data     (o_word)
  );

  wire              at_room;
  wire              word_room;
  wire              kv_push = kv_valid && kv_ready;
  wire              at_valid;
  wire              at_last;
  wire [      63:0] at_offset;
  wire              k_exponent;
  wire [LANE_LG+4:0] k_lane;
  wire [     255:0] k_word;
  wire [FREE_W-1:0] unused_at_level;
  wire [FREE_W-1:0] unused_word_level;
  wire              unused_lane = &{1'b0, kv_data[335:320]};

  assign kv_ready = at_room && word_room;

  strm_fifo #(
      .DATA_W(65),
      .DEPTH (DEPTH)
  ) u_at (
      .clk    (clk),
      .rst    (rst),
      .s_valid(kv_push),
      .s_ready(at_room),
      .s_data ({kv_data[337], kv_data[319:256]}),
      .m_valid(at_valid),
      .m_ready(order[K]),
      .m_data ({at_last, at_offset}),
      .level  (unused_at_level)
  );

  strm_fifo #(
      .DATA_W(LANE_LG + 262),
      .DEPTH (DEPTH)
  ) u_words (
      .clk    (clk),
      .rst    (rst),
      .s_valid(kv_push),
      .s_ready(word_room),
      .s_data ({kv_data[336], kv_data[320+:LANE_LG+5], kv_data[255:0]}),
      .m_valid(out_valid[K]),
      .m_ready(out_ready[K]),
      .m_data ({k_exponent, k_lane, k_word}),
      .level  (unused_word_level)
  );

  wire              want_t;
  wire [FREE_W-1:0] tap_beats;
  wire [      63:0] tap_offset;
  wire              tap_calm;
  wire [WIDE_W-1:0] t_wide;

  m2_store_taps #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES),
      .DEPTH     (DEPTH)
  ) u_taps (
      .clk    (clk),
      .rst    (rst),
      .clear  (clear),
      .finish (finish),
      .s_valid(t_valid),
      .s_ready(t_ready),
      .s_data (t_data),
      .want   (want_t),
      .beats  (tap_beats),
      .offset (tap_offset),
      .order  (order[T]),
      .calm   (tap_calm),
      .m_valid(out_valid[T]),
      .m_ready(out_ready[T]),
      .m_data (t_wide)
  );

  // ---- one write a cycle
  wire              cmd_ready;
  wire              data_ready;
  wire              open_ready;
  wire              slot = cmd_ready && data_ready && open_ready;
  reg               want_o_q;
  reg  [      63:0] out_at_q;  // bytes of records since clear
  wire              pick_k = at_valid && !want_o_q;
  wire              pick_t = want_t && !at_valid && !want_o_q;
  wire              issue = slot && (want_o_q || at_valid || want_t);
  wire [     N-1:0] pick = {pick_t, pick_k, want_o_q};
  wire [FREE_W-1:0] beats = pick_t ? tap_beats : ONE;

  assign order = pick & {N{slot}};

  always @(posedge clk) begin
    if (rst) want_o_q <= 1'b0;
    else want_o_q <= o_free && !order[O];
  end

  always @(posedge clk) begin
    if (rst || clear) out_at_q <= 64'd0;
    else if (order[O]) out_at_q <= out_at_q + (64'd1 << SHIFT);
  end

  strm_skid #(
      .DATA_W(64 + FREE_W)
  ) u_cmd (
      .clk    (clk),
      .rst    (rst),
      .s_valid(issue),
      .s_ready(cmd_ready),
      .s_data ({want_o_q ? c_out_off + out_at_q : at_valid ? at_offset : c_tap_off + tap_offset, beats}),
      .m_valid(wr_cmd_valid),
      .m_ready(wr_cmd_ready),
      .m_data ({wr_cmd_offset, wr_cmd_beats[FREE_W-1:0]})
  );

  assign wr_cmd_beats[31:FREE_W] = {32 - FREE_W{1'b0}};

  // ---- data in the order of the writes; a byte is written where its place and its byte of a place are
  wire [     N-1:0] from;
  wire              move;
  reg               d_valid_q;
  reg  [WIDE_W-1:0] d_data_q;
  reg  [ LANES-1:0] place_q;
  reg  [      31:0] byte_q;
  wire              room = !d_valid_q || d_ready;
  wire [     255:0] k_place = k_exponent ? {32{k_word[7:0]}} : k_word;
  wire [LANE_LG:0]  k_at = {1'b0, k_exponent ? k_lane[LANE_LG+4:5] : k_lane[LANE_LG-1:0]};

  m2_store_order #(
      .N      (N),
      .BEATS_W(FREE_W),
      .OPEN   (OPEN)
  ) u_order (
      .clk    (clk),
      .rst    (rst),
      .s_valid(issue),
      .s_ready(data_ready),
      .s_data ({pick, beats}),
      .here   (out_valid),
      .room   (room),
      .from   (from),
      .move   (move)
  );

  assign out_ready = from & {N{room}};
  assign d_valid   = d_valid_q;
  assign d_data    = d_data_q;

  always @(posedge clk) begin
    if (rst) d_valid_q <= 1'b0;
    else if (room) d_valid_q <= move;
  end

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_place
      localparam [31:0] PLACE = i;
      wire [255:0] o_place;

      if (i < 2) begin : g_record
        assign o_place = o_word[i*256+:256];
      end else begin : g_behind
        assign o_place = 256'd0;
      end

      always @(posedge clk) begin
        if (move) begin
          d_data_q[i*256+:256] <= from[K] ? k_place : from[O] ? o_place : t_wide[i*256+:256];
          place_q[i]           <= !from[K] || k_at == PLACE[LANE_LG:0];
        end
      end

      assign d_strb[i*32+:32] = byte_q & {32{place_q[i]}};
    end

    for (i = 0; i < 32; i = i + 1) begin : g_byte
      localparam [31:0] BYTE = i;

      always @(posedge clk) begin
        if (move) byte_q[i] <= !from[K] || !k_exponent || k_lane[4:0] == BYTE[4:0];
      end
    end
  endgenerate

  // ---- answers in the order of the writes
  wire                  open_valid;
  wire                  open_record;
  wire                  open_last;
  wire [$clog2(OPEN):0] open_level;
  reg                   record_q;
  reg                   cache_q;
  reg                   idle_q;

  strm_fifo #(
      .DATA_W(2),
      .DEPTH (OPEN)
  ) u_open (
      .clk    (clk),
      .rst    (rst),
      .s_valid(issue),
      .s_ready(open_ready),
      .s_data ({want_o_q, pick_k && at_last}),
      .m_valid(open_valid),
      .m_ready(written),
      .m_data ({open_record, open_last}),
      .level  (open_level)
  );

  assign record_written = record_q;
  assign cache_written  = cache_q;
  assign idle           = idle_q;

  always @(posedge clk) begin
    if (rst) begin
      record_q <= 1'b0;
      cache_q  <= 1'b0;
    end else begin
      record_q <= written && open_record;
      cache_q  <= written && open_last;
    end
  end

  always @(posedge clk) begin
    if (rst) idle_q <= 1'b1;
    else idle_q <= o_empty && !at_valid && tap_calm && !o_valid && !kv_valid && open_level == 0;
  end

  `CHECK(!written || open_valid, "an answer without a write")
  `CHECK(!kv_push || kv_data[336] || {16'd0, kv_data[335:320]} < LANES, "no such place in a wide beat")
  `CHECK(!kv_push || !kv_data[336] || {16'd0, kv_data[335:320]} < WIDE_W / 8, "no such byte in a wide beat")
  `CHECK_STREAM(wr_cmd_valid, wr_cmd_ready, {wr_cmd_offset, wr_cmd_beats})
  `CHECK_STREAM(d_valid, d_ready, {d_strb, d_data})

  generate
    if (WIDE_W < 512 || WIDE_W % 512 != 0 || (WIDE_W & (WIDE_W - 1)) != 0) begin : g_bad_wide
      tern_store_needs_WIDE_W_512_times_a_power_of_two u_error ();
    end
    if (DEPTH != 16 && DEPTH != 32) begin : g_bad_depth
      tern_store_DEPTH_must_be_16_or_32 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
