// SPDX-License-Identifier: Apache-2.0
//
// m2_z_path - SiLU of 8 gate values, quantized.
//
// Function     : {s, q} = Q(SiLU(z)) for each lane, Q the group's quantizer.
// Format       : s_data 8 z of VALUE_W bits; m_data {s, q}, a shift of 4 bits above 8 q of BITS bits, as the profile has
//                them, first lane lowest.
// Latency      : 13 if PROFILE else 8
// Throughput   : 1
// Back-pressure: registered ready; absorbs 16 beats.
// Golden       : golden.mamba2.integer.functions.silu
// Test         : tests/rtl/test_m2_z_path.py
//
// Why: the queue at the end lets x pass while z waits for the recurrence.

`default_nettype none
`include "checks.vh"
`include "kr_m2_widths.vh"

module m2_z_path #(
    parameter PROFILE = 0  // number of the profile, 0 lightmamba-w4a4, 1 fastmamba-w8a8
) (
    input  wire                                        clk,
    input  wire                                        rst,
    input  wire                                        s_valid,
    output wire                                        s_ready,
    input  wire [8*`KR_M2_CFG_VALUE_BITS(PROFILE)-1:0] s_data,
    output wire                                        m_valid,
    input  wire                                        m_ready,
    output wire [  8*`KR_M2_CFG_SSM_BITS(PROFILE)+3:0] m_data
);

  localparam VALUE_W = `KR_M2_CFG_VALUE_BITS(PROFILE);
  localparam BITS = `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam SILU_W = `KR_M2_SILU_W(PROFILE);

  wire room;
  wire move = s_valid && s_ready;
  wire silu_valid;
  wire [8*SILU_W-1:0] silu;
  wire unused_silu_ready;
  wire out_valid;
  wire [8*BITS+3:0] out;

  assign s_ready = room;

  m2_activation #(
      .FUNCTION(0),
      .NAU     (`KR_M2_CFG_NONLINEAR(PROFILE)),
      .IN_W    (VALUE_W),
      .IN_FRAC (`KR_M2_CFG_PROJ_FRAC(PROFILE)),
      .OUT_W   (SILU_W),
      .OUT_FRAC(`KR_M2_CFG_ACT_FRAC(PROFILE))
  ) u_silu (
      .clk    (clk),
      .rst    (rst),
      .s_valid(move),
      .s_data (s_data),
      .m_valid(silu_valid),
      .m_data (silu)
  );

  m2_quant #(
      .GROUPS   (1),
      .GROUP    (8),
      .IN_W     (SILU_W),
      .BITS     (BITS),
      .MAX_SHIFT(`KR_M2_CFG_MAX_SHIFT(PROFILE))
  ) u_quant (
      .clk    (clk),
      .rst    (rst),
      .s_valid(silu_valid),
      .s_ready(unused_silu_ready),
      .s_data (silu),
      .m_valid(out_valid),
      .m_ready(1'b1),
      .m_data (out)
  );

  m2_exit_queue #(
      .DATA_W(8 * BITS + 4),
      .DEPTH (16)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (move),
      .s_valid(out_valid),
      .s_data (out),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
