// SPDX-License-Identifier: Apache-2.0
//
// tern_cache - what attention reads of the cache and of a job's new positions, and the writes that make these part of it.
//
// Function     : for each KV head of an attention's IN job m_k, m_tile and m_v give tiles of keys, exponents with masks, tiles of
//                values: of every part of memory that has positions, then of the new ones, which also leave as writes. Other jobs
//                tell how the texts grow.
// Format       : jobs as m2_job.vh has them, LAYER 2 l the attention of layer l; s_data {head's last beat, exponent 8 bits, 8 values
//                of 8 bits}: keys of all heads, of each all tokens, then values. k_data {part, beat}, v_data, m_k_data {last beat
//                of the head, tile}, m_tile_data {POS x e_v, POS x e_k, T_COLS x POS bits} and m_v_data as tern_cache_feed has
//                them, wr_data {last of the job, exponent, lane, offset, word} as tern_cache_store. idle: all writes of the jobs
//                that were taken have left. c_own 14 bits a text; the other c_* as tern_cache_reads has them; they hold still
//                during a run, which `clear` begins.
// Latency      : variable: what comes from memory passes; new tiles come 3 cycles behind their head's last beat
// Throughput   : variable: a tile a cycle, a beat of s a cycle
// Back-pressure: s_ready and job_ready are of registers, k_ready and v_ready follow m_k_ready and m_v_ready; a job's new positions
//                are absorbed as a whole, STORE words of them wait to be written.
// Golden       : golden.ternary.accel.cache.cache_writes; golden.ternary.integer.block.visible
// Test         : tests/rtl/test_tern_cache.py
//
// Why: three parts that work at their own pace: what keeps new tiles, what walks over all tiles, what writes.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module tern_cache #(
    parameter WIDE_W     = 512,  // bits of a wide beat, 256 times a power of two up to 256
    parameter PORT_BYTES = 32,   // bytes that a wide beat takes of each port, a power of two >= 2
    parameter T_COLS     = 4,    // token columns, 1..256
    parameter J_WORDS    = 64,   // KV heads x slices x tiles of new positions at most, a power of two >= 2
    parameter STORE      = 64,   // words that wait to be written, a power of two >= 2; a job has 2 x heads x slices x tokens
    // Follows from the others, not to be set: positions of a tile.
    parameter POS        = WIDE_W / 256
) (
    input  wire                         clk,
    input  wire                         rst,
    input  wire                         clear,
    input  wire [                  7:0] c_batch,
    input  wire [                 13:0] c_prefix,
    input  wire [                 55:0] c_own,
    input  wire [                  3:0] c_slices,
    input  wire [                  7:0] c_heads,
    input  wire [                 63:0] c_off,
    input  wire [                 31:0] c_keys1,
    input  wire [                 31:0] c_head1,
    input  wire [                 31:0] c_layer1,
    input  wire [                 31:0] c_part0,
    input  wire [                 31:0] c_part1,
    input  wire                         job_valid,
    output wire                         job_ready,
    input  wire [                 31:0] job_data,
    input  wire                         s_valid,
    output wire                         s_ready,
    input  wire [                 72:0] s_data,
    input  wire                         k_valid,
    output wire                         k_ready,
    input  wire [           WIDE_W+2:0] k_data,
    input  wire                         v_valid,
    output wire                         v_ready,
    input  wire [           WIDE_W-1:0] v_data,
    output wire                         m_k_valid,
    input  wire                         m_k_ready,
    output wire [             WIDE_W:0] m_k_data,
    output wire                         m_tile_valid,
    input  wire                         m_tile_ready,
    output wire [POS*(16+T_COLS)-1:0]   m_tile_data,
    output wire                         m_v_valid,
    input  wire                         m_v_ready,
    output wire [           WIDE_W-1:0] m_v_data,
    output wire                         wr_valid,
    input  wire                         wr_ready,
    output wire [                337:0] wr_data,
    output wire                         idle
);

  // Jobs of attention go to all three, each of which takes them in its own time.
  wire         told_valid;
  wire         told_ready;
  wire [101:0] told;
  wire [ 31:0] job = told[31:0];
  wire [ 69:0] positions = told[101:32];
  wire [  7:0] layer = job[`KR_M2_JOB_LAYER];
  wire [  7:0] last_token = job[`KR_M2_JOB_LAST_TOKEN];
  wire         attention = job[`KR_M2_JOB_KIND] == `KR_M2_KIND_IN && !layer[0];
  wire         fork_ready;
  wire [  2:0] fork_valid;
  wire [  2:0] queue_ready;
  wire [ 84:0] forked;

  assign told_ready = fork_ready || !attention;

  tern_texts u_texts (
      .clk      (clk),
      .rst      (rst),
      .clear    (clear),
      .c_batch  (c_batch),
      .c_prefix (c_prefix),
      .c_own    (c_own),
      .job_valid(job_valid),
      .job_ready(job_ready),
      .job_data (job_data),
      .m_valid  (told_valid),
      .m_ready  (told_ready),
      .m_data   (told)
  );

  strm_fork #(
      .DATA_W(85),
      .N     (3)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(told_valid && attention),
      .s_ready(fork_ready),
      .s_data ({layer[7:1], positions, last_token}),
      .m_valid(fork_valid),
      .m_ready(queue_ready),
      .m_data (forked)
  );

  wire        new_job_valid;
  wire        new_job_ready;
  wire [ 7:0] new_job;
  wire        feed_job_valid;
  wire        feed_job_ready;
  wire [77:0] feed_job;
  wire        store_job_valid;
  wire        store_job_ready;
  wire [71:0] store_job;

  strm_skid #(
      .DATA_W(8)
  ) u_new_job (
      .clk    (clk),
      .rst    (rst),
      .s_valid(fork_valid[0]),
      .s_ready(queue_ready[0]),
      .s_data (forked[7:0]),
      .m_valid(new_job_valid),
      .m_ready(new_job_ready),
      .m_data (new_job)
  );

  strm_skid #(
      .DATA_W(78)
  ) u_feed_job (
      .clk    (clk),
      .rst    (rst),
      .s_valid(fork_valid[1]),
      .s_ready(queue_ready[1]),
      .s_data (forked[77:0]),
      .m_valid(feed_job_valid),
      .m_ready(feed_job_ready),
      .m_data (feed_job)
  );

  strm_skid #(
      .DATA_W(72)
  ) u_store_job (
      .clk    (clk),
      .rst    (rst),
      .s_valid(fork_valid[2]),
      .s_ready(queue_ready[2]),
      .s_data ({forked[77:22], 1'b0, forked[84:78], forked[7:0]}),
      .m_valid(store_job_valid),
      .m_ready(store_job_ready),
      .m_data (store_job)
  );

  // New keys and values in words of 32 bytes.
  wire         upsized_valid;
  wire         upsized_ready;
  wire         upsized_last;
  wire [287:0] upsized;
  wire [264:0] wide_word;
  wire [  1:0] word_valid;
  wire [  1:0] word_ready;
  wire [264:0] word;
  wire         unused_exponents = &{1'b0, upsized[71:64], upsized[143:136], upsized[215:208]};

  assign wide_word = {upsized_last, upsized[287:280], upsized[279:216], upsized[207:144], upsized[135:72], upsized[63:0]};

  strm_upsize #(
      .DATA_W(72),
      .RATIO (4)
  ) u_upsize (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data[71:0]),
      .s_last (s_data[72]),
      .m_valid(upsized_valid),
      .m_ready(upsized_ready),
      .m_data (upsized),
      .m_last (upsized_last)
  );

  strm_fork #(
      .DATA_W(265),
      .N     (2)
  ) u_words (
      .clk    (clk),
      .rst    (rst),
      .s_valid(upsized_valid),
      .s_ready(upsized_ready),
      .s_data (wide_word),
      .m_valid(word_valid),
      .m_ready(word_ready),
      .m_data (word)
  );

  wire              nk_valid;
  wire              nk_ready;
  wire [  WIDE_W:0] nk;
  wire              ne_valid;
  wire              ne_ready;
  wire [  POS*16:0] ne;
  wire              nv_valid;
  wire              nv_ready;
  wire [  WIDE_W:0] nv;

  tern_cache_new #(
      .WIDE_W(WIDE_W),
      .T_COLS(T_COLS),
      .WORDS (J_WORDS)
  ) u_new (
      .clk      (clk),
      .rst      (rst),
      .c_slices (c_slices),
      .c_heads  (c_heads),
      .job_valid(new_job_valid),
      .job_ready(new_job_ready),
      .job_data (new_job),
      .s_valid  (word_valid[0]),
      .s_ready  (word_ready[0]),
      .s_data   (word),
      .m_k_valid(nk_valid),
      .m_k_ready(nk_ready),
      .m_k_data (nk),
      .m_e_valid(ne_valid),
      .m_e_ready(ne_ready),
      .m_e_data (ne),
      .m_v_valid(nv_valid),
      .m_v_ready(nv_ready),
      .m_v_data (nv)
  );

  tern_cache_feed #(
      .WIDE_W(WIDE_W),
      .T_COLS(T_COLS)
  ) u_feed (
      .clk         (clk),
      .rst         (rst),
      .c_batch     (c_batch),
      .c_slices    (c_slices),
      .c_heads     (c_heads),
      .job_valid   (feed_job_valid),
      .job_ready   (feed_job_ready),
      .job_data    (feed_job),
      .k_valid     (k_valid),
      .k_ready     (k_ready),
      .k_data      (k_data),
      .v_valid     (v_valid),
      .v_ready     (v_ready),
      .v_data      (v_data),
      .nk_valid    (nk_valid),
      .nk_ready    (nk_ready),
      .nk_data     (nk),
      .ne_valid    (ne_valid),
      .ne_ready    (ne_ready),
      .ne_data     (ne),
      .nv_valid    (nv_valid),
      .nv_ready    (nv_ready),
      .nv_data     (nv),
      .m_k_valid   (m_k_valid),
      .m_k_ready   (m_k_ready),
      .m_k_data    (m_k_data),
      .m_tile_valid(m_tile_valid),
      .m_tile_ready(m_tile_ready),
      .m_tile_data (m_tile_data),
      .m_v_valid   (m_v_valid),
      .m_v_ready   (m_v_ready),
      .m_v_data    (m_v_data)
  );

  tern_cache_store #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES),
      .DEPTH     (STORE)
  ) u_store (
      .clk      (clk),
      .rst      (rst),
      .c_off    (c_off),
      .c_batch  (c_batch),
      .c_slices (c_slices),
      .c_heads  (c_heads),
      .c_keys1  (c_keys1),
      .c_head1  (c_head1),
      .c_layer1 (c_layer1),
      .c_part0  (c_part0),
      .c_part1  (c_part1),
      .job_valid(store_job_valid),
      .job_ready(store_job_ready),
      .job_data (store_job),
      .s_valid  (word_valid[1]),
      .s_ready  (word_ready[1]),
      .s_data   (word),
      .m_valid  (wr_valid),
      .m_ready  (wr_ready),
      .m_data   (wr_data)
  );

  assign idle = !told_valid && !store_job_valid && store_job_ready && !wr_valid;

  wire unused_job = &{1'b0, job[31:22], job[5:2]};

endmodule

`default_nettype wire
