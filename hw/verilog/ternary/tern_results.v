// SPDX-License-Identifier: Apache-2.0
//
// tern_results - hands the sums of linear layers to those who wait for them.
//
// Function     : the results of a job's matrix leave on q (q, k and v: IN of an even LAYER), g (gate and up: IN of an odd one) or
//                o (o and down: OUT), those of a HEAD job on h with c_ternary, which has none here without, in the order of
//                the jobs.
// Format       : s_data {end of the job's results, last token, 8 sums of signed 21 bits} as tern_linear gives them; q, g, o
//                and h without the end. Jobs as in m2_job.vh. c_ternary holds still during a run.
// Latency      : variable: 1; a job's first beat waits for 2 cycles behind the job before it
// Throughput   : 1
// Back-pressure: registered ready of job and s; absorbs 2 beats.
// Golden       : golden.ternary.integer.block.product
// Test         : tests/rtl/test_tern_results.py
//
// Why: the end of a job's results stands in its last beat, so nothing is counted.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module tern_results (
    input  wire         clk,
    input  wire         rst,
    input  wire         c_ternary,
    input  wire         job_valid,
    output wire         job_ready,
    input  wire [ 31:0] job_data,
    input  wire         s_valid,
    output wire         s_ready,
    input  wire [169:0] s_data,
    output wire         q_valid,
    input  wire         q_ready,
    output wire [168:0] q_data,
    output wire         g_valid,
    input  wire         g_ready,
    output wire [168:0] g_data,
    output wire         o_valid,
    input  wire         o_ready,
    output wire [168:0] o_data,
    output wire         h_valid,
    input  wire         h_ready,
    output wire [168:0] h_data
);

  wire        mine_valid;
  wire        mine_ready;
  wire [31:0] mine_data;
  wire [ 1:0] kind = mine_data[`KR_M2_JOB_KIND];
  wire        is_out = kind == `KR_M2_KIND_OUT;
  wire        is_head = kind == `KR_M2_KIND_HEAD;
  wire        unused_job = &{1'b0, mine_data};

  tern_jobs #(
      .MASK(8'b1110_1110)
  ) u_mine (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid),
      .s_ready(job_ready),
      .s_data (job_data),
      .m_valid(mine_valid),
      .m_ready(mine_ready),
      .m_data (mine_data)
  );

  wire         valid;
  wire         ready;
  wire [169:0] data;

  strm_skid #(
      .DATA_W(170)
  ) u_skid (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .m_valid(valid),
      .m_ready(ready),
      .m_data (data)
  );

  reg  [3:0] turn_q;  // one bit: q, g, o, h
  wire       idle = turn_q == 4'd0;
  wire [3:0] first = is_head ? {c_ternary, 3'd0} : is_out ? 4'b0100 : mine_data[14] ? 4'b0010 : 4'b0001;
  wire [3:0] taken = turn_q & {h_ready, o_ready, g_ready, q_ready};

  assign mine_ready                           = idle;
  assign ready                                = |taken;
  assign {h_valid, o_valid, g_valid, q_valid} = turn_q & {4{valid}};
  assign q_data                               = data[168:0];
  assign g_data                               = data[168:0];
  assign o_data                               = data[168:0];
  assign h_data                               = data[168:0];

  always @(posedge clk) begin
    if (rst) turn_q <= 4'd0;
    else if (idle) turn_q <= first & {4{mine_valid}};
    else if (valid && ready && data[169]) turn_q <= 4'd0;
  end

  `CHECK_STREAM(q_valid, q_ready, q_data)
  `CHECK_STREAM(g_valid, g_ready, g_data)
  `CHECK_STREAM(o_valid, o_ready, o_data)
  `CHECK_STREAM(h_valid, h_ready, h_data)

endmodule

`default_nettype wire
