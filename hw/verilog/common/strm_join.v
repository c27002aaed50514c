// SPDX-License-Identifier: Apache-2.0
//
// strm_join - puts one beat of each of N inputs side by side into one wide beat.
//
// Function     : m_data[k] = {s[N-1][k], ..., s[1][k], s[0][k]}, input 0 lowest.
// Format       : opaque bits.
// Latency      : 1
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 1 beat per input.
// Golden       : golden.streams.join
// Test         : tests/rtl/test_strm_join.py
//
// Why: each input has a register, because without one the ready of an input would depend on the valids of the
// others (rule S4).

`default_nettype none
`include "checks.vh"

module strm_join #(
    parameter DATA_W = 8,  // width of one input's beat [bits], >= 1
    parameter N      = 2   // inputs, >= 1
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [       N-1:0] s_valid,
    output wire [       N-1:0] s_ready,
    input  wire [N*DATA_W-1:0] s_data,
    output wire                m_valid,
    input  wire                m_ready,
    output wire [N*DATA_W-1:0] m_data
);

  reg  [N-1:0] full_q;
  wire         move = m_valid && m_ready;

  assign m_valid = &full_q;

  always @(posedge clk) begin
    if (rst) full_q <= 0;
    else full_q <= (s_valid & s_ready) | (full_q & ~s_ready);
  end

  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_input
      reg [DATA_W-1:0] data_q;

      assign s_ready[i] = !full_q[i] || move;
      assign m_data[i*DATA_W+:DATA_W] = data_q;

      always @(posedge clk) begin
        if (s_valid[i] && s_ready[i]) data_q <= s_data[i*DATA_W+:DATA_W];
      end
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)

  generate
    if (DATA_W < 1 || N < 1) begin : g_bad_size
      strm_join_needs_DATA_W_and_N_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
