// SPDX-License-Identifier: Apache-2.0
//
// m2_gather - gathers 8 neighbouring rows of each token out of beats of CB columns by RB rows.
//
// Function     : writes each beat to the place and slot that its tag names, in one of two banks; a bank that has ended
//                leaves row group by row group, token by token (fastest), up to its last group and last token; rows of
//                slots beyond its last one leave as 0.
// Format       : s_data {tag, values}: tag and order of the values as m2_narrow's; m_data {kind, v7 .. v0}.
// Latency      : variable: 2 cycles from the beat that ends a bank to the bank's first beat, behind the bank before
// Throughput   : 1; of the output
// Back-pressure: registered ready; takes two banks.
// Golden       : golden.mamba2.integer.linear.linear
// Test         : tests/rtl/test_m2_collect.py
//
// Why: rows of a token come from successive tiles, and columns that are written side by side lie in memories of their
// own, so a bank is as many distributed RAMs as a beat has columns and a group has slots.

`default_nettype none
`include "checks.vh"

module m2_gather #(
    parameter ROWS    = 4,   // rows of a tile, a power of two
    parameter T_COLS  = 4,   // most tokens, a power of two
    parameter CB      = 1,   // columns of an input beat, a power of two that divides T_COLS
    parameter VALUE_W = 32,  // width of a value [bits]
    // Follow from the others, not to be set.
    parameter RB      = (ROWS < 8) ? ROWS : 8,
    parameter GROUPS  = ROWS / RB,
    parameter SLOTS   = 8 / RB,
    parameter PLACES  = GROUPS * T_COLS / CB,
    parameter TOKEN_W = (T_COLS > 1) ? $clog2(T_COLS) : 1,
    parameter GROUP_W = (GROUPS > 1) ? $clog2(GROUPS) : 1,
    parameter SLOT_W  = (SLOTS > 1) ? $clog2(SLOTS) : 1,
    parameter PLACE_W = (PLACES > 1) ? $clog2(PLACES) : 1,
    parameter TAG_W   = 3 + GROUP_W + TOKEN_W + SLOT_W + PLACE_W
) (
    input  wire                           clk,
    input  wire                           rst,
    input  wire                           s_valid,
    output wire                           s_ready,
    input  wire [CB*RB*VALUE_W+TAG_W-1:0] s_data,
    output wire                           m_valid,
    input  wire                           m_ready,
    output wire [          8*VALUE_W+1:0] m_data
);

  localparam VALUES_W = CB * RB * VALUE_W;
  localparam PART_W = RB * VALUE_W;
  localparam META_W = 2 + GROUP_W + TOKEN_W + SLOT_W;
  localparam COL_W = (CB > 1) ? $clog2(CB) : 1;
  localparam [31:0] LAST_COL_BITS = CB - 1;
  localparam [31:0] STEP_BITS = T_COLS / CB;

  wire [PLACE_W-1:0] place = s_data[VALUES_W+:PLACE_W];
  wire [ SLOT_W-1:0] slot = s_data[VALUES_W+PLACE_W+:SLOT_W];
  wire [TOKEN_W-1:0] tag_token = s_data[VALUES_W+PLACE_W+SLOT_W+:TOKEN_W];
  wire [GROUP_W-1:0] tag_group = s_data[VALUES_W+PLACE_W+SLOT_W+TOKEN_W+:GROUP_W];
  wire               bank_end = s_data[VALUES_W+TAG_W-3];
  wire [        1:0] tag_kind = s_data[VALUES_W+TAG_W-2+:2];

  // Banks.
  reg  [        1:0] full_q;
  reg                wr_bank_q;
  reg                rd_bank_q;
  reg  [ META_W-1:0] meta0_q;  // of bank 0: kind, last slot, last group, last token
  reg  [ META_W-1:0] meta1_q;
  wire               take = s_valid && s_ready;
  wire               filled = take && bank_end;
  wire               emptied;

  assign s_ready = !full_q[wr_bank_q];

  always @(posedge clk) begin
    if (rst) full_q <= 2'b00;
    else full_q <= (full_q | {filled && wr_bank_q, filled && !wr_bank_q}) &
        ~{emptied && rd_bank_q, emptied && !rd_bank_q};
  end

  always @(posedge clk) begin
    if (rst) begin
      wr_bank_q <= 1'b0;
      rd_bank_q <= 1'b0;
    end else begin
      wr_bank_q <= wr_bank_q ^ filled;
      rd_bank_q <= rd_bank_q ^ emptied;
    end
  end

  always @(posedge clk) begin
    if (filled && !wr_bank_q) meta0_q <= {tag_kind, slot, tag_group, tag_token};
    if (filled && wr_bank_q) meta1_q <= {tag_kind, slot, tag_group, tag_token};
  end

  // Reading: group, then token; a token is a place and a column.
  reg  [TOKEN_W-1:0] token_q;
  reg  [GROUP_W-1:0] group_q;
  reg  [  COL_W-1:0] col_q;
  reg  [PLACE_W-1:0] place_q;
  reg  [PLACE_W-1:0] base_q;  // first place of the group
  reg                valid_q;
  reg  [8*VALUE_W+1:0] data_q;
  wire [        1:0] kind;
  wire [ SLOT_W-1:0] last_slot;
  wire [GROUP_W-1:0] last_group;
  wire [TOKEN_W-1:0] last_token;
  wire               read = full_q[rd_bank_q] && (m_ready || !valid_q);
  wire               group_end = token_q == last_token;
  wire               col_end = col_q == LAST_COL_BITS[COL_W-1:0];
  wire [PLACE_W-1:0] next_base = base_q + STEP_BITS[PLACE_W-1:0];

  assign {kind, last_slot, last_group, last_token} = rd_bank_q ? meta1_q : meta0_q;
  assign emptied = read && group_end && group_q == last_group;
  assign m_valid = valid_q;
  assign m_data  = data_q;

  always @(posedge clk) begin
    if (rst || emptied) begin
      token_q <= {TOKEN_W{1'b0}};
      group_q <= {GROUP_W{1'b0}};
      col_q   <= {COL_W{1'b0}};
      place_q <= {PLACE_W{1'b0}};
      base_q  <= {PLACE_W{1'b0}};
    end else if (read && group_end) begin
      token_q <= {TOKEN_W{1'b0}};
      group_q <= group_q + 1'b1;
      col_q   <= {COL_W{1'b0}};
      place_q <= next_base;
      base_q  <= next_base;
    end else if (read) begin
      token_q <= token_q + 1'b1;
      col_q   <= col_end ? {COL_W{1'b0}} : col_q + 1'b1;
      if (col_end) place_q <= place_q + 1'b1;
    end
  end

  wire [CB*8*VALUE_W-1:0] words;
  wire [   8*VALUE_W-1:0] word = words[col_q*8*VALUE_W+:8*VALUE_W];
  wire [       SLOTS-1:0] beyond = {SLOTS{1'b1}} << 1 << last_slot;  // slots that nobody wrote
  wire [   8*VALUE_W-1:0] kept;

  genvar c, s;
  generate
    for (s = 0; s < SLOTS; s = s + 1) begin : g_slot
      localparam [31:0] SLOT = s;

      assign kept[s*PART_W+:PART_W] = word[s*PART_W+:PART_W] & {PART_W{!beyond[s]}};

      for (c = 0; c < CB; c = c + 1) begin : g_col
        mem_lutram #(
            .DATA_W(PART_W),
            .DEPTH (2 << PLACE_W)
        ) u_mem (
            .clk    (clk),
            .wr_en  (take && slot == SLOT[SLOT_W-1:0]),
            .wr_addr({wr_bank_q, place}),
            .wr_data(s_data[c*PART_W+:PART_W]),
            .rd_addr({rd_bank_q, place_q}),
            .rd_data(words[(c*8+s*RB)*VALUE_W+:PART_W])
        );
      end
    end

    if (ROWS < 1 || (ROWS & (ROWS - 1)) != 0 || CB < 1 || (CB & (CB - 1)) != 0 || T_COLS % CB != 0) begin : g_bad_size
      m2_gather_needs_ROWS_and_CB_powers_of_two_and_CB_that_divides_T_COLS u_error ();
    end
  endgenerate

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (m_ready || !valid_q) valid_q <= full_q[rd_bank_q];
  end

  always @(posedge clk) begin
    if (read) data_q <= {kind, kept};
  end

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
