// SPDX-License-Identifier: Apache-2.0
//
// m2_store_queue - a queue that knows how many of its beats no write has been ordered for.
//
// Function     : the output is the input sequence, unchanged; free = beats accepted less beats of all orders.
// Format       : opaque bits.
// Latency      : 1 if DEPTH < 64 else 2
// Throughput   : 1
// Back-pressure: registered ready; absorbs exactly DEPTH beats.
// Golden       : golden.streams.identity
// Test         : tests/rtl/test_m2_store.py
//
// Why: a write is ordered for beats that are already here, so it never keeps another source's data waiting.

`default_nettype none
`include "checks.vh"

module m2_store_queue #(
    parameter DATA_W = 512,  // width of a beat [bits]
    parameter DEPTH  = 16    // beats, a power of two >= 2
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [     DATA_W-1:0] s_data,
    input  wire                   order,
    input  wire [$clog2(DEPTH):0] order_beats,
    output wire [$clog2(DEPTH):0] free,
    output wire                   empty,
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [     DATA_W-1:0] m_data
);

  localparam LEVEL_W = $clog2(DEPTH) + 1;

  reg  [LEVEL_W-1:0] free_q;
  wire [LEVEL_W-1:0] level;
  wire               push = s_valid && s_ready;

  // free - order_beats + push in one addition: ~(x - 1) is -x, and the lowest bit sends the carry.
  wire [LEVEL_W-1:0] less = order_beats - 1'b1;
  wire [  LEVEL_W:0] sum = {free_q, 1'b1} + {~less & {LEVEL_W{order}}, push};
  wire               unused_sum = &{1'b0, sum[0]};

  assign free  = free_q;
  assign empty = level == {LEVEL_W{1'b0}};

  always @(posedge clk) begin
    if (rst) free_q <= {LEVEL_W{1'b0}};
    else free_q <= sum[LEVEL_W:1];
  end

  strm_fifo #(
      .DATA_W(DATA_W),
      .DEPTH (DEPTH)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .level  (level)
  );

  `CHECK(!order || order_beats <= free_q, "more beats ordered than there are")

endmodule

`default_nettype wire
