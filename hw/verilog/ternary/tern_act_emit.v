// SPDX-License-Identifier: Apache-2.0
//
// tern_act_emit - the second pass over a token: its weighted elements to int8, and the sum of their magnitudes.
//
// Function     : q of tern_act_quant for each beat that enters; total = sum |q| over the beats up to one with last.
// Format       : y {last, LANES y of signed Y_W bits}, r {length of 6 bits, r of 24 bits} of its token; m_data {last, LANES q of
//                signed 8 bits}, first lowest; b_data total, unsigned 20 bits. Not more than 8 tokens whose total has not been
//                taken.
// Latency      : 6; from enter to m, with nothing inside
// Throughput   : 1
// Back-pressure: room is a register: a beat enters only with it; m has a queue of 16 beats, b one of 8.
// Golden       : golden.ternary.integer.functions.norm_quantize
// Test         : tests/rtl/test_tern_act.py
//
// Why: the pipeline runs free, so that nothing behind it reaches the enables of LANES multipliers.

`default_nettype none
`include "checks.vh"

module tern_act_emit #(
    parameter LANES = 8,  // elements in a beat, >= 1
    parameter Y_W   = 48  // width of an element [bits], 19..64
) (
    input  wire               clk,
    input  wire               rst,
    output wire               room,
    input  wire               enter,
    input  wire [LANES*Y_W:0] y,
    input  wire [       29:0] r,
    output wire               m_valid,
    input  wire               m_ready,
    output wire [LANES*8:0]   m_data,
    output wire               b_valid,
    input  wire               b_ready,
    output wire [       19:0] b_data
);

  localparam LEVELS = $clog2(LANES);
  localparam QUANT = 5;  // stages of tern_act_quant
  localparam SUM = 1 + LEVELS;  // stages between q and the accumulator
  localparam STAGES = QUANT + SUM;

  reg  [ STAGES-1:0] valid_q;
  reg  [ STAGES-1:0] last_q;
  wire [LANES*8-1:0] q;

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else valid_q <= {valid_q[STAGES-2:0], enter};
  end

  always @(posedge clk) begin
    last_q <= {last_q[STAGES-2:0], y[LANES*Y_W]};
  end

  tern_act_quant #(
      .LANES(LANES),
      .Y_W  (Y_W)
  ) u_quant (
      .clk   (clk),
      .en    (1'b1),
      .y     (y[LANES*Y_W-1:0]),
      .length(r[29:24]),
      .r     (r[23:0]),
      .q     (q)
  );

  m2_exit_queue #(
      .DATA_W(LANES * 8 + 1),
      .DEPTH (16)
  ) u_exit (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (enter),
      .s_valid(valid_q[QUANT-1]),
      .s_data ({last_q[QUANT-1], q}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  // |q|, 7 bits and a sign for the tree, and their sum.
  reg  [       LANES*8-1:0] size_q;
  wire [        LEVELS+7:0] beat_sum;
  reg                       first_q;
  reg                       done_q;
  reg  [              19:0] total_q;
  wire                      sum_valid = valid_q[STAGES-1];
  wire                      b_room;
  wire [               3:0] unused_level;

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      always @(posedge clk) size_q[i*8+:8] <= (q[i*8+:8] ^ {8{q[i*8+7]}}) + {7'd0, q[i*8+7]};
    end
  endgenerate

  fxp_sum_tree #(
      .N   (LANES),
      .IN_W(8)
  ) u_sum (
      .clk(clk),
      .en (1'b1),
      .x  (size_q),
      .sum(beat_sum)
  );

  always @(posedge clk) begin
    if (rst) first_q <= 1'b1;
    else if (sum_valid) first_q <= last_q[STAGES-1];
  end

  always @(posedge clk) begin
    if (rst) done_q <= 1'b0;
    else done_q <= sum_valid && last_q[STAGES-1];
  end

  always @(posedge clk) begin
    if (sum_valid) total_q <= (total_q & {20{!first_q}}) + {{12 - LEVELS{1'b0}}, beat_sum};
  end

  strm_fifo #(
      .DATA_W(20),
      .DEPTH (8)
  ) u_totals (
      .clk    (clk),
      .rst    (rst),
      .s_valid(done_q),
      .s_ready(b_room),
      .s_data (total_q),
      .m_valid(b_valid),
      .m_ready(b_ready),
      .m_data (b_data),
      .level  (unused_level)
  );

  `CHECK(!done_q || b_room, "no room for a token's total")

endmodule

`default_nettype wire
