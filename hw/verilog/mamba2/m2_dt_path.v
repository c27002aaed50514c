// SPDX-License-Identifier: Apache-2.0
//
// m2_dt_path - dt and decay of 8 heads: bias, softplus, product with A, exp, each quantized.
//
// Function     : v = x + (dt_bias << dt_bias_s); {dt_s, dt} = Q(softplus(v)); {decay_s, decay} = Q(exp(((dt * A) << (dt_s +
//                A_s)) >> EXP_FRAC)) for each lane, Q the group's quantizer of BITS bits, to which lanes without a head
//                bring 0.
// Format       : s_data {last, heads, x}: 8 x of VALUE_W bits, a bit for each lane that has a head, and whether this is the
//                last beat of its head record. head_data, 512 bits: 8 A of 16 bits; from 128 on 8 dt_bias, from 256 on 8 D
//                of BITS bits; A_s, dt_bias_s and D_s of 5 bits at 384, 392 and 400. m_data {D_s, D, decay_s, decay, dt_s,
//                dt}, shifts of dt and decay of 4 bits. Fraction bits and widths are those of the profile.
// Latency      : 31 if PROFILE else 21
// Throughput   : 1
// Back-pressure: registered ready, which waits for a head record; absorbs 32 beats.
// Golden       : golden.mamba2.integer.laws.decay_exponent
// Test         : tests/rtl/test_m2_dt_path.py
//
// Why: the bias is shifted where the record is kept, once for all of its tokens. What meets the pipeline later, A and dt,
// waits in queues of its own, which move less than delay lines.

