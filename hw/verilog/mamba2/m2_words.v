// SPDX-License-Identifier: Apache-2.0
//
// m2_words - names the words of jobs one after the other: the tokens of a row, rows, groups of rows.
//
// Function     : for each job {its last token}, for outer < c_outer, for inner < c_inner, for token up to the last one: a word;
//                step goes on to the next. row_end: the row group's last word; job_end: the job's.
// Format       : unsigned; c_inner and c_outer are 1 or more and hold still while a job is inside.
// Latency      : variable: 2 cycles from a job to its first word
// Throughput   : 1; no gap between jobs of four words or more
// Back-pressure: registered ready; takes a job ahead.
// Golden       : golden.mamba2.integer.block.scan
// Test         : tests/rtl/test_m2_operands.py
//
// Why: everybody who fills or reads the operands' memories walks this way, each at their own pace.

`default_nettype none

module m2_words #(
    parameter T_A     = 2,  // bits of a token's number
    parameter INNER_W = 8,  // bits of a row's number in its group, 1..16
    parameter OUTER_W = 8   // bits of a row group's number, 1..16
) (
    input  wire               clk,
    input  wire               rst,
    input  wire [       15:0] c_inner,
    input  wire [       15:0] c_outer,
    input  wire               job_valid,
    output wire               job_ready,
    input  wire [    T_A-1:0] job_data,
    output wire               valid,
    input  wire               step,       // not without valid
    output wire [    T_A-1:0] token,
    output wire               token_end,
    output wire [INNER_W-1:0] inner,
    output wire [OUTER_W-1:0] outer,
    output wire               row_end,
    output wire               job_end,
    output wire [      T_A:0] tokens      // of the job
);

  // The next job; for a cycle after it became the current one it still stands here.
  reg            next_valid_q;
  reg            next_used_q;
  reg  [T_A-1:0] next_before_q;
  reg            next_single_q;
  reg  [  T_A:0] next_tokens_q;
  wire           load;

  assign job_ready = !next_valid_q;

  always @(posedge clk) begin
    if (rst) next_valid_q <= 1'b0;
    else next_valid_q <= next_valid_q ? !next_used_q : job_valid;
  end

  always @(posedge clk) begin
    if (rst) next_used_q <= 1'b0;
    else next_used_q <= load && next_valid_q;
  end

  always @(posedge clk) begin
    if (job_ready) begin
      next_tokens_q <= {1'b0, job_data} + 1'b1;
      next_before_q <= job_data - 1'b1;
      next_single_q <= job_data == {T_A{1'b0}};
    end
  end

  // The current one.
  reg            valid_q;
  reg  [  T_A:0] tokens_q;
  reg  [T_A-1:0] before_q;  // the last token but one
  reg            single_q;
  reg  [T_A-1:0] token_q;
  reg            token_end_q;
  wire           inner_end;
  wire           outer_end;

  assign valid     = valid_q;
  assign token     = token_q;
  assign token_end = token_end_q;
  assign tokens    = tokens_q;
  assign row_end   = token_end_q && inner_end;
  assign job_end   = token_end_q && inner_end && outer_end;
  assign load      = !valid_q || (step && job_end);

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (load) valid_q <= next_valid_q && !next_used_q;
  end

  always @(posedge clk) begin
    if (load) begin
      tokens_q <= next_tokens_q;
      before_q <= next_before_q;
      single_q <= next_single_q;
    end
  end

  always @(posedge clk) begin
    if (rst) token_q <= {T_A{1'b0}};
    else if (step) token_q <= (token_q + 1'b1) & {T_A{!token_end_q}};
  end

  always @(posedge clk) begin
    if (step || !valid_q) begin
      if (!valid_q || job_end) token_end_q <= next_single_q;
      else token_end_q <= token_end_q ? single_q : token_q == before_q;
    end
  end

  m2_count #(
      .W(INNER_W)
  ) u_inner (
      .clk  (clk),
      .rst  (rst),
      .limit(c_inner),
      .step (step && token_end_q),
      .value(inner),
      .last (inner_end)
  );

  m2_count #(
      .W(OUTER_W)
  ) u_outer (
      .clk  (clk),
      .rst  (rst),
      .limit(c_outer),
      .step (step && token_end_q && inner_end),
      .value(outer),
      .last (outer_end)
  );

endmodule

`default_nettype wire
