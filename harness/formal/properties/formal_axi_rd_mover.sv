// SPDX-License-Identifier: Apache-2.0
//
// formal_axi_rd_mover - axi_rd_mover asks for the words of its commands and no others, never for more bursts at a time
// than OUTSTANDING, keeps AXI4's rules, and is busy until the last word is there. Commands of up to 3 words.
//
// The memory is any that keeps the rules of the R channel: bursts in order, rlast on the last beat of each.

`default_nettype none

module formal_axi_rd_mover #(
    parameter ADDR_W      = 16,
    parameter DATA_W      = 32,
    parameter OUTSTANDING = 2,
    parameter BURST_BEATS = 2
) (
    input wire              clk,
    input wire              rst,
    input wire              cmd_valid,
    input wire [ADDR_W-1:0] cmd_addr,
    input wire [       1:0] cmd_beats,
    input wire              arready,
    input wire              rvalid,
    input wire [DATA_W-1:0] rdata,
    input wire [       1:0] rresp,
    input wire              rlast,
    input wire              m_ready,
    input wire              err_clear
);

  wire                     cmd_ready;
  wire                     arvalid;
  wire [       ADDR_W-1:0] araddr;
  wire [              7:0] arlen;
  wire                     rready;
  wire                     m_valid;
  wire [       DATA_W-1:0] m_data;
  wire                     beat;
  wire                     busy;
  wire                     err;
  wire                     unused_ar;
  wire                     unused_r;
  wire [              7:0] flying;
  wire [OUTSTANDING*8-1:0] lengths;
  reg  [              7:0] place_q;  // of the next beat in its burst
  reg  [              7:0] to_ask_q;  // words of accepted commands without an address
  reg  [              7:0] to_come_q;  // words of accepted commands that have not come
  reg                      failed_q;
  wire                     ask = arvalid && arready;
  wire                     accept = cmd_valid && cmd_ready;
  wire [              7:0] asked = ask ? arlen + 8'd1 : 8'd0;
  wire [              7:0] more = accept ? {6'd0, cmd_beats} : 8'd0;

  axi_rd_mover #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .OUTSTANDING(OUTSTANDING),
      .BURST_BEATS(BURST_BEATS)
  ) u_dut (
      .clk      (clk),
      .rst      (rst),
      .cmd_valid(cmd_valid),
      .cmd_ready(cmd_ready),
      .cmd_addr (cmd_addr),
      .cmd_beats({30'd0, cmd_beats}),
      .arvalid  (arvalid),
      .arready  (arready),
      .araddr   (araddr),
      .arlen    (arlen),
      .rvalid   (rvalid),
      .rready   (rready),
      .rdata    (rdata),
      .rresp    (rresp),
      .rlast    (rlast),
      .m_valid  (m_valid),
      .m_ready  (m_ready),
      .m_data   (m_data),
      .beat     (beat),
      .busy     (busy),
      .err      (err),
      .err_clear(err_clear)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  prop_axi_address #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .BURST_BEATS(BURST_BEATS)
  ) u_address (
      .clk    (clk),
      .rst    (rst),
      .valid  (arvalid),
      .ready  (arready),
      .addr   (araddr),
      .len    (arlen),
      .waiting(unused_ar)
  );

  prop_stream #(
      .DATA_W(DATA_W + 3),
      .ASSUME(1)
  ) u_memory (
      .clk    (clk),
      .rst    (rst),
      .valid  (rvalid),
      .ready  (rready),
      .data   ({rlast, rresp, rdata}),
      .waiting(unused_r)
  );

  // Bursts in flight; their queue asserts that they are no more than OUTSTANDING.
  prop_queue #(
      .DATA_W(8),
      .CAP   (OUTSTANDING)
  ) u_flying (
      .clk      (clk),
      .rst      (rst),
      .push     (ask),
      .push_data(arlen),
      .pop      (rvalid && rready && rlast),
      .count    (flying),
      .items    (lengths)
  );

  always @(posedge clk) begin
    if (rst || (rvalid && rready && rlast)) place_q <= 8'd0;
    else if (rvalid && rready) place_q <= place_q + 8'd1;
  end

  always @(posedge clk) begin
    to_ask_q  <= rst ? 8'd0 : to_ask_q + more - asked;
    to_come_q <= rst ? 8'd0 : to_come_q + more - {7'd0, beat};
    failed_q  <= !rst && ((beat && rresp[1]) || (failed_q && !err_clear));
  end

  always @* begin
    assume (cmd_addr[1:0] == 2'd0);
    assume (!rvalid || flying != 8'd0);
    assume (!rvalid || rlast == (place_q == lengths[7:0]));
    if (!rst) begin
      assert (!arvalid || arlen < to_ask_q);
      assert (!beat || to_come_q != 8'd0);
      assert (busy || (to_ask_q == 8'd0 && to_come_q == 8'd0 && flying == 8'd0));
      assert (m_valid == rvalid && m_data == rdata && rready == m_ready && beat == (rvalid && rready));
      assert (err == failed_q);
    end
  end

endmodule

`default_nettype wire
