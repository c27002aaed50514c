// SPDX-License-Identifier: Apache-2.0
//
// m2_pot_peak - what the power-of-two shift of a group depends on, in a form that is combined by OR.
//
// Function     : over = OR over i of max(|x[i]| - 1, 0) >> (BITS - 1), with the bits that do not fit ORed into its top bit.
//                bit_length(over) is the group's shift; ORed with another group's, it is the shift of both together.
// Format       : x signed IN_W bits each, x[i] = bits [i*IN_W +: IN_W]; over unsigned, of min(MAX_SHIFT, IN_W - BITS) bits,
//                at least 1.
// Latency      : 0
// Throughput   : 1
// Back-pressure: none; combinational.
// Golden       : golden.fixed.pot.quantize
// Test         : tests/rtl/test_m2_pot_peak.py
//
// Why: the bit length of a maximum is the bit length of the OR, so nothing is compared. |x| - 1 is ~x of a negative x
// and x - 1 of a positive one, of which only the bits above BITS - 1 are needed: the low ones give a borrow, and those
// that MAX_SHIFT cannot reach are one bit.

`default_nettype none

module m2_pot_peak #(
    parameter N         = 8,  // elements, >= 1
    parameter IN_W      = 32, // width of an element [bits], >= BITS
    parameter BITS      = 8,  // width of a quantized element [bits], >= 2
    parameter MAX_SHIFT = 15, // greatest shift, 1..31
    // Follows from the others, not to be set: bits of `over`.
    parameter OVER_W    = (IN_W - BITS < 1) ? 1 : (IN_W - BITS < MAX_SHIFT) ? IN_W - BITS : MAX_SHIFT
) (
    input  wire [N*IN_W-1:0] x,
    output wire [OVER_W-1:0] over
);

  wire [N*OVER_W-1:0] lanes;

  genvar i, k;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_lane
      wire [IN_W-1:0] value = x[i*IN_W+:IN_W];

      if (IN_W == BITS) begin : g_fits
        wire unused_value = &value;

        assign lanes[i] = 1'b0;
      end else begin : g_over
        wire negative = value[IN_W-1];
        wire [OVER_W-1:0] high = value[BITS-1+:OVER_W];
        wire out_of_reach;  // |x| is above what MAX_SHIFT covers
        wire borrow = !negative && value[BITS-2:0] == {BITS - 1{1'b0}} && (out_of_reach || high != {OVER_W{1'b0}});
        wire [OVER_W-1:0] magnitude = (high ^ {OVER_W{negative}}) - {{OVER_W - 1{1'b0}}, borrow};

        if (IN_W - BITS > OVER_W) begin : g_top
          assign out_of_reach = value[IN_W-1:BITS-1+OVER_W] != {IN_W - BITS - OVER_W + 1{negative}};
        end else begin : g_no_top
          assign out_of_reach = 1'b0;
        end

        // The top bit alone stands for the greatest shift.
        assign lanes[i*OVER_W+:OVER_W] = magnitude | {out_of_reach, {OVER_W - 1{1'b0}}};
      end
    end

    for (k = 0; k < OVER_W; k = k + 1) begin : g_bit
      wire [N-1:0] column;
      for (i = 0; i < N; i = i + 1) begin : g_row
        assign column[i] = lanes[i*OVER_W+k];
      end
      assign over[k] = |column;
    end

    if (N < 1 || BITS < 2 || IN_W < BITS || MAX_SHIFT < 1 || MAX_SHIFT > 31) begin : g_bad_format
      m2_pot_peak_needs_N_at_least_1_and_BITS_from_2_to_IN_W_and_MAX_SHIFT_1_to_31 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
