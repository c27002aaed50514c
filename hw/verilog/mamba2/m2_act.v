// SPDX-License-Identifier: Apache-2.0
//
// m2_act - the way from a vector to the input of a linear layer: norm, Hadamard transform, quantizer, packing.
//
// Function     : for each token: activation(saturate(norm(x))), rotated as the profile says: GATED before out_proj, with the
//                gate's norm over each state group; else before in_proj and head, with the norm of the residual stream.
// Format       : s_data {last, NL x of X_W bits, first lowest}, last at the end of what a norm spans, zeros behind the last
//                element; n_data NL norm weights, c_beats beats a job; m_data {vec_last, col_last, shifts, q}: INPUTS q, above
//                them INPUTS / ACT_GROUP shifts of 4 bits (of a Hadamard block: one), col_last at a token's end, vec_last
//                at a job's. Jobs (m2_job.vh) of kind OUT if GATED, else IN and HEAD; others are dropped. c_beats: beats of
//                a token, c_blk: log2 of the Hadamard block, c_halv and c_eps: halvings and eps of m2_norm; all hold
//                still during a run.
// Latency      : variable: that of m2_norm, m2_hadamard and the quantizer for the profile, plus 1 of m2_act_pack, plus 1 of
//                each register slice (one more in front of m2_hadamard); from a vector's or block's last beat
// Throughput   : NL / INPUTS; a beat of s a cycle, of vectors of two beats or more
// Back-pressure: registered ready of job, n and s; a whole vector of s is absorbed, and two jobs' weights.
// Golden       : golden.mamba2.integer.linear.activation
// Test         : tests/rtl/test_m2_act.py
//
// Why: the register slice is behind the quantizer, where a beat is narrowest; in front of it one enable runs up to the norm, and
// ends at a slice of the weights.

`default_nettype none
`include "checks.vh"
`include "kr_m2_widths.vh"
`include "mamba2/m2_job.vh"

