// SPDX-License-Identifier: Apache-2.0
//
// attn_value_adders - the product of a weight with a value of V by additions, where DSPs are scarce.
//
// Function     : y = w * v.
// Format       : w unsigned 24 bits, triple = 3 * w unsigned 26 bits, v signed 8 bits, y signed 32 bits; exact.
// Latency      : 2
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.integer.attention.weighted
// Test         : tests/rtl/test_attn_value_adders.py
//
// Why: two bits of v choose 0, w, 2 w or 3 w, of which the right one of a pair is chosen inside the LUTs of the adder; triple is
// given, as 32 values share a weight. That is half of what a sum for each bit of v takes.

`default_nettype none
`include "kr_tern_widths.vh"

module attn_value_adders (
    input  wire               clk,
    input  wire               en,
    input  wire        [23:0] w,
    input  wire        [25:0] triple,
    input  wire        [ 7:0] v,
    output wire signed [31:0] y
);

  // 0 to 3 times w, as two bits say.
  function [25:0] times(input [1:0] bits, input [23:0] one, input [25:0] three);
    case (bits)
      2'd0: times = 26'd0;
      2'd1: times = {2'b0, one};
      2'd2: times = {1'b0, one, 1'b0};
      default: times = three;
    endcase
  endfunction

  // The upper two bits count -2 and 1: the complement of 2 w or of w, with a one at the lowest place.
  wire        [25:0] upper = v[7] ? ~(v[6] ? {2'b0, w} : {1'b0, w, 1'b0}) : v[6] ? {2'b0, w} : 26'd0;
  wire        [27:0] low = {2'b0, times(v[1:0], w, triple)} + {times(v[3:2], w, triple), 2'b0};
  wire        [28:0] high = {2'b0, times(v[5:4], w, triple), 1'b1} + {upper, {3{v[7]}}};
  reg         [27:0] p1_low_q;
  reg  signed [27:0] p1_high_q;
  reg  signed [31:0] p2_y_q;
  wire               unused_one = high[0];

  assign y = p2_y_q;

  always @(posedge clk) begin
    if (en) begin
      p1_low_q  <= low;
      p1_high_q <= high[28:1];
      p2_y_q    <= {p1_high_q, 4'b0} + {4'b0, p1_low_q};
    end
  end

  generate
    if (`KR_TERN_SOFTMAX_WEIGHT_W != 25 || `KR_TERN_V_W != 8) begin : g_bad_format
      attn_value_adders_is_made_for_weights_of_24_bits_and_V_of_8 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
