// SPDX-License-Identifier: Apache-2.0
//
// toy_still - registers some bits of which never change behind a reset, for the tests of mutation testing.
`default_nettype none

module toy_still (
    input  wire       clk,
    input  wire       rst,
    input  wire       x,
    output wire       set,
    output wire       free,
    output wire       given,
    output wire       kept,
    output wire       later,
    output wire       both,
    output wire [3:0] count,
    output wire [1:0] pair,
    output wire       second,
    output wire       deep
);

  reg       set_q;
  reg       free_q;
  reg       given_q;
  reg       kept_q;
  reg       later_q;
  reg       both_q;
  reg [3:0] count_q;
  reg [1:0] pair_q;
  reg       second_q;

  assign set    = set_q;
  assign free   = free_q;
  assign given  = given_q;
  assign kept   = kept_q;
  assign later  = later_q;
  assign both   = both_q;
  assign count  = count_q;
  assign pair   = pair_q;
  assign second = second_q;

  // Reset to 1, and nothing takes it away.
  always @(posedge clk) begin
    if (rst) set_q <= 1'b1;
    else if (x) set_q <= set_q | free_q;
  end

  // Reset to 0, and x sets it.
  always @(posedge clk) begin
    if (rst) free_q <= 1'b0;
    else if (x) free_q <= 1'b1;
  end

  // Always given the same, without a reset.
  always @(posedge clk) given_q <= 1'b0;

  // Never written, without a reset: it keeps whatever it had.
  always @(posedge clk) if (x) kept_q <= kept_q;

  // Written now and then, without a reset, and always the same.
  always @(posedge clk) if (x) later_q <= set_q;

  // Reset to 0, and set to 1 where it is not: no power-up makes it a constant.
  always @(posedge clk) begin
    if (rst) both_q <= 1'b0;
    else both_q <= 1'b1;
  end

  // Of four bits the upper two never move.
  always @(posedge clk) begin
    if (rst) count_q <= 4'b0100;
    else count_q <= {count_q[3:2], x, count_q[1]};
  end

  // Only the lower bit of two is reset to what it then keeps.
  always @(posedge clk) begin
    if (rst) pair_q <= 2'b01;
    else pair_q <= {x, pair_q[0] | x};
  end

  // Follows one that never changes: only seen when that is known.
  always @(posedge clk) begin
    if (rst) second_q <= 1'b1;
    else second_q <= set_q;
  end

  generate
    begin : g_deep
      reg deep_q;
      assign deep = deep_q;
      always @(posedge clk) begin
        if (rst) deep_q <= 1'b0;
        else if (x) deep_q <= deep_q & free_q;
      end
    end
  endgenerate

endmodule

`default_nettype wire