`default_nettype none
`include "checks.vh"
`include "kr_m2_widths.vh"

module m2_dt_path #(
    parameter PROFILE = 0  // number of the profile, 0 lightmamba-w4a4, 1 fastmamba-w8a8
) (
    input  wire                                           clk,
    input  wire                                           rst,
    input  wire                                           s_valid,
    output wire                                           s_ready,
    input  wire [8*`KR_M2_CFG_VALUE_BITS(PROFILE)+8:0]    s_data,
    input  wire                                           head_valid,
    output wire                                           head_ready,
    input  wire [                                  511:0] head_data,
    output wire                                           m_valid,
    input  wire                                           m_ready,
    output wire [24*`KR_M2_CFG_SSM_BITS(PROFILE)+13-1:0]  m_data
);

  localparam VALUE_W = `KR_M2_CFG_VALUE_BITS(PROFILE);
  localparam BITS = `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam MAX_SHIFT = `KR_M2_CFG_MAX_SHIFT(PROFILE);
  localparam NAU = `KR_M2_CFG_NONLINEAR(PROFILE);
  localparam A_BITS = `KR_M2_CFG_A_BITS(PROFILE);
  localparam DT_FRAC = `KR_M2_CFG_DT_FRAC(PROFILE);
  localparam EXP_IN_FRAC = `KR_M2_CFG_EXP_IN_FRAC(PROFILE);
  localparam EXP_FRAC = DT_FRAC + `KR_M2_CFG_PARAM_FRAC(PROFILE) - EXP_IN_FRAC;
  localparam BIAS_W = `KR_M2_DT_BIAS_W(PROFILE);
  localparam IN_W = `KR_M2_DT_IN_W(PROFILE);
  localparam SOFTPLUS_W = `KR_M2_SOFTPLUS_W(PROFILE);
  localparam EXPONENT_W = `KR_M2_DECAY_EXPONENT_W(PROFILE);
  localparam EXP_W = `KR_M2_EXP_W(PROFILE);
  localparam Q_W = 8 * BITS + 4;  // {shift, q}
  localparam A_W = 8 * A_BITS + 5;
  localparam D_W = 8 * BITS + 5;
  localparam RECORD_W = D_W + A_W + 8 * BIAS_W;
  localparam ACT = NAU ? 8 : 3;
  localparam SOFTPLUS_AT = 1 + ACT;  // cycles from a beat's entry to its softplus
  localparam EXP_AT = SOFTPLUS_AT + 4 + 5 + ACT;
  localparam DEPTH = 32;

  // The head record, its bias shifted.
  wire [8*BIAS_W-1:0] bias_in;
  wire [   D_W-1:0] d;
  wire [   A_W-1:0] a;
  wire [8*BIAS_W-1:0] bias;
  wire record_valid;
  wire room;
  wire last = s_data[8*VALUE_W+8];
  wire [7:0] heads = s_data[8*VALUE_W+:8];
  wire move = s_valid && s_ready;

  assign s_ready = record_valid && room;

  strm_skid #(
      .DATA_W(RECORD_W)
  ) u_record (
      .clk    (clk),
      .rst    (rst),
      .s_valid(head_valid),
      .s_ready(head_ready),
      .s_data ({head_data[400+:5], head_data[256+:8*BITS], head_data[384+:5], head_data[0+:8*A_BITS], bias_in}),
      .m_valid(record_valid),
      .m_ready(move && last),
      .m_data ({d, a, bias})
  );

  // Which lanes have heads, for as long as it matters.
  reg [EXP_AT*8-1:0] heads_q;  // of the cycles since the entry, the first lowest

  always @(posedge clk) begin
    heads_q <= {heads_q[EXP_AT*8-9:0], heads};
  end

  // dt = Q(softplus(x + bias)).
  reg p0_valid_q;
  reg [A_W-1:0] p0_a_q;
  reg [D_W-1:0] p0_d_q;
  wire [8*IN_W-1:0] p0_x;
  wire softplus_valid;
  wire [8*SOFTPLUS_W-1:0] softplus;
  wire [8*SOFTPLUS_W-1:0] softplus_kept;
  wire unused_softplus_ready;
  wire dt_valid;
  wire [Q_W-1:0] dt;

  always @(posedge clk) begin
    if (rst) p0_valid_q <= 1'b0;
    else p0_valid_q <= move;
  end

  always @(posedge clk) begin
    p0_a_q <= a;
    p0_d_q <= d;
  end

  m2_activation #(
      .FUNCTION(1),
      .NAU     (NAU),
      .IN_W    (IN_W),
      .IN_FRAC (`KR_M2_CFG_PROJ_FRAC(PROFILE)),
      .OUT_W   (SOFTPLUS_W),
      .OUT_FRAC(DT_FRAC)
  ) u_softplus (
      .clk    (clk),
      .rst    (rst),
      .s_valid(p0_valid_q),
      .s_data (p0_x),
      .m_valid(softplus_valid),
      .m_data (softplus)
  );

  m2_quant #(
      .GROUPS   (1),
      .GROUP    (8),
      .IN_W     (SOFTPLUS_W),
      .BITS     (BITS),
      .MAX_SHIFT(MAX_SHIFT)
  ) u_dt (
      .clk    (clk),
      .rst    (rst),
      .s_valid(softplus_valid),
      .s_ready(unused_softplus_ready),
      .s_data (softplus_kept),
      .m_valid(dt_valid),
      .m_ready(1'b1),
      .m_data (dt)
  );

  // decay = Q(exp(dt A)).
  wire unused_a_ready;
  wire a_valid;
  wire [A_W-1:0] a_then;
  wire [$clog2(DEPTH):0] unused_a_level;
  wire [5:0] exponent_s = {2'd0, dt[8*BITS+:4]} + {1'b0, a_then[8*A_BITS+:5]};
  wire [8*EXPONENT_W-1:0] exponent;
  reg [4:0] exponent_valid_q;
  wire exp_valid;
  wire [8*EXP_W-1:0] exp;
  wire [8*EXP_W-1:0] exp_kept;
  wire unused_exp_ready;
  wire decay_valid;
  wire [Q_W-1:0] decay;

  strm_fifo #(
      .DATA_W(A_W),
      .DEPTH (DEPTH)
  ) u_a (
      .clk    (clk),
      .rst    (rst),
      .s_valid(p0_valid_q),
      .s_ready(unused_a_ready),
      .s_data (p0_a_q),
      .m_valid(a_valid),
      .m_ready(dt_valid),
      .m_data (a_then),
      .level  (unused_a_level)
  );

  always @(posedge clk) begin
    if (rst) exponent_valid_q <= 5'd0;
    else exponent_valid_q <= {exponent_valid_q[3:0], dt_valid};
  end

  m2_activation #(
      .FUNCTION(2),
      .NAU     (NAU),
      .IN_W    (EXPONENT_W),
      .IN_FRAC (EXP_IN_FRAC),
      .OUT_W   (EXP_W),
      .OUT_FRAC(`KR_M2_CFG_DECAY_FRAC(PROFILE))
  ) u_exp (
      .clk    (clk),
      .rst    (rst),
      .s_valid(exponent_valid_q[4]),
      .s_data (exponent),
      .m_valid(exp_valid),
      .m_data (exp)
  );

  m2_quant #(
      .GROUPS   (1),
      .GROUP    (8),
      .IN_W     (EXP_W),
      .BITS     (BITS),
      .MAX_SHIFT(MAX_SHIFT)
  ) u_decay (
      .clk    (clk),
      .rst    (rst),
      .s_valid(exp_valid),
      .s_ready(unused_exp_ready),
      .s_data (exp_kept),
      .m_valid(decay_valid),
      .m_ready(1'b1),
      .m_data (decay)
  );

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_lane
      wire [BIAS_W-1:0] q = {{BIAS_W - BITS{head_data[128+i*BITS+BITS-1]}}, head_data[128+i*BITS+:BITS]};
      wire signed [VALUE_W-1:0] x = s_data[i*VALUE_W+:VALUE_W];
      wire signed [BIAS_W-1:0] b = bias[i*BIAS_W+:BIAS_W];
      wire signed [VALUE_W:0] sum = {x[VALUE_W-1], x} + {{VALUE_W + 1 - BIAS_W{b[BIAS_W-1]}}, b};
      reg [IN_W-1:0] p0_x_q;

      assign bias_in[i*BIAS_W+:BIAS_W] = q << head_data[392+:5];
      assign p0_x[i*IN_W+:IN_W] = p0_x_q;
      assign softplus_kept[i*SOFTPLUS_W+:SOFTPLUS_W] = softplus[i*SOFTPLUS_W+:SOFTPLUS_W] &
          {SOFTPLUS_W{heads_q[(SOFTPLUS_AT-1)*8+i]}};
      assign exp_kept[i*EXP_W+:EXP_W] = exp[i*EXP_W+:EXP_W] & {EXP_W{heads_q[(EXP_AT-1)*8+i]}};

      always @(posedge clk) begin
        if (move) p0_x_q <= sum[IN_W-1:0];
      end

      m2_mul_shift #(
          .A_W    (BITS),
          .B_W    (A_BITS),
          .SHIFT_W(6),
          .FRAC   (EXP_FRAC),
          .OUT_W  (EXPONENT_W)
      ) u_exponent (
          .clk  (clk),
          .en   (1'b1),
          .a    (dt[i*BITS+:BITS]),
          .b    (a_then[i*A_BITS+:A_BITS]),
          .shift(exponent_s),
          .y    (exponent[i*EXPONENT_W+:EXPONENT_W])
      );

      wire unused_sum = &{1'b0, sum};
    end
  endgenerate

  // Results: the queue of decays counts the places, the others are never fuller.
  wire [1:0] unused_ready;
  wire [1:0] unused_valid;
  wire [2*($clog2(DEPTH)+1)-1:0] unused_levels;
  wire leave = m_valid && m_ready;

  m2_exit_queue #(
      .DATA_W(Q_W),
      .DEPTH (DEPTH)
  ) u_out_decay (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (move),
      .s_valid(decay_valid),
      .s_data (decay),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data[Q_W+:Q_W])
  );

  strm_fifo #(
      .DATA_W(Q_W),
      .DEPTH (DEPTH)
  ) u_out_dt (
      .clk    (clk),
      .rst    (rst),
      .s_valid(dt_valid),
      .s_ready(unused_ready[0]),
      .s_data (dt),
      .m_valid(unused_valid[0]),
      .m_ready(leave),
      .m_data (m_data[0+:Q_W]),
      .level  (unused_levels[0+:$clog2(DEPTH)+1])
  );

  strm_fifo #(
      .DATA_W(D_W),
      .DEPTH (DEPTH)
  ) u_out_d (
      .clk    (clk),
      .rst    (rst),
      .s_valid(p0_valid_q),
      .s_ready(unused_ready[1]),
      .s_data (p0_d_q),
      .m_valid(unused_valid[1]),
      .m_ready(leave),
      .m_data (m_data[2*Q_W+:D_W]),
      .level  (unused_levels[$clog2(DEPTH)+1+:$clog2(DEPTH)+1])
  );

  wire unused_head = &{1'b0, head_data};

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!dt_valid || a_valid, "a product without its A")
  `CHECK(!m_valid || &unused_valid, "a decay without its dt or D")

  generate
    if (`KR_M2_CFG_SSM_GROUP(PROFILE) != 8 || A_BITS != 16 || EXP_FRAC < 0) begin : g_bad_profile
      m2_dt_path_PROFILE_must_have_groups_of_8_and_A_of_16_bits u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
