// SPDX-License-Identifier: Apache-2.0
//
// formal_perf_counter - perf_counter is 0 after a clear or reset, else one more after each cycle with en.

`default_nettype none

module formal_perf_counter #(
    parameter W = 4
) (
    input wire clk,
    input wire rst,
    input wire clear,
    input wire en
);

  wire [W-1:0] value;
  reg  [W-1:0] before_q;
  reg          en_q;
  reg          clear_q;
  reg          begun_q;

  perf_counter #(
      .W(W)
  ) u_dut (
      .clk  (clk),
      .rst  (rst),
      .clear(clear),
      .en   (en),
      .value(value)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  initial begun_q = 1'b0;

  always @(posedge clk) begin
    begun_q  <= 1'b1;
    before_q <= value;
    en_q     <= en;
    clear_q  <= rst || clear;
  end

  wire [W-1:0] next = before_q + {{W - 1{1'b0}}, en_q};

  always @* if (begun_q) assert (value == (clear_q ? {W{1'b0}} : next));

endmodule

`default_nettype wire
