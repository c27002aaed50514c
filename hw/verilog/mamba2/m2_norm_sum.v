// SPDX-License-Identifier: Apache-2.0
//
// m2_norm_sum - sum of squares of a vector that comes in beats, saturated.
//
// Function     : sum = min(start + sum of x^2 over the beats up to one with last, 2^SUM_W - 1).
// Format       : x: LANES signed X_W bits, first lowest; start and sum unsigned SUM_W bits. An |x| of 2^ROOT_W or more, whose
//                square is 2^SUM_W or more, saturates the sum by itself.
// Latency      : 4 + clog2(LANES)
// Throughput   : 1
// Back-pressure: none; takes a beat in each cycle with valid.
// Golden       : golden.fixed.norm_tables.saturated_sum
// Test         : tests/rtl/test_m2_norm.py
//
// Why: no square is negative, so a sum that once left its width stays beyond it: one bit remembers that, and the adder's
// loop has no clamp. An |x| beyond the root only sets that bit, so the multiplier is as wide as the root.

`default_nettype none

module m2_norm_sum #(
    parameter LANES  = 8,  // elements in a beat, >= 1
    parameter X_W    = 32, // width of an element [bits], >= 2
    parameter ROOT_W = 23, // |x| below 2^ROOT_W is squared, 1..X_W - 1; half of SUM_W rounded up, or X_W - 1
    parameter SUM_W  = 46  // width of the sum [bits], >= 2
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire                 valid,
    input  wire                 last,
    input  wire [LANES*X_W-1:0] x,
    input  wire [    SUM_W-1:0] start,
    output wire                 sum_valid,
    output wire [    SUM_W-1:0] sum
);

  localparam SQUARE_W = 2 * ROOT_W + 2;
  localparam TREE_W = SQUARE_W + $clog2(LANES);
  localparam WIDE_W = ((TREE_W > SUM_W) ? TREE_W : SUM_W) + 1;
  localparam STAGES = 3 + $clog2(LANES);  // in front of the accumulator

  reg  [        STAGES-1:0] valid_q;
  reg  [        STAGES-1:0] last_q;
  reg  [        STAGES-1:0] beyond_q;
  wire [         LANES-1:0] beyond;
  wire [LANES*SQUARE_W-1:0] squares;
  wire [        TREE_W-1:0] beat_sum;
  reg                       first_q;
  reg                       full_q;
  reg  [         SUM_W-1:0] sum_q;
  reg                       sum_valid_q;
  wire [         SUM_W-1:0] so_far = first_q ? start : sum_q;
  wire [        WIDE_W-1:0] next = {{WIDE_W - SUM_W{1'b0}}, so_far} + {{WIDE_W - TREE_W{1'b0}}, beat_sum};
  wire                      full = beyond_q[STAGES-1] || (next[WIDE_W-1:SUM_W] != {WIDE_W - SUM_W{1'b0}});

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else valid_q <= {valid_q[STAGES-2:0], valid};
  end

  always @(posedge clk) begin
    last_q  <= {last_q[STAGES-2:0], last};
    beyond_q <= {beyond_q[STAGES-2:0], |beyond};
  end

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire signed [X_W-1:0] element = x[i*X_W+:X_W];
      reg signed [ROOT_W:0] p0_x_q;
      reg [SQUARE_W-1:0] p1_square_q;
      reg [SQUARE_W-1:0] p2_square_q;
      wire signed [SQUARE_W-1:0] p0_wide = {{SQUARE_W - ROOT_W - 1{p0_x_q[ROOT_W]}}, p0_x_q};

      assign beyond[i] = element[X_W-1:ROOT_W] != {X_W - ROOT_W{element[X_W-1]}};
      assign squares[i*SQUARE_W+:SQUARE_W] = p2_square_q;

      always @(posedge clk) begin
        p0_x_q <= element[ROOT_W:0];
        p1_square_q <= p0_wide * p0_wide;
        p2_square_q <= p1_square_q;
      end
    end

    if (LANES < 1 || X_W < 2 || ROOT_W < 1 || ROOT_W > X_W - 1 || SUM_W < 2) begin : g_bad_format
      m2_norm_sum_needs_LANES_at_least_1_and_ROOT_W_1_to_X_W_less_1_and_SUM_W_at_least_2 u_error ();
    end
    if (ROOT_W < X_W - 1 && 2 * ROOT_W < SUM_W) begin : g_bad_root
      m2_norm_sum_ROOT_W_must_be_X_W_less_1_or_at_least_half_of_SUM_W u_error ();
    end
  endgenerate

  fxp_sum_tree #(
      .N   (LANES),
      .IN_W(SQUARE_W)
  ) u_tree (
      .clk(clk),
      .en (1'b1),
      .x  (squares),
      .sum(beat_sum)
  );

  always @(posedge clk) begin
    if (rst) begin
      first_q <= 1'b1;
      sum_valid_q <= 1'b0;
    end else begin
      if (valid_q[STAGES-1]) first_q <= last_q[STAGES-1];
      sum_valid_q <= valid_q[STAGES-1] && last_q[STAGES-1];
    end
  end

  always @(posedge clk) begin
    if (valid_q[STAGES-1]) begin
      sum_q  <= next[SUM_W-1:0];
      full_q <= full || (!first_q && full_q);
    end
  end

  assign sum_valid = sum_valid_q;
  assign sum       = sum_q | {SUM_W{full_q}};

endmodule

`default_nettype wire
