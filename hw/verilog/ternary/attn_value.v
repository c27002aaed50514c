// SPDX-License-Identifier: Apache-2.0
//
// attn_value - the pass over V: weights of positions times tiles of V, summed over all positions of a head.
//
// Function     : y[r][d] = sum over positions of w[position][r] * v[position][d], for the rows r that read a KV head.
// Format       : slices = P / 32, 1..4; s_w_data {last_tile, last_group, rows of this group less 1 (ROWS_W bits), Q_PAR rows x POS
//                positions of unsigned 24 bits, positions first}, POS = WIDE_W / 256, last_group at the end of a tile's row
//                groups, last_tile in all beats of a head's last tile, 0 for positions that a row does not see; s_data a tile,
//                POS positions x 32 of signed 8 bits. For each position tile of a head: a beat of w for each group of Q_PAR
//                rows, `slices` beats of v. m_data {last, 8 sums of signed 44 bits, first lowest}: rows in turn, 4 * slices
//                beats each, last at a row's end. Only the last group may have fewer rows than Q_PAR: its others are left
//                out. slices holds still during a run.
// Latency      : 6 + clog2(WIDE_W // 256); from a head's last beat of v to its first of m, with one group of rows, when no v follows
// Throughput   : variable: a beat of v a cycle and group of rows; 8 sums a cycle, in cycles without one
// Back-pressure: readies are of registers; the sums of two heads are absorbed.
// Golden       : golden.ternary.integer.attention.weighted
// Test         : tests/rtl/test_attn_value.py
//
// Why: a beat of w comes once and is kept for the other slices, so that exponentials are needed in one of P / 32 cycles
// only. Sums of a complete head stay in its bank and leave in cycles in which the next head has no beat of v, as in K's pass.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module attn_value #(
    parameter WIDE_W     = 512,  // width of a tile [bits], a power of two, >= 256
    parameter Q_PAR      = 4,    // rows in parallel, a power of two
    parameter GROUPS_MAX = 4,    // most groups of Q_PAR rows, 1..16
    parameter VALUE_LUTS = 0,    // positions of a tile whose products are made of LUTs, 0..WIDE_W / 256
    // Follows from the others, not to be set: width of the rows of a group less 1.
    parameter ROWS_W     = (Q_PAR > 1) ? $clog2(Q_PAR) : 1
) (
    input  wire                                  clk,
    input  wire                                  rst,
    input  wire [                           2:0] slices,
    input  wire                                  s_w_valid,
    output wire                                  s_w_ready,
    input  wire [WIDE_W/256*Q_PAR*24+ROWS_W+1:0] s_w_data,
    input  wire                                  s_valid,
    output wire                                  s_ready,
    input  wire [                    WIDE_W-1:0] s_data,
    output wire                                  m_valid,
    input  wire                                  m_ready,
    output wire [                        8*44:0] m_data,
    output wire                                  starved  // weights and room are there, but no tile
);

  localparam POS = WIDE_W / 256;
  localparam W_W = `KR_TERN_SOFTMAX_WEIGHT_W - 1;  // without a sign
  localparam BEAT_W = 8 * `KR_TERN_ATTENTION_ACC_W;
  localparam WEIGHTS_W = Q_PAR * POS * W_W;
  localparam GROUP_W = (GROUPS_MAX > 1) ? $clog2(GROUPS_MAX) : 1;
  localparam ADDR_W = 2 + GROUP_W;
  localparam SUM = 3 + $clog2(POS);  // stages in front of the accumulators
  localparam MARK_W = 3 + ADDR_W + ROWS_W;

  // Inputs. A beat of v stays for all groups of rows; one of w is kept until the tile's last slice.
  reg                  w_full_q;
  reg  [WEIGHTS_W-1:0] w_q;
  reg  [   ROWS_W-1:0] w_rows_q;
  reg                  w_last_group_q;
  reg                  w_last_tile_q;
  reg                  v_full_q;
  reg  [   WIDE_W-1:0] v_q;
  wire                 step;
  reg  [          1:0] last_slice_q;
  reg  [          1:0] slice_q;
  reg                  again_q;  // a slice other than the first
  reg  [  GROUP_W-1:0] group_q;
  reg  [  GROUP_W-1:0] last_group_q;  // of this tile, known from its first slice on, as what follows
  reg  [   ROWS_W-1:0] rows_q;  // of the last group
  reg                  last_tile_q;
  wire                 group_end = again_q ? group_q == last_group_q : w_last_group_q;
  wire                 last_tile = again_q ? last_tile_q : w_last_tile_q;
  wire [   ROWS_W-1:0] rows = again_q ? rows_q : w_rows_q;
  wire                 slice_end = slice_q == last_slice_q;
  wire                 tile_end = group_end && slice_end;
  wire                 head_end = tile_end && last_tile;
  wire [WEIGHTS_W-1:0] kept;
  wire [          2:0] last_slice_d = slices - 3'd1;
  wire                 unused_slices = last_slice_d[2];

  assign s_w_ready = !w_full_q || (step && !again_q);
  assign s_ready = !v_full_q || (step && group_end);

  always @(posedge clk) begin
    if (rst) begin
      w_full_q <= 1'b0;
      v_full_q <= 1'b0;
    end else begin
      if (s_w_ready) w_full_q <= s_w_valid;
      if (s_ready) v_full_q <= s_valid;
    end
  end

  always @(posedge clk) begin
    last_slice_q <= last_slice_d[1:0];
    if (s_w_ready) {w_last_tile_q, w_last_group_q, w_rows_q, w_q} <= s_w_data;
    if (s_ready) v_q <= s_data;
  end

  always @(posedge clk) begin
    if (rst) begin
      slice_q <= 2'd0;
      again_q <= 1'b0;
      group_q <= {GROUP_W{1'b0}};
    end else if (step) begin
      group_q <= group_end ? {GROUP_W{1'b0}} : group_q + 1'b1;
      if (group_end) begin
        slice_q <= slice_end ? 2'd0 : slice_q + 2'd1;
        again_q <= !slice_end;
      end
    end
  end

  always @(posedge clk) begin
    if (step && !again_q) begin
      last_group_q <= group_q;
      rows_q       <= w_rows_q;
      last_tile_q  <= w_last_tile_q;
    end
  end

  mem_lutram #(
      .DATA_W(WEIGHTS_W),
      .DEPTH (1 << GROUP_W)
  ) u_kept (
      .clk    (clk),
      .wr_en  (step && !again_q),
      .wr_addr(group_q),
      .wr_data(w_q),
      .rd_addr(group_q),
      .rd_data(kept)
  );

  // A head enters while the results of at most one wait.
  reg        fresh_q;  // the next step is a head's first
  reg        opens_q;  // the tile is a head's first
  reg        bank_q;  // where its results go
  reg  [1:0] heads_q;  // entered, and not read
  wire       empty;

  wire able = (again_q || w_full_q) && !(fresh_q && heads_q[1]);

  assign step    = v_full_q && able;
  assign starved = !v_full_q && able;

  always @(posedge clk) begin
    if (rst) begin
      fresh_q <= 1'b1;
      opens_q <= 1'b1;
      bank_q  <= 1'b0;
    end else if (step) begin
      fresh_q <= head_end;
      if (tile_end) opens_q <= last_tile;
      if (head_end) bank_q <= !bank_q;
    end
  end

  always @(posedge clk) begin
    if (rst) heads_q <= 2'd0;
    else heads_q <= heads_q + {1'b0, step && fresh_q} - {1'b0, empty};
  end

  // Operands, and what goes beside them to the accumulators.
  reg  [   WEIGHTS_W-1:0] p0_w_q;
  reg  [      WIDE_W-1:0] p0_v_q;
  reg  [         SUM-1:0] steps_q;  // last highest
  reg  [  SUM*MARK_W-1:0] marks_q;
  wire                    add = steps_q[SUM-1];
  wire                    sum_opens;
  wire                    sum_end;
  wire                    sum_bank;
  wire [      ADDR_W-1:0] sum_addr;
  wire [      ROWS_W-1:0] sum_rows;
  wire [        ADDR_W:0] rd_addr;
  wire [             1:0] rd_part;
  wire [Q_PAR*BEAT_W-1:0] eights;

  assign {sum_opens, sum_end, sum_bank, sum_addr, sum_rows} = marks_q[(SUM-1)*MARK_W+:MARK_W];

  always @(posedge clk) begin
    if (rst) steps_q <= {SUM{1'b0}};
    else steps_q <= {steps_q[SUM-2:0], step};
  end

  always @(posedge clk) begin
    p0_w_q  <= again_q ? kept : w_q;
    p0_v_q  <= v_q;
    marks_q <= {marks_q[(SUM-1)*MARK_W-1:0], opens_q, head_end, bank_q, slice_q, group_q, rows};
  end

  genvar r;
  generate
    for (r = 0; r < Q_PAR; r = r + 1) begin : g_row
      attn_value_row #(
          .POS   (POS),
          .LUTS  (VALUE_LUTS),
          .ADDR_W(ADDR_W + 1)
      ) u_row (
          .clk    (clk),
          .w      (p0_w_q[r*POS*W_W+:POS*W_W]),
          .v      (p0_v_q),
          .add    (add),
          .opens  (sum_opens),
          .addr   ({sum_bank, sum_addr}),
          .rd_addr(rd_addr),
          .rd_part(rd_part),
          .eight  (eights[r*BEAT_W+:BEAT_W])
      );
    end

    if (WIDE_W < 256 || (WIDE_W & (WIDE_W - 1)) != 0 || Q_PAR < 1 || (Q_PAR & (Q_PAR - 1)) != 0) begin : g_bad_size
      attn_value_needs_WIDE_W_from_256_on_and_Q_PAR_powers_of_two u_error ();
    end
    if (GROUPS_MAX < 1 || GROUPS_MAX > 16) begin : g_bad_groups
      attn_value_GROUPS_MAX_must_be_1_to_16 u_error ();
    end
  endgenerate

  attn_value_out #(
      .ROWS   (Q_PAR),
      .GROUP_W(GROUP_W)
  ) u_out (
      .clk       (clk),
      .rst       (rst),
      .last_slice(last_slice_q),
      .busy      (add),
      .ends      (add && sum_end),
      .bank      (sum_bank),
      .group     (sum_addr[GROUP_W-1:0]),
      .last_row  (sum_rows),
      .empty     (empty),
      .rd_addr   (rd_addr),
      .rd_part   (rd_part),
      .eights    (eights),
      .m_valid   (m_valid),
      .m_ready   (m_ready),
      .m_data    (m_data)
  );

  `CHECK(!s_valid || (slices >= 3'd1 && slices <= 3'd4), "slices is not within 1 and 4")
  `CHECK(!step || {{32 - GROUP_W{1'b0}}, group_q} < GROUPS_MAX, "more groups of rows than GROUPS_MAX")

endmodule

`default_nettype wire
