// SPDX-License-Identifier: Apache-2.0
//
// toy_frame - a toy_gate inside of another top, and a wider one that no test looks at.
`default_nettype none

module toy_frame #(
    parameter W = 2  // bits
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [W-1:0] a,
    input  wire [W-1:0] b,
    output wire [W-1:0] y,
    output wire         parity,
    output wire         one,
    output wire         ready
);

  wire [W:0] unused_y;
  wire [2:0] unused;

  toy_gate #(
      .W(W)
  ) u_gate (
      .clk   (clk),
      .rst   (rst),
      .a     (a),
      .b     (b),
      .y     (y),
      .parity(parity),
      .one   (one),
      .ready (ready)
  );

  toy_gate #(
      .W(W + 1)
  ) u_wider (
      .clk   (clk),
      .rst   (rst),
      .a     ({1'b0, a}),
      .b     ({1'b0, b}),
      .y     (unused_y),
      .parity(unused[0]),
      .one   (unused[1]),
      .ready (unused[2])
  );

endmodule

`default_nettype wire
