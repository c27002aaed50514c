// SPDX-License-Identifier: Apache-2.0
//
// tern_dot_row - one row of tern_dot: the trits of its bytes, and for each column the sum of what they select.
//
// Function     : y[t] = sum over k of trit(k) * x[t][k], negated where `minus`, k = 5*j + i trit i of w[j]; minus: trit 0 is -1;
//                bad: one of the bytes is above 242, and counts as zero.
// Format       : even and odd: x of even and of odd k, signed 8 bits, k of column t at [(t*EVEN + k//2)*8] and
//                [(t*ODD + k//2)*8]; w[j] at [j*8]; y[t] signed Y_W bits at [t*Y_W]; exact.
// Latency      : 3 + clog2(5 * CB); even enters two cycles after its bytes, odd three, bad comes after 3
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.ternary.matvec.lut_product
// Test         : tests/rtl/test_tern_dot.py
//
// Why: a sum takes the sign of its left half outward, and its adder adds or subtracts the right one: a LUT a bit, and one sign
// that is left over for who adds the row up. What a zero leaves of a left x is cleared by its register, of a right one in the
// adder's LUT. All columns share the signs. A row is a module so that a synthesis which adds up modules maps one of them.

`default_nettype none

module tern_dot_row #(
    parameter CB    = 8,  // bytes, >= 1
    parameter T_PAR = 1,  // columns of activations, >= 1
    // Follow from the others, not to be set: activations of even and of odd number, bits of a result.
    parameter EVEN  = (5 * CB + 1) / 2,
    parameter ODD   = 5 * CB / 2,
    parameter Y_W   = 11 + $clog2(CB)
) (
    input  wire                    clk,
    input  wire                    en,
    input  wire [T_PAR*EVEN*8-1:0] even,
    input  wire [ T_PAR*ODD*8-1:0] odd,
    input  wire [        CB*8-1:0] w,
    output wire [   T_PAR*Y_W-1:0] y,
    output wire                    minus,
    output wire                    bad
);

  localparam N = 5 * CB;
  localparam LEVELS = $clog2(N);

  // Terms left after `level` levels, each 8 + level bits wide.
  function integer terms(input integer level);
    terms = (N + (1 << level) - 1) >> level;
  endfunction

  // Number of the first term of a level, and its bit, in the vectors of all levels.
  function integer first(input integer level);
    integer k;
    begin
      first = 0;
      for (k = 0; k < level; k = k + 1) first = first + terms(k);
    end
  endfunction

  function integer base(input integer level);
    integer k;
    begin
      base = 0;
      for (k = 1; k < level; k = k + 1) base = base + terms(k) * (8 + k);
    end
  endfunction

  wire [N-1:0] p1_there;
  wire [N-1:0] p1_minus;
  wire [CB-1:0] p1_bad;
  reg           p2_bad_q;
  reg  [ODD-1:0] p2_there_q;  // of odd k
  wire [first(LEVELS+1)-1:0] minus_of;  // signs that the terms of all levels still need
  wire [first(LEVELS+1)-1:0] differ;  // those of a pair are not the same

  assign bad   = p2_bad_q;
  assign minus = minus_of[first(LEVELS)];

  always @(posedge clk) begin
    if (en) p2_bad_q <= |p1_bad;
  end

  genvar i, j, l, t;
  generate
    for (j = 0; j < CB; j = j + 1) begin : g_trits
      tern_trits u_trits (
          .clk  (clk),
          .en   (en),
          .code (w[j*8+:8]),
          .there(p1_there[j*5+:5]),
          .minus(p1_minus[j*5+:5]),
          .bad  (p1_bad[j])
      );
    end

    // Signs: of a level's terms those of its left halves; beside them what each of the next level's adders does.
    for (l = 0; l <= LEVELS; l = l + 1) begin : g_signs
      for (i = 0; i < terms(l); i = i + 1) begin : g_term
        reg minus_q;

        assign minus_of[first(l)+i] = minus_q;

        if (l == 0) begin : g_leaf
          always @(posedge clk) if (en) minus_q <= p1_minus[i];
        end else begin : g_sum
          always @(posedge clk) if (en) minus_q <= minus_of[first(l-1)+2*i];
        end

        if (2 * i + 1 < terms(l)) begin : g_pair
          reg differ_q;

          assign differ[first(l)+i] = differ_q;

          if (l == 0) begin : g_leaf
            always @(posedge clk) if (en) differ_q <= p1_minus[2*i] ^ p1_minus[2*i+1];
          end else begin : g_sum
            always @(posedge clk) if (en) differ_q <= minus_of[first(l-1)+4*i] ^ minus_of[first(l-1)+4*i+2];
          end
        end else begin : g_single
          assign differ[first(l)+i] = 1'b0;
        end
      end
    end

    for (i = 0; i < ODD; i = i + 1) begin : g_odd
      always @(posedge clk) if (en) p2_there_q[i] <= p1_there[2*i+1];
    end

    for (t = 0; t < T_PAR; t = t + 1) begin : g_vector
      wire [EVEN*8-1:0] left;
      wire [base(LEVELS+1)-1:0] tree;
      wire signed [LEVELS+7:0] sum = tree[base(LEVELS)+:8+LEVELS];

      assign y[t*Y_W+:Y_W] = {{Y_W - LEVELS - 7{sum[LEVELS+7]}}, sum[LEVELS+6:0]};

      for (i = 0; i < EVEN; i = i + 1) begin : g_left
        reg [7:0] p2_x_q;

        assign left[i*8+:8] = p2_x_q;

        always @(posedge clk) begin
          if (en) p2_x_q <= p1_there[2*i] ? even[(t*EVEN+i)*8+:8] : 8'd0;
        end
      end

      for (l = 1; l <= LEVELS; l = l + 1) begin : g_level
        for (i = 0; i < terms(l); i = i + 1) begin : g_term
          localparam W = 8 + l;
          localparam FROM = base(l - 1) + 2 * i * (W - 1);  // from level 2 on
          wire signed [W-2:0] a;
          reg  signed [W-1:0] sum_q;

          assign tree[base(l)+i*W+:W] = sum_q;

          if (l == 1) begin : g_leaf
            assign a = left[i*8+:8];
          end else begin : g_sum
            assign a = tree[FROM+:W-1];
          end

          if (2 * i + 1 < terms(l - 1)) begin : g_pair
            wire         subtract = differ[first(l-1)+i];
            wire [W-2:0] b;
            wire [W-1:0] term = {b[W-2], b} ^ {W{subtract}};
            wire [  W:0] both = {a[W-2], a, 1'b1} + {term, subtract};
            wire         unused_carry = both[0];

            if (l == 1) begin : g_leaf
              assign b = odd[(t*ODD+i)*8+:8] & {8{p2_there_q[i]}};
            end else begin : g_sum
              assign b = tree[FROM+W-1+:W-1];
            end

            always @(posedge clk) if (en) sum_q <= both[W:1];
          end else begin : g_single
            always @(posedge clk) if (en) sum_q <= {a[W-2], a};
          end
        end
      end
    end

    if (T_PAR < 1 || CB < 1) begin : g_bad_size
      tern_dot_row_needs_T_PAR_and_CB_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
