// SPDX-License-Identifier: Apache-2.0
//
// forgets - counts by one, or by two if a register that no reset touches says so; a ROM, a memory and a register of a lane.

`default_nettype none

module forgets #(
    parameter LANES = 2
) (
    input  wire       clk,
    input  wire       rst,
    output wire [7:0] count,
    output wire [7:0] known
);

  reg [7:0] count_q;
  reg       armed_q;
  reg [7:0] known_q;
  reg [7:0] mem[0:3];
  reg [7:0] rom[0:3];
  reg [7:0] next_d;

  initial known_q = 8'd42;
  initial rom[0] = 8'd7;

  always @* begin
    if (armed_q) next_d = count_q + 8'd2;
    else next_d = count_q + 8'd1;
  end

  always @(posedge clk) begin
    if (rst) count_q <= 8'd0;
    else count_q <= next_d;
    mem[0] <= rom[0];
  end

  assign count = count_q;
  assign known = known_q;

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      reg [3:0] lane_q;
      always @(posedge clk) lane_q <= count_q[3:0];
    end
  endgenerate

endmodule

`default_nettype wire
