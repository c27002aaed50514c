// SPDX-License-Identifier: Apache-2.0
//
// tern_act_weigh - elements of a vector times their norm weights.
//
// Function     : y = x w, element by element.
// Format       : x, w, y: LANES signed X_W, W_W and X_W + W_W bits, first lowest; last goes along.
// Latency      : 3
// Throughput   : 1
// Back-pressure: none; takes a beat in each cycle with valid.
// Golden       : golden.ternary.integer.functions.norm_quantize
// Test         : tests/rtl/test_tern_act.py
//
// Why: registers before, in and behind the multipliers are those of DSP slices, two for each lane.

`default_nettype none

module tern_act_weigh #(
    parameter LANES = 8,   // elements in a beat, >= 1
    parameter X_W   = 32,  // width of an element [bits]
    parameter W_W   = 16   // width of a weight [bits]
) (
    input  wire                       clk,
    input  wire                       rst,
    input  wire                       valid,
    input  wire                       last,
    input  wire [      LANES*X_W-1:0] x,
    input  wire [      LANES*W_W-1:0] w,
    output wire                       y_valid,
    output wire                       y_last,
    output wire [LANES*(X_W+W_W)-1:0] y
);

  localparam Y_W = X_W + W_W;

  reg [2:0] valid_q;
  reg [2:0] last_q;

  assign y_valid = valid_q[2];
  assign y_last  = last_q[2];

  always @(posedge clk) begin
    if (rst) valid_q <= 3'd0;
    else valid_q <= {valid_q[1:0], valid};
  end

  always @(posedge clk) begin
    last_q <= {last_q[1:0], last};
  end

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      reg signed [X_W-1:0] p0_x_q;
      reg signed [W_W-1:0] p0_w_q;
      reg signed [Y_W-1:0] p1_y_q;
      reg signed [Y_W-1:0] p2_y_q;

      assign y[i*Y_W+:Y_W] = p2_y_q;

      always @(posedge clk) begin
        if (valid) begin
          p0_x_q <= x[i*X_W+:X_W];
          p0_w_q <= w[i*W_W+:W_W];
        end
        p1_y_q <= p0_x_q * p0_w_q;
        p2_y_q <= p1_y_q;
      end
    end

    if (LANES < 1) begin : g_bad_lanes
      tern_act_weigh_LANES_must_be_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
