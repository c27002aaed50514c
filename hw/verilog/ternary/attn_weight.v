// SPDX-License-Identifier: Apache-2.0
//
// attn_weight - exponentials of kept scores: the weights of V, and their softmax's denominators.
//
// Function     : for each row and position seen, n = t >> 10: w = 2^(t + e_v - max(n + e_v)), z = 2^(t - max n), floored to 24
//                bits; not seen 0. total = sum of z over a head's positions, exponent = max(n + e_v) - max n.
// Format       : POS = WIDE_W / 256; lists rows first, position p of row i at i * POS + p, first lowest. s_top_data {last_group,
//                Q_PAR x {max(n + e_v) signed 11 bits, max n signed 10 bits}}, of a row that is not there -1024 and -512;
//                s_data {last_tile, last_group, POS x e_v signed 8 bits, Q_PAR x POS seen, Q_PAR x POS t signed 20 bits,
//                Q9.10}; m_data {last_tile, last_group, rows of this group less 1 (ROWS_W bits), Q_PAR x POS w of unsigned 24
//                bits}; m_z_data {exponent signed 8 bits, total unsigned 36 bits}, once for each row of a head, rows in turn. top
//                has a beat for each group of rows of a head, s and m have one for each (position tile, group), groups first.
// Latency      : 8; from s to m; a row's z comes 9 + clog2(WIDE_W / 256) after its group's last beat
// Throughput   : 1
// Back-pressure: readies are of registers; the tops of two heads are absorbed, 16 beats wait for m, denominators of two heads of
//                GROUPS_MAX groups for z.
// Golden       : golden.ternary.integer.functions.exponentials
// Test         : tests/rtl/test_attn_weight.py
//
// Why: the pipeline runs free; what leaves it has its places counted at its entry.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module attn_weight #(
    parameter WIDE_W     = 512,  // width of a tile of K or V [bits], a power of two, >= 256
    parameter Q_PAR      = 4,    // rows in parallel, a power of two
    parameter GROUPS_MAX = 4,    // most groups of Q_PAR rows, 1..16
    // Follows from the others, not to be set: width of the rows of a group less 1.
    parameter ROWS_W     = (Q_PAR > 1) ? $clog2(Q_PAR) : 1
) (
    input  wire                                          clk,
    input  wire                                          rst,
    input  wire                                          s_top_valid,
    output wire                                          s_top_ready,
    input  wire [                            Q_PAR*21:0] s_top_data,
    input  wire                                          s_valid,
    output wire                                          s_ready,
    input  wire [WIDE_W/256*8+WIDE_W/256*Q_PAR*21+1:0] s_data,
    output wire                                          m_valid,
    input  wire                                          m_ready,
    output wire [      WIDE_W/256*Q_PAR*24+ROWS_W+1:0] m_data,
    output wire                                          m_z_valid,
    input  wire                                          m_z_ready,
    output wire [                                  43:0] m_z_data
);

  localparam POS = WIDE_W / 256;
  localparam N = Q_PAR * POS;
  localparam SCORE_W = `KR_TERN_SCORE_W;
  localparam TOP_W = SCORE_W - `KR_TERN_CFG_SCORE_FRAC;
  localparam BOTH_W = 2 * TOP_W + 1;  // both maxima of a row
  localparam E_W = `KR_TERN_V_EXPONENT_W;
  localparam P_W = `KR_TERN_SOFTMAX_W - 1;  // without a sign
  localparam TOTAL_W = `KR_TERN_SOFTMAX_SUM_W - 1;
  localparam GROUP_W = (GROUPS_MAX > 1) ? $clog2(GROUPS_MAX) : 1;
  localparam STAGES = 7;  // of the exponentials
  localparam TOPS_W = Q_PAR * BOTH_W;
  localparam SIDE_W = ROWS_W + Q_PAR * E_W;  // of a group: its last row, exponents
  localparam MARK_W = 3 + GROUP_W + SIDE_W;
  localparam [TOP_W:0] NONE = {1'b1, {TOP_W{1'b0}}};

  // Maxima of two heads, with what follows from them.
  wire               top_take = s_top_valid && s_top_ready;
  wire               top_last = s_top_data[TOPS_W];
  reg                top_bank_q;
  reg  [GROUP_W-1:0] top_group_q;
  reg  [        1:0] heads_q;  // complete, and not used up
  reg  [ ROWS_W-1:0] top_row_d;  // last row that is there
  reg  [Q_PAR*E_W-1:0] top_exponents_d;
  wire [ SIDE_W-1:0] side;
  wire [ TOPS_W-1:0] tops;

  // Beats of scores.
  localparam BODY_W = POS * E_W + N * (SCORE_W + 1);
  wire               enter = s_valid && s_ready;
  wire               last_tile = s_data[BODY_W+1];
  wire               last_group = s_data[BODY_W];
  wire               head_end = enter && last_tile && last_group;
  reg                bank_q;
  reg  [GROUP_W-1:0] group_q;
  reg                opens_q;  // the tile is a head's first
  wire               m_room;
  wire               z_room;

  assign s_top_ready = !heads_q[1];
  assign s_ready     = heads_q != 2'd0 && m_room && z_room;

  integer k;
  always @* begin
    top_row_d = {ROWS_W{1'b0}};
    for (k = 0; k < Q_PAR; k = k + 1) begin
      if (s_top_data[k*BOTH_W+TOP_W+:TOP_W+1] != NONE) top_row_d = k[ROWS_W-1:0];
      top_exponents_d[k*E_W+:E_W] = s_top_data[k*BOTH_W+TOP_W+:E_W] - s_top_data[k*BOTH_W+:E_W];
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      top_bank_q  <= 1'b0;
      top_group_q <= {GROUP_W{1'b0}};
    end else if (top_take) begin
      top_bank_q  <= top_bank_q ^ top_last;
      top_group_q <= top_last ? {GROUP_W{1'b0}} : top_group_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (rst) heads_q <= 2'd0;
    else heads_q <= heads_q + {1'b0, top_take && top_last} - {1'b0, head_end};
  end

  always @(posedge clk) begin
    if (rst) begin
      bank_q  <= 1'b0;
      group_q <= {GROUP_W{1'b0}};
      opens_q <= 1'b1;
    end else if (enter) begin
      bank_q  <= bank_q ^ head_end;
      group_q <= last_group ? {GROUP_W{1'b0}} : group_q + 1'b1;
      if (last_group) opens_q <= last_tile;
    end
  end

  mem_lutram #(
      .DATA_W(SIDE_W + TOPS_W),
      .DEPTH (2 << GROUP_W)
  ) u_tops (
      .clk    (clk),
      .wr_en  (top_take),
      .wr_addr({top_bank_q, top_group_q}),
      .wr_data({top_row_d, top_exponents_d, s_top_data[TOPS_W-1:0]}),
      .rd_addr({bank_q, group_q}),
      .rd_data({side, tops})
  );

  // Exponentials, and what goes beside them.
  reg  [       STAGES-1:0] valid_q;  // last highest
  reg  [STAGES*MARK_W-1:0] marks_q;
  wire                     z_tile;
  wire                     z_last_group;
  wire                     z_opens;
  wire [      GROUP_W-1:0] z_group;
  wire [       SIDE_W-1:0] z_side;
  wire [        N*P_W-1:0] z;
  wire [        N*P_W-1:0] w;

  assign {z_tile, z_last_group, z_opens, z_group, z_side} = marks_q[(STAGES-1)*MARK_W+:MARK_W];

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else valid_q <= {valid_q[STAGES-2:0], enter};
  end

  always @(posedge clk) begin
    marks_q <= {marks_q[(STAGES-1)*MARK_W-1:0], last_tile, last_group, opens_q, group_q, side};
  end

  attn_exp #(
      .ROWS(Q_PAR),
      .POS (POS)
  ) u_exp (
      .clk  (clk),
      .rst  (rst),
      .valid(enter),
      .t    (s_data[N*SCORE_W-1:0]),
      .seen (s_data[N*SCORE_W+:N]),
      .e    (s_data[N*(SCORE_W+1)+:POS*E_W]),
      .tops (tops),
      .z    (z),
      .w    (w)
  );

  m2_exit_queue #(
      .DATA_W(N * P_W + ROWS_W + 2),
      .DEPTH (16)
  ) u_weights (
      .clk    (clk),
      .rst    (rst),
      .room   (m_room),
      .enter  (enter),
      .s_valid(valid_q[STAGES-1]),
      .s_data ({z_tile, z_last_group, z_side[SIDE_W-1-:ROWS_W], w}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  // Denominators: a group at a time, then its rows in turn.
  localparam CLOSED_W = SIDE_W + Q_PAR * TOTAL_W;
  wire                     total_valid;
  wire [       SIDE_W-1:0] total_side;
  wire [Q_PAR*TOTAL_W-1:0] total;
  wire                     closed_valid;
  wire [     CLOSED_W-1:0] closed;
  wire [       ROWS_W-1:0] closed_row;
  wire [    Q_PAR*E_W-1:0] closed_exponents;
  wire [Q_PAR*TOTAL_W-1:0] closed_totals;
  reg  [       ROWS_W-1:0] row_q;
  wire                     row_last = row_q == closed_row;

  assign {closed_row, closed_exponents, closed_totals} = closed;
  assign m_z_valid = closed_valid;
  assign m_z_data  = {closed_exponents[row_q*E_W+:E_W], closed_totals[row_q*TOTAL_W+:TOTAL_W]};

  attn_total #(
      .ROWS   (Q_PAR),
      .POS    (POS),
      .GROUP_W(GROUP_W),
      .SIDE_W (SIDE_W)
  ) u_total (
      .clk        (clk),
      .rst        (rst),
      .valid      (valid_q[STAGES-1]),
      .opens      (z_opens),
      .closes     (z_tile),
      .group      (z_group),
      .side       (z_side),
      .z          (z),
      .total_valid(total_valid),
      .total_side (total_side),
      .total      (total)
  );

  m2_exit_queue #(
      .DATA_W(CLOSED_W),
      .DEPTH (2 << GROUP_W)
  ) u_closed (
      .clk    (clk),
      .rst    (rst),
      .room   (z_room),
      .enter  (enter && last_tile),
      .s_valid(total_valid),
      .s_data ({total_side, total}),
      .m_valid(closed_valid),
      .m_ready(m_z_ready && row_last),
      .m_data (closed)
  );

  always @(posedge clk) begin
    if (rst) row_q <= {ROWS_W{1'b0}};
    else if (closed_valid && m_z_ready) row_q <= row_last ? {ROWS_W{1'b0}} : row_q + 1'b1;
  end

  generate
    if (WIDE_W < 256 || (WIDE_W & (WIDE_W - 1)) != 0 || Q_PAR < 1 || (Q_PAR & (Q_PAR - 1)) != 0) begin : g_bad_size
      attn_weight_needs_WIDE_W_from_256_on_and_Q_PAR_powers_of_two u_error ();
    end
    if (GROUPS_MAX < 1 || GROUPS_MAX > 16) begin : g_bad_groups
      attn_weight_GROUPS_MAX_must_be_1_to_16 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_z_valid, m_z_ready, m_z_data)
  `CHECK(!top_take || {{32 - GROUP_W{1'b0}}, top_group_q} < GROUPS_MAX, "more groups of rows than GROUPS_MAX")

endmodule

`default_nettype wire
