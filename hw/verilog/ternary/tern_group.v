// SPDX-License-Identifier: Apache-2.0
//
// tern_group - four byte columns of a weight beat: decode, look up, add, for all rows and vectors.
//
// Function     : sum[t][r] = sum over 4 bytes j, 5 trits i of trit(w[r][j], i) * x[t][5*j + i]; bad[r] = one of the row's
//                bytes is above 242 (and counted as zero). A beat enters with `beat`; `swap` with it brings the filled
//                tables into use, for this beat and the next ones.
// Format       : w[r][j] = bits [32*r + 8*j +: 8]; x signed 8 bits, bits [8*(5*j + i) +: 8]; sum signed 13 bits
//                (|sum| <= 2560), bits [13*(OUTS*t + r) +: 13]; exact.
// Latency      : 4; bad comes after 2
// Throughput   : 1
// Back-pressure: none.
// Golden       : golden.ternary.matvec.lut_product
// Test         : tests/rtl/test_tern_group.py
//
// Why: signs are applied behind the lookup, where the adder that negates is the only logic behind the multiplexer.
// Grouped by columns, so that a table stands beside the rows that read it and nothing as wide as all tables is
// routed; four columns are one 32-bit word of each row, which a simulator moves whole.

`default_nettype none

module tern_group #(
    parameter OUTS   = 8,  // rows, >= 1
    parameter T_COLS = 1   // vectors, >= 1
) (
    input  wire                      clk,
    input  wire                      rst,
    input  wire [       OUTS*32-1:0] w,
    input  wire                      beat,
    input  wire                      swap,
    input  wire [        T_COLS-1:0] enable,  // vectors in use: the others hold still
    input  wire [             159:0] x,
    input  wire                      load,
    input  wire [        T_COLS-1:0] fill,
    output wire [T_COLS*OUTS*13-1:0] sum,
    output wire [          OUTS-1:0] bad
);

  reg        p1_valid_q;
  reg        p2_valid_q;
  reg        p3_valid_q;
  wire [9:0] table3    [0:T_COLS*64-1];
  wire [9:0] table2    [0:T_COLS*32-1];

  always @(posedge clk) begin
    if (rst) begin
      p1_valid_q <= 1'b0;
      p2_valid_q <= 1'b0;
      p3_valid_q <= 1'b0;
    end else begin
      p1_valid_q <= beat;
      p2_valid_q <= p1_valid_q;
      p3_valid_q <= p2_valid_q;
    end
  end

  wire [OUTS*40-1:0] index;  // of the first stage

  tern_decode #(
      .N(OUTS * 4)
  ) u_decode (
      .clk  (clk),
      .en   (beat),
      .code (w),
      .index(index)
  );

  genvar j, k, r, t;
  generate
    for (j = 0; j < 4; j = j + 1) begin : g_column
      wire [T_COLS*130-1:0] flat3;
      wire [ T_COLS*36-1:0] flat2;

      tern_table #(
          .T_COLS(T_COLS)
      ) u_table (
          .clk   (clk),
          .x     (x[j*40+:40]),
          .load  (load),
          .fill  (fill),
          .swap  (enable & {T_COLS{swap}}),
          .table3(flat3),
          .table2(flat2)
      );

      // Arrays with a zero entry and a power of two in size, so that an index is an address and needs no check.
      for (t = 0; t < T_COLS; t = t + 1) begin : g_vector
        for (k = 0; k < 16; k = k + 1) begin : g_entry3
          if (k >= 1 && k <= 13) begin : g_sum
            assign table3[(t*4+j)*16+k] = flat3[(t*13+k-1)*10+:10];
          end else begin : g_zero
            assign table3[(t*4+j)*16+k] = 10'd0;
          end
        end
        for (k = 0; k < 8; k = k + 1) begin : g_entry2
          if (k >= 1 && k <= 4) begin : g_sum
            assign table2[(t*4+j)*8+k] = {flat2[(t*4+k)*9-1], flat2[(t*4+k-1)*9+:9]};
          end else begin : g_zero
            assign table2[(t*4+j)*8+k] = 10'd0;
          end
        end
      end
    end

    for (r = 0; r < OUTS; r = r + 1) begin : g_row
      wire [3:0] row_bad;
      reg        bad_q;

      assign bad[r] = bad_q;

      always @(posedge clk) begin
        if (p1_valid_q) bad_q <= |row_bad;
      end

      for (j = 0; j < 4; j = j + 1) begin : g_byte
        wire [9:0] p1_index = index[(r*4+j)*10+:10];

        assign row_bad[j] = p1_index[9];

        for (t = 0; t < T_COLS; t = t + 1) begin : g_vector
          localparam [31:0] COLUMN = t * 4 + j;
          localparam INDEX_W = $clog2(T_COLS * 4);
          wire signed [9:0] entry3 = table3[{COLUMN[INDEX_W-1:0], p1_index[3:0]}];
          wire signed [9:0] entry2 = table2[{COLUMN[INDEX_W-1:0], p1_index[7:5]}];
          reg signed  [9:0] p2_term3_q;
          reg signed  [9:0] p2_term2_q;

          always @(posedge clk) begin
            if (p1_valid_q && enable[t]) begin
              p2_term3_q <= p1_index[4] ? -entry3 : entry3;
              p2_term2_q <= p1_index[8] ? -entry2 : entry2;
            end
          end
        end
      end

      for (t = 0; t < T_COLS; t = t + 1) begin : g_sum
        wire signed [ 9:0] term0 = g_byte[0].g_vector[t].p2_term3_q;
        wire signed [ 9:0] term1 = g_byte[0].g_vector[t].p2_term2_q;
        wire signed [ 9:0] term2 = g_byte[1].g_vector[t].p2_term3_q;
        wire signed [ 9:0] term3 = g_byte[1].g_vector[t].p2_term2_q;
        wire signed [ 9:0] term4 = g_byte[2].g_vector[t].p2_term3_q;
        wire signed [ 9:0] term5 = g_byte[2].g_vector[t].p2_term2_q;
        wire signed [ 9:0] term6 = g_byte[3].g_vector[t].p2_term3_q;
        wire signed [ 9:0] term7 = g_byte[3].g_vector[t].p2_term2_q;
        wire signed [10:0] byte0 = term0 + term1;
        wire signed [10:0] byte1 = term2 + term3;
        wire signed [10:0] byte2 = term4 + term5;
        wire signed [10:0] byte3 = term6 + term7;
        reg signed  [11:0] p3_pair0_q;
        reg signed  [11:0] p3_pair1_q;
        reg signed  [12:0] p4_sum_q;

        assign sum[(t*OUTS+r)*13+:13] = p4_sum_q;

        always @(posedge clk) begin
          if (p2_valid_q && enable[t]) begin
            p3_pair0_q <= byte0 + byte1;
            p3_pair1_q <= byte2 + byte3;
          end
        end

        always @(posedge clk) begin
          if (p3_valid_q && enable[t]) p4_sum_q <= p3_pair0_q + p3_pair1_q;
        end
      end
    end

    if (OUTS < 1 || T_COLS < 1) begin : g_bad_size
      tern_group_needs_OUTS_and_T_COLS_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
