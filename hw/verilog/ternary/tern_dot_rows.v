// SPDX-License-Identifier: Apache-2.0
//
// tern_dot_rows - the rows of tern_dot that share a copy of the activations.
//
// Function     : y[t][r] = sum over bytes j, trits i of trit(w[r][j], i) * x[t][5*j + i], negated where minus[r]; minus[r]: the
//                first trit of row r is -1; bad: a byte is above 242, and counts as zero.
// Format       : x signed 8 bits, x[t][k] at [(5*CB*t + k)*8]; w[r][j] at [(CB*r + j)*8]; y[t][r] signed Y_W bits at
//                [(ROWS*t + r)*Y_W]; exact.
// Latency      : 3 + clog2(5 * CB); x enters a cycle after its bytes, bad comes after 4
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.matvec.lut_product
// Test         : tests/rtl/test_tern_dot.py
//
// Why: copies are registers of one value, which a synthesizer would merge: `keep` forbids it.

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
    input  wire [   T_PAR*CB*40-1:0] x,
    input  wire [     ROWS*CB*8-1:0] w,
    output wire [T_PAR*ROWS*Y_W-1:0] y,
    output wire [          ROWS-1:0] minus,
    output wire                      bad
);

  localparam N = 5 * CB;
  localparam EVEN = (N + 1) / 2;
  localparam ODD = N / 2;

  wire [T_PAR*EVEN*8-1:0] even;
  wire [ T_PAR*ODD*8-1:0] odd;
  wire [        ROWS-1:0] p2_bad;
  reg                     p3_bad_q;

  assign bad = p3_bad_q;

  always @(posedge clk) begin
    if (en) p3_bad_q <= |p2_bad;
  end

  // Right terms meet their trits a cycle after left ones.
  genvar k, r, t;
  generate
    for (t = 0; t < T_PAR; t = t + 1) begin : g_column
      for (k = 0; k < N; k = k + 1) begin : g_input
        (* keep = "true" *) reg [7:0] p1_x_q;

        always @(posedge clk) if (en) p1_x_q <= x[(t*N+k)*8+:8];

        if (k % 2 == 0) begin : g_even
          assign even[(t*EVEN+k/2)*8+:8] = p1_x_q;
        end else begin : g_odd
          (* keep = "true" *) reg [7:0] p2_x_q;

          assign odd[(t*ODD+k/2)*8+:8] = p2_x_q;

          always @(posedge clk) if (en) p2_x_q <= p1_x_q;
        end
      end
    end

    for (r = 0; r < ROWS; r = r + 1) begin : g_row
      wire [T_PAR*Y_W-1:0] row_y;

      tern_dot_row #(
          .CB   (CB),
          .T_PAR(T_PAR)
      ) u_row (
          .clk  (clk),
          .en   (en),
          .even (even),
          .odd  (odd),
          .w    (w[r*CB*8+:CB*8]),
          .y    (row_y),
          .minus(minus[r]),
          .bad  (p2_bad[r])
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
