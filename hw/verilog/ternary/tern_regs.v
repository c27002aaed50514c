// SPDX-License-Identifier: Apache-2.0
//
// tern_regs - the kernel's registers: control, arguments, identity, counters, error status.
//
// Function     : the register map of tern_matvec (golden/spec). Counters and the error are cleared by `start`; counters
//                stand still when no run is in progress; the first error of a run stays, and of several in one cycle
//                arguments come before read, write and weight, and the lowest port first.
// Format       : AXI4-Lite, 32-bit words; events one bit each, ports one bit per port.
// Latency      : variable: axil_regs' 3 cycles for an access; start follows its write by 1 cycle when idle
// Throughput   : variable: axil_regs'
// Back-pressure: axil_regs'.
// Golden       : golden.spec.registers.load_register_map
// Test         : tests/rtl/test_tern_matvec.py
//
// Why: one place joins the map with the hardware, by the generated names alone, so that a moved register moves here.

`default_nettype none
`include "kr_tern_matvec_regs.vh"

module tern_regs #(
    parameter        PORTS       = 1,      // memory ports, 1..32
    parameter        PORT_BYTES  = 64,     // bytes of a port's beat
    parameter        OUTS        = 8,      // rows of a beat
    parameter        T_COLS      = 1,      // most vectors
    parameter [63:0] CONFIG_HASH = 64'd0,  // identity of the configuration
    parameter [31:0] BUILD_ID    = 32'd0   // number of the build
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [        11:0] s_axil_awaddr,
    input  wire                s_axil_awvalid,
    output wire                s_axil_awready,
    input  wire [        31:0] s_axil_wdata,
    input  wire [         3:0] s_axil_wstrb,
    input  wire                s_axil_wvalid,
    output wire                s_axil_wready,
    output wire [         1:0] s_axil_bresp,
    output wire                s_axil_bvalid,
    input  wire                s_axil_bready,
    input  wire [        11:0] s_axil_araddr,
    input  wire                s_axil_arvalid,
    output wire                s_axil_arready,
    output wire [        31:0] s_axil_rdata,
    output wire [         1:0] s_axil_rresp,
    output wire                s_axil_rvalid,
    input  wire                s_axil_rready,
    output wire                irq,
    output wire                start,
    input  wire                done,
    output wire [        31:0] row_tiles,
    output wire [        31:0] col_blocks,
    output wire [        31:0] vectors,
    output wire [        63:0] x_off,
    output wire [        63:0] w_off,
    output wire [        63:0] y_off,
    output wire [PORTS*64-1:0] port_base,
    input  wire                weight_beat,
    input  wire                window,
    input  wire [         3:0] stall,        // {hazard, output, tables, weights}
    input  wire [   PORTS-1:0] rd_beat,
    input  wire [   PORTS-1:0] wr_beat,
    input  wire [         7:0] arg_error,    // 0 for none
    input  wire [   PORTS-1:0] rd_err,
    input  wire [   PORTS-1:0] wr_err,
    input  wire [   PORTS-1:0] bad_weight
);

  localparam WORDS = `KR_TERN_MATVEC_WORDS;
  localparam BITS = WORDS * 32;
  localparam ARRAY_W = `KR_TERN_MATVEC_PORT_BASE_COUNT * 64;
  localparam BASE_LSB = `KR_TERN_MATVEC_PORT_BASE_LO_WORD * 32;
  localparam [ARRAY_W-1:0] ABSENT = {ARRAY_W{1'b1}} << (PORTS * 64);
  localparam [BITS-1:0] RW_MASK = `KR_TERN_MATVEC_RW_MASK & ~({{BITS - ARRAY_W{1'b0}}, ABSENT} << BASE_LSB);
  localparam [31:0] N_PORTS = PORTS;
  localparam [31:0] LOG_BYTES = $clog2(PORT_BYTES);
  localparam [31:0] LOG_OUTS = $clog2(OUTS);
  localparam [31:0] N_COLS = T_COLS;

  wire [ BITS-1:0] regs;
  reg  [ BITS-1:0] value;
  wire [WORDS-1:0] wr_strobe;
  wire [WORDS-1:0] rd_strobe;
  wire [     31:0] wr_data;
  wire [      3:0] wr_strb;
  wire [    127:0] ctl_value;
  wire             busy;

  axil_regs #(
      .ADDR_W (`KR_TERN_MATVEC_ADDR_W),
      .WORDS  (WORDS),
      .RW_MASK(RW_MASK)
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
      .ro_value      (value),
      .wr_strobe     (wr_strobe),
      .rd_strobe     (rd_strobe),
      .wr_data       (wr_data),
      .wr_strb       (wr_strb)
  );

  ctl_ap_hs u_ctl (
      .clk      (clk),
      .rst      (rst),
      .wr_strobe(wr_strobe[`KR_TERN_MATVEC_CTRL_WORD+:4]),
      .rd_strobe(rd_strobe[`KR_TERN_MATVEC_CTRL_WORD+:4]),
      .wr_data  (wr_data),
      .wr_strb  (wr_strb),
      .ro_value (ctl_value),
      .start    (start),
      .done     (done),
      .busy     (busy),
      .irq      (irq)
  );

  // Free-running counter: the high word is held from the read of the low one.
  wire [63:0] free;
  reg  [31:0] free_high_q;
  wire        free_read = rd_strobe[`KR_TERN_MATVEC_FREE_COUNTER_LO_WORD];

  perf_counter #(
      .W(64)
  ) u_free (
      .clk  (clk),
      .rst  (rst),
      .clear(1'b0),
      .en   (1'b1),
      .value(free)
  );

  always @(posedge clk) begin
    if (rst) free_high_q <= 32'd0;
    else if (free_read) free_high_q <= free[63:32];
  end

  // Performance counters: cycles, weight beats, window, four stalls.
  wire [      6:0] events = {stall, window, weight_beat, 1'b1};
  wire [7*64-1:0]  counts;
  wire [ARRAY_W-1:0] rd_beats;
  wire [ARRAY_W-1:0] wr_beats;

  genvar i;
  generate
    for (i = 0; i < 7; i = i + 1) begin : g_counter
      perf_counter #(
          .W(64)
      ) u_counter (
          .clk  (clk),
          .rst  (rst),
          .clear(start),
          .en   (busy && events[i]),
          .value(counts[i*64+:64])
      );
    end

    for (i = 0; i < `KR_TERN_MATVEC_PORT_BASE_COUNT; i = i + 1) begin : g_port
      if (i < PORTS) begin : g_present
        perf_counter #(
            .W(64)
        ) u_rd (
            .clk  (clk),
            .rst  (rst),
            .clear(start),
            .en   (busy && rd_beat[i]),
            .value(rd_beats[i*64+:64])
        );

        perf_counter #(
            .W(64)
        ) u_wr (
            .clk  (clk),
            .rst  (rst),
            .clear(start),
            .en   (busy && wr_beat[i]),
            .value(wr_beats[i*64+:64])
        );
      end else begin : g_absent
        assign rd_beats[i*64+:64] = 64'd0;
        assign wr_beats[i*64+:64] = 64'd0;
      end
    end
  endgenerate

  wire [7:0] error_code;
  wire [7:0] error_port;

  err_first #(
      .PORTS  (PORTS),
      .SOURCES(3),
      .CODES  ({8'd0, `KR_TERN_MATVEC_ERR_BAD_WEIGHT, `KR_TERN_MATVEC_ERR_AXI_WRITE, `KR_TERN_MATVEC_ERR_AXI_READ})
  ) u_error (
      .clk      (clk),
      .rst      (rst),
      .clear    (start),
      .en       (busy),
      .arg_error(arg_error),
      .culprits ({bad_weight, wr_err, rd_err}),
      .code     (error_code),
      .port     (error_port)
  );

  // What software reads.
  wire [31:0] geometry = {N_COLS[7:0], LOG_OUTS[7:0], LOG_BYTES[7:0], N_PORTS[7:0]};
  wire [63:0] free_value = {free_high_q, free[31:0]};
  wire [31:0] error_value = {16'd0, error_port, error_code};

  wire [63:0] cycles = counts[0*64+:64];
  wire [63:0] weight_beats = counts[1*64+:64];
  wire [63:0] window_cycles = counts[2*64+:64];
  wire [63:0] stall_weights = counts[3*64+:64];
  wire [63:0] stall_tables = counts[4*64+:64];
  wire [63:0] stall_output = counts[5*64+:64];
  wire [63:0] stall_hazard = counts[6*64+:64];

  always @* begin
    value = {BITS{1'b0}};
    value[`KR_TERN_MATVEC_CTRL_WORD*32+:128] = ctl_value;
    value[`KR_TERN_MATVEC_MAGIC_WORD*32+:32] = `KR_TERN_MATVEC_MAGIC_RESET;
    value[`KR_TERN_MATVEC_VERSION_WORD*32+:32] = `KR_TERN_MATVEC_MAP_VERSION;
    value[`KR_TERN_MATVEC_KERNEL_ID_WORD*32+:32] = `KR_TERN_MATVEC_ID;
    value[`KR_TERN_MATVEC_BUILD_ID_WORD*32+:32] = BUILD_ID;
    value[`KR_TERN_MATVEC_CONFIG_HASH_LO_WORD*32+:64] = CONFIG_HASH;
    value[`KR_TERN_MATVEC_GEOMETRY_WORD*32+:32] = geometry;
    value[`KR_TERN_MATVEC_FREE_COUNTER_LO_WORD*32+:64] = free_value;
    value[`KR_TERN_MATVEC_ERROR_WORD*32+:32] = error_value;
    value[`KR_TERN_MATVEC_RD_BEATS_LO_WORD*32+:ARRAY_W] = rd_beats;
    value[`KR_TERN_MATVEC_WR_BEATS_LO_WORD*32+:ARRAY_W] = wr_beats;
    value[`KR_TERN_MATVEC_CYCLES_LO_WORD*32+:64] = cycles;
    value[`KR_TERN_MATVEC_WEIGHT_BEATS_LO_WORD*32+:64] = weight_beats;
    value[`KR_TERN_MATVEC_WINDOW_LO_WORD*32+:64] = window_cycles;
    value[`KR_TERN_MATVEC_STALL_WEIGHTS_LO_WORD*32+:64] = stall_weights;
    value[`KR_TERN_MATVEC_STALL_TABLES_LO_WORD*32+:64] = stall_tables;
    value[`KR_TERN_MATVEC_STALL_OUTPUT_LO_WORD*32+:64] = stall_output;
    value[`KR_TERN_MATVEC_STALL_HAZARD_LO_WORD*32+:64] = stall_hazard;
  end

  assign row_tiles  = regs[`KR_TERN_MATVEC_ROW_TILES_WORD*32+:32];
  assign col_blocks = regs[`KR_TERN_MATVEC_COL_BLOCKS_WORD*32+:32];
  assign vectors    = regs[`KR_TERN_MATVEC_VECTORS_WORD*32+:32];
  assign x_off      = regs[`KR_TERN_MATVEC_X_OFF_LO_WORD*32+:64];
  assign w_off      = regs[`KR_TERN_MATVEC_W_OFF_LO_WORD*32+:64];
  assign y_off      = regs[`KR_TERN_MATVEC_Y_OFF_LO_WORD*32+:64];
  assign port_base  = regs[BASE_LSB+:PORTS*64];

  wire unused_regs = &{1'b0, regs, wr_strobe, rd_strobe};

endmodule

`default_nettype wire
