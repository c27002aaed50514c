// SPDX-License-Identifier: Apache-2.0
//
// m2_store - writes state chunks, token records and captured beats to memory.
//
// Function     : q, f: the chunks of IN jobs of layers >= c_mem_first, as m2_store_state places them. o: record i since `clear`
//                to c_out_off + i * PORT_BYTES, zeros behind its 512 bits. t: beats of 256 bits, packed WIDE_W / 256 in a
//                wide beat, first lowest, wide beat i since `clear` to c_tap_off + i * PORT_BYTES; `finish` (no more will
//                come) fills the last one with zeros. A write is ordered when its beats are in a queue here, records first,
//                then taps, then states; taps in pieces of 8 until `finish`. chunk_written: all writes of one more chunk
//                were answered; record_written: one more record's. idle: nothing is here or under way but, before `finish`,
//                fewer than 8 wide beats of taps.
// Format       : byte offsets in each port's arena, PORT_BYTES for a wide beat.
// Latency      : variable: 4 cycles from a record to its data, 2 for its command, then the memory's
// Throughput   : variable: 1 wide beat per cycle, a write in 2 cycles
// Back-pressure: registered readies of job, q, f and o; t_ready follows its queue's; DEPTH beats of each source wait here.
// Golden       : golden.mamba2.accel.layout.pack_state
// Test         : tests/rtl/test_m2_store.py
//
// Why: store and forward: no data of one source ever wait on the write channel for the rest of another's.

`default_nettype none
`include "checks.vh"

