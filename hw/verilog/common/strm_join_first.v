// SPDX-License-Identifier: Apache-2.0
//
// strm_join_first - strm_join of the first inputs only; how many they are is told for a run of beats.
//
// Function     : c names runs: m has `beats` beats of each, {0, ..., s[inputs-1], ..., s[0]}, input 0 lowest. Of a run's beats an
//                input takes one each where it is among the first `inputs`, none where it is not. A run of no beats is none.
// Format       : opaque bits; c_data {inputs (6 bits, 1..N), beats (32 bits)}.
// Latency      : variable: 1 cycle from the last input when the run stands in front, 4 from a run to its first beat
// Throughput   : 1; over runs too, one of no beats is dropped
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 1 beat per input and RUNS + 1 runs.
// Golden       : golden.streams.join_first
// Test         : tests/rtl/test_strm_join_first.py
//
// Why: each input is told a beat ahead whether the next one is its own, so that as in strm_join its ready depends on no
// valid. Who has none sets its register to 0, which needs no gate behind it: a beat is wide.

`default_nettype none
`include "checks.vh"

module strm_join_first #(
    parameter DATA_W = 8,  // width of one input's beat [bits], >= 1
    parameter N      = 2,  // inputs, 1..32
    parameter RUNS   = 32  // runs that wait, a power of two >= 2
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                c_valid,
    output wire                c_ready,
    input  wire [        37:0] c_data,
    input  wire [       N-1:0] s_valid,
    output wire [       N-1:0] s_ready,
    input  wire [N*DATA_W-1:0] s_data,
    output wire                m_valid,
    input  wire                m_ready,
    output wire [N*DATA_W-1:0] m_data
);

  // Runs that wait.
  wire                  run_valid;
  wire                  run_take;
  wire [           5:0] run_inputs;
  wire [          31:0] run_beats;
  wire [$clog2(RUNS):0] unused_level;

  strm_fifo #(
      .DATA_W(38),
      .DEPTH (RUNS)
  ) u_runs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(c_valid && c_data[31:0] != 32'd0),
      .s_ready(c_ready),
      .s_data (c_data),
      .m_valid(run_valid),
      .m_ready(run_take),
      .m_data ({run_inputs, run_beats}),
      .level  (unused_level)
  );

  // Whose the beat at hand is, and the one behind it.
  reg          there_q;
  reg  [N-1:0] own_q;
  reg          next_there_q;
  reg  [N-1:0] next_own_q;
  reg  [ 31:0] left_q;  // beats of the run behind the next one
  reg          last_q;  // there are none
  reg  [N-1:0] full_q;
  wire         move = m_valid && m_ready;
  wire         step = next_there_q && (move || !there_q);

  assign m_valid  = &full_q;
  assign run_take = !next_there_q || (step && last_q);

  always @(posedge clk) begin
    if (rst) there_q <= 1'b0;
    else there_q <= step || (there_q && !move);
  end

  always @(posedge clk) begin
    if (rst) next_there_q <= 1'b0;
    else if (run_take) next_there_q <= run_valid;
  end

  always @(posedge clk) begin
    if (run_take) begin
      left_q <= run_beats - 32'd1;
      last_q <= run_beats == 32'd1;
    end else if (step) begin
      left_q <= left_q - 32'd1;
      last_q <= left_q == 32'd1;
    end
  end

  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_input
      localparam [31:0] INPUT = i;
      reg  [DATA_W-1:0] data_q;
      wire              due = move ? next_there_q : there_q && !full_q[i];
      wire              own = move ? next_own_q[i] : own_q[i];
      wire              take = s_valid[i] && s_ready[i];
      wire              none = due && !own;

      assign s_ready[i] = due && own;
      assign m_data[i*DATA_W+:DATA_W] = data_q;

      always @(posedge clk) begin
        if (run_take) next_own_q[i] <= run_inputs > INPUT[5:0];
        if (step) own_q[i] <= next_own_q[i];
      end

      always @(posedge clk) begin
        if (rst) full_q[i] <= 1'b0;
        else full_q[i] <= take || none || (full_q[i] && !move);
      end

      always @(posedge clk) begin
        if (none) data_q <= {DATA_W{1'b0}};
        else if (take) data_q <= s_data[i*DATA_W+:DATA_W];
      end
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!c_valid || c_data[37:32] != 6'd0, "a run of no inputs")

  generate
    if (DATA_W < 1 || N < 1 || N > 32) begin : g_bad_size
      strm_join_first_needs_DATA_W_at_least_1_and_N_1_to_32 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
