// SPDX-License-Identifier: Apache-2.0
//
// attn_max - the greatest of N signed numbers: a tree with one register after each level.
//
// Function     : top = max(x[0], ..., x[N-1]), x[i] = bits [i*W +: W].
// Format       : signed W bits.
// Latency      : clog2(N)
// Throughput   : 1
// Back-pressure: none; it never stalls.
// Golden       : golden.ternary.integer.functions.exponentials
// Test         : tests/rtl/test_attn_score.py
//
// Why: a module of its own, so that a synthesis which adds up modules maps one row's.

`default_nettype none

module attn_max #(
    parameter N = 2,  // numbers, >= 1
    parameter W = 10  // width of a number [bits], >= 1
) (
    input  wire           clk,
    input  wire [N*W-1:0] x,
    output wire [  W-1:0] top
);

  localparam LEVELS = $clog2(N);

  // Numbers left after `level` levels.
  function integer terms;
    input integer level;
    terms = (N + (1 << level) - 1) >> level;
  endfunction

  // Place of a level's first number among those of all levels.
  function integer base;
    input integer level;
    integer k;
    begin
      base = 0;
      for (k = 0; k < level; k = k + 1) base = base + terms(k);
    end
  endfunction

  wire [base(LEVELS+1)*W-1:0] tree;

  assign tree[0+:N*W] = x;
  assign top = tree[base(LEVELS)*W+:W];

  genvar l, i;
  generate
    for (l = 1; l <= LEVELS; l = l + 1) begin : g_level
      for (i = 0; i < terms(l); i = i + 1) begin : g_term
        localparam LEFT = base(l - 1) + 2 * i;
        localparam RIGHT = (2 * i + 1 < terms(l - 1)) ? LEFT + 1 : LEFT;
        wire signed [W-1:0] left = tree[LEFT*W+:W];
        wire signed [W-1:0] right = tree[RIGHT*W+:W];
        reg [W-1:0] greater_q;

        assign tree[(base(l)+i)*W+:W] = greater_q;

        always @(posedge clk) begin
          greater_q <= (left < right) ? right : left;
        end
      end
    end

    if (LEVELS == 0) begin : g_wire
      wire unused_clk = clk;
    end

    if (N < 1 || W < 1) begin : g_bad_size
      attn_max_needs_N_and_W_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
