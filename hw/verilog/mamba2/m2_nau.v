// SPDX-License-Identifier: Apache-2.0
//
// m2_nau - e^x or softplus by shifts, additions and 8 line segments of 2^v.
//
// Function     : n = x of exp, -|x| of softplus; t = n + (n >> 1) - (n >> 4), u = t >> IN_FRAC, v = t mod 2^IN_FRAC, k = its
//                upper 3 bits, r = the rest; y = (BASE[k] + ((SLOPE[k] * r) >> IN_FRAC)) shifted by u + OUT_FRAC - 14, and
//                of softplus max(x, 0) shifted by OUT_FRAC - IN_FRAC on top.
// Format       : s_data: LANES x of signed IN_W bits, Q.IN_FRAC, first lowest, at most 0 for exp; m_data: LANES y of signed
//                OUT_W bits, Q.OUT_FRAC, which must hold the results of the inputs that come. Every shift floors.
// Latency      : 8
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 8 beats.
// Golden       : golden.fixed.nau.nau_softplus; with SOFTPLUS = 0 golden.fixed.nau.nau_exp
// Test         : tests/rtl/test_m2_nau.py
//
// Why: one shift for u and the change of format, so that nothing is dropped twice; left by a constant first, then right.

`default_nettype none
`include "checks.vh"

