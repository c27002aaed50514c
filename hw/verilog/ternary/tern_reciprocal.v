// SPDX-License-Identifier: Apache-2.0
//
// tern_reciprocal - the reciprocal of a normalized number, serially: a constant over a.
//
// Function     : m_data = {side, floor(START 2^Q_W / a)}.
// Format       : s_data {side, a}: a unsigned A_W bits, above START, or less, when its quotient is any; the quotient unsigned
//                Q_W bits.
// Latency      : Q_W // 2 + 2
// Throughput   : 1 / (Q_W // 2 + 2)
// Back-pressure: registered ready; absorbs 2 beats.
// Golden       : golden.ternary.integer.functions.norm_quantize
// Test         : tests/rtl/test_tern_reciprocal.py
//
// Why: two bits a cycle: two restoring steps are two carry chains. The remainder starts at START, which is below a, so Q_W
// steps give the whole quotient. The result has a register of its own, so that a division runs while the result before it is
// in use.

`default_nettype none
`include "checks.vh"

module tern_reciprocal #(
    parameter SIDE_W = 6,     // width of what goes beside [bits], >= 1
    parameter A_W    = 17,    // width of the divisor [bits], 4..24
    parameter Q_W    = 24,    // width of the quotient [bits], even, >= 4
    parameter START  = 32512  // constant over 2^Q_W, below 2^(A_W-1)
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  s_valid,
    output wire                  s_ready,
    input  wire [SIDE_W+A_W-1:0] s_data,
    output wire                  m_valid,
    input  wire                  m_ready,
    output wire [SIDE_W+Q_W-1:0] m_data
);

  localparam STEPS = Q_W / 2;

  reg                   busy_q;
  reg  [       STEPS:0] step_q;  // one hot, at the top when the quotient is complete
  reg  [    SIDE_W-1:0] side_q;
  reg  [       A_W-1:0] a_q;
  reg  [       A_W-1:0] rest_q;
  reg  [       Q_W-1:0] quotient_q;
  reg                   valid_q;
  reg  [SIDE_W+Q_W-1:0] result_q;
  wire                  free = m_ready || !valid_q;
  wire                  complete = busy_q && step_q[STEPS];
  wire                  take = s_valid && s_ready;

  assign s_ready = !busy_q;
  assign m_valid = valid_q;
  assign m_data  = result_q;

  always @(posedge clk) begin
    if (rst) begin
      busy_q  <= 1'b0;
      valid_q <= 1'b0;
    end else begin
      busy_q <= take || (busy_q && !(complete && free));
      if (free) valid_q <= complete;
    end
  end

  // Two steps: twice the rest, less a if that is not negative.
  wire [A_W+1:0] one = {1'b0, rest_q, 1'b0} - {2'd0, a_q};
  wire [A_W-1:0] one_rest = one[A_W+1] ? {rest_q[A_W-2:0], 1'b0} : one[A_W-1:0];
  wire [A_W+1:0] two = {1'b0, one_rest, 1'b0} - {2'd0, a_q};
  wire [A_W-1:0] two_rest = two[A_W+1] ? {one_rest[A_W-2:0], 1'b0} : two[A_W-1:0];
  wire           unused_carries = &{1'b0, one[A_W], two[A_W]};

  always @(posedge clk) begin
    if (take) step_q <= {{STEPS{1'b0}}, 1'b1};
    else if (!step_q[STEPS]) step_q <= {step_q[STEPS-1:0], 1'b0};
  end

  always @(posedge clk) begin
    if (take) begin
      {side_q, a_q} <= s_data;
      rest_q <= START[A_W-1:0];
    end else if (!step_q[STEPS]) begin
      rest_q <= two_rest;
      quotient_q <= {quotient_q[Q_W-3:0], !one[A_W+1], !two[A_W+1]};
    end
  end

  always @(posedge clk) begin
    if (free && complete) result_q <= {side_q, quotient_q};
  end

  `CHECK_STREAM(m_valid, m_ready, m_data)

  generate
    if (SIDE_W < 1) begin : g_bad_side_w
      tern_reciprocal_SIDE_W_must_be_at_least_1 u_error ();
    end
    if (A_W < 4 || A_W > 24 || Q_W < 4 || Q_W % 2 != 0 || START < 1 || START >= (1 << (A_W - 1))) begin : g_bad_format
      tern_reciprocal_needs_A_W_4_to_24_and_an_even_Q_W_from_4_and_START_below_half_of_A u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
