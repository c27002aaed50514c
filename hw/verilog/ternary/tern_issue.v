// SPDX-License-Identifier: Apache-2.0
//
// tern_issue - starts one weight beat a cycle, unless tables, results or accumulators forbid it.
//
// Function     : beats are numbered row block by row block, column block by column block, tile by tile. The first tile
//                of a column block waits for its tables and swaps them in; a tile of a last column block waits for
//                room for its result; a tile whose accumulator is read again waits until it has been written.
// Format       : counts as last index (count - 1); stall one-hot {hazard, output, tables, weights}.
// Latency      : 0
// Throughput   : 1
// Back-pressure: registered ready (s_ready does not depend on s_valid); absorbs nothing.
// Golden       : golden.ternary.packing.pack_weights
// Test         : tests/rtl/test_tern_matvec.py
//
// Why: everything that can stop the arithmetic is decided here, before the pipeline, so that the pipeline itself never
// stalls. Only row blocks of one or two tiles meet the accumulator hazard: it lasts three cycles.

`default_nettype none
`include "checks.vh"

module tern_issue #(
    parameter ACC_DEPTH = 128,  // tiles of a row block, a power of two, 2..65536
    parameter BLOCK_W   = 10    // bits of a column block's number
) (
    input  wire                         clk,
    input  wire                         rst,
    input  wire                         clear,
    input  wire [                 15:0] last_tile,
    input  wire [          BLOCK_W-1:0] last_block,
    input  wire                         s_valid,
    output wire                         s_ready,
    input  wire                         tables_ready,
    input  wire                         result_room,
    output wire                         beat,
    output wire                         swap,          // this beat is the first with new tables
    output wire                         first,         // of its accumulator
    output wire                         last,          // of its accumulator
    output wire [$clog2(ACC_DEPTH)-1:0] tile,
    output wire                         window,        // counts from the first to the last beat
    output wire [                  3:0] stall
);

  localparam TILE_W = $clog2(ACC_DEPTH);

  reg                active_q;
  reg                begun_q;
  reg  [ TILE_W-1:0] tile_q;
  reg  [BLOCK_W-1:0] block_q;
  reg  [       15:0] rows_q;       // row block
  wire [       15:0] last_rows = last_tile >> TILE_W;
  wire               final_rows = rows_q == last_rows;
  wire               end_tile = tile_q == (final_rows ? last_tile[TILE_W-1:0] : {TILE_W{1'b1}});
  wire               end_block = block_q == last_block;
  reg                past1_q;      // a beat started one cycle ago, its tile
  reg                past2_q;
  reg  [ TILE_W-1:0] past1_tile_q;
  reg  [ TILE_W-1:0] past2_tile_q;

  assign first = block_q == {BLOCK_W{1'b0}};
  assign last  = end_block;
  assign tile  = tile_q;

  wire wait_tables = tile_q == {TILE_W{1'b0}} && !tables_ready;
  wire wait_output = end_block && !result_room;
  wire hit1 = past1_q && past1_tile_q == tile_q;
  wire hit2 = past2_q && past2_tile_q == tile_q;
  wire wait_hazard = !first && (hit1 || hit2);

  assign s_ready = active_q && !wait_tables && !wait_output && !wait_hazard;
  assign beat    = s_valid && s_ready;
  assign swap    = beat && tile_q == {TILE_W{1'b0}};
  assign window  = beat || (begun_q && active_q);

  wire stalled = begun_q && active_q;
  assign stall[0] = stalled && !s_valid;
  assign stall[1] = stalled && s_valid && wait_tables;
  assign stall[2] = stalled && s_valid && !wait_tables && wait_output;
  assign stall[3] = stalled && s_valid && !wait_tables && !wait_output && wait_hazard;

  always @(posedge clk) begin
    if (rst) active_q <= 1'b0;
    else if (clear) active_q <= 1'b1;
    else if (beat && end_tile && end_block && final_rows) active_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst || clear) begun_q <= 1'b0;
    else if (beat) begun_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (clear) tile_q <= {TILE_W{1'b0}};
    else if (beat) tile_q <= end_tile ? {TILE_W{1'b0}} : tile_q + 1'b1;
  end

  always @(posedge clk) begin
    if (clear) begin
      block_q <= {BLOCK_W{1'b0}};
      rows_q  <= 16'd0;
    end else if (beat && end_tile) begin
      block_q <= end_block ? {BLOCK_W{1'b0}} : block_q + 1'b1;
      rows_q  <= end_block ? rows_q + 16'd1 : rows_q;
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      past1_q <= 1'b0;
      past2_q <= 1'b0;
    end else begin
      past1_q <= beat;
      past2_q <= past1_q;
    end
  end

  always @(posedge clk) begin
    past1_tile_q <= tile_q;
    past2_tile_q <= past1_tile_q;
  end

  generate
    if (ACC_DEPTH < 2 || ACC_DEPTH > 65536 || (ACC_DEPTH & (ACC_DEPTH - 1)) != 0) begin : g_bad_depth
      tern_issue_ACC_DEPTH_must_be_a_power_of_two_2_to_65536 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
