// SPDX-License-Identifier: Apache-2.0
//
// prop_reset - assumes that the first cycle is a reset; later cycles may be one, too.

`default_nettype none

module prop_reset (
    input wire clk,
    input wire rst
);

  reg begun_q;

  initial begun_q = 1'b0;

  always @(posedge clk) begun_q <= 1'b1;

  always @* if (!begun_q) assume (rst);

endmodule

`default_nettype wire
