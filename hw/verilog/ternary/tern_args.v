// SPDX-License-Identifier: Apache-2.0
//
// tern_args - holds the arguments of a run, checks them and computes the counts that follow from them.
//
// Function     : at `start` the arguments are sampled; with `valid`, error is the first that applies of BAD_ROW_TILES (0
//                or above 65535), BAD_COL_BLOCKS (0 or above X_SLOTS), BAD_VECTORS (0 or above T_COLS), BAD_COL_BLOCKS
//                (blocks * vectors above X_SLOTS), BAD_OFFSET (an offset or base is no multiple of a port's bytes).
// Format       : counts unsigned; last_* = count - 1; *_beats wide beats. Meaningless when error is not 0.
// Latency      : 3
// Throughput   : variable: one start at a time
// Back-pressure: none.
// Golden       : golden.ternary.arguments.argument_error
// Test         : tests/rtl/test_tern_args.py
//
// Why: software may write the next run's arguments while this one works, so they are copied; products get a cycle of
// their own.

`default_nettype none
`include "kr_tern_matvec_regs.vh"

module tern_args #(
    parameter PORTS      = 1,    // memory ports
    parameter PORT_BYTES = 64,   // bytes of a port's beat, a power of two
    parameter T_COLS     = 1,    // most vectors, 1..255
    parameter X_SLOTS    = 256,  // activation slots, a power of two, <= 65536
    parameter P          = 1,    // slots of a wide beat, a power of two
    parameter RATIO      = 1     // result vectors of a wide beat, a power of two
) (
    input  wire                       clk,
    input  wire                       rst,
    input  wire                       start,
    input  wire [               31:0] row_tiles,
    input  wire [               31:0] col_blocks,
    input  wire [               31:0] vectors,
    input  wire [               63:0] x_off,
    input  wire [               63:0] w_off,
    input  wire [               63:0] y_off,
    input  wire [       PORTS*64-1:0] port_base,
    output wire                       valid,        // one cycle
    output wire [                7:0] error,
    output wire [               15:0] last_tile,
    output wire [$clog2(X_SLOTS)-1:0] last_block,
    output wire [                7:0] last_vector,
    output wire [$clog2(X_SLOTS)-1:0] last_slot,
    output wire [         T_COLS-1:0] enable,
    output wire [               31:0] x_beats,
    output wire [               31:0] w_beats,
    output wire [               31:0] y_beats,
    output wire [               63:0] x_offset,
    output wire [               63:0] w_offset,
    output wire [               63:0] y_offset,
    output wire [       PORTS*64-1:0] base
);

  localparam SLOT_A = $clog2(X_SLOTS);
  localparam BYTE_A = $clog2(PORT_BYTES);
  localparam LOG_P = $clog2(P);
  localparam LOG_RATIO = $clog2(RATIO);
  localparam [31:0] MAX_SLOTS = X_SLOTS;
  localparam [31:0] MAX_VECTORS = T_COLS;
  localparam [31:0] P_LESS_1 = P - 1;
  localparam [31:0] RATIO_LESS_1 = RATIO - 1;

  // Cycle 1: samples.
  reg                p1_valid_q;
  reg [        31:0] p1_tiles_q;
  reg [        31:0] p1_blocks_q;
  reg [        31:0] p1_vectors_q;
  reg [        63:0] x_offset_q;
  reg [        63:0] w_offset_q;
  reg [        63:0] y_offset_q;
  reg [PORTS*64-1:0] base_q;

  always @(posedge clk) begin
    if (start) begin
      p1_tiles_q   <= row_tiles;
      p1_blocks_q  <= col_blocks;
      p1_vectors_q <= vectors;
    end
  end

  always @(posedge clk) begin
    if (start) begin
      x_offset_q <= x_off;
      w_offset_q <= w_off;
      y_offset_q <= y_off;
      base_q     <= port_base;
    end
  end

  // Cycle 2: products of what is in range, and the checks of single arguments.
  reg         p2_valid_q;
  reg         p2_bad_tiles_q;
  reg         p2_bad_blocks_q;
  reg         p2_bad_vectors_q;
  reg         p2_bad_offset_q;
  reg  [31:0] p2_slots_q;
  reg  [31:0] p2_weights_q;
  reg  [31:0] p2_results_q;
  wire [31:0] tiles = {16'd0, p1_tiles_q[15:0]};
  wire [31:0] blocks = {{31 - SLOT_A{1'b0}}, p1_blocks_q[SLOT_A:0]};
  wire [31:0] columns = {24'd0, p1_vectors_q[7:0]};
  wire [PORTS+2:0] bad_low;

  genvar p;
  generate
    for (p = 0; p < PORTS; p = p + 1) begin : g_port
      assign bad_low[p] = |base_q[p*64+:BYTE_A];
    end
  endgenerate

  assign bad_low[PORTS+:3] = {|x_offset_q[BYTE_A-1:0], |w_offset_q[BYTE_A-1:0], |y_offset_q[BYTE_A-1:0]};

  always @(posedge clk) begin
    p2_slots_q   <= blocks * columns;
    p2_weights_q <= tiles * blocks;
    p2_results_q <= tiles * columns;
  end

  always @(posedge clk) begin
    p2_bad_tiles_q   <= p1_tiles_q == 32'd0 || p1_tiles_q > `KR_TERN_MATVEC_MAX_ROW_TILES;
    p2_bad_blocks_q  <= p1_blocks_q == 32'd0 || p1_blocks_q > MAX_SLOTS;
    p2_bad_vectors_q <= p1_vectors_q == 32'd0 || p1_vectors_q > MAX_VECTORS;
    p2_bad_offset_q  <= |bad_low;
  end

  // Cycle 3: the verdict and the counts.
  reg               p3_valid_q;
  reg  [       7:0] error_q;
  reg  [       7:0] error_d;
  reg  [      31:0] x_beats_q;
  reg  [      31:0] y_beats_q;
  reg  [      31:0] w_beats_q;
  reg  [SLOT_A-1:0] last_slot_q;
  reg  [T_COLS-1:0] enable_q;
  wire [      15:0] tiles_less_1 = p1_tiles_q[15:0] - 16'd1;
  wire [SLOT_A-1:0] blocks_less_1 = p1_blocks_q[SLOT_A-1:0] - 1'b1;
  wire [       7:0] vectors_less_1 = p1_vectors_q[7:0] - 8'd1;
  wire [      31:0] slots_less_1 = p2_slots_q - 32'd1;

  always @* begin
    error_d = `KR_TERN_MATVEC_ERR_NONE;
    if (p2_bad_offset_q) error_d = `KR_TERN_MATVEC_ERR_BAD_OFFSET;
    if (p2_slots_q > MAX_SLOTS) error_d = `KR_TERN_MATVEC_ERR_BAD_COL_BLOCKS;
    if (p2_bad_vectors_q) error_d = `KR_TERN_MATVEC_ERR_BAD_VECTORS;
    if (p2_bad_blocks_q) error_d = `KR_TERN_MATVEC_ERR_BAD_COL_BLOCKS;
    if (p2_bad_tiles_q) error_d = `KR_TERN_MATVEC_ERR_BAD_ROW_TILES;
  end

  always @(posedge clk) begin
    if (rst) begin
      p1_valid_q <= 1'b0;
      p2_valid_q <= 1'b0;
      p3_valid_q <= 1'b0;
    end else begin
      p1_valid_q <= start;
      p2_valid_q <= p1_valid_q;
      p3_valid_q <= p2_valid_q;
    end
  end

  always @(posedge clk) begin
    error_q     <= error_d;
    last_slot_q <= slots_less_1[SLOT_A-1:0];
    w_beats_q   <= p2_weights_q;
    x_beats_q   <= (p2_slots_q + P_LESS_1) >> LOG_P;
    y_beats_q   <= (p2_results_q + RATIO_LESS_1) >> LOG_RATIO;
  end

  generate
    for (p = 0; p < T_COLS; p = p + 1) begin : g_vector
      localparam [7:0] INDEX = p;
      always @(posedge clk) enable_q[p] <= p1_vectors_q[7:0] > INDEX;
    end
  endgenerate

  assign valid       = p3_valid_q;
  assign error       = error_q;
  assign last_tile   = tiles_less_1;
  assign last_block  = blocks_less_1;
  assign last_vector = vectors_less_1;
  assign last_slot   = last_slot_q;
  assign enable      = enable_q;
  assign x_beats     = x_beats_q;
  assign w_beats     = w_beats_q;
  assign y_beats     = y_beats_q;
  assign x_offset    = x_offset_q;
  assign w_offset    = w_offset_q;
  assign y_offset    = y_offset_q;
  assign base        = base_q;

  wire unused_slots = &{1'b0, slots_less_1[31:SLOT_A]};

endmodule

`default_nettype wire
