// SPDX-License-Identifier: Apache-2.0
//
// m2_vector_reader - reads the tokens of a job out of banks, as vectors for a norm.
//
// Function     : for each job {base, first, last}: words base + first * c_words on, c_words for each of the tokens first to
//                last, marked at the end of each c_span words and of a token; zeros behind a token's c_groups groups.
// Format       : job_data {base, last token, first token}, 8 bits each token; m_data {end mark, BANKS groups}. c_words =
//                ceil(c_groups / BANKS), c_span and c_groups hold still during a run.
// Latency      : variable: a word leaves 2 cycles after it may be read, a job starts first + 1 cycles after it is seen
// Throughput   : 1; but for the cycles in which the RAM is busy, and the start of a job
// Back-pressure: room for what is read is reserved in a queue of 4 words; job_ready follows the last read.
// Golden       : golden.streams.memory
// Test         : tests/rtl/test_m2_vector_reader.py
//
// Why: words are read only with room in the queue, so that the RAM's output need not hold them and its port is free for
// others in every cycle.

`default_nettype none
`include "checks.vh"

module m2_vector_reader #(
    parameter GROUP_W = 64, // width of a group [bits], >= 1
    parameter BANKS   = 2,  // groups in a word, power of two, >= 1
    parameter ADDR_W  = 8   // bits of an address, 1..15
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire [             15:0] c_words,
    input  wire [             15:0] c_span,
    input  wire [             15:0] c_groups,
    input  wire                     job_valid,
    output wire                     job_ready,
    input  wire [      ADDR_W+15:0] job_data,
    input  wire                     all,       // all words of the job may be read
    input  wire [         ADDR_W:0] words,     // else so many of its first token
    input  wire                     busy,      // no word may be read in this cycle
    output wire                     rd_en,
    output wire [       ADDR_W-1:0] rd_addr,
    input  wire [BANKS*GROUP_W-1:0] rd_data,   // of the cycle after rd_en
    output wire                     m_valid,
    input  wire                     m_ready,
    output wire [  BANKS*GROUP_W:0] m_data
);

  localparam WORD_W = BANKS * GROUP_W;
  localparam BANK_LG = $clog2(BANKS);

  wire [       7:0] first = job_data[7:0];
  wire [       7:0] last = job_data[15:8];
  wire [ADDR_W-1:0] base = job_data[16+:ADDR_W];

  reg               run_q;
  reg               seek_q;  // tokens in front of the first one are passed by
  reg  [       7:0] token_q;
  reg  [ADDR_W-1:0] word_q;  // the words of a token have addresses of their own
  reg  [ADDR_W-1:0] span_q;
  reg  [ADDR_W-1:0] addr_q;
  wire              room;
  wire              allowed = all || {1'b0, word_q} < words;
  reg  [ADDR_W-1:0] words_last_q;
  reg  [ADDR_W-1:0] span_last_q;
  reg  [       7:0] first_q;
  reg  [       7:0] last_q;
  reg               done_q;
  wire              word_last = word_q == words_last_q;
  wire              span_last = word_last || span_q == span_last_q;
  wire              start = job_valid && !run_q && !done_q;
  wire              done = rd_en && word_last && token_q == last_q;

  assign rd_en     = run_q && !seek_q && allowed && room && !busy;
  assign rd_addr   = addr_q;
  assign job_ready = done_q;

  always @(posedge clk) begin
    words_last_q <= c_words[ADDR_W-1:0] - 1'b1;
    span_last_q  <= c_span[ADDR_W-1:0] - 1'b1;
  end

  always @(posedge clk) begin
    if (start) begin
      first_q <= first;
      last_q  <= last;
    end
  end

  always @(posedge clk) begin
    if (rst) done_q <= 1'b0;
    else done_q <= done;
  end

  always @(posedge clk) begin
    if (rst) run_q <= 1'b0;
    else if (start) run_q <= 1'b1;
    else if (done) run_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (start) seek_q <= first != 8'd0;
    else if (seek_q) seek_q <= token_q + 8'd1 != first_q;
  end

  always @(posedge clk) begin
    if (start) token_q <= 8'd0;
    else if (seek_q || (rd_en && word_last)) token_q <= token_q + 8'd1;
  end

  always @(posedge clk) begin
    if (start) addr_q <= base;
    else if (seek_q) addr_q <= addr_q + c_words[ADDR_W-1:0];
    else if (rd_en) addr_q <= addr_q + 1'b1;
  end

  always @(posedge clk) begin
    if (start) begin
      word_q <= {ADDR_W{1'b0}};
      span_q <= {ADDR_W{1'b0}};
    end else if (rd_en) begin
      word_q <= word_last ? {ADDR_W{1'b0}} : word_q + 1'b1;
      span_q <= span_last ? {ADDR_W{1'b0}} : span_q + 1'b1;
    end
  end

  // The word that was read goes into the queue.
  reg               p0_valid_q;
  reg               p0_end_q;
  reg               p0_short_q;
  wire [WORD_W-1:0] word;
  wire              q_ready;
  wire [       2:0] level;

  assign room = {1'b0, level} + {3'd0, p0_valid_q} < 4'd4;

  always @(posedge clk) begin
    if (rst) p0_valid_q <= 1'b0;
    else p0_valid_q <= rd_en;
  end

  always @(posedge clk) begin
    if (rd_en) begin
      p0_end_q   <= span_last;
      p0_short_q <= word_last;
    end
  end

  genvar i;
  wire [8:0] tokens = {1'b0, last} - {1'b0, first};  // less 1
  wire       unused_tokens = &{1'b0, tokens};
  wire       unused_counts = &{1'b0, c_words, c_span};

  generate
    if (BANKS == 1) begin : g_one
      wire unused_short = &{1'b0, p0_short_q, c_groups};
      assign word = rd_data;
    end else begin : g_many
      wire [BANK_LG-1:0] rest = c_groups[BANK_LG-1:0];  // groups of a short last word, 0 if it is whole
      wire               unused_groups = &{1'b0, c_groups};
      for (i = 0; i < BANKS; i = i + 1) begin : g_bank
        localparam [31:0] BANK = i;
        wire [BANK_LG:0] beyond = {1'b0, BANK[BANK_LG-1:0]} - {1'b0, rest};  // negative in front of the end
        wire             unused_beyond = &{1'b0, beyond};
        wire             keep = !p0_short_q || rest == {BANK_LG{1'b0}} || beyond[BANK_LG];
        assign word[i*GROUP_W+:GROUP_W] = rd_data[i*GROUP_W+:GROUP_W] & {GROUP_W{keep}};
      end
    end

    if (BANKS < 1 || (BANKS & (BANKS - 1)) != 0) begin : g_bad_banks
      m2_vector_reader_BANKS_must_be_a_power_of_two u_error ();
    end
  endgenerate

  strm_fifo #(
      .DATA_W(WORD_W + 1),
      .DEPTH (4)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(p0_valid_q),
      .s_ready(q_ready),
      .s_data ({p0_end_q, word}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .level  (level)
  );

  `CHECK(!p0_valid_q || q_ready, "no room for a word that was read")
  `CHECK(!job_valid || !tokens[8], "the first token comes after the last")

endmodule

`default_nettype wire
