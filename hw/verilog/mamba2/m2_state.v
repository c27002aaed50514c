// SPDX-License-Identifier: Apache-2.0
//
// m2_state - brings the recurrent state to the SSM and takes it back, on chip or in memory.
//
// Function     : for each IN job c_heads * c_words tile words leave on h, and as many come back on g: zeros with
//                `fresh`, else those that came back for the last job of that layer. Layers below c_mem_first: in a RAM
//                of DEPTH words, at layer * c_heads * c_words. Others: from s in chunks of c_chunk_heads heads, and
//                back to q and f, which m2_store takes. Other jobs are dropped.
// Format       : a tile word as in m2_ssm. s: c_sb beats of shifts and c_qb of numbers a chunk, as m2_state_unpack; q:
//                the c_qb, f: the c_sb beats of a chunk, as m2_state_pack. c_* hold still from 6 cycles before a job on.
// Latency      : variable: the first word of a job leaves 6 cycles after it if it is fresh, 7 from the RAM
// Throughput   : variable: a word a cycle each way while memory and m2_ssm keep up; 5 or 6 cycles between jobs
// Back-pressure: combinational g_ready (from q_ready), s_ready is that of its queue's end; takes 4 jobs ahead.
// Golden       : golden.mamba2.accel.layout.unpack_state
// Test         : tests/rtl/test_m2_state.py
//
// Why: words come back in the order in which they left, so a word of the RAM is up to date when fewer words are under
// way than a layer has; nobody looks at addresses. This is exact for jobs of one layer and costs nothing for others.

`default_nettype none
`include "checks.vh"
`include "kr_m2_widths.vh"
`include "mamba2/m2_job.vh"

