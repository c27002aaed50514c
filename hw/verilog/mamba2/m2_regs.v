// SPDX-License-Identifier: Apache-2.0
//
// m2_regs - the kernel's registers: control, arguments, identity, counters, error status.
//
// Function     : the register map of mamba2_accel (golden/spec). Counters and the error are cleared by `start`; counters
//                stand still when no run is in progress; the first error of a run stays, and of several in one cycle
//                arguments come before read, write and token, and the lowest port first.
// Format       : AXI4-Lite, 32-bit words; events one bit each, ports one bit per port.
// Latency      : variable: axil_regs' 3 cycles for an access; start follows its write by 1 cycle when idle
// Throughput   : variable: axil_regs'
// Back-pressure: axil_regs'.
// Golden       : golden.spec.registers.load_register_map
// Test         : tests/rtl/test_m2_regs.py
//
// Why: one place joins the map with the hardware, by the generated names alone, so that a moved register moves here.

`default_nettype none
`include "kr_mamba2_accel_regs.vh"

module m2_regs #(
    parameter        PORTS       = 1,      // memory ports, 1..32
    parameter        PORT_BYTES  = 64,     // bytes of a port's beat
    parameter        ROWS        = 4,      // rows of a weight beat
    parameter        T_COLS      = 1,      // most tokens of a chunk
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
    output wire [        31:0] d_model,
    output wire [        31:0] heads,
    output wire [        31:0] headdim,
    output wire [        31:0] d_state,
    output wire [        31:0] ngroups,
    output wire [        31:0] vocab,
    output wire [        31:0] model_layers,
    output wire [        31:0] layer_first,
    output wire [        31:0] layer_count,
    output wire [        31:0] prompt,
    output wire [        31:0] generate_,
    output wire [         2:0] mode,           // {HEAD, CONTINUE, RAW}
    output wire [        31:0] chunk_heads,
    output wire [        31:0] mem_first,
    output wire [        31:0] eps_d,
    output wire [        31:0] eps_i,
    output wire [         1:0] tap_point,
    output wire                tap_all,
    output wire [         7:0] tap_layer,
    output wire [        63:0] p_off,
    output wire [        63:0] w_off,
    output wire [        63:0] e_off,
    output wire [        63:0] tok_off,
    output wire [        63:0] s_off,
    output wire [        63:0] out_off,
    output wire [        63:0] tap_off,
    output wire [        63:0] arena_bytes,
    output wire [        63:0] s_bytes,
    output wire [PORTS*64-1:0] port_base,
    input  wire                weight_beat,
    input  wire [         2:0] stall,          // {out, acts, weights}, while a matrix is worked on
    input  wire                ssm_beat,
    input  wire                stall_state,
    input  wire                tap_beat,
    input  wire [        31:0] tokens_run,
    input  wire [        31:0] layers_done,
    input  wire [        31:0] tokens_done,
    input  wire [   PORTS-1:0] rd_beat,
    input  wire [   PORTS-1:0] wr_beat,
    input  wire [         7:0] arg_error,      // 0 for none
    input  wire [   PORTS-1:0] rd_err,
    input  wire [   PORTS-1:0] wr_err,
    input  wire                bad_token
);

  localparam WORDS = `KR_MAMBA2_ACCEL_WORDS;
  localparam BITS = WORDS * 32;
  localparam ARRAY_WORDS = `KR_MAMBA2_ACCEL_PORT_BASE_COUNT * 2;
  localparam ARRAY_W = ARRAY_WORDS * 32;
  localparam BASE_LSB = `KR_MAMBA2_ACCEL_PORT_BASE_LO_WORD * 32;
  // Absent ports have no registers; strobes are for control and for the counter that is latched on read.
  localparam [WORDS-1:0] ONE = 1;
  localparam [WORDS-1:0] PAIRS = {{WORDS - ARRAY_WORDS{1'b0}}, {ARRAY_WORDS{1'b1}} << (PORTS * 2)};
  localparam [WORDS-1:0] EXIST = `KR_MAMBA2_ACCEL_EXIST & ~((PAIRS << `KR_MAMBA2_ACCEL_PORT_BASE_LO_WORD) |
      (PAIRS << `KR_MAMBA2_ACCEL_RD_BEATS_LO_WORD) | (PAIRS << `KR_MAMBA2_ACCEL_WR_BEATS_LO_WORD));
  localparam [WORDS-1:0] STROBES = (15 * ONE << `KR_MAMBA2_ACCEL_CTRL_WORD) |
      (ONE << `KR_MAMBA2_ACCEL_FREE_COUNTER_LO_WORD);
  localparam [31:0] N_PORTS = PORTS;
  localparam [31:0] LOG_BYTES = $clog2(PORT_BYTES);
  localparam [31:0] LOG_ROWS = $clog2(ROWS);
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
      .ADDR_W (`KR_MAMBA2_ACCEL_ADDR_W),
      .WORDS  (WORDS),
      .RW_MASK(`KR_MAMBA2_ACCEL_RW_MASK),
      .EXIST  (EXIST),
      .STROBES(STROBES)
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
      .wr_strobe(wr_strobe[`KR_MAMBA2_ACCEL_CTRL_WORD+:4]),
      .rd_strobe(rd_strobe[`KR_MAMBA2_ACCEL_CTRL_WORD+:4]),
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
  wire        free_read = rd_strobe[`KR_MAMBA2_ACCEL_FREE_COUNTER_LO_WORD];

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

  // Performance counters; the window is every cycle with a weight beat, and every stall behind the first one.
  localparam COUNTERS = 9;
  reg                    begun_q;
  wire                   begun = begun_q || weight_beat;
  wire [            2:0] stalls = begun ? stall : 3'd0;
  wire                   window = weight_beat || |stalls;
  wire                   first = tokens_done == 32'd0;
  wire [   COUNTERS-1:0] events = {first, stall_state, ssm_beat, stalls, window, weight_beat, 1'b1};
  wire [COUNTERS*64-1:0] counts;

  always @(posedge clk) begin
    if (rst || start) begun_q <= 1'b0;
    else begun_q <= begun;
  end

  wire [ARRAY_W-1:0] rd_beats;
  wire [ARRAY_W-1:0] wr_beats;

  genvar i;
  generate
    for (i = 0; i < COUNTERS; i = i + 1) begin : g_counter
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

    for (i = 0; i < `KR_MAMBA2_ACCEL_PORT_BASE_COUNT; i = i + 1) begin : g_port
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

  wire [    7:0] error_code;
  wire [    7:0] error_port;
  wire [PORTS:0] token = {{PORTS{1'b0}}, bad_token};  // an error of port 0

  err_first #(
      .PORTS  (PORTS),
      .SOURCES(3),
      .CODES  ({8'd0, `KR_MAMBA2_ACCEL_ERR_BAD_TOKEN, `KR_MAMBA2_ACCEL_ERR_AXI_WRITE, `KR_MAMBA2_ACCEL_ERR_AXI_READ})
  ) u_error (
      .clk      (clk),
      .rst      (rst),
      .clear    (start),
      .en       (busy),
      .arg_error(arg_error),
      .culprits ({token[PORTS-1:0], wr_err, rd_err}),
      .code     (error_code),
      .port     (error_port)
  );

  // What software reads.
  wire [31:0] geometry = {N_COLS[7:0], LOG_ROWS[7:0], LOG_BYTES[7:0], N_PORTS[7:0]};
  wire [63:0] free_value = {free_high_q, free[31:0]};
  wire [31:0] error_value = {16'd0, error_port, error_code};

  wire [31:0] tap_beats;

  perf_counter #(
      .W(32)
  ) u_tap_beats (
      .clk  (clk),
      .rst  (rst),
      .clear(start),
      .en   (busy && tap_beat),
      .value(tap_beats)
  );

  always @* begin
    value = {WORDS{32'd0}};
    value[`KR_MAMBA2_ACCEL_CTRL_WORD*32+:128] = ctl_value;
    value[`KR_MAMBA2_ACCEL_MAGIC_WORD*32+:32] = `KR_MAMBA2_ACCEL_MAGIC_RESET;
    value[`KR_MAMBA2_ACCEL_VERSION_WORD*32+:32] = `KR_MAMBA2_ACCEL_MAP_VERSION;
    value[`KR_MAMBA2_ACCEL_KERNEL_ID_WORD*32+:32] = `KR_MAMBA2_ACCEL_ID;
    value[`KR_MAMBA2_ACCEL_BUILD_ID_WORD*32+:32] = BUILD_ID;
    value[`KR_MAMBA2_ACCEL_CONFIG_HASH_LO_WORD*32+:64] = CONFIG_HASH;
    value[`KR_MAMBA2_ACCEL_GEOMETRY_WORD*32+:32] = geometry;
    value[`KR_MAMBA2_ACCEL_FREE_COUNTER_LO_WORD*32+:64] = free_value;
    value[`KR_MAMBA2_ACCEL_ERROR_WORD*32+:32] = error_value;
    value[`KR_MAMBA2_ACCEL_RD_BEATS_LO_WORD*32+:ARRAY_W] = rd_beats;
    value[`KR_MAMBA2_ACCEL_WR_BEATS_LO_WORD*32+:ARRAY_W] = wr_beats;
    value[`KR_MAMBA2_ACCEL_CYCLES_LO_WORD*32+:64] = counts[0*64+:64];
    value[`KR_MAMBA2_ACCEL_WEIGHT_BEATS_LO_WORD*32+:64] = counts[1*64+:64];
    value[`KR_MAMBA2_ACCEL_WINDOW_LO_WORD*32+:64] = counts[2*64+:64];
    value[`KR_MAMBA2_ACCEL_STALL_WEIGHTS_LO_WORD*32+:64] = counts[3*64+:64];
    value[`KR_MAMBA2_ACCEL_STALL_ACTS_LO_WORD*32+:64] = counts[4*64+:64];
    value[`KR_MAMBA2_ACCEL_STALL_OUT_LO_WORD*32+:64] = counts[5*64+:64];
    value[`KR_MAMBA2_ACCEL_SSM_BEATS_LO_WORD*32+:64] = counts[6*64+:64];
    value[`KR_MAMBA2_ACCEL_STALL_STATE_LO_WORD*32+:64] = counts[7*64+:64];
    value[`KR_MAMBA2_ACCEL_FIRST_TOKEN_LO_WORD*32+:64] = counts[8*64+:64];
    value[`KR_MAMBA2_ACCEL_TOKENS_DONE_WORD*32+:32] = tokens_done;
    value[`KR_MAMBA2_ACCEL_TOKENS_RUN_WORD*32+:32] = tokens_run;
    value[`KR_MAMBA2_ACCEL_LAYERS_DONE_WORD*32+:32] = layers_done;
    value[`KR_MAMBA2_ACCEL_TAP_BEATS_WORD*32+:32] = tap_beats;
  end

  assign d_model      = regs[`KR_MAMBA2_ACCEL_D_MODEL_WORD*32+:32];
  assign heads        = regs[`KR_MAMBA2_ACCEL_HEADS_WORD*32+:32];
  assign headdim      = regs[`KR_MAMBA2_ACCEL_HEADDIM_WORD*32+:32];
  assign d_state      = regs[`KR_MAMBA2_ACCEL_D_STATE_WORD*32+:32];
  assign ngroups      = regs[`KR_MAMBA2_ACCEL_NGROUPS_WORD*32+:32];
  assign vocab        = regs[`KR_MAMBA2_ACCEL_VOCAB_WORD*32+:32];
  assign model_layers = regs[`KR_MAMBA2_ACCEL_MODEL_LAYERS_WORD*32+:32];
  assign layer_first  = regs[`KR_MAMBA2_ACCEL_LAYER_FIRST_WORD*32+:32];
  assign layer_count  = regs[`KR_MAMBA2_ACCEL_LAYER_COUNT_WORD*32+:32];
  assign prompt       = regs[`KR_MAMBA2_ACCEL_PROMPT_WORD*32+:32];
  assign generate_    = regs[`KR_MAMBA2_ACCEL_GENERATE_WORD*32+:32];
  assign chunk_heads  = regs[`KR_MAMBA2_ACCEL_CHUNK_HEADS_WORD*32+:32];
  assign mem_first    = regs[`KR_MAMBA2_ACCEL_MEM_FIRST_WORD*32+:32];
  assign eps_d        = regs[`KR_MAMBA2_ACCEL_EPS_D_WORD*32+:32];
  assign eps_i        = regs[`KR_MAMBA2_ACCEL_EPS_I_WORD*32+:32];
  assign mode         = regs[`KR_MAMBA2_ACCEL_MODE_WORD*32+:3];
  assign tap_point    = regs[`KR_MAMBA2_ACCEL_TAP_WORD*32+`KR_MAMBA2_ACCEL_TAP_POINT_LSB+:2];
  assign tap_all      = regs[`KR_MAMBA2_ACCEL_TAP_WORD*32+`KR_MAMBA2_ACCEL_TAP_ALL_LAYERS_LSB];
  assign tap_layer    = regs[`KR_MAMBA2_ACCEL_TAP_WORD*32+`KR_MAMBA2_ACCEL_TAP_LAYER_LSB+:8];
  assign p_off        = regs[`KR_MAMBA2_ACCEL_P_OFF_LO_WORD*32+:64];
  assign w_off        = regs[`KR_MAMBA2_ACCEL_W_OFF_LO_WORD*32+:64];
  assign e_off        = regs[`KR_MAMBA2_ACCEL_E_OFF_LO_WORD*32+:64];
  assign tok_off      = regs[`KR_MAMBA2_ACCEL_TOK_OFF_LO_WORD*32+:64];
  assign s_off        = regs[`KR_MAMBA2_ACCEL_S_OFF_LO_WORD*32+:64];
  assign out_off      = regs[`KR_MAMBA2_ACCEL_OUT_OFF_LO_WORD*32+:64];
  assign tap_off      = regs[`KR_MAMBA2_ACCEL_TAP_OFF_LO_WORD*32+:64];
  assign arena_bytes  = regs[`KR_MAMBA2_ACCEL_ARENA_BYTES_LO_WORD*32+:64];
  assign s_bytes      = regs[`KR_MAMBA2_ACCEL_S_BYTES_LO_WORD*32+:64];
  assign port_base    = regs[BASE_LSB+:PORTS*64];

  wire unused_regs = &{1'b0, regs, wr_strobe, rd_strobe, token[PORTS]};

endmodule

`default_nettype wire
