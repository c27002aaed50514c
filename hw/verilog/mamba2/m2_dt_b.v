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
// Throughput   : 1; states of a token, with 15 idle cycles between groups of heads
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
    output wire                                                   row_made,   // a token's dB can be read from the next cycle on
    input  wire                                                   db_en,
    input  wire [                                        T_A-1:0] db_token,
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
  localparam N_W = NW_A + BANK_A;  // also of WORDS * BANKS states at most

  // Issue: one state of one token a cycle; a group begins when the one before has left the pipeline.
  reg             known_q;    // a job, and the numbers below are its own
  reg  [  T_A-1:0] last_q;    // its last token
  reg             busy_q;
  reg             drain_q;
  reg  [     15:0] share_q;   // group * c_groups modulo c_hg, for the state group
  reg  [     15:0] sum_q;     // share_q + c_groups
  reg  [     15:0] excess_q;  // that less c_hg; both are known long before the group ends
  reg  [ BW_A-1:0] base_q;    // first word of the state group in B
  reg  [  T_A-1:0] token_q;
  reg  [      1:0] held_q;    // groups begun and not left
  reg              made_q;    // half that is made next
  reg              left_q;    // half that the reader is at
  wire [     15:0] states = {c_n8[12:0], 3'b000};
  wire [ HG_A-1:0] group;     // of heads, in the job
  wire             last_group;
  wire [  N_W-1:0] n;
  wire             n_end;
  wire [BW_A+N_W-4:0] n_word = {{BW_A{1'b0}}, n[N_W-1:3]};
  wire             token_end = n_end && token_q == last_q;
  wire             begin_group = known_q && ready && !busy_q && !drain_q && !held_q[1];
  reg              done_q;    // the last word of a group was written

  assign job_ready = done_q && last_group;
  assign rd_group  = group;
  assign rd_token  = token_q;
  assign rd_b      = base_q + n_word[BW_A-1:0];

  always @(posedge clk) known_q <= !rst && job_valid && !job_ready;
  always @(posedge clk) last_q <= job_last_token;

  always @(posedge clk) begin
    if (rst) begin
      busy_q  <= 1'b0;
      drain_q <= 1'b0;
    end else begin
      if (begin_group) busy_q <= 1'b1;
      else if (busy_q && token_end) busy_q <= 1'b0;
      if (busy_q && token_end) drain_q <= 1'b1;
      else if (done_q) drain_q <= 1'b0;
    end
  end

  m2_count #(
      .W(N_W)
  ) u_n (
      .clk  (clk),
      .rst  (rst),
      .limit(states),
      .step (busy_q),
      .value(n),
      .last (n_end)
  );

  m2_count #(
      .W(HG_A)
  ) u_group (
      .clk  (clk),
      .rst  (rst),
      .limit(c_hg),
      .step (done_q),
      .value(group),
      .last (last_group)
  );

  always @(posedge clk) begin
    if (begin_group) token_q <= {T_A{1'b0}};
    else if (busy_q && n_end) token_q <= token_q + 1'b1;
  end

  always @(posedge clk) begin
    sum_q    <= share_q + c_groups;
    excess_q <= sum_q - c_hg;
  end

  always @(posedge clk) begin
    if (rst || job_ready) begin
      share_q <= 16'd0;
      base_q  <= {BW_A{1'b0}};
    end else if (done_q) begin
      share_q <= excess_q[15] ? sum_q : excess_q;
      if (!excess_q[15]) base_q <= base_q + c_n8[BW_A-1:0];
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      held_q <= 2'd0;
      made_q <= 1'b0;
      left_q <= 1'b0;
    end else begin
      if (begin_group != release_i) held_q <= begin_group ? held_q + 2'd1 : held_q - 2'd1;
      made_q <= made_q ^ done_q;
      left_q <= left_q ^ release_i;
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
    p1_lane_q  <= n[2:0];
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
  wire [N_W-1:0] put_n;
  wire        put_end;
  reg  [T_A-1:0] put_token_q;

  m2_count #(
      .W(N_W)
  ) u_put (
      .clk  (clk),
      .rst  (rst),
      .limit(states),
      .step (made_valid),
      .value(put_n),
      .last (put_end)
  );

  assign row_made = made_valid && put_end;

  always @(posedge clk) begin
    if (rst) done_q <= 1'b0;
    else done_q <= row_made && put_token_q == last_q;
  end

  always @(posedge clk) begin
    if (rst || begin_group) put_token_q <= {T_A{1'b0}};
    else if (row_made) put_token_q <= put_token_q + 1'b1;
  end

  generate
    for (i = 0; i < BANKS; i = i + 1) begin : g_bank
      localparam [31:0] BANK = i;

      mem_sdp #(
          .DATA_W(WORD_W),
          .DEPTH (2 << (T_A + NW_A))
      ) u_mem (
          .clk    (clk),
          .wr_en  (made_valid && put_n[BANK_A-1:0] == BANK[BANK_A-1:0]),
          .wr_addr({made_q, put_token_q, put_n[BANK_A+:NW_A]}),
          .wr_data(made_word),
          .rd_en  (db_en),
          .rd_addr({left_q, db_token, db_word}),
          .rd_data(db[i*WORD_W+:WORD_W])
      );
    end
  endgenerate

  wire unused_bits = &{1'b0, c_n8[15:13], n_word};

endmodule

`default_nettype wire
