// SPDX-License-Identifier: Apache-2.0
//
// m2_norm_table - reciprocal square root of a table norm: 8 tables of 512 entries, each with its step and shift.
//
// Function     : k = the last table with sum >= ALPHA[k], i = clamp((sum - ALPHA[k]) >> D[k], 0, 511);
//                1 / rms = T[k][i] << O[k] = (value << O[0]) >> right.
// Format       : sum Q.20 (rms1) or Q.24 (rms2), unsigned SUM_W bits, all ones stand for more; halvings: the vector is
//                WIDTH >> halvings wide; value unsigned 8 bits, right 0..O[0], 17 of rms1 and 12 of rms2; 1 / rms Q.12.
// Latency      : 5
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.fixed.norm_tables.reciprocal
// Test         : tests/rtl/test_m2_norm_table.py
//
// Why: half the width halves every ALPHA and step and leaves the entries as they are. So the sum of a narrower vector is
// doubled instead, with ones drawn in, because ALPHA of the narrower one is rounded down.

`default_nettype none
`include "kr_m2_tables.vh"

module m2_norm_table #(
    parameter KIND  = 0,    // 0 rms1, 1 rms2
    parameter WIDTH = 2560, // elements of the widest vector, 1, 3 or 5 times a power of two
    parameter SUM_W = 46    // width of sum [bits], D[7] + 10 of WIDTH: all entries are below all ones
) (
    input  wire             clk,
    input  wire             en,
    input  wire [SUM_W-1:0] sum,
    input  wire [      3:0] halvings,
    output wire [      7:0] value,
    output wire [      4:0] right
);

  localparam ODD = (WIDTH % 5 == 0) ? 5 : (WIDTH % 3 == 0) ? 3 : 1;
  localparam RMS1_WIDTH = (ODD == 5) ? `KR_M2_RMS1_X5_WIDTH : (ODD == 3) ? `KR_M2_RMS1_X3_WIDTH : `KR_M2_RMS1_X1_WIDTH;
  localparam RMS2_WIDTH = (ODD == 5) ? `KR_M2_RMS2_X5_WIDTH : (ODD == 3) ? `KR_M2_RMS2_X3_WIDTH : `KR_M2_RMS2_X1_WIDTH;
  localparam REFERENCE = (KIND == 0) ? RMS1_WIDTH : RMS2_WIDTH;
  localparam DOWN = $clog2(REFERENCE / WIDTH);
  localparam [511:0] ALPHA = (KIND == 0) ? `KR_M2_RMS1_ALPHA : `KR_M2_RMS2_ALPHA;
  localparam [63:0] D = (KIND == 0) ? `KR_M2_RMS1_D : `KR_M2_RMS2_D;
  localparam [63:0] O = (KIND == 0) ? `KR_M2_RMS1_O : `KR_M2_RMS2_O;

  // The sum as it would be of WIDTH elements.
  wire [SUM_W+14:0] doubled = ~(~{15'd0, sum} << halvings);
  wire              over = |doubled[SUM_W+14:SUM_W];
  reg  [ SUM_W-1:0] p0_sum_q;

  always @(posedge clk) begin
    if (en) p0_sum_q <= doubled[SUM_W-1:0] | {SUM_W{over}};
  end

  // Its table, its place in there, its entry.
  wire [        6:0] reached;  // tables from 1 on that start at or below it
  reg  [        6:0] p1_reached_q;
  wire [        6:0] p1_reached = p1_reached_q;
  reg  [  SUM_W-1:0] p1_sum_q;
  wire [        2:0] table_;
  wire [8*SUM_W-1:0] starts;
  reg  [    SUM_W:0] p2_offset_q;
  reg  [        2:0] p2_table_q;
  wire [    8*9-1:0] indices;
  reg  [       11:0] p3_addr_q;
  wire [       11:0] p3_addr = p3_addr_q;
  wire [    8*5-1:0] rights;
  reg  [        4:0] p4_right_q;

  fxp_bit_length #(
      .W(7)
  ) u_table (
      .x(p1_reached),
      .y(table_)
  );

  always @(posedge clk) begin
    if (en) begin
      p1_reached_q <= reached;
      p1_sum_q <= p0_sum_q;
      p2_offset_q <= {1'b0, p1_sum_q} - {1'b0, starts[table_*SUM_W+:SUM_W]};
      p2_table_q <= table_;
      p3_addr_q <= {p2_table_q, indices[p2_table_q*9+:9]};
      p4_right_q <= rights[p3_addr_q[11:9]*5+:5];
    end
  end

  assign right = p4_right_q;

  genvar k;
  generate
    for (k = 0; k < 8; k = k + 1) begin : g_table
      localparam [63:0] START = ALPHA[k*64+:64] >> DOWN;
      localparam STEP = {24'd0, D[k*8+:8]} - DOWN;
      localparam [4:0] RIGHT = O[4:0] - O[k*8+:5];
      wire negative = p2_offset_q[SUM_W];
      wire above = |p2_offset_q[SUM_W-1:STEP+9];

      assign starts[k*SUM_W+:SUM_W] = START[SUM_W-1:0];
      assign indices[k*9+:9] = (p2_offset_q[STEP+:9] | {9{above}}) & {9{k != 0 || !negative}};  // none is below a later table
      assign rights[k*5+:5] = RIGHT;

      if (k > 0) begin : g_reached
        assign reached[k-1] = p0_sum_q >= START[SUM_W-1:0];
      end
    end

    if (KIND == 0 && ODD == 1) begin : g_rms1_x1
      m2_rom_rms1_x1 #(.PORTS(1)) u_entry (.clk(clk), .en(en), .addr(p3_addr), .data(value));
    end else if (KIND == 0 && ODD == 3) begin : g_rms1_x3
      m2_rom_rms1_x3 #(.PORTS(1)) u_entry (.clk(clk), .en(en), .addr(p3_addr), .data(value));
    end else if (KIND == 0) begin : g_rms1_x5
      m2_rom_rms1_x5 #(.PORTS(1)) u_entry (.clk(clk), .en(en), .addr(p3_addr), .data(value));
    end else if (ODD == 1) begin : g_rms2_x1
      m2_rom_rms2_x1 #(.PORTS(1)) u_entry (.clk(clk), .en(en), .addr(p3_addr), .data(value));
    end else if (ODD == 3) begin : g_rms2_x3
      m2_rom_rms2_x3 #(.PORTS(1)) u_entry (.clk(clk), .en(en), .addr(p3_addr), .data(value));
    end else begin : g_rms2_x5
      m2_rom_rms2_x5 #(.PORTS(1)) u_entry (.clk(clk), .en(en), .addr(p3_addr), .data(value));
    end

    if (KIND < 0 || KIND > 1) begin : g_bad_kind
      m2_norm_table_KIND_must_be_0_or_1 u_error ();
    end
    if (WIDTH < 8 || WIDTH << DOWN != REFERENCE) begin : g_bad_width
      m2_norm_table_WIDTH_must_be_1_3_or_5_times_a_power_of_two_from_8_to_that_of_its_constants u_error ();
    end
    if (SUM_W != {24'd0, D[63:56]} - DOWN + 10) begin : g_bad_sum_w
      m2_norm_table_SUM_W_must_be_10_more_than_the_step_of_the_last_table u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
