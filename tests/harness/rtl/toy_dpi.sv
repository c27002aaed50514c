// SPDX-License-Identifier: Apache-2.0
//
// toy_dpi - a register loaded through DPI: shows that Python in the simulator reaches the C++ side.
`default_nettype none

module toy_dpi #(
    parameter int WIDTH = 8
) (
    input  wire logic             clk,
    output      logic [WIDTH-1:0] value
);
  import "DPI-C" function int toy_value();

  always_ff @(posedge clk) value <= WIDTH'(toy_value());
endmodule

`default_nettype wire
