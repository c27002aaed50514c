// SPDX-License-Identifier: Apache-2.0
//
// attn_total - denominators of softmaxes: sums over a row's positions, a tile of them at a time.
//
// Function     : total[r] = sum of z[r] over the beats of a group of rows, from the one with `opens` to the one with `closes`.
// Format       : z ROWS x POS of unsigned 24 bits, first row lowest; total ROWS of unsigned 36 bits. Groups may alternate.
//                side: opaque, of the beat that closes.
// Latency      : 1 + clog2(POS)
// Throughput   : 1
// Back-pressure: none; takes a beat in each cycle with valid.
// Golden       : golden.ternary.integer.attention.attend
// Test         : tests/rtl/test_attn_weight.py
//
// Why: read, addition and write of a group's sums are one cycle, so that neighbouring beats may be of one group.

`default_nettype none
`include "kr_tern_widths.vh"

module attn_total #(
    parameter ROWS    = 4,  // rows of a group, >= 1
    parameter POS     = 2,  // positions of a tile, >= 1
    parameter GROUP_W = 2,  // width of a group's number [bits], >= 1
    parameter SIDE_W  = 1   // width of what goes beside [bits], >= 1
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   valid,
    input  wire                   opens,
    input  wire                   closes,
    input  wire [    GROUP_W-1:0] group,
    input  wire [     SIDE_W-1:0] side,
    input  wire [ROWS*POS*24-1:0] z,
    output wire                   total_valid,
    output wire [     SIDE_W-1:0] total_side,
    output wire [    ROWS*36-1:0] total
);

  localparam P_W = `KR_TERN_SOFTMAX_W - 1;  // without a sign
  localparam TOTAL_W = `KR_TERN_SOFTMAX_SUM_W - 1;
  localparam LEVELS = $clog2(POS);
  localparam SUM_W = P_W + LEVELS;
  localparam MARK_W = 3 + GROUP_W + SIDE_W;

  // The marks of each level's beat; level 0 is the input.
  wire [(LEVELS+1)*MARK_W-1:0] marks;
  wire                         sum_valid;
  wire                         sum_opens;
  wire                         sum_closes;
  wire [          GROUP_W-1:0] sum_group;
  wire [           SIDE_W-1:0] sum_side;
  wire [     ROWS*TOTAL_W-1:0] stored;
  wire [     ROWS*TOTAL_W-1:0] sums;
  reg                          valid_q;
  reg  [           SIDE_W-1:0] side_q;
  reg  [     ROWS*TOTAL_W-1:0] total_q;

  assign marks[MARK_W-1:0] = {valid, opens, closes, group, side};
  assign {sum_valid, sum_opens, sum_closes, sum_group, sum_side} = marks[LEVELS*MARK_W+:MARK_W];
  assign total_valid = valid_q;
  assign total_side  = side_q;
  assign total       = total_q;

  genvar r, p, k;
  generate
    for (k = 0; k < LEVELS; k = k + 1) begin : g_level
      reg              mark_valid_q;
      reg [MARK_W-2:0] mark_q;

      assign marks[(k+1)*MARK_W+:MARK_W] = {mark_valid_q, mark_q};

      always @(posedge clk) begin
        if (rst) mark_valid_q <= 1'b0;
        else mark_valid_q <= marks[k*MARK_W+MARK_W-1];
      end

      always @(posedge clk) begin
        mark_q <= marks[k*MARK_W+:MARK_W-1];
      end
    end

    for (r = 0; r < ROWS; r = r + 1) begin : g_row
      wire [POS*(P_W+1)-1:0] terms;  // with a sign
      wire [        SUM_W:0] sum;
      wire                   unused_sign = sum[SUM_W];

      for (p = 0; p < POS; p = p + 1) begin : g_term
        assign terms[p*(P_W+1)+:P_W+1] = {1'b0, z[(r*POS+p)*P_W+:P_W]};
      end

      fxp_sum_tree #(
          .N   (POS),
          .IN_W(P_W + 1)
      ) u_sum (
          .clk(clk),
          .en (1'b1),
          .x  (terms),
          .sum(sum)
      );

      assign sums[r*TOTAL_W+:TOTAL_W] = (stored[r*TOTAL_W+:TOTAL_W] & {TOTAL_W{!sum_opens}}) +
                                        {{TOTAL_W - SUM_W{1'b0}}, sum[SUM_W-1:0]};
    end

    if (ROWS < 1 || POS < 1 || POS > 2048 || GROUP_W < 1 || SIDE_W < 1) begin : g_bad_size
      attn_total_needs_sizes_of_at_least_1_and_POS_up_to_2048 u_error ();
    end
    if (P_W != 24 || TOTAL_W != 36) begin : g_bad_format
      attn_total_is_made_for_exponentials_of_24_bits_and_totals_of_36 u_error ();
    end
  endgenerate

  mem_lutram #(
      .DATA_W(ROWS * TOTAL_W),
      .DEPTH (1 << GROUP_W)
  ) u_totals (
      .clk    (clk),
      .wr_en  (sum_valid),
      .wr_addr(sum_group),
      .wr_data(sums),
      .rd_addr(sum_group),
      .rd_data(stored)
  );

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else valid_q <= sum_valid && sum_closes;
  end

  always @(posedge clk) begin
    side_q  <= sum_side;
    total_q <= sums;
  end

endmodule

`default_nettype wire
