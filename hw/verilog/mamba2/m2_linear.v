// SPDX-License-Identifier: Apache-2.0
//
// m2_linear - matrix product at one weight beat a cycle: ROWS rows by INPUTS inputs for T_COLS token columns.
//
// Function     : sum[c][r] = sum over a tile's beats k of dot[c][r][k] * scale[r][k]: dot as m2_dot, of the beat's
//                weights with beat k of column c; scale = 2^s1 + 2^s2 where ADDITIVE, else 1.
// Format       : s_a_data {last, shifts, q}, first group and q lowest: beats 0.. of column 0, then of column 1, ..;
//                `last` ends a column; T_COLS columns, equally long, are a vector. s_w_data {free, last, {s2, s1} (3
//                bits each) of each row where ADDITIVE, weights as m2_dot}: `last` ends a tile, `free` ends the use of
//                a vector; weights beyond the matrix's inputs are 0. m_data: sum[c][r], signed ACC_W bits, at
//                [(c*ROWS + r)*ACC_W]; exact while the sums fit into ACC_W, and wraps beyond.
// Latency      : 6 + clog2(ACT_GROUP) + clog2(INPUTS // ACT_GROUP) + ADDITIVE; from a tile's last weight beat
// Throughput   : variable: takes a weight beat a cycle, across tiles and vectors, while a tile has at least
//                (Latency + 1) / QUEUE beats and the next vector is loaded in time.
// Back-pressure: registered ready of both inputs; takes QUEUE tiles while the output is stalled, and two vectors ahead.
// Golden       : golden.mamba2.integer.linear.sums
// Test         : tests/rtl/test_m2_linear.py
//
// Why: weight beats enter only while the queue has a place for their tile, so the arithmetic never stops and needs no
// clock enable, whose fan-out would be every multiplier. Each column's memory has two halves: a vector is loaded while
// the one before is used. A register stands behind the memory, because its words go to all rows.

`default_nettype none
`include "checks.vh"

