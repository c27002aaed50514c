// SPDX-License-Identifier: Apache-2.0
//
// attn_turn - whose pass it is at a stream of attn_dot, which attention and the head share.
//
// Function     : of an attention's IN job c_heads passes are attention's, of a HEAD job one is the head's, in the order of the
//                jobs; others are dropped. pass_end ends a pass.
// Format       : jobs as in m2_job.vh, LAYER even for attention; attention and head high while a pass of theirs is due.
// Latency      : variable: 1 cycle from a job to its first pass, and from its last pass_end to none
// Throughput   : variable: a job in one cycle more than its passes
// Back-pressure: registered ready; absorbs 1 job.
// Golden       : golden.schedule.jobs
// Test         : tests/rtl/test_attn_turn.py
//
// Why: queries, keys and sums are counted apart, each where it passes, so that a pass may enter while the one before leaves.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module attn_turn (
    input  wire        clk,
    input  wire        rst,
    input  wire [ 7:0] c_heads,
    input  wire        job_valid,
    output wire        job_ready,
    input  wire [31:0] job_data,
    input  wire        pass_end,
    output wire        attention,
    output wire        head
);

  reg        attention_q;
  reg        head_q;
  reg        last_q;  // this pass ends the job
  reg  [7:0] left_q;  // passes behind this one
  wire [1:0] kind = job_data[`KR_M2_JOB_KIND];
  wire       is_attention = kind == `KR_M2_KIND_IN && !job_data[14];
  wire       is_head = kind == `KR_M2_KIND_HEAD;
  wire       unused_job = &{1'b0, job_data};

  assign job_ready = !attention_q && !head_q;
  assign attention = attention_q;
  assign head      = head_q;

  always @(posedge clk) begin
    if (rst) begin
      attention_q <= 1'b0;
      head_q      <= 1'b0;
    end else if (job_ready) begin
      attention_q <= job_valid && is_attention;
      head_q      <= job_valid && is_head;
    end else if (pass_end && last_q) begin
      attention_q <= 1'b0;
      head_q      <= 1'b0;
    end
  end

  always @(posedge clk) begin
    if (job_ready) begin  // without a job nothing reads them
      left_q <= c_heads - 8'd1;
      last_q <= is_head || c_heads == 8'd1;
    end else if (pass_end) begin
      left_q <= left_q - 8'd1;
      last_q <= left_q == 8'd1;
    end
  end

  `CHECK(!pass_end || attention_q || head_q, "a pass ended that nobody had begun")

endmodule

`default_nettype wire
