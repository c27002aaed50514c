// SPDX-License-Identifier: Apache-2.0
//
// tern_out - queues finished tiles and packs their vectors one after another into wide beats.
//
// Function     : output = the tiles' vectors 0..last_vector of OUTS words each, tile by tile, RATIO of them in a beat, the
//                last beat of the run filled with zeros. `room` = one more tile may be started (`take`).
// Format       : words of 32 bits, row 0 of the first vector lowest.
// Latency      : variable: 3 cycles from a tile to the beat that its vector completes.
// Throughput   : variable: one vector per cycle.
// Back-pressure: none towards the tiles (room is granted beforehand, DEPTH tiles); combinational ready downstream.
// Golden       : golden.ternary.packing.pack_y
// Test         : tests/rtl/test_tern_matvec.py
//
// Why: a credit is taken when a tile's last beat starts, not when its result appears: the pipeline between cannot stop.

`default_nettype none
`include "checks.vh"

module tern_out #(
    parameter OUTS   = 8,  // words of a vector
    parameter T_COLS = 1,  // vectors of a tile
    parameter RATIO  = 1,  // vectors of a beat
    parameter DEPTH  = 32  // tiles queued or on their way, a power of two above the pipeline's length
) (
    input  wire                      clk,
    input  wire                      rst,
    input  wire                      clear,
    input  wire [              15:0] last_tile,
    input  wire [               7:0] last_vector,
    input  wire                      take,
    output wire                      room,
    input  wire                      s_valid,
    input  wire [T_COLS*OUTS*32-1:0] s_data,
    output wire                      m_valid,
    input  wire                      m_ready,
    output wire [ RATIO*OUTS*32-1:0] m_data
);

  localparam COUNT_W = $clog2(DEPTH) + 1;
  localparam SELECT_W = (T_COLS > 1) ? $clog2(T_COLS) : 1;
  localparam [31:0] FULL = DEPTH;

  reg  [COUNT_W-1:0] taken_q;
  reg                room_q;
  reg                gave_q;
  reg  [COUNT_W-1:0] taken_d;
  reg  [        7:0] vector_q;
  reg  [       15:0] tile_q;
  wire               queue_ready;
  wire [COUNT_W-1:0] unused_level;
  wire               head_valid;
  wire               part_ready;
  wire               part = head_valid && part_ready;
  wire               end_tile = vector_q == last_vector;
  wire               give = part && end_tile;

  // A tile that left counts a cycle late: m_ready comes from the ports' far end.
  always @(posedge clk) begin
    if (rst || clear) gave_q <= 1'b0;
    else gave_q <= give;
  end

  always @* begin
    taken_d = taken_q;
    if (take && !gave_q) taken_d = taken_q + 1'b1;
    if (!take && gave_q) taken_d = taken_q - 1'b1;
  end

  always @(posedge clk) begin
    if (rst || clear) begin
      taken_q <= {COUNT_W{1'b0}};
      room_q  <= 1'b1;
    end else begin
      taken_q <= taken_d;
      room_q  <= taken_d != FULL[COUNT_W-1:0];
    end
  end

  always @(posedge clk) begin
    if (rst || clear) vector_q <= 8'd0;
    else if (part) vector_q <= end_tile ? 8'd0 : vector_q + 8'd1;
  end

  always @(posedge clk) begin
    if (rst || clear) tile_q <= 16'd0;
    else if (give) tile_q <= tile_q + 16'd1;
  end

  wire [T_COLS*OUTS*32-1:0] head;

  strm_fifo #(
      .DATA_W(T_COLS * OUTS * 32),
      .DEPTH (DEPTH)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(queue_ready),
      .s_data (s_data),
      .m_valid(head_valid),
      .m_ready(part_ready && end_tile),
      .m_data (head),
      .level  (unused_level)
  );

  wire [OUTS*32-1:0] vector;
  wire               unused_last;

  generate
    if (T_COLS > 1) begin : g_select
      assign vector = head[vector_q[SELECT_W-1:0]*OUTS*32+:OUTS*32];
    end else begin : g_single
      assign vector = head;
    end
  endgenerate

  strm_upsize #(
      .DATA_W(OUTS * 32),
      .RATIO (RATIO)
  ) u_upsize (
      .clk    (clk),
      .rst    (rst),
      .s_valid(head_valid),
      .s_ready(part_ready),
      .s_data (vector),
      .s_last (end_tile && tile_q == last_tile),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .m_last (unused_last)
  );

  assign room = room_q;

  `CHECK(!s_valid || queue_ready, "a result without room")

endmodule

`default_nettype wire
