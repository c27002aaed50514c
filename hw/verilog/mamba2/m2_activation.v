// SPDX-License-Identifier: Apache-2.0
//
// m2_activation - SiLU, softplus or exp of 8 values as a profile has it: by table or by lines.
//
// Function     : y = f(x) for each lane; m2_lut_act in profiles with tables, m2_silu or m2_nau in the others.
// Format       : x 8 values of IN_W bits, y 8 values of OUT_W bits, first lowest; formats of the profile.
// Latency      : 8 if NAU else 3
// Throughput   : 1
// Back-pressure: none: one beat may enter in each cycle, and leaves whether or not it is taken.
// Golden       : golden.mamba2.integer.functions.silu
// Test         : tests/rtl/test_m2_activation.py
//
// Why: one place that chooses, for three functions and two kinds of units.

`default_nettype none

module m2_activation #(
    parameter FUNCTION = 0,  // 0 SiLU, 1 softplus, 2 exp
    parameter NAU      = 0,  // 0 tables, 1 lines
    parameter IN_W     = 32, // width of x [bits]
    parameter IN_FRAC  = 10, // fraction bits of x; tables have their own
    parameter OUT_W    = 18, // width of y [bits]
    parameter OUT_FRAC = 10  // fraction bits of y; tables have their own
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               s_valid,
    input  wire [ 8*IN_W-1:0] s_data,
    output wire               m_valid,
    output wire [8*OUT_W-1:0] m_data
);

  wire unused_ready;  // always high

  generate
    if (NAU == 0) begin : g_table
      m2_lut_act #(
          .FUNCTION(FUNCTION),
          .LANES   (8),
          .IN_W    (IN_W),
          .OUT_W   (OUT_W)
      ) u_act (
          .clk    (clk),
          .rst    (rst),
          .s_valid(s_valid),
          .s_ready(unused_ready),
          .s_data (s_data),
          .m_valid(m_valid),
          .m_ready(1'b1),
          .m_data (m_data)
      );
    end else if (FUNCTION == 0) begin : g_silu
      m2_silu #(
          .LANES   (8),
          .IN_W    (IN_W),
          .IN_FRAC (IN_FRAC),
          .OUT_W   (OUT_W),
          .OUT_FRAC(OUT_FRAC)
      ) u_act (
          .clk    (clk),
          .rst    (rst),
          .s_valid(s_valid),
          .s_ready(unused_ready),
          .s_data (s_data),
          .m_valid(m_valid),
          .m_ready(1'b1),
          .m_data (m_data)
      );
    end else begin : g_nau
      m2_nau #(
          .SOFTPLUS(FUNCTION == 1 ? 1 : 0),
          .LANES   (8),
          .IN_W    (IN_W),
          .IN_FRAC (IN_FRAC),
          .OUT_W   (OUT_W),
          .OUT_FRAC(OUT_FRAC)
      ) u_act (
          .clk    (clk),
          .rst    (rst),
          .s_valid(s_valid),
          .s_ready(unused_ready),
          .s_data (s_data),
          .m_valid(m_valid),
          .m_ready(1'b1),
          .m_data (m_data)
      );
    end

    if (FUNCTION < 0 || FUNCTION > 2) begin : g_bad_function
      m2_activation_FUNCTION_must_be_0_1_or_2 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
