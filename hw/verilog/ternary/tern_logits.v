// SPDX-License-Identifier: Apache-2.0
//
// tern_logits - sums of the head times the scales of their rows and their tokens: logits.
//
// Function     : logit = clamp(round(sum * row's m * token's m * 2^(row's e + token's e + c_frac)), LOGIT_BITS).
// Format       : l_data the scale of a token, c_batch of them, then of every 8 rows of the vocabulary r_data {last ones, 8 scales of
//                32 bits} and, for each of these tokens, s_data 8 sums of signed HEAD_SUM_W bits, and so on; m_data as many
//                beats of 8 logits Q.c_frac of signed 32 bits; first lowest. Scale {6'b0, e signed 10 bits, m 16 bits}; the sum
//                of both e fits as many bits. c_batch, 1..T_COLS, and c_frac hold still during a run.
// Latency      : 12 + 8 // LANES
// Throughput   : LANES / 8
// Back-pressure: registered ready; a token's scale that begins the next job waits for the last sums of the one before.
// Golden       : golden.ternary.integer.block.head
// Test         : tests/rtl/test_tern_logits.py
//
// Why: it does not matter which head makes the sums, int8 rows or trits, and how fast: LANES sums a cycle are scaled, a tile
// of rows has as many cycles as it has beats.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_logits #(
    parameter LANES  = 1,  // logits a cycle: 1, 2, 4 or 8
    parameter T_COLS = 4   // most tokens, 1..256
) (
    input  wire                             clk,
    input  wire                             rst,
    input  wire [                      7:0] c_batch,
    input  wire [                      4:0] c_frac,
    input  wire                             l_valid,
    output wire                             l_ready,
    input  wire [                     31:0] l_data,
    input  wire                             r_valid,
    output wire                             r_ready,
    input  wire [                    256:0] r_data,
    input  wire                             s_valid,
    output wire                             s_ready,
    input  wire [8*`KR_TERN_HEAD_SUM_W-1:0] s_data,
    output wire                             m_valid,
    input  wire                             m_ready,
    output wire [                    255:0] m_data
);

  localparam SUM_W = `KR_TERN_HEAD_SUM_W;
  localparam Y_W = `KR_TERN_CFG_LOGIT_BITS;
  localparam PARTS = 8 / LANES;
  localparam PART_W = (PARTS > 1) ? $clog2(PARTS) : 1;
  localparam [31:0] LAST_PART = PARTS - 1;
  localparam COL_W = (T_COLS > 2) ? $clog2(T_COLS) : 1;
  localparam W = 26;  // of a scale
  localparam X_W = SUM_W + 16;

  // The tokens' scales, then sums.
  reg               run_q;
  reg  [ COL_W-1:0] col_q;
  reg  [ COL_W-1:0] last_col_q;
  wire [       7:0] last_col = c_batch - 8'd1;
  wire              col_end = col_q == last_col_q;
  wire              l_take = l_valid && l_ready;
  wire              beat_end;
  wire              job_end;
  wire [     W-1:0] token;
  wire              unused_zeros = &{1'b0, l_data[31:W], last_col};

  assign l_ready = !run_q;

  always @(posedge clk) begin
    last_col_q <= last_col[COL_W-1:0];
  end

  always @(posedge clk) begin
    if (rst) run_q <= 1'b0;
    else run_q <= (l_take && col_end) || (run_q && !job_end);
  end

  always @(posedge clk) begin
    if (rst) col_q <= {COL_W{1'b0}};
    else if (l_take || beat_end) col_q <= col_end ? {COL_W{1'b0}} : col_q + 1'b1;
  end

  mem_lutram #(
      .DATA_W(W),
      .DEPTH (1 << COL_W)
  ) u_tokens (
      .clk    (clk),
      .wr_en  (l_take),
      .wr_addr(col_q),
      .wr_data(l_data[W-1:0]),
      .rd_addr(col_q),
      .rd_data(token)
  );

  // 8 rows' scales and 8 sums, of which LANES go at a time.
  reg                r_full_q;
  reg                r_last_q;
  reg  [      255:0] rows_q;
  reg                s_full_q;
  reg  [8*SUM_W-1:0] sums_q;
  reg  [ PART_W-1:0] part_q;
  wire               go;
  wire               issue = run_q && r_full_q && s_full_q && go;
  wire               group_end = beat_end && col_end;

  assign beat_end = issue && part_q == LAST_PART[PART_W-1:0];
  assign job_end  = group_end && r_last_q;
  assign s_ready  = !s_full_q || beat_end;
  assign r_ready  = !r_full_q || group_end;

  always @(posedge clk) begin
    if (rst) s_full_q <= 1'b0;
    else if (s_ready) s_full_q <= s_valid;
  end

  always @(posedge clk) begin
    if (rst) r_full_q <= 1'b0;
    else if (r_ready) r_full_q <= r_valid;
  end

  always @(posedge clk) begin
    if (s_valid && s_ready) sums_q <= s_data;
    if (r_valid && r_ready) {r_last_q, rows_q} <= r_data;
  end

  always @(posedge clk) begin
    if (rst || beat_end) part_q <= {PART_W{1'b0}};
    else if (issue) part_q <= part_q + 1'b1;
  end

  // Sums times mantissas of rows; exponents of both scales.
  reg  [             2:0] valid_q;
  reg  [            15:0] p0_token_q;
  reg  [            15:0] p1_token_q;
  reg  [            15:0] p2_token_q;
  wire [ LANES*SUM_W-1:0] sums = sums_q[part_q*LANES*SUM_W+:LANES*SUM_W];
  wire [    LANES*32-1:0] rows = rows_q[part_q*LANES*32+:LANES*32];
  wire [   LANES*X_W-1:0] products;
  wire [    LANES*32-1:0] scales;
  wire                    y_valid;
  wire                    y_ready;
  wire [   LANES*Y_W-1:0] y_data;
  wire [       8*Y_W-1:0] logits;
  wire                    unused_last;

  always @(posedge clk) begin
    if (rst) valid_q <= 3'd0;
    else if (go) valid_q <= {valid_q[1:0], issue};
  end

  always @(posedge clk) begin
    if (go) begin
      p0_token_q <= token[15:0];
      p1_token_q <= p0_token_q;
      p2_token_q <= p1_token_q;
    end
  end

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      reg signed  [SUM_W-1:0] p0_sum_q;
      reg         [     15:0] p0_row_q;
      reg         [      9:0] p0_e_q;
      reg         [      9:0] p1_e_q;
      reg         [      9:0] p2_e_q;
      reg signed  [  X_W-1:0] p1_product_q;
      reg signed  [  X_W-1:0] p2_product_q;
      wire signed [     16:0] m = {1'b0, p0_row_q};
      wire                    unused_scale = &{1'b0, rows[i*32+W+:6]};

      always @(posedge clk) begin
        if (go) begin
          p0_sum_q     <= sums[i*SUM_W+:SUM_W];
          p0_row_q     <= rows[i*32+:16];
          p0_e_q       <= rows[i*32+16+:10] + token[25:16];
          p1_e_q       <= p0_e_q;
          p2_e_q       <= p1_e_q;
          p1_product_q <= p0_sum_q * m;
          p2_product_q <= p1_product_q;
        end
      end

      assign products[i*X_W+:X_W] = p2_product_q;
      assign scales[i*32+:32]     = {6'd0, p2_e_q, p2_token_q};
    end

    for (i = 0; i < 8; i = i + 1) begin : g_logit
      assign m_data[i*32+:32] = {{32 - Y_W{logits[(i+1)*Y_W-1]}}, logits[i*Y_W+:Y_W]};
    end

    if (LANES < 1 || LANES > 8 || (LANES & (LANES - 1)) != 0 || T_COLS < 1 || T_COLS > 256) begin : g_bad_size
      tern_logits_LANES_must_be_1_2_4_or_8_and_T_COLS_1_to_256 u_error ();
    end
    if (`KR_TERN_HEAD_SCALED_W != SUM_W + 16 || `KR_TERN_MANTISSA_W != 17) begin : g_bad_format
      tern_logits_is_made_for_mantissas_of_16_bits u_error ();
    end
  endgenerate

  tern_scale #(
      .X_W  (X_W),
      .Y_W  (Y_W),
      .EACH (1),
      .LANES(LANES)
  ) u_scale (
      .clk    (clk),
      .rst    (rst),
      .c_frac (c_frac),
      .s_valid(valid_q[2]),
      .s_ready(go),
      .s_data ({scales, products}),
      .m_valid(y_valid),
      .m_ready(y_ready),
      .m_data (y_data)
  );

  strm_upsize #(
      .DATA_W(LANES * Y_W),
      .RATIO (PARTS)
  ) u_out (
      .clk    (clk),
      .rst    (rst),
      .s_valid(y_valid),
      .s_ready(y_ready),
      .s_data (y_data),
      .s_last (1'b0),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (logits),
      .m_last (unused_last)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!l_take || {24'd0, last_col} < T_COLS, "more tokens than T_COLS")

endmodule

`default_nettype wire
