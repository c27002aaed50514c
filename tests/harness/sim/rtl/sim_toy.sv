// SPDX-License-Identifier: Apache-2.0
//
// sim_toy - smallest kernel with krait's register layout on a simulation memory: copies beats and inverts bit 0.
//
// Function     : per port, beats [X_OFF..] -> [Y_OFF..] below PORT_BASE, each byte ^ 1, ROW_TILES beats.
// Format       : AXI4-Lite control as in golden/spec/registers/common.toml, a subset.
// Latency      : variable: one burst is read, then written, then the next.
// Throughput   : variable: below half of the memory's.
// Back-pressure: R and B always, or in one of four cycles; W waits for the memory.
// Golden       : none
// Test         : tests/harness/sim/test_axi_mem.py, tests/boards/test_device_contract.py
//
// Why: tests of the memory and of the virtual board must not depend on the kernels that they serve to verify.
`default_nettype none

module sim_toy #(
    parameter int PORTS   = 2,
    parameter int PORT_W  = 256,
    parameter int BURST   = 16
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
    output logic       s_axi_control_bvalid,
    input  wire        s_axi_control_bready,
    input  wire [11:0] s_axi_control_araddr,
    input  wire        s_axi_control_arvalid,
    output wire        s_axi_control_arready,
    output logic [31:0] s_axi_control_rdata,
    output wire [1:0]  s_axi_control_rresp,
    output logic       s_axi_control_rvalid,
    input  wire        s_axi_control_rready,
    output wire        interrupt
);
    localparam int PB = PORT_W / 8;

    // ---- control
    logic [31:0] regs[1024];
    logic        start, busy, done, isr;
    logic [63:0] free, cycles;
    logic [7:0]  code, code_port;
    wire write = s_axi_control_awvalid && s_axi_control_wvalid && !s_axi_control_bvalid;
    wire read  = s_axi_control_arvalid && !s_axi_control_rvalid;
    wire [9:0] waddr = s_axi_control_awaddr[11:2];
    wire [9:0] raddr = s_axi_control_araddr[11:2];

    assign s_axi_control_awready = write;
    assign s_axi_control_wready  = write;
    assign s_axi_control_bresp   = 2'd0;
    assign s_axi_control_arready = read;
    assign s_axi_control_rresp   = 2'd0;
    assign interrupt = regs[1][0] && regs[2][0] && isr;

    // To order in VECTORS: bit 0 ends runs without waiting for write responses, bit 1 ignores 4 KiB boundaries (faults),
    // bit 2 takes R and B in one of four cycles only.
    wire early_b = regs[6][0];
    wire cross_4k = regs[6][1];
    wire take = !regs[6][2] || free[1:0] == 0;

    // ---- one copy engine a port
    logic [PORTS*64-1:0]     araddr, awaddr;
    logic [PORTS*8-1:0]      arlen, awlen;
    logic [PORTS-1:0]        arvalid, rready, awvalid, wlast, wvalid, bready;
    logic [PORTS*PORT_W-1:0] wdata;
    wire  [PORTS-1:0]        arready, rlast, rvalid, awready, wready, bvalid;
    wire  [PORTS*PORT_W-1:0] rdata;
    wire  [PORTS*2-1:0]      rresp, bresp;
    logic [PORTS-1:0]        idle, bad_read, bad_write;

    for (genvar p = 0; p < PORTS; p++) begin : g_port
        enum logic [2:0] {IDLE, AR, R, AW, W, B} state;
        logic [PORT_W-1:0] buffer[256];
        logic [31:0] todo, at, len, i;
        wire [63:0] base = {regs[65+2*p], regs[64+2*p]};
        wire [63:0] src = base + {regs[9], regs[8]} + 64'(at) * PB;
        wire [31:0] room = cross_4k ? 32'd256 : 32'((64'd4096 - 64'(src[11:0])) / PB);
        wire [63:0] dst = base + {regs[13], regs[12]} + 64'(at) * PB;
        wire [31:0] limit = room < BURST ? room : BURST;
        assign idle[p] = state == IDLE;
        assign araddr[64*p+:64] = src;
        assign arlen[8*p+:8] = 8'(len - 1);
        assign arvalid[p] = state == AR && len != 0;
        assign rready[p] = state == R && take;
        assign awaddr[64*p+:64] = dst;
        assign awlen[8*p+:8] = 8'(len - 1);
        assign awvalid[p] = state == AW;
        assign wvalid[p] = state == W;
        assign wlast[p] = i == len - 1;
        assign wdata[PORT_W*p+:PORT_W] = buffer[i[7:0]] ^ {PB{8'd1}};
        assign bready[p] = early_b || state == B && take;
        always_ff @(posedge clk) begin
            bad_read[p]  <= rvalid[p] && rready[p] && rresp[2*p+1];
            bad_write[p] <= bvalid[p] && bready[p] && bresp[2*p+1];
            case (state)
                IDLE: if (start && !busy) begin
                    todo <= regs[4];
                    at <= 0;
                    i <= 0;
                    len <= 0;
                    if (regs[4] != 0) state <= AR;
                end
                AR: begin
                    if (len == 0) len <= todo < limit ? todo : limit;
                    if (arready[p] && len != 0) state <= R;
                end
                R: if (rvalid[p] && take) begin
                    buffer[i[7:0]] <= rdata[PORT_W*p+:PORT_W];
                    i <= rlast[p] ? 0 : i + 1;
                    if (rlast[p]) state <= AW;
                end
                AW: if (awready[p]) state <= W;
                W: if (wready[p]) begin
                    i <= i + 1;
                    if (wlast[p]) state <= early_b ? (todo == len ? IDLE : AR) : B;
                    if (wlast[p] && early_b) begin todo <= todo - len; at <= at + len; i <= 0; len <= 0; end
                end
                default: if (bvalid[p] && take) begin
                    todo <= todo - len;
                    at <= at + len;
                    i <= 0;
                    len <= 0;
                    state <= todo == len ? IDLE : AR;
                end
            endcase
            if (!rst_n) state <= IDLE;
        end
    end

    always_ff @(posedge clk) begin
        free <= free + 1;
        if (busy) cycles <= cycles + 1;
        if (start && !busy) begin
            busy <= 1;
            start <= 0;
            cycles <= 0;
            code <= 0;
            code_port <= 0;
        end
        else if (busy && &idle && !start_q) begin
            busy <= 0;
            done <= 1;
            if (regs[2][0]) isr <= 1;
        end
        for (int p = 0; p < PORTS; p++)
            if (code == 0 && (bad_read[p] || bad_write[p])) begin
                code <= bad_read[p] ? 5 : 6;
                code_port <= 8'(p);
            end
        if (write) begin
            s_axi_control_bvalid <= 1;
            if (waddr == 0) start <= start | s_axi_control_wdata[0];
            else if (waddr == 3) isr <= isr ^ s_axi_control_wdata[0];
            else regs[waddr] <= s_axi_control_wdata;
        end
        else if (s_axi_control_bready) s_axi_control_bvalid <= 0;
        if (read) begin
            s_axi_control_rvalid <= 1;
            case (raddr)
                10'd0: begin
                    s_axi_control_rdata <= {29'd0, !busy && !start, done, start};
                    done <= 0;
                end
                10'd3:  s_axi_control_rdata <= {31'd0, isr};
                10'd16: s_axi_control_rdata <= 32'h4B524149;
                10'd17: s_axi_control_rdata <= 1;
                10'd18: s_axi_control_rdata <= 32'hFFFF;
                10'd20: s_axi_control_rdata <= 32'h89ABCDEF;
                10'd21: s_axi_control_rdata <= 32'h01234567;
                10'd22: s_axi_control_rdata <= {16'd0, 8'($clog2(PB)), 8'(PORTS)};
                10'd24: s_axi_control_rdata <= free[31:0];
                10'd25: s_axi_control_rdata <= free[63:32];
                10'd26: s_axi_control_rdata <= {16'd0, code_port, code};
                10'd32: s_axi_control_rdata <= cycles[31:0];
                10'd33: s_axi_control_rdata <= cycles[63:32];
                default: s_axi_control_rdata <= regs[raddr];
            endcase
        end
        else if (s_axi_control_rready) s_axi_control_rvalid <= 0;
        if (!rst_n) begin
            {start, busy, done, isr, free, cycles, code, code_port} <= '0;
            {s_axi_control_bvalid, s_axi_control_rvalid} <= '0;
            for (int r = 0; r < 1024; r++) regs[r] <= 0;
        end
    end

    // The engines leave IDLE one cycle after the start.
    logic start_q;
    always_ff @(posedge clk) start_q <= rst_n && start && !busy;

    sim_axi_mem #(.PORTS(PORTS), .PORT_W(PORT_W)) u_mem (
        .clk, .rst(!rst_n),
        .s_axi_araddr(araddr), .s_axi_arlen(arlen), .s_axi_arvalid(arvalid), .s_axi_arready(arready),
        .s_axi_rdata(rdata), .s_axi_rresp(rresp), .s_axi_rlast(rlast), .s_axi_rvalid(rvalid), .s_axi_rready(rready),
        .s_axi_awaddr(awaddr), .s_axi_awlen(awlen), .s_axi_awvalid(awvalid), .s_axi_awready(awready),
        .s_axi_wdata(wdata), .s_axi_wstrb({PORTS*PB{1'b1}}), .s_axi_wlast(wlast), .s_axi_wvalid(wvalid),
        .s_axi_wready(wready), .s_axi_bresp(bresp), .s_axi_bvalid(bvalid), .s_axi_bready(bready));
endmodule

`default_nettype wire
