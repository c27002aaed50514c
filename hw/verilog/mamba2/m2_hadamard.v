// SPDX-License-Identifier: Apache-2.0
//
// m2_hadamard - streaming Hadamard transform of blocks of run-time size, scaled by a power of two.
//
// Function     : y = (H x + (1 << k >> 1)) >> k for each block x of 2^log2 elements, H[i][j] = (-1)^popcount(i & j),
//                k = floor(log2 / 2): golden's transform, then its round_shift, half up.
// Format       : s_data {log2 (4 bits), LANES elements of signed IN_W bits, first lowest}; m_data {log2, LANES elements
//                of signed OUT_W bits}; exact, cannot overflow. log2 is the same in all beats of a block.
// Latency      : clog2(BLOCK_MAX) + 1; from a block's last beat to its first; one more for each halving below BLOCK_MAX
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs BLOCK_MAX // LANES + clog2(BLOCK_MAX) beats.
// Golden       : golden.fixed.hadamard.transform
// Test         : tests/rtl/test_m2_hadamard.py
//
// Why: single-path delay feedback. Each beat's elements meet those of a beat D before in m2_hadamard_step, from the
// largest D (narrowest words) to 1, then each other inside the beat: all delays together hold one block, half of what
// two buffers would, with two adders a lane and step and no multiplexers. Delay commutators would save half of these
// adders for as many multiplexers and twice the memory. The last adder does the steps' open signs and the rounding at
// once, where fxp_round_sat would need a second one.

`default_nettype none
`include "checks.vh"

