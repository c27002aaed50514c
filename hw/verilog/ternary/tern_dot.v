// SPDX-License-Identifier: Apache-2.0
//
// tern_dot - products of OUTS rows of ternary bytes with T_PAR columns of int8 activations, summed, one beat a cycle.
//
// Function     : y[t][r] = sum over bytes j, trits i of trit(w[r][j], i) * x[t][5*j + i], negated where minus[r]; minus[r]: the
//                first trit of row r is -1; bad: a byte of the beat is above 242, and counts as zero.
// Format       : x signed 8 bits, x[t][k] at [(5*CB*t + k)*8]; w[r][j] at [(CB*r + j)*8]; y signed, of as many bits as
//                Y_W says, y[t][r] at [(OUTS*t + r)*Y_W]; exact, cannot overflow.
// Latency      : 3 + clog2(5 * CB)
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.matvec.lut_product
// Test         : tests/rtl/test_tern_dot.py
//
// Why: additions and subtractions, no tables: what a multiplexer of a table's entries takes for some trits is more than the
// adders for them, of which each is a LUT a bit (tern_dot_row). A result's sign is left to who adds it up, where it is a
// subtraction. A column without a token costs nothing while its activations are 0.

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
    output wire [          OUTS-1:0] minus,
    output wire                      bad
);

  localparam GROUP = 32;  // rows that share a copy of the activations
  localparam GROUPS = (OUTS + GROUP - 1) / GROUP;
  localparam TREE = $clog2(5 * CB) - 1;

  reg  [T_PAR*CB*40-1:0] p0_x_q;
  wire [     GROUPS-1:0] p4_bad;
  reg  [       TREE-1:0] bad_q;  // of the stages of the tree, last highest
  wire [         TREE:0] bad_d = {bad_q, |p4_bad};

  assign bad = bad_q[TREE-1];

  always @(posedge clk) begin
    if (en) begin
      p0_x_q <= x;
      bad_q  <= bad_d[TREE-1:0];
    end
  end

  genvar g, t;
  generate
    for (g = 0; g < GROUPS; g = g + 1) begin : g_group
      localparam FIRST = g * GROUP;
      localparam ROWS = (OUTS - FIRST < GROUP) ? OUTS - FIRST : GROUP;
      wire [T_PAR*ROWS*Y_W-1:0] part;

      tern_dot_rows #(
          .ROWS (ROWS),
          .CB   (CB),
          .T_PAR(T_PAR)
      ) u_rows (
          .clk  (clk),
          .en   (en),
          .x    (p0_x_q),
          .w    (w[FIRST*CB*8+:ROWS*CB*8]),
          .y    (part),
          .minus(minus[FIRST+:ROWS]),
          .bad  (p4_bad[g])
      );

      for (t = 0; t < T_PAR; t = t + 1) begin : g_vector
        assign y[(t*OUTS+FIRST)*Y_W+:ROWS*Y_W] = part[t*ROWS*Y_W+:ROWS*Y_W];
      end
    end

    if (OUTS < 1 || T_PAR < 1 || CB < 1) begin : g_bad_size
      tern_dot_needs_OUTS_and_T_PAR_and_CB_at_least_1 u_error ();
    end
  endgenerate

  wire unused_bad = bad_d[TREE];

endmodule

`default_nettype wire
