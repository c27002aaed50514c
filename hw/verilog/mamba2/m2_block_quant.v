// SPDX-License-Identifier: Apache-2.0
//
// m2_block_quant - dynamic power-of-two quantizer whose shift is shared by a whole block of run-time size.
//
// Function     : m = max|x| over the block, less 1 unless it is 0; shift = clamp(bit_length(m) - (BITS - 1), 0,
//                MAX_SHIFT); q = clamp((x + (1 << shift >> 1)) >> shift), the range of BITS bits.
// Format       : s_data {log2 (4 bits), LANES elements of signed IN_W bits, first lowest} of blocks of 2^log2 elements,
//                LANES..BLOCK_MAX, log2 read with the first beat; m_data {shift (clog2(MAX_SHIFT + 1) bits), LANES q of
//                signed BITS bits}.
// Latency      : 5; from a block's last beat to its first
// Throughput   : 1; if DEPTH holds the largest block and three beats
// Back-pressure: registered ready; absorbs DEPTH + 2 beats, of at most 16 blocks.
// Golden       : golden.fixed.pot.quantize
// Test         : tests/rtl/test_m2_block_quant.py
//
// Why: one queue instead of two buffers. While a block leaves beat by beat, the next one takes its places, so a queue
// little larger than a block sustains one beat a cycle, and blocks of different sizes need no bookkeeping.

`default_nettype none
`include "checks.vh"

