// SPDX-License-Identifier: Apache-2.0
//
// tern_act_pack - packs beats of LANES elements into beats of OUT, zeros behind a column's end, and marks the ends.
//
// Function     : a column is the beats of s up to one with last, side by side and cut every OUT elements; a vector is the
//                columns of a job.
// Format       : job_data: columns less 1; s_data {last, LANES q of 8 bits}; m_data {vector's last beat, column's last beat,
//                OUT q of 8 bits}, first lowest.
// Latency      : 1
// Throughput   : LANES / OUT
// Back-pressure: combinational ready (m_ready -> s_ready); the cycle behind a column's last beat is lost when what is left
//                of it takes a beat of its own. A job is there before its first column ends; job_ready: the job is done.
// Golden       : golden.ternary.integer.functions.norm_quantize
// Test         : tests/rtl/test_tern_act_pack.py
//
// Why: 40 is not a multiple of 16 or 32, so beats are cut: in units of 8, what is left moves down, and the place where the
// next beat goes turns round in a one-hot register.

`default_nettype none
`include "checks.vh"

module tern_act_pack #(
    parameter LANES = 8,  // elements of a beat of s, a multiple of 8
    parameter OUT   = 40  // elements of a beat of m, a multiple of 8, > LANES
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               job_valid,
    output wire               job_ready,
    input  wire [        7:0] job_data,
    input  wire               s_valid,
    output wire               s_ready,
    input  wire [LANES*8:0]   s_data,
    output wire               m_valid,
    input  wire               m_ready,
    output wire [  OUT*8+1:0] m_data
);

  localparam U = LANES / 8;  // units in a beat of s
  localparam V = OUT / 8;    // and of m
  localparam UNIT_W = 64;

  // What is left of the column fills the units below `place`.
  reg  [             V-1:0] place_q;  // one hot
  reg  [(V-1)*UNIT_W-1:0]   rest_q;  // zeros behind what is left
  reg                       flush_q;  // what is left is a beat of its own
  wire [(2*V-1)*UNIT_W-1:0] all;  // it, and the beat of s behind it
  wire                      last = s_data[LANES*8];
  wire                      take = s_valid && s_ready;
  wire                      emit = last || place_q[V-1:V-U] != {U{1'b0}};
  wire                      over;  // with this beat, more than a beat of m
  wire                      free;

  assign s_ready = free && !flush_q;

  always @(posedge clk) begin
    if (rst) flush_q <= 1'b0;
    else if (free) flush_q <= take && last && over;
  end

  always @(posedge clk) begin
    if (rst || (take && last)) place_q <= {{V - 1{1'b0}}, 1'b1};
    else if (take) place_q <= {place_q[V-U-1:0], place_q[V-1:V-U]};
  end

  always @(posedge clk) begin
    if (take) rest_q <= emit ? all[V*UNIT_W+:(V-1)*UNIT_W] : all[(V-1)*UNIT_W-1:0];
  end

  genvar k, j;
  generate
    for (k = 0; k < 2 * V - 1; k = k + 1) begin : g_unit
      wire [(U+1)*UNIT_W-1:0] from;  // each unit of s if it falls here, and what is left

      for (j = 0; j < U; j = j + 1) begin : g_from
        if (k >= j && k - j < V) begin : g_near
          assign from[j*UNIT_W+:UNIT_W] = s_data[j*UNIT_W+:UNIT_W] & {UNIT_W{place_q[k-j]}};
        end else begin : g_far
          assign from[j*UNIT_W+:UNIT_W] = {UNIT_W{1'b0}};
        end
      end

      if (k < V - 1) begin : g_rest
        assign from[U*UNIT_W+:UNIT_W] = rest_q[k*UNIT_W+:UNIT_W] & {UNIT_W{!place_q[0]}};
      end else begin : g_no_rest
        assign from[U*UNIT_W+:UNIT_W] = {UNIT_W{1'b0}};
      end

      // At most one of them is not zero.
      for (j = 0; j < UNIT_W; j = j + 1) begin : g_bit
        wire [U:0] terms;
        genvar t;
        for (t = 0; t <= U; t = t + 1) begin : g_term
          assign terms[t] = from[t*UNIT_W+j];
        end
        assign all[k*UNIT_W+j] = |terms;
      end
    end

    if (U > 1) begin : g_over
      assign over = place_q[V-1:V-U+1] != {U - 1{1'b0}};
    end else begin : g_even
      assign over = 1'b0;
    end

    if (LANES % 8 != 0 || OUT % 8 != 0 || LANES < 8 || OUT <= LANES) begin : g_bad_size
      tern_act_pack_LANES_and_OUT_must_be_multiples_of_8_and_OUT_greater u_error ();
    end
  endgenerate

  // Beats of m.
  reg              valid_q;
  reg  [OUT*8-1:0] out_q;
  reg              col_last_q;
  reg              vec_last_q;
  reg  [      7:0] column_q;
  wire             ends = free && (flush_q || (take && last && !over));  // of a column
  wire             vec_ends = column_q == job_data;

  assign free      = m_ready || !valid_q;
  assign m_valid   = valid_q;
  assign m_data    = {vec_last_q, col_last_q, out_q};
  assign job_ready = ends && vec_ends;

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (free) valid_q <= flush_q || (take && emit);
  end

  always @(posedge clk) begin
    if (free) begin
      out_q <= flush_q ? {{UNIT_W{1'b0}}, rest_q} : all[V*UNIT_W-1:0];
      col_last_q <= ends;
      vec_last_q <= ends && vec_ends;
    end
  end

  always @(posedge clk) begin
    if (rst) column_q <= 8'd0;
    else if (ends) column_q <= vec_ends ? 8'd0 : column_q + 8'd1;
  end

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!ends || job_valid, "a column of no job")

endmodule

`default_nettype wire
