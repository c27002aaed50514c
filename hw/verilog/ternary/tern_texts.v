// SPDX-License-Identifier: Apache-2.0
//
// tern_texts - tells each job how many positions of the prefix and of each text were cached in front of its chunk.
//
// Function     : every job passes, with the positions of all parts at the begin of its chunk, which an EMBED job opens: the
//                shared prefix c_prefix; of text b c_own[b] and what it has grown since `clear`. A chunk adds its tokens to the
//                only text (c_batch 1) or one position to each of c_batch texts.
// Format       : jobs as m2_job.vh has them; m_data {positions of parts 4 to 0 (14 bits each, part 0 the prefix), job};
//                c_own 14 bits a text, the first lowest, 0 for absent ones; c_batch 1..4. c_* hold still during a run; `clear`,
//                or reset, takes them as they are, when no job is inside.
// Latency      : 1
// Throughput   : 1 / 2
// Back-pressure: registered ready; absorbs 1 job.
// Golden       : golden.ternary.accel.reads.positions
// Test         : tests/rtl/test_tern_texts.py
//
// Why: who works on jobs at a time of its own needs the positions of that job, not those of now; so they travel with it. Jobs
// are rare, so the counts themselves are the output's register.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module tern_texts (
    input  wire         clk,
    input  wire         rst,
    input  wire         clear,      // a run begins
    input  wire [  7:0] c_batch,
    input  wire [ 13:0] c_prefix,
    input  wire [ 55:0] c_own,
    input  wire         job_valid,
    output wire         job_ready,
    input  wire [ 31:0] job_data,
    output wire         m_valid,
    input  wire         m_ready,
    output wire [101:0] m_data
);

  localparam TEXTS = 4;
  localparam LEN_W = 14;

  reg                    valid_q;
  reg  [           31:0] job_q;
  reg  [TEXTS*LEN_W-1:0] own_q;
  reg  [            8:0] tokens_q;  // of the chunk, not yet added
  reg                    batch_q;   // several texts
  reg  [      TEXTS-1:0] there_q;   // texts that grow
  wire                   take = job_valid && job_ready;
  wire                   opens = take && job_data[`KR_M2_JOB_KIND] == `KR_M2_KIND_EMBED;

  assign job_ready = !valid_q;
  assign m_valid   = valid_q;
  assign m_data    = {own_q, c_prefix, job_q};

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else valid_q <= take || (valid_q && !m_ready);
  end

  always @(posedge clk) begin
    if (take) job_q <= job_data;
  end

  always @(posedge clk) begin
    if (rst || clear) tokens_q <= 9'd0;
    else if (opens) tokens_q <= batch_q ? 9'd1 : {1'b0, job_data[`KR_M2_JOB_LAST_TOKEN]} + 9'd1;
  end

  always @(posedge clk) begin
    batch_q <= c_batch != 8'd1;
    there_q <= {c_batch > 8'd3, c_batch > 8'd2, c_batch > 8'd1, 1'b1};
  end

  genvar b;
  generate
    for (b = 0; b < TEXTS; b = b + 1) begin : g_text
      always @(posedge clk) begin
        if (rst || clear) own_q[b*LEN_W+:LEN_W] <= c_own[b*LEN_W+:LEN_W];
        else if (opens && there_q[b]) own_q[b*LEN_W+:LEN_W] <= own_q[b*LEN_W+:LEN_W] + {5'd0, tokens_q};
      end
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!clear || !valid_q, "clear came while a job was inside")
  `CHECK(!take || (c_batch >= 8'd1 && c_batch <= 8'd4), "c_batch is not within 1 and 4")

endmodule

`default_nettype wire