module m2_act #(
    parameter PROFILE    = 0,    // number of the profile, see kr_m2_widths.vh
    parameter GATED      = 0,    // 1 before out_proj, 0 before in_proj and head
    parameter NL         = 8,    // elements in a beat of s, power of two, >= 8
    parameter INPUTS     = 32,   // elements in a beat of m, a multiple of NL
    parameter WIDTH_MAX  = 2560, // most elements of a token
    parameter NORM_WIDTH = 2560  // most elements of what a norm spans; of a table norm the width without halvings
) (
    input  wire                                                clk,
    input  wire                                                rst,
    input  wire [                                        15:0] c_beats,
    input  wire [                                         3:0] c_blk,
    input  wire [                                         3:0] c_halv,
    input  wire [                                        31:0] c_eps,
    input  wire                                                job_valid,
    output wire                                                job_ready,
    input  wire [                              `KR_M2_JOB_W-1:0] job_data,
    input  wire                                                n_valid,
    output wire                                                n_ready,
    input  wire [      NL*`KR_M2_NORM_WEIGHT_W(PROFILE)-1:0] n_data,
    input  wire                                                s_valid,
    output wire                                                s_ready,
    input  wire [NL*((GATED!=0)?`KR_M2_GATE_W(PROFILE):`KR_M2_CFG_VALUE_BITS(PROFILE)):0] s_data,
    output wire                                                m_valid,
    input  wire                                                m_ready,
    output wire [INPUTS*`KR_M2_CFG_ACT_BITS(PROFILE)+4*((`KR_M2_CFG_ACT_GROUP(PROFILE)==0)?1:INPUTS/8)+1:0] m_data
);

  localparam VALUE_W = `KR_M2_CFG_VALUE_BITS(PROFILE);
  localparam WEIGHT_W = `KR_M2_NORM_WEIGHT_W(PROFILE);
  localparam BITS = `KR_M2_CFG_ACT_BITS(PROFILE);
  localparam MAX_SHIFT = `KR_M2_CFG_MAX_SHIFT(PROFILE);
  localparam BLOCKS = (`KR_M2_CFG_ACT_GROUP(PROFILE) == 0) ? 1 : 0;  // a shift for each Hadamard block
  localparam GROUP = (BLOCKS != 0) ? INPUTS : 8;
  localparam ROTATE = (GATED != 0) ? `KR_M2_CFG_HADAMARD(PROFILE) : `KR_M2_CFG_HADAMARD(PROFILE) / 2;
  localparam KIND = (`KR_M2_CFG_NORM(PROFILE) != 0) ? 2 : (GATED != 0) ? 1 : 0;
  localparam X_W = (GATED != 0) ? `KR_M2_GATE_W(PROFILE) : VALUE_W;
  localparam U_W = (GATED != 0) ? `KR_M2_GATE_NORM_SCALED_W(PROFILE) : `KR_M2_NORM_SCALED_W(PROFILE);
  localparam FRAC = (GATED != 0) ? `KR_M2_CFG_Y_FRAC(PROFILE) : `KR_M2_CFG_RESIDUAL_FRAC(PROFILE);
  localparam NORM_DEPTH = 1 << $clog2((NORM_WIDTH + NL - 1) / NL + 16 + $clog2(NL));
  localparam LIMIT = `KR_M2_CFG_HADAMARD_LIMIT(PROFILE);
  localparam BLOCK_MAX = (WIDTH_MAX >= LIMIT) ? LIMIT : 1 << ($clog2(WIDTH_MAX + 1) - 1);
  localparam BLOCK_MIN = (BLOCKS != 0) ? INPUTS : NL;
  localparam Q_IN_W = (ROTATE != 0) ? VALUE_W + ($clog2(BLOCK_MAX) + 1) / 2 : VALUE_W;
  localparam Q_W = NL * BITS + 4 * ((BLOCKS != 0) ? 1 : NL / 8);

  // Jobs: what is not meant for this unit is dropped.
  wire [1:0] kind = job_data[`KR_M2_JOB_KIND];
  wire       mine = (GATED != 0) ? kind == `KR_M2_KIND_OUT : kind == `KR_M2_KIND_IN || kind == `KR_M2_KIND_HEAD;
  wire [7:0] last_token = (kind == `KR_M2_KIND_HEAD) ? 8'd0 : job_data[`KR_M2_JOB_LAST_TOKEN];
  wire       w_room;
  wire       p_room;
  wire       push = job_valid && job_ready && mine;
  wire       w_job_valid;
  wire       w_job_ready;
  wire [7:0] w_job;
  wire       p_job_valid;
  wire       p_job_ready;
  wire [7:0] p_job;
  wire [3:0] unused_w_level;
  wire [3:0] unused_p_level;
  wire       unused_job = &{1'b0, job_data};

  assign job_ready = w_room && p_room;

  strm_fifo #(
      .DATA_W(8),
      .DEPTH (8)
  ) u_w_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(push),
      .s_ready(w_room),
      .s_data (last_token),
      .m_valid(w_job_valid),
      .m_ready(w_job_ready),
      .m_data (w_job),
      .level  (unused_w_level)
  );

  strm_fifo #(
      .DATA_W(8),
      .DEPTH (8)
  ) u_p_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(push),
      .s_ready(p_room),
      .s_data (last_token),
      .m_valid(p_job_valid),
      .m_ready(p_job_ready),
      .m_data (p_job),
      .level  (unused_p_level)
  );

  // Norm.
  wire                   kept_valid;
  wire                   kept_ready;
  wire [NL*WEIGHT_W-1:0] kept;
  wire                   w_valid;
  wire                   w_ready;
  wire [NL*WEIGHT_W-1:0] w_data;
  wire                   norm_valid;
  wire                   norm_ready;
  wire [   NL*VALUE_W:0] norm;

  m2_norm_weights #(
      .DATA_W(NL * WEIGHT_W),
      .BEATS ((WIDTH_MAX + NL - 1) / NL)
  ) u_weights (
      .clk      (clk),
      .rst      (rst),
      .c_beats  (c_beats),
      .job_valid(w_job_valid),
      .job_ready(w_job_ready),
      .job_data (w_job),
      .n_valid  (n_valid),
      .n_ready  (n_ready),
      .n_data   (n_data),
      .m_valid  (kept_valid),
      .m_ready  (kept_ready),
      .m_data   (kept)
  );

  strm_skid #(
      .DATA_W(NL * WEIGHT_W)
  ) u_w (
      .clk    (clk),
      .rst    (rst),
      .s_valid(kept_valid),
      .s_ready(kept_ready),
      .s_data (kept),
      .m_valid(w_valid),
      .m_ready(w_ready),
      .m_data (w_data)
  );

  m2_norm #(
      .KIND  (KIND),
      .LANES (NL),
      .WIDTH (NORM_WIDTH),
      .X_W   (X_W),
      .U_W   (U_W),
      .W_W   (WEIGHT_W),
      .OUT_W (VALUE_W),
      .FRAC  (FRAC),
      .W_FRAC(`KR_M2_CFG_NORM_WEIGHT_FRAC(PROFILE)),
      .DEPTH (NORM_DEPTH)
  ) u_norm (
      .clk     (clk),
      .rst     (rst),
      .halvings(c_halv),
      .eps     (c_eps),
      .s_valid (s_valid),
      .s_ready (s_ready),
      .s_data  (s_data),
      .w_valid (w_valid),
      .w_ready (w_ready),
      .w_data  (w_data),
      .m_valid (norm_valid),
      .m_ready (norm_ready),
      .m_data  (norm)
  );

  wire unused_last = &{1'b0, norm[NL*VALUE_W]};

  // Transform.
  wire                 x_valid;
  wire                 x_ready;
  wire [NL*Q_IN_W+3:0] x;

  generate
    if (ROTATE != 0) begin : g_rotate
      wire                  turn_valid;
      wire                  turn_ready;
      wire [NL*VALUE_W-1:0] turn;

      strm_skid #(
          .DATA_W(NL * VALUE_W)
      ) u_skid (
          .clk    (clk),
          .rst    (rst),
          .s_valid(norm_valid),
          .s_ready(norm_ready),
          .s_data (norm[NL*VALUE_W-1:0]),
          .m_valid(turn_valid),
          .m_ready(turn_ready),
          .m_data (turn)
      );

      m2_hadamard #(
          .LANES    (NL),
          .BLOCK_MIN(BLOCK_MIN),
          .BLOCK_MAX(BLOCK_MAX),
          .IN_W     (VALUE_W),
          .OUT_W    (Q_IN_W)
      ) u_hadamard (
          .clk    (clk),
          .rst    (rst),
          .s_valid(turn_valid),
          .s_ready(turn_ready),
          .s_data ({c_blk, turn}),
          .m_valid(x_valid),
          .m_ready(x_ready),
          .m_data (x)
      );
    end else begin : g_straight
      assign x_valid    = norm_valid;
      assign norm_ready = x_ready;
      assign x          = {c_blk, norm[NL*VALUE_W-1:0]};
    end
  endgenerate

  // Quantizer.
  wire           wide_valid;
  wire           wide_ready;
  wire [Q_W-1:0] wide;
  wire           q_valid;
  wire           q_ready;
  wire [Q_W-1:0] q;

  generate
    if (BLOCKS != 0) begin : g_blocks
      m2_block_quant #(
          .LANES    (NL),
          .BLOCK_MAX(BLOCK_MAX),
          .IN_W     (Q_IN_W),
          .BITS     (BITS),
          .MAX_SHIFT(MAX_SHIFT),
          .DEPTH    (1 << $clog2(BLOCK_MAX / NL + 3))
      ) u_quant (
          .clk    (clk),
          .rst    (rst),
          .s_valid(x_valid),
          .s_ready(x_ready),
          .s_data (x),
          .m_valid(wide_valid),
          .m_ready(wide_ready),
          .m_data (wide)
      );
    end else begin : g_groups
      wire unused_log2 = &{1'b0, x[NL*Q_IN_W+:4]};

      m2_quant #(
          .GROUPS   (NL / 8),
          .GROUP    (8),
          .IN_W     (Q_IN_W),
          .BITS     (BITS),
          .MAX_SHIFT(MAX_SHIFT)
      ) u_quant (
          .clk    (clk),
          .rst    (rst),
          .s_valid(x_valid),
          .s_ready(x_ready),
          .s_data (x[NL*Q_IN_W-1:0]),
          .m_valid(wide_valid),
          .m_ready(wide_ready),
          .m_data (wide)
      );
    end
  endgenerate

  strm_skid #(
      .DATA_W(Q_W)
  ) u_skid (
      .clk    (clk),
      .rst    (rst),
      .s_valid(wide_valid),
      .s_ready(wide_ready),
      .s_data (wide),
      .m_valid(q_valid),
      .m_ready(q_ready),
      .m_data (q)
  );

  m2_act_pack #(
      .LANES (NL),
      .INPUTS(INPUTS),
      .GROUP (GROUP),
      .BITS  (BITS)
  ) u_pack (
      .clk      (clk),
      .rst      (rst),
      .c_beats  (c_beats),
      .job_valid(p_job_valid),
      .job_ready(p_job_ready),
      .job_data (p_job),
      .s_valid  (q_valid),
      .s_ready  (q_ready),
      .s_data   (q),
      .m_valid  (m_valid),
      .m_ready  (m_ready),
      .m_data   (m_data)
  );

  generate
    if (NL < 8 || (NL & (NL - 1)) != 0 || INPUTS % NL != 0) begin : g_bad_lanes
      m2_act_NL_must_be_a_power_of_two_from_8_that_divides_INPUTS u_error ();
    end
    if (`KR_M2_CFG_ACT_GROUP(PROFILE) != 0 && `KR_M2_CFG_ACT_GROUP(PROFILE) != 8) begin : g_bad_group
      m2_act_ACT_GROUP_must_be_0_or_8 u_error ();
    end
    if (BLOCKS != 0 && ROTATE == 0) begin : g_bad_blocks
      m2_act_ACT_GROUP_0_needs_the_Hadamard_transform u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
