// SPDX-License-Identifier: Apache-2.0
//
// fxp_bit_length - bits that an unsigned number needs: position of its leading one plus one, 0 for 0.
//
// Function     : y = 0 if x == 0 else floor(log2(x)) + 1.
// Format       : x unsigned W bits, y unsigned clog2(W + 1) bits.
// Latency      : 0
// Throughput   : 1
// Back-pressure: none; combinational.
// Golden       : golden.fixed.bit_length
// Test         : tests/rtl/test_fxp_bit_length.py
//
// Why: a tree of pairs, clog2(W + 1) multiplexers deep, two of which fit into a level of LUTs. A one below x turns the
// position of the leading one into the length, so nothing is added behind the tree.

`default_nettype none

module fxp_bit_length #(
    parameter W = 16  // width of x [bits], >= 1
) (
    input  wire [          W-1:0] x,
    output wire [$clog2(W+1)-1:0] y
);

  localparam LEVELS = $clog2(W + 1);
  localparam LEAVES = 1 << LEVELS;

  wire [LEAVES-1:0] leaves = {{LEAVES - W - 1{1'b0}}, x, 1'b1};

  genvar l, i;
  generate
    for (l = 0; l < LEVELS; l = l + 1) begin : g_level
      // Of each 2^(l+1) neighbouring bits: is one of them set, and which is the highest.
      localparam COUNT = LEAVES >> (l + 1);
      localparam POS_W = l + 1;
      wire [      COUNT-1:0] any;
      wire [COUNT*POS_W-1:0] pos;

      for (i = 0; i < COUNT; i = i + 1) begin : g_pair
        if (l == 0) begin : g_leaf
          assign any[i] = leaves[2*i+1] || leaves[2*i];
          assign pos[i] = leaves[2*i+1];
        end else begin : g_node
          wire upper = g_level[l-1].any[2*i+1];
          wire [POS_W-2:0] upper_pos = g_level[l-1].pos[(2*i+1)*(POS_W-1)+:POS_W-1];
          wire [POS_W-2:0] lower_pos = g_level[l-1].pos[(2*i)*(POS_W-1)+:POS_W-1];

          assign any[i] = upper || g_level[l-1].any[2*i];
          assign pos[i*POS_W+:POS_W] = {upper, upper ? upper_pos : lower_pos};
        end
      end
    end

    if (W < 1) begin : g_bad_w
      fxp_bit_length_W_must_be_at_least_1 u_error ();
    end
  endgenerate

  assign y = g_level[LEVELS-1].pos;

  wire unused_any = g_level[LEVELS-1].any;  // always 1

endmodule

`default_nettype wire