module m2_state #(
    parameter PROFILE     = 0,    // number of the integer profile, of kr_m2_widths.vh
    parameter TILES       = 1,    // tiles of 8 states by 8 channels in a word, >= 1
    parameter WIDE_W      = 512,  // width of a wide beat [bits], as m2_state_unpack
    parameter DEPTH       = 0,    // words of the RAM; 0: none, c_mem_first is 0
    parameter CHUNK_WORDS = 1024  // most tile words of a chunk, a power of two >= 2
) (
    input  wire                                                    clk,
    input  wire                                                    rst,
    input  wire [                                            15:0] c_words,
    input  wire [                                            15:0] c_heads,
    input  wire [                                            15:0] c_chunk_heads,
    input  wire [                                            15:0] c_sb,
    input  wire [                                            15:0] c_qb,
    input  wire [                                             7:0] c_mem_first,
    input  wire                                                    job_valid,
    output wire                                                    job_ready,
    input  wire [                                            31:0] job_data,
    input  wire                                                    s_valid,
    output wire                                                    s_ready,
    input  wire [                                      WIDE_W-1:0] s_data,
    output wire                                                    h_valid,
    input  wire                                                    h_ready,
    output wire [TILES*(32+64*`KR_M2_CFG_SSM_BITS(PROFILE))-1:0] h_data,
    input  wire                                                    g_valid,
    output wire                                                    g_ready,
    input  wire [TILES*(32+64*`KR_M2_CFG_SSM_BITS(PROFILE))-1:0] g_data,
    output wire                                                    q_valid,
    input  wire                                                    q_ready,
    output wire [                                      WIDE_W-1:0] q_data,
    output wire                                                    f_valid,
    input  wire                                                    f_ready,
    output wire [                                      WIDE_W-1:0] f_data
);

  localparam ULTRA = 8192;  // words from which on the RAM is of UltraRAM; devices without it keep no state on chip
  localparam SHIFT_W = TILES * 32;
  localparam Q_W = TILES * 64 * `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam WORD_W = SHIFT_W + Q_W;
  localparam COUNT_W = 20;  // of the words of a layer
  localparam ADDR_W = (DEPTH > 2) ? $clog2(DEPTH) : 1;

  // What follows from the configuration.
  reg [       31:0] layer_words_q;
  reg [       15:0] chunk_words_q;
  wire [COUNT_W-1:0] layer_words = layer_words_q[COUNT_W-1:0];

  always @(posedge clk) begin
    layer_words_q <= c_heads * c_words;
    chunk_words_q <= c_chunk_heads * c_words;
  end

  // Jobs, for each way: {on chip, fresh, layer}.
  wire              in_job = job_data[`KR_M2_JOB_KIND] == `KR_M2_KIND_IN;
  wire [       1:0] way_ready;
  wire [       9:0] job = {
    job_data[`KR_M2_JOB_LAYER] < c_mem_first, job_data[`KR_M2_JOB_FRESH], job_data[`KR_M2_JOB_LAYER]
  };
  wire              push = job_valid && job_ready && in_job;
  wire              out_job_valid;
  wire              out_job_ready;
  wire [       9:0] out_job;
  wire              back_job_valid;
  wire              back_job_ready;
  wire [       9:0] back_job;
  wire [       5:0] unused_level;

  assign job_ready = &way_ready;

  strm_fifo #(
      .DATA_W(10),
      .DEPTH (4)
  ) u_out_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(push),
      .s_ready(way_ready[0]),
      .s_data (job),
      .m_valid(out_job_valid),
      .m_ready(out_job_ready),
      .m_data (out_job),
      .level  (unused_level[2:0])
  );

  strm_fifo #(
      .DATA_W(10),
      .DEPTH (4)
  ) u_back_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(push),
      .s_ready(way_ready[1]),
      .s_data (job),
      .m_valid(back_job_valid),
      .m_ready(back_job_ready),
      .m_data (back_job),
      .level  (unused_level[5:3])
  );

  // A way takes a job, computes its base in two cycles, and runs.
  wire               out_run;
  wire               out_chip;
  wire               out_fresh;
  wire               out_memory;
  wire [ ADDR_W-1:0] out_base;
  wire               out_begin;
  wire               back_run;
  wire               back_chip;
  wire               unused_back_fresh;
  wire               unused_back_memory;
  wire [ ADDR_W-1:0] back_base;
  wire               back_begin;
  wire               next_valid;  // words to h, in front of its register
  wire               next_ready;
  wire [ WORD_W-1:0] next_word;
  wire               move = next_valid && next_ready;
  wire               back = g_valid && g_ready;

  m2_state_way #(
      .COUNT_W(COUNT_W),
      .ADDR_W (ADDR_W)
  ) u_out (
      .clk      (clk),
      .rst      (rst),
      .words    (layer_words),
      .job_valid(out_job_valid),
      .job_ready(out_job_ready),
      .job      (out_job),
      .step     (move),
      .run      (out_run),
      .chip     (out_chip),
      .fresh    (out_fresh),
      .memory   (out_memory),
      .begins   (out_begin),
      .base     (out_base)
  );

  m2_state_way #(
      .COUNT_W(COUNT_W),
      .ADDR_W (ADDR_W)
  ) u_back (
      .clk      (clk),
      .rst      (rst),
      .words    (layer_words),
      .job_valid(back_job_valid),
      .job_ready(back_job_ready),
      .job      (back_job),
      .step     (back),
      .run      (back_run),
      .chip     (back_chip),
      .fresh    (unused_back_fresh),
      .memory   (unused_back_memory),
      .begins   (back_begin),
      .base     (back_base)
  );

  // Memory.
  wire              unpacked_valid;
  wire [WORD_W-1:0] unpacked;
  wire              pack_ready;

  m2_state_unpack #(
      .WIDE_W (WIDE_W),
      .SHIFT_W(SHIFT_W),
      .Q_W    (Q_W),
      .WORDS  (CHUNK_WORDS)
  ) u_unpack (
      .clk          (clk),
      .rst          (rst),
      .c_sb         (c_sb),
      .c_qb         (c_qb),
      .c_chunk_words(chunk_words_q),
      .s_valid      (s_valid),
      .s_ready      (s_ready),
      .s_data       (s_data),
      .m_valid      (unpacked_valid),
      .m_ready      (out_memory && next_ready),
      .m_data       (unpacked)
  );

  m2_state_pack #(
      .WIDE_W (WIDE_W),
      .SHIFT_W(SHIFT_W),
      .Q_W    (Q_W),
      .WORDS  (CHUNK_WORDS)
  ) u_pack (
      .clk          (clk),
      .rst          (rst),
      .c_chunk_words(chunk_words_q),
      .s_valid      (g_valid && back_run && !back_chip),
      .s_ready      (pack_ready),
      .s_data       (g_data),
      .q_valid      (q_valid),
      .q_ready      (q_ready),
      .q_data       (q_data),
      .f_valid      (f_valid),
      .f_ready      (f_ready),
      .f_data       (f_data)
  );

  // The RAM: its output register is the next word.
  wire              kept_valid;
  wire [WORD_W-1:0] kept;

  generate
    if (DEPTH > 0) begin : g_chip
      localparam RAM_DEPTH = (DEPTH < 2) ? 2 : DEPTH;
      reg                kept_valid_q;
      reg  [COUNT_W-1:0] under_way_q;  // words that left and did not come back, these counted a cycle late
      reg                back_q;
      reg  [COUNT_W-1:0] to_read_q;  // words of this job
      reg  [ ADDR_W-1:0] rd_addr_q;
      reg  [ ADDR_W-1:0] wr_addr_q;
      wire [COUNT_W-1:0] ahead = under_way_q + {{COUNT_W - 1{1'b0}}, kept_valid_q};
      wire               read = to_read_q != {COUNT_W{1'b0}} && ahead < layer_words && (!kept_valid_q || next_ready);

      assign kept_valid = kept_valid_q;

      always @(posedge clk) begin
        if (rst) kept_valid_q <= 1'b0;
        else if (read) kept_valid_q <= 1'b1;
        else if (next_ready) kept_valid_q <= 1'b0;
      end

      always @(posedge clk) begin
        if (rst) back_q <= 1'b0;
        else back_q <= back;
      end

      always @(posedge clk) begin
        if (rst) under_way_q <= {COUNT_W{1'b0}};
        else if (move && !back_q) under_way_q <= under_way_q + 1'b1;
        else if (back_q && !move) under_way_q <= under_way_q - 1'b1;
      end

      always @(posedge clk) begin
        if (rst) to_read_q <= {COUNT_W{1'b0}};
        else if (out_begin) to_read_q <= (out_chip && !out_fresh) ? layer_words : {COUNT_W{1'b0}};
        else if (read) to_read_q <= to_read_q - 1'b1;
      end

      always @(posedge clk) begin
        if (out_begin) rd_addr_q <= out_base;
        else if (read) rd_addr_q <= rd_addr_q + 1'b1;
      end

      always @(posedge clk) begin
        if (back_begin) wr_addr_q <= back_base;
        else if (back) wr_addr_q <= wr_addr_q + 1'b1;
      end

      mem_sdp #(
          .DATA_W(WORD_W),
          .DEPTH (RAM_DEPTH),
          .ULTRA (ULTRA)
      ) u_ram (
          .clk    (clk),
          .wr_en  (back && back_chip),
          .wr_addr(wr_addr_q),
          .wr_data(g_data),
          .rd_en  (read),
          .rd_addr(rd_addr_q),
          .rd_data(kept)
      );

      `CHECK(!back || !back_chip || {{32 - ADDR_W{1'b0}}, wr_addr_q} < DEPTH, "the RAM has too few words")
      `CHECK(!back_q || under_way_q != {COUNT_W{1'b0}}, "a word came back that did not leave")
    end else begin : g_no_chip
      assign kept_valid = 1'b0;
      assign kept = {WORD_W{1'b0}};

      wire unused_base = &{1'b0, out_base, back_base, out_begin, back_begin};
      `CHECK(!job_valid || c_mem_first == 8'd0, "a layer on chip without a RAM")
    end
  endgenerate

  assign next_valid = out_run && (out_fresh || (out_chip ? kept_valid : unpacked_valid));
  assign next_word = out_fresh ? {WORD_W{1'b0}} : out_chip ? kept : unpacked;
  assign g_ready = back_run && (back_chip || pack_ready);

  strm_skid #(
      .DATA_W(WORD_W)
  ) u_h (
      .clk    (clk),
      .rst    (rst),
      .s_valid(next_valid),
      .s_ready(next_ready),
      .s_data (next_word),
      .m_valid(h_valid),
      .m_ready(h_ready),
      .m_data (h_data)
  );

  generate
    if (PROFILE < 0 || PROFILE > 2 || TILES < 1 || DEPTH < 0) begin : g_bad_size
      m2_state_needs_a_PROFILE_of_kr_m2_widths_and_TILES_at_least_1_and_DEPTH_at_least_0 u_error ();
    end
  endgenerate

  `CHECK_STREAM(h_valid, h_ready, h_data)
  `CHECK(!job_valid || !in_job || layer_words != {COUNT_W{1'b0}}, "a job without words")

  wire unused_bits = &{1'b0, job_data, layer_words_q[31:COUNT_W]};

endmodule

`default_nettype wire
