// SPDX-License-Identifier: Apache-2.0
//
// formal_m2_pot_round - m2_pot_round gives clamp((x + half) >> shift) of two cycles ago, in plain arithmetic of full
// width, for the shifts and numbers that its header allows.

`default_nettype none

module formal_m2_pot_round #(
    parameter IN_W      = 14,
    parameter BITS      = 4,
    parameter MAX_SHIFT = 7
) (
    input wire                           clk,
    input wire signed [        IN_W-1:0] x,
    input wire [$clog2(MAX_SHIFT+1)-1:0] shift
);

  localparam signed [31:0] MOST = (1 << (BITS - 1)) - 1;

  wire signed [BITS-1:0] q;
  wire signed [    31:0] wide = {{32 - IN_W{x[IN_W-1]}}, x};
  wire signed [    31:0] half = (32'sd1 <<< shift) >>> 1;
  wire signed [    31:0] rounded = (wide + half) >>> shift;
  wire signed [    31:0] plain = rounded > MOST ? MOST : rounded < -MOST - 1 ? -MOST - 1 : rounded;
  wire signed [    31:0] magnitude = wide < 0 ? -wide : wide;
  wire                   valid;
  wire        [BITS-1:0] expected;

  m2_pot_round #(
      .IN_W     (IN_W),
      .BITS     (BITS),
      .MAX_SHIFT(MAX_SHIFT)
  ) u_dut (
      .clk  (clk),
      .en   (2'b11),
      .x    (x),
      .shift(shift),
      .q    (q)
  );

  prop_delay #(
      .DATA_W(BITS),
      .STAGES(2)
  ) u_delay (
      .clk    (clk),
      .data   (plain[BITS-1:0]),
      .valid  (valid),
      .delayed(expected)
  );

  always @* begin
    assume (shift <= MAX_SHIFT && shift <= IN_W - BITS);
    assume (shift == MAX_SHIFT || magnitude <= (32'sd1 <<< (BITS - 1 + shift)));
    if (valid) assert (q == $signed(expected));
  end

endmodule

`default_nettype wire
