// SPDX-License-Identifier: Apache-2.0
//
// perf_counter - in its place where a test reads what counters hold: steps so wide that soon every bit was 0 and 1.

`default_nettype none

module perf_counter #(
    parameter W = 64
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         clear,
    input  wire         en,
    output wire [W-1:0] value
);

  localparam [63:0] STEP = 64'h9E3779B97F4A7C15;

  reg [W-1:0] value_q;

  assign value = value_q;

  always @(posedge clk) begin
    if (rst || clear) value_q <= 0;
    else if (en) value_q <= value_q + STEP[W-1:0];
  end

endmodule

`default_nettype wire
