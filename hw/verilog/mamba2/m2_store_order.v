// SPDX-License-Identifier: Apache-2.0
//
// m2_store_order - takes the beats of writes out of the sources' queues, in the order of the writes.
//
// Function     : for each write {source, one-hot; beats} so many cycles with that source in `from` and `move`: its beat leaves.
// Format       : beats >= 1; here[i]: source i has a beat; room: it may leave. A source's ready is its bit of `from` and room.
// Latency      : variable: 3 cycles from a write to its first beat
// Throughput   : variable: a beat a cycle, a write in 2 cycles
// Back-pressure: registered ready; absorbs OPEN + 2 writes
// Golden       : golden.streams.identity
// Test         : tests/rtl/test_m2_store.py
//
// Why: the write behind the one at hand waits beside the queue, so that beats that move do not reach into it.

`default_nettype none

module m2_store_order #(
    parameter N       = 4,  // sources, >= 1
    parameter BEATS_W = 6,  // width of a write's number of beats [bits]
    parameter OPEN    = 32  // writes that wait, a power of two
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire                 s_valid,
    output wire                 s_ready,
    input  wire [N+BEATS_W-1:0] s_data,
    input  wire [        N-1:0] here,
    input  wire                 room,
    output wire [        N-1:0] from,
    output wire                 move
);

  localparam [BEATS_W-1:0] ONE = 1;

  wire               valid;
  wire               take;
  wire [      N-1:0] source;
  wire [BEATS_W-1:0] beats;
  reg                next_valid_q;
  reg  [      N-1:0] next_from_q;
  reg  [BEATS_W-1:0] next_left_q;
  reg                next_last_q;
  reg  [      N-1:0] from_q;  // one bit for the source of the write at hand, none between writes
  reg  [BEATS_W-1:0] left_q;  // beats after this one
  reg                last_q;
  wire [$clog2(OPEN):0] unused_level;

  strm_fifo #(
      .DATA_W(N + BEATS_W),
      .DEPTH (OPEN)
  ) u_writes (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .m_valid(valid),
      .m_ready(!next_valid_q),
      .m_data ({source, beats}),
      .level  (unused_level)
  );

  assign from = from_q;
  assign move = (from_q & here) != {N{1'b0}} && room;
  assign take = from_q == {N{1'b0}} || (move && last_q);

  always @(posedge clk) begin
    if (rst) next_valid_q <= 1'b0;
    else next_valid_q <= next_valid_q ? !take : valid;
  end

  always @(posedge clk) begin
    if (!next_valid_q) begin
      next_from_q <= source;
      next_left_q <= beats - ONE;
      next_last_q <= beats == ONE;
    end
  end

  always @(posedge clk) begin
    if (rst) from_q <= {N{1'b0}};
    else if (take) from_q <= next_from_q & {N{next_valid_q}};
  end

  always @(posedge clk) begin
    if (take) begin
      left_q <= next_left_q;
      last_q <= next_last_q;
    end else if (move) begin
      left_q <= left_q - ONE;
      last_q <= left_q == ONE;
    end
  end

endmodule

`default_nettype wire
