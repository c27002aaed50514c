// SPDX-License-Identifier: Apache-2.0
//
// attn_value_out - the order in which weighted sums of complete heads leave: rows in turn.
//
// Function     : once `ends` has come for a bank its rows leave in turn, 8 sums a beat: of group 0 all ROWS, .., of the last one
//                those up to last_row; of each all slices, of each slice all four parts. Then the other bank's.
// Format       : `ends` comes with a bank, its last group and that one's last row. rd_addr {bank, slice, group} and rd_part choose
//                what all rows of a group have at eights, in the same cycle, but where `busy`: ROWS x 8 sums of signed 44 bits.
//                m_data {last of a row, 8 sums}. last_slice, P / 32 - 1, holds still.
// Latency      : 2; from `ends`
// Throughput   : 1; in cycles in which the accumulators are not at work
// Back-pressure: none at the input: `ends` must find its bank read; empty, one cycle, tells a cycle later that a bank was.
// Golden       : golden.ternary.integer.attention.weighted
// Test         : tests/rtl/test_attn_value.py
//
// Why: sums come slices first and leave rows first, so a whole head waits, in `attn_value_row`.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module attn_value_out #(
    parameter ROWS    = 4,  // rows of a group, a power of two
    parameter GROUP_W = 2,  // width of a group's number [bits], >= 1
    // Follows from the others, not to be set: width of the number of a group's row.
    parameter ROWS_W  = (ROWS > 1) ? $clog2(ROWS) : 1
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire [           1:0] last_slice,
    input  wire                  busy,
    input  wire                  ends,
    input  wire                  bank,
    input  wire [   GROUP_W-1:0] group,
    input  wire [    ROWS_W-1:0] last_row,
    output wire                  empty,
    output wire [   GROUP_W+2:0] rd_addr,
    output wire [           1:0] rd_part,
    input  wire [ ROWS*8*44-1:0] eights,
    output wire                  m_valid,
    input  wire                  m_ready,
    output wire [        8*44:0] m_data
);

  localparam BEAT_W = 8 * `KR_TERN_ATTENTION_ACC_W;
  localparam SIZE_W = GROUP_W + ROWS_W;
  localparam LAST_ROW = ROWS - 1;

  reg  [           1:0] full_q;  // of each bank
  reg  [  2*SIZE_W-1:0] sizes_q;  // last group and its last row, of each bank
  reg                   bank_q;
  reg  [   GROUP_W-1:0] group_q;
  reg  [    ROWS_W-1:0] row_q;
  reg  [           1:0] slice_q;
  reg  [           1:0] part_q;  // of a row's 32 sums
  wire [   GROUP_W-1:0] end_group;
  wire [    ROWS_W-1:0] end_row;
  wire                  free = m_ready || !m_valid_q;
  wire                  there = full_q[bank_q] && !busy;
  wire                  read = there && free;
  wire                  part_end = part_q == 2'd3;
  wire                  row_end = part_end && slice_q == last_slice;
  wire                  last_group = group_q == end_group;
  wire                  rows_end = row_end && row_q == (last_group ? end_row : LAST_ROW[ROWS_W-1:0]);
  wire                  bank_end = read && rows_end && last_group;
  reg                   empty_q;
  reg                   m_valid_q;
  reg  [      BEAT_W:0] m_data_q;

  assign {end_group, end_row} = sizes_q[bank_q*SIZE_W+:SIZE_W];
  assign rd_addr = {bank_q, slice_q, group_q};
  assign rd_part = part_q;
  assign empty   = empty_q;
  assign m_valid = m_valid_q;
  assign m_data  = m_data_q;

  always @(posedge clk) begin
    if (rst) full_q <= 2'b00;
    else full_q <= (full_q | {ends && bank, ends && !bank}) & ~{bank_end && bank_q, bank_end && !bank_q};
  end

  always @(posedge clk) begin
    if (ends) sizes_q[bank*SIZE_W+:SIZE_W] <= {group, last_row};
  end

  always @(posedge clk) begin
    if (rst) begin
      bank_q  <= 1'b0;
      group_q <= {GROUP_W{1'b0}};
      row_q   <= {ROWS_W{1'b0}};
      slice_q <= 2'd0;
      part_q  <= 2'd0;
    end else if (read) begin
      bank_q <= bank_q ^ bank_end;
      part_q <= part_q + 2'd1;
      if (part_end) slice_q <= row_end ? 2'd0 : slice_q + 2'd1;
      if (row_end) row_q <= rows_end ? {ROWS_W{1'b0}} : row_q + 1'b1;
      if (rows_end) group_q <= last_group ? {GROUP_W{1'b0}} : group_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      empty_q   <= 1'b0;
      m_valid_q <= 1'b0;
    end else begin
      empty_q <= bank_end;
      if (free) m_valid_q <= there;
    end
  end

  always @(posedge clk) begin
    if (read) m_data_q <= {row_end, eights[row_q*BEAT_W+:BEAT_W]};
  end

  generate
    if (ROWS < 1 || (ROWS & (ROWS - 1)) != 0 || GROUP_W < 1) begin : g_bad_size
      attn_value_out_needs_ROWS_a_power_of_two_and_GROUP_W_at_least_1 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!ends || !full_q[bank], "a head ends in a bank that has not been read")

endmodule

`default_nettype wire
