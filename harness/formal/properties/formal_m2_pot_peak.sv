// SPDX-License-Identifier: Apache-2.0
//
// formal_m2_pot_peak - the bit length of over is the least shift with which every element fits into BITS bits, as the
// comparison |x| <= 2^(BITS-1+shift) says, MAX_SHIFT where none does. Two elements.

`default_nettype none

module formal_m2_pot_peak #(
    parameter IN_W      = 10,
    parameter BITS      = 4,
    parameter MAX_SHIFT = 4
) (
    input wire              clk,
    input wire [2*IN_W-1:0] x
);

  localparam OVER_W = (IN_W - BITS < MAX_SHIFT) ? IN_W - BITS : MAX_SHIFT;

  wire [ 2*IN_W-1:0] unused_x_q;
  wire [ OVER_W-1:0] over;
  wire signed [31:0] first = {{32 - IN_W{x[IN_W-1]}}, x[0+:IN_W]};
  wire signed [31:0] second = {{32 - IN_W{x[2*IN_W-1]}}, x[IN_W+:IN_W]};
  wire signed [31:0] first_size = first < 0 ? -first : first;
  wire signed [31:0] second_size = second < 0 ? -second : second;
  wire signed [31:0] peak = first_size > second_size ? first_size : second_size;
  reg         [ 7:0] least;
  reg         [ 7:0] length;
  wire               valid;
  wire        [ 7:0] expected;
  integer            s;
  integer            b;

  m2_pot_peak #(
      .N        (2),
      .IN_W     (IN_W),
      .BITS     (BITS),
      .MAX_SHIFT(MAX_SHIFT)
  ) u_dut (
      .clk (clk),
      .en  (2'b11),
      .x   (x),
      .x_q (unused_x_q),
      .over(over)
  );

  always @* begin
    least = OVER_W;
    for (s = OVER_W - 1; s >= 0; s = s - 1) if (peak <= (32'sd1 <<< (BITS - 1 + s))) least = s;
  end

  always @* begin
    length = 8'd0;
    for (b = 0; b < OVER_W; b = b + 1) if (over[b]) length = b + 1;
  end

  prop_delay #(
      .DATA_W(8),
      .STAGES(2)
  ) u_delay (
      .clk    (clk),
      .data   (least),
      .valid  (valid),
      .delayed(expected)
  );

  always @* if (valid) assert (length == expected);

endmodule

`default_nettype wire
