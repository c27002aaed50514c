// SPDX-License-Identifier: Apache-2.0
//
// tern_matvec - Y = W X with ternary W, int8 X and int32 Y, by table lookup at one weight beat per cycle.
//
// Function     : Y[m][t] = sum over k of W[m][k] * X[k][t] for ROW_TILES * OUTS rows, COL_BLOCKS * BLK columns, VECTORS
//                vectors; W, X, Y lie in the ports' arenas as golden/ternary/README.md says. Illegal arguments and bus
//                errors end in ERROR and ap_done; a weight byte above 242 counts as zero and is reported.
// Format       : weights 5 trits a byte, X signed 8 bits, Y signed 32 bits, exact.
// Latency      : variable: a run takes the memory's answer to X, then tiles * blocks beats, then the pipeline and Y's answer
// Throughput   : variable: 1 weight beat per cycle, PORTS * PORT_W / 8 bytes, when the ports deliver it
// Back-pressure: waits for slow ports anywhere; the counters STALL_* say for what.
// Golden       : golden.ternary.matvec.matvec
// Test         : tests/rtl/test_tern_matvec.py
//
// Why: weights are used once, so the memory is the limit and everything else is built not to stop their stream: X and
// the next tables are there before they are needed, and results leave beside it.

`default_nettype none
`include "kr_tern_matvec_regs.vh"

