// SPDX-License-Identifier: Apache-2.0
//
// m2_linear - matrix product: ROWS rows by INPUTS inputs a weight beat, for up to T_COLS columns, T_PAR at a time.
//
// Function     : sum[c][r] = sum over a tile's beats k of dot[c][r][k] * scale[r][k]: dot as m2_dot, of the beat's
//                weights with beat k of column c; scale = 2^s1 + 2^s2 where ADDITIVE, else 1.
// Format       : s_a_data {vec_last, col_last, shifts, q}, first group and q lowest: beats 0.. of column 0, then of
//                column 1, ..; col_last ends a column; vec_last with it a vector of 1 to T_COLS columns, equally long.
//                s_w_data {free, last, {s2, s1} (3 bits each) of each row where ADDITIVE, weights as m2_dot}: `last`
//                ends a tile, `free` with it the use of a vector; weights beyond the matrix's inputs are 0. m_data, a
//                beat for each tile and pass p (columns p*T_PAR ..): {free, last of the tile, last lane of the pass,
//                sums}: sum[p*T_PAR + l][r], signed ACC_W bits, at [(l*ROWS + r)*ACC_W]; exact while the sums fit into
//                ACC_W, and wraps beyond; lanes above the last one hold anything.
// Latency      : 6 + clog2(ACT_GROUP) + clog2(INPUTS // ACT_GROUP) + ADDITIVE; from a tile's last weight beat
// Throughput   : variable: takes a weight beat in ceil(columns / T_PAR) cycles, across tiles and vectors, while a tile
//                has at least (Latency + 1) / QUEUE beats and the next vector is loaded in time.
// Back-pressure: registered ready of both inputs; takes QUEUE output beats while the output is stalled, and two vectors
//                ahead.
// Golden       : golden.mamba2.integer.linear.sums
// Test         : tests/rtl/test_m2_linear.py
//
// Why: weight beats enter only while the queue has a place for their tile, so the arithmetic never stops. A weight beat
// waits in front of the unit for its passes, and lanes without a column hold their operands and, where no column of the
// vector is theirs, their registers. Each lane's memory has two halves: a vector is loaded while the one before is
// used.

`default_nettype none
`include "checks.vh"

