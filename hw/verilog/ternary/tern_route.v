// SPDX-License-Identifier: Apache-2.0
//
// tern_route - hands what tern_fetch reads to the units: numbers, norm weights, matrices, keys, values, the head.
//
// Function     : plan names runs of beats of w, in order. Of a layer's numbers n gets the lowest 512 bits; of a norm of width
//                D (F) nd (nf) gets c_dn (c_fn) beats of LANES weights, the rest of its last wide beat is dropped; lw gets a
//                matrix with marks, k keys, v values, h the head. Matrices are those of the IN and OUT jobs in turn.
// Format       : job_data as m2_job.vh has it; plan_data as tern_fetch's; nd, nf: weights of 16 bits, first lowest; lw_data {free:
//                the matrix's last beat, groups of 8 rows of its tile less 1, beat} as s_w of tern_linear; k_data {part (3 bits),
//                beat}. c_kd, c_kf: beats of a tile of a matrix of D inputs, of down's; c_last_*: groups of a matrix's last tile
//                less 1. c_* are >= 1 but for c_last_*, and hold still during a run.
// Latency      : variable: 1 cycle from a wide beat, 2 to its first norm weights
// Throughput   : variable: a wide beat a cycle, of norms one in WIDE_W / 16 / LANES cycles, runs in 3 cycles or more each
// Back-pressure: registered ready; absorbs 2 wide beats, a beat of norm weights, 2 entries of plan and 1 job.
// Golden       : golden.ternary.accel.reads.runs
// Test         : tests/rtl/test_tern_route.py
//
// Why: one register slice for all receivers, as only one of them is served at a time: a beat is wide. What the next run needs is
// made ready while one is at work, so that matrices and caches follow each other without a gap.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module tern_route #(
    parameter WIDE_W  = 512,  // bits of a wide beat, a power of two >= 512
    parameter LANES   = 8,    // norm weights in a beat of nd and nf, a power of two, 8..32
    // Follows from the others, not to be set: width of the number of a tile's group of 8 rows.
    parameter GROUP_W = (WIDE_W > 512) ? $clog2(WIDE_W / 512) : 1
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire [          15:0] c_dn,
    input  wire [          15:0] c_fn,
    input  wire [          15:0] c_kd,
    input  wire [          15:0] c_kf,
    input  wire [   GROUP_W-1:0] c_last_qkv,
    input  wire [   GROUP_W-1:0] c_last_o,
    input  wire [   GROUP_W-1:0] c_last_gu,
    input  wire [   GROUP_W-1:0] c_last_down,
    input  wire                  job_valid,
    output wire                  job_ready,
    input  wire [          31:0] job_data,
    input  wire                  plan_valid,
    output wire                  plan_ready,
    input  wire [          37:0] plan_data,
    input  wire                  w_valid,
    output wire                  w_ready,
    input  wire [    WIDE_W-1:0] w_data,
    output wire                  n_valid,
    input  wire                  n_ready,
    output wire [         511:0] n_data,
    output wire                  nd_valid,
    input  wire                  nd_ready,
    output wire [  LANES*16-1:0] nd_data,
    output wire                  nf_valid,
    input  wire                  nf_ready,
    output wire [  LANES*16-1:0] nf_data,
    output wire                  lw_valid,
    input  wire                  lw_ready,
    output wire [WIDE_W+GROUP_W:0] lw_data,
    output wire                  k_valid,
    input  wire                  k_ready,
    output wire [    WIDE_W+2:0] k_data,
    output wire                  v_valid,
    input  wire                  v_ready,
    output wire [    WIDE_W-1:0] v_data,
    output wire                  h_valid,
    input  wire                  h_ready,
    output wire [    WIDE_W-1:0] h_data
);

  localparam NORM_D = 1;
  localparam NORM_F = 2;
  localparam LINEAR = 3;
  localparam DESTS = 7;
  localparam UNIT_W = LANES * 16;
  localparam UNITS = WIDE_W / UNIT_W;
  localparam LANE_W = (UNITS > 1) ? $clog2(UNITS) : 1;
  localparam [31:0] LAST_UNIT = UNITS - 1;
  localparam [31:0] FULL = WIDE_W / 512 - 1;

  // The matrix that comes next.
  reg                matrix_valid_q;
  reg  [       15:0] matrix_k_q;
  reg  [GROUP_W-1:0] matrix_groups_q;
  wire [        1:0] kind = job_data[`KR_M2_JOB_KIND];
  wire               mlp = job_data[14];
  wire               out = kind == `KR_M2_KIND_OUT;
  wire               start;
  wire               start_linear;

  assign job_ready = !matrix_valid_q;

  always @(posedge clk) begin
    if (rst) matrix_valid_q <= 1'b0;
    else if (!matrix_valid_q) matrix_valid_q <= job_valid && (out || kind == `KR_M2_KIND_IN);
    else if (start_linear) matrix_valid_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (!matrix_valid_q) begin
      matrix_k_q      <= (out && mlp) ? c_kf : c_kd;
      matrix_groups_q <= mlp ? (out ? c_last_down : c_last_gu) : (out ? c_last_o : c_last_qkv);
    end
  end

  // The run that comes next.
  reg               next_valid_q;
  reg               next_known_q;  // and what it needs
  reg  [ DESTS-1:0] next_to_q;
  reg  [       2:0] next_part_q;
  reg  [      31:0] next_beats_q;
  reg               next_single_q;  // one beat
  reg               next_tail_q;  // one tile
  wire              next_whole = !next_to_q[LINEAR] || matrix_valid_q;

  assign plan_ready   = !next_valid_q;
  assign start_linear = start && next_to_q[LINEAR];

  always @(posedge clk) begin
    if (rst) begin
      next_valid_q <= 1'b0;
      next_known_q <= 1'b0;
    end else begin
      next_valid_q <= next_valid_q ? !start : plan_valid;
      next_known_q <= next_valid_q && next_whole && !start;
    end
  end

  always @(posedge clk) begin
    if (!next_valid_q) begin
      next_to_q    <= {{DESTS - 1{1'b0}}, 1'b1} << plan_data[37:35];
      next_part_q  <= plan_data[34:32];
      next_beats_q <= plan_data[31:0];
    end
    next_single_q <= next_beats_q == 32'd1;
    next_tail_q   <= next_beats_q <= {16'd0, matrix_k_q};
  end

  // The run at work.
  reg                busy_q;
  reg  [  DESTS-1:0] run_q;
  reg  [        2:0] part_q;
  reg  [GROUP_W-1:0] groups_q;  // of the last tile
  reg  [       31:0] left_q;  // beats, the next one too
  reg                last_q;  // the next one is the last
  reg                tail_q;  // it is of the last tile
  reg  [       16:0] turn_q;  // beats left, when the one behind the next one is the last tile's first
  wire               take = w_valid && w_ready;

  assign start = next_known_q && (!busy_q || (take && last_q));

  always @(posedge clk) begin
    if (rst) busy_q <= 1'b0;
    else if (start) busy_q <= 1'b1;
    else if (take && last_q) busy_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (start) begin
      run_q    <= next_to_q;
      part_q   <= next_part_q;
      groups_q <= matrix_groups_q;
      turn_q   <= {1'b0, matrix_k_q} + 17'd1;
    end
  end

  always @(posedge clk) begin
    if (start) begin
      left_q <= next_beats_q;
      last_q <= next_single_q;
      tail_q <= next_tail_q;
    end else if (take) begin
      left_q <= left_q - 32'd1;
      last_q <= left_q == 32'd2;
      tail_q <= tail_q || left_q == {15'd0, turn_q};
    end
  end

  // The beat on offer, to one of the receivers.
  localparam MARKS_W = GROUP_W + 4;

  wire               room;
  wire               there;
  wire [  DESTS-1:0] dest;
  wire [MARKS_W-1:0] marks;  // {free, part, groups}
  wire [ WIDE_W-1:0] data;
  wire [  DESTS-1:0] readies;
  wire [  DESTS-1:0] to = dest & {DESTS{there}};

  assign w_ready = busy_q && room;

  // Whom it is for decides about valids, so it stands in registers; the two move as one.
  wire       move = |(dest & readies);
  wire       unused_room;
  wire       unused_there;
  wire [1:0] unused_level;

  strm_skid #(
      .DATA_W(DESTS + MARKS_W)
  ) u_beat (
      .clk    (clk),
      .rst    (rst),
      .s_valid(busy_q && w_valid),
      .s_ready(room),
      .s_data ({run_q, last_q, part_q, tail_q ? groups_q : FULL[GROUP_W-1:0]}),
      .m_valid(there),
      .m_ready(move),
      .m_data ({dest, marks})
  );

  strm_fifo #(
      .DATA_W(WIDE_W),
      .DEPTH (2)
  ) u_data (
      .clk    (clk),
      .rst    (rst),
      .s_valid(busy_q && w_valid),
      .s_ready(unused_room),
      .s_data (w_data),
      .m_valid(unused_there),
      .m_ready(move),
      .m_data (data),
      .level  (unused_level)
  );

  `CHECK(unused_room == room && unused_there == there, "a beat's data and whom it is for are apart")

  // Norms, beat by beat.
  reg  [  LANE_W-1:0] lane_q;
  reg  [        15:0] unit_q;  // of the norm
  reg                 d_last_q;  // it is the last one of a norm of width D
  reg                 f_last_q;
  reg  [        15:0] d_end_q;
  reg  [        15:0] f_end_q;
  reg  [        15:0] d_near_q;  // the last but one
  reg  [        15:0] f_near_q;
  reg  [         1:0] unit_to_q;
  reg  [  UNIT_W-1:0] unit_data_q;
  wire                unit_free = unit_to_q == 2'd0 || (unit_to_q & {nf_ready, nd_ready}) != 2'd0;
  wire                unit_last = to[NORM_F] ? f_last_q : d_last_q;
  wire                unit_end = lane_q == LAST_UNIT[LANE_W-1:0] || unit_last;
  wire                step = (to[NORM_D] || to[NORM_F]) && unit_free;

  assign readies = {h_ready, v_ready, k_ready, lw_ready, {2{unit_free && unit_end}}, n_ready};

  always @(posedge clk) begin
    d_end_q  <= c_dn - 16'd1;
    f_end_q  <= c_fn - 16'd1;
    d_near_q <= c_dn - 16'd2;
    f_near_q <= c_fn - 16'd2;
  end

  always @(posedge clk) begin
    if (rst) lane_q <= {LANE_W{1'b0}};
    else if (step) lane_q <= unit_end ? {LANE_W{1'b0}} : lane_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) unit_q <= 16'd0;
    else if (step) unit_q <= unit_last ? 16'd0 : unit_q + 16'd1;
  end

  always @(posedge clk) begin
    if (step) begin
      d_last_q <= unit_last ? d_end_q == 16'd0 : unit_q == d_near_q;
      f_last_q <= unit_last ? f_end_q == 16'd0 : unit_q == f_near_q;
    end else begin
      d_last_q <= unit_q == d_end_q;
      f_last_q <= unit_q == f_end_q;
    end
  end

  always @(posedge clk) begin
    if (rst) unit_to_q <= 2'd0;
    else if (unit_free) unit_to_q <= to[NORM_F:NORM_D];
  end

  always @(posedge clk) begin
    if (unit_free) unit_data_q <= data[lane_q*UNIT_W+:UNIT_W];
  end

  assign {h_valid, v_valid, k_valid, lw_valid} = to[6:3];
  assign n_valid = to[0];
  assign {nf_valid, nd_valid} = unit_to_q;
  assign n_data  = data[511:0];
  assign nd_data = unit_data_q;
  assign nf_data = unit_data_q;
  assign lw_data = {marks[MARKS_W-1], marks[GROUP_W-1:0], data};
  assign k_data  = {marks[GROUP_W+:3], data};
  assign v_data  = data;
  assign h_data  = data;

  `CHECK_STREAM(n_valid, n_ready, n_data)
  `CHECK_STREAM(nd_valid, nd_ready, nd_data)
  `CHECK_STREAM(nf_valid, nf_ready, nf_data)
  `CHECK_STREAM(lw_valid, lw_ready, lw_data)
  `CHECK_STREAM(k_valid, k_ready, k_data)
  `CHECK_STREAM(v_valid, v_ready, v_data)
  `CHECK_STREAM(h_valid, h_ready, h_data)
  `CHECK(!start || (next_beats_q != 32'd0 && next_to_q != {DESTS{1'b0}}), "an entry of plan without beats or destination")

  generate
    if (WIDE_W < 512 || (WIDE_W & (WIDE_W - 1)) != 0) begin : g_bad_width
      tern_route_WIDE_W_must_be_a_power_of_two_from_512 u_error ();
    end
    if (LANES != 8 && LANES != 16 && LANES != 32) begin : g_bad_lanes
      tern_route_LANES_must_be_8_16_or_32 u_error ();
    end
  endgenerate

  wire unused_job = &{1'b0, job_data};

endmodule

`default_nettype wire