module tern_matvec #(
    parameter        PORTS       = 2,      // memory ports, 1..32, a power of two
    parameter        PORT_W      = 256,    // bits of a port, 256 or 512
    parameter        OUTS        = 8,      // rows of a weight beat, a power of two, <= PORTS * PORT_W / 32
    parameter        T_COLS      = 4,      // most vectors of a pass, 1..255
    parameter        ACC_DEPTH   = 128,    // tiles of a row block, a power of two, 2..65536
    parameter        X_SLOTS     = 512,    // activation slots on chip, a power of two, 2 * P..65536
    parameter [63:0] CONFIG_HASH = 64'd0,  // identity of the configuration
    parameter [31:0] BUILD_ID    = 32'd0   // number of the build
) (
    input  wire                      aclk,
    input  wire                      aresetn,
    input  wire [              11:0] s_axil_awaddr,
    input  wire                      s_axil_awvalid,
    output wire                      s_axil_awready,
    input  wire [              31:0] s_axil_wdata,
    input  wire [               3:0] s_axil_wstrb,
    input  wire                      s_axil_wvalid,
    output wire                      s_axil_wready,
    output wire [               1:0] s_axil_bresp,
    output wire                      s_axil_bvalid,
    input  wire                      s_axil_bready,
    input  wire [              11:0] s_axil_araddr,
    input  wire                      s_axil_arvalid,
    output wire                      s_axil_arready,
    output wire [              31:0] s_axil_rdata,
    output wire [               1:0] s_axil_rresp,
    output wire                      s_axil_rvalid,
    input  wire                      s_axil_rready,
    output wire [      PORTS*64-1:0] m_axi_araddr,
    output wire [       PORTS*8-1:0] m_axi_arlen,
    output wire [         PORTS-1:0] m_axi_arvalid,
    input  wire [         PORTS-1:0] m_axi_arready,
    input  wire [  PORTS*PORT_W-1:0] m_axi_rdata,
    input  wire [       PORTS*2-1:0] m_axi_rresp,
    input  wire [         PORTS-1:0] m_axi_rlast,
    input  wire [         PORTS-1:0] m_axi_rvalid,
    output wire [         PORTS-1:0] m_axi_rready,
    output wire [      PORTS*64-1:0] m_axi_awaddr,
    output wire [       PORTS*8-1:0] m_axi_awlen,
    output wire [         PORTS-1:0] m_axi_awvalid,
    input  wire [         PORTS-1:0] m_axi_awready,
    output wire [  PORTS*PORT_W-1:0] m_axi_wdata,
    output wire [PORTS*PORT_W/8-1:0] m_axi_wstrb,
    output wire [         PORTS-1:0] m_axi_wlast,
    output wire [         PORTS-1:0] m_axi_wvalid,
    input  wire [         PORTS-1:0] m_axi_wready,
    input  wire [       PORTS*2-1:0] m_axi_bresp,
    input  wire [         PORTS-1:0] m_axi_bvalid,
    output wire [         PORTS-1:0] m_axi_bready,
    /* verilator lint_off SYMRSVDWORD */  // XRT and Vivado expect the name "interrupt"
    output wire                      interrupt
);

  localparam WIDE_W = PORTS * PORT_W;
  localparam BLOCK_BITS = WIDE_W / OUTS * 5;  // of the activations of a column block
  localparam FIT = (WIDE_W >= BLOCK_BITS) ? WIDE_W / BLOCK_BITS : 1;
  localparam P = 1 << ($clog2(FIT + 1) - 1);  // slots of a wide beat: FIT rounded down to a power of two
  localparam RATIO = WIDE_W / OUTS / 32;      // result vectors of a wide beat
  localparam SLOT_A = $clog2(X_SLOTS);
  localparam TILE_W = $clog2(ACC_DEPTH);

  wire clk = aclk;
  wire rst = !aresetn;

  wire                start;
  wire                done;
  wire [        31:0] row_tiles;
  wire [        31:0] col_blocks;
  wire [        31:0] vectors;
  wire [        63:0] x_off;
  wire [        63:0] w_off;
  wire [        63:0] y_off;
  wire [PORTS*64-1:0] port_base;
  wire                args_valid;
  wire [         7:0] args_error;
  wire [        15:0] last_tile;
  wire [  SLOT_A-1:0] last_block;
  wire [         7:0] last_vector;
  wire [  SLOT_A-1:0] last_slot;
  wire [  T_COLS-1:0] enable;
  wire [        31:0] x_beats;
  wire [        31:0] w_beats;
  wire [        31:0] y_beats;
  wire [        63:0] x_offset;
  wire [        63:0] w_offset;
  wire [        63:0] y_offset;
  wire [PORTS*64-1:0] base;
  wire                begin_run;
  wire                cmd_valid;
  wire                cmd_write;
  wire                rd_cmd_ready;
  wire                wr_cmd_ready;
  wire [        63:0] cmd_offset;
  wire [        31:0] cmd_beats;
  wire                written;
  wire [   PORTS-1:0] rd_beat;
  wire [   PORTS-1:0] wr_beat;
  wire [   PORTS-1:0] rd_err;
  wire [   PORTS-1:0] wr_err;
  wire [   PORTS-1:0] bad_weight;
  wire                rd_valid;
  wire                rd_ready;
  wire [  WIDE_W-1:0] rd_data;
  wire                wr_valid;
  wire                wr_ready;
  wire [  WIDE_W-1:0] wr_data;

  wire                beat;
  wire                swap;
  wire                first;
  wire                last;
  wire [  TILE_W-1:0] tile;
  wire                window;
  wire [         3:0] stall;
  wire                weight_ready;
  wire                tables_ready;
  wire                result_room;

  // The first x_beats beats after a start are activations.
  reg  [  SLOT_A:0] x_left_q;
  reg               x_more_q;
  wire              x_take = rd_valid && x_more_q;

  always @(posedge clk) begin
    if (begin_run) x_left_q <= x_beats[SLOT_A:0];
    else if (x_take) x_left_q <= x_left_q - 1'b1;
  end

  always @(posedge clk) begin
    if (rst) x_more_q <= 1'b0;
    else if (begin_run) x_more_q <= 1'b1;
    else if (x_take && x_left_q == {{SLOT_A{1'b0}}, 1'b1}) x_more_q <= 1'b0;
  end

  assign rd_ready = x_more_q || weight_ready;

  wire slot_valid;
  wire slot_ready;
  wire [BLOCK_BITS-1:0] slot;
  wire load;
  wire [T_COLS-1:0] fill;
  wire result_valid;
  wire [T_COLS*OUTS*32-1:0] result;

  tern_regs #(
      .PORTS      (PORTS),
      .PORT_BYTES (PORT_W / 8),
      .OUTS       (OUTS),
      .T_COLS     (T_COLS),
      .CONFIG_HASH(CONFIG_HASH),
      .BUILD_ID   (BUILD_ID)
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
      .irq           (interrupt),
      .start         (start),
      .done          (done),
      .row_tiles     (row_tiles),
      .col_blocks    (col_blocks),
      .vectors       (vectors),
      .x_off         (x_off),
      .w_off         (w_off),
      .y_off         (y_off),
      .port_base     (port_base),
      .weight_beat   (beat),
      .window        (window),
      .stall         (stall),
      .rd_beat       (rd_beat),
      .wr_beat       (wr_beat),
      .arg_error     (args_error & {8{args_valid}}),
      .rd_err        (rd_err),
      .wr_err        (wr_err),
      .bad_weight    (bad_weight)
  );

  tern_args #(
      .PORTS     (PORTS),
      .PORT_BYTES(PORT_W / 8),
      .T_COLS    (T_COLS),
      .X_SLOTS   (X_SLOTS),
      .P         (P),
      .RATIO     (RATIO)
  ) u_args (
      .clk        (clk),
      .rst        (rst),
      .start      (start),
      .row_tiles  (row_tiles),
      .col_blocks (col_blocks),
      .vectors    (vectors),
      .x_off      (x_off),
      .w_off      (w_off),
      .y_off      (y_off),
      .port_base  (port_base),
      .valid      (args_valid),
      .error      (args_error),
      .last_tile  (last_tile),
      .last_block (last_block),
      .last_vector(last_vector),
      .last_slot  (last_slot),
      .enable     (enable),
      .x_beats    (x_beats),
      .w_beats    (w_beats),
      .y_beats    (y_beats),
      .x_offset   (x_offset),
      .w_offset   (w_offset),
      .y_offset   (y_offset),
      .base       (base)
  );

  tern_ctl u_ctl (
      .clk       (clk),
      .rst       (rst),
      .args_valid(args_valid),
      .args_bad  (args_error != `KR_TERN_MATVEC_ERR_NONE),
      .x_beats   (x_beats),
      .w_beats   (w_beats),
      .y_beats   (y_beats),
      .x_offset  (x_offset),
      .w_offset  (w_offset),
      .y_offset  (y_offset),
      .result    (beat && last),
      .written   (written),
      .begin_run (begin_run),
      .cmd_valid (cmd_valid),
      .cmd_ready (cmd_write ? wr_cmd_ready : rd_cmd_ready),
      .cmd_write (cmd_write),
      .cmd_offset(cmd_offset),
      .cmd_beats (cmd_beats),
      .done      (done)
  );

  axi_ports #(
      .PORTS (PORTS),
      .PORT_W(PORT_W)
  ) u_ports (
      .clk          (clk),
      .rst          (rst),
      .clear        (start),
      .base         (base),
      .rd_cmd_valid (cmd_valid && !cmd_write),
      .rd_cmd_ready (rd_cmd_ready),
      .rd_cmd_offset(cmd_offset),
      .rd_cmd_beats (cmd_beats),
      .rd_cmd_ports (6'd0),
      .wr_cmd_valid (cmd_valid && cmd_write),
      .wr_cmd_ready (wr_cmd_ready),
      .wr_cmd_offset(cmd_offset),
      .wr_cmd_beats (cmd_beats),
      .m_valid      (rd_valid),
      .m_ready      (rd_ready),
      .m_data       (rd_data),
      .s_valid      (wr_valid),
      .s_ready      (wr_ready),
      .s_data       (wr_data),
      .s_strb       ({PORTS * PORT_W / 8{1'b1}}),
      .written      (written),
      .rd_beat      (rd_beat),
      .wr_beat      (wr_beat),
      .rd_err       (rd_err),
      .wr_err       (wr_err),
      .m_axi_araddr (m_axi_araddr),
      .m_axi_arlen  (m_axi_arlen),
      .m_axi_arvalid(m_axi_arvalid),
      .m_axi_arready(m_axi_arready),
      .m_axi_rdata  (m_axi_rdata),
      .m_axi_rresp  (m_axi_rresp),
      .m_axi_rlast  (m_axi_rlast),
      .m_axi_rvalid (m_axi_rvalid),
      .m_axi_rready (m_axi_rready),
      .m_axi_awaddr (m_axi_awaddr),
      .m_axi_awlen  (m_axi_awlen),
      .m_axi_awvalid(m_axi_awvalid),
      .m_axi_awready(m_axi_awready),
      .m_axi_wdata  (m_axi_wdata),
      .m_axi_wstrb  (m_axi_wstrb),
      .m_axi_wlast  (m_axi_wlast),
      .m_axi_wvalid (m_axi_wvalid),
      .m_axi_wready (m_axi_wready),
      .m_axi_bresp  (m_axi_bresp),
      .m_axi_bvalid (m_axi_bvalid),
      .m_axi_bready (m_axi_bready)
  );

  tern_xbuf #(
      .WIDE_W(WIDE_W),
      .P     (P),
      .DATA_W(BLOCK_BITS),
      .SLOTS (X_SLOTS)
  ) u_xbuf (
      .clk      (clk),
      .rst      (rst),
      .clear    (begin_run),
      .last_slot(last_slot),
      .last_pass(last_tile >> TILE_W),
      .s_valid  (x_take),
      .s_data   (rd_data),
      .m_valid  (slot_valid),
      .m_ready  (slot_ready),
      .m_data   (slot)
  );

  tern_build #(
      .T_COLS(T_COLS)
  ) u_build (
      .clk        (clk),
      .rst        (rst),
      .clear      (begin_run),
      .last_vector(last_vector),
      .s_valid    (slot_valid),
      .s_ready    (slot_ready),
      .load       (load),
      .fill       (fill),
      .ready      (tables_ready),
      .swap       (swap)
  );

  tern_issue #(
      .ACC_DEPTH(ACC_DEPTH),
      .BLOCK_W  (SLOT_A)
  ) u_issue (
      .clk         (clk),
      .rst         (rst),
      .clear       (begin_run),
      .last_tile   (last_tile),
      .last_block  (last_block),
      .s_valid     (rd_valid && !x_more_q),
      .s_ready     (weight_ready),
      .tables_ready(tables_ready),
      .result_room (result_room),
      .beat        (beat),
      .swap        (swap),
      .first       (first),
      .last        (last),
      .tile        (tile),
      .window      (window),
      .stall       (stall)
  );

  tern_datapath #(
      .WIDE_W   (WIDE_W),
      .OUTS     (OUTS),
      .T_COLS   (T_COLS),
      .ACC_DEPTH(ACC_DEPTH),
      .PORTS    (PORTS)
  ) u_datapath (
      .clk    (clk),
      .rst    (rst),
      .enable (enable),
      .w      (rd_data),
      .beat   (beat),
      .swap   (swap),
      .first  (first),
      .last   (last),
      .tile   (tile),
      .x      (slot),
      .load   (load),
      .fill   (fill),
      .m_valid(result_valid),
      .m_data (result),
      .bad    (bad_weight)
  );

  tern_out #(
      .OUTS  (OUTS),
      .T_COLS(T_COLS),
      .RATIO (RATIO),
      .DEPTH (32)
  ) u_out (
      .clk        (clk),
      .rst        (rst),
      .clear      (begin_run),
      .last_tile  (last_tile),
      .last_vector(last_vector),
      .take       (beat && last),
      .room       (result_room),
      .s_valid    (result_valid),
      .s_data     (result),
      .m_valid    (wr_valid),
      .m_ready    (wr_ready),
      .m_data     (wr_data)
  );

endmodule

`default_nettype wire
