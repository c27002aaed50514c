// SPDX-License-Identifier: Apache-2.0
//
// tern_head_feed - cuts the region of an int8 head into tiles of rows and scales of rows.
//
// Function     : of c_vocab rows, a beat of scales and up to eight tiles of c_slices beats in turn, the tiles leave on m, the
//                scales of each 8 rows on r. Behind the last row the region begins again. With c_ternary there are up to two
//                tiles, four times as high.
// Format       : h_data wide beats as rows_section has them, WIDE_W / 256 rows a tile, or with c_ternary ternary_rows_section's,
//                WIDE_W / 64 of them; m_data {last beat of the region, groups of 8 rows of this tile less 1 (GROUP_W bits, 0 of an
//                int8 one), beat}; r_data {last 8 rows of the vocabulary, 8 scales of 32 bits}, first lowest. c_vocab and
//                c_slices, beats of a tile, at least 1, and c_ternary, only where WIDE_W >= 512, hold still during a run.
// Latency      : 0; from a beat of a tile to m. From a beat of scales to the first 8 of them 2, or 3 where it holds 512 or more
// Throughput   : 1; if the tiles behind a beat of scales have WIDE_W / 256 beats or more; behind the last row it may rest until
//                the scales that fill its beat are dropped
// Back-pressure: combinational ready (m_ready -> h_ready); the scales of two beats are absorbed.
// Golden       : golden.ternary.accel.layout.rows_section
// Test         : tests/rtl/test_tern_head_feed.py
//
// Why: scales must not hold up the tiles behind them until the sums before have left, so those of two beats are kept: one beat
// as it came, of which 8 scales a cycle move into a queue of the other one's size.

`default_nettype none
`include "checks.vh"

