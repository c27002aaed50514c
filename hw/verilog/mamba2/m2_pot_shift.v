// SPDX-License-Identifier: Apache-2.0
//
// m2_pot_shift - an integer times a power of two, with fewer fraction bits.
//
// Function     : y = (x << shift) >> FRAC, which floors.
// Format       : x signed IN_W bits, shift unsigned SHIFT_W bits, y signed OUT_W bits, which must hold the result.
// Latency      : 2
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.mamba2.integer.laws.shift
// Test         : tests/rtl/test_m2_pot_shift.py
//
// Why: coarse steps first: of the FRAC bits that go, only the three that the fine shift may bring back are kept.

`default_nettype none

module m2_pot_shift #(
    parameter IN_W    = 32, // width of x [bits], >= 2
    parameter SHIFT_W = 5,  // width of the shift [bits], 3..6
    parameter FRAC    = 16, // fraction bits to drop, >= 0
    parameter OUT_W   = 38  // width of y [bits], >= 2
) (
    input  wire                      clk,
    input  wire                      en,
    input  wire signed [   IN_W-1:0] x,
    input  wire        [SHIFT_W-1:0] shift,
    output wire signed [  OUT_W-1:0] y
);

  localparam LOW = (FRAC < 3) ? FRAC : 3;  // bits below y that the fine shift may bring in
  localparam COARSE_W = OUT_W + LOW;
  localparam REACH = IN_W + (1 << SHIFT_W);
  localparam FULL_W = (REACH > COARSE_W + FRAC - LOW) ? REACH : COARSE_W + FRAC - LOW;

  wire [SHIFT_W-1:0] coarse_shift = {shift[SHIFT_W-1:2], 2'b00};
  wire [ FULL_W-1:0] coarse = {{FULL_W - IN_W{x[IN_W-1]}}, x} << coarse_shift;

  reg  [COARSE_W-1:0] p0_coarse_q;
  reg  [         1:0] p0_shift_q;
  reg  [   OUT_W-1:0] p1_y_q;
  wire [  COARSE_W:0] fine = {1'b0, p0_coarse_q << p0_shift_q};  // a bit more, never empty above and below y

  assign y = p1_y_q;

  always @(posedge clk) begin
    if (en) begin
      p0_coarse_q <= coarse[FRAC-LOW+:COARSE_W];
      p0_shift_q <= shift[1:0];
      p1_y_q <= fine[LOW+:OUT_W];
    end
  end

  wire unused_bits = &{1'b0, coarse, fine};

  generate
    if (IN_W < 2 || SHIFT_W < 3 || SHIFT_W > 6 || FRAC < 0 || OUT_W < 2) begin : g_bad_format
      m2_pot_shift_needs_SHIFT_W_3_to_6_and_FRAC_at_least_0_and_widths_at_least_2 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
