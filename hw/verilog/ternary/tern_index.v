// SPDX-License-Identifier: Apache-2.0
//
// tern_index - where a weight byte of five trits points to in the tables of tern_dot.
//
// Function     : byte b <= 242: v3 = b % 27 - 13, v2 = b // 27 - 4, the balanced ternary values of trits 0..2 and 3..4;
//                b >= 243: v3 = v2 = 0 and bad = 1.
// Format       : code the byte; index {bad, v2 == 0, v2 < 0, |v2| mod 4 (2 bits), v3 < 0, |v3| (4 bits)}.
// Latency      : 2
// Throughput   : 1
// Back-pressure: none; en low holds both stages.
// Golden       : golden.ternary.matvec.decode
// Test         : tests/rtl/test_tern_index.py
//
// Why: b = 32h + l = 27h + (5h + l), so that v3 depends on s = 5h + l alone, 7 bits, and v2 on h and s // 27: half the
// logic of ten functions of 8 bits. tern_decode has one stage for the whole way.

`default_nettype none

module tern_index (
    input  wire       clk,
    input  wire       en,
    input  wire [7:0] code,
    output wire [9:0] index
);

  // Bit `place` of {s // 27 (2), v3 < 0, |v3| (4)}, for every s.
  function [127:0] column(input integer place);
    integer s;
    integer v3;
    integer word;
    begin
      column = 128'd0;
      for (s = 0; s <= 66; s = s + 1) begin
        v3   = s % 27 - 13;
        word = (v3 < 0) ? 16 - v3 : v3;
        word = (word + (s / 27) * 32) >> place;
        column[s] = word[0];
      end
    end
  endfunction

  reg  [6:0] p0_s_q;
  reg  [2:0] p0_h_q;
  reg        p0_bad_q;
  wire [6:0] field;
  wire [3:0] q = {1'b0, p0_h_q} + {2'b00, field[6:5]};  // b // 27
  wire       low = q < 4'd4;
  reg  [9:0] p1_index_q;

  assign index = p1_index_q;

  genvar k;
  generate
    for (k = 0; k < 7; k = k + 1) begin : g_field
      localparam [127:0] COLUMN = column(k);

      assign field[k] = COLUMN[p0_s_q];
    end
  endgenerate

  always @(posedge clk) begin
    if (en) begin
      p0_s_q   <= {2'b00, code[4:0]} + {2'b00, code[7:5], 2'b00} + {4'b0000, code[7:5]};
      p0_h_q   <= code[7:5];
      p0_bad_q <= code >= 8'd243;
    end
  end

  always @(posedge clk) begin
    if (en) begin
      // |v2| mod 4 is q mod 4 from 4 on, and its negation below.
      p1_index_q[9]   <= p0_bad_q;
      p1_index_q[8]   <= p0_bad_q || q == 4'd4;
      p1_index_q[7]   <= low;
      p1_index_q[6:5] <= p0_bad_q ? 2'd0 : low ? -q[1:0] : q[1:0];
      p1_index_q[4:0] <= field[4:0] & {5{!p0_bad_q}};
    end
  end

endmodule

`default_nettype wire
