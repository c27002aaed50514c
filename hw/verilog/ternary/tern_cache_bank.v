// SPDX-License-Identifier: Apache-2.0
//
// tern_cache_bank - a job's new keys, or its values: written word by word, read as tiles.
//
// Function     : tiles of WIDE_W / 256 positions by 32 dimensions leave in the order of their addresses, of each KV head that
//                head_end has told of c_tiles tiles of c_slices slices; a head's last one is marked.
// Format       : wr_en says in which of LANES places of the tile at wr_addr a word of 32 bytes goes; m_data {last tile and
//                slice of the head, tile}, places from LANES on repeat the last one that there is. last_tile, last_slice:
//                counts less 1. clear starts again at address 0; left: no head waits.
// Latency      : 2; from a head's last word to its first tile
// Throughput   : 1
// Back-pressure: none at the input; a head's tiles wait for m_ready.
// Golden       : golden.ternary.accel.layout.pack_cache
// Test         : tests/rtl/test_tern_cache_new.py
//
// Why: the memory's own output register is the head of the queue, so a tile is never copied.

`default_nettype none
`include "checks.vh"

module tern_cache_bank #(
    parameter WIDE_W = 512,  // bits of a tile, 256 times a power of two
    parameter LANES  = 2,    // places of a tile that are ever written, 1..WIDE_W / 256
    parameter WORDS  = 64,   // tiles, slices counted, a power of two >= 2
    parameter TILE_W = 1     // bits of a tile's number within a head, >= 1
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire                     clear,
    input  wire [             3:0] last_slice,
    input  wire [      TILE_W-1:0] last_tile,
    input  wire [       LANES-1:0] wr_en,
    input  wire [$clog2(WORDS)-1:0] wr_addr,
    input  wire [           255:0] wr_data,
    input  wire                     head_end,
    output wire                     left,
    output wire                     m_valid,
    input  wire                     m_ready,
    output wire [        WIDE_W:0] m_data
);

  localparam ADDR_W = $clog2(WORDS);
  localparam POS = WIDE_W / 256;

  reg  [       7:0] waits_q;  // heads
  reg               there_q;  // one of them
  reg  [ADDR_W-1:0] addr_q;
  reg  [       3:0] slice_q;
  reg  [TILE_W-1:0] tile_q;
  reg               valid_q;
  reg               last_q;
  wire              issue = there_q && (m_ready || !valid_q);
  wire              slice_end = slice_q == last_slice;
  wire              last = slice_end && tile_q == last_tile;
  wire              leave = issue && last;
  wire [LANES*256-1:0] words;

  assign left    = waits_q == 8'd0;
  assign m_valid = valid_q;
  assign m_data[WIDE_W] = last_q;

  always @(posedge clk) begin
    if (rst) waits_q <= 8'd0;
    else waits_q <= waits_q + {7'd0, head_end} - {7'd0, leave};
  end

  always @(posedge clk) begin
    if (rst) there_q <= 1'b0;
    else there_q <= head_end || waits_q > {7'd0, leave};
  end

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else valid_q <= issue || (valid_q && !m_ready);
  end

  always @(posedge clk) begin
    if (clear) begin
      addr_q  <= {ADDR_W{1'b0}};
      slice_q <= 4'd0;
      tile_q  <= {TILE_W{1'b0}};
    end else if (issue) begin
      addr_q  <= addr_q + 1'b1;
      slice_q <= slice_end ? 4'd0 : slice_q + 4'd1;
      if (slice_end) tile_q <= last ? {TILE_W{1'b0}} : tile_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (issue) last_q <= last;
  end

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      mem_sdp #(
          .DATA_W(256),
          .DEPTH (WORDS)
      ) u_words (
          .clk    (clk),
          .wr_en  (wr_en[i]),
          .wr_addr(wr_addr),
          .wr_data(wr_data),
          .rd_en  (issue),
          .rd_addr(addr_q),
          .rd_data(words[i*256+:256])
      );
    end

    for (i = 0; i < POS; i = i + 1) begin : g_place
      localparam LANE = (i < LANES) ? i : LANES - 1;
      assign m_data[i*256+:256] = words[LANE*256+:256];
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