module m2_nau #(
    parameter SOFTPLUS = 1,  // 0 e^x, 1 softplus
    parameter LANES    = 8,  // values in a beat, >= 1
    parameter IN_W     = 25, // width of x [bits], > IN_FRAC
    parameter IN_FRAC  = 12, // fraction bits of x, 4..32
    parameter OUT_W    = 29, // width of y [bits], >= 2
    parameter OUT_FRAC = 16  // fraction bits of y, 0..30
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [ LANES*IN_W-1:0] s_data,
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [LANES*OUT_W-1:0] m_data
);

  localparam STAGES = 8;
  localparam FRAC = 14;  // of 2^v
  localparam LEFT = (OUT_FRAC > FRAC) ? OUT_FRAC - FRAC : 0;
  localparam RIGHT = (OUT_FRAC < FRAC) ? FRAC - OUT_FRAC : 0;
  localparam POWER_W = FRAC + 1 + LEFT;
  localparam U_W = ((IN_W + 1 - IN_FRAC > 6) ? IN_W + 1 - IN_FRAC : 6) + 1;  // one bit more than u, and than the shift
  localparam R_W = IN_FRAC - 3;
  localparam LINE_W = R_W + 15 - IN_FRAC;
  localparam POS_LEFT = (OUT_FRAC > IN_FRAC) ? OUT_FRAC - IN_FRAC : 0;
  localparam POS_RIGHT = (OUT_FRAC < IN_FRAC) ? IN_FRAC - OUT_FRAC : 0;
  localparam FULL_W = ((POWER_W > IN_W + POS_LEFT) ? POWER_W : IN_W + POS_LEFT) + 2;  // no sum is wider

  reg  [STAGES-1:0] valid_q;
  wire              en = m_ready || !valid_q[STAGES-1];

  assign s_ready = en;
  assign m_valid = valid_q[STAGES-1];

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else if (en) valid_q <= {valid_q[STAGES-2:0], s_valid};
  end

  wire [LANES-1:0] fits;  // y keeps its value in OUT_W bits
  wire [LANES-1:0] negative;  // or 0

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire signed [IN_W-1:0] x = s_data[i*IN_W+:IN_W];

      assign negative[i] = x[IN_W-1] || x == {IN_W{1'b0}};

      // t = n log2(e), log2(e) taken as 1.4375.
      reg signed [  IN_W-1:0] p0_n_q;
      reg signed [  IN_W-1:0] p1_n_q;
      reg signed [    IN_W:0] p1_t_q;
      reg signed [    IN_W:0] p2_t_q;

      always @(posedge clk) begin
        if (en) begin
          p0_n_q <= (SOFTPLUS == 0 || x[IN_W-1]) ? x : -x;
          p1_n_q <= p0_n_q >>> 4;
          p1_t_q <= {p0_n_q[IN_W-1], p0_n_q} + {{2{p0_n_q[IN_W-1]}}, p0_n_q[IN_W-1:1]};
          p2_t_q <= p1_t_q - {p1_n_q[IN_W-1], p1_n_q};
        end
      end

      // 2^v, and how far it is shifted to the right.
      wire [U_W-1:0] u = {{U_W + IN_FRAC - IN_W - 1{p2_t_q[IN_W]}}, p2_t_q[IN_W:IN_FRAC]};
      wire [U_W-1:0] distance = RIGHT[U_W-1:0] - u;
      reg  [    4:0] p3_shift_q;
      reg            p3_zero_q;
      reg  [    4:0] p4_shift_q;
      reg            p4_zero_q;
      reg  [    4:0] p5_shift_q;
      reg            p5_zero_q;
      wire [    2:0] k = p2_t_q[IN_FRAC-1-:3];
      wire [   29:0] segment;
      reg  [R_W-1:0] p3_r_q;
      reg  [   14:0] p4_base_q;
      wire [R_W+14:0] line = {{R_W{1'b0}}, segment[29:15]} * {15'd0, p3_r_q};
      reg  [LINE_W-1:0] p4_line_q;  // line >> IN_FRAC
      wire unused_line = &{1'b0, line[IN_FRAC-1:0]};
      reg  [   14:0] p5_power_q;

      m2_rom_nau #(
          .PORTS(1)
      ) u_segment (
          .clk (clk),
          .en  (en),
          .addr(k),
          .data(segment)
      );

      always @(posedge clk) begin
        if (en) begin
          p3_r_q <= p2_t_q[R_W-1:0];
          p4_base_q <= segment[14:0];
          p4_line_q <= line[R_W+14:IN_FRAC];
          p5_power_q <= p4_base_q + {{15 - LINE_W{1'b0}}, p4_line_q};
        end
      end

      always @(posedge clk) begin
        if (en) begin
          p3_zero_q <= |distance[U_W-1:5];
          p3_shift_q <= distance[4:0];
          {p4_zero_q, p4_shift_q} <= {p3_zero_q, p3_shift_q};
          {p5_zero_q, p5_shift_q} <= {p4_zero_q, p4_shift_q};
        end
      end

      // The shift, coarse and fine, then max(x, 0).
      wire [POWER_W-1:0] shifted = {{POWER_W - 15{1'b0}}, p5_power_q} << LEFT >> {p5_shift_q[4:2], 2'd0};
      reg  [POWER_W-1:0] p6_coarse_q;
      reg  [        1:0] p6_shift_q;
      wire [POWER_W-1:0] exponential = p6_coarse_q >> p6_shift_q;
      wire [ FULL_W-1:0] full;
      reg  [  OUT_W-1:0] p7_y_q;

      always @(posedge clk) begin
        if (en) begin
          p6_coarse_q <= shifted & {POWER_W{!p5_zero_q}};
          p6_shift_q <= p5_shift_q[1:0];
        end
      end

      if (SOFTPLUS == 0) begin : g_exp
        assign full = {{FULL_W - POWER_W{1'b0}}, exponential};
      end else begin : g_softplus
        localparam POS_W = IN_W - 1;
        reg [7*POS_W-1:0] positive_q;
        wire [FULL_W-1:0] positive = {{FULL_W - POS_W{1'b0}}, positive_q[6*POS_W+:POS_W]};

        assign full = {{FULL_W - POWER_W{1'b0}}, exponential} + (positive << POS_LEFT >> POS_RIGHT);

        always @(posedge clk) begin
          if (en) positive_q <= {positive_q[6*POS_W-1:0], x[POS_W-1:0] & {POS_W{!x[IN_W-1]}}};
        end
      end

      assign m_data[i*OUT_W+:OUT_W] = p7_y_q;

      if (OUT_W >= FULL_W) begin : g_extend
        assign fits[i] = 1'b1;

        always @(posedge clk) begin
          if (en) p7_y_q <= {{OUT_W - FULL_W + 1{full[FULL_W-1]}}, full[FULL_W-2:0]};
        end
      end else begin : g_drop
        assign fits[i] = full[FULL_W-1:OUT_W-1] == {FULL_W - OUT_W + 1{1'b0}};

        always @(posedge clk) begin
          if (en) p7_y_q <= full[OUT_W-1:0];
        end
      end
    end

    if (IN_FRAC < 4 || IN_FRAC > 32 || IN_W <= IN_FRAC || OUT_FRAC < 0 || OUT_FRAC > 30) begin : g_bad_fracs
      m2_nau_needs_IN_FRAC_4_to_32_and_IN_W_above_it_and_OUT_FRAC_0_to_30 u_error ();
    end
    if (LANES < 1 || OUT_W < 2) begin : g_bad_format
      m2_nau_needs_LANES_at_least_1_and_OUT_W_at_least_2 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(SOFTPLUS != 0 || !s_valid || &negative, "x is above 0")
  `CHECK(!valid_q[STAGES-2] || &fits, "a result does not fit into OUT_W bits")

endmodule

`default_nettype wire
