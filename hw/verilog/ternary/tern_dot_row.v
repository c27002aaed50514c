// SPDX-License-Identifier: Apache-2.0
//
// tern_dot_row - one row of tern_dot: index of each byte, lookups for each column, sums.
//
// Function     : y[t] = sum over bytes j of table3[t][j](v3 of w[j]) + table2[t][j](v2 of it); bad: one of the bytes is
//                above 242, and counts as zero.
// Format       : tables: 21 entries of signed 10 bits for each byte j of column t at [(CB*t + j)*210], from bit 0:
//                table3(1..13), table2(4), table2(1..3), -table2(4), -table2(1..3); w[j] at [j*8]; y[t] signed Y_W bits
//                at [t*Y_W]; exact.
// Latency      : 4 + clog2(CB); tables enter two cycles after their bytes, bad comes after 3
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.matvec.lut_product
// Test         : tests/rtl/test_tern_dot.py
//
// Why: one adder takes both terms of a byte: the sign of the first is its carry, the second has entries of both signs.
// All columns share the index. A row is a module so that a synthesis which adds up modules maps one of them.

`default_nettype none

module tern_dot_row #(
    parameter CB    = 8,  // bytes, >= 1
    parameter T_PAR = 1,  // columns of activations, >= 1
    // Follows from the others, not to be set: bits of a result.
    parameter Y_W   = 11 + $clog2(CB)
) (
    input  wire                    clk,
    input  wire                    en,
    input  wire [T_PAR*CB*210-1:0] tables,
    input  wire [        CB*8-1:0] w,
    output wire [   T_PAR*Y_W-1:0] y,
    output wire                    bad
);

  // Multiplexers of four, as a LUT of six inputs holds them; no byte has the indices 14 and 15.
  function [9:0] four(input [39:0] x, input [1:0] i);
    four = i[1] ? (i[0] ? x[30+:10] : x[20+:10]) : (i[0] ? x[10+:10] : x[0+:10]);
  endfunction

  function [9:0] pick3(input [129:0] x, input [3:0] i);
    reg [39:0] part;
    begin
      part[0+:10]  = four({x[29:0], 10'd0}, i[1:0]);
      part[10+:10] = four(x[30+:40], i[1:0]);
      part[20+:10] = four(x[70+:40], i[1:0]);
      part[30+:10] = i[0] ? x[120+:10] : x[110+:10];
      pick3        = four(part, i[3:2]);
    end
  endfunction

  function [9:0] pick2(input [79:0] x, input [2:0] i);
    pick2 = i[2] ? four(x[40+:40], i[1:0]) : four(x[0+:40], i[1:0]);
  endfunction

  wire [CB*10-1:0] index;
  wire [   CB-1:0] illegal;
  reg  [   CB-1:0] p2_negative_q;  // v3 < 0
  reg              p2_bad_q;

  assign bad = p2_bad_q;

  always @(posedge clk) begin
    if (en) p2_bad_q <= |illegal;
  end

  genvar j, t;
  generate
    for (j = 0; j < CB; j = j + 1) begin : g_index
      assign illegal[j] = index[j*10+9];

      tern_index u_index (
          .clk  (clk),
          .en   (en),
          .code (w[j*8+:8]),
          .index(index[j*10+:10])
      );

      always @(posedge clk) begin
        if (en) p2_negative_q[j] <= index[j*10+4];
      end
    end

    for (t = 0; t < T_PAR; t = t + 1) begin : g_vector
      wire [CB*11-1:0] bytes;

      for (j = 0; j < CB; j = j + 1) begin : g_byte
        wire negative = p2_negative_q[j];
        reg [9:0] p2_entry3_q;
        reg [9:0] p2_entry2_q;
        reg [10:0] p3_byte_q;
        wire [9:0] term3 = p2_entry3_q ^ {10{negative}};
        wire [11:0] sum = {p2_entry2_q[9], p2_entry2_q, negative} + {term3[9], term3, negative};

        assign bytes[j*11+:11] = p3_byte_q;

        always @(posedge clk) begin
          if (en) begin
            p2_entry3_q <= pick3(tables[(t*CB+j)*210+:130], index[j*10+:4]);
            p2_entry2_q <= index[j*10+8] ? 10'd0 : pick2(tables[(t*CB+j)*210+130+:80], index[j*10+5+:3]);
            p3_byte_q   <= sum[11:1];
          end
        end

        wire unused_sum = sum[0];
      end

      fxp_sum_tree #(
          .N   (CB),
          .IN_W(11)
      ) u_sum (
          .clk(clk),
          .en (en),
          .x  (bytes),
          .sum(y[t*Y_W+:Y_W])
      );
    end

    if (T_PAR < 1 || CB < 1) begin : g_bad_size
      tern_dot_row_needs_T_PAR_and_CB_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
