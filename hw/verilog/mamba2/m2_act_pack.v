// SPDX-License-Identifier: Apache-2.0
//
// m2_act_pack - packs quantized beats of LANES into activation beats of INPUTS and marks the ends of columns and vectors.
//
// Function     : each c_beats beats of s are a column, each job's last_token + 1 columns a vector; a column's beats side by
//                side, zeros behind its end.
// Format       : job_data: tokens less 1; s_data {shifts, q}: LANES q of BITS bits below LANES / GROUP shifts of 4 bits, with
//                GROUP = INPUTS one shift, the same in all beats that go into one; m_data {vector's last beat, column's last
//                beat, INPUTS / GROUP shifts, INPUTS q}. c_beats, >= 1, holds still during a run.
// Latency      : 1
// Throughput   : LANES / INPUTS
// Back-pressure: combinational ready (m_ready -> s_ready); job_ready follows m_ready.
// Golden       : golden.mamba2.integer.linear.activation
// Test         : tests/rtl/test_m2_act.py
//
// Why: ends are counted here, not carried through the quantizer: a norm's vectors are state groups, and Hadamard blocks may
// run over them.

`default_nettype none
`include "checks.vh"

module m2_act_pack #(
    parameter LANES  = 8,  // elements of a beat of s, >= 1
    parameter INPUTS = 32, // elements of a beat of m, a multiple of LANES
    parameter GROUP  = 8,  // elements that share a shift: a divisor of LANES, or INPUTS
    parameter BITS   = 4   // width of an element [bits], >= 2
) (
    input  wire                                                       clk,
    input  wire                                                       rst,
    input  wire [                                               15:0] c_beats,
    input  wire                                                       job_valid,
    output wire                                                       job_ready,
    input  wire [                                                7:0] job_data,
    input  wire                                                       s_valid,
    output wire                                                       s_ready,
    input  wire [LANES*BITS+4*((GROUP==INPUTS)?1:LANES/GROUP)-1:0] s_data,
    output wire                                                       m_valid,
    input  wire                                                       m_ready,
    output wire [                INPUTS*BITS+4*(INPUTS/GROUP)+1:0] m_data
);

  localparam SHIFTS = (GROUP == INPUTS) ? 1 : LANES / GROUP;  // of a beat of s
  localparam BEAT_W = LANES * BITS + 4 * SHIFTS;
  localparam RATIO = INPUTS / LANES;
  localparam TOTAL = INPUTS / GROUP;

  reg  [ 7:0] token_q;
  reg         token_last_q;  // of the job and the token of a cycle ago,
  reg         settled_q;     // which they still are
  wire        s_last;
  wire        wide_valid;
  wire        col_last;
  wire        known = settled_q || !col_last;
  wire        vec_last = col_last && token_last_q;
  wire        end_moves = m_valid && m_ready && col_last;
  wire [15:0] unused_beat;

  assign m_valid   = wide_valid && known;
  assign job_ready = m_valid && m_ready && vec_last;

  m2_count u_beat (
      .clk  (clk),
      .rst  (rst),
      .limit(c_beats),
      .step (s_valid && s_ready),
      .value(unused_beat),
      .last (s_last)
  );

  always @(posedge clk) begin
    token_last_q <= token_q == job_data;
  end

  always @(posedge clk) begin
    if (rst) settled_q <= 1'b0;
    else settled_q <= job_valid && !end_moves;
  end

  always @(posedge clk) begin
    if (rst) token_q <= 8'd0;
    else if (end_moves) token_q <= vec_last ? 8'd0 : token_q + 8'd1;
  end

  wire [RATIO*BEAT_W-1:0] wide;

  strm_upsize #(
      .DATA_W(BEAT_W),
      .RATIO (RATIO)
  ) u_upsize (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .s_last (s_last),
      .m_valid(wide_valid),
      .m_ready(m_ready && known),
      .m_data (wide),
      .m_last (col_last)
  );

  // All q below all shifts.
  assign m_data[INPUTS*BITS+4*TOTAL+:2] = {vec_last, col_last};

  genvar i;
  generate
    for (i = 0; i < RATIO; i = i + 1) begin : g_beat
      assign m_data[i*LANES*BITS+:LANES*BITS] = wide[i*BEAT_W+:LANES*BITS];

      if (i == 0 || GROUP != INPUTS) begin : g_shifts
        assign m_data[INPUTS*BITS+i*4*SHIFTS+:4*SHIFTS] = wide[i*BEAT_W+LANES*BITS+:4*SHIFTS];
      end else begin : g_same
        wire unused_shift = &{1'b0, wide[i*BEAT_W+LANES*BITS+:4*SHIFTS]};
      end
    end

    if (INPUTS % LANES != 0) begin : g_bad_inputs
      m2_act_pack_INPUTS_must_be_a_multiple_of_LANES u_error ();
    end
    if (GROUP != INPUTS && LANES % GROUP != 0) begin : g_bad_group
      m2_act_pack_GROUP_must_divide_LANES_or_be_INPUTS u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!m_valid || job_valid, "a column without a job")

endmodule

`default_nettype wire
