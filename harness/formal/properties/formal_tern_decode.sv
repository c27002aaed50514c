// SPDX-License-Identifier: Apache-2.0
//
// formal_tern_decode - the ROM of tern_decode holds, for each byte, the two balanced numbers whose digits the byte has:
// 27 (v2 + 4) + v3 + 13 is the byte again. Bytes above 242 are bad and count nothing; en low holds the output.

`default_nettype none

module formal_tern_decode (
    input wire       clk,
    input wire       en,
    input wire [7:0] code
);

  wire [ 9:0] index;
  reg         read_q;
  reg  [ 7:0] code_q;
  wire [11:0] v3 = index[4] ? 12'd0 - {8'd0, index[3:0]} : {8'd0, index[3:0]};
  wire [11:0] v2 = index[8] ? 12'd0 - {9'd0, index[7:5]} : {9'd0, index[7:5]};
  wire [11:0] back = 12'd27 * (v2 + 12'd4) + v3 + 12'd13;

  tern_decode #(
      .N(1)
  ) u_dut (
      .clk  (clk),
      .en   (en),
      .code (code),
      .index(index)
  );

  initial read_q = 1'b0;

  always @(posedge clk) begin
    if (en) begin
      read_q <= 1'b1;
      code_q <= code;
    end
  end

  always @* begin
    if (read_q) begin
      assert (index[9] == (code_q > 8'd242));
      assert (!index[9] || index[8:0] == 9'd0);
      assert (index[9] || back == {4'd0, code_q});
      assert (index[3:0] <= 4'd13 && index[7:5] <= 3'd4);
      // No zero has a sign.
      assert (!(index[4] && index[3:0] == 4'd0) && !(index[8] && index[7:5] == 3'd0));
    end
  end

endmodule

`default_nettype wire
