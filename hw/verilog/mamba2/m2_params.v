// SPDX-License-Identifier: Apache-2.0
//
// m2_params - cuts parameter sections into what the blocks take: norm weights, head records, convolution records.
//
// Function     : IN: c_dn beats of norm weights to nd, c_hg head records, 2 * c_bn8 + c_i8 convolution records, each of the
//                three from a new wide beat on; OUT: c_in beats of norm weights to ni; HEAD: c_dn beats to nd; EMBED: nothing.
//                What is left of a wide beat behind each part is dropped.
// Format       : sections as golden/mamba2/accel/README.md has them; stored norm weights of 16 or 32 bits, of which the
//                low KR_M2_NORM_WEIGHT_W leave.
// Latency      : variable: 2 cycles from a wide beat to its first norm weights, more for records of several units
// Throughput   : variable: a unit a cycle, the smaller of 512 bits and NL stored norm weights; wide beats follow without a gap
// Back-pressure: combinational p_ready (from the readies of the outputs); absorbs 1 wide beat, 1 beat of each output, and CONVS
//                convolution records.
// Golden       : golden.mamba2.accel.layout.parameter_section
// Test         : tests/rtl/test_m2_params.py
//
// Why: all parts are multiples of one unit, so one multiplexer over the wide beat serves them all.

`default_nettype none
`include "checks.vh"
`include "kr_m2_widths.vh"
`include "mamba2/m2_job.vh"

