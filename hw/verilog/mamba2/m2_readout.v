// SPDX-License-Identifier: Apache-2.0
//
// m2_readout - sums the read-outs of a group's tiles and adds the skip path: y of the Mamba2 mixer.
//
// Function     : of the beats since the last one that had `last`: y = saturate((sum of part >> READ_FRAC) + (((x * D)
//                << (x_s + D_s)) >> SKIP_FRAC)) for each channel; x and D are those of the beat with `last`.
// Format       : s_data {last, D_s, D, x_s, x, part}: LANES part of signed PART_W bits, LANES x of BITS, first lowest,
//                x_s of 4 bits, D of BITS, D_s of 5. m_data: LANES y of signed OUT_W bits. ACC_W and SKIP_W must hold
//                sum and skip.
// Latency      : 7; from the beat with `last`
// Throughput   : 1; of tiles that are each the last, a beat for each `last` in general
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 7 beats where each is the last.
// Golden       : golden.mamba2.integer.block.mixer
// Test         : tests/rtl/test_m2_readout.py
//
// Why: a flag and not a count ends a sum, so that any d_state and any order of tiles of one group will do.

`default_nettype none
`include "checks.vh"

module m2_readout #(
    parameter LANES     = 8,  // channels of a beat, of one head, >= 1
    parameter PART_W    = 57, // width of a tile's read-out [bits]
    parameter ACC_W     = 61, // width of their sum [bits], >= PART_W, > READ_FRAC + 1
    parameter READ_FRAC = 20, // fraction bits of the sum that go, >= 0
    parameter BITS      = 16, // width of x and D [bits], >= 2
    parameter SKIP_FRAC = 12, // fraction bits of x * D that go, >= 0
    parameter SKIP_W    = 30, // width of the shortened x * D [bits]
    parameter OUT_W     = 24  // width of y [bits], >= 2
) (
    input  wire                                             clk,
    input  wire                                             rst,
    input  wire                                             s_valid,
    output wire                                             s_ready,
    input  wire [1+5+BITS+4+LANES*BITS+LANES*PART_W-1:0] s_data,
    output wire                                             m_valid,
    input  wire                                             m_ready,
    output wire [                          LANES*OUT_W-1:0] m_data
);

  localparam STAGES = 7;
  localparam READ_W = ACC_W - READ_FRAC;
  localparam SUM_W = ((READ_W > SKIP_W) ? READ_W : SKIP_W) + 1;
  localparam WAIT = 3;  // stages by which x * D is later than the sum

  wire                    last;
  wire [             4:0] D_s;
  wire [        BITS-1:0] D;
  wire [             3:0] x_s;
  wire [  LANES*BITS-1:0] x;
  wire [LANES*PART_W-1:0] part;

  assign {last, D_s, D, x_s, x, part} = s_data;

  // Stage 0 takes the beat, stage 1 adds it; from there on only sums count.
  reg [STAGES-1:0] valid_q;
  reg              p0_last_q;
  reg              open_q;  // a sum has begun
  wire             en = m_ready || !valid_q[STAGES-1];

  assign s_ready = en;
  assign m_valid = valid_q[STAGES-1];

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else if (en) valid_q <= {valid_q[STAGES-2:1], valid_q[0] && p0_last_q, s_valid};
  end

  always @(posedge clk) begin
    if (en) p0_last_q <= last;
  end

  always @(posedge clk) begin
    if (rst) open_q <= 1'b0;
    else if (en && valid_q[0]) open_q <= !p0_last_q;
  end

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      reg signed [      PART_W-1:0] p0_part_q;
      reg signed [       ACC_W-1:0] p1_acc_q;
      reg        [WAIT*READ_W-1:0] read_q;
      wire signed [     READ_W-1:0] p4_read = read_q[(WAIT-1)*READ_W+:READ_W];
      wire signed [     SKIP_W-1:0] p4_skip;
      reg signed [       SUM_W-1:0] p5_sum_q;
      wire signed [      OUT_W-1:0] saturated;
      wire                          unused_sat;
      reg        [       OUT_W-1:0] p6_y_q;

      m2_mul_shift #(
          .A_W    (BITS),
          .B_W    (BITS),
          .SHIFT_W(6),
          .FRAC   (SKIP_FRAC),
          .OUT_W  (SKIP_W)
      ) u_skip (
          .clk  (clk),
          .en   (en),
          .a    (x[i*BITS+:BITS]),
          .b    (D),
          .shift({2'd0, x_s} + {1'b0, D_s}),
          .y    (p4_skip)
      );

      always @(posedge clk) begin
        if (en) p0_part_q <= part[i*PART_W+:PART_W];
      end

      always @(posedge clk) begin
        if (en && valid_q[0])
          p1_acc_q <= (open_q ? p1_acc_q : {ACC_W{1'b0}}) + {{ACC_W - PART_W{p0_part_q[PART_W-1]}}, p0_part_q};
      end

      always @(posedge clk) begin
        if (en) begin
          read_q   <= {read_q[(WAIT-1)*READ_W-1:0], p1_acc_q[ACC_W-1:READ_FRAC]};
          p5_sum_q <= {{SUM_W - READ_W{p4_read[READ_W-1]}}, p4_read} + {{SUM_W - SKIP_W{p4_skip[SKIP_W-1]}}, p4_skip};
          p6_y_q   <= saturated;
        end
      end

      fxp_round_sat #(
          .IN_W (SUM_W),
          .FRAC (0),
          .OUT_W(OUT_W),
          .ROUND(0)
      ) u_saturate (
          .x  (p5_sum_q),
          .y  (saturated),
          .sat(unused_sat)
      );

      assign m_data[i*OUT_W+:OUT_W] = p6_y_q;
    end

    if (LANES < 1 || ACC_W < PART_W || READ_FRAC < 0 || ACC_W < READ_FRAC + 2) begin : g_bad_format
      m2_readout_needs_LANES_at_least_1_and_ACC_W_at_least_PART_W_and_READ_FRAC_0_to_ACC_W_less_2 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
