// SPDX-License-Identifier: Apache-2.0
//
// tern_fetch_runs - tells what jobs read of weights, head and cache, run by run, and who takes it.
//
// Function     : each job's sections, one behind the other in the region of weights, which every EMBED job begins anew; for HEAD
//                the head behind them; for attention's IN jobs what tern_cache_reads has of the layer, as soon as the writes of
//                the same layer's previous job were answered. cache_written tells the end of an attention job's writes.
// Format       : job_data as m of tern_texts; m_data {ports (6 bits), destination, part (3 bits each), beats (32 bits), byte offset in
//                each port's arena (64 bits)}, destinations as in tern_fetch, ports as in tern_cache_reads; c_* as there. Layers of a chunk are 0..c_last, c_last odd.
// Latency      : variable: 2 cycles from a job to its first run, 60 to 110 to the first one of a cache, then the wait for writes
// Throughput   : variable: a run in 2 cycles
// Back-pressure: registered ready, high for a cycle when the job has been dealt with; m holds.
// Golden       : golden.ternary.accel.reads.runs
// Test         : tests/rtl/test_tern_fetch.py
//
// Why: memory lies in the order of use, so one address that moves on replaces a place for each section. A chunk has as many
// attention jobs as the model has layers, so the previous job of a layer is that many jobs back: a count of those whose
// writes are open says whether they are done. The cache's sizes are made while the sections in front of it are ordered.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module tern_fetch_runs #(
    parameter WIDE_W     = 512,  // bits of a wide beat, 256 times a power of two
    parameter PORT_BYTES = 32,   // bytes that a wide beat takes of each port, a power of two >= 2
    parameter PARTIAL    = 0     // 1: of the cache ports without positions are not read
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         clear,
    input  wire [ 63:0] c_w_off,
    input  wire [ 63:0] c_h_off,
    input  wire [ 63:0] c_k_off,
    input  wire [ 15:0] c_norm_d,
    input  wire [ 15:0] c_norm_f,
    input  wire [ 31:0] c_qkv,
    input  wire [ 31:0] c_o,
    input  wire [ 31:0] c_gu,
    input  wire [ 31:0] c_down,
    input  wire [ 31:0] c_head_beats,
    input  wire [  7:0] c_last,
    input  wire [  3:0] c_slices,
    input  wire [  7:0] c_heads,
    input  wire [ 31:0] c_keys0,
    input  wire [ 31:0] c_keys1,
    input  wire [ 31:0] c_head0,
    input  wire [ 31:0] c_head1,
    input  wire [ 31:0] c_layer0,
    input  wire [ 31:0] c_layer1,
    input  wire [ 31:0] c_part0,
    input  wire [ 31:0] c_part1,
    input  wire         job_valid,
    output wire         job_ready,
    input  wire [101:0] job_data,
    input  wire         cache_written,
    output wire         m_valid,
    input  wire         m_ready,
    output wire [107:0] m_data
);

  localparam SHIFT = $clog2(PORT_BYTES);
  localparam [31:0] PORTS = WIDE_W / 8 / PORT_BYTES;

  localparam [2:0] TO_NUMBERS = 3'd0;
  localparam [2:0] TO_NORM_D = 3'd1;
  localparam [2:0] TO_NORM_F = 3'd2;
  localparam [2:0] TO_LINEAR = 3'd3;
  localparam [2:0] TO_KEYS = 3'd4;
  localparam [2:0] TO_VALUES = 3'd5;
  localparam [2:0] TO_HEAD = 3'd6;

  // Bits of the state, one of which is set.
  localparam IDLE = 0;
  localparam NUMBERS = 1;
  localparam NORM = 2;
  localparam LINEAR = 3;
  localparam HEAD = 4;
  localparam CACHE = 5;

  reg  [5:0] state_q;
  reg        pop_q;  // the job has been dealt with
  reg        ends_q;  // the job's layer is the last one, behind it nothing
  reg        embed_q;  // the job's kind
  reg        head_q;
  reg        attention_q;
  wire [1:0] kind = job_data[`KR_M2_JOB_KIND];
  wire [7:0] layer = job_data[`KR_M2_JOB_LAYER];
  wire       enters = kind == `KR_M2_KIND_IN;
  wire       mlp = layer[0];
  reg        there_q;  // the job stands here since a cycle
  wire       begun = state_q[IDLE] && there_q && !pop_q;

  // The run on offer, and the address behind it.
  reg         valid_q;
  reg  [ 2:0] dest_q;
  reg  [ 2:0] part_q;
  reg  [31:0] beats_q;
  reg  [ 5:0] ports_q;
  reg  [63:0] offset_q;
  reg  [63:0] at_q;
  reg         moved_q;  // a section was offered a cycle ago
  wire        free = !valid_q;
  wire        section = free && (|state_q[HEAD:NUMBERS]);
  wire        read_valid;
  wire [105:0] read;
  wire        reads_ready;
  reg         ask_q;  // for the layer's reads
  wire        read_take = state_q[CACHE] && free && read_valid;
  wire        cache_over = state_q[CACHE] && !ask_q && reads_ready;
  wire        over = cache_over || (free && ((state_q[NORM] && embed_q) || (state_q[LINEAR] && !attention_q) || state_q[HEAD]));

  assign job_ready = pop_q;
  assign m_valid   = valid_q;
  assign m_data    = {ports_q, dest_q, part_q, beats_q, offset_q};

  always @(posedge clk) begin
    if (rst) begin
      state_q <= 6'd1 << IDLE;
      pop_q   <= 1'b0;
      there_q <= 1'b0;
    end else begin
      state_q[IDLE]    <= over || (state_q[IDLE] && !begun);
      state_q[NUMBERS] <= (begun && attention_q) || (state_q[NUMBERS] && !free);
      state_q[NORM]    <= (begun && !attention_q && !ends_q) || (state_q[NUMBERS] && free) || (state_q[NORM] && !free);
      state_q[LINEAR]  <= (begun && ends_q) || (state_q[NORM] && free && !embed_q && !head_q) || (state_q[LINEAR] && !free);
      state_q[HEAD]    <= (state_q[NORM] && free && head_q) || (state_q[HEAD] && !free);
      state_q[CACHE]   <= (state_q[LINEAR] && free && attention_q) || (state_q[CACHE] && !cache_over);
      pop_q            <= over;
      there_q          <= job_valid && !pop_q;
    end
  end

  always @(posedge clk) begin
    ends_q      <= kind == `KR_M2_KIND_OUT && layer == c_last;
    embed_q     <= kind == `KR_M2_KIND_EMBED;
    head_q      <= kind == `KR_M2_KIND_HEAD;
    attention_q <= enters && !mlp;
  end

  // Sizes of the job's sections, one bit for each of the four matrices.
  reg  [ 3:0] matrix_q;
  reg         feed_q;  // its norm is that of the product
  wire [31:0] linear = (c_qkv & {32{matrix_q[0]}}) | (c_o & {32{matrix_q[1]}}) | (c_gu & {32{matrix_q[2]}}) |
      (c_down & {32{matrix_q[3]}});
  reg  [31:0] linear_q;
  reg  [15:0] norm_q;

  always @(posedge clk) begin
    matrix_q <= {!enters && mlp, enters && mlp, !enters && !mlp, enters && !mlp};
    feed_q   <= enters && mlp;
    linear_q <= linear;
    norm_q   <= (enters && mlp) ? c_norm_f : c_norm_d;
  end

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else valid_q <= section || read_take || (valid_q && !m_ready);
  end

  always @(posedge clk) begin
    if (free) begin
      case (1'b1)
        state_q[NUMBERS]: {dest_q, beats_q} <= {TO_NUMBERS, 32'd1};
        state_q[NORM]:    {dest_q, beats_q} <= {feed_q ? TO_NORM_F : TO_NORM_D, 16'd0, norm_q};
        state_q[LINEAR]:  {dest_q, beats_q} <= {TO_LINEAR, linear_q};
        state_q[HEAD]:    {dest_q, beats_q} <= {TO_HEAD, c_head_beats};
        default:          {dest_q, beats_q} <= {read[99] ? TO_VALUES : TO_KEYS, read[95:64]};
      endcase
      part_q   <= read[98:96] & {3{state_q[CACHE]}};
      ports_q  <= state_q[CACHE] ? read[105:100] : PORTS[5:0];
      offset_q <= state_q[CACHE] ? read[63:0] : state_q[HEAD] ? c_h_off : at_q;
    end
  end

  always @(posedge clk) begin
    if (rst) moved_q <= 1'b0;
    else moved_q <= section;
    if (begun && embed_q) at_q <= c_w_off;
    else if (moved_q) at_q <= at_q + ({32'd0, beats_q} << SHIFT);
  end

  // The cache.
  reg  [7:0] open_q;  // attention jobs whose reads were let through and whose writes were not yet answered
  reg        clean_q;  // the layer's previous job is none of these
  wire       asked = ask_q && clean_q && reads_ready;

  always @(posedge clk) begin
    if (rst || clear) open_q <= 8'd0;
    else if (asked != cache_written) open_q <= asked ? open_q + 8'd1 : open_q - 8'd1;
  end

  always @(posedge clk) begin
    clean_q <= open_q <= {1'b0, c_last[7:1]};
    if (rst) ask_q <= 1'b0;
    else ask_q <= (begun && attention_q) || (ask_q && !asked);
  end

  tern_cache_reads #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES),
      .PARTIAL   (PARTIAL)
  ) u_reads (
      .clk      (clk),
      .rst      (rst),
      .c_off    (c_k_off),
      .c_slices (c_slices),
      .c_heads  (c_heads),
      .c_keys0  (c_keys0),
      .c_keys1  (c_keys1),
      .c_head0  (c_head0),
      .c_head1  (c_head1),
      .c_layer0 (c_layer0),
      .c_layer1 (c_layer1),
      .c_part0  (c_part0),
      .c_part1  (c_part1),
      .job_valid(ask_q && clean_q),
      .job_ready(reads_ready),
      .job_data ({job_data[101:32], 1'b0, layer[7:1]}),
      .m_valid  (read_valid),
      .m_ready  (state_q[CACHE] && free),
      .m_data   (read)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!cache_written || open_q != 8'd0 || asked, "writes of a job that has not begun")
  `CHECK(!begun || embed_q || head_q || layer <= c_last, "a layer above c_last")

  wire unused_job = &{1'b0, job_data[31:22], job_data[13:2]};

endmodule

`default_nettype wire
