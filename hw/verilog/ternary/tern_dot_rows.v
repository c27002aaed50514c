// SPDX-License-Identifier: Apache-2.0
//
// tern_dot_rows - the rows of tern_dot that share a copy of the tables.
//
// Function     : y[t][r] = sum over bytes j of table3[t][j](v3 of w[r][j]) + table2[t][j](v2 of it), v3 and v2 the
//                balanced ternary values of its trits 0..2 and 3..4; bad: one of the bytes is above 242.
// Format       : sums: 80 bits for each byte j of column t at [(CB*t + j)*80]: from bit 0 entries 1..4 of trits 0..1
//                (signed 9 bits each), x[2] (signed 8 bits), entries 1..4 of trits 3..4 (signed 9 bits each); w[r][j] at
//                [(CB*r + j)*8]; y[t][r] signed Y_W bits at [(ROWS*t + r)*Y_W]; exact.
// Latency      : 4 + clog2(CB); sums enter a cycle after their bytes, bad comes after 4
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.matvec.lut_product
// Test         : tests/rtl/test_tern_dot.py
//
// Why: copies are registers of one value, which a synthesizer would merge: `keep` forbids it. Entry 9 +- k of table3 is
// x[2] +- entry k. table2 holds negated entries too, so that a row needs no second negation.

`default_nettype none

module tern_dot_rows #(
    parameter ROWS  = 8,  // rows, >= 1
    parameter CB    = 8,  // bytes of a row, >= 1
    parameter T_PAR = 1,  // columns of activations, >= 1
    // Follows from the others, not to be set: bits of a result.
    parameter Y_W   = 11 + $clog2(CB)
) (
    input  wire                      clk,
    input  wire                      en,
    input  wire [   T_PAR*CB*80-1:0] sums,
    input  wire [     ROWS*CB*8-1:0] w,
    output wire [T_PAR*ROWS*Y_W-1:0] y,
    output wire                      bad
);

  localparam TABLE_W = 21 * 10;

  wire [T_PAR*CB*TABLE_W-1:0] tables;
  wire [            ROWS-1:0] p2_bad;
  reg                         p3_bad_q;

  assign bad = p3_bad_q;

  always @(posedge clk) begin
    if (en) p3_bad_q <= |p2_bad;
  end

  genvar c, k, r, t;
  generate
    for (c = 0; c < T_PAR * CB; c = c + 1) begin : g_column
      wire [79:0] from = sums[c*80+:80];
      wire signed [9:0] x2 = {{2{from[43]}}, from[43:36]};

      for (k = 1; k <= 13; k = k + 1) begin : g_entry3
        localparam LOW = (k <= 4) ? k : (k < 9) ? 9 - k : (k > 9) ? k - 9 : 1;  // entry of trits 0..1 in it
        wire signed [9:0] low = {from[LOW*9-1], from[LOW*9-9+:9]};
        (* keep = "true" *) reg signed [9:0] entry_q;

        assign tables[c*TABLE_W+(k-1)*10+:10] = entry_q;

        always @(posedge clk) begin
          if (en) entry_q <= (k <= 4) ? low : (k < 9) ? x2 - low : (k == 9) ? x2 : x2 + low;
        end
      end

      for (k = 1; k <= 4; k = k + 1) begin : g_entry2
        wire signed [9:0] high = {from[44+k*9-1], from[44+k*9-9+:9]};
        (* keep = "true" *) reg signed [9:0] plus_q;
        (* keep = "true" *) reg signed [9:0] minus_q;

        assign tables[c*TABLE_W+130+(k%4)*10+:10] = plus_q;
        assign tables[c*TABLE_W+170+(k%4)*10+:10] = minus_q;

        always @(posedge clk) begin
          if (en) begin
            plus_q  <= high;
            minus_q <= -high;
          end
        end
      end
    end

    for (r = 0; r < ROWS; r = r + 1) begin : g_row
      wire [T_PAR*Y_W-1:0] row_y;

      tern_dot_row #(
          .CB   (CB),
          .T_PAR(T_PAR)
      ) u_row (
          .clk   (clk),
          .en    (en),
          .tables(tables),
          .w     (w[r*CB*8+:CB*8]),
          .y     (row_y),
          .bad   (p2_bad[r])
      );

      for (t = 0; t < T_PAR; t = t + 1) begin : g_vector
        assign y[(t*ROWS+r)*Y_W+:Y_W] = row_y[t*Y_W+:Y_W];
      end
    end

    if (ROWS < 1 || T_PAR < 1 || CB < 1) begin : g_bad_size
      tern_dot_rows_needs_ROWS_and_T_PAR_and_CB_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
