// SPDX-License-Identifier: Apache-2.0
//
// tern_act_divide - the reciprocal of the absmax quantizer, serially: 127 2^32 / a.
//
// Function     : m_data = {side, floor(127 2^32 / a)}.
// Format       : s_data {side, a}: a unsigned 17 bits, 2^15..2^16, or 0, whose quotient is any; the quotient 24 bits.
// Latency      : 14
// Throughput   : 1 / 14
// Back-pressure: registered ready; absorbs 2 beats.
// Golden       : golden.ternary.integer.functions.norm_quantize
// Test         : tests/rtl/test_tern_act_divide.py
//
// Why: two bits a cycle: two restoring steps are two carry chains. The remainder starts at 127 2^8, which is below the least
// a, so 24 steps give the whole quotient. The result has a register of its own, so that a division runs while the result
// before it is in use.

`default_nettype none
`include "checks.vh"

module tern_act_divide #(
    parameter SIDE_W = 6  // width of what goes beside [bits], >= 1
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              s_valid,
    output wire              s_ready,
    input  wire [SIDE_W+16:0] s_data,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [SIDE_W+23:0] m_data
);

  localparam STEPS = 12;

  reg                busy_q;
  reg  [    STEPS:0] step_q;  // one hot, at the top when the quotient is complete
  reg  [ SIDE_W-1:0] side_q;
  reg  [       16:0] a_q;
  reg  [       16:0] rest_q;
  reg  [       23:0] quotient_q;
  reg                valid_q;
  reg  [SIDE_W+23:0] result_q;
  wire               free = m_ready || !valid_q;
  wire               complete = busy_q && step_q[STEPS];
  wire               take = s_valid && s_ready;

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
  wire [18:0] one = {1'b0, rest_q, 1'b0} - {2'd0, a_q};
  wire [16:0] one_rest = one[18] ? {rest_q[15:0], 1'b0} : one[16:0];
  wire [18:0] two = {1'b0, one_rest, 1'b0} - {2'd0, a_q};
  wire [16:0] two_rest = two[18] ? {one_rest[15:0], 1'b0} : two[16:0];
  wire        unused_carries = &{1'b0, one[17], two[17]};

  always @(posedge clk) begin
    if (take) step_q <= {{STEPS{1'b0}}, 1'b1};
    else if (!step_q[STEPS]) step_q <= {step_q[STEPS-1:0], 1'b0};
  end

  always @(posedge clk) begin
    if (take) begin
      {side_q, a_q} <= s_data;
      rest_q <= 17'd32512;
    end else if (!step_q[STEPS]) begin
      rest_q <= two_rest;
      quotient_q <= {quotient_q[21:0], !one[18], !two[18]};
    end
  end

  always @(posedge clk) begin
    if (free && complete) result_q <= {side_q, quotient_q};
  end

  `CHECK_STREAM(m_valid, m_ready, m_data)

  generate
    if (SIDE_W < 1) begin : g_bad_side_w
      tern_act_divide_SIDE_W_must_be_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
