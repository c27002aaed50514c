// SPDX-License-Identifier: Apache-2.0
//
// tb_axi_port - both movers on one AXI4 port, with the constant signals that cocotbext-axi asks for.
`default_nettype none

module tb_axi_port #(
    parameter ADDR_W      = 64,
    parameter DATA_W      = 256,
    parameter OUTSTANDING = 4,
    parameter BURST_BEATS = 16
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                rd_valid,
    output wire                rd_ready,
    input  wire [ADDR_W-1:0]   rd_addr,
    input  wire [31:0]         rd_beats,
    output wire                m_valid,
    input  wire                m_ready,
    output wire [DATA_W-1:0]   m_data,
    output wire                rd_beat,
    output wire                rd_busy,
    output wire                rd_err,
    input  wire                rd_err_clear,
    input  wire                wr_valid,
    output wire                wr_ready,
    input  wire [ADDR_W-1:0]   wr_addr,
    input  wire [31:0]         wr_beats,
    input  wire                s_valid,
    output wire                s_ready,
    input  wire [DATA_W-1:0]   s_data,
    output wire                wr_beat,
    output wire                wr_done,
    output wire                wr_busy,
    output wire                wr_err,
    input  wire                wr_err_clear,
    output wire [0:0]          m_axi_arid,
    output wire [ADDR_W-1:0]   m_axi_araddr,
    output wire [7:0]          m_axi_arlen,
    output wire [2:0]          m_axi_arsize,
    output wire [1:0]          m_axi_arburst,
    output wire                m_axi_arvalid,
    input  wire                m_axi_arready,
    input  wire [0:0]          m_axi_rid,
    input  wire [DATA_W-1:0]   m_axi_rdata,
    input  wire [1:0]          m_axi_rresp,
    input  wire                m_axi_rlast,
    input  wire                m_axi_rvalid,
    output wire                m_axi_rready,
    output wire [0:0]          m_axi_awid,
    output wire [ADDR_W-1:0]   m_axi_awaddr,
    output wire [7:0]          m_axi_awlen,
    output wire [2:0]          m_axi_awsize,
    output wire [1:0]          m_axi_awburst,
    output wire                m_axi_awvalid,
    input  wire                m_axi_awready,
    output wire [DATA_W-1:0]   m_axi_wdata,
    output wire [DATA_W/8-1:0] m_axi_wstrb,
    output wire                m_axi_wlast,
    output wire                m_axi_wvalid,
    input  wire                m_axi_wready,
    input  wire [0:0]          m_axi_bid,
    input  wire [1:0]          m_axi_bresp,
    input  wire                m_axi_bvalid,
    output wire                m_axi_bready
);
  localparam [31:0] SIZE = $clog2(DATA_W / 8);

  assign m_axi_arid    = 1'b0;
  assign m_axi_arsize  = SIZE[2:0];
  assign m_axi_arburst = 2'b01;
  assign m_axi_awid    = 1'b0;
  assign m_axi_awsize  = SIZE[2:0];
  assign m_axi_awburst = 2'b01;

  axi_rd_mover #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .OUTSTANDING(OUTSTANDING),
      .BURST_BEATS(BURST_BEATS)
  ) u_rd (
      .clk      (clk),
      .rst      (rst),
      .cmd_valid(rd_valid),
      .cmd_ready(rd_ready),
      .cmd_addr (rd_addr),
      .cmd_beats(rd_beats),
      .arvalid  (m_axi_arvalid),
      .arready  (m_axi_arready),
      .araddr   (m_axi_araddr),
      .arlen    (m_axi_arlen),
      .rvalid   (m_axi_rvalid),
      .rready   (m_axi_rready),
      .rdata    (m_axi_rdata),
      .rresp    (m_axi_rresp),
      .rlast    (m_axi_rlast),
      .m_valid  (m_valid),
      .m_ready  (m_ready),
      .m_data   (m_data),
      .beat     (rd_beat),
      .busy     (rd_busy),
      .err      (rd_err),
      .err_clear(rd_err_clear)
  );

  axi_wr_mover #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .OUTSTANDING(OUTSTANDING),
      .BURST_BEATS(BURST_BEATS)
  ) u_wr (
      .clk      (clk),
      .rst      (rst),
      .cmd_valid(wr_valid),
      .cmd_ready(wr_ready),
      .cmd_addr (wr_addr),
      .cmd_beats(wr_beats),
      .s_valid  (s_valid),
      .s_ready  (s_ready),
      .s_data   (s_data),
      .awvalid  (m_axi_awvalid),
      .awready  (m_axi_awready),
      .awaddr   (m_axi_awaddr),
      .awlen    (m_axi_awlen),
      .wvalid   (m_axi_wvalid),
      .wready   (m_axi_wready),
      .wdata    (m_axi_wdata),
      .wstrb    (m_axi_wstrb),
      .wlast    (m_axi_wlast),
      .bvalid   (m_axi_bvalid),
      .bready   (m_axi_bready),
      .bresp    (m_axi_bresp),
      .beat     (wr_beat),
      .done     (wr_done),
      .busy     (wr_busy),
      .err      (wr_err),
      .err_clear(wr_err_clear)
  );

  wire unused_ids = &{1'b0, m_axi_rid, m_axi_bid};
endmodule

`default_nettype wire
