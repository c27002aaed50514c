// SPDX-License-Identifier: Apache-2.0
//
// tern_head_gather - the head's sums out of attn_dot, 8 neighbouring rows of the vocabulary and one column a beat.
//
// Function     : of each pass of attn_dot (rows of q: c_batch columns; positions: c_vocab rows of the head) the sums of every 8
//                rows of the vocabulary leave for one column after the other; rows behind the last one are 0 if their sums are
//                or if they have none, groups of 8 such rows do not leave.
// Format       : s_data as attn_dot's m_data, {last tile, last group, Q_PAR x POS sums of signed Y_W bits}; m_data 8 sums of signed
//                OUT_W bits, the first row's lowest, the lowest bits of each where OUT_W < Y_W. c_batch, 1..T_COLS, and c_vocab
//                hold still during a run.
// Latency      : variable: 8 rows leave when the sums of all columns are there, 2 cycles after the last beat of them
// Throughput   : 1; of m. A beat of s takes a cycle for each column in it, and as often as it holds 8 rows
// Back-pressure: registered ready; sums of 16 rows, or of two tiles, are absorbed.
// Golden       : golden.ternary.integer.linear.rows
// Test         : tests/rtl/test_tern_head_gather.py
//
// Why: attn_dot needs as many cycles for a tile as there are slices, so sums are taken a column at a time, and what orders
// the columns is a small distributed RAM, whatever the width of a tile is.

`default_nettype none
`include "checks.vh"

