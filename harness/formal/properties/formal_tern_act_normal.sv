// SPDX-License-Identifier: Apache-2.0
//
// formal_tern_act_normal - tern_act_normal gives x 2^-(length - 16) to nearest of two cycles ago, as a plain shift of a
// number with enough places below the point, ties towards plus infinity.

`default_nettype none

module formal_tern_act_normal #(
    parameter X_W = 24
) (
    input wire           clk,
    input wire [X_W-1:0] x,
    input wire [    5:0] length
);

  localparam FULL_W = X_W + 17;  // a place below the point, and the sixteen of the scale

  wire        [      17:0] y;
  wire signed [FULL_W-1:0] above = {x, 17'd0};  // 2 x 2^16
  wire signed [FULL_W-1:0] twice = above >>> length;  // 2 x 2^(16 - length), floored
  wire signed [FULL_W-1:0] plain = (twice + 1) >>> 1;
  wire signed [     X_W:0] wide = {x[X_W-1], x};
  wire signed [     X_W:0] magnitude = x[X_W-1] ? -wide : wide;
  wire                     valid;
  wire        [      17:0] expected;

  tern_act_normal #(
      .X_W(X_W)
  ) u_dut (
      .clk   (clk),
      .en    (2'b11),
      .x     (x),
      .length(length),
      .y     (y)
  );

  prop_delay #(
      .DATA_W(18),
      .STAGES(2)
  ) u_delay (
      .clk    (clk),
      .data   (plain[17:0]),
      .valid  (valid),
      .delayed(expected)
  );

  always @* begin
    assume (length < X_W);
    assume ((magnitude >> length) == 0);
    if (valid) assert (y == expected);
  end

endmodule

`default_nettype wire
