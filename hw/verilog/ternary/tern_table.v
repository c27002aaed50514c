// SPDX-License-Identifier: Apache-2.0
//
// tern_table - builds and holds the two lookup tables of one weight byte column, double-buffered, for each vector.
//
// Function     : entry k of a table = sum of its activations weighted by the balanced ternary digits of k: table 3 of
//                x[0..2], k = 1..13, table 2 of x[3..4], k = 1..4. `load` takes activations into the first stage,
//                `fill[t]` moves their tables into vector t's shadow, `swap[t]` moves the shadow into table3, table2.
// Format       : x signed 8 bits, x[i] = bits [8*i +: 8]; entry k of vector t signed: table3 bits
//                [(13*t + k-1)*10 +: 10] (|entry| <= 384), table2 bits [(4*t + k-1)*9 +: 9] (-256..255).
// Latency      : 3
// Throughput   : 1
// Back-pressure: none; the caller fills a shadow only when it is free.
// Golden       : golden.ternary.matvec.tables
// Test         : tests/rtl/test_tern_table.py
//
// Why: two adders deep and one register between: entries 1..4 combine two activations, and entry 9 +- j of table 3 is
// x[2] +- entry j. Only tables are doubled, not the lookups, so a swap costs one cycle and no multiplexer.

`default_nettype none

module tern_table #(
    parameter T_COLS = 1  // vectors, >= 1
) (
    input  wire                  clk,
    input  wire [          39:0] x,
    input  wire                  load,
    input  wire [    T_COLS-1:0] fill,
    input  wire [    T_COLS-1:0] swap,
    output wire [T_COLS*130-1:0] table3,
    output wire [ T_COLS*36-1:0] table2
);

  wire signed [7:0] x0 = x[7:0];
  wire signed [7:0] x1 = x[15:8];
  wire signed [7:0] x3 = x[31:24];
  wire signed [7:0] x4 = x[39:32];

  // First stage: entries 1..4 of x[0..1], x[2], and entries 1..4 of x[3..4].
  reg signed  [8:0] low1_q;
  reg signed  [8:0] low2_q;
  reg signed  [8:0] low3_q;
  reg signed  [8:0] low4_q;
  reg signed  [7:0] x2_q;
  reg signed  [8:0] high1_q;
  reg signed  [8:0] high2_q;
  reg signed  [8:0] high3_q;
  reg signed  [8:0] high4_q;

  always @(posedge clk) begin
    if (load) begin
      low1_q <= {x0[7], x0};
      low2_q <= x1 - x0;
      low3_q <= {x1[7], x1};
      low4_q <= x1 + x0;
      x2_q   <= x[23:16];
    end
  end

  always @(posedge clk) begin
    if (load) begin
      high1_q <= {x3[7], x3};
      high2_q <= x4 - x3;
      high3_q <= {x4[7], x4};
      high4_q <= x4 + x3;
    end
  end

  wire signed [9:0] low1 = {low1_q[8], low1_q};
  wire signed [9:0] low2 = {low2_q[8], low2_q};
  wire signed [9:0] low3 = {low3_q[8], low3_q};
  wire signed [9:0] low4 = {low4_q[8], low4_q};
  wire signed [9:0] x2 = {{2{x2_q[7]}}, x2_q};
  wire [129:0] next3 = {
    x2 + low4, x2 + low3, x2 + low2, x2 + low1, x2, x2 - low1, x2 - low2, x2 - low3, x2 - low4, low4, low3, low2, low1
  };
  wire [35:0] next2 = {high4_q, high3_q, high2_q, high1_q};

  genvar t;
  generate
    for (t = 0; t < T_COLS; t = t + 1) begin : g_vector
      reg [129:0] shadow3_q;
      reg [ 35:0] shadow2_q;
      reg [129:0] active3_q;
      reg [ 35:0] active2_q;

      assign table3[t*130+:130] = active3_q;
      assign table2[t*36+:36]   = active2_q;

      always @(posedge clk) begin
        if (fill[t]) begin
          shadow3_q <= next3;
          shadow2_q <= next2;
        end
      end

      always @(posedge clk) begin
        if (swap[t]) begin
          active3_q <= shadow3_q;
          active2_q <= shadow2_q;
        end
      end
    end

    if (T_COLS < 1) begin : g_bad_t_cols
      tern_table_T_COLS_must_be_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
