// SPDX-License-Identifier: Apache-2.0
//
// tern_act_normal - shifts a number so that the greatest magnitude of its vector becomes 2^15..2^16.
//
// Function     : y = x 2^-(length - 16) to nearest, ties towards plus infinity; length the bits of the greatest magnitude.
// Format       : x signed X_W bits, |x| < 2^length; length 0..X_W - 1; y signed 18 bits, -2^16..2^16.
// Latency      : 2
// Throughput   : 1
// Back-pressure: none; en[k] low holds stage k.
// Golden       : golden.ternary.integer.scale.shift
// Test         : tests/rtl/test_tern_act_quant.py
//
// Why: shifted to the right from 17 places above, so that there is one direction, and the bit below y that decides on the
// rounding stays. The adder is behind the fine step, whose eight inputs leave room for a carry chain in the stage.

`default_nettype none

module tern_act_normal #(
    parameter X_W = 48  // width of x [bits], 19..64
) (
    input  wire           clk,
    input  wire [    1:0] en,
    input  wire [X_W-1:0] x,
    input  wire [    5:0] length,
    output wire [   17:0] y
);

  localparam LEFT = 17;
  localparam COARSE_W = 25;  // of u and what the fine step may bring in

  wire signed [X_W+LEFT-1:0] above = {x, {LEFT{1'b0}}};
  wire signed [X_W+LEFT-1:0] coarse = above >>> {length[5:3], 3'd0};
  reg signed [ COARSE_W-1:0] p0_coarse_q;
  reg        [          2:0] p0_fine_q;
  wire signed [COARSE_W-1:0] fine = p0_coarse_q >>> p0_fine_q;
  wire        [        18:0] twice = {fine[17], fine[17:0]} + 19'd1;
  reg         [        17:0] p1_y_q;

  assign y = p1_y_q;

  always @(posedge clk) begin
    if (en[0]) begin
      p0_coarse_q <= coarse[COARSE_W-1:0];
      p0_fine_q <= length[2:0];
    end
    if (en[1]) p1_y_q <= twice[18:1];
  end

  wire unused_bits = &{1'b0, coarse[X_W+LEFT-1:COARSE_W], fine[COARSE_W-1:18], twice[0]};

  generate
    if (X_W < 19 || X_W > 64) begin : g_bad_x_w
      tern_act_normal_X_W_must_be_19_to_64 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
