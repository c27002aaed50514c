// SPDX-License-Identifier: Apache-2.0
//
// fxp_sum_tree - pipelined adder tree: one register after each level of two-input additions.
//
// Function     : sum = x[0] + x[1] + ... + x[N-1], x[i] = bits [i*IN_W +: IN_W].
// Format       : x signed IN_W bits each, sum signed IN_W + clog2(N) bits; exact, cannot overflow.
// Latency      : clog2(N)
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.fixed.sum_tree
// Test         : tests/rtl/test_fxp_sum_tree.py
//
// Why: a clock enable instead of a handshake, because many trees side by side share one valid pipeline at the caller.

`default_nettype none

module fxp_sum_tree #(
    parameter N    = 4,  // terms, >= 1
    parameter IN_W = 8   // width of a term [bits], >= 1
) (
    input  wire                               clk,
    input  wire                               en,
    input  wire        [          N*IN_W-1:0] x,
    output wire signed [IN_W+$clog2(N)-1:0] sum
);

  localparam LEVELS = $clog2(N);

  // Terms left after `level` levels, each IN_W + level bits wide.
  function integer terms;
    input integer level;
    terms = (N + (1 << level) - 1) >> level;
  endfunction

  // Bit position of a level's terms in the vector of all levels.
  function integer base;
    input integer level;
    integer k;
    begin
      base = 0;
      for (k = 0; k < level; k = k + 1) base = base + terms(k) * (IN_W + k);
    end
  endfunction

  wire [base(LEVELS+1)-1:0] tree;

  assign tree[0+:N*IN_W] = x;
  assign sum = tree[base(LEVELS)+:IN_W+LEVELS];

  genvar l, i;
  generate
    for (l = 1; l <= LEVELS; l = l + 1) begin : g_level
      for (i = 0; i < terms(l); i = i + 1) begin : g_term
        localparam W = IN_W + l;
        localparam LEFT = base(l - 1) + 2 * i * (W - 1);
        wire signed [W-2:0] left = tree[LEFT+:W-1];
        reg signed  [W-1:0] sum_q;

        assign tree[base(l)+i*W+:W] = sum_q;

        if (2 * i + 1 < terms(l - 1)) begin : g_pair
          wire signed [W-2:0] right = tree[LEFT+W-1+:W-1];
          always @(posedge clk) if (en) sum_q <= left + right;
        end else begin : g_single
          always @(posedge clk) if (en) sum_q <= {left[W-2], left};
        end
      end
    end

    if (LEVELS == 0) begin : g_wire
      wire unused_clk_en = clk & en;
    end

    if (N < 1 || IN_W < 1) begin : g_bad_size
      fxp_sum_tree_needs_N_and_IN_W_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
