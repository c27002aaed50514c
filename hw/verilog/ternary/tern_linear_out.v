// SPDX-License-Identifier: Apache-2.0
//
// tern_linear_out - the order in which a tile's sums leave: group of 8 rows, then token.
//
// Function     : once `ends` has come for a bank its sums leave, 8 rows a beat: of group 0 all tokens, .., up to group `groups`;
//                of each group pass 0 with all its lanes, .., pass last_pass up to last_lane. Then the other bank's.
// Format       : `ends` comes with a bank and what its tile has. rd_bank, rd_pass and rd_group choose what all lanes have at
//                eights, in the same cycle: T_PAR x 8 sums of signed 21 bits, first lowest. m_data {free in a tile's last beat,
//                last token, 8 sums}.
// Latency      : 3; from `ends`
// Throughput   : 1
// Back-pressure: none at the input: `ends` must find its bank read; empty, one cycle, tells a cycle later that a bank was.
// Golden       : golden.ternary.integer.linear.ternary
// Test         : tests/rtl/test_tern_linear_out.py
//
// Why: the choice of a group and that of a lane are a stage each; with 256 rows the first alone has 32 inputs.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_linear_out #(
    parameter T_PAR   = 1,  // lanes, >= 1
    parameter PASS_W  = 2,  // width of a pass's number [bits], >= 1
    parameter GROUP_W = 1,  // width of a group's number [bits], >= 1
    // Follows from the others, not to be set: width of a lane's number.
    parameter LANE_W  = (T_PAR > 1) ? $clog2(T_PAR) : 1
) (
    input  wire                  clk,
    input  wire                  rst,
    input  wire                  ends,
    input  wire                  bank,
    input  wire [    PASS_W-1:0] last_pass,
    input  wire [    LANE_W-1:0] last_lane,
    input  wire [   GROUP_W-1:0] groups,
    input  wire                  free,
    output wire                  empty,
    output wire                  rd_bank,
    output wire [    PASS_W-1:0] rd_pass,
    output wire [   GROUP_W-1:0] rd_group,
    input  wire [T_PAR*8*21-1:0] eights,
    output wire                  m_valid,
    input  wire                  m_ready,
    output wire [      8*21+1:0] m_data
);

  localparam EIGHT_W = 8 * `KR_TERN_DOWN_PROJ_W;
  localparam SIZE_W = 1 + GROUP_W + PASS_W + LANE_W;
  localparam LAST_LANE = T_PAR - 1;

  reg  [             1:0] full_q;  // of each bank
  reg  [    2*SIZE_W-1:0] sizes_q;  // of each bank: free, last group, last pass, its last lane
  reg                     bank_q;
  reg  [     GROUP_W-1:0] group_q;
  reg  [      PASS_W-1:0] pass_q;
  reg  [      LANE_W-1:0] lane_q;
  reg                     empty_q;
  reg                     p0_valid_q;
  reg                     p0_end_q;
  reg                     p0_last_q;
  reg  [      LANE_W-1:0] p0_lane_q;
  reg  [T_PAR*EIGHT_W-1:0] p0_eights_q;
  reg                     p1_valid_q;
  reg  [     EIGHT_W+1:0] p1_data_q;
  wire                    end_free;
  wire [     GROUP_W-1:0] end_group;
  wire [      PASS_W-1:0] end_pass;
  wire [      LANE_W-1:0] end_lane;
  wire                    en = m_ready || !p1_valid_q;
  wire                    read = full_q[bank_q] && en;
  wire                    pass_last = pass_q == end_pass;
  wire                    lane_last = lane_q == (pass_last ? end_lane : LAST_LANE[LANE_W-1:0]);
  wire                    token_last = pass_last && lane_last;
  wire                    bank_last = token_last && group_q == end_group;
  wire                    bank_end = read && bank_last;

  assign {end_free, end_group, end_pass, end_lane} = sizes_q[bank_q*SIZE_W+:SIZE_W];
  assign empty    = empty_q;
  assign rd_bank  = bank_q;
  assign rd_pass  = pass_q;
  assign rd_group = group_q;
  assign m_valid  = p1_valid_q;
  assign m_data   = p1_data_q;

  always @(posedge clk) begin
    if (rst) full_q <= 2'b00;
    else full_q <= (full_q | {ends && bank, ends && !bank}) & ~{bank_end && bank_q, bank_end && !bank_q};
  end

  always @(posedge clk) begin
    if (ends) sizes_q[bank*SIZE_W+:SIZE_W] <= {free, groups, last_pass, last_lane};
  end

  always @(posedge clk) begin
    if (rst) begin
      bank_q  <= 1'b0;
      group_q <= {GROUP_W{1'b0}};
      pass_q  <= {PASS_W{1'b0}};
      lane_q  <= {LANE_W{1'b0}};
    end else if (read) begin
      bank_q <= bank_q ^ bank_end;
      lane_q <= lane_last ? {LANE_W{1'b0}} : lane_q + 1'b1;
      if (lane_last) pass_q <= pass_last ? {PASS_W{1'b0}} : pass_q + 1'b1;
      if (token_last) group_q <= bank_last ? {GROUP_W{1'b0}} : group_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      empty_q    <= 1'b0;
      p0_valid_q <= 1'b0;
      p1_valid_q <= 1'b0;
    end else begin
      empty_q <= bank_end;
      if (en) {p1_valid_q, p0_valid_q} <= {p0_valid_q, full_q[bank_q]};
    end
  end

  always @(posedge clk) begin
    if (en) begin
      p0_end_q    <= end_free && bank_last;
      p0_last_q   <= token_last;
      p0_lane_q   <= lane_q;
      p0_eights_q <= eights;
      p1_data_q   <= {p0_end_q, p0_last_q, p0_eights_q[p0_lane_q*EIGHT_W+:EIGHT_W]};
    end
  end

  generate
    if (T_PAR < 1 || PASS_W < 1 || GROUP_W < 1) begin : g_bad_size
      tern_linear_out_needs_T_PAR_and_widths_of_at_least_1 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!ends || !full_q[bank], "a tile ends in a bank that has not been read")

endmodule

`default_nettype wire
