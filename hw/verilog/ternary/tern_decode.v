// SPDX-License-Identifier: Apache-2.0
//
// tern_decode - turns weight bytes of five trits into signed table indices.
//
// Function     : byte b <= 242: v3 = b % 27 - 13, v2 = b / 27 - 4, the balanced ternary values of trits 0..2 and 3..4;
//                b >= 243: v3 = v2 = 0 and bad = 1.
// Format       : code byte i = bits [8*i +: 8]; index i = bits [10*i +: 10] = {bad, v2 < 0, |v2| (3), v3 < 0, |v3| (4)}.
// Latency      : 1
// Throughput   : 1
// Back-pressure: none; en low holds the output.
// Golden       : golden.ternary.matvec.decode
// Test         : tests/rtl/test_tern_decode.py
//
// Why: a ROM filled by the formula instead of a divider: a synthesizer makes 8-input functions of it. One ROM serves
// many bytes, because a simulator keeps a copy in each instance.

`default_nettype none

module tern_decode #(
    parameter N = 4  // bytes, >= 1
) (
    input  wire            clk,
    input  wire            en,
    input  wire [ N*8-1:0] code,
    output wire [N*10-1:0] index
);

  reg [9:0] rom[0:255];
  integer   b;

  function [9:0] entry(input integer value);
    integer v3;
    integer v2;
    begin
      v3 = value % 27 - 13;
      v2 = value / 27 - 4;
      entry = 10'h200;
      if (value <= 242) begin
        // Fields side by side: magnitude and sign of v3, then of v2.
        entry = (v3 < 0) ? 10'd16 - v3[9:0] : v3[9:0];
        entry = entry + ((v2 < 0) ? 10'd256 - (v2[9:0] << 5) : v2[9:0] << 5);
      end
    end
  endfunction

  initial for (b = 0; b < 256; b = b + 1) rom[b] = entry(b);

  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_byte
      reg [9:0] index_q;

      assign index[i*10+:10] = index_q;

      always @(posedge clk) begin
        if (en) index_q <= rom[code[i*8+:8]];
      end
    end

    if (N < 1) begin : g_bad_n
      tern_decode_N_must_be_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
