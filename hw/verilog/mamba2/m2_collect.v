// SPDX-License-Identifier: Apache-2.0
//
// m2_collect - sums of a matrix product to values, 8 neighbouring rows of one token a beat.
//
// Function     : scales and saturates the sums as m2_scale, and sorts them: row group of 8, then token; rows beyond the
//                matrix that fill a group are 0, groups that are padding alone are dropped.
// Format       : job_data the kind of each matrix (m2_job.vh; EMBED is dropped); s_data as m2_linear's m_data; r_data
//                {shift (6), mult (16)} of each row of a tile where CHANNEL is 1. m_data {kind, v7 .. v0}, signed
//                VALUE_W bits each.
// Latency      : variable: a group leaves when its rows of all tokens are there
// Throughput   : variable: takes CB columns by min(ROWS, 8) rows a cycle, gives a beat a cycle
// Back-pressure: combinational ready (m_ready -> s_ready, r_ready); takes two banks of max(8, ROWS) rows of all tokens
// Golden       : golden.mamba2.integer.linear.linear
// Test         : tests/rtl/test_m2_collect.py
//
// Why: a tile takes many cycles to be summed, so few scalers serve all columns and rows.

`default_nettype none
`include "checks.vh"

module m2_collect #(
    parameter ROWS    = 4,   // rows of a tile, a power of two
    parameter T_COLS  = 4,   // most tokens, T_PAR times a power of two
    parameter T_PAR   = 2,   // columns of a pass, a power of two
    parameter CB      = 1,   // columns that are scaled side by side, divides T_PAR
    parameter ACC_W   = 43,  // width of a sum [bits]
    parameter CHANNEL = 0,   // 1: scales of channels, 0: a shift for all
    parameter RIGHT   = 10,  // this shift [bits], >= 0
    parameter RIGHT_B = 12,  // the same of kind OUT
    parameter VALUE_W = 32,  // width of a value [bits]
    // Follow from the others, not to be set.
    parameter LANE_W  = (T_PAR > 1) ? $clog2(T_PAR) : 1,
    parameter GROUP_W = (ROWS > 8) ? $clog2(ROWS / 8) : 1
) (
    input  wire                                   clk,
    input  wire                                   rst,
    input  wire [                    GROUP_W-1:0] c_last_in,    // (row groups of the matrix - 1) mod (ROWS / 8)
    input  wire [                    GROUP_W-1:0] c_last_out,
    input  wire [                    GROUP_W-1:0] c_last_head,
    input  wire                                   job_valid,
    output wire                                   job_ready,
    input  wire [                            1:0] job_data,
    input  wire                                   r_valid,
    output wire                                   r_ready,
    input  wire [                    ROWS*22-1:0] r_data,
    input  wire                                   s_valid,
    output wire                                   s_ready,
    input  wire [T_PAR*ROWS*ACC_W+LANE_W+1:0] s_data,
    output wire                                   m_valid,
    input  wire                                   m_ready,
    output wire [                  8*VALUE_W+1:0] m_data
);

  localparam RB = (ROWS < 8) ? ROWS : 8;
  localparam GROUPS = ROWS / RB;
  localparam SLOTS = 8 / RB;
  localparam PLACES = GROUPS * T_COLS / CB;
  localparam TAG_W = 3 + GROUP_W + ((T_COLS > 1) ? $clog2(T_COLS) : 1) + ((SLOTS > 1) ? $clog2(SLOTS) : 1) +
      ((PLACES > 1) ? $clog2(PLACES) : 1);

  wire                                      sum_valid;
  wire                                      sum_ready;
  wire [CB*RB*(ACC_W+22*CHANNEL)+TAG_W:0] sum_data;
  wire                                      value_valid;
  wire                                      value_ready;
  wire [           CB*RB*VALUE_W+TAG_W-1:0] value_data;

  m2_narrow #(
      .ROWS   (ROWS),
      .T_COLS (T_COLS),
      .T_PAR  (T_PAR),
      .CB     (CB),
      .ACC_W  (ACC_W),
      .CHANNEL(CHANNEL)
  ) u_narrow (
      .clk        (clk),
      .rst        (rst),
      .c_last_in  (c_last_in),
      .c_last_out (c_last_out),
      .c_last_head(c_last_head),
      .job_valid  (job_valid),
      .job_ready  (job_ready),
      .job_data   (job_data),
      .r_valid    (r_valid),
      .r_ready    (r_ready),
      .r_data     (r_data),
      .s_valid    (s_valid),
      .s_ready    (s_ready),
      .s_data     (s_data),
      .m_valid    (sum_valid),
      .m_ready    (sum_ready),
      .m_data     (sum_data)
  );

  m2_scale #(
      .LANES  (CB * RB),
      .IN_W   (ACC_W),
      .CHANNEL(CHANNEL),
      .RIGHT  (RIGHT),
      .RIGHT_B(RIGHT_B),
      .TAG_W  (TAG_W),
      .VALUE_W(VALUE_W)
  ) u_scale (
      .clk    (clk),
      .rst    (rst),
      .s_valid(sum_valid),
      .s_ready(sum_ready),
      .s_data (sum_data),
      .m_valid(value_valid),
      .m_ready(value_ready),
      .m_data (value_data)
  );

  m2_gather #(
      .ROWS   (ROWS),
      .T_COLS (T_COLS),
      .CB     (CB),
      .VALUE_W(VALUE_W)
  ) u_gather (
      .clk    (clk),
      .rst    (rst),
      .s_valid(value_valid),
      .s_ready(value_ready),
      .s_data (value_data),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

endmodule

`default_nettype wire
