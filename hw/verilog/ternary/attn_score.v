// SPDX-License-Identifier: Apache-2.0
//
// attn_score - scores of the pass over K, kept for the pass over V, and their greatest whole numbers.
//
// Function     : t[i][p] = sat(round(x[i][p] * 2^(e_q[i] + e_k[p] + 10))). For each group of a head, over its tiles:
//                top[i] = max (t[i][p] >> 10), top_w[i] = max ((t[i][p] >> 10) + e_v[p]), p what the row sees. Row i
//                sees what its column sees, nothing if it is not there.
// Format       : lists are rows first, the first lowest; POS = WIDE_W / 256. s_row_data {last group, Q_PAR x {there,
//                column C_W bits, e_q 8 bits}}, once for each head. s_tile_data {POS x e_v, POS x e_k, COLS x POS bits:
//                the column sees the position}, for each tile. s_data {last tile, last group, Q_PAR x POS x of SUM_W
//                bits}. m_top_data {last group, Q_PAR x {top_w 11 bits, top 10 bits}}, once for each head; the least
//                values where a row sees nothing. m_data {last tile, last group, POS x e_v, Q_PAR x POS bits: the row
//                sees the position, Q_PAR x POS t of 20 bits}. Order (tile, group), the group fastest; all signed, t
//                Q9.10 rounded half up.
// Latency      : 8 if DEPTH < 64 else 9; to m. From the last tile to m_top 10 + clog2(WIDE_W // 256)
// Throughput   : 1
// Back-pressure: registered ready; it stalls while the rows or the tile of its beat are not there. m absorbs DEPTH
//                beats: two heads' must fit, because K of head j + 1 stands before V of head j.
// Golden       : golden.ternary.integer.functions.scores
// Test         : tests/rtl/test_attn_score.py
//
// Why: scores are read once, in the order in which they were made, so one queue does for two banks, and whoever reads it
// needs no mask and no exponents. The pipeline runs free; places in both queues are counted at its entry.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module attn_score #(
    parameter WIDE_W = 512,  // bits of a tile, a multiple of 256
    parameter Q_PAR  = 2,    // rows of a group, >= 1
    parameter COLS   = 4,    // token columns, >= 1
    parameter GROUPS = 1,    // groups of rows at most, 1..16
    parameter SUM_W  = 23,   // width of a product of q and k [bits], 9..24
    parameter DEPTH  = 64,   // beats of scores that are kept, a power of two >= 2
    parameter ULTRA  = 0,    // DEPTH from which on they are kept in UltraRAM, 0: never
    // Follow from the others, not to be set: positions of a tile, bits of a column's number.
    parameter POS    = WIDE_W / 256,
    parameter C_W    = (COLS > 2) ? $clog2(COLS) : 1
) (
    input  wire                          clk,
    input  wire                          rst,
    input  wire                          s_row_valid,
    output wire                          s_row_ready,
    input  wire [       Q_PAR*(9+C_W):0] s_row_data,
    input  wire                          s_tile_valid,
    output wire                          s_tile_ready,
    input  wire [    POS*(16+COLS)-1:0] s_tile_data,
    input  wire                          s_valid,
    output wire                          s_ready,
    input  wire [   Q_PAR*POS*SUM_W+1:0] s_data,
    output wire                          m_top_valid,
    input  wire                          m_top_ready,
    output wire [            Q_PAR*21:0] m_top_data,
    output wire                          m_valid,
    input  wire                          m_ready,
    output wire [POS*8+Q_PAR*POS*21+1:0] m_data
);

  localparam G_W = (GROUPS > 2) ? $clog2(GROUPS) : 1;
  localparam ROW_W = 10 + C_W;  // {there, column, 10 - e_q}
  localparam TILE_W = POS * (16 + COLS);
  localparam SCORE = 6;  // stages of a score, behind the entry's register

  wire tile_end = s_data[Q_PAR*POS*SUM_W+1];
  wire group_end = s_data[Q_PAR*POS*SUM_W];

  // The rows of a head go into one bank while the other is in use.
  reg  [          1:0] full_q;
  reg                  in_bank_q;
  reg  [      G_W-1:0] in_group_q;
  reg                  bank_q;
  reg  [      G_W-1:0] group_q;
  wire                 load = s_row_valid && s_row_ready;
  wire                 load_end = load && s_row_data[Q_PAR*(9+C_W)];
  wire                 move = s_valid && s_ready;
  wire                 finish = move && tile_end && group_end;
  wire [Q_PAR*ROW_W-1:0] rows_in;
  wire [Q_PAR*ROW_W-1:0] rows;

  assign s_row_ready = !full_q[in_bank_q];

  always @(posedge clk) begin
    if (rst) full_q <= 2'b00;
    else full_q <= (full_q | ({1'b0, load_end} << in_bank_q)) & ~({1'b0, finish} << bank_q);
  end

  always @(posedge clk) begin
    if (rst) begin
      in_bank_q  <= 1'b0;
      in_group_q <= {G_W{1'b0}};
    end else if (load) begin
      in_bank_q  <= in_bank_q ^ load_end;
      in_group_q <= load_end ? {G_W{1'b0}} : in_group_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      bank_q  <= 1'b0;
      group_q <= {G_W{1'b0}};
    end else if (move) begin
      bank_q  <= bank_q ^ (tile_end && group_end);
      group_q <= group_end ? {G_W{1'b0}} : group_q + 1'b1;
    end
  end

  mem_lutram #(
      .DATA_W(Q_PAR * ROW_W),
      .DEPTH (2 << G_W)
  ) u_rows (
      .clk    (clk),
      .wr_en  (load),
      .wr_addr({in_bank_q, in_group_q}),
      .wr_data(rows_in),
      .rd_addr({bank_q, group_q}),
      .rd_data(rows)
  );

  // A tile stays for all its groups.
  wire              tile_there;
  wire [TILE_W-1:0] tile;
  wire [       4:0] unused_tiles;

  strm_fifo #(
      .DATA_W(TILE_W),
      .DEPTH (16)
  ) u_tiles (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_tile_valid),
      .s_ready(s_tile_ready),
      .s_data (s_tile_data),
      .m_valid(tile_there),
      .m_ready(move && group_end),
      .m_data (tile),
      .level  (unused_tiles)
  );

  // Entry: all that a beat takes is there, and a place behind the pipeline is free.
  reg  [$clog2(DEPTH):0] taken_q;  // places of the queue of scores
  reg                    left_q;
  wire                   room_top;

  assign s_ready = tile_there && full_q[bank_q] && !taken_q[$clog2(DEPTH)] && room_top;

  always @(posedge clk) begin
    if (rst) taken_q <= {$clog2(DEPTH) + 1{1'b0}};
    else if (move && !left_q) taken_q <= taken_q + 1'b1;
    else if (left_q && !move) taken_q <= taken_q - 1'b1;
  end

  always @(posedge clk) begin
    if (rst) left_q <= 1'b0;
    else left_q <= m_valid && m_ready;
  end

  reg [Q_PAR*POS*SUM_W-1:0] p0_sums_q;
  reg [    Q_PAR*ROW_W-1:0] p0_rows_q;
  reg [        TILE_W-1:0] p0_tile_q;

  always @(posedge clk) begin
    if (move) begin
      p0_sums_q <= s_data[Q_PAR*POS*SUM_W-1:0];
      p0_rows_q <= rows;
      p0_tile_q <= tile;
    end
  end

  // Beside the scores: {mark, e_v, seen}.
  localparam SIDE_W = POS * (8 + Q_PAR);
  reg  [          SCORE:0] valid_q;  // of stages 0 to SCORE
  reg  [2*(SCORE+1)-1:0] marks_q;
  reg  [SCORE*SIDE_W-1:0] sides_q;  // of stages 1 to SCORE, last highest
  wire [Q_PAR*POS-1:0] seen;
  wire [Q_PAR*POS*20-1:0] scores;
  wire [1:0] score_mark = marks_q[2*SCORE+:2];
  wire [SIDE_W-1:0] score_side = sides_q[(SCORE-1)*SIDE_W+:SIDE_W];

  always @(posedge clk) begin
    if (rst) valid_q <= {SCORE + 1{1'b0}};
    else valid_q <= {valid_q[SCORE-1:0], move};
  end

  always @(posedge clk) begin
    marks_q <= {marks_q[2*SCORE-1:0], tile_end, group_end};
    sides_q <= {sides_q[(SCORE-1)*SIDE_W-1:0], p0_tile_q[POS*(COLS+8)+:POS*8], seen};
  end

  genvar c, i, p;
  generate
    for (i = 0; i < Q_PAR; i = i + 1) begin : g_row
      wire [8+C_W:0] row_in = s_row_data[i*(9+C_W)+:9+C_W];
      wire [ROW_W-1:0] row = p0_rows_q[i*ROW_W+:ROW_W];
      wire [COLS-1:0] chosen;  // one bit, none if the row is not there

      assign rows_in[i*ROW_W+:ROW_W] = {row_in[8+:C_W+1], 9'd10 - {row_in[7], row_in[7:0]}};

      for (c = 0; c < COLS; c = c + 1) begin : g_column
        localparam [31:0] COLUMN = c;
        assign chosen[c] = row[9+C_W] && row[9+:C_W] == COLUMN[C_W-1:0];
      end

      for (p = 0; p < POS; p = p + 1) begin : g_position
        wire [COLS-1:0] sees;  // of each column

        for (c = 0; c < COLS; c = c + 1) begin : g_column
          assign sees[c] = p0_tile_q[c*POS+p];
        end

        assign seen[i*POS+p] = |(sees & chosen);

        attn_score_lane #(
            .SUM_W(SUM_W)
        ) u_score (
            .clk (clk),
            .x   (p0_sums_q[(i*POS+p)*SUM_W+:SUM_W]),
            .base(row[8:0]),
            .e_k (p0_tile_q[POS*COLS+p*8+:8]),
            .t   (scores[(i*POS+p)*20+:20])
        );
      end
    end

    if (WIDE_W < 256 || WIDE_W % 256 != 0 || Q_PAR < 1 || COLS < 1 || GROUPS < 1 || GROUPS > 16) begin : g_bad_size
      attn_score_needs_WIDE_W_a_multiple_of_256_and_Q_PAR_COLS_GROUPS_at_least_1_and_GROUPS_at_most_16 u_error ();
    end
    if (`KR_TERN_SCORE_W != 20 || `KR_TERN_V_EXPONENT_W != 8) begin : g_bad_format
      attn_score_is_made_for_scores_of_20_bits_and_exponents_of_8 u_error ();
    end
  endgenerate

  // Scores wait for the pass over V.
  wire                 score_ready;
  wire [$clog2(DEPTH):0] unused_level;

  strm_fifo #(
      .DATA_W(2 + SIDE_W + Q_PAR * POS * 20),
      .DEPTH (DEPTH),
      .ULTRA (ULTRA)
  ) u_scores (
      .clk    (clk),
      .rst    (rst),
      .s_valid(valid_q[SCORE]),
      .s_ready(score_ready),
      .s_data ({score_mark, score_side, scores}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .level  (unused_level)
  );

  // Maxima of the last tile's groups.
  wire              top_valid;
  wire [Q_PAR*21:0] top;

  attn_top #(
      .POS   (POS),
      .Q_PAR (Q_PAR),
      .GROUPS(GROUPS)
  ) u_top (
      .clk    (clk),
      .rst    (rst),
      .s_valid(valid_q[SCORE]),
      .s_mark (score_mark),
      .s_e_v  (score_side[Q_PAR*POS+:POS*8]),
      .s_seen (score_side[Q_PAR*POS-1:0]),
      .s_t    (scores),
      .m_valid(top_valid),
      .m_data (top)
  );

  m2_exit_queue #(
      .DATA_W(Q_PAR * 21 + 1),
      .DEPTH (32)
  ) u_tops (
      .clk    (clk),
      .rst    (rst),
      .room   (room_top),
      .enter  (move && tile_end),
      .s_valid(top_valid),
      .s_data (top),
      .m_valid(m_top_valid),
      .m_ready(m_top_ready),
      .m_data (m_top_data)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK_STREAM(m_top_valid, m_top_ready, m_top_data)
  `CHECK(!valid_q[SCORE] || score_ready, "no place for a score")

endmodule

`default_nettype wire
