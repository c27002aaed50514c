// SPDX-License-Identifier: Apache-2.0
//
// formal_fxp_sum_tree - fxp_sum_tree gives the sum of the terms of clog2(N) enabled cycles ago; without en it holds.

`default_nettype none

module formal_fxp_sum_tree #(
    parameter N    = 5,
    parameter IN_W = 3
) (
    input wire              clk,
    input wire              en,
    input wire [N*IN_W-1:0] x
);

  localparam LEVELS = $clog2(N);
  localparam SUM_W = IN_W + LEVELS;

  wire signed [       SUM_W-1:0] sum;
  reg signed  [       SUM_W-1:0] plain;
  reg  [LEVELS*SUM_W-1:0] plain_q;  // newest lowest
  reg         [             7:0] filled_q;
  integer                        i;

  fxp_sum_tree #(
      .N   (N),
      .IN_W(IN_W)
  ) u_dut (
      .clk(clk),
      .en (en),
      .x  (x),
      .sum(sum)
  );

  always @* begin
    plain = 0;
    for (i = 0; i < N; i = i + 1) plain = plain + $signed(x[i*IN_W+:IN_W]);
  end

  initial filled_q = 8'd0;

  always @(posedge clk) begin
    if (en) begin
      plain_q <= {plain_q[(LEVELS-1)*SUM_W-1:0], plain};
      if (filled_q != LEVELS) filled_q <= filled_q + 8'd1;
    end
  end

  always @* if (filled_q == LEVELS) assert (sum == $signed(plain_q[LEVELS*SUM_W-1-:SUM_W]));

endmodule

`default_nettype wire
