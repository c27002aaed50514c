// SPDX-License-Identifier: Apache-2.0
//
// formal_axi_burst_split - the bursts of axi_burst_split are the words of each command, once each and in order; every
// burst but a command's last ends on a multiple of BURST_BEATS words, and none crosses 4 KiB. Any address and length.

`default_nettype none

module formal_axi_burst_split #(
    parameter ADDR_W      = 16,
    parameter DATA_W      = 32,
    parameter BURST_BEATS = 4
) (
    input wire              clk,
    input wire              rst,
    input wire              cmd_valid,
    input wire [ADDR_W-1:0] cmd_addr,
    input wire [      31:0] cmd_beats,
    input wire              m_ready
);

  localparam BEAT_LG = $clog2(DATA_W / 8);
  localparam CMD_W = ADDR_W + 32;

  wire              cmd_ready;
  wire              m_valid;
  wire [ADDR_W-1:0] m_addr;
  wire [       7:0] m_len;
  wire              m_final;
  wire              m_null;
  wire              busy;
  wire              unused_waiting;
  wire [       7:0] count;
  wire [4*CMD_W-1:0] commands;
  reg               begun_q;  // bursts of the oldest command have left
  reg  [ADDR_W-1:0] next_q;
  reg  [      31:0] left_q;
  wire [ADDR_W-1:0] addr = begun_q ? next_q : commands[32+:ADDR_W];
  wire [      31:0] left = begun_q ? left_q : commands[31:0];
  wire [      31:0] beats = {24'd0, m_len} + 32'd1;
  wire [ADDR_W-1:0] bytes = beats[ADDR_W-1:0] << BEAT_LG;
  wire [ADDR_W-1:0] end_of = m_addr + bytes;
  wire              leave = m_valid && m_ready;

  axi_burst_split #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .BURST_BEATS(BURST_BEATS)
  ) u_dut (
      .clk      (clk),
      .rst      (rst),
      .cmd_valid(cmd_valid),
      .cmd_ready(cmd_ready),
      .cmd_addr (cmd_addr),
      .cmd_beats(cmd_beats),
      .m_valid  (m_valid),
      .m_ready  (m_ready),
      .m_addr   (m_addr),
      .m_len    (m_len),
      .m_final  (m_final),
      .m_null   (m_null),
      .busy     (busy)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  prop_axi_address #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .BURST_BEATS(BURST_BEATS)
  ) u_burst (
      .clk    (clk),
      .rst    (rst),
      .valid  (m_valid && !m_null),
      .ready  (m_ready),
      .addr   (m_addr),
      .len    (m_len),
      .waiting(unused_waiting)
  );

  prop_queue #(
      .DATA_W(CMD_W),
      .CAP   (4)
  ) u_commands (
      .clk      (clk),
      .rst      (rst),
      .push     (cmd_valid && cmd_ready),
      .push_data({cmd_addr, cmd_beats}),
      .pop      (leave && m_final),
      .count    (count),
      .items    (commands)
  );

  always @(posedge clk) begin
    if (rst || (leave && m_final)) begun_q <= 1'b0;
    else if (leave) begun_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (leave) begin
      next_q <= end_of;
      left_q <= left - beats;
    end
  end

  always @* begin
    assume (cmd_addr[BEAT_LG-1:0] == {BEAT_LG{1'b0}});
    if (!rst) begin
      assert (busy == (count != 8'd0));
      if (m_valid) begin
        assert (count != 8'd0);
        assert (m_null == (left == 32'd0));
        assert (m_null ? m_final : m_addr == addr && beats <= left && m_final == (beats == left));
        assert (m_final || end_of[$clog2(BURST_BEATS)+BEAT_LG-1:0] == 0);
      end
    end
  end

endmodule

`default_nettype wire