module m2_params #(
    parameter PROFILE = 0,    // number of the profile, see kr_m2_widths.vh
    parameter WIDE_W  = 512,  // width of a wide beat [bits], a multiple of 512 and of NL stored norm weights
    parameter NL      = 8,    // norm weights of a beat: 8, 16 or 32
    parameter D_MAX   = 2560, // most weights of a norm of nd, 1..65535
    parameter I_MAX   = 5120, // most weights of a norm of ni, 1..65535
    parameter H_MAX   = 160,  // most heads, 1..65535
    parameter CONVS   = 1024  // convolution records that wait here, a power of two from 4 on, at least those of a layer
) (
    input  wire                                             clk,
    input  wire                                             rst,
    input  wire [                                     15:0] c_dn,
    input  wire [                                     15:0] c_in,
    input  wire [                                     15:0] c_hg,
    input  wire [                                     15:0] c_bn8,
    input  wire [                                     15:0] c_i8,
    input  wire                                             job_valid,
    output wire                                             job_ready,
    input  wire [                                     31:0] job_data,
    input  wire                                             p_valid,
    output wire                                             p_ready,
    input  wire [                               WIDE_W-1:0] p_data,
    output wire                                             nd_valid,
    input  wire                                             nd_ready,
    output wire [     NL*`KR_M2_NORM_WEIGHT_W(PROFILE)-1:0] nd_data,
    output wire                                             ni_valid,
    input  wire                                             ni_ready,
    output wire [     NL*`KR_M2_NORM_WEIGHT_W(PROFILE)-1:0] ni_data,
    output wire                                             head_valid,
    input  wire                                             head_ready,
    output wire [                                    511:0] head_data,
    output wire                                             conv_valid,
    input  wire                                             conv_ready,
    output wire [64*`KR_M2_CFG_SSM_BITS(PROFILE)-1:0] conv_data
);

  localparam NORM_W = `KR_M2_NORM_WEIGHT_W(PROFILE);
  localparam STORED_W = (`KR_M2_CFG_NORM(PROFILE) == 0) ? 16 : 32;
  localparam NORM_BEAT = NL * STORED_W;
  localparam CONV_W = 64 * `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam UNIT = (NORM_BEAT < 512) ? NORM_BEAT : 512;
  localparam NORM_LG = $clog2(NORM_BEAT / UNIT);  // log2 of the units of each beat
  localparam HEAD_LG = $clog2(512 / UNIT);
  localparam CONV_LG = $clog2(CONV_W / UNIT);
  localparam UNITS = WIDE_W / UNIT;
  localparam LANE_W = $clog2(UNITS) + 1;
  localparam LAST_UNIT = UNITS - 1;
  localparam DN_W = $clog2((D_MAX + NL - 1) / NL + 1);  // bits of the counts
  localparam IN_W = $clog2((I_MAX + NL - 1) / NL + 1);
  localparam HG_W = $clog2((H_MAX + 7) / 8 + 1);
  localparam CONVS_LG = $clog2(CONVS);
  localparam NORM_UNITS_W = ((DN_W > IN_W) ? DN_W : IN_W) + NORM_LG;
  localparam RECORD_UNITS_W = (HG_W + HEAD_LG > CONVS_LG + 1 + CONV_LG) ? HG_W + HEAD_LG : CONVS_LG + 1 + CONV_LG;
  localparam COUNT_W = (NORM_UNITS_W > RECORD_UNITS_W) ? NORM_UNITS_W : RECORD_UNITS_W;
  localparam [COUNT_W-1:0] ONE = 1;

  // ---- what the parts are, from job to job
  localparam [1:0] IDLE = 2'd0;
  localparam [1:0] NORM = 2'd1;
  localparam [1:0] HEADS = 2'd2;
  localparam [1:0] CONV = 2'd3;

  reg  [        1:0] state_q;
  reg  [        1:0] kind_q;
  reg  [COUNT_W-1:0] left_q;      // units of the part, with the one at hand
  reg  [COUNT_W-1:0] dn_q;
  reg  [COUNT_W-1:0] in_q;
  reg  [COUNT_W-1:0] heads_q;
  reg  [COUNT_W-1:0] convs_q;
  wire [        1:0] kind = job_data[`KR_M2_JOB_KIND];
  wire               take = job_valid && job_ready && kind != `KR_M2_KIND_EMBED;
  reg                last_q;      // left_q is 1
  reg  [        3:0] one_q;       // convs_q, heads_q, in_q, dn_q are 1
  wire               last = last_q;
  wire               move;
  wire [ CONVS_LG:0] convs = {1'b0, c_bn8[CONVS_LG-2:0], 1'b0} + {1'b0, c_i8[CONVS_LG-1:0]};
  wire               unused_counts = &{1'b0, c_dn, c_in, c_hg, c_bn8, c_i8};

  assign job_ready = state_q == IDLE;

  always @(posedge clk) begin
    dn_q    <= {{COUNT_W - DN_W{1'b0}}, c_dn[DN_W-1:0]} << NORM_LG;
    in_q    <= {{COUNT_W - IN_W{1'b0}}, c_in[IN_W-1:0]} << NORM_LG;
    heads_q <= {{COUNT_W - HG_W{1'b0}}, c_hg[HG_W-1:0]} << HEAD_LG;
    convs_q <= {{COUNT_W - CONVS_LG - 1{1'b0}}, convs} << CONV_LG;
    one_q   <= {convs_q == ONE, heads_q == ONE, in_q == ONE, dn_q == ONE};
  end

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else if (take) state_q <= NORM;
    else if (move && last) begin
      if (state_q == CONV || kind_q != `KR_M2_KIND_IN) state_q <= IDLE;
      else state_q <= (state_q == NORM) ? HEADS : CONV;
    end
  end

  always @(posedge clk) begin
    if (take) kind_q <= kind;
    if (take) left_q <= (kind == `KR_M2_KIND_OUT) ? in_q : dn_q;
    else if (move && last) left_q <= (state_q == NORM) ? heads_q : convs_q;
    else if (move) left_q <= left_q - 1'b1;
  end

  always @(posedge clk) begin
    if (take) last_q <= (kind == `KR_M2_KIND_OUT) ? one_q[1] : one_q[0];
    else if (move && last) last_q <= (state_q == NORM) ? one_q[2] : one_q[3];
    else if (move) last_q <= left_q == ONE << 1;
  end

  // ---- the wide beat at hand, unit by unit
  reg               valid_q;
  reg  [WIDE_W-1:0] word_q;
  reg  [LANE_W-1:0] lane_q;
  wire              at_end = lane_q == LAST_UNIT[LANE_W-1:0] || last;
  wire [  UNIT-1:0] unit = word_q[lane_q*UNIT+:UNIT];
  reg  [       3:0] to_q;  // conv, head, ni, nd; none in IDLE
  wire [       3:0] to = to_q;
  wire [       3:0] open;

  assign p_ready = !valid_q || (move && at_end);
  assign move    = valid_q && (to & open) != 4'd0;

  always @(posedge clk) begin
    if (rst) to_q <= 4'd0;
    else if (take) to_q <= (kind == `KR_M2_KIND_OUT) ? 4'd2 : 4'd1;
    else if (move && last) to_q <= (to_q[0] && kind_q == `KR_M2_KIND_IN) ? 4'd4 : to_q[2] ? 4'd8 : 4'd0;
  end

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (p_ready) valid_q <= p_valid;
  end

  always @(posedge clk) begin
    if (p_ready) word_q <= p_data;
  end

  always @(posedge clk) begin
    if (rst) lane_q <= {LANE_W{1'b0}};
    else if (move) lane_q <= at_end ? {LANE_W{1'b0}} : lane_q + 1'b1;
  end

  // ---- units to beats
  wire [NORM_BEAT-1:0] nd;
  wire [NORM_BEAT-1:0] ni;
  wire [          3:0] unused_last;

  strm_upsize #(
      .DATA_W(UNIT),
      .RATIO (1 << NORM_LG)
  ) u_nd (
      .clk    (clk),
      .rst    (rst),
      .s_valid(valid_q && to[0]),
      .s_ready(open[0]),
      .s_data (unit),
      .s_last (1'b0),
      .m_valid(nd_valid),
      .m_ready(nd_ready),
      .m_data (nd),
      .m_last (unused_last[0])
  );

  strm_upsize #(
      .DATA_W(UNIT),
      .RATIO (1 << NORM_LG)
  ) u_ni (
      .clk    (clk),
      .rst    (rst),
      .s_valid(valid_q && to[1]),
      .s_ready(open[1]),
      .s_data (unit),
      .s_last (1'b0),
      .m_valid(ni_valid),
      .m_ready(ni_ready),
      .m_data (ni),
      .m_last (unused_last[1])
  );

  strm_upsize #(
      .DATA_W(UNIT),
      .RATIO (1 << HEAD_LG)
  ) u_head (
      .clk    (clk),
      .rst    (rst),
      .s_valid(valid_q && to[2]),
      .s_ready(open[2]),
      .s_data (unit),
      .s_last (1'b0),
      .m_valid(head_valid),
      .m_ready(head_ready),
      .m_data (head_data),
      .m_last (unused_last[2])
  );

  // Records of a whole layer wait here, so that what comes behind them, another job's norm weights, never waits for them.
  localparam CONV_USED = 40 * `KR_M2_CFG_SSM_BITS(PROFILE) + 25;
  wire                   made_valid;
  wire                   made_ready;
  wire [     CONV_W-1:0] made_data;
  wire [$clog2(CONVS):0] unused_level;

  strm_upsize #(
      .DATA_W(UNIT),
      .RATIO (1 << CONV_LG)
  ) u_conv (
      .clk    (clk),
      .rst    (rst),
      .s_valid(valid_q && to[3]),
      .s_ready(open[3]),
      .s_data (unit),
      .s_last (1'b0),
      .m_valid(made_valid),
      .m_ready(made_ready),
      .m_data (made_data),
      .m_last (unused_last[3])
  );

  strm_fifo #(
      .DATA_W(CONV_USED),
      .DEPTH (CONVS)
  ) u_convs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(made_valid),
      .s_ready(made_ready),
      .s_data (made_data[CONV_USED-1:0]),
      .m_valid(conv_valid),
      .m_ready(conv_ready),
      .m_data (conv_data[CONV_USED-1:0]),
      .level  (unused_level)
  );

  wire unused_padding = &{1'b0, made_data[CONV_W-1:CONV_USED]};

  assign conv_data[CONV_W-1:CONV_USED] = {CONV_W - CONV_USED{1'b0}};

  genvar i;
  generate
    for (i = 0; i < NL; i = i + 1) begin : g_lane
      assign nd_data[i*NORM_W+:NORM_W] = nd[i*STORED_W+:NORM_W];
      assign ni_data[i*NORM_W+:NORM_W] = ni[i*STORED_W+:NORM_W];
    end
  endgenerate

  generate
    if (WIDE_W % 512 != 0 || WIDE_W % NORM_BEAT != 0) begin : g_bad_wide
      m2_params_needs_WIDE_W_a_multiple_of_512_and_of_NL_norm_weights u_error ();
    end
    if (NL != 8 && NL != 16 && NL != 32) begin : g_bad_lanes
      m2_params_NL_must_be_8_16_or_32 u_error ();
    end
    if (D_MAX < 1 || D_MAX > 65535 || I_MAX < 1 || I_MAX > 65535 || H_MAX < 1 || H_MAX > 65535) begin : g_bad_most
      m2_params_D_MAX_I_MAX_and_H_MAX_must_be_1_to_65535 u_error ();
    end
  endgenerate

  wire unused_bits = &{1'b0, job_data, nd, ni};

endmodule

`default_nettype wire
