// SPDX-License-Identifier: Apache-2.0
//
// tb_axil_ap_hs - ctl_ap_hs on words 0..3 of an axil_regs, as kernels use it.
`default_nettype none

module tb_axil_ap_hs (
    input  wire        clk,
    input  wire        rst,
    input  wire [4:0]  s_axil_awaddr,
    input  wire        s_axil_awvalid,
    output wire        s_axil_awready,
    input  wire [31:0] s_axil_wdata,
    input  wire [3:0]  s_axil_wstrb,
    input  wire        s_axil_wvalid,
    output wire        s_axil_wready,
    output wire [1:0]  s_axil_bresp,
    output wire        s_axil_bvalid,
    input  wire        s_axil_bready,
    input  wire [4:0]  s_axil_araddr,
    input  wire        s_axil_arvalid,
    output wire        s_axil_arready,
    output wire [31:0] s_axil_rdata,
    output wire [1:0]  s_axil_rresp,
    output wire        s_axil_rvalid,
    input  wire        s_axil_rready,
    output wire        start,
    input  wire        done,
    output wire        busy,
    output wire        irq,
    output wire [31:0] argument
);
  wire [159:0] regs;
  wire [127:0] ro_value;
  wire [4:0]   wr_strobe;
  wire [4:0]   rd_strobe;
  wire [31:0]  wr_data;
  wire [3:0]   wr_strb;

  axil_regs #(
      .ADDR_W (5),
      .WORDS  (5),
      .RW_MASK({32'hFFFFFFFF, 128'd0})
  ) u_regs (
      .clk           (clk),
      .rst           (rst),
      .s_axil_awaddr (s_axil_awaddr),
      .s_axil_awvalid(s_axil_awvalid),
      .s_axil_awready(s_axil_awready),
      .s_axil_wdata  (s_axil_wdata),
      .s_axil_wstrb  (s_axil_wstrb),
      .s_axil_wvalid (s_axil_wvalid),
      .s_axil_wready (s_axil_wready),
      .s_axil_bresp  (s_axil_bresp),
      .s_axil_bvalid (s_axil_bvalid),
      .s_axil_bready (s_axil_bready),
      .s_axil_araddr (s_axil_araddr),
      .s_axil_arvalid(s_axil_arvalid),
      .s_axil_arready(s_axil_arready),
      .s_axil_rdata  (s_axil_rdata),
      .s_axil_rresp  (s_axil_rresp),
      .s_axil_rvalid (s_axil_rvalid),
      .s_axil_rready (s_axil_rready),
      .regs_q        (regs),
      .ro_value      ({32'd0, ro_value}),
      .wr_strobe     (wr_strobe),
      .rd_strobe     (rd_strobe),
      .wr_data       (wr_data),
      .wr_strb       (wr_strb)
  );

  ctl_ap_hs u_ctl (
      .clk      (clk),
      .rst      (rst),
      .wr_strobe(wr_strobe[3:0]),
      .rd_strobe(rd_strobe[3:0]),
      .wr_data  (wr_data),
      .wr_strb  (wr_strb),
      .ro_value (ro_value),
      .start    (start),
      .done     (done),
      .busy     (busy),
      .irq      (irq)
  );

  assign argument = regs[159:128];

  wire unused_ok = &{1'b0, wr_strobe[4], rd_strobe[4], regs[127:0]};
endmodule

`default_nettype wire
