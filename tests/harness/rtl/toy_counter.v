// SPDX-License-Identifier: Apache-2.0
//
// toy_counter - counts enabled cycles: the smallest design for the tests of build and runner.
`default_nettype none
`include "toy.vh"

module toy_counter #(
    parameter WIDTH = 8,  // bits, 2..64
    parameter [63:0] START = 64'h0  // value after reset
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             en,
    output wire [WIDTH-1:0] value
);

  reg [WIDTH-1:0] value_q;

  always @(posedge clk)
    if (rst) value_q <= START[WIDTH-1:0];
    else if (en) value_q <= value_q + `TOY_STEP;

`ifdef TOY_END
  // $fatal(1), $error or $finish in the middle of a test, as the macro says.
  always @(posedge clk) if (!rst && value_q == 8'd20) `TOY_END;
`endif

  assign value = value_q;

endmodule

`default_nettype wire
