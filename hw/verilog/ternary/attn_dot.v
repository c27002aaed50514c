// SPDX-License-Identifier: Apache-2.0
//
// attn_dot - rows of q times tiles of keys, summed over the slices of a head; the head's rows times activations too.
//
// Function     : for each tile of WIDE_W / 256 positions and each group of Q_PAR rows: y[i][p] = sum over slices s,
//                channels c of q[i][s][c] * k[p][s][c].
// Format       : s_q_data {last slice, last group, q[i][c] signed 8 bits at [(32*i + c)*8]} in the order (slice,
//                group), the group fastest: the q of a pass. s_data {last beat of the pass, k[p][c] signed 8 bits at
//                [(32*p + c)*8]} in the order (tile, slice). m_data {last tile, last group, y[i][p] signed Y_W bits at
//                [(i*POS + p)*Y_W]} in the order (tile, group); exact.
// Latency      : 11; from the cycle in which a tile's last slice meets a group to that group's sums
// Throughput   : variable: a group and slice each cycle, a result in as many cycles as there are slices
// Back-pressure: registered ready; it stalls while the q of its pass is not all there. Each beat of s stands for as many
//                cycles as there are groups. The q of two passes fit in.
// Golden       : golden.ternary.integer.attention.products
// Test         : tests/rtl/test_attn_dot.py
//
// Why: the RAM of q is read in the order in which it was written, again for each tile, and its marks with it: nobody
// counts slices. The marks are read one beat ahead. The pipeline runs free; places behind it are counted at its entry.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module attn_dot #(
    parameter WIDE_W = 512,  // bits of a tile, a multiple of 256
    parameter Q_PAR  = 2,    // rows of a group, even, >= 2
    parameter SLICES = 4,    // slices of 32 channels at most, >= 1
    parameter GROUPS = 1,    // groups of rows at most, >= 1
    parameter BEATS  = SLICES * GROUPS,  // beats of q of a pass at most, >= 1
    parameter ULTRA  = 0,    // beats of two passes from which on q is kept in UltraRAM, 0: never
    // Follow from the others, not to be set: positions of a tile, bits of a sum.
    parameter POS    = WIDE_W / 256,
    parameter Y_W    = 21 + $clog2(SLICES)
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire                     s_q_valid,
    output wire                     s_q_ready,
    input  wire [  Q_PAR*32*8+1:0] s_q_data,
    input  wire                     s_valid,
    output wire                     s_ready,
    input  wire [       WIDE_W:0] s_data,
    output wire                     m_valid,
    input  wire                     m_ready,
    output wire [Q_PAR*POS*Y_W+1:0] m_data,
    output wire                     starved  // q and room are there, but no tile
);

  localparam ADDR_W = (BEATS > 2) ? $clog2(BEATS) : 1;
  localparam G_W = (GROUPS > 2) ? $clog2(GROUPS) : 1;
  localparam Q_W = Q_PAR / 2 * 32 * 17;
  localparam MARK_W = 4 + G_W;
  localparam SUMS = 9;  // stage in which the sums of a slice are there
  localparam [31:0] LAST_BEAT = BEATS - 1;
  localparam [31:0] LAST_GROUP = GROUPS - 1;

  // The q of a pass goes into one bank while the other is in use.
  reg  [       1:0] full_q;
  reg               load_end_q;
  reg               in_bank_q;
  reg  [ADDR_W-1:0] in_addr_q;
  reg               in_first_q;
  reg  [       3:0] first_mark_q;  // {last slice, last group} of each bank's first beat
  wire [       1:0] in_mark = s_q_data[Q_PAR*256+:2];
  wire              load = s_q_valid && s_q_ready;
  wire              load_end = load && (&in_mark);
  wire [   Q_W-1:0] q_in;

  assign s_q_ready = !full_q[in_bank_q];

  always @(posedge clk) begin
    if (rst) begin
      in_bank_q  <= 1'b0;
      load_end_q <= 1'b0;
    end else begin
      in_bank_q  <= in_bank_q ^ load_end;
      load_end_q <= load_end;
    end
  end

  always @(posedge clk) begin
    if (rst || load_end) begin
      in_addr_q  <= {ADDR_W{1'b0}};
      in_first_q <= 1'b1;
    end else if (load) begin
      in_addr_q  <= in_addr_q + 1'b1;
      in_first_q <= 1'b0;
    end
  end

  always @(posedge clk) begin
    if (load && in_first_q) first_mark_q[2*in_bank_q+:2] <= in_mark;
  end

  // A beat of q each cycle, with the marks that were read before.
  reg               bank_q;
  reg  [ADDR_W-1:0] addr_q;
  reg  [ADDR_W-1:0] ahead_q;  // addr_q + 1
  reg  [       1:0] mark_q;  // of the beat at addr_q
  reg  [   G_W-1:0] group_q;
  reg               first_q;  // slice of a tile
  wire [       1:0] mark_ahead;
  wire              room;
  wire              slice_last = mark_q[1];
  wire              group_last = mark_q[0];
  wire              tile_last = s_data[WIDE_W];
  wire              allowed = full_q[bank_q] && room;
  wire              issue = s_valid && allowed;
  wire              wrap = issue && group_last && slice_last;
  wire              finish = wrap && tile_last;
  wire              restart = wrap || !full_q[bank_q];

  assign s_ready = allowed && group_last;
  assign starved = allowed && !s_valid;

  always @(posedge clk) begin
    if (rst) full_q <= 2'b00;
    else full_q <= (full_q | ({1'b0, load_end_q} << !in_bank_q)) & ~({1'b0, finish} << bank_q);
  end

  always @(posedge clk) begin
    if (rst) bank_q <= 1'b0;
    else bank_q <= bank_q ^ finish;
  end

  always @(posedge clk) begin
    if (restart) mark_q <= (bank_q ^ finish) ? first_mark_q[3:2] : first_mark_q[1:0];
    else if (issue) mark_q <= mark_ahead;
  end

  always @(posedge clk) begin
    if (restart) begin
      addr_q  <= {ADDR_W{1'b0}};
      ahead_q <= {{ADDR_W - 1{1'b0}}, 1'b1};
      group_q <= {G_W{1'b0}};
      first_q <= 1'b1;
    end else if (issue) begin
      addr_q  <= ahead_q;
      ahead_q <= ahead_q + 1'b1;
      group_q <= group_last ? {G_W{1'b0}} : group_q + 1'b1;
      first_q <= first_q && !group_last;
    end
  end

  mem_lutram #(
      .DATA_W(2),
      .DEPTH (2 << ADDR_W)
  ) u_marks (
      .clk    (clk),
      .wr_en  (load),
      .wr_addr({in_bank_q, in_addr_q}),
      .wr_data(in_mark),
      .rd_addr({bank_q, ahead_q}),
      .rd_data(mark_ahead)
  );

  wire [Q_W-1:0] q;

  mem_sdp #(
      .DATA_W(Q_W),
      .DEPTH (2 << ADDR_W),
      .ULTRA (ULTRA)
  ) u_q (
      .clk    (clk),
      .wr_en  (load),
      .wr_addr({in_bank_q, in_addr_q}),
      .wr_data(q_in),
      .rd_en  (issue),
      .rd_addr({bank_q, addr_q}),
      .rd_data(q)
  );

  // Marks beside the pipeline: {group, first slice, last slice, last tile, last group}.
  reg  [      SUMS:1] valid_q;
  reg  [SUMS*MARK_W-1:0] marks_q;  // of stages 1 to SUMS, last highest
  wire [  MARK_W-1:0] mark = {group_q, first_q, slice_last, tile_last, group_last};
  wire [  MARK_W-1:0] sum_mark = marks_q[(SUMS-1)*MARK_W+:MARK_W];
  reg  [  WIDE_W-1:0] k_q;
  reg                 done_q;  // a result is in the last stage
  reg  [         1:0] done_mark_q;

  always @(posedge clk) begin
    if (rst) begin
      valid_q <= {SUMS{1'b0}};
      done_q  <= 1'b0;
    end else begin
      valid_q <= {valid_q[SUMS-1:1], issue};
      done_q  <= valid_q[SUMS] && sum_mark[2];
    end
  end

  always @(posedge clk) begin
    marks_q     <= {marks_q[(SUMS-1)*MARK_W-1:0], mark};
    done_mark_q <= sum_mark[1:0];
    if (issue) k_q <= s_data[WIDE_W-1:0];
  end

  wire [Q_PAR*POS*Y_W-1:0] sums;

  genvar c, i, p;
  generate
    for (i = 0; i < Q_PAR / 2; i = i + 1) begin : g_pair
      for (c = 0; c < 32; c = c + 1) begin : g_channel
        wire [7:0] low = s_q_data[(2*i*32+c)*8+:8];
        wire [7:0] high = s_q_data[((2*i+1)*32+c)*8+:8];

        assign q_in[(32*i+c)*17+:17] = {{high[7], high} - {8'd0, low[7]}, low};
      end
    end

    for (p = 0; p < POS; p = p + 1) begin : g_position
      wire [Q_PAR*Y_W-1:0] y;

      attn_dot_lane #(
          .Q_PAR (Q_PAR),
          .SLICES(SLICES),
          .GROUPS(GROUPS)
      ) u_lane (
          .clk  (clk),
          .q    (q),
          .k    (k_q[p*256+:256]),
          .valid(valid_q[SUMS]),
          .first(sum_mark[3]),
          .group(sum_mark[4+:G_W]),
          .y    (y)
      );

      for (i = 0; i < Q_PAR; i = i + 1) begin : g_row
        assign sums[(i*POS+p)*Y_W+:Y_W] = y[i*Y_W+:Y_W];
      end
    end

    if (WIDE_W < 256 || WIDE_W % 256 != 0) begin : g_bad_size
      attn_dot_WIDE_W_must_be_a_multiple_of_256 u_error ();
    end
    if (SLICES < 1 || GROUPS < 1 || BEATS < 1) begin : g_bad_count
      attn_dot_needs_SLICES_and_GROUPS_and_BEATS_at_least_1 u_error ();
    end
    if (`KR_TERN_Q_W != 8 || `KR_TERN_K_W != 8 || `KR_TERN_HEAD_ACT_W != 8) begin : g_bad_format
      attn_dot_is_made_for_queries_keys_and_activations_of_8_bits u_error ();
    end
  endgenerate

  m2_exit_queue #(
      .DATA_W(Q_PAR * POS * Y_W + 2),
      .DEPTH (16)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (issue && slice_last),
      .s_valid(done_q),
      .s_data ({done_mark_q, sums}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!(issue && tile_last) || slice_last, "the pass ends within a tile")
  `CHECK(!load || load_end || in_addr_q != LAST_BEAT[ADDR_W-1:0], "more beats of q than BEATS")
  `CHECK(!issue || group_last || group_q != LAST_GROUP[G_W-1:0], "more groups than GROUPS")

endmodule

`default_nettype wire
