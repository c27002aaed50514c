// SPDX-License-Identifier: Apache-2.0
//
// m2_addr_mul - product of two unsigned numbers by shifts and additions, for addresses.
//
// Function     : m = a * b.
// Format       : unsigned integers, exact.
// Latency      : variable: 1 cycle for each bit of a up to its leading one, and 1
// Throughput   : variable: one product at a time
// Back-pressure: registered ready; absorbs 1 beat.
// Golden       : golden.mamba2.accel.image.sections; positions of sections, rows and chunks are such products
// Test         : tests/rtl/test_m2_addr_mul.py
//
// Why: a section, a row or a chunk takes tens of cycles on its way, so its address may take some too and needs no DSP.

`default_nettype none

module m2_addr_mul #(
    parameter A_W = 8,  // width of a [bits], >= 2; its bits are the steps
    parameter B_W = 32  // width of b [bits], >= 1
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               s_valid,
    output wire               s_ready,
    input  wire [    A_W-1:0] s_a,
    input  wire [    B_W-1:0] s_b,
    output wire               m_valid,
    input  wire               m_ready,
    output wire [A_W+B_W-1:0] m_data
);

  reg               busy_q;
  reg [    A_W-1:0] a_q;
  reg [A_W+B_W-1:0] b_q;
  reg [A_W+B_W-1:0] sum_q;

  assign s_ready = !busy_q;
  assign m_valid = busy_q && a_q == {A_W{1'b0}};
  assign m_data  = sum_q;

  always @(posedge clk) begin
    if (rst) busy_q <= 1'b0;
    else if (!busy_q) busy_q <= s_valid;
    else if (m_valid && m_ready) busy_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (!busy_q) begin
      a_q   <= s_a;
      b_q   <= {{A_W{1'b0}}, s_b};
      sum_q <= {A_W + B_W{1'b0}};
    end else if (!m_valid) begin
      a_q <= {1'b0, a_q[A_W-1:1]};
      b_q <= {b_q[A_W+B_W-2:0], 1'b0};
      if (a_q[0]) sum_q <= sum_q + b_q;
    end
  end

endmodule

`default_nettype wire
