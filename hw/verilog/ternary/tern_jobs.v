// SPDX-License-Identifier: Apache-2.0
//
// tern_jobs - lets those jobs pass that a block has a part in.
//
// Function     : a job whose bit {LAYER's lowest bit, KIND} is set in MASK leaves unchanged, others are dropped.
// Format       : jobs as in m2_job.vh.
// Latency      : 1
// Throughput   : 1/2
// Back-pressure: registered ready; absorbs 1 job.
// Golden       : golden.schedule.jobs
// Test         : tests/rtl/test_tern_jobs.py
//
// Why: a layer of ternary_accel is two of jobs; most units work for one of them.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module tern_jobs #(
    parameter [7:0] MASK = 8'hFF  // bit {LAYER[0], KIND} of the jobs that pass
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [31:0] s_data,
    output wire        m_valid,
    input  wire        m_ready,
    output wire [31:0] m_data
);

  reg         full_q;
  reg  [31:0] job_q;
  wire [ 2:0] what = {s_data[14], s_data[`KR_M2_JOB_KIND]};  // lowest bit of the layer

  assign s_ready = !full_q;
  assign m_valid = full_q;
  assign m_data  = job_q;

  always @(posedge clk) begin
    if (rst) full_q <= 1'b0;
    else if (full_q) full_q <= !m_ready;
    else full_q <= s_valid && MASK[what];
  end

  always @(posedge clk) begin
    if (s_ready) job_q <= s_data;
  end

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
