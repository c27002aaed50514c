// SPDX-License-Identifier: Apache-2.0
//
// prop_axi_address - AXI4's rules of an address channel of INCR bursts: an offer holds, a burst begins at a beat, is no
// longer than it may be, and crosses no boundary of 4 KiB.

`default_nettype none

module prop_axi_address #(
    parameter ADDR_W      = 16,  // bits of a byte address
    parameter DATA_W      = 32,  // bits of a beat
    parameter BURST_BEATS = 4    // beats of the longest burst
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              valid,
    input  wire              ready,
    input  wire [ADDR_W-1:0] addr,
    input  wire [       7:0] len,
    output wire              waiting
);

  localparam BEAT_LG = $clog2(DATA_W / 8);

  wire [16:0] bytes = ({9'd0, len} + 17'd1) << BEAT_LG;

  prop_stream #(
      .DATA_W(ADDR_W + 8)
  ) u_offer (
      .clk    (clk),
      .rst    (rst),
      .valid  (valid),
      .ready  (ready),
      .data   ({addr, len}),
      .waiting(waiting)
  );

  always @* begin
    if (!rst && valid) begin
      assert (addr[BEAT_LG-1:0] == {BEAT_LG{1'b0}});
      assert (len < BURST_BEATS);
      assert ({5'd0, addr[11:0]} + bytes <= 17'd4096);
    end
  end

endmodule

`default_nettype wire
