// SPDX-License-Identifier: Apache-2.0
//
// m2_norm_weights - keeps the weights of a norm and plays them back, once for each token of a job.
//
// Function     : for each job: the c_beats beats of n that belong to it, last_token + 1 times.
// Format       : job_data: tokens less 1; n_data and m_data opaque. c_beats, 1..BEATS, holds still during a run.
// Latency      : variable: weights leave when all of a job's are there
// Throughput   : 1; but for a cycle between jobs
// Back-pressure: n_ready is registered: two jobs' weights are taken ahead; m_ready -> RAM enable.
// Golden       : golden.mamba2.integer.functions.residual_norm
// Test         : tests/rtl/test_m2_act.py
//
// Why: two banks, so that the next layer's weights arrive while this layer's are in use: the norm is on the critical path
// of a token, its weights must not be.

`default_nettype none
`include "checks.vh"

module m2_norm_weights #(
    parameter DATA_W = 128,  // width of a beat [bits], >= 1
    parameter BEATS  = 64    // most beats of a job, >= 1
) (
    input  wire              clk,
    input  wire              rst,
    input  wire [      15:0] c_beats,
    input  wire              job_valid,
    output wire              job_ready,
    input  wire [       7:0] job_data,
    input  wire              n_valid,
    output wire              n_ready,
    input  wire [DATA_W-1:0] n_data,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [DATA_W-1:0] m_data
);

  localparam PLACE_W = (BEATS > 1) ? $clog2(BEATS) : 1;

  // Writing: one bank after the other.
  reg                wr_bank_q;
  wire [PLACE_W-1:0] wr_place;
  reg  [        1:0] full_q;  // banks whose weights are complete
  wire               wr_en = n_valid && n_ready;
  wire               wr_last;
  wire               filled = wr_en && wr_last;

  assign n_ready = !full_q[1];

  always @(posedge clk) begin
    if (rst) full_q <= 2'd0;
    else if (filled != freed) full_q <= filled ? full_q + 2'd1 : full_q - 2'd1;
  end

  m2_count #(
      .W(PLACE_W)
  ) u_wr_place (
      .clk  (clk),
      .rst  (rst),
      .limit(c_beats),
      .step (wr_en),
      .value(wr_place),
      .last (wr_last)
  );

  always @(posedge clk) begin
    if (rst) wr_bank_q <= 1'b0;
    else if (filled) wr_bank_q <= !wr_bank_q;
  end

  // Reading: a job's bank, once for each token.
  reg                rd_bank_q;
  wire [PLACE_W-1:0] rd_place;
  wire               rd_last;
  reg  [        7:0] token_q;
  reg                token_last_q;  // of the job and the token of a cycle ago,
  reg                settled_q;     // which they still are
  reg                valid_q;
  wire               free = m_ready || !valid_q;
  wire               rd_en = job_valid && full_q != 2'd0 && free && (settled_q || !rd_last);
  wire               freed = rd_en && rd_last && token_last_q;

  assign job_ready = freed;
  assign m_valid   = valid_q;

  always @(posedge clk) begin
    token_last_q <= token_q == job_data;
  end

  always @(posedge clk) begin
    if (rst) settled_q <= 1'b0;
    else settled_q <= job_valid && !(rd_en && rd_last);
  end

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (free) valid_q <= rd_en;
  end

  m2_count #(
      .W(PLACE_W)
  ) u_rd_place (
      .clk  (clk),
      .rst  (rst),
      .limit(c_beats),
      .step (rd_en),
      .value(rd_place),
      .last (rd_last)
  );

  always @(posedge clk) begin
    if (rst) token_q <= 8'd0;
    else if (rd_en && rd_last) token_q <= token_last_q ? 8'd0 : token_q + 8'd1;
  end

  always @(posedge clk) begin
    if (rst) rd_bank_q <= 1'b0;
    else if (freed) rd_bank_q <= !rd_bank_q;
  end

  mem_sdp #(
      .DATA_W(DATA_W),
      .DEPTH (2 << PLACE_W)
  ) u_mem (
      .clk    (clk),
      .wr_en  (wr_en),
      .wr_addr({wr_bank_q, wr_place}),
      .wr_data(n_data),
      .rd_en  (rd_en),
      .rd_addr({rd_bank_q, rd_place}),
      .rd_data(m_data)
  );

  generate
    if (BEATS < 1 || BEATS > 32768) begin : g_bad_beats
      m2_norm_weights_BEATS_must_be_1_to_32768 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!job_valid || ({16'd0, c_beats} >= 1 && {16'd0, c_beats} <= BEATS), "c_beats is not within 1 and BEATS")

endmodule

`default_nettype wire
