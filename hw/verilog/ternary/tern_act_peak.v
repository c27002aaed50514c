// SPDX-License-Identifier: Apache-2.0
//
// tern_act_peak - the greatest magnitude of a vector that comes in beats.
//
// Function     : peak = max |y| over the beats up to one with last.
// Format       : y: LANES signed Y_W bits, first lowest, none of them -2^(Y_W-1); peak unsigned Y_W - 1 bits.
// Latency      : 2 + clog2(LANES)
// Throughput   : 1
// Back-pressure: none; takes a beat in each cycle with valid.
// Golden       : golden.ternary.integer.functions.norm_quantize
// Test         : tests/rtl/test_tern_act.py
//
// Why: a tree of comparisons with a register after each level; the maximum so far is compared behind it, so that the loop
// is one comparison.

`default_nettype none

module tern_act_peak #(
    parameter LANES = 8,  // elements in a beat, power of two, >= 2
    parameter Y_W   = 48  // width of an element [bits], >= 2
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire                 valid,
    input  wire                 last,
    input  wire [LANES*Y_W-1:0] y,
    output wire                 peak_valid,
    output wire [      Y_W-2:0] peak
);

  localparam LEVELS = $clog2(LANES);
  localparam STAGES = LEVELS + 1;  // in front of the maximum so far
  localparam W = Y_W - 1;

  reg  [   STAGES-1:0] valid_q;
  reg  [   STAGES-1:0] last_q;
  wire                 beat_valid = valid_q[STAGES-1];
  wire                 beat_last = last_q[STAGES-1];
  wire [        W-1:0] beat_peak;
  reg                  first_q;
  reg                  peak_valid_q;
  reg  [        W-1:0] peak_q;

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else valid_q <= {valid_q[STAGES-2:0], valid};
  end

  always @(posedge clk) begin
    last_q <= {last_q[STAGES-2:0], last};
  end

  genvar l, i;
  generate
    for (l = 0; l <= LEVELS; l = l + 1) begin : g_level
      reg [(LANES>>l)*W-1:0] max_q;
      for (i = 0; i < (LANES >> l); i = i + 1) begin : g_term
        if (l == 0) begin : g_leaf
          wire [Y_W-1:0] element = y[i*Y_W+:Y_W];
          always @(posedge clk) begin
            if (valid) max_q[i*W+:W] <= (element[W-1:0] ^ {W{element[W]}}) + {{W - 1{1'b0}}, element[W]};
          end
        end else begin : g_node
          wire [W-1:0] left = g_level[l-1].max_q[(2*i)*W+:W];
          wire [W-1:0] right = g_level[l-1].max_q[(2*i+1)*W+:W];
          always @(posedge clk) begin
            if (valid_q[l-1]) max_q[i*W+:W] <= (left > right) ? left : right;
          end
        end
      end
    end

    if (LANES < 2 || (LANES & (LANES - 1)) != 0 || Y_W < 2) begin : g_bad_size
      tern_act_peak_LANES_must_be_a_power_of_two_from_2_on_and_Y_W_at_least_2 u_error ();
    end
  endgenerate

  assign beat_peak = g_level[LEVELS].max_q;

  always @(posedge clk) begin
    if (rst) first_q <= 1'b1;
    else if (beat_valid) first_q <= beat_last;
  end

  always @(posedge clk) begin
    if (rst) peak_valid_q <= 1'b0;
    else peak_valid_q <= beat_valid && beat_last;
  end

  always @(posedge clk) begin
    if (beat_valid && (first_q || beat_peak > peak_q)) peak_q <= beat_peak;
  end

  assign peak_valid = peak_valid_q;
  assign peak       = peak_q;

endmodule

`default_nettype wire
