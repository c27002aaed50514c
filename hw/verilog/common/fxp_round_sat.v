// SPDX-License-Identifier: Apache-2.0
//
// fxp_round_sat - drops FRAC fraction bits with rounding, then saturates to OUT_W bits.
//
// Function     : y = clamp(round(x / 2^FRAC), -2^(OUT_W-1), 2^(OUT_W-1) - 1); sat = the clamp changed the value.
// Format       : x Q(IN_W-FRAC).FRAC signed, y Q(OUT_W).0 signed; ROUND 0 floor, 1 half up, 2 half to even; saturates.
// Latency      : 0
// Throughput   : 1
// Back-pressure: none; combinational.
// Golden       : golden.fixed.round_saturate
// Test         : tests/rtl/test_fxp_round_sat.py
//
// Why: combinational, because the adder and the clamp fit into a stage of most users' pipelines; the caller
// registers y.

`default_nettype none

module fxp_round_sat #(
    parameter IN_W  = 24,  // width of x [bits], > FRAC
    parameter FRAC  = 8,   // fraction bits to drop [bits], >= 0
    parameter OUT_W = 8,   // width of y [bits], >= 2
    parameter ROUND = 2    // 0 floor, 1 half up (towards +infinity), 2 half to even
) (
    input  wire signed [ IN_W-1:0] x,
    output wire signed [OUT_W-1:0] y,
    output wire                    sat
);

  localparam KEPT_W = IN_W + 1 - FRAC;  // one bit more: rounding up can carry out

  wire signed [KEPT_W-1:0] kept;

  generate
    if (FRAC == 0 || ROUND == 0) begin : g_floor
      assign kept = $signed({x[IN_W-1], x[IN_W-1:FRAC]});
    end else begin : g_nearest
      // x + half, less one unit in the last place when a tie would leave an odd value behind
      localparam [FRAC-1:0] HALF = {1'b1, {FRAC - 1{1'b0}}};
      localparam [FRAC-1:0] BELOW_HALF = ~HALF;
      wire [FRAC-1:0] bias = (ROUND == 2 && !x[FRAC]) ? BELOW_HALF : HALF;
      wire [IN_W:0] sum = {x[IN_W-1], x} + {{KEPT_W{1'b0}}, bias};
      wire [FRAC-1:0] unused_dropped = sum[FRAC-1:0];

      assign kept = $signed(sum[IN_W:FRAC]);
    end

    if (KEPT_W <= OUT_W) begin : g_fits
      assign sat = 1'b0;
      assign y   = {{OUT_W - KEPT_W + 1{kept[KEPT_W-1]}}, kept[KEPT_W-2:0]};
    end else begin : g_clamp
      wire negative = kept[KEPT_W-1];

      assign sat = kept[KEPT_W-1:OUT_W-1] != {KEPT_W - OUT_W + 1{negative}};
      assign y   = sat ? $signed({negative, {OUT_W - 1{!negative}}}) : kept[OUT_W-1:0];
    end

    if (FRAC < 0 || FRAC >= IN_W || OUT_W < 2 || ROUND < 0 || ROUND > 2) begin : g_bad_format
      fxp_round_sat_needs_FRAC_from_0_to_below_IN_W_and_OUT_W_at_least_2_and_ROUND_0_1_or_2 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
