// SPDX-License-Identifier: Apache-2.0
//
// tern_heads - from the sums of q, k and v to what attention reads: rotated, quantized by heads, queries as rows.
//
// Function     : of an attention's IN job: q and k rotated by tern_rope, v not, all of them quantized by tern_head_quant; queries
//                leave as tern_rows has them, keys and then values as they are. Other jobs are dropped.
// Format       : s_data 8 sums of signed 21 bits: of q, k, v 8 rows each, of each all tokens; a as tern_rope, t as
//                tern_head_quant takes them: angles for a chunk's first layer, a scale for each head of each token; m_q, m_row
//                as tern_rows; m_kv {head's last beat, exponent signed 8 bits, 8 values of signed 8 bits}, heads outside, tokens
//                inside. c_q_heads = H, c_heads = J, c_share = H / J, c_pairs = P / 16, c_slices = P / 32 hold still during a run.
// Latency      : variable: that of tern_rope, tern_head_quant and tern_rows
// Throughput   : 1
// Back-pressure: registered ready; two heads of all tokens are absorbed.
// Golden       : golden.ternary.integer.block.heads
// Test         : tests/rtl/test_tern_heads.py
//
// Why: one rotation and one quantizer serve all three in turn, so only their counts are here.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"
`include "mamba2/m2_job.vh"

module tern_heads #(
    parameter P_MAX  = 128,  // widest head, a power of two, 32..256
    parameter T_COLS = 4,    // most tokens of a job, a power of two, 1..256
    parameter Q_PAR  = 2,    // rows of a group, >= 2
    parameter WORDS  = 64,   // KV heads x groups x slices of a job at most, a power of two >= 2
    // Follows from the others, not to be set: bits of a column.
    parameter C_W    = (T_COLS > 1) ? $clog2(T_COLS) : 1
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [            7:0] c_q_heads,
    input  wire [            7:0] c_heads,
    input  wire [            7:0] c_share,
    input  wire [            4:0] c_pairs,
    input  wire [            3:0] c_slices,
    input  wire                   job_valid,
    output wire                   job_ready,
    input  wire [           31:0] job_data,
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [          167:0] s_data,
    input  wire                   a_valid,
    output wire                   a_ready,
    input  wire [          255:0] a_data,
    input  wire                   t_valid,
    output wire                   t_ready,
    input  wire [           31:0] t_data,
    output wire                   m_q_valid,
    input  wire                   m_q_ready,
    output wire [  Q_PAR*256+1:0] m_q_data,
    output wire                   m_row_valid,
    input  wire                   m_row_ready,
    output wire [Q_PAR*(9+C_W):0] m_row_data,
    output wire                   m_kv_valid,
    input  wire                   m_kv_ready,
    output wire [           72:0] m_kv_data
);

  localparam N = 3;
  localparam ROPE = 0;
  localparam SPLIT = 1;
  localparam ROWS = 2;

  // Attention's IN jobs, for each of those that count.
  wire          mine_valid;
  wire          mine_ready;
  wire [  31:0] mine_data;
  wire          fresh = mine_data[`KR_M2_JOB_LAYER] == 8'd0;
  wire [N-1:0]  next_valid;
  wire [N-1:0]  next_ready;
  wire [   8:0] next_data;
  wire          unused_job = &{1'b0, mine_data};

  tern_jobs #(
      .MASK(8'b0000_0010)
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

  strm_fork #(
      .DATA_W(9),
      .N     (N)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(mine_valid),
      .s_ready(mine_ready),
      .s_data ({fresh, mine_data[`KR_M2_JOB_LAST_TOKEN]}),
      .m_valid(next_valid),
      .m_ready(next_ready),
      .m_data (next_data)
  );

  // The rotation has a job for each of q, k and v.
  reg  [2:0] turn_q;  // one bit: q, k, v
  reg        fresh_q;
  reg  [7:0] rope_last_q;
  reg  [7:0] q_last_q;  // heads less 1
  reg  [7:0] kv_last_q;
  wire       rope_valid = turn_q != 3'd0;
  wire       rope_ready;
  wire [7:0] rope_heads = turn_q[0] ? q_last_q : kv_last_q;

  assign next_ready[ROPE] = !rope_valid;

  always @(posedge clk) begin
    if (rst) turn_q <= 3'd0;
    else if (!rope_valid) turn_q <= {2'd0, next_valid[ROPE]};
    else if (rope_ready) turn_q <= {turn_q[1:0], 1'b0};
  end

  always @(posedge clk) begin
    if (!rope_valid) {fresh_q, rope_last_q} <= next_data;
    q_last_q  <= c_q_heads - 8'd1;
    kv_last_q <= c_heads - 8'd1;
  end

  wire                             z_valid;
  wire                             z_ready;
  wire [8*`KR_TERN_Q_ROTATED_W:0] z_data;

  tern_rope #(
      .P_MAX (P_MAX),
      .T_COLS(T_COLS),
      .SLOTS (1)
  ) u_rope (
      .clk      (clk),
      .rst      (rst),
      .c_pairs  (c_pairs),
      .job_valid(rope_valid),
      .job_ready(rope_ready),
      .job_data ({rope_heads, 1'b0, fresh_q && turn_q[0], !turn_q[2], rope_last_q}),
      .a_valid  (a_valid),
      .a_ready  (a_ready),
      .a_data   (a_data),
      .s_valid  (s_valid),
      .s_ready  (s_ready),
      .s_data   (s_data),
      .m_valid  (z_valid),
      .m_ready  (z_ready),
      .m_data   (z_data)
  );

  wire        y_valid;
  wire        y_ready;
  wire [72:0] y_data;

  tern_head_quant u_quant (
      .clk    (clk),
      .rst    (rst),
      .t_valid(t_valid),
      .t_ready(t_ready),
      .t_data (t_data),
      .s_valid(z_valid),
      .s_ready(z_ready),
      .s_data (z_data),
      .m_valid(y_valid),
      .m_ready(y_ready),
      .m_data (y_data)
  );

  // Heads of all tokens: those of q to the rows, of k and v out.
  reg        q_part_q;
  reg        kv_part_q;
  reg  [7:0] split_last_q;
  reg  [7:0] token_q;
  reg  [8:0] head_q;  // that follow
  wire       rows_ready;
  wire       head_end = y_valid && y_ready && y_data[72];
  wire       tokens_end = head_end && token_q == split_last_q;
  wire       part_end = tokens_end && head_q == 9'd0;

  assign next_ready[SPLIT] = !q_part_q && !kv_part_q;
  assign y_ready           = (q_part_q && rows_ready) || (kv_part_q && m_kv_ready);
  assign m_kv_valid        = kv_part_q && y_valid;
  assign m_kv_data         = y_data;

  always @(posedge clk) begin
    if (rst) begin
      q_part_q  <= 1'b0;
      kv_part_q <= 1'b0;
    end else if (next_ready[SPLIT]) begin
      q_part_q <= next_valid[SPLIT];
    end else if (part_end) begin
      q_part_q  <= 1'b0;
      kv_part_q <= q_part_q;
    end
  end

  always @(posedge clk) begin
    if (next_ready[SPLIT]) split_last_q <= next_data[7:0];
  end

  always @(posedge clk) begin
    if (next_ready[SPLIT]) token_q <= 8'd0;
    else if (head_end) token_q <= tokens_end ? 8'd0 : token_q + 8'd1;
  end

  // Behind the queries come twice as many heads as there are of keys.
  always @(posedge clk) begin
    if (next_ready[SPLIT]) head_q <= {1'b0, q_last_q};
    else if (part_end) head_q <= {kv_last_q, 1'b1};
    else if (tokens_end) head_q <= head_q - 9'd1;
  end

  tern_rows #(
      .Q_PAR (Q_PAR),
      .T_COLS(T_COLS),
      .WORDS (WORDS)
  ) u_rows (
      .clk        (clk),
      .rst        (rst),
      .c_slices   (c_slices),
      .c_heads    (c_heads),
      .c_share    (c_share),
      .job_valid  (next_valid[ROWS]),
      .job_ready  (next_ready[ROWS]),
      .job_data   (next_data[7:0]),
      .s_valid    (q_part_q && y_valid),
      .s_ready    (rows_ready),
      .s_data     (y_data),
      .m_q_valid  (m_q_valid),
      .m_q_ready  (m_q_ready),
      .m_q_data   (m_q_data),
      .m_row_valid(m_row_valid),
      .m_row_ready(m_row_ready),
      .m_row_data (m_row_data)
  );

  `CHECK_STREAM(m_kv_valid, m_kv_ready, m_kv_data)

endmodule

`default_nettype wire
