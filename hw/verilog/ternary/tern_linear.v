// SPDX-License-Identifier: Apache-2.0
//
// tern_linear - ternary linear layer: weight beats of a matrix times the token columns of a vector, summed over its inputs.
//
// Function     : sum[c][r] = sum over a tile's beats k of the ternary products (tern_dot) of row r of beat k with beat k of
//                column c.
// Format       : OUTS = WIDE_W / 64. s_a_data {vec_last, col_last, 40 q of signed 8 bits}, first lowest: beats 0.. of column 0,
//                then of column 1, ..; col_last ends a column; vec_last with it a vector of 1 to T_COLS columns, equally long.
//                s_w_data {free, groups of 8 rows of this tile less 1 (GROUP_W bits), OUTS rows x 8 bytes}, first row lowest:
//                row tiles outside, within a tile the beats of a column; groups and free, which ends the use of the vector,
//                count in a tile's last beat; trits beyond the matrix's inputs are 0. m_data {end of the vector's results,
//                last token, 8 neighbouring rows' sums of signed 21 bits, first lowest}: tile, group of 8 rows, token (fastest).
// Latency      : 14; from a tile's last weight beat
// Throughput   : variable: takes a weight beat in ceil(columns / T_PAR) cycles, across tiles, while a tile's results are
//                no more beats than it takes cycles, and these at least ceil(columns / T_PAR) + 12
// Back-pressure: readies are of registers; results of two tiles and two beats wait for m.
// Golden       : golden.ternary.integer.linear.ternary
// Test         : tests/rtl/test_tern_linear.py
//
// Why: only a tile's last beat waits for a place for its results, and it does so in front of the unit, so the arithmetic never
// stops. One vector is held, not two: each linear layer's input is normalized, so it follows the last result of the layer
// before. Its length tells which beat is a tile's last.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_linear #(
    parameter WIDE_W  = 512,  // width of a weight beat [bits], a power of two, >= 512
    parameter T_COLS  = 4,    // most token columns of a vector, T_PAR times a power of two
    parameter T_PAR   = 1,    // token columns in parallel, >= 1
    parameter BEATS   = 64,   // greatest number of beats of a column, a power of two >= 2
    // Follows from the others, not to be set: width of the number of a tile's group of 8 rows.
    parameter GROUP_W = (WIDE_W > 512) ? $clog2(WIDE_W / 512) : 1
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  s_a_valid,
    output wire                  s_a_ready,
    input  wire [      40*8+1:0] s_a_data,
    input  wire                  s_w_valid,
    output wire                  s_w_ready,
    input  wire [WIDE_W+GROUP_W:0] s_w_data,
    output wire                  m_valid,
    input  wire                  m_ready,
    output wire [      8*21+1:0] m_data,
    output wire                  vector_there,  // a vector is loaded
    output wire                  place_free,    // nothing waits for a place for results
    output wire                  bad            // for a cycle: a weight beat had a byte above 242
);

  localparam OUTS = WIDE_W / 64;
  localparam CB = 8;  // bytes of a row in a weight beat
  localparam COLUMN_W = CB * 5 * 8;
  localparam DOT_W = 11 + $clog2(CB);
  localparam DOT = 3 + $clog2(5 * CB);  // stages of tern_dot
  localparam SUM_W = `KR_TERN_DOWN_PROJ_W;
  localparam BEAT_W = $clog2(BEATS);
  localparam PASSES = T_COLS / T_PAR;
  localparam PASS_W = (PASSES > 1) ? $clog2(PASSES) : 1;
  localparam LANE_W = (T_PAR > 1) ? $clog2(T_PAR) : 1;
  localparam LAST_LANE = T_PAR - 1;
  localparam LAST_PASS = PASSES - 1;

  // The vector: columns of a pass side by side, passes and beats by address.
  reg                loaded_q;
  reg  [BEAT_W-1:0]  load_beat_q;
  reg  [LANE_W-1:0]  load_lane_q;
  reg  [PASS_W-1:0]  load_pass_q;
  reg  [BEAT_W-1:0]  last_beat_q;
  reg  [LANE_W-1:0]  last_lane_q;  // of the last pass
  reg  [PASS_W-1:0]  last_pass_q;
  wire               load = s_a_valid && s_a_ready;
  wire               col_last = s_a_data[COLUMN_W];
  wire               loaded = load && col_last && s_a_data[COLUMN_W+1];
  wire               lanes_full = load_lane_q == LAST_LANE[LANE_W-1:0];
  wire               freed;

  assign s_a_ready    = !loaded_q;
  assign vector_there = loaded_q;

  always @(posedge clk) begin
    if (rst) loaded_q <= 1'b0;
    else loaded_q <= (loaded_q || loaded) && !freed;
  end

  always @(posedge clk) begin
    if (rst) load_beat_q <= {BEAT_W{1'b0}};
    else if (load) load_beat_q <= col_last ? {BEAT_W{1'b0}} : load_beat_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst || loaded) begin
      load_lane_q <= {LANE_W{1'b0}};
      load_pass_q <= {PASS_W{1'b0}};
    end else if (load && col_last) begin
      load_lane_q <= lanes_full ? {LANE_W{1'b0}} : load_lane_q + 1'b1;
      if (lanes_full) load_pass_q <= load_pass_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (load && col_last) begin
      last_beat_q <= load_beat_q;
      last_lane_q <= load_lane_q;
      last_pass_q <= load_pass_q;
    end
  end

  // A weight beat is issued in each pass of the vector, and taken with the last one.
  reg  [BEAT_W-1:0] beat_q;
  reg  [PASS_W-1:0] pass_q;
  reg               pass_end_q;  // pass_q is the last one, where go_q
  reg               tile_end_q;  // beat_q is the last one, where go_q
  reg               pass_end_d;
  reg               go_q;
  reg  [       1:0] banks_q;  // of results that are spoken for
  reg               bank_q;
  wire              empty;  // a bank was read
  wire              issue = s_w_valid && go_q;
  wire              pass_end = PASSES == 1 || pass_end_q;
  wire              take = issue && pass_end;
  wire              tile_taken = take && tile_end_q;
  wire [BEAT_W-1:0] next_beat = beat_q + 1'b1;
  wire [PASS_W-1:0] next_pass = pass_q + 1'b1;
  wire              w_free = s_w_data[WIDE_W+GROUP_W];
  wire [       1:0] banks_wait = banks_q - {1'b0, empty};  // if no beat is taken; what a valid decides comes last
  wire [       1:0] banks_take = banks_wait + {1'b0, tile_end_q};
  wire              tile_end_wait = beat_q == last_beat_q;
  wire              tile_end_take = tile_end_q ? last_beat_q == {BEAT_W{1'b0}} : next_beat == last_beat_q;
  wire              go_wait = !(tile_end_wait && banks_wait[1]);
  wire              go_take = !(tile_end_q && w_free) && !(tile_end_take && banks_take[1]);
  wire [ T_PAR-1:0] beyond = {T_PAR{1'b1}} << 1 << last_lane_q;  // lanes that the last pass leaves

  assign s_w_ready  = go_q && pass_end;
  assign freed      = tile_taken && w_free;
  assign place_free = !(tile_end_q && banks_q[1]);

  always @* begin
    pass_end_d = pass_q == last_pass_q;
    if (issue) pass_end_d = pass_end ? last_pass_q == {PASS_W{1'b0}} : next_pass == last_pass_q;
  end

  always @(posedge clk) begin
    pass_end_q <= pass_end_d;
    tile_end_q <= take ? tile_end_take : tile_end_wait;
  end

  always @(posedge clk) begin
    if (rst) go_q <= 1'b0;
    else go_q <= loaded_q && (take ? go_take : go_wait);
  end

  always @(posedge clk) begin
    if (rst) begin
      beat_q <= {BEAT_W{1'b0}};
      pass_q <= {PASS_W{1'b0}};
    end else if (issue) begin
      pass_q <= pass_end ? {PASS_W{1'b0}} : next_pass;
      if (pass_end) beat_q <= tile_end_q ? {BEAT_W{1'b0}} : next_beat;
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      banks_q <= 2'd0;
      bank_q  <= 1'b0;
    end else begin
      banks_q <= take ? banks_take : banks_wait;
      bank_q  <= bank_q ^ tile_taken;
    end
  end

  // The way of a weight beat: p0 beside the memory's output, p1 before tern_dot, then the sum.
  localparam STAGES = 2 + DOT;
  localparam MARK_W = 5 + PASS_W + GROUP_W + LANE_W;
  reg  [          WIDE_W-1:0] p0_w_q;
  reg  [          WIDE_W-1:0] p1_w_q;
  reg  [          STAGES-1:0] valid_q;  // last highest
  reg  [   STAGES*MARK_W-1:0] marks_q;
  wire                        add = valid_q[STAGES-1];
  wire                        add_opens;
  wire                        add_closes;
  wire                        add_end;  // the last pass of a tile
  wire                        add_free;
  wire                        add_bank;
  wire [          PASS_W-1:0] add_pass;
  wire [         GROUP_W-1:0] add_groups;
  wire [          LANE_W-1:0] add_lane;  // the last one
  wire                        dot_bad;
  reg                         bad_q;

  assign {add_opens, add_closes, add_end, add_free, add_bank, add_pass, add_groups, add_lane} =
      marks_q[(STAGES-1)*MARK_W+:MARK_W];
  assign bad = bad_q;

  always @(posedge clk) begin
    if (rst) begin
      valid_q <= {STAGES{1'b0}};
      bad_q   <= 1'b0;
    end else begin
      valid_q <= {valid_q[STAGES-2:0], issue};
      bad_q   <= add && dot_bad;
    end
  end

  always @(posedge clk) begin
    p0_w_q  <= s_w_data[WIDE_W-1:0];
    p1_w_q  <= p0_w_q;
    marks_q <= {
      marks_q[(STAGES-1)*MARK_W-1:0],
      beat_q == {BEAT_W{1'b0}},
      tile_end_q,
      tile_end_q && pass_end,
      w_free,
      bank_q,
      pass_q,
      s_w_data[WIDE_W+:GROUP_W],
      last_lane_q
    };
  end

  wire [  T_PAR*COLUMN_W-1:0] p1_x;
  wire [T_PAR*OUTS*DOT_W-1:0] dots;
  wire [            OUTS-1:0] minus;
  wire                        rd_bank;
  wire [          PASS_W-1:0] rd_pass;
  wire [         GROUP_W-1:0] rd_group;
  wire [   T_PAR*8*SUM_W-1:0] eights;

  tern_dot #(
      .OUTS (OUTS),
      .CB   (CB),
      .T_PAR(T_PAR)
  ) u_dot (
      .clk  (clk),
      .en   (1'b1),
      .x    (p1_x),
      .w    (p1_w_q),
      .y    (dots),
      .minus(minus),
      .bad  (dot_bad)
  );

  genvar c;
  generate
    for (c = 0; c < T_PAR; c = c + 1) begin : g_lane
      localparam [31:0] LANE = c;

      tern_linear_lane #(
          .OUTS  (OUTS),
          .PASSES(PASSES),
          .BEATS (BEATS)
      ) u_lane (
          .clk      (clk),
          .rst      (rst),
          .load     (load && load_lane_q == LANE[LANE_W-1:0]),
          .load_addr({load_pass_q, load_beat_q}),
          .load_q   (s_a_data[COLUMN_W-1:0]),
          .issue    (issue && !(pass_end && beyond[c])),
          .addr     ({pass_q, beat_q}),
          .x        (p1_x[c*COLUMN_W+:COLUMN_W]),
          .dots     (dots[c*OUTS*DOT_W+:OUTS*DOT_W]),
          .minus    (minus),
          .add      (add),
          .opens    (add_opens),
          .closes   (add_closes),
          .bank     (add_bank),
          .pass     (add_pass),
          .rd_bank  (rd_bank),
          .rd_pass  (rd_pass),
          .rd_group (rd_group),
          .eight    (eights[c*8*SUM_W+:8*SUM_W])
      );
    end
  endgenerate

  tern_linear_out #(
      .T_PAR  (T_PAR),
      .PASS_W (PASS_W),
      .GROUP_W(GROUP_W)
  ) u_out (
      .clk      (clk),
      .rst      (rst),
      .ends     (add && add_end),
      .bank     (add_bank),
      .last_pass(add_pass),
      .last_lane(add_lane),
      .groups   (add_groups),
      .free     (add_free),
      .empty    (empty),
      .rd_bank  (rd_bank),
      .rd_pass  (rd_pass),
      .rd_group (rd_group),
      .eights   (eights),
      .m_valid  (m_valid),
      .m_ready  (m_ready),
      .m_data   (m_data)
  );

  generate
    if (WIDE_W < 512 || (WIDE_W & (WIDE_W - 1)) != 0) begin : g_bad_width
      tern_linear_WIDE_W_must_be_a_power_of_two_from_512 u_error ();
    end
    if (T_PAR < 1 || T_PAR * PASSES != T_COLS || PASSES < 1 || (PASSES & (PASSES - 1)) != 0) begin : g_bad_cols
      tern_linear_T_COLS_must_be_T_PAR_times_a_power_of_two u_error ();
    end
    if (BEATS < 2 || (BEATS & (BEATS - 1)) != 0) begin : g_bad_beats
      tern_linear_BEATS_must_be_a_power_of_two_from_2 u_error ();
    end
    if (SUM_W != 21) begin : g_bad_format
      tern_linear_is_made_for_sums_of_21_bits u_error ();
    end
  endgenerate

  `CHECK(!load || col_last || load_beat_q != {BEAT_W{1'b1}}, "a column has more than BEATS beats")
  `CHECK(!load || !col_last || s_a_data[COLUMN_W+1] || !lanes_full || load_pass_q != LAST_PASS[PASS_W-1:0],
         "a vector has more than T_COLS columns")
  `CHECK(!load || !col_last || (load_lane_q == {LANE_W{1'b0}} && load_pass_q == {PASS_W{1'b0}}) ||
         load_beat_q == last_beat_q, "columns of a vector differ in length")
  `CHECK(!tile_taken || {{32 - GROUP_W{1'b0}}, s_w_data[WIDE_W+:GROUP_W]} < OUTS / 8, "a tile has more groups of rows than OUTS / 8")
  `CHECK(!go_q || (pass_end == (PASSES == 1 || pass_q == last_pass_q) && tile_end_q == (beat_q == last_beat_q)),
         "pass_end_q or tile_end_q is not what the counters say")

endmodule

`default_nettype wire
