// SPDX-License-Identifier: Apache-2.0
//
// strm_fork - offers each beat to N sinks, each of which takes it once, in its own time.
//
// Function     : each of the N outputs is the input sequence, unchanged; m_data is shared by all of them.
// Format       : opaque bits.
// Latency      : 0
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 0 beats, waits for the slowest sink.
// Golden       : golden.streams.identity
// Test         : tests/rtl/test_strm_fork.py
//
// Why: a done flag per output lets a fast sink take its copy before the others are ready; with a plain AND of the
// readys, valid would have to wait for ready (rule S2).

`default_nettype none
`include "checks.vh"

module strm_fork #(
    parameter DATA_W = 8,  // width of a beat [bits], >= 1
    parameter N      = 2   // outputs, >= 1
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              s_valid,
    output wire              s_ready,
    input  wire [DATA_W-1:0] s_data,
    output wire [     N-1:0] m_valid,
    input  wire [     N-1:0] m_ready,
    output wire [DATA_W-1:0] m_data
);

  reg [N-1:0] done_q;

  assign s_ready = &(done_q | m_ready);
  assign m_data  = s_data;

  always @(posedge clk) begin
    if (rst || s_ready) done_q <= 0;
    else if (s_valid) done_q <= done_q | m_ready;
  end

  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_output
      wire m_valid_i = s_valid && !done_q[i];
      wire m_ready_i = m_ready[i];

      assign m_valid[i] = m_valid_i;

      `CHECK_STREAM(m_valid_i, m_ready_i, m_data)
    end
  endgenerate

  generate
    if (DATA_W < 1 || N < 1) begin : g_bad_size
      strm_fork_needs_DATA_W_and_N_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