module m2_linear #(
    parameter ROWS        = 4,   // rows in a weight beat, >= 1
    parameter INPUTS      = 32,  // inputs in a weight beat, a multiple of ACT_GROUP
    parameter T_COLS      = 1,   // most token columns of a vector, T_PAR times a power of two
    parameter T_PAR       = 1,   // token columns that share a weight beat's cycle, >= 1
    parameter ACT_GROUP   = 8,   // neighbouring activations that share a shift, 1..INPUTS
    parameter WEIGHT_BITS = 4,   // width of a weight [bits], 2..8
    parameter ACT_BITS    = 4,   // width of an activation [bits], 2..8
    parameter MAX_SHIFT   = 15,  // greatest shift of an activation, 1..15
    parameter ADDITIVE    = 1,   // 1: a scale 2^s1 + 2^s2 a row and beat, 0: none
    parameter BEATS       = 64,  // greatest number of beats of a column, a power of two >= 2
    parameter QUEUE       = 16,  // output beats that the unit holds, a power of two, 2..32
    parameter ACC_W       = 48,  // width of a sum [bits], >= that of a scaled dot product
    // Follows from the others, not to be set: bits of the number of a lane.
    parameter LANE_W      = (T_PAR > 1) ? $clog2(T_PAR) : 1
) (
    input  wire                                                                clk,
    input  wire                                                                rst,
    input  wire                                                                s_a_valid,
    output wire                                                                s_a_ready,
    input  wire [INPUTS*ACT_BITS+INPUTS/ACT_GROUP*$clog2(MAX_SHIFT+1)+1:0] s_a_data,
    input  wire                                                                s_w_valid,
    output wire                                                                s_w_ready,
    input  wire [               ROWS*INPUTS*WEIGHT_BITS+6*ROWS*ADDITIVE+1:0] s_w_data,
    output wire                                                                m_valid,
    input  wire                                                                m_ready,
    output wire [                               T_PAR*ROWS*ACC_W+LANE_W+1:0] m_data,
    output wire                                                                vector_there,  // a vector is loaded
    output wire                                                                place_free     // the output has room
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
  localparam PASSES = T_COLS / T_PAR;
  localparam PASS_W = (PASSES > 1) ? $clog2(PASSES) : 1;
  localparam ADDR_W = 1 + $clog2(PASSES) + BEAT_W;
  localparam SUMS_W = T_PAR * ROWS * ACC_W;
  localparam LEVEL_W = $clog2(QUEUE) + 1;
  localparam [31:0] LAST_LANE_BITS = T_PAR - 1;
  localparam [31:0] LAST_PASS_BITS = PASSES - 1;
  localparam LANES_A_DOT = (T_PAR % 2 == 0 && WEIGHT_BITS + ACT_BITS > 8) ? 2 : 1;
  localparam [31:0] QUEUE_BITS = QUEUE;
  localparam [LEVEL_W-1:0] ONE_PLACE = 1;

  // Vectors: loaded into one half while the other one is used.
  reg  [       1:0] full_q;  // halves that hold a vector
  reg               load_half_q;
  reg               use_half_q;
  reg  [BEAT_W-1:0] load_beat_q;
  reg  [LANE_W-1:0] load_lane_q;
  reg  [PASS_W-1:0] load_pass_q;
  reg  [BEAT_W-1:0] use_beat_q;
  reg  [PASS_W-1:0] use_pass_q;
  reg  [LANE_W-1:0] last_lane0_q;  // of the vector in half 0: last lane of its last pass
  reg  [LANE_W-1:0] last_lane1_q;
  reg  [PASS_W-1:0] last_pass0_q;  // its last pass
  reg  [PASS_W-1:0] last_pass1_q;
  wire              load = s_a_valid && s_a_ready;
  wire              load_last = s_a_data[WORD_W];
  wire              lanes_full = load_lane_q == LAST_LANE_BITS[LANE_W-1:0];
  wire              loaded = load && load_last && s_a_data[WORD_W+1];
  reg               load_free_q;  // the half to be loaded is empty, and was so in the cycle before

  // A weight beat is issued in each pass of the vector, and taken with the last one.
  reg                there_q;     // the half in use holds a vector, and did so in the cycle before
  reg                pass_end_q;  // use_pass_q is its last pass, where there_q
  reg  [LEVEL_W-1:0] places_q;    // places in the queue that no pass of a tile has reserved
  reg                place_q;     // there is one
  reg                ready_q;     // all three
  wire               go = vector_there && place_free;
  wire               issue = s_w_valid && go;
  wire [ LANE_W-1:0] last_lane = use_half_q ? last_lane1_q : last_lane0_q;
  wire [ PASS_W-1:0] last_pass = use_half_q ? last_pass1_q : last_pass0_q;
  wire [ PASS_W-1:0] other_pass = use_half_q ? last_pass0_q : last_pass1_q;
  wire [ PASS_W-1:0] next_pass = use_pass_q + 1'b1;
  wire               pass_end = PASSES == 1 || pass_end_q;
  wire [  T_PAR-1:0] beyond = {T_PAR{1'b1}} << 1 << last_lane;  // lanes that the last pass leaves
  wire               w_last = s_w_data[WEIGHTS_W+SCALES_W];
  wire               w_free = s_w_data[WEIGHTS_W+SCALES_W+1];
  wire               freed = issue && pass_end && w_free;
  wire               reserve = issue && w_last;
  reg                give_back_q;  // a tile left the queue in the cycle before
  wire               there_d = full_q[use_half_q^freed];
  wire               place_d = give_back_q || (reserve ? places_q != ONE_PLACE : place_q);
  reg                pass_end_d;

  assign s_a_ready    = load_free_q;
  assign vector_there = there_q;
  assign place_free   = place_q;
  assign s_w_ready    = ready_q;

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
    if (rst) begin
      load_free_q <= 1'b0;
      there_q     <= 1'b0;
    end else begin
      load_free_q <= !full_q[load_half_q^loaded];
      there_q     <= there_d;
    end
  end

  always @* begin
    pass_end_d = use_pass_q == last_pass;
    if (issue && !pass_end) pass_end_d = next_pass == last_pass;
    if (issue && pass_end) pass_end_d = (w_free ? other_pass : last_pass) == {PASS_W{1'b0}};
  end

  always @(posedge clk) begin
    pass_end_q <= pass_end_d;
  end

  always @(posedge clk) begin
    if (rst) ready_q <= 1'b0;
    else ready_q <= there_d && place_d && (PASSES == 1 || pass_end_d);
  end

  always @(posedge clk) begin
    if (rst) load_beat_q <= {BEAT_W{1'b0}};
    else if (load) load_beat_q <= load_last ? {BEAT_W{1'b0}} : load_beat_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst || loaded) begin
      load_lane_q <= {LANE_W{1'b0}};
      load_pass_q <= {PASS_W{1'b0}};
    end else if (load && load_last) begin
      load_lane_q <= lanes_full ? {LANE_W{1'b0}} : load_lane_q + 1'b1;
      if (lanes_full) load_pass_q <= load_pass_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (loaded && !load_half_q) begin
      last_lane0_q <= load_lane_q;
      last_pass0_q <= load_pass_q;
    end
    if (loaded && load_half_q) begin
      last_lane1_q <= load_lane_q;
      last_pass1_q <= load_pass_q;
    end
  end

  always @(posedge clk) begin
    if (rst) use_pass_q <= {PASS_W{1'b0}};
    else if (issue) use_pass_q <= pass_end ? {PASS_W{1'b0}} : use_pass_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) use_beat_q <= {BEAT_W{1'b0}};
    else if (issue && pass_end) use_beat_q <= w_last ? {BEAT_W{1'b0}} : use_beat_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) give_back_q <= 1'b0;
    else give_back_q <= m_valid && m_ready;
  end

  always @(posedge clk) begin
    if (rst) places_q <= QUEUE_BITS[LEVEL_W-1:0];
    else if (reserve && !give_back_q) places_q <= places_q - 1'b1;
    else if (give_back_q && !reserve) places_q <= places_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) place_q <= 1'b1;
    else place_q <= place_d;
  end

  // Addresses in the lanes' memories: {half, pass, beat}.
  wire [ADDR_W-1:0] load_addr;
  wire [ADDR_W-1:0] use_addr;

  generate
    if (PASSES > 1) begin : g_addr
      assign load_addr = {load_half_q, load_pass_q, load_beat_q};
      assign use_addr  = {use_half_q, use_pass_q, use_beat_q};
    end else begin : g_addr_one
      assign load_addr = {load_half_q, load_beat_q};
      assign use_addr  = {use_half_q, use_beat_q};
    end
  endgenerate

  // The way of a weight beat: p0 beside the memory's output, p1 before the multipliers, then m2_dot, scale, sum.
  localparam STAGES = 2 + DOT + ADDITIVE;  // before the sum
  localparam MARKS_W = LANE_W + PASS_W + 4;
  reg  [       WEIGHTS_W-1:0] p0_w_q;
  reg  [       WEIGHTS_W-1:0] p1_w_q;
  reg  [  STAGES*MARKS_W-1:0] marks_q;  // of each stage, last highest
  reg  [          LANE_W+1:0] tags_q;   // of the sums
  reg                         done_q;   // the sums are those of a tile's pass
  wire [         MARKS_W-1:0] marks = {
    w_free && pass_end, pass_end, pass_end ? last_lane : LAST_LANE_BITS[LANE_W-1:0], use_pass_q,
    use_beat_q == {BEAT_W{1'b0}}, w_last
  };
  wire [         MARKS_W-1:0] add_marks = marks_q[(STAGES-1)*MARKS_W+:MARKS_W];
  wire                        add_last = add_marks[0];
  wire                        add_first = add_marks[1];
  wire [          PASS_W-1:0] add_pass = add_marks[2+:PASS_W];
  wire [           T_PAR-1:0] lane_add;  // lanes whose term is to be summed; lane 0 is in every pass

  always @(posedge clk) begin
    p0_w_q  <= s_w_data[WEIGHTS_W-1:0];
    p1_w_q  <= p0_w_q;
    marks_q <= {marks_q[(STAGES-1)*MARKS_W-1:0], marks};
    tags_q  <= add_marks[MARKS_W-1:2+PASS_W];
  end

  always @(posedge clk) begin
    if (rst) done_q <= 1'b0;
    else done_q <= lane_add[0] && add_last;
  end

  wire [T_PAR*ROWS*TERM_W-1:0] terms;
  wire [           SUMS_W-1:0] sums;
  wire [ T_PAR*ROWS*DOT_W-1:0] dots;
  wire [     T_PAR*WORD_W-1:0] p0_words;
  wire [           T_PAR-1:0] dot_en;  // lanes whose dot product is at work
  wire [           T_PAR-1:0] lane_p0;  // lanes that p0_words has just been read for
  wire [           T_PAR-1:0] scale_en;  // lanes whose dot product is to be scaled

  genvar c, r;
  generate
    for (c = 0; c < T_PAR; c = c + 1) begin : g_lane
      localparam [31:0] LANE = c;
      reg  [STAGES-1:0] valid_q;  // of each stage, of this lane
      wire              on = issue && (!pass_end || !beyond[c]);

      assign lane_add[c] = valid_q[STAGES-1];
      assign scale_en[c] = valid_q[1+DOT];
      assign lane_p0[c]  = valid_q[0];

      always @(posedge clk) begin
        if (rst) valid_q <= {STAGES{1'b0}};
        else valid_q <= {valid_q[STAGES-2:0], on};
      end

      mem_sdp #(
          .DATA_W(WORD_W),
          .DEPTH (2 * PASSES * BEATS)
      ) u_mem (
          .clk    (clk),
          .wr_en  (load && load_lane_q == LANE[LANE_W-1:0]),
          .wr_addr(load_addr),
          .wr_data(s_a_data[WORD_W-1:0]),
          .rd_en  (on),
          .rd_addr(use_addr),
          .rd_data(p0_words[c*WORD_W+:WORD_W])
      );

      if (T_PAR > 1) begin : g_still
        reg active_q;  // something is in m2_dot, or comes

        always @(posedge clk) begin
          active_q <= |valid_q[DOT-1:0];
        end

        assign dot_en[c] = active_q;
      end else begin : g_free
        assign dot_en[c] = 1'b1;
      end
    end

    // Products that need DSP slices are made in pairs. The lower lane of a pair is at work whenever the other one is; the
    // other one multiplies zeros where it has no column.
    for (c = 0; c < T_PAR; c = c + LANES_A_DOT) begin : g_dot
      reg [WORD_W-1:0] p1_word_q;

      always @(posedge clk) begin
        p1_word_q <= p0_words[c*WORD_W+:WORD_W];
      end

      if (LANES_A_DOT == 2) begin : g_pair
        reg  [INPUTS*(ACT_BITS+1)-1:0] p1_high_q;
        reg  [         WORD_W-Q_W-1:0] p1_shifts_q;
        wire                           unused_lane = &{dot_en[c+1], lane_p0[c]};

        for (r = 0; r < INPUTS; r = r + 1) begin : g_input
          wire [ACT_BITS-1:0] high = p0_words[(c+1)*WORD_W+r*ACT_BITS+:ACT_BITS];
          wire                low_negative = p0_words[c*WORD_W+(r+1)*ACT_BITS-1];

          always @(posedge clk) begin
            if (!lane_p0[c+1]) p1_high_q[r*(ACT_BITS+1)+:ACT_BITS+1] <= {ACT_BITS + 1{1'b0}};
            else p1_high_q[r*(ACT_BITS+1)+:ACT_BITS+1] <= {high[ACT_BITS-1], high} - {{ACT_BITS{1'b0}}, low_negative};
          end
        end

        always @(posedge clk) begin
          p1_shifts_q <= p0_words[(c+1)*WORD_W+Q_W+:WORD_W-Q_W];
        end

        m2_dot_pair #(
            .ROWS       (ROWS),
            .INPUTS     (INPUTS),
            .ACT_GROUP  (ACT_GROUP),
            .WEIGHT_BITS(WEIGHT_BITS),
            .ACT_BITS   (ACT_BITS),
            .MAX_SHIFT  (MAX_SHIFT)
        ) u_dot (
            .clk(clk),
            .en (dot_en[c]),
            .a0 (p1_word_q[0+:Q_W]),
            .a1 (p1_high_q),
            .s0 (p1_word_q[WORD_W-1:Q_W]),
            .s1 (p1_shifts_q),
            .w  (p1_w_q),
            .y0 (dots[c*ROWS*DOT_W+:ROWS*DOT_W]),
            .y1 (dots[(c+1)*ROWS*DOT_W+:ROWS*DOT_W])
        );
      end else begin : g_single
        wire unused_lane_p0 = lane_p0[c];

        m2_dot #(
            .ROWS       (ROWS),
            .INPUTS     (INPUTS),
            .ACT_GROUP  (ACT_GROUP),
            .WEIGHT_BITS(WEIGHT_BITS),
            .ACT_BITS   (ACT_BITS),
            .MAX_SHIFT  (MAX_SHIFT)
        ) u_dot (
            .clk(clk),
            .en (dot_en[c]),
            .a  (p1_word_q[0+:Q_W]),
            .s  (p1_word_q[WORD_W-1:Q_W]),
            .w  (p1_w_q),
            .y  (dots[c*ROWS*DOT_W+:ROWS*DOT_W])
        );
      end
    end

    if (ADDITIVE != 0) begin : g_additive
      localparam LATE = 2 + DOT;
      reg  [LATE*SCALES_W-1:0] late_q;  // scales beside p0, p1 and m2_dot's stages, last highest
      wire [     SCALES_W-1:0] scales = late_q[(LATE-1)*SCALES_W+:SCALES_W];

      always @(posedge clk) begin
        late_q <= {late_q[(LATE-1)*SCALES_W-1:0], s_w_data[WEIGHTS_W+:SCALES_W]};
      end

      for (c = 0; c < T_PAR * ROWS; c = c + 1) begin : g_scale
        wire signed [ DOT_W-1:0] dot = dots[c*DOT_W+:DOT_W];
        wire signed [TERM_W-1:0] wide = {{8{dot[DOT_W-1]}}, dot};
        wire        [       2:0] s1 = scales[c%ROWS*6+:3];
        wire        [       2:0] s2 = scales[c%ROWS*6+3+:3];
        reg         [TERM_W-1:0] term_q;

        always @(posedge clk) begin
          if (scale_en[c/ROWS]) term_q <= (wide << s1) + (wide << s2);
        end

        assign terms[c*TERM_W+:TERM_W] = term_q;
      end
    end else begin : g_plain
      wire unused_scale_en = |scale_en;

      assign terms = dots;
    end

    // Sums of each pass: registers where there is one pass, else distributed RAM beside the register of the last sum.
    for (c = 0; c < T_PAR; c = c + 1) begin : g_acc
      wire [ROWS*ACC_W-1:0] old_sums;
      wire [ROWS*ACC_W-1:0] new_sums;
      reg  [ROWS*ACC_W-1:0] acc_q;

      for (r = 0; r < ROWS; r = r + 1) begin : g_row
        wire [TERM_W-1:0] term = terms[(c*ROWS+r)*TERM_W+:TERM_W];
        wire [ ACC_W-1:0] wide = {{SIGNS{term[TERM_W-1]}}, term[TERM_W-2:0]};

        assign new_sums[r*ACC_W+:ACC_W] = (add_first ? {ACC_W{1'b0}} : old_sums[r*ACC_W+:ACC_W]) + wide;
      end

      always @(posedge clk) begin
        if (lane_add[c]) acc_q <= new_sums;
      end

      assign sums[c*ROWS*ACC_W+:ROWS*ACC_W] = acc_q;

      if (PASSES > 1) begin : g_passes
        mem_lutram #(
            .DATA_W(ROWS * ACC_W),
            .DEPTH (PASSES)
        ) u_sums (
            .clk    (clk),
            .wr_en  (lane_add[c]),
            .wr_addr(add_pass),
            .wr_data(new_sums),
            .rd_addr(add_pass),
            .rd_data(old_sums)
        );
      end else begin : g_pass
        assign old_sums = acc_q;
      end
    end

    if (PASSES == 1) begin : g_no_pass
      wire unused_add_pass = |add_pass;
    end
    if (ROWS < 1 || T_PAR < 1 || ADDITIVE < 0 || ADDITIVE > 1) begin : g_bad_size
      m2_linear_needs_ROWS_and_T_PAR_at_least_1_and_ADDITIVE_0_or_1 u_error ();
    end
    if (T_PAR * PASSES != T_COLS || PASSES < 1 || (PASSES & (PASSES - 1)) != 0) begin : g_bad_cols
      m2_linear_T_COLS_must_be_T_PAR_times_a_power_of_two u_error ();
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
      .DATA_W(SUMS_W + LANE_W + 2),
      .DEPTH (QUEUE)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(done_q),
      .s_ready(queue_ready),
      .s_data ({tags_q, sums}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .level  (unused_level)
  );

  wire unused_ready = queue_ready;

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(ready_q == (go && pass_end), "ready_q is not what there_q, place_q and pass_end_q say")
  `CHECK(place_q == (places_q != {LEVEL_W{1'b0}}), "place_q is not what places_q says")
  `CHECK(!load_free_q || !full_q[load_half_q], "a half is loaded that is full")
  `CHECK(!there_q || full_q[use_half_q] && pass_end == (PASSES == 1 || use_pass_q == last_pass), "a wrong last pass")
  `CHECK(!done_q || queue_ready, "a tile has no place in the queue")
  `CHECK(!freed || w_last, "a vector ends inside a tile")
  `CHECK(!load || load_last || load_beat_q != {BEAT_W{1'b1}}, "a column has more than BEATS beats")
  `CHECK(!load || !load_last || s_a_data[WORD_W+1] || !lanes_full || load_pass_q != LAST_PASS_BITS[PASS_W-1:0],
         "a vector has more than T_COLS columns")
  `CHECK(!issue || w_last || use_beat_q != {BEAT_W{1'b1}}, "a tile has more than BEATS beats")

endmodule

`default_nettype wire
