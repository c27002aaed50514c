// SPDX-License-Identifier: Apache-2.0
//
// formal_m2_pot_shift - m2_pot_shift gives (x << shift) >> FRAC of two cycles ago, in two plain shifts of full width,
// where OUT_W bits hold it.

`default_nettype none

module formal_m2_pot_shift #(
    parameter IN_W    = 10,
    parameter SHIFT_W = 4,
    parameter FRAC    = 6,
    parameter OUT_W   = 12
) (
    input wire                      clk,
    input wire signed [   IN_W-1:0] x,
    input wire        [SHIFT_W-1:0] shift
);

  localparam FULL_W = IN_W + (1 << SHIFT_W);

  wire signed [ OUT_W-1:0] y;
  wire signed [FULL_W-1:0] left = $signed({{FULL_W - IN_W{x[IN_W-1]}}, x}) <<< shift;
  wire signed [FULL_W-1:0] plain = left >>> FRAC;
  wire                     fits = plain[FULL_W-1:OUT_W-1] == {FULL_W - OUT_W + 1{plain[FULL_W-1]}};
  wire                     valid;
  wire                     fitted;
  wire        [ OUT_W-1:0] expected;

  m2_pot_shift #(
      .IN_W   (IN_W),
      .SHIFT_W(SHIFT_W),
      .FRAC   (FRAC),
      .OUT_W  (OUT_W)
  ) u_dut (
      .clk  (clk),
      .en   (1'b1),
      .x    (x),
      .shift(shift),
      .y    (y)
  );

  prop_delay #(
      .DATA_W(OUT_W + 1),
      .STAGES(2)
  ) u_delay (
      .clk    (clk),
      .data   ({fits, plain[OUT_W-1:0]}),
      .valid  (valid),
      .delayed({fitted, expected})
  );

  always @* if (valid && fitted) assert (y == $signed(expected));

endmodule

`default_nettype wire