module m2_block_quant #(
    parameter LANES     = 8,    // elements in a beat, power of two, >= 1
    parameter BLOCK_MAX = 1024, // largest block [elements], power of two, LANES..32768
    parameter IN_W      = 32,   // width of an element [bits], >= BITS
    parameter BITS      = 8,    // width of a quantized element [bits], >= 2
    parameter MAX_SHIFT = 15,   // greatest shift, 1..31
    parameter DEPTH     = 256   // beats of the queue, power of two, >= BLOCK_MAX / LANES + 3
) (
    input  wire                                     clk,
    input  wire                                     rst,
    input  wire                                     s_valid,
    output wire                                     s_ready,
    input  wire [                   LANES*IN_W+3:0] s_data,
    output wire                                     m_valid,
    input  wire                                     m_ready,
    output wire [LANES*BITS+$clog2(MAX_SHIFT+1)-1:0] m_data
);

  localparam SHIFT_W = $clog2(MAX_SHIFT + 1);
  localparam OVER_W = (IN_W - BITS < 1) ? 1 : (IN_W - BITS < MAX_SHIFT) ? IN_W - BITS : MAX_SHIFT;
  localparam LENGTH_W = $clog2(OVER_W + 1);  // <= SHIFT_W
  localparam LANES_LG = $clog2(LANES);
  localparam POS_W = (BLOCK_MAX > LANES) ? $clog2(BLOCK_MAX / LANES) : 1;
  localparam BLOCKS = 16;  // shifts that wait, more than blocks of one beat have on their way

  // Writing: the queue of beats, the beats that the block has left, the OR of what its shift depends on.
  wire             beat_ready;
  wire             take = s_valid && s_ready;
  wire [      3:0] log2 = s_data[LANES*IN_W+:4];
  wire [POS_W-1:0] size;  // beats of a block of this size, less 1
  reg  [POS_W-1:0] left_q;
  reg              first_q;
  wire [POS_W-1:0] left = first_q ? size : left_q;
  wire             last = left == {POS_W{1'b0}};

  genvar i;
  generate
    for (i = 0; i < POS_W; i = i + 1) begin : g_size
      localparam [31:0] LOG2 = LANES_LG + i;
      assign size[i] = log2 > LOG2[3:0];
    end
  endgenerate

  always @(posedge clk) begin
    if (rst) first_q <= 1'b1;
    else if (take) first_q <= last;
  end

  always @(posedge clk) begin
    if (take) left_q <= left - 1'b1;
  end

  reg                p0_valid_q;
  reg                p1_valid_q;
  reg                p0_last_q;
  reg                p1_last_q;
  wire [ OVER_W-1:0] p1_over;
  wire [LANES*IN_W-1:0] unused_x;

  m2_pot_peak #(
      .N        (LANES),
      .IN_W     (IN_W),
      .BITS     (BITS),
      .MAX_SHIFT(MAX_SHIFT)
  ) u_peak (
      .clk (clk),
      .en  ({p0_valid_q, take}),
      .x   (s_data[LANES*IN_W-1:0]),
      .x_q (unused_x),
      .over(p1_over)
  );

  reg  [  OVER_W-1:0] block_over_q;
  wire [  OVER_W-1:0] block_over = block_over_q | p1_over;
  wire [LENGTH_W-1:0] length;
  wire                shift_push = p1_valid_q && p1_last_q;

  always @(posedge clk) begin
    if (rst) begin
      p0_valid_q <= 1'b0;
      p1_valid_q <= 1'b0;
    end else begin
      p0_valid_q <= take;
      p1_valid_q <= p0_valid_q;
    end
  end

  always @(posedge clk) begin
    p0_last_q <= last;
    p1_last_q <= p0_last_q;
  end

  always @(posedge clk) begin
    if (rst) block_over_q <= {OVER_W{1'b0}};
    else if (p1_valid_q) block_over_q <= p1_last_q ? {OVER_W{1'b0}} : block_over;
  end

  fxp_bit_length #(
      .W(OVER_W)
  ) u_length (
      .x(block_over),
      .y(length)
  );

  // Whole blocks between input and output; the queue of shifts holds all of them.
  wire       shift_pop;
  reg  [4:0] blocks_q;

  always @(posedge clk) begin
    if (rst) blocks_q <= 5'd0;
    else if ((take && last) != shift_pop) blocks_q <= shift_pop ? blocks_q - 1'b1 : blocks_q + 1'b1;
  end

  assign s_ready = beat_ready && !blocks_q[4];

  wire                  beat_valid;
  wire                  beat_pop;
  wire [  LANES*IN_W:0] beat;
  wire                  beat_last = beat[LANES*IN_W];
  wire                  shift_valid;  // read by a check
  wire [   SHIFT_W-1:0] shift;
  wire                  shift_room;
  wire [$clog2(DEPTH):0] unused_beats;
  wire [           4:0] shifts;
  reg                   shift_here_q;

  strm_fifo #(
      .DATA_W(LANES * IN_W + 1),
      .DEPTH (DEPTH)
  ) u_beats (
      .clk    (clk),
      .rst    (rst),
      .s_valid(take),
      .s_ready(beat_ready),
      .s_data ({last, s_data[LANES*IN_W-1:0]}),
      .m_valid(beat_valid),
      .m_ready(beat_pop),
      .m_data (beat),
      .level  (unused_beats)
  );

  strm_fifo #(
      .DATA_W(SHIFT_W),
      .DEPTH (BLOCKS)
  ) u_shifts (
      .clk    (clk),
      .rst    (rst),
      .s_valid(shift_push),
      .s_ready(shift_room),
      .s_data ({{SHIFT_W - LENGTH_W{1'b0}}, length}),
      .m_valid(shift_valid),
      .m_ready(shift_pop),
      .m_data (shift),
      .level  (shifts)
  );

  // The queue's m_valid, as a register: it decides whether beats move.
  always @(posedge clk) begin
    if (rst) shift_here_q <= 1'b0;
    else shift_here_q <= shift_push || (shift_pop ? shifts[4:1] != 4'd0 : shift_here_q);
  end

  wire unused_shifts = &{1'b0, shift_valid, shifts[0]};

  // Reading: a block's beats meet its shift.
  reg                p3_valid_q;
  reg                p4_valid_q;
  reg  [SHIFT_W-1:0] p3_shift_q;
  reg  [SHIFT_W-1:0] p4_shift_q;
  wire               en = m_ready || !p4_valid_q;
  wire               go = beat_valid && shift_here_q;

  assign beat_pop  = en && shift_here_q;
  assign shift_pop = en && go && beat_last;
  assign m_valid   = p4_valid_q;

  always @(posedge clk) begin
    if (rst) begin
      p3_valid_q <= 1'b0;
      p4_valid_q <= 1'b0;
    end else if (en) begin
      p3_valid_q <= go;
      p4_valid_q <= p3_valid_q;
    end
  end

  always @(posedge clk) begin
    if (en && go) p3_shift_q <= shift;
    if (en && p3_valid_q) p4_shift_q <= p3_shift_q;
  end

  assign m_data[LANES*BITS+:SHIFT_W] = p4_shift_q;

  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      m2_pot_round #(
          .IN_W     (IN_W),
          .BITS     (BITS),
          .MAX_SHIFT(MAX_SHIFT)
      ) u_round (
          .clk  (clk),
          .en   ({en && p3_valid_q, en && go}),
          .x    (beat[i*IN_W+:IN_W]),
          .shift(shift),
          .q    (m_data[i*BITS+:BITS])
      );
    end

    if (LANES < 1 || (LANES & (LANES - 1)) != 0) begin : g_bad_lanes
      m2_block_quant_LANES_must_be_a_power_of_two u_error ();
    end
    if (BLOCK_MAX < LANES || BLOCK_MAX > 32768 || (BLOCK_MAX & (BLOCK_MAX - 1)) != 0) begin : g_bad_block
      m2_block_quant_BLOCK_MAX_must_be_a_power_of_two_from_LANES_to_32768 u_error ();
    end
    if (DEPTH < BLOCK_MAX / LANES + 3) begin : g_bad_depth
      m2_block_quant_DEPTH_must_hold_the_largest_block_and_three_beats u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(shift_here_q == shift_valid, "the queue of shifts and its register differ")
  `CHECK(!shift_push || shift_room, "no room for a block's shift")
  `CHECK(!s_valid || (1 << log2) >= LANES && (1 << log2) <= BLOCK_MAX, "block size is not within LANES and BLOCK_MAX")

endmodule

`default_nettype wire
