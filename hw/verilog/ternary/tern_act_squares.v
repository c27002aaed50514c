// SPDX-License-Identifier: Apache-2.0
//
// tern_act_squares - exact sum of squares of a vector that comes in beats, and eps.
//
// Function     : sum = eps + sum of x^2 over the beats up to one with last.
// Format       : x: LANES signed 32 bits, first lowest, at most 16384 of them in a vector; eps unsigned 77 bits, taken in
//                the cycle with take_eps; sum unsigned 77 bits, which must hold the result.
// Latency      : 7 + clog2(LANES)
// Throughput   : 1
// Back-pressure: none; takes a beat in each cycle with valid.
// Golden       : golden.fixed.wide.sum_of_squares
// Test         : tests/rtl/test_tern_act.py
//
// Why: x = h 2^16 + l, so three products of 16 bits are summed apart, h^2, h l and l^2, and put together once a vector: no
// carry runs over 77 bits in one cycle.

`default_nettype none
`include "checks.vh"

module tern_act_squares #(
    parameter LANES = 8  // elements in a beat, >= 2
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                valid,
    input  wire                last,
    input  wire [LANES*32-1:0] x,
    output wire                take_eps,
    input  wire [        76:0] eps,
    output wire                sum_valid,
    output wire [        76:0] sum
);

  localparam LEVELS = $clog2(LANES);
  localparam STAGES = 3 + LEVELS;  // in front of the accumulators
  localparam TREE_W = 33 + LEVELS;
  localparam ACC_W = 47;  // 16384 products of 32 bits, and a sign

  reg  [  STAGES-1:0] valid_q;
  reg  [  STAGES-1:0] last_q;
  wire [LANES*33-1:0] hh;
  wire [LANES*33-1:0] hl;
  wire [LANES*33-1:0] ll;
  wire [  TREE_W-1:0] hh_beat;
  wire [  TREE_W-1:0] hl_beat;
  wire [  TREE_W-1:0] ll_beat;

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else valid_q <= {valid_q[STAGES-2:0], valid};
  end

  always @(posedge clk) begin
    last_q <= {last_q[STAGES-2:0], last};
  end

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      reg signed [16:0] p0_h_q;
      reg signed [16:0] p0_l_q;
      reg signed [33:0] p1_hh_q;
      reg signed [33:0] p1_hl_q;
      reg signed [33:0] p1_ll_q;
      reg        [32:0] p2_hh_q;
      reg        [32:0] p2_hl_q;
      reg        [32:0] p2_ll_q;
      wire              unused_top = &{1'b0, p1_hh_q[33], p1_hl_q[33], p1_ll_q[33]};  // as the bit below

      assign hh[i*33+:33] = p2_hh_q;
      assign hl[i*33+:33] = p2_hl_q;
      assign ll[i*33+:33] = p2_ll_q;

      always @(posedge clk) begin
        if (valid) begin
          p0_h_q <= {x[i*32+31], x[i*32+16+:16]};
          p0_l_q <= {1'b0, x[i*32+:16]};
        end
        p1_hh_q <= p0_h_q * p0_h_q;
        p1_hl_q <= p0_h_q * p0_l_q;
        p1_ll_q <= p0_l_q * p0_l_q;
        p2_hh_q <= p1_hh_q[32:0];
        p2_hl_q <= p1_hl_q[32:0];
        p2_ll_q <= p1_ll_q[32:0];
      end
    end

    if (LANES < 2) begin : g_bad_lanes
      tern_act_squares_LANES_must_be_at_least_2 u_error ();
    end
  endgenerate

  fxp_sum_tree #(
      .N   (LANES),
      .IN_W(33)
  ) u_hh (
      .clk(clk),
      .en (1'b1),
      .x  (hh),
      .sum(hh_beat)
  );

  fxp_sum_tree #(
      .N   (LANES),
      .IN_W(33)
  ) u_hl (
      .clk(clk),
      .en (1'b1),
      .x  (hl),
      .sum(hl_beat)
  );

  fxp_sum_tree #(
      .N   (LANES),
      .IN_W(33)
  ) u_ll (
      .clk(clk),
      .en (1'b1),
      .x  (ll),
      .sum(ll_beat)
  );

  // One after the other: the vector's three sums.
  reg              first_q;
  reg              done_q;
  reg  [ACC_W-1:0] hh_q;
  reg  [ACC_W-1:0] hl_q;
  reg  [ACC_W-1:0] ll_q;
  wire [ACC_W-1:0] again = {ACC_W{!first_q}};

  always @(posedge clk) begin
    if (rst) first_q <= 1'b1;
    else if (valid_q[STAGES-1]) first_q <= last_q[STAGES-1];
  end

  always @(posedge clk) begin
    if (valid_q[STAGES-1]) begin
      hh_q <= (hh_q & again) + {{ACC_W - TREE_W{hh_beat[TREE_W-1]}}, hh_beat};
      hl_q <= (hl_q & again) + {{ACC_W - TREE_W{hl_beat[TREE_W-1]}}, hl_beat};
      ll_q <= (ll_q & again) + {{ACC_W - TREE_W{ll_beat[TREE_W-1]}}, ll_beat};
    end
  end

  // sum = (h^2 + high eps + (h l >> 15)) 2^32 + l^2 + low eps + (h l mod 2^15) 2^17.
  reg  [ 1:0] put_q;
  reg         sum_valid_q;
  reg  [47:0] c0_high_q;
  reg  [47:0] c0_low_q;
  reg  [46:0] c0_middle_q;
  reg  [47:0] c1_high_q;
  reg  [48:0] c1_low_q;
  reg  [44:0] high_q;
  reg  [31:0] low_q;
  wire [47:0] high = c1_high_q + {31'd0, c1_low_q[48:32]};

  assign take_eps  = done_q;
  assign sum_valid = sum_valid_q;
  assign sum       = {high_q, low_q};

  always @(posedge clk) begin
    if (rst) begin
      done_q <= 1'b0;
      put_q <= 2'd0;
      sum_valid_q <= 1'b0;
    end else begin
      done_q <= valid_q[STAGES-1] && last_q[STAGES-1];
      put_q <= {put_q[0], done_q};
      sum_valid_q <= put_q[1];
    end
  end

  always @(posedge clk) begin
    c0_high_q <= {1'b0, hh_q} + {3'd0, eps[76:32]};
    c0_low_q <= {1'b0, ll_q} + {16'd0, eps[31:0]};
    c0_middle_q <= hl_q;
    c1_high_q <= c0_high_q + {{16{c0_middle_q[46]}}, c0_middle_q[46:15]};
    c1_low_q <= {1'b0, c0_low_q} + {17'd0, c0_middle_q[14:0], 17'd0};
    high_q <= high[44:0];
    low_q <= c1_low_q[31:0];
  end

  wire unused_high = &{1'b0, high[47:45]};

  `CHECK(!put_q[1] || high[47:45] == 3'd0, "a sum of squares has more than 77 bits")

endmodule

`default_nettype wire
