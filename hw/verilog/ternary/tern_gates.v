// SPDX-License-Identifier: Apache-2.0
//
// tern_gates - from the sums of gate and up to the MLP's product: brings both sums of a token together.
//
// Function     : of 8 rows of gate, then of up, all tokens each: a pair for each token, through tern_gate with squared ReLU, or with
//                SiLU where SIGMOID.
// Format       : s_data {last token, 8 sums of signed 21 bits}, rows of gate first, then the same rows of up; g_data {drop (5 bits),
//                scale (32 bits)} for each beat of gate; m_data 8 h of signed 32 bits, rows outside, tokens inside.
// Latency      : variable: 24 cycles at most from an up beat behind a pause to its product
// Throughput   : variable: a product in two cycles
// Back-pressure: readies are of registers; a group of gate and up waits in front of tern_gate.
// Golden       : golden.ternary.integer.block.gated
// Test         : tests/rtl/test_tern_gates.py
//
// Why: linear layers give all tokens of a row group in turn, tern_gate wants the two beats of a token side by side.

`default_nettype none
`include "checks.vh"

module tern_gates #(
    parameter SIGMOID = 0,  // 0: squared ReLU, 1: SiLU
    parameter T_COLS  = 4   // most tokens of a job, 1..256
) (
    input  wire         clk,
    input  wire         rst,
    input  wire         s_valid,
    output wire         s_ready,
    input  wire [168:0] s_data,
    input  wire         g_valid,
    output wire         g_ready,
    input  wire [ 36:0] g_data,
    output wire         m_valid,
    input  wire         m_ready,
    output wire [255:0] m_data
);

  localparam DEPTH = (T_COLS > 2) ? 1 << $clog2(T_COLS) : 2;

  // A group of gate, then one of up.
  reg          up_q;
  wire         gate_room;
  wire         up_room;
  wire         move = s_valid && s_ready;
  wire         gate_valid;
  wire         gate_ready;
  wire [167:0] gate_data;
  wire         up_valid;
  wire         up_ready;
  wire [167:0] up_data;
  wire [$clog2(DEPTH):0] unused_gate_level;
  wire [$clog2(DEPTH):0] unused_up_level;

  assign s_ready = up_q ? up_room : gate_room;

  always @(posedge clk) begin
    if (rst) up_q <= 1'b0;
    else if (move && s_data[168]) up_q <= !up_q;
  end

  strm_fifo #(
      .DATA_W(168),
      .DEPTH (DEPTH)
  ) u_gate_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid && !up_q),
      .s_ready(gate_room),
      .s_data (s_data[167:0]),
      .m_valid(gate_valid),
      .m_ready(gate_ready),
      .m_data (gate_data),
      .level  (unused_gate_level)
  );

  strm_fifo #(
      .DATA_W(168),
      .DEPTH (DEPTH)
  ) u_up_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid && up_q),
      .s_ready(up_room),
      .s_data (s_data[167:0]),
      .m_valid(up_valid),
      .m_ready(up_ready),
      .m_data (up_data),
      .level  (unused_up_level)
  );

  // Both beats of a token in turn; that of gate with what multiplies it.
  reg          second_q;
  wire         pair_valid = second_q ? up_valid : gate_valid && g_valid;
  wire         pair_ready;
  wire [204:0] pair_data = {g_data, second_q ? up_data : gate_data};

  assign gate_ready = !second_q && pair_ready && g_valid;
  assign g_ready    = !second_q && pair_ready && gate_valid;
  assign up_ready   = second_q && pair_ready;

  always @(posedge clk) begin
    if (rst) second_q <= 1'b0;
    else if (pair_valid && pair_ready) second_q <= !second_q;
  end

  tern_gate #(
      .SIGMOID(SIGMOID),
      .LANES  (8)
  ) u_gate (
      .clk    (clk),
      .rst    (rst),
      .s_valid(pair_valid),
      .s_ready(pair_ready),
      .s_data (pair_data),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

endmodule

`default_nettype wire
