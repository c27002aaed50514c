// SPDX-License-Identifier: Apache-2.0
//
// tern_dot - products of OUTS rows of ternary bytes with T_PAR columns of int8 activations, summed, one beat a cycle.
//
// Function     : y[t][r] = sum over bytes j, trits i of trit(w[r][j], i) * x[t][5*j + i]; bad: a byte of the beat is
//                above 242, and counts as zero.
// Format       : x signed 8 bits, x[t][k] at [(5*CB*t + k)*8]; w[r][j] at [(CB*r + j)*8]; y signed, of as many bits as
//                Y_W says, y[t][r] at [(OUTS*t + r)*Y_W]; exact, cannot overflow.
// Latency      : 4 + clog2(CB)
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.matvec.lut_product
// Test         : tests/rtl/test_tern_dot.py
//
// Why: tables are made anew for each beat, because each is used once: no swap, no second set. Their first adders serve
// all rows, the tables themselves stand beside every 32 rows (tern_dot_rows), so that no entry drives more. A column
// without a token costs nothing while its activations are 0.

`default_nettype none

module tern_dot #(
    parameter OUTS  = 8,  // rows, >= 1
    parameter CB    = 8,  // bytes of a row, five activations each, >= 2
    parameter T_PAR = 1,  // columns of activations, >= 1
    // Follows from the others, not to be set: bits of a result.
    parameter Y_W   = 11 + $clog2(CB)
) (
    input  wire                      clk,
    input  wire                      en,
    input  wire [   T_PAR*CB*40-1:0] x,
    input  wire [     OUTS*CB*8-1:0] w,
    output wire [T_PAR*OUTS*Y_W-1:0] y,
    output wire                      bad
);

  localparam GROUP = 32;  // rows that share a copy of the tables
  localparam GROUPS = (OUTS + GROUP - 1) / GROUP;
  localparam TREE = $clog2(CB);

  wire [T_PAR*CB*80-1:0] p1_sums;
  wire [     GROUPS-1:0] p4_bad;
  reg  [       TREE-1:0] bad_q;  // of the stages of the tree, last highest
  wire [         TREE:0] bad_d = {bad_q, |p4_bad};

  assign bad = bad_q[TREE-1];

  always @(posedge clk) begin
    if (en) bad_q <= bad_d[TREE-1:0];
  end

  genvar c, g, t;
  generate
    for (c = 0; c < T_PAR * CB; c = c + 1) begin : g_column
      wire signed [7:0] x0 = x[c*40+:8];
      wire signed [7:0] x1 = x[c*40+8+:8];
      wire signed [7:0] x3 = x[c*40+24+:8];
      wire signed [7:0] x4 = x[c*40+32+:8];
      reg signed  [7:0] x2_q;
      reg signed  [8:0] low1_q;
      reg signed  [8:0] low2_q;
      reg signed  [8:0] low3_q;
      reg signed  [8:0] low4_q;
      reg signed  [8:0] high1_q;
      reg signed  [8:0] high2_q;
      reg signed  [8:0] high3_q;
      reg signed  [8:0] high4_q;

      // Balanced ternary 1..4: of x[1..0] for the table of three trits, of x[4..3] for that of two.
      assign p1_sums[c*80+:80] = {high4_q, high3_q, high2_q, high1_q, x2_q, low4_q, low3_q, low2_q, low1_q};

      always @(posedge clk) begin
        if (en) begin
          low1_q  <= {x0[7], x0};
          low2_q  <= x1 - x0;
          low3_q  <= {x1[7], x1};
          low4_q  <= x1 + x0;
          x2_q    <= x[c*40+16+:8];
          high1_q <= {x3[7], x3};
          high2_q <= x4 - x3;
          high3_q <= {x4[7], x4};
          high4_q <= x4 + x3;
        end
      end
    end

    for (g = 0; g < GROUPS; g = g + 1) begin : g_group
      localparam FIRST = g * GROUP;
      localparam ROWS = (OUTS - FIRST < GROUP) ? OUTS - FIRST : GROUP;
      wire [T_PAR*ROWS*Y_W-1:0] part;

      tern_dot_rows #(
          .ROWS (ROWS),
          .CB   (CB),
          .T_PAR(T_PAR)
      ) u_rows (
          .clk (clk),
          .en  (en),
          .sums(p1_sums),
          .w   (w[FIRST*CB*8+:ROWS*CB*8]),
          .y   (part),
          .bad (p4_bad[g])
      );

      for (t = 0; t < T_PAR; t = t + 1) begin : g_vector
        assign y[(t*OUTS+FIRST)*Y_W+:ROWS*Y_W] = part[t*ROWS*Y_W+:ROWS*Y_W];
      end
    end

    if (OUTS < 1 || T_PAR < 1 || CB < 2) begin : g_bad_size
      tern_dot_needs_OUTS_and_T_PAR_at_least_1_and_CB_at_least_2 u_error ();
    end
  endgenerate

  wire unused_bad = bad_d[TREE];

endmodule

`default_nettype wire