module m2_hadamard #(
    parameter LANES     = 8,    // elements in a beat, power of two, 2..BLOCK_MIN
    parameter BLOCK_MIN = 64,   // smallest block [elements], power of two, 4..BLOCK_MAX
    parameter BLOCK_MAX = 1024, // largest block [elements], power of two, ..32768
    parameter IN_W      = 24,   // width of an input element [bits], >= 2
    parameter OUT_W     = 29    // width of an output element [bits], >= IN_W + ceil(log2(BLOCK_MAX) / 2)
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire                     s_valid,
    output wire                     s_ready,
    input  wire [ LANES*IN_W+3:0]   s_data,
    output wire                     m_valid,
    input  wire                     m_ready,
    output wire [LANES*OUT_W+3:0]   m_data
);

  localparam STEPS = $clog2(BLOCK_MAX / LANES);
  localparam LEVELS = $clog2(LANES);
  localparam LANE_W = IN_W + STEPS;  // behind the steps between beats
  localparam ACC_W = LANE_W + LEVELS;
  localparam SHIFT_MIN = $clog2(BLOCK_MIN) / 2;
  localparam SHIFT_MAX = $clog2(BLOCK_MAX) / 2;
  localparam KEPT_W = ACC_W - SHIFT_MIN;

  // Bit position of the data before step k in the vector of all steps: sideband, then elements of IN_W + k bits.
  function integer base;
    input integer step;
    integer k;
    begin
      base = 0;
      for (k = 0; k < step; k = k + 1) base = base + LANES * (IN_W + k) + 5;
    end
  endfunction

  // The same for level k inside a beat, without sideband.
  function integer lane_base;
    input integer level;
    integer k;
    begin
      lane_base = 0;
      for (k = 0; k < level; k = k + 1) lane_base = lane_base + LANES * (LANE_W + k);
    end
  endfunction

  wire en;

  // Between beats.
  wire [           STEPS:0] step_valid;
  wire [base(STEPS+1)-1:0] steps;

  assign step_valid[0] = s_valid;
  assign steps[0+:LANES*IN_W+5] = {s_data[LANES*IN_W+:4], 1'b0, s_data[0+:LANES*IN_W]};

  genvar k, l, i;
  generate
    for (k = 0; k < STEPS; k = k + 1) begin : g_step
      m2_hadamard_step #(
          .D    (1 << (STEPS - 1 - k)),
          .LANES(LANES),
          .W    (IN_W + k)
      ) u_step (
          .clk    (clk),
          .rst    (rst),
          .en     (en),
          .s_valid(step_valid[k]),
          .s_data (steps[base(k)+:LANES*(IN_W+k)+5]),
          .m_valid(step_valid[k+1]),
          .m_data (steps[base(k+1)+:LANES*(IN_W+k+1)+5])
      );
    end
  endgenerate

  // Inside a beat.
  wire [         LEVELS:0] level_valid;
  wire [    5*LEVELS+4:0] level_side;  // {log2, neg} of each level
  wire [lane_base(LEVELS+1)-1:0] levels;

  assign level_valid[0]  = step_valid[STEPS];
  assign level_side[4:0] = steps[base(STEPS)+LANES*LANE_W+:5];

  assign levels[0+:LANES*LANE_W] = steps[base(STEPS)+:LANES*LANE_W];

  generate
    for (l = 0; l < LEVELS; l = l + 1) begin : g_level
      reg       valid_q;
      reg [4:0] side_q;

      assign level_valid[l+1] = valid_q;
      assign level_side[5*(l+1)+:5] = side_q;

      always @(posedge clk) begin
        if (rst) valid_q <= 1'b0;
        else if (en) valid_q <= level_valid[l];
      end

      always @(posedge clk) begin
        if (en && level_valid[l]) side_q <= level_side[5*l+:5];
      end

      for (i = 0; i < LANES; i = i + 1) begin : g_lane
        localparam W = LANE_W + l;
        localparam LOW = lane_base(l) + (i & ~(1 << l)) * W;
        localparam HIGH = lane_base(l) + (i | (1 << l)) * W;
        wire signed [W-1:0] a = levels[LOW+:W];
        wire signed [W-1:0] b = levels[HIGH+:W];
        wire signed [  W:0] d;
        reg signed  [  W:0] y_q;

        if ((i & (1 << l)) == 0) begin : g_sum
          assign d = a + b;
        end else begin : g_difference
          assign d = a - b;
        end

        always @(posedge clk) begin
          if (en && level_valid[l]) y_q <= d;
        end

        assign levels[lane_base(l+1)+i*(W+1)+:W+1] = y_q;
      end
    end
  endgenerate

  // Sign, rounding, scale.
  wire [3:0] log2 = level_side[5*LEVELS+1+:4];
  wire       neg = level_side[5*LEVELS];
  wire [2:0] shift = log2[3:1];
  reg        m_valid_q;
  reg  [3:0] m_log2_q;

  assign en = m_ready || !m_valid_q;
  assign s_ready = en;
  assign m_valid = m_valid_q;
  assign m_data[LANES*OUT_W+:4] = m_log2_q;

  always @(posedge clk) begin
    if (rst) m_valid_q <= 1'b0;
    else if (en) m_valid_q <= level_valid[LEVELS];
  end

  always @(posedge clk) begin
    if (en && level_valid[LEVELS]) m_log2_q <= log2;
  end

  localparam [31:0] SHIFT_MIN_BITS = SHIFT_MIN;
  wire [ACC_W-1:0] half;
  wire [      2:0] further = shift - SHIFT_MIN_BITS[2:0];

  generate
    for (i = 0; i < ACC_W; i = i + 1) begin : g_half
      localparam [31:0] SHIFT = i + 1;
      if (i + 1 >= SHIFT_MIN && i + 1 <= SHIFT_MAX) begin : g_bit
        assign half[i] = shift == SHIFT[2:0];
      end else begin : g_zero
        assign half[i] = 1'b0;
      end
    end

    for (i = 0; i < LANES; i = i + 1) begin : g_round
      // acc or -acc, plus half: the bit below both words carries the inversion's one in.
      wire [ACC_W-1:0] acc = levels[lane_base(LEVELS)+i*ACC_W+:ACC_W] ^ {ACC_W{neg}};
      wire [ACC_W:0] sum = {half, 1'b1} + {acc, neg};
      wire signed [KEPT_W-1:0] kept = sum[ACC_W:SHIFT_MIN+1];
      wire signed [KEPT_W-1:0] scaled = kept >>> further;
      wire unused_dropped = &{1'b0, sum[SHIFT_MIN:0]};
      reg signed [OUT_W-1:0] y_q;

      if (OUT_W > KEPT_W) begin : g_wide
        always @(posedge clk) if (en && level_valid[LEVELS]) y_q <= {{OUT_W - KEPT_W{scaled[KEPT_W-1]}}, scaled};
      end else begin : g_fit
        wire unused_signs = &{1'b0, scaled};
        always @(posedge clk) if (en && level_valid[LEVELS]) y_q <= scaled[OUT_W-1:0];
      end

      assign m_data[i*OUT_W+:OUT_W] = y_q;
    end

    if (LANES < 2 || LANES > BLOCK_MIN || (LANES & (LANES - 1)) != 0) begin : g_bad_lanes
      m2_hadamard_LANES_must_be_a_power_of_two_from_2_to_BLOCK_MIN u_error ();
    end
    if (BLOCK_MIN < 4 || BLOCK_MAX < BLOCK_MIN || BLOCK_MAX > 32768) begin : g_bad_block
      m2_hadamard_needs_4_to_BLOCK_MIN_to_BLOCK_MAX_to_32768 u_error ();
    end
    if ((BLOCK_MIN & (BLOCK_MIN - 1)) != 0 || (BLOCK_MAX & (BLOCK_MAX - 1)) != 0) begin : g_bad_power
      m2_hadamard_BLOCK_MIN_and_BLOCK_MAX_must_be_powers_of_two u_error ();
    end
    if (OUT_W < IN_W + ($clog2(BLOCK_MAX) + 1) / 2) begin : g_bad_out_w
      m2_hadamard_OUT_W_must_be_at_least_IN_W_plus_half_of_log2_BLOCK_MAX_rounded_up u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!s_valid || (1 << s_data[LANES*IN_W+:4]) >= BLOCK_MIN && (1 << s_data[LANES*IN_W+:4]) <= BLOCK_MAX,
         "block size is not within BLOCK_MIN and BLOCK_MAX")

endmodule

`default_nettype wire
