// SPDX-License-Identifier: Apache-2.0
//
// m2_dt_b - dB of all heads: dt times B, quantized over 8 heads, for each state of each token.
//
// Function     : for each IN job, for each group of 8 heads, for each of its tokens, for n = 0 .. N - 1: dB[n] of the 8 heads
//                = Q(saturate(((dt * B[n]) << (dt_s + B_s)) >> FRAC)), B of the heads' state group, into the half of the
//                memory that group's number has. Two groups of heads are kept; `release` frees the older one.
// Format       : dt: {dt_s (4), 8 dt}, read at {group of heads, token}; b: {B_s (4), 8 B}, at {token, state group * N/8 +
//                n/8}; both a cycle after their address. dB: {shift (4), 8 dB} in bank n mod BANKS.
// Latency      : variable: 12 cycles from a state's address to its word
// Throughput   : 1; states of a token, with 14 idle cycles between groups of heads
// Back-pressure: none inside; a group waits until a half is free, and for `ready`.
// Golden       : golden.mamba2.integer.block.scan
// Test         : tests/rtl/test_m2_operands.py
//
// Why: eight heads share a shift, so their products are made together, once a group and not once a head.

`default_nettype none
`include "kr_m2_widths.vh"

module m2_dt_b #(
    parameter PROFILE = 0,   // number of the integer profile
    parameter N_MAX   = 64,  // most states, a multiple of BANKS
    parameter BANKS   = 8,   // states that are read at a time, a multiple of 8
    parameter T_A     = 2,   // bits of a token's number
    parameter HG_A    = 1,   // bits of the number of a group of heads
    parameter BW_A    = 4    // bits of a word's number in B
) (
    input  wire                                                   clk,
    input  wire                                                   rst,
    input  wire [                                           15:0] c_hg,
    input  wire [                                           15:0] c_n8,
    input  wire [                                           15:0] c_groups,
    input  wire                                                   job_valid,  // an IN job
    output wire                                                   job_ready,  // taken with its last group
    input  wire [                                        T_A-1:0] job_last_token,
    input  wire                                                   ready,      // dt and B of this job are there
    output wire [                                       HG_A-1:0] rd_group,
    output wire [                                        T_A-1:0] rd_token,
    output wire [                                       BW_A-1:0] rd_b,
    input  wire [            8*`KR_M2_CFG_SSM_BITS(PROFILE)+3:0] dt,
    input  wire [             8*`KR_M2_CFG_BC_BITS(PROFILE)+3:0] b,
    input  wire                                                   release_i,  // the reader has left a group
    input  wire [                                            7:0] need,       // number of the reader's group, counted on
    input  wire [                                        T_A-1:0] need_token,
    output wire                                                   there,      // that token's dB can be read
    input  wire                                                   db_en,
    input  wire [                                        T_A-1:0] db_token,
    input  wire                                                   db_half,
    input  wire [            $clog2(N_MAX/BANKS > 1 ? N_MAX/BANKS : 2)-1:0] db_word,
    output wire [BANKS*(8*`KR_M2_CFG_SSM_BITS(PROFILE)+4)-1:0] db
);

  localparam BITS = `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam BC_BITS = `KR_M2_CFG_BC_BITS(PROFILE);
  localparam STATE_BITS = `KR_M2_CFG_STATE_BITS(PROFILE);
  localparam FRAC = `KR_M2_CFG_DT_FRAC(PROFILE) + `KR_M2_CFG_ACT_FRAC(PROFILE) - `KR_M2_CFG_DB_FRAC(PROFILE);
  localparam WIDE = `KR_M2_DT_B_WIDE_W(PROFILE) - FRAC;
  localparam WORD_W = 8 * BITS + 4;
  localparam WORDS = (N_MAX / BANKS > 1) ? N_MAX / BANKS : 2;
  localparam NW_A = $clog2(WORDS);
  localparam BANK_A = $clog2(BANKS);
  localparam N_A = NW_A + BANK_A;

  // Issue: one state of one token a cycle; a group begins when the one before has left the pipeline.
  reg             busy_q;
  reg             drain_q;
  reg [     15:0] group_q;    // of heads, in the job
  reg [     15:0] share_q;    // group_q * c_groups modulo c_hg, for the state group
  reg [BW_A-1:0] base_q;     // first word of the state group in B
  reg [  T_A-1:0] token_q;
  reg [     15:0] n_q;
  reg [      7:0] begun_q;    // groups begun, counted on
  reg [      7:0] made_q;     // groups made
  reg [      7:0] left_q;     // groups that the reader has left
  wire [     15:0] last_n = {c_n8[12:0], 3'b000} - 16'd1;
  wire [     15:0] next_share = share_q + c_groups;
  wire            n_end = n_q == last_n;
  wire            token_end = n_end && token_q == job_last_token;
  wire            begin_group = job_valid && ready && !busy_q && !drain_q && (begun_q - left_q) < 8'd2;
  wire            last_group = group_q == c_hg - 16'd1;
  reg             made;

  assign job_ready = drain_q && made && last_group;
  assign rd_group  = group_q[HG_A-1:0];
  assign rd_token  = token_q;
  assign rd_b      = base_q + n_q[3+:BW_A];

  always @(posedge clk) begin
    if (rst) begin
      busy_q  <= 1'b0;
      drain_q <= 1'b0;
    end else begin
      if (begin_group) busy_q <= 1'b1;
      else if (busy_q && token_end) busy_q <= 1'b0;
      if (busy_q && token_end) drain_q <= 1'b1;
      else if (made) drain_q <= 1'b0;
    end
  end

  always @(posedge clk) begin
    if (rst || begin_group) begin
      n_q     <= 16'd0;
      token_q <= {T_A{1'b0}};
    end else if (busy_q) begin
      n_q <= n_end ? 16'd0 : n_q + 16'd1;
      if (n_end) token_q <= token_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (rst || job_ready) begin
      group_q <= 16'd0;
      share_q <= 16'd0;
      base_q  <= {BW_A{1'b0}};
    end else if (drain_q && made) begin
      group_q <= group_q + 16'd1;
      share_q <= (next_share >= c_hg) ? next_share - c_hg : next_share;
      if (next_share >= c_hg) base_q <= base_q + c_n8[BW_A-1:0];
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      begun_q <= 8'd0;
      made_q  <= 8'd0;
      left_q  <= 8'd0;
    end else begin
      begun_q <= begun_q + {7'd0, begin_group};
      made_q  <= made_q + {7'd0, drain_q && made};
      left_q  <= left_q + {7'd0, release_i};
    end
  end

  // p1: words of dt and B are there; p2: operands.
  reg              p1_valid_q;
  reg  [      2:0] p1_lane_q;
  reg              p2_valid_q;
  reg  [8*BITS-1:0] p2_dt_q;
  reg  [BC_BITS-1:0] p2_b_q;
  reg  [      4:0] p2_shift_q;

  always @(posedge clk) begin
    if (rst) begin
      p1_valid_q <= 1'b0;
      p2_valid_q <= 1'b0;
    end else begin
      p1_valid_q <= busy_q;
      p2_valid_q <= p1_valid_q;
    end
  end

  always @(posedge clk) begin
    p1_lane_q  <= n_q[2:0];
    p2_dt_q    <= dt[8*BITS-1:0];
    p2_b_q     <= b[p1_lane_q*BC_BITS+:BC_BITS];
    p2_shift_q <= {1'b0, dt[8*BITS+:4]} + {1'b0, b[8*BC_BITS+:4]};
  end

  reg  [              4:0] mul_valid_q;
  reg                      sat_valid_q;
  wire [8*STATE_BITS-1:0] clamped;
  reg  [8*STATE_BITS-1:0] sat_q;
  wire                     made_valid;
  wire [       WORD_W-1:0] made_word;
  wire                     unused_ready;

  always @(posedge clk) begin
    if (rst) begin
      mul_valid_q <= 5'd0;
      sat_valid_q <= 1'b0;
    end else begin
      mul_valid_q <= {mul_valid_q[3:0], p2_valid_q};
      sat_valid_q <= mul_valid_q[4];
    end
  end

  always @(posedge clk) begin
    sat_q <= clamped;
  end

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_head
      wire signed [WIDE-1:0] product;
      wire unused_sat;

      m2_mul_shift #(
          .A_W    (BITS),
          .B_W    (BC_BITS),
          .SHIFT_W(5),
          .FRAC   (FRAC),
          .OUT_W  (WIDE)
      ) u_mul (
          .clk  (clk),
          .en   (1'b1),
          .a    (p2_dt_q[i*BITS+:BITS]),
          .b    (p2_b_q),
          .shift(p2_shift_q),
          .y    (product)
      );

      fxp_round_sat #(
          .IN_W (WIDE),
          .FRAC (0),
          .OUT_W(STATE_BITS),
          .ROUND(0)
      ) u_sat (
          .x  (product),
          .y  (clamped[i*STATE_BITS+:STATE_BITS]),
          .sat(unused_sat)
      );
    end
  endgenerate

  m2_quant #(
      .GROUPS   (1),
      .GROUP    (8),
      .IN_W     (STATE_BITS),
      .BITS     (BITS),
      .MAX_SHIFT(15)
  ) u_quant (
      .clk    (clk),
      .rst    (rst),
      .s_valid(sat_valid_q),
      .s_ready(unused_ready),
      .s_data (sat_q),
      .m_valid(made_valid),
      .m_ready(1'b1),
      .m_data (made_word)
  );

  // Words leave in the order in which their states entered.
  reg [     15:0] put_n_q;
  reg [  T_A-1:0] put_token_q;
  wire            put_end = put_n_q == last_n;

  always @* begin
    made = made_valid && put_end && put_token_q == job_last_token;
  end

  always @(posedge clk) begin
    if (rst || made) begin
      put_n_q     <= 16'd0;
      put_token_q <= {T_A{1'b0}};
    end else if (made_valid) begin
      put_n_q <= put_end ? 16'd0 : put_n_q + 16'd1;
      if (put_end) put_token_q <= put_token_q + 1'b1;
    end
  end

  // The reader's token is there when its group is made, or being made and past that token.
  wire [7:0] ahead = made_q - need;

  assign there = (!ahead[7] && ahead != 8'd0) || (ahead == 8'd0 && begun_q != made_q && need_token < put_token_q);

  generate
    for (i = 0; i < BANKS; i = i + 1) begin : g_bank
      localparam [31:0] BANK = i;

      mem_sdp #(
          .DATA_W(WORD_W),
          .DEPTH (2 << (T_A + NW_A))
      ) u_mem (
          .clk    (clk),
          .wr_en  (made_valid && put_n_q[BANK_A-1:0] == BANK[BANK_A-1:0]),
          .wr_addr({made_q[0], put_token_q, put_n_q[BANK_A+:NW_A]}),
          .wr_data(made_word),
          .rd_en  (db_en),
          .rd_addr({db_half, db_token, db_word}),
          .rd_data(db[i*WORD_W+:WORD_W])
      );
    end
  endgenerate

  localparam UNUSED_N_A = N_A;
  wire unused_bits = &{1'b0, c_n8[15:13], n_q[15], UNUSED_N_A[0]};

endmodule

`default_nettype wire
