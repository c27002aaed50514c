// SPDX-License-Identifier: Apache-2.0
//
// m2_exit_queue - queue behind a pipeline that never stops, its places counted at the pipeline's entry.
//
// Function     : the output is the input sequence, unchanged. room: a place is free; enter takes one, a beat that leaves
//                gives it back. Each enter brings one beat, whenever it comes.
// Format       : opaque bits.
// Latency      : 1
// Throughput   : 1
// Back-pressure: none at the input; room is a register, so that nothing behind the queue reaches the pipeline's entry.
// Golden       : golden.streams.identity
// Test         : tests/rtl/test_m2_dt_path.py
//
// Why: a pipeline that runs free needs no enable on its registers, and what goes beside it is a plain delay line. A beat
// a cycle takes a DEPTH of the pipeline's length, from enter to the push, plus 2.

`default_nettype none
`include "checks.vh"

module m2_exit_queue #(
    parameter DATA_W = 8,  // width of a beat [bits], >= 1
    parameter DEPTH  = 32  // beats, a power of two from 2 to 32
) (
    input  wire              clk,
    input  wire              rst,
    output wire              room,
    input  wire              enter,
    input  wire              s_valid,
    input  wire [DATA_W-1:0] s_data,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [DATA_W-1:0] m_data
);

  localparam COUNT_W = $clog2(DEPTH) + 1;

  reg  [COUNT_W-1:0] count_q;  // places taken
  wire               leave = m_valid && m_ready;
  wire               s_ready;
  wire [COUNT_W-1:0] unused_level;

  assign room = !count_q[COUNT_W-1];

  always @(posedge clk) begin
    if (rst) count_q <= {COUNT_W{1'b0}};
    else if (enter && !leave) count_q <= count_q + 1'b1;
    else if (leave && !enter) count_q <= count_q - 1'b1;
  end

  strm_fifo #(
      .DATA_W(DATA_W),
      .DEPTH (DEPTH)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .level  (unused_level)
  );

  `CHECK(!enter || room, "a beat entered without a place")
  `CHECK(!s_valid || s_ready, "a beat that no place was taken for")

  generate
    if (DEPTH < 2 || DEPTH > 32) begin : g_bad_depth
      m2_exit_queue_DEPTH_must_be_a_power_of_two_from_2_to_32 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
