// SPDX-License-Identifier: Apache-2.0
//
// tb_tern_matvec - tern_matvec of any geometry on the simulation memory, for Verilator.
//
// Wiring only; the port names are those of harness/sim's generated tops, so that harness.sim.model.SimModel drives it.
`default_nettype none

module tb_tern_matvec #(
    parameter int PORTS     = 1,    // memory ports
    parameter int PORT_W    = 256,  // bits of a port
    parameter int OUTS      = 8,    // rows of a weight beat
    parameter int T_COLS    = 2,    // most vectors
    parameter int ACC_DEPTH = 4,    // tiles of a row block
    parameter int X_SLOTS   = 16    // activation slots
) (
    input  wire        clk,
    input  wire        rst_n,
    input  wire [11:0] s_axi_control_awaddr,
    input  wire        s_axi_control_awvalid,
    output wire        s_axi_control_awready,
    input  wire [31:0] s_axi_control_wdata,
    input  wire [3:0]  s_axi_control_wstrb,
    input  wire        s_axi_control_wvalid,
    output wire        s_axi_control_wready,
    output wire [1:0]  s_axi_control_bresp,
    output wire        s_axi_control_bvalid,
    input  wire        s_axi_control_bready,
    input  wire [11:0] s_axi_control_araddr,
    input  wire        s_axi_control_arvalid,
    output wire        s_axi_control_arready,
    output wire [31:0] s_axi_control_rdata,
    output wire [1:0]  s_axi_control_rresp,
    output wire        s_axi_control_rvalid,
    input  wire        s_axi_control_rready,
    /* verilator lint_off SYMRSVDWORD */  // XRT and Vivado expect the name "interrupt"
    output wire        interrupt
);
  wire [PORTS*64-1:0] araddr, awaddr;
  wire [PORTS*8-1:0] arlen, awlen;
  wire [PORTS-1:0] arvalid, arready, rlast, rvalid, rready;
  wire [PORTS-1:0] awvalid, awready, wlast, wvalid, wready, bvalid, bready;
  wire [PORTS*PORT_W-1:0] rdata, wdata;
  wire [PORTS*2-1:0] rresp, bresp;
  wire [PORTS*PORT_W/8-1:0] wstrb;

  tern_matvec #(
      .PORTS      (PORTS),
      .PORT_W     (PORT_W),
      .OUTS       (OUTS),
      .T_COLS     (T_COLS),
      .ACC_DEPTH  (ACC_DEPTH),
      .X_SLOTS    (X_SLOTS),
      .CONFIG_HASH(64'h0123456789abcdef),
      .BUILD_ID   (32'd7)
  ) u_core (
      .aclk          (clk),
      .aresetn       (rst_n),
      .s_axil_awaddr (s_axi_control_awaddr),
      .s_axil_awvalid(s_axi_control_awvalid),
      .s_axil_awready(s_axi_control_awready),
      .s_axil_wdata  (s_axi_control_wdata),
      .s_axil_wstrb  (s_axi_control_wstrb),
      .s_axil_wvalid (s_axi_control_wvalid),
      .s_axil_wready (s_axi_control_wready),
      .s_axil_bresp  (s_axi_control_bresp),
      .s_axil_bvalid (s_axi_control_bvalid),
      .s_axil_bready (s_axi_control_bready),
      .s_axil_araddr (s_axi_control_araddr),
      .s_axil_arvalid(s_axi_control_arvalid),
      .s_axil_arready(s_axi_control_arready),
      .s_axil_rdata  (s_axi_control_rdata),
      .s_axil_rresp  (s_axi_control_rresp),
      .s_axil_rvalid (s_axi_control_rvalid),
      .s_axil_rready (s_axi_control_rready),
      .m_axi_araddr  (araddr),
      .m_axi_arlen   (arlen),
      .m_axi_arvalid (arvalid),
      .m_axi_arready (arready),
      .m_axi_rdata   (rdata),
      .m_axi_rresp   (rresp),
      .m_axi_rlast   (rlast),
      .m_axi_rvalid  (rvalid),
      .m_axi_rready  (rready),
      .m_axi_awaddr  (awaddr),
      .m_axi_awlen   (awlen),
      .m_axi_awvalid (awvalid),
      .m_axi_awready (awready),
      .m_axi_wdata   (wdata),
      .m_axi_wstrb   (wstrb),
      .m_axi_wlast   (wlast),
      .m_axi_wvalid  (wvalid),
      .m_axi_wready  (wready),
      .m_axi_bresp   (bresp),
      .m_axi_bvalid  (bvalid),
      .m_axi_bready  (bready),
      .interrupt     (interrupt)
  );

  sim_axi_mem #(
      .PORTS (PORTS),
      .PORT_W(PORT_W)
  ) u_mem (
      .clk          (clk),
      .rst          (!rst_n),
      .s_axi_araddr (araddr),
      .s_axi_arlen  (arlen),
      .s_axi_arvalid(arvalid),
      .s_axi_arready(arready),
      .s_axi_rdata  (rdata),
      .s_axi_rresp  (rresp),
      .s_axi_rlast  (rlast),
      .s_axi_rvalid (rvalid),
      .s_axi_rready (rready),
      .s_axi_awaddr (awaddr),
      .s_axi_awlen  (awlen),
      .s_axi_awvalid(awvalid),
      .s_axi_awready(awready),
      .s_axi_wdata  (wdata),
      .s_axi_wstrb  (wstrb),
      .s_axi_wlast  (wlast),
      .s_axi_wvalid (wvalid),
      .s_axi_wready (wready),
      .s_axi_bresp  (bresp),
      .s_axi_bvalid (bvalid),
      .s_axi_bready (bready)
  );
endmodule

`default_nettype wire
