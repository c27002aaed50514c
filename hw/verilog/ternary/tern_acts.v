// SPDX-License-Identifier: Apache-2.0
//
// tern_acts - every vector's way to the inputs of a linear layer: whose it is, its norm and quantizer, where it goes.
//
// Function     : IN and HEAD jobs normalize the residual's vectors, OUT of an even LAYER what attention gave (y), OUT of an odd one
//                the MLP's products (h), each with the weights and eps of its width, and give their scales and totals. What the
//                head multiplies leaves on hq, everything else on a, in the order of the jobs.
// Format       : r_data, as m2_residual gives it, {token's last beat, LANES x signed 32 bits}; y_data and h_data 8 x signed 32
//                bits, of an IN job each: y by heads of all tokens, h by 8 rows of all tokens; nd, nf, e, p, t, b as the n, e, t
//                and b of tern_act (p: eps of h, u its scales); a_data, hq_data {vec_last, col_last, 40 q}. c_d8 = D / 8, c_dn =
//                D / LANES, c_f8, c_fn of F, whole numbers, c_q_heads = H, c_p8 = P / 8, c_batch: tokens of a HEAD job;
//                they hold still during a run.
// Latency      : variable: that of tern_act, of y and h behind the last beat of a job of more than one token
// Throughput   : variable: a beat a cycle into a norm and out of it
// Back-pressure: readies are of registers.
// Golden       : golden.ternary.integer.block.normalized
// Test         : tests/rtl/test_tern_acts.py
//
// Why: two of tern_act, because only one of four norms has the width F, and a pass in flight would have to end before the
// width changes.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"
`include "mamba2/m2_job.vh"

module tern_acts #(
    parameter LANES   = 8,     // values of a beat of the norms: 8, 16 or 32
    parameter D_MAX   = 2560,  // greatest D
    parameter F_MAX   = 6912,  // greatest F, <= 8192
    parameter T_COLS  = 4,     // most tokens of a job, 1..256
    parameter ULTRA   = 0,     // words from which on buffers of vectors are UltraRAM, 0: never
    // Follow from the profile, not to be set: bits of a norm's weight and of a value.
    parameter NORM_W  = `KR_TERN_CFG_NORM_WEIGHT_BITS,
    parameter VALUE_W = `KR_TERN_CFG_VALUE_BITS
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire [             15:0] c_d8,
    input  wire [             15:0] c_dn,
    input  wire [             15:0] c_f8,
    input  wire [             15:0] c_fn,
    input  wire [              7:0] c_q_heads,
    input  wire [              7:0] c_p8,
    input  wire [              7:0] c_batch,
    input  wire                     job_valid,
    output wire                     job_ready,
    input  wire [             31:0] job_data,
    input  wire                     nd_valid,
    output wire                     nd_ready,
    input  wire [ LANES*NORM_W-1:0] nd_data,
    input  wire                     nf_valid,
    output wire                     nf_ready,
    input  wire [ LANES*NORM_W-1:0] nf_data,
    input  wire                     e_valid,
    output wire                     e_ready,
    input  wire [             76:0] e_data,
    input  wire                     p_valid,
    output wire                     p_ready,
    input  wire [             76:0] p_data,
    input  wire                     r_valid,
    output wire                     r_ready,
    input  wire [  LANES*VALUE_W:0] r_data,
    input  wire                     y_valid,
    output wire                     y_ready,
    input  wire [    8*VALUE_W-1:0] y_data,
    input  wire                     h_valid,
    output wire                     h_ready,
    input  wire [    8*VALUE_W-1:0] h_data,
    output wire                     t_valid,
    input  wire                     t_ready,
    output wire [             31:0] t_data,
    output wire                     b_valid,
    input  wire                     b_ready,
    output wire [             19:0] b_data,
    output wire                     u_valid,
    input  wire                     u_ready,
    output wire [             31:0] u_data,
    output wire                     a_valid,
    input  wire                     a_ready,
    output wire [            321:0] a_data,
    output wire                     hq_valid,
    input  wire                     hq_ready,
    output wire [            321:0] hq_data
);

  localparam ACT_W = 322;
  localparam VEC_W = LANES * VALUE_W + 1;

  // The jobs, for each of those that count.
  localparam N = 7;
  localparam BUF_Y = 0;
  localparam BUF_H = 1;
  localparam NORM_D = 2;
  localparam NORM_F = 3;
  localparam SOURCE = 4;  // of the norm of D: the residual, or y
  localparam TARGET = 5;  // of its vectors: a linear layer, or the head
  localparam LINEAR = 6;  // whose vector the next linear layer takes
  localparam [8*N-1:0] MASKS = {
    8'b0110_0110, 8'b0010_1110, 8'b0010_1110, 8'b0100_0000, 8'b0010_1110, 8'b0110_0000, 8'b0000_0110
  };

  wire [   N-1:0] fork_valid;
  wire [   N-1:0] fork_ready;
  wire [    31:0] fork_data;
  wire [   N-1:0] next_valid;
  wire [   N-1:0] next_ready;
  wire [N*32-1:0] next_data;

  strm_fork #(
      .DATA_W(`KR_M2_JOB_W),
      .N     (N)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid),
      .s_ready(job_ready),
      .s_data (job_data),
      .m_valid(fork_valid),
      .m_ready(fork_ready),
      .m_data (fork_data)
  );

  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_jobs
      wire        mine_valid;
      wire        mine_ready;
      wire [31:0] mine_data;
      wire [ 2:0] unused_level;

      tern_jobs #(
          .MASK(MASKS[8*i+:8])
      ) u_mine (
          .clk    (clk),
          .rst    (rst),
          .s_valid(fork_valid[i]),
          .s_ready(fork_ready[i]),
          .s_data (fork_data),
          .m_valid(mine_valid),
          .m_ready(mine_ready),
          .m_data (mine_data)
      );

      strm_fifo #(
          .DATA_W(`KR_M2_JOB_W),
          .DEPTH (4)
      ) u_queue (
          .clk    (clk),
          .rst    (rst),
          .s_valid(mine_valid),
          .s_ready(mine_ready),
          .s_data (mine_data),
          .m_valid(next_valid[i]),
          .m_ready(next_ready[i]),
          .m_data (next_data[i*32+:32]),
          .level  (unused_level)
      );
    end
  endgenerate

  // A HEAD job has a token of each text, whatever its word says.
  wire [31:0] source_job = next_data[SOURCE*32+:32];
  wire [31:0] target_job = next_data[TARGET*32+:32];
  wire [31:0] linear_job = next_data[LINEAR*32+:32];
  wire [31:0] norm_job = next_data[NORM_D*32+:32];
  reg  [ 7:0] head_last_q;
  wire [ 7:0] norm_last =
      (norm_job[`KR_M2_JOB_KIND] == `KR_M2_KIND_HEAD) ? head_last_q : norm_job[`KR_M2_JOB_LAST_TOKEN];
  wire [ 7:0] source_last =
      (source_job[`KR_M2_JOB_KIND] == `KR_M2_KIND_HEAD) ? head_last_q : source_job[`KR_M2_JOB_LAST_TOKEN];
  wire        unused_jobs = &{1'b0, next_data, norm_job, source_job, target_job, linear_job};

  always @(posedge clk) begin
    head_last_q <= c_batch - 8'd1;
  end

  // Attention's values and the MLP's products, from heads and rows to tokens.
  wire             yt_valid;
  wire             yt_ready;
  wire [VEC_W-1:0] yt_data;
  wire             ht_valid;
  wire             ht_ready;
  wire [VEC_W-1:0] ht_data;

  m2_gate_buf #(
      .NL    (LANES),
      .W     (VALUE_W),
      .I_MAX (D_MAX),
      .T_COLS(T_COLS),
      .ULTRA (ULTRA)
  ) u_y (
      .clk      (clk),
      .rst      (rst),
      .c_i8     (c_d8),
      .c_in     (c_dn),
      .c_gn     (c_dn),
      .c_heads  ({8'd0, c_q_heads}),
      .c_p8     ({8'd0, c_p8}),
      .job_valid(next_valid[BUF_Y]),
      .job_ready(next_ready[BUF_Y]),
      .job_data (next_data[BUF_Y*32+:32]),
      .s_valid  (y_valid),
      .s_ready  (y_ready),
      .s_data   (y_data),
      .m_valid  (yt_valid),
      .m_ready  (yt_ready),
      .m_data   (yt_data)
  );

  m2_gate_buf #(
      .NL    (LANES),
      .W     (VALUE_W),
      .I_MAX (F_MAX),
      .T_COLS(T_COLS),
      .ULTRA (ULTRA)
  ) u_h (
      .clk      (clk),
      .rst      (rst),
      .c_i8     (c_f8),
      .c_in     (c_fn),
      .c_gn     (c_fn),
      .c_heads  (c_f8),
      .c_p8     (16'd1),
      .job_valid(next_valid[BUF_H]),
      .job_ready(next_ready[BUF_H]),
      .job_data (next_data[BUF_H*32+:32]),
      .s_valid  (h_valid),
      .s_ready  (h_ready),
      .s_data   (h_data),
      .m_valid  (ht_valid),
      .m_ready  (ht_ready),
      .m_data   (ht_data)
  );

  // Vectors of width D: of the residual, or of attention.
  reg              from_r_q;
  reg              from_y_q;
  reg  [      7:0] left_q;  // tokens behind this one
  wire             x_valid = (from_r_q && r_valid) || (from_y_q && yt_valid);
  wire             x_ready;
  wire [VEC_W-1:0] x_data = from_y_q ? yt_data : r_data;
  wire             x_end = x_valid && x_ready && x_data[VEC_W-1];

  assign next_ready[SOURCE] = !from_r_q && !from_y_q;
  assign r_ready            = from_r_q && x_ready;
  assign yt_ready           = from_y_q && x_ready;

  always @(posedge clk) begin
    if (rst) begin
      from_r_q <= 1'b0;
      from_y_q <= 1'b0;
    end else if (next_ready[SOURCE]) begin
      from_r_q <= next_valid[SOURCE] && source_job[`KR_M2_JOB_KIND] != `KR_M2_KIND_OUT;
      from_y_q <= next_valid[SOURCE] && source_job[`KR_M2_JOB_KIND] == `KR_M2_KIND_OUT;
    end else if (x_end && left_q == 8'd0) begin
      from_r_q <= 1'b0;
      from_y_q <= 1'b0;
    end
  end

  always @(posedge clk) begin
    if (next_ready[SOURCE]) left_q <= source_last;
    else if (x_end) left_q <= left_q - 8'd1;
  end

  wire             d_valid;
  wire             d_ready;
  wire [ACT_W-1:0] d_data;

  tern_act #(
      .LANES (LANES),
      .C_MAX (D_MAX),
      .T_COLS(T_COLS),
      .OUT   (40)
  ) u_d (
      .clk      (clk),
      .rst      (rst),
      .c_beats  (c_dn),
      .job_valid(next_valid[NORM_D]),
      .job_ready(next_ready[NORM_D]),
      .job_data (norm_last),
      .n_valid  (nd_valid),
      .n_ready  (nd_ready),
      .n_data   (nd_data),
      .e_valid  (e_valid),
      .e_ready  (e_ready),
      .e_data   (e_data),
      .s_valid  (x_valid),
      .s_ready  (x_ready),
      .s_data   (x_data),
      .m_valid  (d_valid),
      .m_ready  (d_ready),
      .m_data   (d_data),
      .t_valid  (t_valid),
      .t_ready  (t_ready),
      .t_data   (t_data),
      .b_valid  (b_valid),
      .b_ready  (b_ready),
      .b_data   (b_data)
  );

  wire             f_valid;
  wire             f_ready;
  wire [ACT_W-1:0] f_data;
  wire             unused_total_valid;
  wire [     19:0] unused_total;

  tern_act #(
      .LANES (LANES),
      .C_MAX (F_MAX),
      .T_COLS(T_COLS),
      .OUT   (40)
  ) u_f (
      .clk      (clk),
      .rst      (rst),
      .c_beats  (c_fn),
      .job_valid(next_valid[NORM_F]),
      .job_ready(next_ready[NORM_F]),
      .job_data (next_data[NORM_F*32+6+:8]),
      .n_valid  (nf_valid),
      .n_ready  (nf_ready),
      .n_data   (nf_data),
      .e_valid  (p_valid),
      .e_ready  (p_ready),
      .e_data   (p_data),
      .s_valid  (ht_valid),
      .s_ready  (ht_ready),
      .s_data   (ht_data),
      .m_valid  (f_valid),
      .m_ready  (f_ready),
      .m_data   (f_data),
      .t_valid  (u_valid),
      .t_ready  (u_ready),
      .t_data   (u_data),
      .b_valid  (unused_total_valid),
      .b_ready  (1'b1),
      .b_data   (unused_total)
  );

  // To a linear layer or to the head; a linear layer takes the vector of its job.
  reg  to_a_q;
  reg  to_hq_q;
  reg  take_d_q;
  reg  take_f_q;
  wire ad_ready = take_d_q && a_ready;
  wire d_end = d_valid && d_ready && d_data[ACT_W-1];

  assign next_ready[TARGET] = !to_a_q && !to_hq_q;
  assign next_ready[LINEAR] = !take_d_q && !take_f_q;
  assign d_ready            = (to_a_q && ad_ready) || (to_hq_q && hq_ready);
  assign f_ready            = take_f_q && a_ready;
  assign hq_valid           = to_hq_q && d_valid;
  assign hq_data            = d_data;
  assign a_valid            = (take_d_q && to_a_q && d_valid) || (take_f_q && f_valid);
  assign a_data             = take_f_q ? f_data : d_data;

  always @(posedge clk) begin
    if (rst) begin
      to_a_q  <= 1'b0;
      to_hq_q <= 1'b0;
    end else if (next_ready[TARGET]) begin
      to_a_q  <= next_valid[TARGET] && target_job[`KR_M2_JOB_KIND] != `KR_M2_KIND_HEAD;
      to_hq_q <= next_valid[TARGET] && target_job[`KR_M2_JOB_KIND] == `KR_M2_KIND_HEAD;
    end else if (d_end) begin
      to_a_q  <= 1'b0;
      to_hq_q <= 1'b0;
    end
  end

  wire feeds_f = linear_job[`KR_M2_JOB_KIND] == `KR_M2_KIND_OUT && linear_job[14];

  always @(posedge clk) begin
    if (rst) begin
      take_d_q <= 1'b0;
      take_f_q <= 1'b0;
    end else if (next_ready[LINEAR]) begin
      take_d_q <= next_valid[LINEAR] && !feeds_f;
      take_f_q <= next_valid[LINEAR] && feeds_f;
    end else if (a_valid && a_ready && a_data[ACT_W-1]) begin
      take_d_q <= 1'b0;
      take_f_q <= 1'b0;
    end
  end

  `CHECK_STREAM(a_valid, a_ready, a_data)
  `CHECK_STREAM(hq_valid, hq_ready, hq_data)

endmodule

`default_nettype wire
