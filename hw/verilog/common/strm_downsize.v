// SPDX-License-Identifier: Apache-2.0
//
// strm_downsize - cuts a wide beat into RATIO narrow ones, lowest first.
//
// Function     : m[k] = s_data[k*DATA_W +: DATA_W], k = 0..RATIO-1; m_last = s_last on the last of them.
// Format       : opaque bits.
// Latency      : 1
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 1 wide beat.
// Golden       : golden.streams.downsize
// Test         : tests/rtl/test_strm_downsize.py
//
// Why: the wide word stays in place and a multiplexer walks over it; shifting would move the whole word on each beat.

`default_nettype none
`include "checks.vh"

module strm_downsize #(
    parameter DATA_W = 8,  // width of a narrow beat [bits], >= 1
    parameter RATIO  = 4   // narrow beats in a wide one, >= 1
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    s_valid,
    output wire                    s_ready,
    input  wire [RATIO*DATA_W-1:0] s_data,
    input  wire                    s_last,
    output wire                    m_valid,
    input  wire                    m_ready,
    output wire [      DATA_W-1:0] m_data,
    output wire                    m_last
);

  localparam COUNT_W = (RATIO > 1) ? $clog2(RATIO) : 1;
  localparam LAST_LANE = RATIO - 1;

  reg  [     COUNT_W-1:0] lane_q;
  reg                     valid_q;
  reg                     last_q;
  reg  [RATIO*DATA_W-1:0] word_q;
  wire                    at_end = lane_q == LAST_LANE[COUNT_W-1:0];

  assign s_ready = !valid_q || (m_ready && at_end);
  assign m_valid = valid_q;
  assign m_data  = word_q[lane_q*DATA_W+:DATA_W];
  assign m_last  = last_q && at_end;

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (s_ready) valid_q <= s_valid;
  end

  always @(posedge clk) begin
    if (rst) lane_q <= {COUNT_W{1'b0}};
    else if (m_valid && m_ready) lane_q <= at_end ? {COUNT_W{1'b0}} : lane_q + 1'b1;
  end

  always @(posedge clk) begin
    if (s_valid && s_ready) begin
      word_q <= s_data;
      last_q <= s_last;
    end
  end

  wire [DATA_W:0] beat = {m_last, m_data};
  `CHECK_STREAM(m_valid, m_ready, beat)

  generate
    if (DATA_W < 1 || RATIO < 1) begin : g_bad_size
      strm_downsize_needs_DATA_W_and_RATIO_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
