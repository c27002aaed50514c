// SPDX-License-Identifier: Apache-2.0
//
// formal_fxp_bit_length - x of length y lies in [2^(y-1), 2^y), and 0 has the length 0.

`default_nettype none

module formal_fxp_bit_length #(
    parameter W = 36
) (
    input wire [W-1:0] x
);

  wire [$clog2(W+1)-1:0] y;
  wire [W:0] end_of = {{W{1'b0}}, 1'b1} << y;

  fxp_bit_length #(
      .W(W)
  ) u_dut (
      .x(x),
      .y(y)
  );

  always @* begin
    assert (y <= W);
    assert ({1'b0, x} < end_of);
    assert (y == 0 || {x, 1'b0} >= end_of);
  end

endmodule

`default_nettype wire
