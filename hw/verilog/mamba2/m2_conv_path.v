// SPDX-License-Identifier: Apache-2.0
//
// m2_conv_path - x, B and C of 8 channels: quantizer, convolution over four tokens, SiLU, quantizer.
//
// Function     : {s, q} = Q(SiLU(conv(Q(x) and the three tokens before it))) for each lane. The first beat of a group of
//                channels brings the history of its address, zeros if fresh; the last one leaves it there.
// Format       : s_data {kind, first, last, fresh, address, x}: 8 x of VALUE_W bits, address of 16 bits, below CONV_DEPTH,
//                that comes again at once or behind two others, kind of 2 bits, opaque. conv_data {unused, bias_s, bias, w_s, w}: a conv record, the upper part of
//                m2_conv's s_data, for the beats of a group, first to last. m_data {kind, s, q}.
// Latency      : 26 if PROFILE else 21
// Throughput   : 1
// Back-pressure: combinational ready (conv record, registers -> s_ready); absorbs 36 beats.
// Golden       : golden.mamba2.integer.block.convolve
// Test         : tests/rtl/test_m2_conv_path.py
//
// Why: the history is read two stages before its use, because a deep memory is many blocks and a multiplexer; a group that
// comes again at once finds its history in registers instead, and a layer has three groups or more. Record and beat meet
// behind the quantizer, which waits for both the record and a place at the end; behind it nothing stops.

