// SPDX-License-Identifier: Apache-2.0
//
// m2_matmul - the linear layers of the Mamba2 accelerator: stored matrices times quantized activations, scaled.
//
// Function     : for each job of kind IN, OUT or HEAD: values of matrix times each column of the job's vector, golden's
//                linear, saturated. The matrix comes from w, the vector from ad (IN, HEAD) or ai (OUT). Other jobs are
//                dropped.
// Format       : job_data as m2_job.vh; w_data as m2_feed's; ad_data, ai_data as m2_linear's s_a_data. x (IN), o (OUT),
//                h (HEAD): 8 neighbouring rows of a token, {v7 .. v0} signed, row group by row group, token by token
//                (fastest). Rows of a matrix are padded with zeros to a multiple of ROWS; groups of 8 that are padding
//                alone do not leave.
// Latency      : variable: a row group leaves about 26 cycles after the last weight beat of its last tile
// Throughput   : variable: a beat of w a cycle where T_PAR columns suffice, ceil(columns / T_PAR) cycles a weight beat
//                elsewhere, while activations and sinks keep up
// Back-pressure: ready of job, ad, ai registered, w combinational of registers; a stalled sink stops the matrix when
//                the queue of QUEUE sums is full
// Golden       : golden.mamba2.integer.linear.linear
// Test         : tests/rtl/test_m2_matmul.py
//
// Why: loading, multiplying and collecting each take jobs from a queue of their own, so a vector is loaded while the
// one before is multiplied, and sums leave while the next matrix is read. Of the events exactly one is high in each
// cycle in which a matrix is at work, one cycle later.

`default_nettype none
`include "checks.vh"
`include "kr_m2_widths.vh"
`include "mamba2/m2_job.vh"

