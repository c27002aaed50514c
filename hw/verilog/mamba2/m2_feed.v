// SPDX-License-Identifier: Apache-2.0
//
// m2_feed - cuts the stream of stored matrices into weight beats with their scales, marked, and scales of channels.
//
// Function     : a job names a matrix: kind 1 (IN) has c_tiles_in tiles of c_kd weight beats, 2 (OUT) c_tiles_out of
//                c_ki, 3 (HEAD) c_tiles_head of c_kd; kind 0 is dropped. In w a beat of scales stands before each group
//                of weight beats (ADDITIVE) or tiles, and again at the start of a matrix. m: each weight beat, with its
//                scales where ADDITIVE; r: a record of scales for each tile where not, at the tile's last beat.
// Format       : w_data: weights as m2_linear; or scales, ADDITIVE: for weight beat j of the group and row r at bit
//                (j*ROWS + r)*8 {2 zeros, s2 (3), s1 (3)}; else for tile j of the group and row r at bit (j*ROWS +
//                r)*32 {10 zeros, shift (6), mult (16)}. m_data as m2_linear's s_w_data: {free (last beat of the job),
//                last (of the tile), scales, weights}. r_data: {shift, mult} of each row, row 0 lowest.
// Latency      : 1
// Throughput   : variable: takes a beat of w a cycle, so it gives a weight beat a cycle but for one at each beat of
//                scales.
// Back-pressure: combinational ready (m_ready and r_ready -> w_ready); absorbs a weight beat, a record and two jobs.
// Golden       : golden.mamba2.integer.linear.sums
// Test         : tests/rtl/test_m2_feed.py
//
// Why: the next job is fetched while one runs, so that matrices follow each other without a gap. Scales are picked by a
// multiplexer: a register that shifts would move the whole wide word with each weight beat.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module m2_feed #(
    parameter ROWS        = 4,   // rows in a weight beat, a power of two
    parameter INPUTS      = 32,  // inputs in a weight beat, a power of two
    parameter WEIGHT_BITS = 4,   // width of a weight [bits], 4 or 8
    parameter ADDITIVE    = 1,   // 1: scales of weight beats, 0: scales of channels
    parameter BEATS       = 16   // greatest number of weight beats of a tile, 2..32768
) (
    input  wire                                                  clk,
    input  wire                                                  rst,
    input  wire [                                          15:0] c_kd,          // weight beats of a tile: IN, HEAD
    input  wire [                                          15:0] c_ki,          // the same: OUT
    input  wire [                                          31:0] c_tiles_in,
    input  wire [                                          31:0] c_tiles_out,
    input  wire [                                          31:0] c_tiles_head,
    output wire                                                  working,       // a matrix is on its way to m
    input  wire                                                  job_valid,
    output wire                                                  job_ready,
    input  wire [                                           1:0] job_data,      // kind
    input  wire                                                  w_valid,
    output wire                                                  w_ready,
    input  wire [                   ROWS*INPUTS*WEIGHT_BITS-1:0] w_data,
    output wire                                                  m_valid,
    input  wire                                                  m_ready,
    output wire [ROWS*INPUTS*WEIGHT_BITS+6*ROWS*ADDITIVE+1:0] m_data,
    output wire                                                  r_valid,
    input  wire                                                  r_ready,
    output wire [                                   ROWS*22-1:0] r_data
);

  localparam WIDE_W = ROWS * INPUTS * WEIGHT_BITS;
  localparam SCALES_W = 6 * ROWS * ADDITIVE;
  localparam PART_W = (ADDITIVE != 0) ? 8 * ROWS : 32 * ROWS;  // scales of a weight beat or of a tile
  localparam GROUP = WIDE_W / PART_W;  // weight beats or tiles that share a beat of scales
  localparam POS_W = (GROUP > 1) ? $clog2(GROUP) : 1;
  localparam [31:0] LAST_POS_BITS = GROUP - 1;
  localparam K_W = $clog2(BEATS + 1);
  localparam [K_W-1:0] ONE = 1;

  // The job at work and the one behind it.
  reg         next_valid_q;
  reg  [K_W-1:0] next_kbeats_q;
  reg  [31:0] next_tiles_q;
  reg         next_single_q;  // tiles of one beat
  reg         next_last_q;    // one tile
  reg         busy_q;
  reg  [K_W-1:0] kbeats_q;
  reg         single_q;
  reg  [31:0] left_q;  // tiles, this one too
  reg         last_tile_q;
  reg  [K_W-1:0] beats_q;  // of the tile, the next one too
  reg         tile_end_q;  // the next one is its last
  wire        out = job_data == `KR_M2_KIND_OUT;
  wire        fetch = job_valid && job_ready;
  wire        weights;  // a weight beat is taken
  wire [K_W-1:0] kbeats = out ? c_ki[K_W-1:0] : c_kd[K_W-1:0];
  wire        unused_beats = &{1'b0, c_kd, c_ki};
  wire [31:0] tiles = out ? c_tiles_out : (job_data == `KR_M2_KIND_IN) ? c_tiles_in : c_tiles_head;
  wire        tile_end = tile_end_q;
  wire        job_end = weights && tile_end && last_tile_q;
  wire        start = next_valid_q && (!busy_q || job_end);

  assign job_ready = !next_valid_q;

  always @(posedge clk) begin
    if (rst) next_valid_q <= 1'b0;
    else if (fetch) next_valid_q <= job_data != `KR_M2_KIND_EMBED;
    else if (start) next_valid_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (fetch) begin
      next_kbeats_q <= kbeats;
      next_tiles_q  <= tiles;
      next_single_q <= kbeats == ONE;
      next_last_q   <= tiles == 32'd1;
    end
  end

  always @(posedge clk) begin
    if (rst) busy_q <= 1'b0;
    else if (start) busy_q <= 1'b1;
    else if (job_end) busy_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (start) begin
      kbeats_q    <= next_kbeats_q;
      single_q    <= next_single_q;
      left_q      <= next_tiles_q;
      last_tile_q <= next_last_q;
    end else if (weights && tile_end) begin
      left_q      <= left_q - 32'd1;
      last_tile_q <= left_q == 32'd2;
    end
  end

  always @(posedge clk) begin
    if (start) begin
      beats_q    <= next_kbeats_q;
      tile_end_q <= next_single_q;
    end else if (weights) begin
      beats_q    <= tile_end ? kbeats_q : beats_q - ONE;
      tile_end_q <= tile_end ? single_q : beats_q == ONE << 1;
    end
  end

  // Scales of the group at work.
  reg               scaled_q;  // they are there
  reg  [WIDE_W-1:0] scales_q;
  reg  [ POS_W-1:0] pos_q;  // of the weight beat or tile in its group
  wire              step = weights && (ADDITIVE != 0 || tile_end);
  wire [PART_W-1:0] part = scales_q[pos_q*PART_W+:PART_W];

  always @(posedge clk) begin
    if (rst) scaled_q <= 1'b0;
    else if (weights) scaled_q <= scaled_q && !job_end && !(step && pos_q == LAST_POS_BITS[POS_W-1:0]);
    else if (w_valid && w_ready) scaled_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (w_valid && w_ready && !scaled_q) begin
      scales_q <= w_data;
      pos_q    <= {POS_W{1'b0}};
    end else if (step) begin
      pos_q <= pos_q + 1'b1;
    end
  end

  // Output registers.
  reg                        m_valid_q;
  reg  [WIDE_W+SCALES_W+1:0] m_data_q;
  wire                       m_free = m_ready || !m_valid_q;
  wire                       r_free;
  wire [           ROWS-1:0] unused_zeros;

  assign weights = w_valid && w_ready && scaled_q;
  assign w_ready = busy_q && (!scaled_q || (m_free && r_free));
  assign m_valid = m_valid_q;
  assign m_data  = m_data_q;
  assign working = busy_q || m_valid_q;

  always @(posedge clk) begin
    if (rst) m_valid_q <= 1'b0;
    else if (m_free) m_valid_q <= weights;
  end

  genvar r;
  generate
    if (ADDITIVE != 0) begin : g_additive
      wire [SCALES_W-1:0] scales;
      wire                unused_r_ready = r_ready;

      for (r = 0; r < ROWS; r = r + 1) begin : g_row
        assign scales[r*6+:6]  = part[r*8+:6];
        assign unused_zeros[r] = |part[r*8+6+:2];
      end

      always @(posedge clk) begin
        if (weights) m_data_q <= {tile_end && last_tile_q, tile_end, scales, w_data};
      end

      assign r_free  = 1'b1;
      assign r_valid = 1'b0;
      assign r_data  = {ROWS * 22{1'b0}};
    end else begin : g_channel
      wire [ROWS*22-1:0] records;
      reg                r_valid_q;
      reg  [ROWS*22-1:0] r_data_q;

      for (r = 0; r < ROWS; r = r + 1) begin : g_row
        assign records[r*22+:22] = part[r*32+:22];
        assign unused_zeros[r]   = |part[r*32+22+:10];
      end

      always @(posedge clk) begin
        if (weights) m_data_q <= {tile_end && last_tile_q, tile_end, w_data};
      end

      always @(posedge clk) begin
        if (rst) r_valid_q <= 1'b0;
        else if (r_free) r_valid_q <= weights && tile_end;
      end

      always @(posedge clk) begin
        if (weights && tile_end) r_data_q <= records;
      end

      assign r_free  = r_ready || !r_valid_q;
      assign r_valid = r_valid_q;
      assign r_data  = r_data_q;
    end

    if (ROWS < 1 || (ROWS & (ROWS - 1)) != 0 || INPUTS < 8 || (INPUTS & (INPUTS - 1)) != 0) begin : g_bad_size
      m2_feed_ROWS_and_INPUTS_must_be_powers_of_two_INPUTS_at_least_8 u_error ();
    end
    if (WEIGHT_BITS != 4 && WEIGHT_BITS != 8 || GROUP < 1 || ADDITIVE < 0 || ADDITIVE > 1) begin : g_bad_format
      m2_feed_needs_WEIGHT_BITS_4_or_8_and_ADDITIVE_0_or_1_and_a_beat_that_holds_the_scales u_error ();
    end
    if (BEATS < 2 || BEATS > 32768) begin : g_bad_beats
      m2_feed_BEATS_must_be_2_to_32768 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK_STREAM(r_valid, r_ready, r_data)
  `CHECK(!start || next_kbeats_q != {K_W{1'b0}} && next_tiles_q != 32'd0, "a matrix without beats")

endmodule

`default_nettype wire
