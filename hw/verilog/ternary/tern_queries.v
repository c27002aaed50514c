// SPDX-License-Identifier: Apache-2.0
//
// tern_queries - activations of the head, column by column, as the rows of q of its pass.
//
// Function     : the columns of a job, up to the one with vec_last, are rows, Q_PAR neighbouring ones a group: m gives 32
//                inputs of a group's rows, zeros for rows that fill up the last group.
// Format       : s_data {vec_last, col_last, 40 q of signed 8 bits} as tern_act gives them in HEAD jobs, each column 32 c_slices
//                elements, what fills up its last beat is dropped; m_data {last slice, last group, Q_PAR x 32 q of signed 8 bits}
//                in the order (slice, group), the group fastest; first lowest. c_slices = D / 32 holds still during a run.
// Latency      : 11; from a job's last beat to its first beat of m
// Throughput   : 1 / 4; s a beat in 5 cycles
// Back-pressure: registered ready; a job is absorbed as a whole. The next one waits until it has left.
// Golden       : golden.ternary.integer.linear.rows
// Test         : tests/rtl/test_tern_queries.py
//
// Why: it works once for each token that is chosen, so it takes 8 elements of a row a cycle: a block RAM for each row of a
// group, where words of 32 would take four, and no shifter between beats of 40 and of 32.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_queries #(
    parameter Q_PAR  = 2,  // rows of a group, >= 2
    parameter T_COLS = 4,  // most columns of a job, 1..256
    parameter SLICES = 4   // slices of 32 inputs at most, 1..256
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire [          7:0] c_slices,
    input  wire                 s_valid,
    output wire                 s_ready,
    input  wire [        321:0] s_data,
    output wire                 m_valid,
    input  wire                 m_ready,
    output wire [Q_PAR*256+1:0] m_data
);

  localparam LANES = (T_COLS < Q_PAR) ? T_COLS : Q_PAR;  // rows of a group that there may be
  localparam LANE_W = $clog2(Q_PAR);
  localparam [31:0] LAST_LANE = Q_PAR - 1;
  localparam GROUPS = (T_COLS + Q_PAR - 1) / Q_PAR;
  localparam G_W = (GROUPS > 1) ? $clog2(GROUPS) : 1;
  localparam UNIT_W = $clog2(4 * SLICES);  // units of 8 inputs
  localparam DEPTH = (4 * SLICES) << $clog2(GROUPS);
  localparam ADDR_W = $clog2(DEPTH);
  localparam [31:0] THREE = 3;

  // A job's columns come in, then wait until they have left.
  reg               full_q;
  reg               vec_end_q;  // this beat is the job's last one
  reg  [UNIT_W-1:0] unit_q;
  reg  [UNIT_W-1:0] last_unit_q;
  reg               pad_q;  // behind the column's end
  reg  [LANE_W-1:0] lane_q;
  reg  [   G_W-1:0] group_q;
  reg  [LANE_W-1:0] last_lane_q;
  reg  [   G_W-1:0] last_group_q;
  wire              u_valid;
  wire              u_last;  // of the column's last beat
  wire [      63:0] u_data;
  wire              move = u_valid && !full_q;
  wire              col_end = move && u_last;
  wire              lane_end = lane_q == LAST_LANE[LANE_W-1:0];
  wire [UNIT_W+G_W-1:0] wr_place = {unit_q, group_q};
  wire              emptied;
  wire [       9:0] units = {c_slices, 2'd0} - 10'd1;
  wire              unused_units = &{1'b0, units};

  strm_downsize #(
      .DATA_W(64),
      .RATIO (5)
  ) u_units (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data[319:0]),
      .s_last (s_data[320]),
      .m_valid(u_valid),
      .m_ready(!full_q),
      .m_data (u_data),
      .m_last (u_last)
  );

  always @(posedge clk) begin
    last_unit_q <= units[UNIT_W-1:0];
    if (s_valid && s_ready) vec_end_q <= s_data[321];
  end

  always @(posedge clk) begin
    if (rst) full_q <= 1'b0;
    else full_q <= (col_end && vec_end_q) || (full_q && !emptied);
  end

  always @(posedge clk) begin
    if (rst || col_end) begin
      unit_q <= {UNIT_W{1'b0}};
      pad_q  <= 1'b0;
    end else if (move) begin
      unit_q <= unit_q + 1'b1;
      pad_q  <= pad_q || unit_q == last_unit_q;
    end
  end

  always @(posedge clk) begin
    if (rst || (col_end && vec_end_q)) begin
      lane_q  <= {LANE_W{1'b0}};
      group_q <= {G_W{1'b0}};
    end else if (col_end) begin
      lane_q  <= lane_end ? {LANE_W{1'b0}} : lane_q + 1'b1;
      group_q <= group_q + {{G_W - 1{1'b0}}, lane_end};
    end
  end

  always @(posedge clk) begin
    if (col_end) begin
      last_lane_q  <= lane_q;
      last_group_q <= group_q;
    end
  end

  // Reading: four units, groups, slices.
  reg  [UNIT_W-1:0] rd_unit_q;
  reg  [   G_W-1:0] rd_group_q;
  reg               valid_q;
  reg  [       1:0] marks_q;
  reg  [ Q_PAR-1:0] there_q;
  wire              free;
  wire              issue = full_q && free;
  wire              part_end = &rd_unit_q[1:0];
  wire              group_end = rd_group_q == last_group_q;
  wire              slice_end = rd_unit_q == last_unit_q;  // at its end
  wire [UNIT_W+G_W-1:0] rd_place = {rd_unit_q, rd_group_q};
  wire [UNIT_W-1:0] back = rd_unit_q & ~THREE[UNIT_W-1:0];  // to the slice's first one

  assign emptied = issue && part_end && group_end && slice_end;

  always @(posedge clk) begin
    if (rst || emptied) begin
      rd_unit_q  <= {UNIT_W{1'b0}};
      rd_group_q <= {G_W{1'b0}};
    end else if (issue) begin
      rd_unit_q <= (part_end && !group_end) ? back : rd_unit_q + 1'b1;
      if (part_end) rd_group_q <= group_end ? {G_W{1'b0}} : rd_group_q + 1'b1;
    end
  end

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (free) valid_q <= full_q;
  end

  always @(posedge clk) begin
    if (issue) begin
      marks_q <= {slice_end, group_end};
      there_q <= ~({Q_PAR{group_end}} & ({Q_PAR{1'b1}} << 1 << last_lane_q));
    end
  end

  wire [ Q_PAR*64-1:0] words;
  wire [Q_PAR*256-1:0] parts;  // unit by unit
  reg  [          1:0] out_marks_q;
  wire                 up_ready;
  wire                 unused_last;

  assign free = up_ready || !valid_q;
  assign m_data[Q_PAR*256+:2] = out_marks_q;

  always @(posedge clk) begin
    if (valid_q && up_ready) out_marks_q <= marks_q;
  end

  strm_upsize #(
      .DATA_W(Q_PAR * 64),
      .RATIO (4)
  ) u_out (
      .clk    (clk),
      .rst    (rst),
      .s_valid(valid_q),
      .s_ready(up_ready),
      .s_data (words),
      .s_last (1'b0),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (parts),
      .m_last (unused_last)
  );

  genvar i, k;
  generate
    for (i = 0; i < Q_PAR; i = i + 1) begin : g_row
      localparam [31:0] LANE = i;

      if (i < LANES) begin : g_there
        wire [63:0] word;

        mem_sdp #(
            .DATA_W(64),
            .DEPTH (DEPTH)
        ) u_words (
            .clk    (clk),
            .wr_en  (move && !pad_q && lane_q == LANE[LANE_W-1:0]),
            .wr_addr(wr_place[UNIT_W+G_W-1-:ADDR_W]),
            .wr_data(u_data),
            .rd_en  (issue),
            .rd_addr(rd_place[UNIT_W+G_W-1-:ADDR_W]),
            .rd_data(word)
        );

        assign words[i*64+:64] = word & {64{there_q[i]}};
      end else begin : g_never
        assign words[i*64+:64] = 64'd0;
      end

      for (k = 0; k < 4; k = k + 1) begin : g_unit
        assign m_data[i*256+k*64+:64] = parts[(k*Q_PAR+i)*64+:64];
      end
    end

    if (Q_PAR < 2 || T_COLS < 1 || T_COLS > 256 || SLICES < 1 || SLICES > 256) begin : g_bad_size
      tern_queries_needs_Q_PAR_at_least_2_and_T_COLS_1_to_256_and_SLICES_1_to_256 u_error ();
    end
    if (`KR_TERN_HEAD_ACT_W != 8) begin : g_bad_format
      tern_queries_is_made_for_activations_of_8_bits u_error ();
    end
  endgenerate

  wire unused_there = &{1'b0, there_q, wr_place, rd_place};

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!col_end || pad_q || unit_q == last_unit_q, "a column of fewer inputs than c_slices says")

endmodule

`default_nettype wire
