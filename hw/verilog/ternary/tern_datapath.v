// SPDX-License-Identifier: Apache-2.0
//
// tern_datapath - weight beats and activations in, finished tiles out: lookup, row sums, accumulators.
//
// Function     : for each accumulator, from its `first` to its `last` beat: y[t][r] = sum of trit * activation;
//                m_valid presents all rows and vectors of a tile whose last beat has passed.
// Format       : w as tern_matvec's wide beat; x one column block, signed 8 bits; m_data signed 32 bits, row r of
//                vector t at bits [32*(OUTS*t + r) +: 32].
// Latency      : 5 + clog2(WIDE_W / 32 / OUTS)
// Throughput   : 1
// Back-pressure: none; the caller starts a last beat only when there is room for its result.
// Golden       : golden.ternary.matvec.lut_product
// Test         : tests/rtl/test_tern_matvec.py
//
// Why: valid bits travel beside the data and are the clock enables; nothing in here can stall, so no handshake is
// wider than one bit.

`default_nettype none

module tern_datapath #(
    parameter WIDE_W    = 256,  // bits of a weight beat
    parameter OUTS      = 8,    // rows of a beat, WIDE_W / 32 / OUTS a power of two >= 1
    parameter T_COLS    = 1,    // vectors, >= 1
    parameter ACC_DEPTH = 128,  // tiles of a row block
    parameter PORTS     = 1     // equal parts of a beat for which bad bytes are told apart
) (
    input  wire                         clk,
    input  wire                         rst,
    input  wire [           T_COLS-1:0] enable,
    input  wire [           WIDE_W-1:0] w,
    input  wire                         beat,
    input  wire                         swap,
    input  wire                         first,
    input  wire                         last,
    input  wire [$clog2(ACC_DEPTH)-1:0] tile,
    input  wire [  WIDE_W/OUTS*5 - 1:0] x,
    input  wire                         load,
    input  wire [           T_COLS-1:0] fill,
    output wire                         m_valid,
    output wire [   T_COLS*OUTS*32-1:0] m_data,
    output wire [            PORTS-1:0] bad
);

  localparam GROUPS = WIDE_W / 32 / OUTS;
  localparam LEVELS = $clog2(GROUPS);
  localparam SUM_W = 13 + LEVELS;
  localparam TILE_W = $clog2(ACC_DEPTH);
  localparam DEPTH = 5 + LEVELS;  // stages after the issue; the accumulators are the last
  localparam TAG_W = TILE_W + 2;

  // Stage i's valid bit is valid_q[i], its tag {tile, first, last} bits [i*TAG_W +: TAG_W].
  reg  [        DEPTH:1] valid_q;
  reg  [DEPTH*TAG_W-1:0] tags_q;
  wire [        DEPTH:0] valid = {valid_q, beat};

  always @(posedge clk) begin
    if (rst) valid_q <= {DEPTH{1'b0}};
    else valid_q <= valid[DEPTH-1:0];
  end

  always @(posedge clk) tags_q <= {tags_q[0+:(DEPTH-1)*TAG_W], tile, first, last};

  // Tag of stage i is at (i - 1) * TAG_W.
  wire [ TAG_W-1:0] read_tag = tags_q[(DEPTH-3)*TAG_W+:TAG_W];
  wire [ TAG_W-1:0] add_tag = tags_q[(DEPTH-2)*TAG_W+:TAG_W];
  wire [ TAG_W-1:0] acc_tag = tags_q[(DEPTH-1)*TAG_W+:TAG_W];
  wire              read = valid[DEPTH-2] && !read_tag[1];
  wire              add = valid[DEPTH-1];
  wire              write = valid[DEPTH] && !acc_tag[0];
  wire              summing = |valid[DEPTH-1:4];
  wire [TILE_W-1:0] read_tile = read_tag[TAG_W-1:2];
  wire [TILE_W-1:0] write_tile = acc_tag[TAG_W-1:2];
  wire              add_first = add_tag[1];
  wire              unused_tags = &{1'b0, read_tag[0], add_tag[TAG_W-1:2], add_tag[0], acc_tag[1]};

  assign m_valid = valid[DEPTH] && acc_tag[0];

  wire [GROUPS*T_COLS*OUTS*13-1:0] group_sum;
  wire [          GROUPS*OUTS-1:0] group_bad;

  genvar g, r, t, p;
  generate
    for (g = 0; g < GROUPS; g = g + 1) begin : g_group
      wire [OUTS*32-1:0] group_w;

      for (r = 0; r < OUTS; r = r + 1) begin : g_row
        assign group_w[r*32+:32] = w[(r*GROUPS+g)*32+:32];
      end

      tern_group #(
          .OUTS  (OUTS),
          .T_COLS(T_COLS)
      ) u_group (
          .clk   (clk),
          .rst   (rst),
          .w     (group_w),
          .beat  (beat),
          .swap  (swap),
          .enable(enable),
          .x     (x[g*160+:160]),
          .load  (load),
          .fill  (fill),
          .sum   (group_sum[g*T_COLS*OUTS*13+:T_COLS*OUTS*13]),
          .bad   (group_bad[g*OUTS+:OUTS])
      );
    end

    for (t = 0; t < T_COLS; t = t + 1) begin : g_vector
      wire [OUTS*SUM_W-1:0] row_sum;

      for (r = 0; r < OUTS; r = r + 1) begin : g_row
        wire [GROUPS*13-1:0] terms;

        for (g = 0; g < GROUPS; g = g + 1) begin : g_term
          assign terms[g*13+:13] = group_sum[((g*T_COLS+t)*OUTS+r)*13+:13];
        end

        fxp_sum_tree #(
            .N   (GROUPS),
            .IN_W(13)
        ) u_sum (
            .clk(clk),
            .en (summing && enable[t]),
            .x  (terms),
            .sum(row_sum[r*SUM_W+:SUM_W])
        );
      end

      tern_acc #(
          .OUTS (OUTS),
          .IN_W (SUM_W),
          .DEPTH(ACC_DEPTH)
      ) u_acc (
          .clk    (clk),
          .rd_en  (read && enable[t]),
          .rd_tile(read_tile),
          .add    (add && enable[t]),
          .first  (add_first),
          .x      (row_sum),
          .wr_en  (write && enable[t]),
          .wr_tile(write_tile),
          .acc    (m_data[t*OUTS*32+:OUTS*32])
      );
    end

    // Words of row r are r*GROUPS .. r*GROUPS + GROUPS - 1 of the beat; a port has WIDE_W / 32 / PORTS words.
    for (p = 0; p < PORTS; p = p + 1) begin : g_port
      localparam WORDS = WIDE_W / 32 / PORTS;
      wire [WORDS-1:0] port_bad;
      reg              bad_q;

      for (g = 0; g < WORDS; g = g + 1) begin : g_word
        localparam WORD = p * WORDS + g;
        assign port_bad[g] = group_bad[(WORD%GROUPS)*OUTS+WORD/GROUPS];
      end

      assign bad[p] = bad_q;

      always @(posedge clk) begin
        if (rst) bad_q <= 1'b0;
        else bad_q <= valid[2] && |port_bad;
      end
    end

    if (OUTS < 1 || GROUPS < 1 || (GROUPS & (GROUPS - 1)) != 0 || GROUPS * OUTS * 32 != WIDE_W) begin : g_bad_outs
      tern_datapath_WIDE_W_must_be_OUTS_times_32_times_a_power_of_two u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
