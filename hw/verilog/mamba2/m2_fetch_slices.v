// SPDX-License-Identifier: Apache-2.0
//
// m2_fetch_slices - cuts runs of memory into reads for which a queue has room, and is that queue.
//
// Function     : a run (offset, beats) becomes commands of SLICE beats, the last one of what is left, each offered as soon
//                as DEPTH places less beats ordered and not yet taken from the queue allow it. The queue's output is its
//                input, unchanged.
// Format       : byte offsets, PORT_BYTES a beat; at least one beat a run.
// Latency      : variable: 2 cycles from a run to its first command when there is room; the queue's is that of strm_fifo
// Throughput   : variable: one command in 2 cycles, a cycle more a run; one beat a cycle
// Back-pressure: registered s_ready; the queue accepts whatever has been ordered.
// Golden       : golden.streams.identity
// Test         : tests/rtl/test_m2_fetch.py
//
// Why: what has been ordered always finds a place, so no read ever waits in front of another stream's data. A command is
// offered by a register, because the choice among the streams follows in the same cycle; meanwhile room only grows.

`default_nettype none
`include "checks.vh"

module m2_fetch_slices #(
    parameter DATA_W     = 512,  // width of a beat [bits]
    parameter DEPTH      = 64,   // places of the queue, a power of two >= 2
    parameter SLICE      = 16,   // most beats of a command, 1..DEPTH
    parameter PORT_BYTES = 32    // bytes that a beat takes of each port, a power of two >= 2
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              s_valid,
    output wire              s_ready,
    input  wire [      63:0] s_offset,
    input  wire [      31:0] s_beats,
    output wire              cmd_valid,
    input  wire              cmd_ready,
    output wire [      63:0] cmd_offset,
    output wire [      15:0] cmd_beats,
    input  wire              d_valid,    // data that was ordered
    input  wire [DATA_W-1:0] d_data,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [DATA_W-1:0] m_data
);

  localparam SHIFT = $clog2(PORT_BYTES);
  localparam ROOM_W = $clog2(DEPTH) + 1;
  localparam [31:0] MOST = SLICE;
  localparam [31:0] PLACES = DEPTH;
  localparam [63:0] STEP = {32'd0, MOST} << SHIFT;

  reg               valid_q;
  reg  [      63:0] offset_q;
  reg  [      31:0] left_q;
  reg  [      15:0] size_q;  // beats of the command on offer
  reg               last_q;  // which is the run's last
  reg  [ROOM_W-1:0] room_q;
  wire              order = cmd_valid && cmd_ready;
  reg               pop_q;  // a beat left in the cycle before
  wire [      31:0] rest = left_q - MOST;
  wire [      31:0] next = valid_q ? rest : s_beats;
  reg               offer_q;  // there is room for the command
  wire              d_ready;
  wire [$clog2(DEPTH):0] unused_level;

  assign s_ready    = !valid_q;
  assign cmd_valid  = offer_q;
  assign cmd_offset = offset_q;
  assign cmd_beats  = size_q;

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (!valid_q) valid_q <= s_valid;
    else if (order && last_q) valid_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst) offer_q <= 1'b0;
    else offer_q <= valid_q && room_q >= size_q[ROOM_W-1:0] && !order;
  end

  always @(posedge clk) begin
    if (!valid_q || order) begin
      left_q   <= next;
      last_q   <= next <= MOST;
      size_q   <= (next <= MOST) ? next[15:0] : MOST[15:0];
      offset_q <= valid_q ? offset_q + STEP : s_offset;
    end
  end

  always @(posedge clk) begin
    if (rst) room_q <= PLACES[ROOM_W-1:0];
    else room_q <= room_q - (order ? size_q[ROOM_W-1:0] : {ROOM_W{1'b0}}) + {{ROOM_W - 1{1'b0}}, pop_q};
  end

  always @(posedge clk) begin
    if (rst) pop_q <= 1'b0;
    else pop_q <= m_valid && m_ready;
  end

  strm_fifo #(
      .DATA_W(DATA_W),
      .DEPTH (DEPTH)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(d_valid),
      .s_ready(d_ready),
      .s_data (d_data),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .level  (unused_level)
  );

  `CHECK(!d_valid || d_ready, "data that were ordered found no room")
  `CHECK(!s_valid || s_beats != 32'd0, "a run of no beats")
  `CHECK_STREAM(cmd_valid, cmd_ready, {cmd_offset, cmd_beats})

  generate
    if (SLICE < 1 || SLICE > DEPTH || DEPTH > 32768) begin : g_bad_slice
      m2_fetch_slices_needs_SLICE_from_1_to_DEPTH u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
