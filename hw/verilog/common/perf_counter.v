// SPDX-License-Identifier: Apache-2.0
//
// perf_counter - counts the cycles in which en is high.
//
// Function     : value = cycles with en high since the last clear; clear wins over en.
// Format       : value unsigned W bits, wraps.
// Latency      : 1
// Throughput   : 1
// Back-pressure: none.
// Golden       : golden.streams.count
// Test         : tests/rtl/test_perf_counter.py
//
// Why: no freeze input; the caller gates en, so that all counters of a unit stop on the same condition.

`default_nettype none

module perf_counter #(
    parameter W = 64  // width of the count [bits], >= 1
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         clear,
    input  wire         en,
    output wire [W-1:0] value
);

  reg [W-1:0] value_q;

  assign value = value_q;

  always @(posedge clk) begin
    if (rst || clear) value_q <= 0;
    else if (en) value_q <= value_q + 1'b1;
  end

  generate
    if (W < 1) begin : g_bad_w
      perf_counter_W_must_be_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
