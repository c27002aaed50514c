// SPDX-License-Identifier: Apache-2.0
//
// formal_fxp_round_sat - fxp_round_sat is the clamp of the rounded quotient, written as comparisons with the remainder.

`default_nettype none

module formal_fxp_round_sat #(
    parameter IN_W  = 12,
    parameter FRAC  = 5,
    parameter OUT_W = 4,
    parameter ROUND = 2
) (
    input wire signed [IN_W-1:0] x
);

  wire signed [OUT_W-1:0] y;
  wire                    sat;
  wire signed [31:0] whole = {{32 - IN_W{x[IN_W-1]}}, x};
  wire signed [31:0] floor = whole >>> FRAC;
  wire signed [31:0] twice = 2 * (whole - (floor <<< FRAC));  // of the remainder
  wire signed [31:0] unit = 32'sd1 <<< FRAC;
  wire               up = ROUND != 0 && (twice > unit || (twice == unit && (ROUND == 1 || floor[0])));
  wire signed [31:0] rounded = floor + (up ? 32'sd1 : 32'sd0);
  wire signed [31:0] most = (32'sd1 <<< (OUT_W - 1)) - 32'sd1;
  wire signed [31:0] least = -most - 32'sd1;
  wire signed [31:0] clamped = rounded > most ? most : rounded < least ? least : rounded;

  fxp_round_sat #(
      .IN_W (IN_W),
      .FRAC (FRAC),
      .OUT_W(OUT_W),
      .ROUND(ROUND)
  ) u_dut (
      .x  (x),
      .y  (y),
      .sat(sat)
  );

  always @* begin
    assert (y == clamped[OUT_W-1:0]);
    assert (sat == (clamped != rounded));
  end

endmodule

`default_nettype wire
