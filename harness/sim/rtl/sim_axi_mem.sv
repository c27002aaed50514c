// SPDX-License-Identifier: Apache-2.0
//
// sim_axi_mem - simulation memory with PORTS AXI4 slave ports on a C++ backing store (harness/sim/cpp/axi_mem.h).
//
// Function     : reads and writes of the store that harness.sim.mem attaches to each port; stalls, latency, rate,
//                refresh gaps and error responses as set through the C API. Accesses outside the store: DECERR.
// Format       : ports as flat vectors, port p is slice p (low first); INCR bursts of full-width beats, no IDs.
// Latency      : variable: `latency` of the port's timing model, at least 1 cycle from AR to R.
// Throughput   : 1 beat a cycle, port and direction when the timing model is ideal.
// Back-pressure: all outputs are registered; W beats are taken after their AW.
// Golden       : none
// Test         : tests/harness/sim/test_axi_mem.py
//
// Why: one DPI call a clock for all ports, so that the Verilated model and not the memory sets the speed.
`default_nettype none

module sim_axi_mem #(
    parameter int PORTS  = 1,    // 1..64
    parameter int PORT_W = 256,  // bits a port: 64, 128, 256 or 512
    parameter int MEM_ID = 0     // number under which Python finds this memory
) (
    input  wire                      clk,
    input  wire                      rst,
    input  wire [PORTS*64-1:0]       s_axi_araddr,
    input  wire [PORTS*8-1:0]        s_axi_arlen,
    input  wire [PORTS-1:0]          s_axi_arvalid,
    output bit  [PORTS-1:0]          s_axi_arready,
    output bit  [PORTS*PORT_W-1:0]   s_axi_rdata,
    output bit  [PORTS*2-1:0]        s_axi_rresp,
    output bit  [PORTS-1:0]          s_axi_rlast,
    output bit  [PORTS-1:0]          s_axi_rvalid,
    input  wire [PORTS-1:0]          s_axi_rready,
    input  wire [PORTS*64-1:0]       s_axi_awaddr,
    input  wire [PORTS*8-1:0]        s_axi_awlen,
    input  wire [PORTS-1:0]          s_axi_awvalid,
    output bit  [PORTS-1:0]          s_axi_awready,
    input  wire [PORTS*PORT_W-1:0]   s_axi_wdata,
    input  wire [PORTS*PORT_W/8-1:0] s_axi_wstrb,
    input  wire [PORTS-1:0]          s_axi_wlast,
    input  wire [PORTS-1:0]          s_axi_wvalid,
    output bit  [PORTS-1:0]          s_axi_wready,
    output bit  [PORTS*2-1:0]        s_axi_bresp,
    output bit  [PORTS-1:0]          s_axi_bvalid,
    input  wire [PORTS-1:0]          s_axi_bready
);
    // One bit a port in each 64-bit mask; wide vectors go as they are.
    import "DPI-C" function int krait_mem_declare(input int id, input int ports, input int port_bytes);
    import "DPI-C" function string krait_mem_error();
    import "DPI-C" function string krait_mem_violation(input int id);
    import "DPI-C" function int krait_mem_step(
        input int id, input bit rst,
        input bit [PORTS*64-1:0] araddr, input bit [PORTS*8-1:0] arlen, input longint unsigned arvalid,
        input longint unsigned rready,
        input bit [PORTS*64-1:0] awaddr, input bit [PORTS*8-1:0] awlen, input longint unsigned awvalid,
        input bit [PORTS*PORT_W-1:0] wdata, input bit [PORTS*PORT_W/8-1:0] wstrb, input longint unsigned wlast,
        input longint unsigned wvalid, input longint unsigned bready,
        output longint unsigned arready, output bit [PORTS*PORT_W-1:0] rdata, output longint unsigned rresp_lo,
        output longint unsigned rresp_hi, output longint unsigned rlast, output longint unsigned rvalid,
        output longint unsigned awready, output longint unsigned wready, output longint unsigned bresp_lo,
        output longint unsigned bresp_hi, output longint unsigned bvalid);

    initial
        if (krait_mem_declare(MEM_ID, PORTS, PORT_W / 8) != 0)
            $fatal(1, "sim_axi_mem %0d: %s", MEM_ID, krait_mem_error());

    longint unsigned arready, rresp_lo, rresp_hi, rlast, rvalid, awready, wready, bresp_lo, bresp_hi, bvalid;
    bit [PORTS*PORT_W-1:0] rdata;
    int status;
    bit awake = 1'b0;

    // What comes before the first reset, perhaps an edge of a clock that begins high, is noise and no traffic.
    always_ff @(posedge clk) if (rst) awake <= 1'b1;

    /* verilator lint_off BLKSEQ */  // the DPI call fills temporaries that only this block reads
    always_ff @(posedge clk) if (rst || awake) begin
        status = krait_mem_step(
            MEM_ID, rst, s_axi_araddr, s_axi_arlen, 64'(s_axi_arvalid), 64'(s_axi_rready),
            s_axi_awaddr, s_axi_awlen, 64'(s_axi_awvalid), s_axi_wdata, s_axi_wstrb, 64'(s_axi_wlast),
            64'(s_axi_wvalid), 64'(s_axi_bready),
            arready, rdata, rresp_lo, rresp_hi, rlast, rvalid, awready, wready, bresp_lo, bresp_hi, bvalid);
        if (status != 0)
            $fatal(1, "sim_axi_mem %0d: AXI rule broken: %s", MEM_ID, krait_mem_violation(MEM_ID));
        s_axi_arready <= arready[PORTS-1:0];
        s_axi_rdata   <= rdata;
        s_axi_rlast   <= rlast[PORTS-1:0];
        s_axi_rvalid  <= rvalid[PORTS-1:0];
        s_axi_awready <= awready[PORTS-1:0];
        s_axi_wready  <= wready[PORTS-1:0];
        s_axi_bvalid  <= bvalid[PORTS-1:0];
        for (int p = 0; p < PORTS; p++) begin
            s_axi_rresp[2*p+:2] <= {rresp_hi[p], rresp_lo[p]};
            s_axi_bresp[2*p+:2] <= {bresp_hi[p], bresp_lo[p]};
        end
    end
    /* verilator lint_on BLKSEQ */
endmodule

`default_nettype wire
