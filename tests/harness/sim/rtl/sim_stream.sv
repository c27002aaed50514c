// SPDX-License-Identifier: Apache-2.0
//
// sim_stream - master that asks for reads and writes without end, to measure what the simulation memory gives.
//
// Function     : register 0 bit 0 reads, bit 1 writes: 32-beat bursts over a 64 KiB range of each port, at address 0.
// Format       : AXI4-Lite control, write only; reads answer 0.
// Latency      : variable: the memory's.
// Throughput   : the memory's.
// Back-pressure: R and B are always taken.
// Golden       : none
// Test         : tests/harness/sim/test_axi_mem.py
//
// Why: rates can only be measured by a master that never limits them.
`default_nettype none

module sim_stream #(
    parameter int PORTS  = 2,
    parameter int PORT_W = 256
) (
    input  wire         clk,
    input  wire         rst_n,
    input  wire  [11:0] s_axi_control_awaddr,
    input  wire         s_axi_control_awvalid,
    output wire         s_axi_control_awready,
    input  wire  [31:0] s_axi_control_wdata,
    input  wire  [3:0]  s_axi_control_wstrb,
    input  wire         s_axi_control_wvalid,
    output wire         s_axi_control_wready,
    output wire  [1:0]  s_axi_control_bresp,
    output logic        s_axi_control_bvalid,
    input  wire         s_axi_control_bready,
    input  wire  [11:0] s_axi_control_araddr,
    input  wire         s_axi_control_arvalid,
    output wire         s_axi_control_arready,
    output wire  [31:0] s_axi_control_rdata,
    output wire  [1:0]  s_axi_control_rresp,
    output logic        s_axi_control_rvalid,
    input  wire         s_axi_control_rready,
    output wire         interrupt
);
    localparam int BEATS = 32;
    localparam int BYTES = BEATS * PORT_W / 8;

    logic [1:0] mode;
    wire write = s_axi_control_awvalid && s_axi_control_wvalid && !s_axi_control_bvalid;
    assign s_axi_control_awready = write;
    assign s_axi_control_wready  = write;
    assign s_axi_control_bresp   = 2'd0;
    assign s_axi_control_arready = !s_axi_control_rvalid;
    assign s_axi_control_rresp   = 2'd0;
    assign s_axi_control_rdata   = 32'd0;
    assign interrupt             = 1'b0;
    always_ff @(posedge clk) begin
        s_axi_control_bvalid <= rst_n && (write || s_axi_control_bvalid && !s_axi_control_bready);
        s_axi_control_rvalid <= rst_n && (s_axi_control_arvalid || s_axi_control_rvalid && !s_axi_control_rready);
        if (!rst_n) mode <= 0;
        else if (write) mode <= s_axi_control_wdata[1:0];
    end

    logic [PORTS*64-1:0] araddr, awaddr;
    logic [PORTS-1:0]    arvalid, awvalid, wvalid, wlast;
    wire  [PORTS-1:0]    arready, awready, wready, rlast, rvalid, bvalid;
    wire  [PORTS*PORT_W-1:0] rdata;
    wire  [PORTS*2-1:0]  rresp, bresp;

    for (genvar p = 0; p < PORTS; p++) begin : g_port
        logic [5:0] at_r, at_w;
        logic [7:0] beat, owed;
        assign araddr[64*p+:64] = 64'(at_r) * BYTES;
        assign awaddr[64*p+:64] = 64'(at_w) * BYTES;
        assign arvalid[p] = mode[0];
        assign awvalid[p] = mode[1] && owed < 8;
        assign wvalid[p]  = owed != 0;
        assign wlast[p]   = beat == BEATS - 1;
        always_ff @(posedge clk) begin
            if (!rst_n) {at_r, at_w, beat, owed} <= '0;
            else begin
                if (arvalid[p] && arready[p]) at_r <= at_r + 1;
                if (awvalid[p] && awready[p]) at_w <= at_w + 1;
                if (wvalid[p] && wready[p]) beat <= wlast[p] ? 0 : beat + 1;
                owed <= owed + 8'(awvalid[p] && awready[p]) - 8'(wvalid[p] && wready[p] && wlast[p]);
            end
        end
    end

    sim_axi_mem #(.PORTS(PORTS), .PORT_W(PORT_W)) u_mem (
        .clk, .rst(!rst_n),
        .s_axi_araddr(araddr), .s_axi_arlen({PORTS{8'(BEATS - 1)}}), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
        .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast), .s_axi_rvalid(rvalid),
        .s_axi_rready({PORTS{1'b1}}),
        .s_axi_awaddr(awaddr), .s_axi_awlen({PORTS{8'(BEATS - 1)}}), .s_axi_awvalid(awvalid), .s_axi_awready(awready),
        .s_axi_wdata({PORTS*PORT_W{1'b1}}), .s_axi_wstrb({PORTS*PORT_W/8{1'b1}}), .s_axi_wlast(wlast),
        .s_axi_wvalid(wvalid), .s_axi_wready(wready), .s_axi_bresp(bresp), .s_axi_bvalid(bvalid),
        .s_axi_bready({PORTS{1'b1}}));
endmodule

`default_nettype wire