module tern_head_gather #(
    parameter WIDE_W = 512,  // bits of a tile, 256 times a power of two
    parameter Q_PAR  = 2,    // rows of a group of attn_dot, >= 2
    parameter T_COLS = 4,    // most columns, 1..256
    parameter Y_W    = 23,   // bits of a sum, >= 2
    parameter OUT_W  = 27    // the same of m, >= 2
) (
    input  wire                                 clk,
    input  wire                                 rst,
    input  wire [                          7:0] c_batch,
    input  wire [                         31:0] c_vocab,
    input  wire                                 s_valid,
    output wire                                 s_ready,
    input  wire [Q_PAR*(WIDE_W/256)*Y_W+1:0] s_data,
    output wire                                 m_valid,
    input  wire                                 m_ready,
    output wire [                  8*OUT_W-1:0] m_data
);

  localparam POS = WIDE_W / 256;
  localparam RB = (POS < 8) ? POS : 8;  // rows that are taken at once
  localparam PARTS = POS / RB;  // as many times a column
  localparam SLOTS = 8 / RB;  // tiles for 8 rows
  localparam COLS = 1 << $clog2(T_COLS);
  localparam PLACES = PARTS * COLS;
  localparam COL_W = (COLS > 1) ? $clog2(COLS) : 1;
  localparam PART_W = (PARTS > 1) ? $clog2(PARTS) : 1;
  localparam SLOT_W = (SLOTS > 1) ? $clog2(SLOTS) : 1;
  localparam PLACE_W = (PLACES > 1) ? $clog2(PLACES) : 1;
  localparam LANE_W = $clog2(Q_PAR);
  localparam [31:0] LAST_LANE = Q_PAR - 1;
  localparam [31:0] LAST_PART = PARTS - 1;
  localparam [31:0] LAST_SLOT = SLOTS - 1;

  // Where the next sums lie: parts of a column, columns of a beat, beats of a tile, tiles.
  reg  [  COL_W-1:0] last_col_q;
  reg  [ PART_W-1:0] last_part_q;  // of the last tile
  reg  [  COL_W-1:0] col_q;
  reg  [ LANE_W-1:0] lane_q;
  reg  [ PART_W-1:0] part_q;
  reg  [ SLOT_W-1:0] slot_q;
  wire               room;
  wire               move = s_valid && room;
  wire               part_end = part_q == LAST_PART[PART_W-1:0];
  wire               col_end = col_q == last_col_q;
  wire               beat_end = part_end && (col_end || lane_q == LAST_LANE[LANE_W-1:0]);
  wire               tile_end = part_end && col_end;
  wire               last_tile = s_data[Q_PAR*POS*Y_W+1];
  wire               bank_end = tile_end && (last_tile || slot_q == LAST_SLOT[SLOT_W-1:0]);
  wire [       31:0] last_row = c_vocab - 32'd1;
  wire [        7:0] last_col = c_batch - 8'd1;
  wire [ PART_W-1:0] bank_last = last_tile ? last_part_q : LAST_PART[PART_W-1:0];
  wire [PLACE_W-1:0] place;
  wire               unused_last = &{1'b0, last_row, last_col, s_data[Q_PAR*POS*Y_W]};

  assign s_ready = room && beat_end;

  always @(posedge clk) begin
    last_col_q  <= last_col[COL_W-1:0];
    last_part_q <= (PARTS > 1) ? last_row[3+:PART_W] : {PART_W{1'b0}};
  end

  always @(posedge clk) begin
    if (rst) part_q <= {PART_W{1'b0}};
    else if (move) part_q <= part_end ? {PART_W{1'b0}} : part_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) begin
      col_q  <= {COL_W{1'b0}};
      lane_q <= {LANE_W{1'b0}};
    end else if (move && part_end) begin
      col_q  <= col_end ? {COL_W{1'b0}} : col_q + 1'b1;
      lane_q <= beat_end ? {LANE_W{1'b0}} : lane_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (rst) slot_q <= {SLOT_W{1'b0}};
    else if (move && tile_end) slot_q <= bank_end ? {SLOT_W{1'b0}} : slot_q + 1'b1;
  end

  // Sums of a column and a part, in the width of m.
  wire [RB*Y_W-1:0] sums;
  wire [RB*OUT_W-1:0] values;
  wire [1:0] unused_kind;

  genvar i;
  generate
    for (i = 0; i < RB; i = i + 1) begin : g_row
      if (OUT_W > Y_W) begin : g_wider
        assign values[i*OUT_W+:OUT_W] = {{OUT_W - Y_W{sums[(i+1)*Y_W-1]}}, sums[i*Y_W+:Y_W]};
      end else begin : g_lowest
        wire unused_high = &{1'b0, sums[i*Y_W+:Y_W]};

        assign values[i*OUT_W+:OUT_W] = sums[i*Y_W+:OUT_W];
      end
    end

    if (PARTS > 1) begin : g_sums_of_part
      assign sums = s_data[{lane_q, part_q}*RB*Y_W+:RB*Y_W];
    end else begin : g_sums
      assign sums = s_data[lane_q*RB*Y_W+:RB*Y_W];
    end

    if (PARTS > 1 && COLS > 1) begin : g_both
      assign place = {part_q, col_q};
    end else if (PARTS > 1) begin : g_parts
      assign place = part_q;
    end else begin : g_cols
      assign place = col_q;
    end

    if (WIDE_W < 256 || (WIDE_W & (WIDE_W - 1)) != 0 || Q_PAR < 2 || T_COLS < 1 || T_COLS > 256) begin : g_bad_size
      tern_head_gather_needs_WIDE_W_256_times_a_power_of_two_and_Q_PAR_at_least_2_and_T_COLS_1_to_256 u_error ();
    end
  endgenerate

  m2_gather #(
      .ROWS   (POS),
      .T_COLS (COLS),
      .CB     (1),
      .VALUE_W(OUT_W)
  ) u_gather (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(room),
      .s_data ({2'd0, bank_end, bank_last, last_col_q, slot_q, place, values}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data ({unused_kind, m_data})
  );

  `CHECK(!move || !beat_end || s_data[Q_PAR*POS*Y_W] == col_end, "groups that are not those of c_batch columns")

endmodule

`default_nettype wire