module tern_head_feed #(
    parameter WIDE_W  = 512,  // bits of a wide beat, 256 times a power of two
    // Follows from the other, not to be set: width of the number of a ternary tile's group of 8 rows.
    parameter GROUP_W = (WIDE_W > 512) ? $clog2(WIDE_W / 512) : 1
) (
    input  wire              clk,
    input  wire              rst,
    input  wire [      31:0] c_vocab,
    input  wire [       7:0] c_slices,
    input  wire              c_ternary,
    input  wire              h_valid,
    output wire              h_ready,
    input  wire [WIDE_W-1:0] h_data,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [WIDE_W+GROUP_W:0] m_data,
    output wire              r_valid,
    input  wire              r_ready,
    output wire [     256:0] r_data
);

  localparam POS = WIDE_W / 256;  // rows of a tile; groups of 8 rows whose scales are a beat
  localparam POS_LG = $clog2(POS);
  localparam BLOCK_W = 29 - POS_LG;
  localparam SCALE_W = (POS > 1) ? POS_LG : 1;
  localparam [31:0] LAST_SCALES = POS - 1;
  localparam [31:0] FULL = (POS > 1) ? POS / 2 - 1 : 0;  // groups of a ternary tile less 1

  // The number of the last row tells its block, its tile of the block, and its group of 8 rows of the block and of the tile.
  reg  [       31:0] last_row_q;
  reg  [        7:0] last_slice_q;
  reg  [        7:0] near_slice_q;  // the last but one
  wire [BLOCK_W-1:0] last_block = last_row_q[31-:BLOCK_W];
  reg  [        2:0] last_tile_q;
  reg  [        2:0] full_tile_q;  // the last tile of a block that is not the last
  wire [SCALE_W-1:0] last_group = (POS > 1) ? last_row_q[3+:SCALE_W] : {SCALE_W{1'b0}};
  wire [GROUP_W-1:0] last_rows = (POS > 2) ? last_row_q[3+:GROUP_W] : {GROUP_W{1'b0}};
  wire               unused_row = &{1'b0, last_row_q};

  always @(posedge clk) begin
    last_row_q   <= c_vocab - 32'd1;
    last_slice_q <= c_slices - 8'd1;
    near_slice_q <= c_slices - 8'd2;
    last_tile_q  <= c_ternary ? {2'd0, last_row_q[POS_LG+2]} : last_row_q[POS_LG+:3];
    full_tile_q  <= c_ternary ? 3'd1 : 3'd7;
  end

  // Blocks: scales, then tiles.
  reg                scale_q;
  reg  [BLOCK_W-1:0] block_q;
  reg                final_q;  // the last block, a cycle late: while its scales come
  reg  [        2:0] tile_q;
  reg  [        7:0] slice_q;
  wire               cut_ready;
  wire               scale_take = h_valid && scale_q && cut_ready;
  wire               move = m_valid && m_ready;
  reg                slice_end_q;  // slice_q is the tile's last
  reg                last_tile_here_q;  // tile_q is the last block's last
  wire               last_of_all = final_q && last_tile_here_q;
  wire [GROUP_W-1:0] groups = {GROUP_W{c_ternary}} & (last_of_all ? last_rows : FULL[GROUP_W-1:0]);
  wire               tiles_end = slice_end_q && (tile_q == full_tile_q || last_of_all);

  assign h_ready = scale_q ? cut_ready : m_ready;
  assign m_valid = h_valid && !scale_q;
  assign m_data  = {slice_end_q && last_of_all, groups, h_data};

  always @(posedge clk) begin
    if (rst) scale_q <= 1'b1;
    else if (scale_take) scale_q <= 1'b0;
    else if (move && tiles_end) scale_q <= 1'b1;
  end

  always @(posedge clk) begin
    final_q <= block_q == last_block;
  end

  always @(posedge clk) begin
    if (rst) block_q <= {BLOCK_W{1'b0}};
    else if (move && tiles_end) block_q <= final_q ? {BLOCK_W{1'b0}} : block_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst || (move && tiles_end)) tile_q <= 3'd0;
    else if (move && slice_end_q) tile_q <= tile_q + 3'd1;
  end

  always @(posedge clk) begin
    if (rst || (move && tiles_end)) last_tile_here_q <= last_tile_q == 3'd0;
    else if (move && slice_end_q) last_tile_here_q <= tile_q + 3'd1 == last_tile_q;
    else last_tile_here_q <= tile_q == last_tile_q;
  end

  always @(posedge clk) begin
    if (rst || (move && slice_end_q)) slice_q <= 8'd0;
    else if (move) slice_q <= slice_q + 8'd1;
  end

  always @(posedge clk) begin
    if (rst || (move && slice_end_q)) slice_end_q <= last_slice_q == 8'd0;
    else if (move) slice_end_q <= slice_q == near_slice_q;
    else slice_end_q <= slice_q == last_slice_q;
  end

  // Scales of 8 rows at a time; those behind the last row are dropped.
  reg                taken_q;
  reg                kept_final_q;
  reg  [SCALE_W-1:0] group_q;
  reg                drop_q;
  wire               cut_valid;
  wire [      255:0] cut_data;
  wire               unused_last;
  wire               room;
  wire               in_final = taken_q ? final_q : kept_final_q;  // these are scales of the last block
  wire               cut_move = cut_valid && (room || drop_q);
  wire               group_end = group_q == LAST_SCALES[SCALE_W-1:0];
  wire               vocab_end = in_final && group_q == last_group;

  strm_downsize #(
      .DATA_W(256),
      .RATIO (POS)
  ) u_cut (
      .clk    (clk),
      .rst    (rst),
      .s_valid(h_valid && scale_q),
      .s_ready(cut_ready),
      .s_data (h_data),
      .s_last (1'b0),
      .m_valid(cut_valid),
      .m_ready(room || drop_q),
      .m_data (cut_data),
      .m_last (unused_last)
  );

  always @(posedge clk) begin
    taken_q <= scale_take;
    if (taken_q) kept_final_q <= final_q;
  end

  always @(posedge clk) begin
    if (rst) begin
      group_q <= {SCALE_W{1'b0}};
      drop_q  <= 1'b0;
    end else if (cut_move) begin
      group_q <= group_end ? {SCALE_W{1'b0}} : group_q + 1'b1;
      drop_q  <= !group_end && (drop_q || vocab_end);
    end
  end

  wire [((POS > 1) ? POS_LG : 1):0] unused_level;

  strm_fifo #(
      .DATA_W(257),
      .DEPTH ((POS > 1) ? POS : 2)
  ) u_scales (
      .clk    (clk),
      .rst    (rst),
      .s_valid(cut_valid && !drop_q),
      .s_ready(room),
      .s_data ({vocab_end, cut_data}),
      .m_valid(r_valid),
      .m_ready(r_ready),
      .m_data (r_data),
      .level  (unused_level)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!c_ternary || POS > 1, "a ternary tile of less than 8 rows")

  generate
    if (WIDE_W < 256 || (WIDE_W & (WIDE_W - 1)) != 0) begin : g_bad_wide
      tern_head_feed_WIDE_W_must_be_256_times_a_power_of_two u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
