// SPDX-License-Identifier: Apache-2.0
//
// formal_attn_value_adders - attn_value_adders gives w times v of two cycles ago, where triple is three times w: each half of v
// times w as `*` has it, the upper one 16 times as heavy and its sign minus eight.

`default_nettype none

module formal_attn_value_adders (
    input wire        clk,
    input wire [23:0] w,
    input wire [ 7:0] v
);

  wire signed [31:0] y;
  wire signed [31:0] plain_low = {8'b0, w} * {28'b0, v[3:0]};
  wire signed [31:0] plain_high = {8'b0, w} * {29'b0, v[6:4]} - (v[7] ? {5'b0, w, 3'b0} : 32'd0);
  (* keep *) wire [27:0] peek_low;
  (* keep *) wire [27:0] peek_high;
  reg                started_q;
  reg  signed [31:0] low_q;
  reg  signed [31:0] high_q;
  wire               valid;
  wire        [31:0] expected;

  initial started_q = 1'b0;

  attn_value_adders u_dut (
      .clk   (clk),
      .en    (1'b1),
      .w     (w),
      .triple({2'b0, w} + {1'b0, w, 1'b0}),
      .v     (v),
      .y     (y)
  );

  prop_delay #(
      .DATA_W(32),
      .STAGES(2)
  ) u_delay (
      .clk    (clk),
      .data   (plain_low + (plain_high <<< 4)),
      .valid  (valid),
      .delayed(expected)
  );

  always @(posedge clk) begin
    started_q <= 1'b1;
    low_q     <= plain_low;
    high_q    <= plain_high;
  end

  always @* begin
    if (valid) assert (y == $signed(expected));
    // What lies between the two stages; of use to the induction.
    if (started_q) assert (low_q == $signed({4'b0, peek_low}) && high_q == $signed({{4{peek_high[27]}}, peek_high}));
  end

endmodule

`default_nettype wire
