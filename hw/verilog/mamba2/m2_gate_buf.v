// SPDX-License-Identifier: Apache-2.0
//
// m2_gate_buf - keeps the gated outputs of the recurrence until their norm: in by heads, out by tokens.
//
// Function     : the k-th IN job writes its values, 8 channels of a token a beat in the order (head, token, channels); the
//                k-th OUT job reads them, token by token. Other jobs are dropped.
// Format       : s_data 8 values of W bits, first lowest; m_data {last, NL values}, last at the end of each state group; zeros
//                fill a token's last beat. c_i8 groups of 8 a token, c_in = ceil(8 c_i8 / NL) beats, c_gn beats a state
//                group, c_heads heads of c_p8 groups; they hold still during a run.
// Latency      : variable: of one token 3 from a beat's last group to the beat; of more the whole job is written first
// Throughput   : 1; while a job is read or written, and a few cycles between jobs
// Back-pressure: registered ready: s waits while the job before is not read out yet; up to 8 jobs are taken ahead.
// Golden       : golden.mamba2.integer.block.mixer
// Test         : tests/rtl/test_m2_gate_buf.py
//
// Why: one buffer. While it is read, the recurrence has the next layer's convolution in front of it; a second one would be
// idle most of the time.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module m2_gate_buf #(
    parameter NL     = 8,    // values in a beat of m, 8 times a power of two
    parameter W      = 30,   // width of a value [bits], >= 1
    parameter I_MAX  = 5120, // most values of a token
    parameter T_COLS = 1,    // most tokens of a job, 1..256
    parameter ULTRA  = 0     // words from which on the buffer is UltraRAM, 0: never
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire [            15:0] c_i8,
    input  wire [            15:0] c_in,
    input  wire [            15:0] c_gn,
    input  wire [            15:0] c_heads,
    input  wire [            15:0] c_p8,
    input  wire                    job_valid,
    output wire                    job_ready,
    input  wire [`KR_M2_JOB_W-1:0] job_data,
    input  wire                    s_valid,
    output wire                    s_ready,
    input  wire [         8*W-1:0] s_data,
    output wire                    m_valid,
    input  wire                    m_ready,
    output wire [         NL*W:0] m_data
);

  localparam BANKS = NL / 8;
  localparam BANK_LG = $clog2(BANKS);
  localparam WORDS = (I_MAX + NL - 1) / NL;  // most of a token
  localparam DEPTH = (T_COLS * WORDS < 2) ? 2 : T_COLS * WORDS;
  localparam ADDR_W = $clog2(DEPTH);
  localparam GROUP_LG = (WORDS * BANKS < 2) ? 1 : $clog2(WORDS * BANKS);  // bits of a group's place in a token

  // Jobs: writers and readers in queues of their own.
  wire [1:0] kind = job_data[`KR_M2_JOB_KIND];
  wire       w_room;
  wire       r_room;
  wire       w_valid;
  wire [7:0] w_last_token;
  wire       r_valid;
  wire       r_ready;
  wire [7:0] r_last_token;
  wire       wrote;  // the last group of a job
  reg        wrote_q;
  wire [3:0] unused_w_level;
  wire [3:0] unused_r_level;
  wire       unused_job = &{1'b0, job_data};

  assign job_ready = w_room && r_room;

  strm_fifo #(
      .DATA_W(8),
      .DEPTH (8)
  ) u_w_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid && job_ready && kind == `KR_M2_KIND_IN),
      .s_ready(w_room),
      .s_data (job_data[`KR_M2_JOB_LAST_TOKEN]),
      .m_valid(w_valid),
      .m_ready(wrote_q),
      .m_data (w_last_token),
      .level  (unused_w_level)
  );

  strm_fifo #(
      .DATA_W(8),
      .DEPTH (8)
  ) u_r_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid && job_ready && kind == `KR_M2_KIND_OUT),
      .s_ready(r_room),
      .s_data (job_data[`KR_M2_JOB_LAST_TOKEN]),
      .m_valid(r_valid),
      .m_ready(r_ready),
      .m_data (r_last_token),
      .level  (unused_r_level)
  );

  // Writing: channels of a head, then tokens, then heads.
  reg               full_q;   // a whole job is written and not yet read out
  reg  [  ADDR_W:0] words_q;  // of one token: words that are complete
  reg  [GROUP_LG-1:0] ct_q;
  reg  [       7:0] token_q;
  reg  [GROUP_LG-1:0] head_q;
  reg  [GROUP_LG-1:0] start_q;  // group at which the head starts
  reg  [GROUP_LG-1:0] group_q;
  reg  [ADDR_W-1:0] row_q;    // address at which the token starts
  wire              take = s_valid && s_ready;
  reg  [GROUP_LG-1:0] cts_last_q;
  reg  [GROUP_LG-1:0] heads_last_q;
  wire              ct_last = ct_q == cts_last_q;
  wire              token_last = token_q == w_last_token;
  wire              head_last = head_q == heads_last_q;
  wire [GROUP_LG-1:0] next = group_q + 1'b1;
  wire [BANKS-1:0]  bank;
  wire [ADDR_W+GROUP_LG-1:0] word = {{ADDR_W{1'b0}}, group_q} >> BANK_LG;
  wire              unused_word = &{1'b0, word, c_p8, c_heads};
  wire [ADDR_W-1:0] wr_addr = row_q + word[ADDR_W-1:0];

  assign s_ready = w_valid && !full_q;
  assign wrote   = take && ct_last && token_last && head_last;

  always @(posedge clk) begin
    cts_last_q   <= c_p8[GROUP_LG-1:0] - 1'b1;
    heads_last_q <= c_heads[GROUP_LG-1:0] - 1'b1;
  end

  // The job leaves its queue while full_q holds up the next one.
  always @(posedge clk) begin
    if (rst) wrote_q <= 1'b0;
    else wrote_q <= wrote;
  end

  always @(posedge clk) begin
    if (rst) full_q <= 1'b0;
    else if (wrote) full_q <= 1'b1;
    else if (r_ready) full_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst) ct_q <= {GROUP_LG{1'b0}};
    else if (take) ct_q <= ct_last ? {GROUP_LG{1'b0}} : ct_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) token_q <= 8'd0;
    else if (take && ct_last) token_q <= token_last ? 8'd0 : token_q + 8'd1;
  end

  always @(posedge clk) begin
    if (rst) head_q <= {GROUP_LG{1'b0}};
    else if (take && ct_last && token_last) head_q <= head_last ? {GROUP_LG{1'b0}} : head_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) row_q <= {ADDR_W{1'b0}};
    else if (take && ct_last) row_q <= token_last ? {ADDR_W{1'b0}} : row_q + c_in[ADDR_W-1:0];
  end

  always @(posedge clk) begin
    if (rst) begin
      group_q <= {GROUP_LG{1'b0}};
      start_q <= {GROUP_LG{1'b0}};
    end else if (wrote) begin
      group_q <= {GROUP_LG{1'b0}};
      start_q <= {GROUP_LG{1'b0}};
    end else if (take) begin
      group_q <= (ct_last && !token_last) ? start_q : next;
      if (ct_last && token_last) start_q <= next;
    end
  end

  always @(posedge clk) begin
    if (rst) words_q <= {ADDR_W + 1{1'b0}};
    else if (r_ready) words_q <= {ADDR_W + 1{1'b0}};
    else if (take && w_last_token == 8'd0 && bank[BANKS-1]) words_q <= words_q + 1'b1;
  end

  // Reading.
  wire              rd_en;
  wire [ADDR_W-1:0] rd_addr;
  wire [  NL*W-1:0] rd_data;

  m2_vector_reader #(
      .GROUP_W(8 * W),
      .BANKS  (BANKS),
      .ADDR_W (ADDR_W)
  ) u_reader (
      .clk      (clk),
      .rst      (rst),
      .c_words  (c_in),
      .c_span   (c_gn),
      .c_groups (c_i8),
      .job_valid(r_valid),
      .job_ready(r_ready),
      .job_data ({{ADDR_W{1'b0}}, r_last_token, 8'd0}),
      .all      (full_q),
      .words    (words_q),
      .busy     (1'b0),
      .rd_en    (rd_en),
      .rd_addr  (rd_addr),
      .rd_data  (rd_data),
      .m_valid  (m_valid),
      .m_ready  (m_ready),
      .m_data   (m_data)
  );

  genvar i;
  generate
    if (BANKS == 1) begin : g_one
      assign bank = 1'b1;
    end else begin : g_many
      for (i = 0; i < BANKS; i = i + 1) begin : g_bank
        localparam [31:0] BANK = i;
        assign bank[i] = group_q[BANK_LG-1:0] == BANK[BANK_LG-1:0];
      end
    end

    if (NL < 8 || NL % 8 != 0 || (NL & (NL - 1)) != 0) begin : g_bad_lanes
      m2_gate_buf_NL_must_be_8_times_a_power_of_two u_error ();
    end
    if (T_COLS < 1 || T_COLS > 256 || I_MAX < 8 || WORDS * BANKS > 65536 || DEPTH > 32768) begin : g_bad_size
      m2_gate_buf_T_COLS_must_be_1_to_256_and_the_buffer_at_most_32768_words u_error ();
    end
  endgenerate

  m2_banks #(
      .GROUP_W(8 * W),
      .BANKS  (BANKS),
      .DEPTH  (DEPTH),
      .ULTRA  (ULTRA)
  ) u_banks (
      .clk    (clk),
      .wr_en  (bank & {BANKS{take}}),
      .wr_addr(wr_addr),
      .wr_data({BANKS{s_data}}),
      .rd_en  ({BANKS{rd_en}}),
      .rd_addr(rd_addr),
      .rd_data(rd_data)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!w_valid || {24'd0, w_last_token} < T_COLS, "a job has more than T_COLS tokens")
  `CHECK(!r_valid || {16'd0, c_in} * NL < I_MAX + NL, "a token has more than I_MAX values")

endmodule

`default_nettype wire
