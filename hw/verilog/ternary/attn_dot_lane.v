// SPDX-License-Identifier: Apache-2.0
//
// attn_dot_lane - one position of attn_dot: its key times Q_PAR rows of q, summed over slices.
//
// Function     : y[i] = first ? d[i] : y[i] of the same group before + d[i], d[i] = sum over 32 channels c of
//                q[i][c] * k[c].
// Format       : k[c] signed 8 bits at [c*8]; q: 17 bits for each pair of rows and channel at [(32*pair + c)*17]:
//                {row 2 pair + 1 less one where row 2 pair is negative (9 bits), row 2 pair (8 bits)}; y[i] signed Y_W
//                bits at [i*Y_W]; exact for up to SLICES slices.
// Latency      : 9; valid, first and group come 8 cycles after their q and k
// Throughput   : 1
// Back-pressure: none; it never stalls.
// Golden       : golden.ternary.integer.attention.products
// Test         : tests/rtl/test_attn_dot.py
//
// Why: a DSP slice multiplies 25 by 18 bits, so one takes two rows (as m2_dot_pair). A group's sums are read, added to
// and written within a cycle, so groups may come in any order, and the same one each cycle.

`default_nettype none

module attn_dot_lane #(
    parameter Q_PAR  = 2,  // rows, even, >= 2
    parameter SLICES = 4,  // slices that are summed at most, >= 1
    parameter GROUPS = 1,  // groups of rows, >= 1
    // Follow from the others, not to be set: bits of a sum, of a group's number.
    parameter Y_W    = 21 + $clog2(SLICES),
    parameter G_W    = (GROUPS > 2) ? $clog2(GROUPS) : 1
) (
    input  wire                     clk,
    input  wire [Q_PAR/2*32*17-1:0] q,
    input  wire [            255:0] k,
    input  wire                     valid,
    input  wire                     first,
    input  wire [          G_W-1:0] group,
    output wire [    Q_PAR*Y_W-1:0] y
);

  localparam [32:0] HALF = 33'd1 << 15;  // keeps the lower product positive, so that nothing is borrowed

  wire [ Q_PAR*512-1:0] products;  // of 16 bits
  reg  [ Q_PAR*512-1:0] p3_products_q;
  wire [Q_PAR*Y_W-1:0] earlier;  // 0 for a first slice
  wire [Q_PAR*Y_W-1:0] sums;
  reg  [Q_PAR*Y_W-1:0] p9_sums_q;

  assign y = p9_sums_q;

  always @(posedge clk) begin
    p3_products_q <= products;
    p9_sums_q     <= sums;
  end

  genvar c, i;
  generate
    if (SLICES > 1) begin : g_slices
      wire [Q_PAR*Y_W-1:0] kept;

      mem_lutram #(
          .DATA_W(Q_PAR * Y_W),
          .DEPTH ((GROUPS > 2) ? GROUPS : 2)
      ) u_sums (
          .clk    (clk),
          .wr_en  (valid),
          .wr_addr(group),
          .wr_data(sums),
          .rd_addr(group),
          .rd_data(kept)
      );

      assign earlier = first ? {Q_PAR * Y_W{1'b0}} : kept;
    end else begin : g_slice
      wire unused_marks = &{1'b0, valid, first, group};

      assign earlier = {Q_PAR * Y_W{1'b0}};
    end

    for (i = 0; i < Q_PAR / 2; i = i + 1) begin : g_pair
      for (c = 0; c < 32; c = c + 1) begin : g_channel
        wire [16:0] pair = q[(32*i+c)*17+:17];
        reg signed [24:0] p1_pair_q;
        reg signed [7:0] p1_key_q;
        reg signed [32:0] p2_product_q;
        wire [32:0] product = p2_product_q + $signed(HALF);

        always @(posedge clk) begin
          p1_pair_q    <= {pair[16:8], {8{pair[7]}}, pair[7:0]};
          p1_key_q     <= k[c*8+:8];
          p2_product_q <= p1_pair_q * p1_key_q;
        end

        assign products[(64*i+c)*16+:16]    = {!product[15], product[14:0]};
        assign products[(64*i+32+c)*16+:16] = product[31:16];

        wire unused_product = product[32];
      end
    end

    for (i = 0; i < Q_PAR; i = i + 1) begin : g_row
      wire signed [20:0] sum;

      fxp_sum_tree #(
          .N   (32),
          .IN_W(16)
      ) u_sum (
          .clk(clk),
          .en (1'b1),
          .x  (p3_products_q[i*512+:512]),
          .sum(sum)
      );

      assign sums[i*Y_W+:Y_W] = earlier[i*Y_W+:Y_W] + {{Y_W - 20{sum[20]}}, sum[19:0]};
    end

    if (Q_PAR < 2 || Q_PAR % 2 != 0 || SLICES < 1 || GROUPS < 1) begin : g_bad_size
      attn_dot_lane_needs_an_even_Q_PAR_from_2_on_and_SLICES_and_GROUPS_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
