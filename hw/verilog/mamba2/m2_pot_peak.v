// SPDX-License-Identifier: Apache-2.0
//
// m2_pot_peak - what the power-of-two shift of a group depends on, in a form that is combined by OR.
//
// Function     : over = OR over i of max(|x[i]| - 1, 0) >> (BITS - 1), with the bits that do not fit ORed into its top
//                bit. bit_length(over) is the group's shift; ORed with another group's, that of both together. x_q = x.
// Format       : x signed IN_W bits each, x[i] = bits [i*IN_W +: IN_W]; over unsigned, of min(MAX_SHIFT, IN_W - BITS)
//                bits, at least 1.
// Latency      : 2; x_q comes after 1
// Throughput   : 1
// Back-pressure: none; en[k] low holds stage k.
// Golden       : golden.fixed.pot.quantize
// Test         : tests/rtl/test_m2_pot_peak.py
//
// Why: the bit length of a maximum is the bit length of the OR, so nothing is compared. |x| - 1 is ~x of a negative x
// and x - 1 of a positive one, of which only the bits from BITS - 1 on are needed: the low ones give a borrow, and
// those that MAX_SHIFT cannot reach are one bit.

`default_nettype none

module m2_pot_peak #(
    parameter N         = 8,  // elements, >= 1
    parameter IN_W      = 32, // width of an element [bits], >= BITS
    parameter BITS      = 8,  // width of a quantized element [bits], >= 2
    parameter MAX_SHIFT = 15, // greatest shift, 1..31
    // Follows from the others, not to be set: bits of `over`.
    parameter OVER_W    = (IN_W - BITS < 1) ? 1 : (IN_W - BITS < MAX_SHIFT) ? IN_W - BITS : MAX_SHIFT
) (
    input  wire              clk,
    input  wire [       1:0] en,
    input  wire [N*IN_W-1:0] x,
    output wire [N*IN_W-1:0] x_q,
    output wire [OVER_W-1:0] over
);

  reg  [N*IN_W-1:0] p0_x_q;
  reg  [OVER_W-1:0] p1_over_q;
  wire [N*OVER_W-1:0] lanes;
  wire [OVER_W-1:0] any;

  assign x_q  = p0_x_q;
  assign over = p1_over_q;

  always @(posedge clk) begin
    if (en[0]) p0_x_q <= x;
  end

  always @(posedge clk) begin
    if (en[1]) p1_over_q <= any;
  end

  genvar i, k;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_lane
      wire [IN_W-1:0] value = x[i*IN_W+:IN_W];

      if (IN_W == BITS) begin : g_fits
        wire unused_value = &value;

        assign lanes[i] = 1'b0;
      end else begin : g_over
        wire              negative = value[IN_W-1];
        wire              low_is_zero = value[BITS-2:0] == {BITS - 1{1'b0}};
        wire [OVER_W-1:0] high = p0_x_q[i*IN_W+BITS-1+:OVER_W];
        wire              out_of_reach;  // |x| is above what MAX_SHIFT covers
        reg               p0_borrow_q;
        reg               p0_out_of_reach_q;
        wire [OVER_W-1:0] ones_complement = high ^ {OVER_W{p0_x_q[(i+1)*IN_W-1]}};
        // Less the borrow: plus all ones, and a carry in from the bit below unless something is borrowed.
        wire [  OVER_W:0] less = {ones_complement, !p0_borrow_q} + {OVER_W + 1{1'b1}};
        wire              unused_carry_in = less[0];

        // Zero has no borrow: nothing lies below it here.
        always @(posedge clk) begin
          if (en[0]) begin
            p0_borrow_q <= !negative && low_is_zero && value[IN_W-2:BITS-1] != {IN_W - BITS{1'b0}};
            p0_out_of_reach_q <= out_of_reach;
          end
        end

        if (IN_W - BITS > OVER_W) begin : g_top
          assign out_of_reach = value[IN_W-1:BITS-1+OVER_W] != {IN_W - BITS - OVER_W + 1{negative}};
        end else begin : g_no_top
          assign out_of_reach = 1'b0;
        end

        // The top bit alone stands for the greatest shift.
        assign lanes[i*OVER_W+:OVER_W] = less[OVER_W:1] | {p0_out_of_reach_q, {OVER_W - 1{1'b0}}};
      end
    end

    for (k = 0; k < OVER_W; k = k + 1) begin : g_bit
      wire [N-1:0] column;
      for (i = 0; i < N; i = i + 1) begin : g_row
        assign column[i] = lanes[i*OVER_W+k];
      end
      assign any[k] = |column;
    end

    if (N < 1 || BITS < 2 || IN_W < BITS || MAX_SHIFT < 1 || MAX_SHIFT > 31) begin : g_bad_format
      m2_pot_peak_needs_N_at_least_1_and_BITS_from_2_to_IN_W_and_MAX_SHIFT_1_to_31 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
