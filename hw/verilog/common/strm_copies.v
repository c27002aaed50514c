// SPDX-License-Identifier: Apache-2.0
//
// strm_copies - gives each of N sinks the whole stream, with a queue of its own.
//
// Function     : each of the N outputs is the input sequence, unchanged.
// Format       : opaque bits; m_data of all outputs side by side, output 0 lowest.
// Latency      : 1 if DEPTH < 64 else 2
// Throughput   : 1
// Back-pressure: registered ready; absorbs DEPTH beats, waits for the slowest sink then.
// Golden       : golden.streams.identity
// Test         : tests/rtl/test_strm_copies.py
//
// Why: blocks that work on one list of jobs run apart by as many jobs as their queues hold.

`default_nettype none

module strm_copies #(
    parameter DATA_W = 32,  // width of a beat [bits], >= 1
    parameter N      = 2,   // outputs, >= 1
    parameter DEPTH  = 8    // beats that wait for each output, a power of two >= 2
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                s_valid,
    output wire                s_ready,
    input  wire [  DATA_W-1:0] s_data,
    output wire [       N-1:0] m_valid,
    input  wire [       N-1:0] m_ready,
    output wire [N*DATA_W-1:0] m_data
);

  wire [     N-1:0] fork_valid;
  wire [     N-1:0] fork_ready;
  wire [DATA_W-1:0] fork_data;

  strm_fork #(
      .DATA_W(DATA_W),
      .N     (N)
  ) u_fork (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .m_valid(fork_valid),
      .m_ready(fork_ready),
      .m_data (fork_data)
  );

  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_output
      wire [$clog2(DEPTH):0] unused_level;

      strm_fifo #(
          .DATA_W(DATA_W),
          .DEPTH (DEPTH)
      ) u_queue (
          .clk    (clk),
          .rst    (rst),
          .s_valid(fork_valid[i]),
          .s_ready(fork_ready[i]),
          .s_data (fork_data),
          .m_valid(m_valid[i]),
          .m_ready(m_ready[i]),
          .m_data (m_data[i*DATA_W+:DATA_W]),
          .level  (unused_level)
      );
    end
  endgenerate

endmodule

`default_nettype wire
