// SPDX-License-Identifier: Apache-2.0
//
// formal_err_first - err_first keeps code and port of the first cycle with an error: the arguments' before the ports',
// the lowest source's before others', of its culprits the lowest port's. Ports: 3, sources: 2, codes 5 and 9.

`default_nettype none

module formal_err_first (
    input wire       clk,
    input wire       rst,
    input wire       clear,
    input wire       en,
    input wire [7:0] arg_error,
    input wire [5:0] culprits
);

  wire [ 7:0] code;
  wire [ 7:0] port;
  (* keep *) wire [7:0] peek_code;
  (* keep *) wire [1:0] peek_port;
  reg  [15:0] now;  // code and port of this cycle's error
  reg  [15:0] before_q;
  reg  [15:0] first_q;

  err_first #(
      .PORTS  (3),
      .SOURCES(2),
      .CODES  (16'h0905)
  ) u_dut (
      .clk      (clk),
      .rst      (rst),
      .clear    (clear),
      .en       (en),
      .arg_error(arg_error),
      .culprits (culprits),
      .code     (code),
      .port     (port)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  always @* begin
    casez ({arg_error != 8'd0, culprits})
      7'b1??????: now = {arg_error, 8'd0};
      7'b0?????1: now = {8'd5, 8'd0};
      7'b0????10: now = {8'd5, 8'd1};
      7'b0???100: now = {8'd5, 8'd2};
      7'b0??1000: now = {8'd9, 8'd0};
      7'b0?10000: now = {8'd9, 8'd1};
      7'b0100000: now = {8'd9, 8'd2};
      default: now = 16'd0;
    endcase
  end

  always @(posedge clk) begin
    before_q <= (rst || clear || !en) ? 16'd0 : now;
    if (rst || clear) first_q <= 16'd0;
    else if (first_q == 16'd0) first_q <= before_q;
  end

  always @* begin
    if (!rst) begin
      assert ({code, port} == first_q);
      assert ({peek_code, 6'd0, peek_port} == before_q);
    end
  end

endmodule

`default_nettype wire
