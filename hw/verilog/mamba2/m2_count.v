// SPDX-License-Identifier: Apache-2.0
//
// m2_count - counts 0 .. limit - 1 over and over, and knows its last value without comparing.
//
// Function     : with step value = last ? 0 : value + 1; last = value is limit - 1.
// Format       : unsigned; limit 1 to 2^W, does not change while value is not 0, nor with the step in front of
//                which it is needed or with the cycle before.
// Latency      : 1
// Throughput   : 1
// Back-pressure: none; value is a register, last one or two of them.
// Golden       : golden.mamba2.integer.block.scan
// Test         : tests/rtl/test_m2_operands.py
//
// Why: what is counted here decides whether other counters move; a comparison of 16 bits in front of each of them would be
// two levels of logic a loop, one loop behind the other.

`default_nettype none

module m2_count #(
    parameter W = 16  // bits of the value, 1..16
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [ 15:0] limit,
    input  wire         step,
    output wire [W-1:0] value,
    output wire         last
);

  localparam [31:0] TWO = 32'd2;

  reg          one_q;     // limit is 1
  reg  [W-1:0] before_q;  // limit - 2
  reg  [W-1:0] value_q;
  reg          last_q;

  assign value = value_q;
  assign last  = one_q || last_q;

  always @(posedge clk) begin
    one_q    <= limit == 16'd1;
    before_q <= limit[W-1:0] - TWO[W-1:0];
  end

  always @(posedge clk) begin
    if (rst) value_q <= {W{1'b0}};
    else if (step) value_q <= (value_q + 1'b1) & {W{!last}};
  end

  always @(posedge clk) begin
    if (rst) last_q <= 1'b0;
    else if (step) last_q <= !last && value_q == before_q;
  end

  wire unused_limit = &{1'b0, limit};

  generate
    if (W < 1 || W > 16) begin : g_bad_w
      m2_count_W_must_be_1_to_16 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
