// SPDX-License-Identifier: Apache-2.0
//
// tern_topk - the eight greatest logits of each column of a head job, and the greatest ones' indices as the next tokens.
//
// Function     : of the ceil(c_vocab / 8) beats that each of the first c_batch columns has in a HEAD job the 8 greatest values, as
//                m2_topk chooses them, leave on m_rec, column by column; with `feedback` each column's first index leaves on
//                m_tok, too. Jobs of other kinds are dropped.
// Format       : s_data 8 signed values of VALUE_W bits, the lowest index lowest, of each group of 8 indices every column in turn;
//                m_rec and m_tok as m2_topk's. c_vocab >= 8 and c_batch, 1..COLS, hold still while a job is inside.
// Latency      : variable: 3 from a column's last beat to its record, and more for values that enter the list
// Throughput   : variable: a beat a cycle, but a cycle for each of its values above its column's eighth best of some beats before
// Back-pressure: registered readies, chosen by the column whose turn it is; a result that nobody takes holds up the next job.
// Golden       : golden.topk.topk
// Test         : tests/rtl/test_tern_topk.py
//
// Why: a list for each column, and no store of logits: while values enter one column's list the beats of the others pass.

`default_nettype none
`include "checks.vh"

module tern_topk #(
    parameter VALUE_W = 32,  // bits of a logit, 2..32
    parameter COLS    = 4    // most columns, 1..16
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire [         31:0] c_vocab,
    input  wire [          7:0] c_batch,
    input  wire                 job_valid,
    output wire                 job_ready,
    input  wire [         31:0] job_data,
    input  wire                 s_valid,
    output wire                 s_ready,
    input  wire [8*VALUE_W-1:0] s_data,
    output wire                 m_rec_valid,
    input  wire                 m_rec_ready,
    output wire [        511:0] m_rec_data,
    output wire                 m_tok_valid,
    input  wire                 m_tok_ready,
    output wire [         31:0] m_tok_data
);

  // Turns of the columns, one-hot, for beats, records and tokens; each ends where it began, so they need no begin of a job.
  reg  [COLS-1:0] last_q;  // the last column of the batch
  reg  [COLS-1:0] there_q;
  reg  [COLS-1:0] s_turn_q;
  reg  [COLS-1:0] rec_turn_q;
  reg  [COLS-1:0] tok_turn_q;
  wire [COLS-1:0] idle;
  wire [COLS-1:0] ready;
  wire [COLS-1:0] rec_valid;
  wire [COLS-1:0] tok_valid;
  wire [     511:0] rec[0:COLS];  // those of columns whose turn it is, ORed up
  wire [      31:0] tok[0:COLS];
  wire [COLS-1:0] first = {{COLS - 1{1'b0}}, 1'b1};
  wire [COLS-1:0] s_next = (s_turn_q == last_q) ? first : s_turn_q << 1;
  wire [COLS-1:0] rec_next = (rec_turn_q == last_q) ? first : rec_turn_q << 1;
  wire [COLS-1:0] tok_next = (tok_turn_q == last_q) ? first : tok_turn_q << 1;

  assign job_ready   = &idle;
  assign s_ready     = |(ready & s_turn_q);
  assign m_rec_valid = |(rec_valid & rec_turn_q);
  assign m_tok_valid = |(tok_valid & tok_turn_q);
  assign m_rec_data  = rec[COLS];
  assign m_tok_data  = tok[COLS];
  assign rec[0]      = 512'd0;
  assign tok[0]      = 32'd0;

  always @(posedge clk) begin
    if (rst) s_turn_q <= first;
    else if (s_valid && s_ready) s_turn_q <= s_next;
  end

  always @(posedge clk) begin
    if (rst) rec_turn_q <= first;
    else if (m_rec_valid && m_rec_ready) rec_turn_q <= rec_next;
  end

  always @(posedge clk) begin
    if (rst) tok_turn_q <= first;
    else if (m_tok_valid && m_tok_ready) tok_turn_q <= tok_next;
  end

  genvar i;
  generate
    for (i = 0; i < COLS; i = i + 1) begin : g_column
      localparam [31:0] COLUMN = i;
      wire [511:0] rec_data;
      wire [ 31:0] tok_data;

      always @(posedge clk) begin
        there_q[i] <= c_batch > COLUMN[7:0];
        last_q[i]  <= c_batch == COLUMN[7:0] + 8'd1;
      end

      assign rec[i+1] = rec[i] | (rec_data & {512{COLS == 1 || rec_turn_q[i]}});
      assign tok[i+1] = tok[i] | (tok_data & {32{COLS == 1 || tok_turn_q[i]}});

      m2_topk #(
          .VALUE_W(VALUE_W)
      ) u_list (
          .clk        (clk),
          .rst        (rst),
          .c_vocab    (c_vocab),
          .job_valid  (job_valid && job_ready && there_q[i]),
          .job_ready  (idle[i]),
          .job_data   (job_data),
          .s_valid    (s_valid && s_turn_q[i]),
          .s_ready    (ready[i]),
          .s_data     (s_data),
          .m_rec_valid(rec_valid[i]),
          .m_rec_ready(m_rec_ready && rec_turn_q[i]),
          .m_rec_data (rec_data),
          .m_tok_valid(tok_valid[i]),
          .m_tok_ready(m_tok_ready && tok_turn_q[i]),
          .m_tok_data (tok_data)
      );
    end

    if (COLS < 1 || COLS > 16) begin : g_bad_cols
      tern_topk_COLS_must_be_1_to_16 u_error ();
    end
  endgenerate

  `CHECK(!job_valid || (c_batch != 8'd0 && {24'd0, c_batch} <= COLS), "c_batch must be 1 to COLS")
  `CHECK_STREAM(m_rec_valid, m_rec_ready, m_rec_data)
  `CHECK_STREAM(m_tok_valid, m_tok_ready, m_tok_data)

endmodule

`default_nettype wire
