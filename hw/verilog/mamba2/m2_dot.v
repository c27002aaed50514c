// SPDX-License-Identifier: Apache-2.0
//
// m2_dot - products of ROWS rows of weights with INPUTS quantized activations, summed, one beat a cycle.
//
// Function     : y[r] = sum over groups g of (sum over i in g of a[i] * w[r][i]) << s[g].
// Format       : a signed ACT_BITS bits each, w[r][i] signed WEIGHT_BITS bits at [(r*INPUTS + i)*WEIGHT_BITS], s[g]
//                unsigned, 0..MAX_SHIFT; y[r] signed, of as many bits as Y_W says; exact, cannot overflow.
// Latency      : 2 + clog2(ACT_GROUP) + clog2(INPUTS // ACT_GROUP)
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.mamba2.integer.linear.sums
// Test         : tests/rtl/test_m2_dot.py
//
// Why: rows share the shifts' delay, and otherwise stand in a module of their own, so that a synthesis which adds up
// modules maps one of them.

`default_nettype none

module m2_dot #(
    parameter ROWS        = 1,    // rows of weights, >= 1
    parameter INPUTS      = 128,  // activations, a multiple of ACT_GROUP
    parameter ACT_GROUP   = 8,    // neighbouring activations that share a shift, 1..INPUTS
    parameter WEIGHT_BITS = 4,    // width of a weight [bits], 2..8
    parameter ACT_BITS    = 4,    // width of an activation [bits], 2..8
    parameter MAX_SHIFT   = 15,   // greatest shift, 1..15
    // Follows from the others, not to be set: bits of a result.
    parameter Y_W         = WEIGHT_BITS + ACT_BITS + $clog2(ACT_GROUP) + MAX_SHIFT + $clog2(INPUTS / ACT_GROUP)
) (
    input  wire                                              clk,
    input  wire                                              en,
    input  wire [                       INPUTS*ACT_BITS-1:0] a,
    input  wire [INPUTS/ACT_GROUP*$clog2(MAX_SHIFT+1)-1:0] s,
    input  wire [               ROWS*INPUTS*WEIGHT_BITS-1:0] w,
    output wire [                              ROWS*Y_W-1:0] y
);

  localparam GROUPS = INPUTS / ACT_GROUP;
  localparam SHIFT_W = $clog2(MAX_SHIFT + 1);
  localparam SHIFTS_W = GROUPS * SHIFT_W;
  localparam LATE = 1 + $clog2(ACT_GROUP);  // stages of products and sums within a group

  reg  [LATE*SHIFTS_W-1:0] late_q;  // shifts of each of these stages, last highest
  wire [     SHIFTS_W-1:0] shifts = late_q[(LATE-1)*SHIFTS_W+:SHIFTS_W];
  wire [LATE*SHIFTS_W-1:0] late_d;

  generate
    if (LATE == 1) begin : g_at_once
      assign late_d = s;
    end else begin : g_late
      assign late_d = {late_q[(LATE-1)*SHIFTS_W-1:0], s};
    end
  endgenerate

  always @(posedge clk) begin
    if (en) late_q <= late_d;
  end

  genvar r;
  generate
    for (r = 0; r < ROWS; r = r + 1) begin : g_row
      m2_dot_row #(
          .INPUTS     (INPUTS),
          .ACT_GROUP  (ACT_GROUP),
          .WEIGHT_BITS(WEIGHT_BITS),
          .ACT_BITS   (ACT_BITS),
          .MAX_SHIFT  (MAX_SHIFT)
      ) u_row (
          .clk(clk),
          .en (en),
          .a  (a),
          .s  (shifts),
          .w  (w[r*INPUTS*WEIGHT_BITS+:INPUTS*WEIGHT_BITS]),
          .y  (y[r*Y_W+:Y_W])
      );
    end

    if (ROWS < 1 || ACT_GROUP < 1 || INPUTS < ACT_GROUP || INPUTS % ACT_GROUP != 0) begin : g_bad_size
      m2_dot_needs_ROWS_and_ACT_GROUP_at_least_1_and_INPUTS_a_multiple_of_ACT_GROUP u_error ();
    end
    if (WEIGHT_BITS < 2 || WEIGHT_BITS > 8 || ACT_BITS < 2 || ACT_BITS > 8 || MAX_SHIFT < 1 || MAX_SHIFT > 15)
    begin : g_bad_format
      m2_dot_needs_WEIGHT_BITS_and_ACT_BITS_from_2_to_8_and_MAX_SHIFT_from_1_to_15 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