`default_nettype none
`include "checks.vh"
`include "kr_m2_widths.vh"

module m2_conv_path #(
    parameter PROFILE    = 0,    // number of the profile, 0 lightmamba-w4a4, 1 fastmamba-w8a8
    parameter CONV_DEPTH = 2048  // groups of 8 channels, over all layers, whose history is kept, 2..65536
) (
    input  wire                                         clk,
    input  wire                                         rst,
    input  wire                                         s_valid,
    output wire                                         s_ready,
    input  wire [8*`KR_M2_CFG_VALUE_BITS(PROFILE)+20:0] s_data,
    input  wire                                         conv_valid,
    output wire                                         conv_ready,
    input  wire [  64*`KR_M2_CFG_SSM_BITS(PROFILE)-1:0] conv_data,
    output wire                                         m_valid,
    input  wire                                         m_ready,
    output wire [   8*`KR_M2_CFG_SSM_BITS(PROFILE)+5:0] m_data
);

  localparam VALUE_W = `KR_M2_CFG_VALUE_BITS(PROFILE);
  localparam BITS = `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam MAX_SHIFT = `KR_M2_CFG_MAX_SHIFT(PROFILE);
  localparam NAU = `KR_M2_CFG_NONLINEAR(PROFILE);
  localparam CONV_W = `KR_M2_CONV_W(PROFILE);
  localparam SILU_W = `KR_M2_SILU_W(PROFILE);
  localparam TAPS = 4;
  localparam KEEP = TAPS - 1;
  localparam VALUES = 8 * BITS;
  localparam RECORD_W = TAPS * (VALUES + 5) + VALUES + 5;
  localparam HISTORY_W = KEEP * (VALUES + 4);
  localparam ADDR_W = $clog2(CONV_DEPTH);
  localparam SIDE_W = 4 + ADDR_W;
  localparam RUN = 6 + 3 + (NAU ? 8 : 3) + 4;  // from the convolution to the second quantizer's results

  wire [15:0] address_in = s_data[8*VALUE_W+:16];
  wire [1:0] kind_in = s_data[8*VALUE_W+19+:2];
  wire first_in = s_data[8*VALUE_W+18];
  wire last_in = s_data[8*VALUE_W+17];
  wire fresh_in = s_data[8*VALUE_W+16];
  reg [ADDR_W-1:0] before_q;  // the group of the beat in front of the next one, where before_valid_q
  reg before_valid_q;
  // A beat's history: none, that of the beat in front of it, or the stored one.
  wire none_in = first_in && fresh_in;
  wire same_in = !first_in || (before_valid_q && before_q == address_in[ADDR_W-1:0]);
  wire [SIDE_W-1:0] side_in = {kind_in, last_in, address_in[ADDR_W-1:0], none_in};
  wire q_valid;
  wire q_ready;
  wire [VALUES-1:0] q;
  wire [3:0] s;

  m2_quant #(
      .GROUPS   (1),
      .GROUP    (8),
      .IN_W     (VALUE_W),
      .BITS     (BITS),
      .MAX_SHIFT(MAX_SHIFT)
  ) u_in (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data[8*VALUE_W-1:0]),
      .m_valid(q_valid),
      .m_ready(q_ready),
      .m_data ({s, q})
  );

  always @(posedge clk) begin
    if (rst) before_valid_q <= 1'b0;
    else if (s_valid && s_ready) before_valid_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (s_valid && s_ready) before_q <= address_in[ADDR_W-1:0];
  end

  // What goes beside the quantizer, whose stages move when it is ready.
  reg [4*SIDE_W-1:0] side_q;  // the first stage lowest
  reg [3:0] same_q;
  wire [ADDR_W-1:0] read_address = side_q[SIDE_W+1+:ADDR_W];
  wire [ADDR_W-1:0] address;
  wire [1:0] kind;
  wire last;
  wire none;
  wire same = same_q[3];

  assign {kind, last, address, none} = side_q[3*SIDE_W+:SIDE_W];

  always @(posedge clk) begin
    if (s_ready) side_q <= {side_q[3*SIDE_W-1:0], side_in};
    if (s_ready) same_q <= {same_q[2:0], same_in};
  end

  // The record of the group.
  wire record_valid;
  wire [RECORD_W-1:0] record;
  wire room;
  wire move = q_valid && q_ready;

  assign q_ready = record_valid && room;

  strm_skid #(
      .DATA_W(RECORD_W)
  ) u_record (
      .clk    (clk),
      .rst    (rst),
      .s_valid(conv_valid),
      .s_ready(conv_ready),
      .s_data (conv_data[RECORD_W-1:0]),
      .m_valid(record_valid),
      .m_ready(move && last),
      .m_data (record)
  );

  // The last three tokens: within a group in registers, between its visits in the memory, which is read two stages before.
  reg [HISTORY_W-1:0] history_q;  // {shifts, integers}, the oldest token lowest; of the beat in front
  reg [HISTORY_W-1:0] stored_q;
  wire [HISTORY_W-1:0] stored;
  wire [HISTORY_W-1:0] history = none ? {HISTORY_W{1'b0}} : same ? history_q : stored_q;
  wire [KEEP*VALUES-1:0] old_q;
  wire [KEEP*4-1:0] old_s;
  wire [HISTORY_W-1:0] next = {s, old_s[KEEP*4-1:4], q, old_q[KEEP*VALUES-1:VALUES]};

  assign {old_s, old_q} = history;

  always @(posedge clk) begin
    if (move) history_q <= next;
    if (s_ready) stored_q <= stored;
  end

  mem_sdp #(
      .DATA_W(HISTORY_W),
      .DEPTH (CONV_DEPTH)
  ) u_history (
      .clk    (clk),
      .wr_en  (move && last),
      .wr_addr(address),
      .wr_data(next),
      .rd_en  (s_ready),
      .rd_addr(read_address),
      .rd_data(stored)
  );

  // From here on nothing stops.
  reg [RUN*2-1:0] kind_q;  // the first stage lowest
  wire unused_conv_ready;
  wire conv_out_valid;
  wire [8*CONV_W-1:0] conv_out;
  wire silu_valid;
  wire [8*SILU_W-1:0] silu;
  wire unused_silu_ready;
  wire out_valid;
  wire [VALUES+3:0] out;

  always @(posedge clk) begin
    kind_q <= {kind_q[RUN*2-3:0], kind};
  end

  m2_conv #(
      .TAPS      (TAPS),
      .LANES     (8),
      .BITS      (BITS),
      .PRODUCT_W (`KR_M2_CONV_PRODUCT_W(PROFILE)),
      .PARAM_FRAC(`KR_M2_CFG_PARAM_FRAC(PROFILE)),
      .OUT_W     (CONV_W)
  ) u_conv (
      .clk    (clk),
      .rst    (rst),
      .s_valid(move),
      .s_ready(unused_conv_ready),
      .s_data ({record, s, old_s, q, old_q}),
      .m_valid(conv_out_valid),
      .m_ready(1'b1),
      .m_data (conv_out)
  );

  m2_activation #(
      .FUNCTION(0),
      .NAU     (NAU),
      .IN_W    (CONV_W),
      .IN_FRAC (`KR_M2_CFG_PROJ_FRAC(PROFILE)),
      .OUT_W   (SILU_W),
      .OUT_FRAC(`KR_M2_CFG_ACT_FRAC(PROFILE))
  ) u_silu (
      .clk    (clk),
      .rst    (rst),
      .s_valid(conv_out_valid),
      .s_data (conv_out),
      .m_valid(silu_valid),
      .m_data (silu)
  );

  m2_quant #(
      .GROUPS   (1),
      .GROUP    (8),
      .IN_W     (SILU_W),
      .BITS     (BITS),
      .MAX_SHIFT(MAX_SHIFT)
  ) u_out (
      .clk    (clk),
      .rst    (rst),
      .s_valid(silu_valid),
      .s_ready(unused_silu_ready),
      .s_data (silu),
      .m_valid(out_valid),
      .m_ready(1'b1),
      .m_data (out)
  );

  m2_exit_queue #(
      .DATA_W(VALUES + 6),
      .DEPTH (32)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (move),
      .s_valid(out_valid),
      .s_data ({kind_q[RUN*2-2+:2], out}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  wire unused_record = &{1'b0, conv_data, address_in};

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!s_valid || {16'd0, address_in} < CONV_DEPTH, "an address without a history")

  generate
    if (`KR_M2_CFG_SSM_GROUP(PROFILE) != 8 || `KR_M2_CFG_BC_GROUP(PROFILE) != 8 ||
        `KR_M2_CFG_BC_BITS(PROFILE) != BITS) begin : g_bad_profile
      m2_conv_path_PROFILE_must_quantize_B_and_C_as_x_in_groups_of_8 u_error ();
    end
    if (CONV_DEPTH < 2 || CONV_DEPTH > 65536) begin : g_bad_depth
      m2_conv_path_CONV_DEPTH_must_be_2_to_65536 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
