// SPDX-License-Identifier: Apache-2.0
//
// tern_build - decides when activations enter the tables: first stage, then the shadow of each vector in turn.
//
// Function     : slots arrive as vectors 0..last_vector of one column block after another; `ready` rises when the
//                shadows of all its vectors are filled, and `swap` (only while ready) hands them over and frees them.
// Format       : fill one-hot over the vectors.
// Latency      : 2
// Throughput   : variable: a column block takes last_vector + 2 cycles at least.
// Back-pressure: registered ready (s_ready), absorbs one slot in the first stage.
// Golden       : golden.ternary.packing.pack_x
// Test         : tests/rtl/test_tern_matvec.py
//
// Why: a shadow is refilled only in the cycle after its swap, so that the decision to start a beat does not reach
// back into the activation buffer in the same cycle. Accumulators need three cycles between equal tiles anyway.

`default_nettype none
`include "checks.vh"

module tern_build #(
    parameter T_COLS = 1  // vectors, >= 1
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              clear,
    input  wire [       7:0] last_vector,
    input  wire              s_valid,
    output wire              s_ready,
    output wire              load,
    output wire [T_COLS-1:0] fill,
    output wire              ready,
    input  wire              swap
);

  reg              stage_q;  // the first stage holds a slot
  reg              ready_q;
  reg [       7:0] vector_q; // whose shadow is next
  reg [T_COLS-1:0] hot_q;
  wire             move = stage_q && !ready_q;
  wire             last = vector_q == last_vector;

  always @(posedge clk) begin
    if (rst || clear) stage_q <= 1'b0;
    else if (s_ready) stage_q <= s_valid;
  end

  always @(posedge clk) begin
    if (rst || clear || swap) ready_q <= 1'b0;
    else if (move && last) ready_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (clear) begin
      vector_q <= 8'd0;
      hot_q    <= {{T_COLS - 1{1'b0}}, 1'b1};
    end else if (move) begin
      vector_q <= last ? 8'd0 : vector_q + 8'd1;
      hot_q    <= last ? {{T_COLS - 1{1'b0}}, 1'b1} : hot_q << 1;
    end
  end

  assign s_ready = !stage_q || !ready_q;
  assign load    = s_valid && s_ready;
  assign fill    = hot_q & {T_COLS{move}};
  assign ready   = ready_q;

  `CHECK(!swap || ready_q, "swap of tables that are not ready")

endmodule

`default_nettype wire
