// SPDX-License-Identifier: Apache-2.0
//
// strm_upsize - gathers RATIO narrow beats into a wide one, first beat lowest.
//
// Function     : m_data = {s[RATIO-1], ..., s[1], s[0]}; s_last ends a wide beat early, zeros fill the rest.
// Format       : opaque bits.
// Latency      : 1
// Throughput   : 1 / RATIO
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs RATIO narrow beats.
// Golden       : golden.streams.upsize
// Test         : tests/rtl/test_strm_upsize.py
//
// Why: lanes are written in place with an enable each; a shift register would move the whole word on each beat.

`default_nettype none
`include "checks.vh"

module strm_upsize #(
    parameter DATA_W = 8,  // width of a narrow beat [bits], >= 1
    parameter RATIO  = 4   // narrow beats in a wide one, >= 1
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    s_valid,
    output wire                    s_ready,
    input  wire [      DATA_W-1:0] s_data,
    input  wire                    s_last,
    output wire                    m_valid,
    input  wire                    m_ready,
    output wire [RATIO*DATA_W-1:0] m_data,
    output wire                    m_last
);

  localparam COUNT_W = (RATIO > 1) ? $clog2(RATIO) : 1;
  localparam LAST_LANE = RATIO - 1;

  reg  [COUNT_W-1:0] lane_q;
  reg                valid_q;
  reg                last_q;
  wire               take = s_valid && s_ready;
  wire               full = s_last || lane_q == LAST_LANE[COUNT_W-1:0];

  assign s_ready = m_ready || !valid_q;
  assign m_valid = valid_q;
  assign m_last  = last_q;

  always @(posedge clk) begin
    if (rst) lane_q <= {COUNT_W{1'b0}};
    else if (take) lane_q <= full ? {COUNT_W{1'b0}} : lane_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (s_ready) valid_q <= s_valid && full;
  end

  always @(posedge clk) begin
    if (take) last_q <= s_last;
  end

  genvar i;
  generate
    for (i = 0; i < RATIO; i = i + 1) begin : g_lane
      reg  [ DATA_W-1:0] lane_data_q;
      wire [COUNT_W-1:0] here = i;

      assign m_data[i*DATA_W+:DATA_W] = lane_data_q;

      always @(posedge clk) begin
        if (take && lane_q == here) lane_data_q <= s_data;
        else if (take && lane_q == {COUNT_W{1'b0}}) lane_data_q <= {DATA_W{1'b0}};
      end
    end
  endgenerate

  wire [RATIO*DATA_W:0] beat = {m_last, m_data};
  `CHECK_STREAM(m_valid, m_ready, beat)

  generate
    if (DATA_W < 1 || RATIO < 1) begin : g_bad_size
      strm_upsize_needs_DATA_W_and_RATIO_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