module m2_linear #(
    parameter ROWS        = 4,   // rows in a weight beat, >= 1
    parameter INPUTS      = 32,  // inputs in a weight beat, a multiple of ACT_GROUP
    parameter T_COLS      = 1,   // token columns that share the weights, >= 1
    parameter ACT_GROUP   = 8,   // neighbouring activations that share a shift, 1..INPUTS
    parameter WEIGHT_BITS = 4,   // width of a weight [bits], 2..8
    parameter ACT_BITS    = 4,   // width of an activation [bits], 2..8
    parameter MAX_SHIFT   = 15,  // greatest shift of an activation, 1..15
    parameter ADDITIVE    = 1,   // 1: a scale 2^s1 + 2^s2 a row and beat, 0: none
    parameter BEATS       = 64,  // greatest number of beats of a column, a power of two >= 2
    parameter QUEUE       = 16,  // finished tiles that the output holds, a power of two, 2..32
    parameter ACC_W       = 48   // width of a sum [bits], >= that of a scaled dot product
) (
    input  wire                                                                clk,
    input  wire                                                                rst,
    input  wire                                                                s_a_valid,
    output wire                                                                s_a_ready,
    input  wire [INPUTS*ACT_BITS+INPUTS/ACT_GROUP*$clog2(MAX_SHIFT+1):0] s_a_data,
    input  wire                                                                s_w_valid,
    output wire                                                                s_w_ready,
    input  wire [               ROWS*INPUTS*WEIGHT_BITS+6*ROWS*ADDITIVE+1:0] s_w_data,
    output wire                                                                m_valid,
    input  wire                                                                m_ready,
    output wire [                                     T_COLS*ROWS*ACC_W-1:0] m_data
);

  localparam Q_W = INPUTS * ACT_BITS;
  localparam WORD_W = Q_W + INPUTS / ACT_GROUP * $clog2(MAX_SHIFT + 1);
  localparam WEIGHTS_W = ROWS * INPUTS * WEIGHT_BITS;
  localparam SCALES_W = 6 * ROWS * ADDITIVE;
  localparam DOT = 2 + $clog2(ACT_GROUP) + $clog2(INPUTS / ACT_GROUP);  // stages of m2_dot
  localparam DOT_W = WEIGHT_BITS + ACT_BITS + $clog2(ACT_GROUP) + MAX_SHIFT + $clog2(INPUTS / ACT_GROUP);
  localparam TERM_W = DOT_W + 8 * ADDITIVE;
  localparam SIGNS = (ACC_W < TERM_W) ? 1 : ACC_W - TERM_W + 1;
  localparam BEAT_W = $clog2(BEATS);
  localparam COL_W = $clog2(T_COLS + 1);
  localparam LEVEL_W = $clog2(QUEUE) + 1;
  localparam [31:0] LAST_COL_BITS = T_COLS - 1;
  localparam [31:0] QUEUE_BITS = QUEUE;

  // Vectors: loaded into one half while the other one is used.
  reg  [       1:0] full_q;  // halves that hold a vector
  reg               load_half_q;
  reg               use_half_q;
  reg  [BEAT_W-1:0] load_beat_q;
  reg  [ COL_W-1:0] load_col_q;
  reg  [BEAT_W-1:0] use_beat_q;
  wire              load = s_a_valid && s_a_ready;
  wire              load_last = s_a_data[WORD_W];
  wire              loaded = load && load_last && load_col_q == LAST_COL_BITS[COL_W-1:0];
  wire              take = s_w_valid && s_w_ready;
  wire              take_last = s_w_data[WEIGHTS_W+SCALES_W];
  wire              freed = take && s_w_data[WEIGHTS_W+SCALES_W+1];

  assign s_a_ready = !full_q[load_half_q];

  always @(posedge clk) begin
    if (rst) full_q <= 2'b00;
    else full_q <= (full_q | {loaded && load_half_q, loaded && !load_half_q}) &
        ~{freed && use_half_q, freed && !use_half_q};
  end

  always @(posedge clk) begin
    if (rst) begin
      load_half_q <= 1'b0;
      use_half_q  <= 1'b0;
    end else begin
      load_half_q <= load_half_q ^ loaded;
      use_half_q  <= use_half_q ^ freed;
    end
  end

  always @(posedge clk) begin
    if (rst) load_beat_q <= {BEAT_W{1'b0}};
    else if (load) load_beat_q <= load_last ? {BEAT_W{1'b0}} : load_beat_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst || loaded) load_col_q <= {COL_W{1'b0}};
    else if (load && load_last) load_col_q <= load_col_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) use_beat_q <= {BEAT_W{1'b0}};
    else if (take) use_beat_q <= take_last ? {BEAT_W{1'b0}} : use_beat_q + 1'b1;
  end

  // Places in the queue that no tile has reserved. A tile enters while there is one, and takes it with its last beat.
  reg  [LEVEL_W-1:0] places_q;
  wire               reserve = take && take_last;
  wire               give_back = m_valid && m_ready;

  assign s_w_ready = full_q[use_half_q] && places_q != {LEVEL_W{1'b0}};

  always @(posedge clk) begin
    if (rst) places_q <= QUEUE_BITS[LEVEL_W-1:0];
    else if (reserve && !give_back) places_q <= places_q - 1'b1;
    else if (give_back && !reserve) places_q <= places_q + 1'b1;
  end

  // The way of a weight beat: p0 beside the memory's output, p1 before the multipliers, then m2_dot, scale, sum.
  localparam STAGES = 2 + DOT + ADDITIVE;  // before the sum
  reg [WEIGHTS_W-1:0] p0_w_q;
  reg [WEIGHTS_W-1:0] p1_w_q;
  reg [   STAGES-1:0] valid_q;
  reg [   STAGES-1:0] last_q;
  reg                 first_q;  // the next beat to be summed begins a tile
  reg                 done_q;   // the sums are a tile's
  wire                add = valid_q[STAGES-1];
  wire                add_last = last_q[STAGES-1];

  always @(posedge clk) begin
    p0_w_q <= s_w_data[WEIGHTS_W-1:0];
    p1_w_q <= p0_w_q;
    last_q <= {last_q[STAGES-2:0], take_last};
  end

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else valid_q <= {valid_q[STAGES-2:0], take};
  end

  always @(posedge clk) begin
    if (rst) first_q <= 1'b1;
    else if (add) first_q <= add_last;
  end

  always @(posedge clk) begin
    if (rst) done_q <= 1'b0;
    else done_q <= add && add_last;
  end

  wire [T_COLS*ROWS*TERM_W-1:0] terms;
  wire [ T_COLS*ROWS*ACC_W-1:0] sums;
  wire [  T_COLS*ROWS*DOT_W-1:0] dots;

  genvar c, r;
  generate
    for (c = 0; c < T_COLS; c = c + 1) begin : g_col
      localparam [31:0] COL = c;
      wire [WORD_W-1:0] p0_word;
      reg  [WORD_W-1:0] p1_word_q;

      mem_sdp #(
          .DATA_W(WORD_W),
          .DEPTH (2 * BEATS)
      ) u_mem (
          .clk    (clk),
          .wr_en  (load && load_col_q == COL[COL_W-1:0]),
          .wr_addr({load_half_q, load_beat_q}),
          .wr_data(s_a_data[WORD_W-1:0]),
          .rd_en  (1'b1),
          .rd_addr({use_half_q, use_beat_q}),
          .rd_data(p0_word)
      );

      always @(posedge clk) begin
        p1_word_q <= p0_word;
      end

      m2_dot #(
          .ROWS       (ROWS),
          .INPUTS     (INPUTS),
          .ACT_GROUP  (ACT_GROUP),
          .WEIGHT_BITS(WEIGHT_BITS),
          .ACT_BITS   (ACT_BITS),
          .MAX_SHIFT  (MAX_SHIFT)
      ) u_dot (
          .clk(clk),
          .en (1'b1),
          .a  (p1_word_q[0+:Q_W]),
          .s  (p1_word_q[WORD_W-1:Q_W]),
          .w  (p1_w_q),
          .y  (dots[c*ROWS*DOT_W+:ROWS*DOT_W])
      );
    end

    if (ADDITIVE != 0) begin : g_additive
      localparam LATE = 2 + DOT;
      reg  [LATE*SCALES_W-1:0] late_q;  // scales beside p0, p1 and m2_dot's stages, last highest
      wire [     SCALES_W-1:0] scales = late_q[(LATE-1)*SCALES_W+:SCALES_W];

      always @(posedge clk) begin
        late_q <= {late_q[(LATE-1)*SCALES_W-1:0], s_w_data[WEIGHTS_W+:SCALES_W]};
      end

      for (c = 0; c < T_COLS * ROWS; c = c + 1) begin : g_scale
        wire signed [ DOT_W-1:0] dot = dots[c*DOT_W+:DOT_W];
        wire signed [TERM_W-1:0] wide = {{8{dot[DOT_W-1]}}, dot};
        wire        [       2:0] s1 = scales[c%ROWS*6+:3];
        wire        [       2:0] s2 = scales[c%ROWS*6+3+:3];
        reg         [TERM_W-1:0] term_q;

        always @(posedge clk) begin
          term_q <= (wide << s1) + (wide << s2);
        end

        assign terms[c*TERM_W+:TERM_W] = term_q;
      end
    end else begin : g_plain
      assign terms = dots;
    end

    for (r = 0; r < T_COLS * ROWS; r = r + 1) begin : g_acc
      wire [TERM_W-1:0] term = terms[r*TERM_W+:TERM_W];
      wire [ ACC_W-1:0] wide = {{SIGNS{term[TERM_W-1]}}, term[TERM_W-2:0]};
      reg  [ ACC_W-1:0] acc_q;

      always @(posedge clk) begin
        if (add) acc_q <= (first_q ? {ACC_W{1'b0}} : acc_q) + wide;
      end

      assign sums[r*ACC_W+:ACC_W] = acc_q;
    end

    if (ROWS < 1 || T_COLS < 1 || ADDITIVE < 0 || ADDITIVE > 1) begin : g_bad_size
      m2_linear_needs_ROWS_and_T_COLS_at_least_1_and_ADDITIVE_0_or_1 u_error ();
    end
    if (BEATS < 2 || (BEATS & (BEATS - 1)) != 0) begin : g_bad_beats
      m2_linear_BEATS_must_be_a_power_of_two_from_2 u_error ();
    end
    if (QUEUE < 2 || QUEUE > 32 || (QUEUE & (QUEUE - 1)) != 0) begin : g_bad_queue
      m2_linear_QUEUE_must_be_a_power_of_two_from_2_to_32 u_error ();
    end
    if (ACC_W < TERM_W) begin : g_bad_acc
      m2_linear_ACC_W_must_hold_a_scaled_dot_product u_error ();
    end
  endgenerate

  wire queue_ready;
  wire [LEVEL_W-1:0] unused_level;

  strm_fifo #(
      .DATA_W(T_COLS * ROWS * ACC_W),
      .DEPTH (QUEUE)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(done_q),
      .s_ready(queue_ready),
      .s_data (sums),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .level  (unused_level)
  );

  wire unused_ready = queue_ready;

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!done_q || queue_ready, "a tile has no place in the queue")
  `CHECK(!freed || take_last, "a vector ends inside a tile")
  `CHECK(!load || load_last || load_beat_q != {BEAT_W{1'b1}}, "a column has more than BEATS beats")
  `CHECK(!take || take_last || use_beat_q != {BEAT_W{1'b1}}, "a tile has more than BEATS beats")

endmodule

`default_nettype wire
