// SPDX-License-Identifier: Apache-2.0
//
// m2_tap - lets five streams of 8 values pass and copies those of one point into one stream.
//
// Function     : every beat of x (IN jobs), o (OUT), h (HEAD) and y (IN) leaves on the stream of the same letter, those of r
//                (OUT) end here. c_point 1 copies x, o and h to t, 2 r, 3 y, 0 nothing; without c_all of layer c_layer only.
// Format       : 8 signed values of VALUE_W bits (y: GATE_W) a beat; t: the same, 32 bits each. Jobs as in m2_job.vh.
// Latency      : variable: 0, to t 1; a job's first beat waits a cycle at the watched point
// Throughput   : 1
// Back-pressure: combinational ready; a stream that is copied waits for t, which has a registered ready.
// Golden       : golden.mamba2.integer.taps.Tap
// Test         : tests/rtl/test_m2_tap.py
//
// Why: results that nobody copies pass without a register, so that a build pays for taps with wires alone.

`default_nettype none
`include "mamba2/m2_job.vh"

module m2_tap #(
    parameter VALUE_W = 32,  // bits of a value of x, o, h and r, <= 32
    parameter GATE_W  = 30   // bits of a value of y, <= 32
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire [          1:0] c_point,
    input  wire                 c_all,
    input  wire [          7:0] c_layer,
    input  wire [         15:0] c_rows_in,      // row groups of x, of o and r (c_d8), of h, of y (c_i8)
    input  wire [         15:0] c_d8,
    input  wire [         31:0] c_head_groups,
    input  wire [         15:0] c_i8,
    input  wire [          7:0] c_batch,        // tokens of a HEAD job
    input  wire                 job_valid,
    output wire                 job_ready,
    input  wire [         31:0] job_data,
    input  wire                 s_x_valid,
    output wire                 s_x_ready,
    input  wire [8*VALUE_W-1:0] s_x_data,
    input  wire                 s_o_valid,
    output wire                 s_o_ready,
    input  wire [8*VALUE_W-1:0] s_o_data,
    input  wire                 s_h_valid,
    output wire                 s_h_ready,
    input  wire [8*VALUE_W-1:0] s_h_data,
    input  wire                 s_r_valid,
    output wire                 s_r_ready,
    input  wire [8*VALUE_W-1:0] s_r_data,
    input  wire                 s_y_valid,
    output wire                 s_y_ready,
    input  wire [ 8*GATE_W-1:0] s_y_data,
    output wire                 m_x_valid,
    input  wire                 m_x_ready,
    output wire [8*VALUE_W-1:0] m_x_data,
    output wire                 m_o_valid,
    input  wire                 m_o_ready,
    output wire [8*VALUE_W-1:0] m_o_data,
    output wire                 m_h_valid,
    input  wire                 m_h_ready,
    output wire [8*VALUE_W-1:0] m_h_data,
    output wire                 m_y_valid,
    input  wire                 m_y_ready,
    output wire [ 8*GATE_W-1:0] m_y_data,
    output wire                 m_t_valid,
    input  wire                 m_t_ready,
    output wire [        255:0] m_t_data
);

  // At a watched point only the stream of the current job moves, so that copies keep the order of the jobs.
  localparam N = 5;
  wire [    N-1:0] in_valid = {s_y_valid, s_r_valid, s_h_valid, s_o_valid, s_x_valid};
  wire [    N-1:0] pass_ready = {m_y_ready, 1'b1, m_h_ready, m_o_ready, m_x_ready};
  reg  [    N-1:0] watched_q;  // registers of what holds still
  reg  [      1:0] point_q;
  wire             room;
  reg              busy_q;     // the beats of a job pass
  reg              copy_q;     // and are copied
  reg  [     31:0] groups_q;   // row groups that are left
  reg  [      7:0] token_q;
  reg  [      7:0] last_token_q;
  reg  [      7:0] head_last_q;
  reg  [    N-1:0] turn_q;     // the streams of that job while busy_q, else none
  wire [    N-1:0] open = ~watched_q | (turn_q & {N{room || !copy_q}});
  wire [    N-1:0] moves = in_valid & pass_ready & open;
  wire             moved = |(moves & watched_q);

  // The jobs whose beats come by the watched point; all others are passed over.
  wire [      1:0] kind = job_data[`KR_M2_JOB_KIND];
  wire             is_in = kind == `KR_M2_KIND_IN;
  wire             is_out = kind == `KR_M2_KIND_OUT;
  wire             is_head = kind == `KR_M2_KIND_HEAD;
  wire             mine = (point_q == 2'd1 && (is_in || is_out || is_head)) || (point_q == 2'd2 && is_out) ||
      (point_q == 2'd3 && is_in);
  wire             take = job_valid && job_ready;
  wire             ends = moved && token_q == last_token_q && groups_q == 32'd1;
  reg  [     31:0] groups;

  assign job_ready = !busy_q;

  always @(posedge clk) begin
    point_q     <= c_point;
    head_last_q <= c_batch - 8'd1;
    watched_q   <= {c_point == 2'd3, c_point == 2'd2, {3{c_point == 2'd1}}};
  end

  always @* begin
    groups = {16'd0, c_d8};
    if (is_head) groups = c_head_groups;
    if (is_in) groups = {16'd0, (point_q == 2'd1) ? c_rows_in : c_i8};
  end

  always @(posedge clk) begin
    if (rst) busy_q <= 1'b0;
    else if (take) busy_q <= mine;
    else if (ends) busy_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst || ends) turn_q <= {N{1'b0}};
    else if (take && mine) turn_q <= {is_in, is_out, is_head, is_out, is_in};
  end

  always @(posedge clk) begin
    if (take) begin
      copy_q       <= c_all || (!is_head && job_data[`KR_M2_JOB_LAYER] == c_layer);
      last_token_q <= is_head ? head_last_q : job_data[`KR_M2_JOB_LAST_TOKEN];
    end
  end

  always @(posedge clk) begin
    if (take) groups_q <= groups;
    else if (moved && token_q == last_token_q) groups_q <= groups_q - 1'b1;
  end

  always @(posedge clk) begin
    if (take) token_q <= 8'd0;
    else if (moved) token_q <= (token_q == last_token_q) ? 8'd0 : token_q + 1'b1;
  end

  wire [N*256-1:0] wide;
  reg  [    255:0] chosen;
  integer          j;

  assign {s_y_ready, s_r_ready, s_h_ready, s_o_ready, s_x_ready} = pass_ready & open;
  assign m_x_valid = s_x_valid && open[0];
  assign m_o_valid = s_o_valid && open[1];
  assign m_h_valid = s_h_valid && open[2];
  assign m_y_valid = s_y_valid && open[4];
  assign m_x_data = s_x_data;
  assign m_o_data = s_o_data;
  assign m_h_data = s_h_data;
  assign m_y_data = s_y_data;

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_value
      assign wide[0*256+i*32+:32] = {{33 - VALUE_W{s_x_data[i*VALUE_W+VALUE_W-1]}}, s_x_data[i*VALUE_W+:VALUE_W-1]};
      assign wide[1*256+i*32+:32] = {{33 - VALUE_W{s_o_data[i*VALUE_W+VALUE_W-1]}}, s_o_data[i*VALUE_W+:VALUE_W-1]};
      assign wide[2*256+i*32+:32] = {{33 - VALUE_W{s_h_data[i*VALUE_W+VALUE_W-1]}}, s_h_data[i*VALUE_W+:VALUE_W-1]};
      assign wide[3*256+i*32+:32] = {{33 - VALUE_W{s_r_data[i*VALUE_W+VALUE_W-1]}}, s_r_data[i*VALUE_W+:VALUE_W-1]};
      assign wide[4*256+i*32+:32] = {{33 - GATE_W{s_y_data[i*GATE_W+GATE_W-1]}}, s_y_data[i*GATE_W+:GATE_W-1]};
    end
  endgenerate

  wire unused_job = &{1'b0, job_data};

  always @* begin
    chosen = 256'd0;
    for (j = 0; j < N; j = j + 1) begin
      if (turn_q[j] && watched_q[j]) chosen = chosen | wide[j*256+:256];
    end
  end

  strm_skid #(
      .DATA_W(256)
  ) u_skid (
      .clk    (clk),
      .rst    (rst),
      .s_valid(moved && copy_q),
      .s_ready(room),
      .s_data (chosen),
      .m_valid(m_t_valid),
      .m_ready(m_t_ready),
      .m_data (m_t_data)
  );

endmodule

`default_nettype wire