module m2_store #(
    parameter WIDE_W     = 512,  // width of a wide beat [bits], a multiple of 512
    parameter PORT_BYTES = 32,   // bytes that a wide beat takes of each port, a power of two >= 2
    parameter DEPTH      = 32    // places of each queue, a power of two, 16..32; writes of states are of half as many beats
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              clear,           // a run begins
    input  wire [      63:0] c_s_off,
    input  wire [      63:0] c_out_off,
    input  wire [      63:0] c_tap_off,
    input  wire [      15:0] c_chunks,
    input  wire [      15:0] c_sb,
    input  wire [      15:0] c_qb,
    input  wire [      15:0] c_chunk_beats,
    input  wire [       7:0] c_mem_first,
    input  wire              job_valid,
    output wire              job_ready,
    input  wire [      31:0] job_data,
    input  wire              q_valid,
    output wire              q_ready,
    input  wire [WIDE_W-1:0] q_data,
    input  wire              f_valid,
    output wire              f_ready,
    input  wire [WIDE_W-1:0] f_data,
    input  wire              o_valid,
    output wire              o_ready,
    input  wire [     511:0] o_data,
    input  wire              t_valid,
    output wire              t_ready,
    input  wire [     255:0] t_data,
    input  wire              finish,
    output wire              wr_cmd_valid,
    input  wire              wr_cmd_ready,
    output wire [      63:0] wr_cmd_offset,
    output wire [      31:0] wr_cmd_beats,
    output wire              d_valid,
    input  wire              d_ready,
    output wire [WIDE_W-1:0] d_data,
    input  wire              written,
    output wire              chunk_written,
    output wire              record_written,
    output wire              idle
);

  localparam SHIFT = $clog2(PORT_BYTES);
  localparam FREE_W = $clog2(DEPTH) + 1;
  localparam [FREE_W-1:0] ONE = 1;
  localparam OPEN = 32;  // writes under way

  localparam N = 4;
  localparam Q = 0;
  localparam F = 1;
  localparam O = 2;
  localparam T = 3;

  // ---- a queue for each source
  wire [     T-1:0] in_valid = {o_valid, f_valid, q_valid};
  wire [     T-1:0] in_ready;
  wire [     N-1:0] order;
  wire [FREE_W-1:0] order_beats;
  wire [FREE_W-1:0] free[0:T-1];
  wire [     T-1:0] empty;
  wire [     N-1:0] out_valid;
  wire [     N-1:0] out_ready;
  wire [WIDE_W-1:0] out_data[0:N-1];

  assign {o_ready, f_ready, q_ready} = in_ready;

  genvar i;
  genvar j;
  generate
    for (i = 0; i < T; i = i + 1) begin : g_source
      localparam HERE_W = (i == O) ? 512 : WIDE_W;
      wire [HERE_W-1:0] s_data;
      wire [HERE_W-1:0] m_data;

      if (i == Q) begin : g_q
        assign s_data = q_data;
      end else if (i == F) begin : g_f
        assign s_data = f_data;
      end else begin : g_o
        assign s_data = o_data;
      end

      assign out_data[i][HERE_W-1:0] = m_data;
      for (j = HERE_W / 512; j < WIDE_W / 512; j = j + 1) begin : g_fill
        assign out_data[i][j*512+:512] = 512'd0;
      end

      m2_store_queue #(
          .DATA_W(HERE_W),
          .DEPTH (DEPTH)
      ) u_queue (
          .clk        (clk),
          .rst        (rst),
          .s_valid    (in_valid[i]),
          .s_ready    (in_ready[i]),
          .s_data     (s_data),
          .order      (order[i]),
          .order_beats(order_beats),
          .free       (free[i]),
          .empty      (empty[i]),
          .m_valid    (out_valid[i]),
          .m_ready    (out_ready[i]),
          .m_data     (m_data)
      );
    end
  endgenerate

  wire              want_t;
  wire [FREE_W-1:0] tap_beats;
  wire [      63:0] tap_offset;
  wire              tap_calm;

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
      .m_data (out_data[T])
  );

  // ---- one write a cycle
  wire              state_valid;
  wire              state_ready;
  wire              state_shifts;
  wire              state_last;
  wire [      63:0] state_offset;
  wire [FREE_W-1:0] state_beats;
  wire              state_idle;

  m2_store_state #(
      .PORT_BYTES(PORT_BYTES),
      .PIECE     (DEPTH / 2),
      .FREE_W    (FREE_W)
  ) u_state (
      .clk          (clk),
      .rst          (rst),
      .c_s_off      (c_s_off),
      .c_mem_first  (c_mem_first),
      .c_chunks     (c_chunks),
      .c_chunk_beats(c_chunk_beats),
      .c_sb         (c_sb),
      .c_qb         (c_qb),
      .job_valid    (job_valid),
      .job_ready    (job_ready),
      .job_data     (job_data),
      .q_free       (free[Q]),
      .f_free       (free[F]),
      .m_valid      (state_valid),
      .m_ready      (state_ready),
      .m_shifts     (state_shifts),
      .m_last       (state_last),
      .m_offset     (state_offset),
      .m_beats      (state_beats),
      .idle         (state_idle)
  );

  wire              cmd_ready;
  reg  [      63:0] out_at_q;       // bytes of records since clear
  wire              data_ready;
  wire              open_ready;
  wire              slot = cmd_ready && data_ready && open_ready;
  reg               want_o_q;
  wire              pick_o = want_o_q;
  wire              pick_t = want_t && !want_o_q;
  wire              pick_s = state_valid && !want_t && !want_o_q;
  wire              issue = slot && (want_o_q || want_t || state_valid);
  wire [     N-1:0] pick = {pick_t, pick_o, pick_s && state_shifts, pick_s && !state_shifts};

  assign state_ready = slot && !want_t && !want_o_q;
  assign order       = pick & {N{slot}};
  assign order_beats = pick_o ? ONE : pick_t ? tap_beats : state_beats;

  always @(posedge clk) begin
    if (rst) want_o_q <= 1'b0;
    else want_o_q <= free[O] != {FREE_W{1'b0}} && !order[O];
  end

  strm_skid #(
      .DATA_W(64 + FREE_W)
  ) u_cmd (
      .clk    (clk),
      .rst    (rst),
      .s_valid(issue),
      .s_ready(cmd_ready),
      .s_data ({pick_o ? c_out_off + out_at_q : pick_t ? c_tap_off + tap_offset : state_offset, order_beats}),
      .m_valid(wr_cmd_valid),
      .m_ready(wr_cmd_ready),
      .m_data ({wr_cmd_offset, wr_cmd_beats[FREE_W-1:0]})
  );

  assign wr_cmd_beats[31:FREE_W] = {32 - FREE_W{1'b0}};

  always @(posedge clk) begin
    if (rst || clear) out_at_q <= 64'd0;
    else if (order[O]) out_at_q <= out_at_q + (64'd1 << SHIFT);
  end

  // ---- data in the order of the writes
  wire [     N-1:0] from;
  wire              move;
  reg               d_valid_q;
  reg  [WIDE_W-1:0] d_data_q;
  wire              room = !d_valid_q || d_ready;
  wire [WIDE_W-1:0] chosen = from[Q] ? out_data[Q] : from[F] ? out_data[F] : from[O] ? out_data[O] : out_data[T];

  m2_store_order #(
      .N      (N),
      .BEATS_W(FREE_W),
      .OPEN   (OPEN)
  ) u_order (
      .clk    (clk),
      .rst    (rst),
      .s_valid(issue),
      .s_ready(data_ready),
      .s_data ({pick, order_beats}),
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

  always @(posedge clk) begin
    if (move) d_data_q <= chosen;
  end

  // ---- answers in the order of the writes
  wire                  open_valid;
  wire                  open_record;
  wire                  open_chunk;
  wire [$clog2(OPEN):0] open_level;
  reg                   record_q;
  reg                   chunk_q;
  reg                   idle_q;

  strm_fifo #(
      .DATA_W(2),
      .DEPTH (OPEN)
  ) u_open (
      .clk    (clk),
      .rst    (rst),
      .s_valid(issue),
      .s_ready(open_ready),
      .s_data ({pick_o, pick_s && state_last}),
      .m_valid(open_valid),
      .m_ready(written),
      .m_data ({open_record, open_chunk}),
      .level  (open_level)
  );

  assign record_written = record_q;
  assign chunk_written  = chunk_q;
  assign idle           = idle_q;

  always @(posedge clk) begin
    if (rst) begin
      record_q <= 1'b0;
      chunk_q  <= 1'b0;
    end else begin
      record_q <= written && open_record;
      chunk_q  <= written && open_chunk;
    end
  end

  always @(posedge clk) begin
    if (rst) idle_q <= 1'b1;
    else idle_q <= state_idle && &empty && tap_calm && in_valid == {T{1'b0}} && open_level == 0;
  end

  `CHECK(!written || open_valid, "an answer without a write")
  `CHECK_STREAM(wr_cmd_valid, wr_cmd_ready, {wr_cmd_offset, wr_cmd_beats})
  `CHECK_STREAM(d_valid, d_ready, d_data)

  generate
    if (WIDE_W < 512 || WIDE_W % 512 != 0) begin : g_bad_wide
      m2_store_needs_WIDE_W_a_multiple_of_512 u_error ();
    end
    if (DEPTH != 16 && DEPTH != 32) begin : g_bad_depth
      m2_store_DEPTH_must_be_16_or_32 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
