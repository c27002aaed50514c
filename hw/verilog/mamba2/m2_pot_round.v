// SPDX-License-Identifier: Apache-2.0
//
// m2_pot_round - one element of a power-of-two quantizer: shift, round half up, clamp.
//
// Function     : q = clamp((x + (1 << shift >> 1)) >> shift, -2^(BITS-1), 2^(BITS-1) - 1).
// Format       : x signed IN_W bits, q signed BITS bits; shift <= min(MAX_SHIFT, IN_W - BITS), and |x| is at most
//                2^(BITS-1+shift) unless shift is MAX_SHIFT, as in golden.fixed.pot.quantize.
// Latency      : 2
// Throughput   : 1
// Back-pressure: none; en[k] low holds stage k.
// Golden       : golden.fixed.pot.quantize
// Test         : tests/rtl/test_m2_pot_round.py
//
// Why: the quantizer's shift leaves at most one value that does not fit, so a shifter as wide as the result and a guard
// bit serve; what only MAX_SHIFT cannot bring into range is seen in x itself. Coarse steps first, as fewer bits remain.

`default_nettype none

module m2_pot_round #(
    parameter IN_W      = 32, // width of x [bits], >= BITS
    parameter BITS      = 8,  // width of q [bits], >= 2
    parameter MAX_SHIFT = 15  // greatest shift, 1..31
) (
    input  wire                           clk,
    input  wire [                    1:0] en,
    input  wire signed [        IN_W-1:0] x,
    input  wire [$clog2(MAX_SHIFT+1)-1:0] shift,
    output wire signed [        BITS-1:0] q
);

  localparam SHIFT_W = $clog2(MAX_SHIFT + 1);
  localparam FINE_W = (SHIFT_W < 2) ? SHIFT_W : 2;
  localparam REACH = (MAX_SHIFT < IN_W - BITS) ? MAX_SHIFT : IN_W - BITS;
  localparam COARSE_W = BITS + 4;  // one fraction bit, BITS, and the three bits that the fine shift draws in

  wire signed [  IN_W:0] halves = {x, 1'b0};  // the fraction bit decides the rounding
  wire [    SHIFT_W-1:0] coarse_shift = (shift >> FINE_W) << FINE_W;
  wire signed [IN_W+4:0] coarse = $signed({{4{x[IN_W-1]}}, halves}) >>> coarse_shift;
  wire                   out_of_reach;

  reg signed  [COARSE_W-1:0] p0_coarse_q;
  reg [          FINE_W-1:0] p0_shift_q;
  reg                        p0_negative_q;
  reg                        p0_out_of_reach_q;
  reg signed  [    BITS-1:0] p1_q_q;

  generate
    if (IN_W - BITS > REACH) begin : g_top
      assign out_of_reach = x[IN_W-1:BITS-1+REACH] != {IN_W - BITS - REACH + 1{x[IN_W-1]}};
    end else begin : g_no_top
      assign out_of_reach = 1'b0;
    end

    if (BITS < 2 || IN_W < BITS || MAX_SHIFT < 1 || MAX_SHIFT > 31) begin : g_bad_format
      m2_pot_round_needs_BITS_from_2_to_IN_W_and_MAX_SHIFT_1_to_31 u_error ();
    end
  endgenerate

  always @(posedge clk) begin
    if (en[0]) begin
      p0_coarse_q <= coarse[COARSE_W-1:0];
      p0_shift_q <= shift[FINE_W-1:0];
      p0_negative_q <= x[IN_W-1];
      p0_out_of_reach_q <= out_of_reach;
    end
  end

  // Q(BITS + 1).1: the guard bit differs from the sign where the value does not fit.
  wire [COARSE_W-1:0] fine = p0_coarse_q >> p0_shift_q;
  wire guard = p0_out_of_reach_q ? !p0_negative_q : fine[BITS];
  wire signed [BITS-1:0] rounded;
  wire unused_sat;

  fxp_round_sat #(
      .IN_W (BITS + 2),
      .FRAC (1),
      .OUT_W(BITS),
      .ROUND(1)
  ) u_round (
      .x  ({p0_negative_q, guard, fine[BITS-1:0]}),
      .y  (rounded),
      .sat(unused_sat)
  );

  always @(posedge clk) begin
    if (en[1]) p1_q_q <= rounded;
  end

  assign q = p1_q_q;

  wire unused_bits = &{1'b0, coarse[IN_W+4:COARSE_W], fine[COARSE_W-1:BITS+1]};

endmodule

`default_nettype wire
