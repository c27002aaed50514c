// SPDX-License-Identifier: Apache-2.0
//
// tern_trits - the five trits of a weight byte, as tern_dot adds them up.
//
// Function     : byte b <= 242: trit i = b // 3**i % 3 - 1; there[i] = trit i != 0, minus[i] = trit i < 0; b >= 243: all 0, and
//                bad = 1.
// Format       : code the byte; trit 0 lowest.
// Latency      : 2
// Throughput   : 1
// Back-pressure: none; en low holds both stages.
// Golden       : golden.ternary.matvec.decode
// Test         : tests/rtl/test_tern_trits.py
//
// Why: b = 32h + l = 27h + (5h + l), so that trits 0..2 depend on s = 5h + l alone, 61 at most, and trits 3 and 4 on h
// and s // 27: half the logic of ten functions of 8 bits. Of b >= 253 s is cut off, which has no trits.

`default_nettype none

module tern_trits (
    input  wire       clk,
    input  wire       en,
    input  wire [7:0] code,
    output wire [4:0] there,
    output wire [4:0] minus,
    output wire       bad
);

  // Bit `place` of {s // 27 (2), trit 2 < 0, != 0, trit 1 < 0, != 0, trit 0 < 0, != 0}, for every s.
  function [63:0] column(input integer place);
    integer s;
    integer low;
    integer word;
    begin
      column = 64'd0;
      for (s = 0; s <= 63; s = s + 1) begin
        low  = s % 27;
        word = marks(low % 3) + marks((low / 3) % 3) * 4 + marks(low / 9) * 16 + (s / 27) * 64;
        word = word >> place;
        column[s] = word[0];
      end
    end
  endfunction

  // {trit < 0, trit != 0} of a digit, which is one more than its trit.
  function integer marks(input integer digit);
    marks = (digit == 0) ? 3 : (digit == 2) ? 1 : 0;
  endfunction

  reg  [5:0] p0_s_q;
  reg  [2:0] p0_h_q;
  reg        p0_bad_q;
  wire [7:0] field;
  wire [3:0] q = {1'b0, p0_h_q} + {2'b00, field[7:6]};  // b // 27
  reg  [4:0] p1_there_q;
  reg  [4:0] p1_minus_q;
  reg        p1_bad_q;

  assign there = p1_there_q;
  assign minus = p1_minus_q;
  assign bad   = p1_bad_q;

  genvar k;
  generate
    for (k = 0; k < 8; k = k + 1) begin : g_field
      localparam [63:0] COLUMN = column(k);

      assign field[k] = COLUMN[p0_s_q];
    end
  endgenerate

  always @(posedge clk) begin
    if (en) begin
      p0_s_q   <= {1'b0, code[4:0]} + {1'b0, code[7:5], 2'b00} + {3'b000, code[7:5]};
      p0_h_q   <= code[7:5];
      p0_bad_q <= code >= 8'd243;
    end
  end

  always @(posedge clk) begin
    if (en) begin
      p1_bad_q   <= p0_bad_q;
      p1_there_q <= {q < 4'd3 || q >= 4'd6, q != 4'd1 && q != 4'd4 && q != 4'd7, field[4], field[2], field[0]};
      p1_minus_q <= {q < 4'd3, q == 4'd0 || q == 4'd3 || q == 4'd6, field[5], field[3], field[1]};
      if (p0_bad_q) begin
        p1_there_q <= 5'd0;
        p1_minus_q <= 5'd0;
      end
    end
  end

endmodule

`default_nettype wire
