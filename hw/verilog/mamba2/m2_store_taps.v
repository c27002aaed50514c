// SPDX-License-Identifier: Apache-2.0
//
// m2_store_taps - captured beats, packed and queued, and where the next write of them goes.
//
// Function     : beats of 256 bits, WIDE_W / 256 in a wide beat, first lowest; `finish` (no more will come) fills the last one
//                with zeros. want: a write of `beats` to c_off + `offset`, 8 wide beats or, with finish, what is left; `order`
//                takes it. calm: nothing is here but, before finish, fewer than 8 wide beats.
// Format       : byte offsets in each port's arena, PORT_BYTES for a wide beat, from 0 on since `clear`.
// Latency      : variable: 3 cycles from the beat that completes a write to want
// Throughput   : variable: 1 beat per cycle
// Back-pressure: s_ready follows the queue's; DEPTH wide beats wait here.
// Golden       : golden.beats.to_beats
// Test         : tests/rtl/test_m2_store.py
//
// Why: pieces, so that copied beats do not take the write channel for each wide beat, nor hold up others for long.

`default_nettype none

module m2_store_taps #(
    parameter WIDE_W     = 512,  // width of a wide beat [bits], 256 times a power of two
    parameter PORT_BYTES = 32,   // bytes that a wide beat takes of each port, a power of two
    parameter DEPTH      = 32    // wide beats, a power of two >= 16
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   clear,
    input  wire                   finish,
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [          255:0] s_data,
    output wire                   want,
    output wire [$clog2(DEPTH):0] beats,
    output wire [           63:0] offset,
    input  wire                   order,
    output wire                   calm,
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [     WIDE_W-1:0] m_data
);

  localparam SHIFT = $clog2(PORT_BYTES);
  localparam FREE_W = $clog2(DEPTH) + 1;
  localparam RATIO = WIDE_W / 256;
  localparam LANE_W = $clog2(RATIO) + 1;
  localparam LAST_LANE = RATIO - 1;
  localparam [FREE_W-1:0] PIECE = 8;

  // A zero beat ends an unfinished wide beat.
  reg  [LANE_W-1:0] lane_q;
  wire              partial = lane_q != {LANE_W{1'b0}};
  wire              flush = finish && partial && !s_valid;
  wire              pack_ready;
  wire              pack_move = (s_valid || flush) && pack_ready;
  wire              wide_valid;
  wire              wide_ready;
  wire [WIDE_W-1:0] wide;
  wire              unused_wide_last;

  assign s_ready = pack_ready;

  always @(posedge clk) begin
    if (rst) lane_q <= {LANE_W{1'b0}};
    else if (pack_move) lane_q <= (flush || lane_q == LAST_LANE[LANE_W-1:0]) ? {LANE_W{1'b0}} : lane_q + 1'b1;
  end

  strm_upsize #(
      .DATA_W(256),
      .RATIO (RATIO)
  ) u_pack (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid || flush),
      .s_ready(pack_ready),
      .s_data (s_data & {256{s_valid}}),
      .s_last (flush),
      .m_valid(wide_valid),
      .m_ready(wide_ready),
      .m_data (wide),
      .m_last (unused_wide_last)
  );

  wire [FREE_W-1:0] free;
  wire              empty;
  wire              many = free >= PIECE;
  reg               want_q;
  reg  [FREE_W-1:0] beats_q;  // of the write that is wanted; more may have come meanwhile
  reg  [      63:0] at_q;

  m2_store_queue #(
      .DATA_W(WIDE_W),
      .DEPTH (DEPTH)
  ) u_queue (
      .clk        (clk),
      .rst        (rst),
      .s_valid    (wide_valid),
      .s_ready    (wide_ready),
      .s_data     (wide),
      .order      (order),
      .order_beats(beats_q),
      .free       (free),
      .empty      (empty),
      .m_valid    (m_valid),
      .m_ready    (m_ready),
      .m_data     (m_data)
  );

  assign want   = want_q;
  assign beats  = beats_q;
  assign offset = at_q;
  assign calm   = (empty || !(finish || many)) && !(finish && partial) && !wide_valid && !s_valid;

  always @(posedge clk) begin
    if (rst) want_q <= 1'b0;
    else want_q <= (many || (finish && free != {FREE_W{1'b0}})) && !order;
  end

  always @(posedge clk) begin
    beats_q <= many ? PIECE : free;
  end

  always @(posedge clk) begin
    if (rst || clear) at_q <= 64'd0;
    else if (order) at_q <= at_q + ({{64 - FREE_W{1'b0}}, beats_q} << SHIFT);
  end

endmodule

`default_nettype wire
