// SPDX-License-Identifier: Apache-2.0
//
// toy_gate - y is a and b, a cycle late: the smallest unit for the tests of mutation testing.
`default_nettype none

module toy_gate #(
    parameter W = 2  // bits
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [W-1:0] a,
    input  wire [W-1:0] b,
    output wire [W-1:0] y,
    output wire         parity,
    output wire         one,
    output reg          ready
);

  reg [W-1:0] y_q;

  assign y = y_q;
  assign parity = ^a;  // no test looks at it
  assign one = (a & b) <= b;

  always @(posedge clk) y_q <= a & b;

  always @(posedge clk) ready <= !rst;

endmodule

`default_nettype wire
