// SPDX-License-Identifier: Apache-2.0
//
// attn_value_row - weighted sums of V of one row of each group, of two heads.
//
// Function     : where add, acc[addr][d] = acc[addr][d] (0 where opens) + sum over the tile's positions p of w[p] * v[p][d];
//                else eight = 8 of acc[rd_addr], of part 0..3.
// Format       : w POS of unsigned 24 bits, first lowest; v POS x 32 of signed 8 bits; sums signed 44 bits, which must hold
//                the results. add, opens and addr come with the sums of their w and v; both addresses have a head's bank on top.
// Latency      : 2 + clog2(POS)
// Throughput   : 1
// Back-pressure: none; it never stalls.
// Golden       : golden.ternary.integer.attention.weighted
// Test         : tests/rtl/test_attn_value.py
//
// Why: read, addition and write of an accumulator are one cycle, so that P = 32 with one group of rows needs no bypass.
// Complete sums stay where they are, in the head's bank, and are read in cycles that add nothing: V leaves half of all cycles to K.

`default_nettype none
`include "kr_tern_widths.vh"

module attn_value_row #(
    parameter POS    = 2,  // positions of a tile, a power of two
    parameter LUTS   = 0,  // of these, positions whose products are sums in LUTs instead of DSPs, 0..POS
    parameter ADDR_W = 5   // width of an accumulator's address, with the bank [bits], >= 1
) (
    input  wire                clk,
    input  wire [  POS*24-1:0] w,
    input  wire [POS*32*8-1:0] v,
    input  wire                add,
    input  wire                opens,
    input  wire [  ADDR_W-1:0] addr,
    input  wire [  ADDR_W-1:0] rd_addr,
    input  wire [         1:0] rd_part,
    output wire [    8*44-1:0] eight
);

  localparam DIMS = 32;
  localparam W_W = `KR_TERN_SOFTMAX_WEIGHT_W - 1;  // without a sign
  localparam V_W = `KR_TERN_V_W;
  localparam ACC_W = `KR_TERN_ATTENTION_ACC_W;
  localparam PRODUCT_W = W_W + V_W;
  localparam SUM_W = PRODUCT_W + $clog2(POS);

  wire [DIMS*ACC_W-1:0] stored;
  wire [DIMS*ACC_W-1:0] sums;
  wire [    ADDR_W-1:0] at = add ? addr : rd_addr;

  assign eight = stored[rd_part*8*ACC_W+:8*ACC_W];

  genvar d, p;
  generate
    for (p = 0; p < LUTS; p = p + 1) begin : g_triple
      wire [W_W-1:0] weight = w[p*W_W+:W_W];
      wire [W_W+1:0] triple = {2'b0, weight} + {1'b0, weight, 1'b0};
    end

    for (d = 0; d < DIMS; d = d + 1) begin : g_dim
      wire [POS*PRODUCT_W-1:0] products;
      wire [        SUM_W-1:0] sum;

      for (p = 0; p < LUTS; p = p + 1) begin : g_adders
        attn_value_adders u_product (
            .clk   (clk),
            .en    (1'b1),
            .w     (g_triple[p].weight),
            .triple(g_triple[p].triple),
            .v     (v[(p*DIMS+d)*V_W+:V_W]),
            .y     (products[p*PRODUCT_W+:PRODUCT_W])
        );
      end

      for (p = LUTS; p < POS; p = p + 1) begin : g_dsp
        wire signed [      W_W:0] weight = {1'b0, w[p*W_W+:W_W]};
        wire signed [    V_W-1:0] value = v[(p*DIMS+d)*V_W+:V_W];
        reg signed  [PRODUCT_W:0] p1_product_q;
        reg signed  [PRODUCT_W:0] p2_product_q;
        wire                      unused_sign = p2_product_q[PRODUCT_W];

        assign products[p*PRODUCT_W+:PRODUCT_W] = p2_product_q[PRODUCT_W-1:0];

        always @(posedge clk) begin
          p1_product_q <= weight * value;
          p2_product_q <= p1_product_q;
        end
      end

      fxp_sum_tree #(
          .N   (POS),
          .IN_W(PRODUCT_W)
      ) u_sum (
          .clk(clk),
          .en (1'b1),
          .x  (products),
          .sum(sum)
      );

      // Sum less the complement of what is stored: a carry chain's direct input is the subtraction's first one, so the choice
      // of 0 needs no LUT of its own.
      wire [ACC_W:0] complement = {~(stored[d*ACC_W+:ACC_W] & {ACC_W{!opens}}), 1'b1};
      wire [ACC_W:0] total = {{ACC_W - SUM_W{sum[SUM_W-1]}}, sum, 1'b0} - complement;
      wire           unused_one = total[0];

      assign sums[d*ACC_W+:ACC_W] = total[ACC_W:1];
    end

    if (POS < 1 || (POS & (POS - 1)) != 0 || ADDR_W < 1) begin : g_bad_size
      attn_value_row_needs_POS_a_power_of_two_and_ADDR_W_at_least_1 u_error ();
    end
    if (LUTS < 0 || LUTS > POS) begin : g_bad_luts
      attn_value_row_LUTS_must_be_0_to_POS u_error ();
    end
    if (W_W != 24 || V_W != 8 || ACC_W != 44) begin : g_bad_format
      attn_value_row_is_made_for_weights_of_24_bits_V_of_8_and_sums_of_44 u_error ();
    end
  endgenerate

  mem_lutram #(
      .DATA_W(DIMS * ACC_W),
      .DEPTH (1 << ADDR_W)
  ) u_acc (
      .clk    (clk),
      .wr_en  (add),
      .wr_addr(addr),
      .wr_data(sums),
      .rd_addr(at),
      .rd_data(stored)
  );

endmodule

`default_nettype wire