module m2_matmul #(
    parameter PROFILE = 0,    // number of the profile (kr_m2_widths.vh)
    parameter WIDE_W  = 512,  // width of a memory beat [bits]: ROWS * INPUTS weights, ROWS a power of two, 1..64
    parameter INPUTS  = 32,   // inputs in a weight beat, a power of two, 8..128
    parameter T_COLS  = 4,    // most tokens of a job, T_PAR times a power of two
    parameter T_PAR   = 2,    // tokens in parallel, a power of two
    parameter BEATS   = 16,   // greatest number of weight beats of a row, a power of two >= 2
    parameter QUEUE   = 8,    // sums of a tile's pass that wait to be scaled, a power of two, 2..32
    // Follow from the others, not to be set.
    parameter ROWS    = WIDE_W / (INPUTS * `KR_M2_CFG_WEIGHT_BITS(PROFILE)),
    parameter GROUP   = (`KR_M2_CFG_ACT_GROUP(PROFILE) != 0) ? `KR_M2_CFG_ACT_GROUP(PROFILE) : INPUTS,
    parameter ACT_W   = INPUTS * `KR_M2_CFG_ACT_BITS(PROFILE) + 4 * INPUTS / GROUP + 2,
    parameter VALUE_W = `KR_M2_CFG_VALUE_BITS(PROFILE)
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire [          15:0] c_kd,            // weight beats of a row of IN and HEAD
    input  wire [          15:0] c_ki,            // the same of OUT
    input  wire [          31:0] c_tiles_in,      // tiles of ROWS rows
    input  wire [          31:0] c_tiles_out,
    input  wire [          31:0] c_tiles_head,
    input  wire [          15:0] c_rows_in,       // groups of 8 rows
    input  wire [          15:0] c_d8,
    input  wire [          31:0] c_head_groups,
    input  wire                  job_valid,
    output wire                  job_ready,
    input  wire [          31:0] job_data,
    input  wire                  w_valid,
    output wire                  w_ready,
    input  wire [    WIDE_W-1:0] w_data,
    input  wire                  ad_valid,
    output wire                  ad_ready,
    input  wire [     ACT_W-1:0] ad_data,
    input  wire                  ai_valid,
    output wire                  ai_ready,
    input  wire [     ACT_W-1:0] ai_data,
    output wire                  x_valid,
    input  wire                  x_ready,
    output wire [8*VALUE_W-1:0] x_data,
    output wire                  o_valid,
    input  wire                  o_ready,
    output wire [8*VALUE_W-1:0] o_data,
    output wire                  h_valid,
    input  wire                  h_ready,
    output wire [8*VALUE_W-1:0] h_data,
    output wire                  beat,            // events: the multipliers work
    output wire                  stall_weights,   // they wait for a weight beat
    output wire                  stall_acts,      // they wait for a vector
    output wire                  stall_out        // they wait for room in the queue of sums
);

  localparam WEIGHT_BITS = `KR_M2_CFG_WEIGHT_BITS(PROFILE);
  localparam ADDITIVE = (`KR_M2_CFG_WEIGHT_SCALE(PROFILE) == 0) ? 1 : 0;
  localparam IN_ACC_W = `KR_M2_IN_PROJ_ACC_W(PROFILE);
  localparam OUT_ACC_W = `KR_M2_OUT_PROJ_ACC_W(PROFILE);
  localparam HEAD_ACC_W = `KR_M2_HEAD_ACC_W(PROFILE);
  localparam LAYER_ACC_W = (IN_ACC_W > OUT_ACC_W) ? IN_ACC_W : OUT_ACC_W;
  localparam ACC_W = (LAYER_ACC_W > HEAD_ACC_W) ? LAYER_ACC_W : HEAD_ACC_W;
  localparam RIGHT = ADDITIVE *
      (`KR_M2_CFG_RESIDUAL_FRAC(PROFILE) + `KR_M2_CFG_WEIGHT_FRAC(PROFILE) - `KR_M2_CFG_PROJ_FRAC(PROFILE));
  localparam RIGHT_B = ADDITIVE *
      (`KR_M2_CFG_Y_FRAC(PROFILE) + `KR_M2_CFG_WEIGHT_FRAC(PROFILE) - `KR_M2_CFG_RESIDUAL_FRAC(PROFILE));
  localparam CB = (T_PAR >= 8) ? T_PAR / 4 : (T_PAR >= 2) ? T_PAR / 2 : 1;
  localparam LANE_W = (T_PAR > 1) ? $clog2(T_PAR) : 1;
  localparam GROUP_W = (ROWS > 8) ? $clog2(ROWS / 8) : 1;
  localparam SUMS_W = T_PAR * ROWS * ACC_W + LANE_W + 2;
  localparam RECORDS = (QUEUE < 16) ? 2 * QUEUE : 32;  // no more tiles than QUEUE are between feed and collect

  // Jobs: to feed (0), to the loading of activations (1), to collect (2).
  wire [2:0] kind_valid;
  wire [2:0] kind_ready;
  wire [5:0] kind_data;
  wire       unused_job = &{job_data[31:2]};

  strm_copies #(
      .DATA_W(2),
      .N     (3),
      .DEPTH (4)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid),
      .s_ready(job_ready),
      .s_data (job_data[`KR_M2_JOB_KIND]),
      .m_valid(kind_valid),
      .m_ready(kind_ready),
      .m_data (kind_data)
  );

  // Activations of one job after the other.
  reg              load_d_q;  // a vector is being loaded, of an IN or HEAD job
  reg              load_i_q;  // of an OUT job
  wire             load = load_d_q || load_i_q;
  wire             to_load = kind_valid[1] && kind_data[3:2] != `KR_M2_KIND_EMBED;
  wire             chosen_valid = (load_i_q && ai_valid) || (load_d_q && ad_valid);
  wire             chosen_ready;
  wire [ACT_W-1:0] chosen_data = load_i_q ? ai_data : ad_data;
  wire             chosen_end = chosen_valid && chosen_ready && (&chosen_data[ACT_W-1-:2]);
  wire             a_valid;
  wire             a_ready;
  wire [ACT_W-1:0] a_data;

  assign kind_ready[1] = !load;
  assign ad_ready      = load_d_q && chosen_ready;
  assign ai_ready      = load_i_q && chosen_ready;

  always @(posedge clk) begin
    if (rst || chosen_end) begin
      load_d_q <= 1'b0;
      load_i_q <= 1'b0;
    end else if (!load) begin
      load_d_q <= to_load && kind_data[3:2] != `KR_M2_KIND_OUT;
      load_i_q <= to_load && kind_data[3:2] == `KR_M2_KIND_OUT;
    end
  end

  strm_skid #(
      .DATA_W(ACT_W)
  ) u_chosen (
      .clk    (clk),
      .rst    (rst),
      .s_valid(chosen_valid),
      .s_ready(chosen_ready),
      .s_data (chosen_data),
      .m_valid(a_valid),
      .m_ready(a_ready),
      .m_data (a_data)
  );

  // Weights, sums, values.
  wire                          working;
  wire                          beat_valid;
  wire                          beat_ready;
  wire [WIDE_W+6*ROWS*ADDITIVE+1:0] beat_data;
  wire                          feed_valid;
  wire                          feed_ready;
  wire [           ROWS*22-1:0] feed_data;
  wire                          record_valid;
  wire                          record_ready;
  wire [           ROWS*22-1:0] record_data;
  wire                          sums_valid;
  wire                          sums_ready;
  wire [            SUMS_W-1:0] sums_data;
  wire                          vector_there;
  wire                          place_free;
  wire                          m_valid;
  wire                          m_ready;
  wire [       8*VALUE_W+1:0] m_data;
  wire [           GROUP_W-1:0] last_in;
  wire [           GROUP_W-1:0] last_out;
  wire [           GROUP_W-1:0] last_head;

  m2_feed #(
      .ROWS       (ROWS),
      .INPUTS     (INPUTS),
      .WEIGHT_BITS(WEIGHT_BITS),
      .ADDITIVE   (ADDITIVE),
      .BEATS      (BEATS)
  ) u_feed (
      .clk         (clk),
      .rst         (rst),
      .c_kd        (c_kd),
      .c_ki        (c_ki),
      .c_tiles_in  (c_tiles_in),
      .c_tiles_out (c_tiles_out),
      .c_tiles_head(c_tiles_head),
      .working     (working),
      .job_valid   (kind_valid[0]),
      .job_ready   (kind_ready[0]),
      .job_data    (kind_data[1:0]),
      .w_valid     (w_valid),
      .w_ready     (w_ready),
      .w_data      (w_data),
      .m_valid     (beat_valid),
      .m_ready     (beat_ready),
      .m_data      (beat_data),
      .r_valid     (feed_valid),
      .r_ready     (feed_ready),
      .r_data      (feed_data)
  );

  m2_linear #(
      .ROWS       (ROWS),
      .INPUTS     (INPUTS),
      .T_COLS     (T_COLS),
      .T_PAR      (T_PAR),
      .ACT_GROUP  (GROUP),
      .WEIGHT_BITS(WEIGHT_BITS),
      .ACT_BITS   (`KR_M2_CFG_ACT_BITS(PROFILE)),
      .MAX_SHIFT  (15),
      .ADDITIVE   (ADDITIVE),
      .BEATS      (BEATS),
      .QUEUE      (QUEUE),
      .ACC_W      (ACC_W)
  ) u_linear (
      .clk         (clk),
      .rst         (rst),
      .s_a_valid   (a_valid),
      .s_a_ready   (a_ready),
      .s_a_data    (a_data),
      .s_w_valid   (beat_valid),
      .s_w_ready   (beat_ready),
      .s_w_data    (beat_data),
      .m_valid     (sums_valid),
      .m_ready     (sums_ready),
      .m_data      (sums_data),
      .vector_there(vector_there),
      .place_free  (place_free)
  );

  generate
    if (ADDITIVE != 0) begin : g_no_records
      assign feed_ready   = 1'b1;
      assign record_valid = 1'b0;
      assign record_data  = {ROWS * 22{1'b0}};

      wire unused_records = &{feed_valid, feed_data, record_ready};
    end else begin : g_records
      wire [$clog2(RECORDS):0] unused_level;

      strm_fifo #(
          .DATA_W(ROWS * 22),
          .DEPTH (RECORDS)
      ) u_records (
          .clk    (clk),
          .rst    (rst),
          .s_valid(feed_valid),
          .s_ready(feed_ready),
          .s_data (feed_data),
          .m_valid(record_valid),
          .m_ready(record_ready),
          .m_data (record_data),
          .level  (unused_level)
      );
    end

    if (ROWS > 8) begin : g_groups
      wire [GROUP_W-1:0] one = 1;
      wire               unused_counts = &{c_rows_in, c_d8, c_head_groups};

      assign last_in   = c_rows_in[GROUP_W-1:0] - one;
      assign last_out  = c_d8[GROUP_W-1:0] - one;
      assign last_head = c_head_groups[GROUP_W-1:0] - one;
    end else begin : g_group
      wire unused_counts = &{c_rows_in, c_d8, c_head_groups};

      assign last_in   = 1'b0;
      assign last_out  = 1'b0;
      assign last_head = 1'b0;
    end

    if (ROWS < 1 || ROWS * INPUTS * WEIGHT_BITS != WIDE_W) begin : g_bad_width
      m2_matmul_WIDE_W_must_be_a_whole_number_of_rows_of_INPUTS_weights u_error ();
    end
  endgenerate

  m2_collect #(
      .ROWS   (ROWS),
      .T_COLS (T_COLS),
      .T_PAR  (T_PAR),
      .CB     (CB),
      .ACC_W  (ACC_W),
      .CHANNEL(1 - ADDITIVE),
      .RIGHT  (RIGHT),
      .RIGHT_B(RIGHT_B),
      .VALUE_W(VALUE_W)
  ) u_collect (
      .clk        (clk),
      .rst        (rst),
      .c_last_in  (last_in),
      .c_last_out (last_out),
      .c_last_head(last_head),
      .job_valid  (kind_valid[2]),
      .job_ready  (kind_ready[2]),
      .job_data   (kind_data[5:4]),
      .r_valid    (record_valid),
      .r_ready    (record_ready),
      .r_data     (record_data),
      .s_valid    (sums_valid),
      .s_ready    (sums_ready),
      .s_data     (sums_data),
      .m_valid    (m_valid),
      .m_ready    (m_ready),
      .m_data     (m_data)
  );

  // The sinks' readies end here.
  wire                 out_valid;
  wire                 out_ready;
  wire [8*VALUE_W+1:0] out_data;

  strm_skid #(
      .DATA_W(8 * VALUE_W + 2)
  ) u_out (
      .clk    (clk),
      .rst    (rst),
      .s_valid(m_valid),
      .s_ready(m_ready),
      .s_data (m_data),
      .m_valid(out_valid),
      .m_ready(out_ready),
      .m_data (out_data)
  );

  wire [1:0] kind = out_data[8*VALUE_W+:2];

  assign x_valid = out_valid && kind == `KR_M2_KIND_IN;
  assign o_valid = out_valid && kind == `KR_M2_KIND_OUT;
  assign h_valid = out_valid && kind == `KR_M2_KIND_HEAD;
  assign out_ready = (kind == `KR_M2_KIND_IN) ? x_ready : (kind == `KR_M2_KIND_OUT) ? o_ready : h_ready;
  assign x_data  = out_data[8*VALUE_W-1:0];
  assign o_data  = out_data[8*VALUE_W-1:0];
  assign h_data  = out_data[8*VALUE_W-1:0];

  // Events.
  reg  [3:0] event_q;
  wire       go = vector_there && place_free;

  assign {beat, stall_weights, stall_acts, stall_out} = event_q;

  always @(posedge clk) begin
    if (rst) event_q <= 4'b0000;
    else begin
      event_q[3] <= beat_valid && go;
      event_q[2] <= working && !beat_valid && go;
      event_q[1] <= working && !vector_there;
      event_q[0] <= working && vector_there && !place_free;
    end
  end

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK((event_q & (event_q - 4'd1)) == 4'd0, "two events in one cycle")

endmodule

`default_nettype wire
