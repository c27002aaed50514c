// SPDX-License-Identifier: Apache-2.0
//
// m2_state_way - follows the jobs of one way of the state: where each begins and when its words are through.
//
// Function     : takes a job {chip, fresh, layer}, multiplies base = layer * words, and runs for `words` steps; `begins`
//                in the cycle before `run` rises, when `base` counts; `memory`: it runs, neither on chip nor fresh.
// Format       : base: the low ADDR_W bits. words holds still.
// Latency      : variable: 4 cycles from a job to `run`
// Throughput   : variable: a step a cycle; 4 cycles between jobs.
// Back-pressure: registered ready; takes one job.
// Golden       : golden.mamba2.accel.layout.pack_state
// Test         : tests/rtl/test_m2_state.py
//
// Why: both ways of the state run through the same jobs, each in its own time.

`default_nettype none
`include "checks.vh"

module m2_state_way #(
    parameter COUNT_W = 20,  // width of the number of words of a layer [bits]
    parameter ADDR_W  = 13   // width of an address [bits]
) (
    input  wire               clk,
    input  wire               rst,
    input  wire [COUNT_W-1:0] words,
    input  wire               job_valid,
    output wire               job_ready,
    input  wire [        9:0] job,
    input  wire               step,
    output wire               run,
    output wire               chip,
    output wire               fresh,
    output wire               memory,
    output wire               begins,
    output wire [ ADDR_W-1:0] base
);

  localparam PRODUCT_W = COUNT_W + 8;

  reg  [          3:0] state_q;  // one at a time: layer there, product there, begins, runs
  reg  [          9:0] job_q;
  reg  [PRODUCT_W-1:0] product_q;
  reg  [PRODUCT_W-1:0] base_q;
  reg  [  COUNT_W-1:0] left_q;
  reg                  last_q;  // one word is left
  reg                  memory_q;
  wire                 ends = step && last_q;

  assign job_ready = state_q == 4'd0;
  assign run = state_q[3];
  assign begins = state_q[2];
  assign {chip, fresh} = job_q[9:8];
  assign memory = memory_q;

  always @(posedge clk) begin
    if (rst) state_q <= 4'd0;
    else if (state_q == 4'd0) state_q <= {3'd0, job_valid};
    else if (!state_q[3]) state_q <= state_q << 1;
    else if (ends) state_q <= 4'd0;
  end

  always @(posedge clk) begin
    if (rst) memory_q <= 1'b0;
    else if (begins) memory_q <= !chip && !fresh;
    else if (ends) memory_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (job_valid && job_ready) job_q <= job;
  end

  always @(posedge clk) begin
    product_q <= job_q[7:0] * words;
    base_q <= product_q;
  end

  always @(posedge clk) begin
    if (begins) begin
      left_q <= words;
      last_q <= words == {{COUNT_W - 1{1'b0}}, 1'b1};
    end else if (step) begin
      left_q <= left_q - 1'b1;
      last_q <= left_q == {{COUNT_W - 2{1'b0}}, 2'd2};
    end
  end

  generate
    if (ADDR_W <= PRODUCT_W) begin : g_base
      assign base = base_q[ADDR_W-1:0];
    end else begin : g_wide_base
      assign base = {{ADDR_W - PRODUCT_W{1'b0}}, base_q};
    end
  endgenerate

  wire unused_bits = &{1'b0, base_q};

  `CHECK(run || !step, "a word moved outside a job")

endmodule

`default_nettype wire
