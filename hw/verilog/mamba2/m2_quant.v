// SPDX-License-Identifier: Apache-2.0
//
// m2_quant - dynamic power-of-two quantizer: neighbouring elements of a beat share a shift.
//
// Function     : for each group m = max|x|, less 1 unless it is 0; shift = clamp(bit_length(m) - (BITS - 1), 0,
//                MAX_SHIFT); q = clamp((x + (1 << shift >> 1)) >> shift), the range of BITS bits.
// Format       : s_data: GROUPS * GROUP elements of signed IN_W bits, first lowest; m_data {shift, q}: as many q of
//                signed BITS bits below GROUPS shifts of clog2(MAX_SHIFT + 1) bits. Zeros may fill a short last group.
// Latency      : 4
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 4 beats.
// Golden       : golden.fixed.pot.quantize
// Test         : tests/rtl/test_m2_quant.py
//
// Why: the shift drives the coarse step of the barrel shifters in the cycle in which it is encoded, which saves a
// register of IN_W bits for each element.

`default_nettype none
`include "checks.vh"

module m2_quant #(
    parameter GROUPS    = 1,  // groups in a beat, >= 1
    parameter GROUP     = 8,  // elements that share a shift, >= 1
    parameter IN_W      = 32, // width of an element [bits], >= BITS
    parameter BITS      = 8,  // width of a quantized element [bits], >= 2
    parameter MAX_SHIFT = 15  // greatest shift, 1..31
) (
    input  wire                                               clk,
    input  wire                                               rst,
    input  wire                                               s_valid,
    output wire                                               s_ready,
    input  wire [                      GROUPS*GROUP*IN_W-1:0] s_data,
    output wire                                               m_valid,
    input  wire                                               m_ready,
    output wire [GROUPS*(GROUP*BITS+$clog2(MAX_SHIFT+1))-1:0] m_data
);

  localparam N = GROUPS * GROUP;
  localparam SHIFT_W = $clog2(MAX_SHIFT + 1);
  localparam OVER_W = (IN_W - BITS < 1) ? 1 : (IN_W - BITS < MAX_SHIFT) ? IN_W - BITS : MAX_SHIFT;
  localparam LENGTH_W = $clog2(OVER_W + 1);  // <= SHIFT_W

  reg  [       3:0] valid_q;  // of each stage
  reg  [N*IN_W-1:0] p1_x_q;
  wire [N*IN_W-1:0] p0_x;
  wire              en = m_ready || !valid_q[3];
  wire [       3:0] load = {4{en}} & {valid_q[2:0], s_valid};

  assign s_ready = en;
  assign m_valid = valid_q[3];

  always @(posedge clk) begin
    if (rst) valid_q <= 4'd0;
    else if (en) valid_q <= {valid_q[2:0], s_valid};
  end

  always @(posedge clk) begin
    if (load[1]) p1_x_q <= p0_x;
  end

  genvar g, i;
  generate
    for (g = 0; g < GROUPS; g = g + 1) begin : g_group
      wire [  OVER_W-1:0] p1_over;
      wire [LENGTH_W-1:0] length;
      wire [ SHIFT_W-1:0] shift = {{SHIFT_W - LENGTH_W{1'b0}}, length};
      reg  [ SHIFT_W-1:0] p2_shift_q;
      reg  [ SHIFT_W-1:0] p3_shift_q;

      m2_pot_peak #(
          .N        (GROUP),
          .IN_W     (IN_W),
          .BITS     (BITS),
          .MAX_SHIFT(MAX_SHIFT)
      ) u_peak (
          .clk (clk),
          .en  (load[1:0]),
          .x   (s_data[g*GROUP*IN_W+:GROUP*IN_W]),
          .x_q (p0_x[g*GROUP*IN_W+:GROUP*IN_W]),
          .over(p1_over)
      );

      fxp_bit_length #(
          .W(OVER_W)
      ) u_length (
          .x(p1_over),
          .y(length)
      );

      always @(posedge clk) begin
        if (load[2]) p2_shift_q <= shift;
        if (load[3]) p3_shift_q <= p2_shift_q;
      end

      assign m_data[N*BITS+g*SHIFT_W+:SHIFT_W] = p3_shift_q;

      for (i = g * GROUP; i < (g + 1) * GROUP; i = i + 1) begin : g_lane
        m2_pot_round #(
            .IN_W     (IN_W),
            .BITS     (BITS),
            .MAX_SHIFT(MAX_SHIFT)
        ) u_round (
            .clk  (clk),
            .en   (load[3:2]),
            .x    (p1_x_q[i*IN_W+:IN_W]),
            .shift(shift),
            .q    (m_data[i*BITS+:BITS])
        );
      end
    end

    if (GROUPS < 1 || GROUP < 1) begin : g_bad_size
      m2_quant_needs_GROUPS_and_GROUP_at_least_1 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
