// SPDX-License-Identifier: Apache-2.0
//
// formal_tern_trits - the trits of tern_trits are the digits of its byte of two cycles ago: their sum, each times its
// power of three, is the byte less 121. Bytes above 242 are bad and have none.

`default_nettype none

module formal_tern_trits (
    input wire       clk,
    input wire [7:0] code
);

  wire [4:0] there;
  wire [4:0] minus;
  wire       bad;
  wire       valid;
  wire [7:0] byte_of;
  wire [9:0] one = there[0] ? (minus[0] ? 10'd0 - 10'd1 : 10'd1) : 10'd0;
  wire [9:0] three = there[1] ? (minus[1] ? 10'd0 - 10'd3 : 10'd3) : 10'd0;
  wire [9:0] nine = there[2] ? (minus[2] ? 10'd0 - 10'd9 : 10'd9) : 10'd0;
  wire [9:0] fourth = there[3] ? (minus[3] ? 10'd0 - 10'd27 : 10'd27) : 10'd0;
  wire [9:0] fifth = there[4] ? (minus[4] ? 10'd0 - 10'd81 : 10'd81) : 10'd0;
  wire [9:0] sum = one + three + nine + fourth + fifth;

  tern_trits u_dut (
      .clk  (clk),
      .en   (1'b1),
      .code (code),
      .there(there),
      .minus(minus),
      .bad  (bad)
  );

  prop_delay #(
      .DATA_W(8),
      .STAGES(2)
  ) u_delay (
      .clk    (clk),
      .data   (code),
      .valid  (valid),
      .delayed(byte_of)
  );

  always @* begin
    if (valid) begin
      assert (bad == (byte_of > 8'd242));
      assert (!bad || (there == 5'd0 && minus == 5'd0));
      assert (bad || sum + 10'd121 == {2'd0, byte_of});
      assert ((minus & ~there) == 5'd0);
    end
  end

endmodule

`default_nettype wire
