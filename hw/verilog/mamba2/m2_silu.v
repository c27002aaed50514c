// SPDX-License-Identifier: Apache-2.0
//
// m2_silu - SiLU by a sigmoid of 256 line segments and one multiplication.
//
// Function     : a = |x|, 16 and above as the last segment below 16; i = a >> (IN_FRAC - 4), r = the rest;
//                s = T[i] + (((T[i+1] - T[i]) * r) >> (IN_FRAC - 4)), of x < 0 2^18 - s;
//                y = (x * s + half) >> (IN_FRAC + 18 - OUT_FRAC), for each lane.
// Format       : s_data: LANES x of signed IN_W bits, Q.IN_FRAC, first lowest; m_data: LANES y of signed OUT_W bits,
//                Q.OUT_FRAC, rounded half up; OUT_W must hold the results of the inputs that come.
// Latency      : 8
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 8 beats.
// Golden       : golden.fixed.sigmoid.silu
// Test         : tests/rtl/test_m2_silu.py
//
// Why: the last segment is flat at 1, so it serves all |x| from 16 on and no address beyond it is needed. ROM words hold
// start and step of a segment: one read instead of two neighbouring ends. Two lanes share a ROM.

`default_nettype none
`include "checks.vh"

module m2_silu #(
    parameter LANES    = 8,  // values in a beat, >= 1
    parameter IN_W     = 24, // width of x [bits], >= 2
    parameter IN_FRAC  = 12, // fraction bits of x, 5..32
    parameter OUT_W    = 24, // width of y [bits], >= 2
    parameter OUT_FRAC = 12  // fraction bits of y, 0..IN_FRAC + 18, and > IN_FRAC - IN_W - 2
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
  localparam FRAC = 18;  // of the sigmoid
  localparam START_W = FRAC + 1;
  localparam STEP_W = 12;
  localparam ROM_W = START_W + STEP_W;
  localparam R_W = IN_FRAC - 4;
  localparam ABS_W = (IN_W > IN_FRAC + 5) ? IN_W : IN_FRAC + 5;
  localparam PRODUCT_W = IN_W + FRAC + 2;

  reg  [STAGES-1:0] valid_q;
  wire              en = m_ready || !valid_q[STAGES-1];

  assign s_ready = en;
  assign m_valid = valid_q[STAGES-1];

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else if (en) valid_q <= {valid_q[STAGES-2:0], s_valid};
  end

  wire [    LANES*8-1:0] addr;
  wire [LANES*ROM_W-1:0] segment;
  wire [      LANES-1:0] sat;

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire signed [IN_W-1:0] x = s_data[i*IN_W+:IN_W];
      wire [IN_W:0] negated = {x ^ {IN_W{x[IN_W-1]}}, 1'b1} + {{IN_W{1'b0}}, x[IN_W-1]};  // one carry chain
      wire [ABS_W-1:0] wide = {{ABS_W - IN_W{1'b0}}, negated[IN_W:1]};
      reg [7:0] p0_addr_q;
      reg [R_W-1:0] p0_r_q;
      reg [5*IN_W-1:0] x_q;  // of p0 to p4, first lowest

      assign addr[i*8+:8] = p0_addr_q;

      always @(posedge clk) begin
        if (en) begin
          p0_addr_q <= wide[R_W+:8] | {8{|wide[ABS_W-1:R_W+8]}};
          p0_r_q <= wide[R_W-1:0];
          x_q <= {x_q[4*IN_W-1:0], x};
        end
      end

      // Sigmoid of |x|, then of x.
      wire [START_W-1:0] start = segment[i*ROM_W+:START_W];
      wire [STEP_W-1:0] step = segment[i*ROM_W+START_W+:STEP_W];
      reg [R_W-1:0] p1_r_q;
      reg [START_W-1:0] p2_start_q;
      reg [R_W+STEP_W-1:0] p2_line_q;
      reg [START_W-1:0] p3_s_q;
      reg [START_W-1:0] p4_s_q;
      wire p3_negative = x_q[4*IN_W-1];
      wire [START_W+R_W:0] s = {1'b0, p2_start_q, {R_W{1'b0}}} + {{START_W + 1 - STEP_W{1'b0}}, p2_line_q};

      always @(posedge clk) begin
        if (en) begin
          p1_r_q <= p0_r_q;
          p2_start_q <= start;
          p2_line_q <= {{R_W{1'b0}}, step} * {{STEP_W{1'b0}}, p1_r_q};
          p3_s_q <= s[R_W+:START_W];
          p4_s_q <= p3_negative ? {1'b1, {FRAC{1'b0}}} - p3_s_q : p3_s_q;
        end
      end

      // Times x.
      wire signed [IN_W-1:0] p4_x = x_q[4*IN_W+:IN_W];
      wire signed [START_W:0] p4_s = {1'b0, p4_s_q};
      reg signed [PRODUCT_W-1:0] p5_y_q;
      reg signed [PRODUCT_W-1:0] p6_y_q;
      wire signed [PRODUCT_W-1:0] p6_y = p6_y_q;
      wire signed [OUT_W-1:0] y;
      reg signed [OUT_W-1:0] p7_y_q;

      fxp_round_sat #(
          .IN_W (PRODUCT_W),
          .FRAC (IN_FRAC + FRAC - OUT_FRAC),
          .OUT_W(OUT_W),
          .ROUND(1)
      ) u_round (
          .x  (p6_y),
          .y  (y),
          .sat(sat[i])
      );

      always @(posedge clk) begin
        if (en) begin
          p5_y_q <= p4_x * p4_s;
          p6_y_q <= p5_y_q;
          p7_y_q <= y;
        end
      end

      assign m_data[i*OUT_W+:OUT_W] = p7_y_q;

      wire unused_s = &{1'b0, s[START_W+R_W], s[R_W-1:0], negated[0]};
    end

    for (i = 0; i < LANES; i = i + 2) begin : g_pair
      localparam PORTS = (i + 1 < LANES) ? 2 : 1;

      m2_rom_sigmoid #(
          .PORTS(PORTS)
      ) u_segment (
          .clk (clk),
          .en  (en),
          .addr(addr[i*8+:PORTS*8]),
          .data(segment[i*ROM_W+:PORTS*ROM_W])
      );
    end

    if (LANES < 1 || IN_W < 2 || IN_FRAC < 5 || IN_FRAC > 32) begin : g_bad_format
      m2_silu_needs_LANES_at_least_1_and_IN_W_at_least_2_and_IN_FRAC_5_to_32 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!valid_q[STAGES-2] || !(|sat), "a result does not fit into OUT_W bits")

endmodule

`default_nettype wire
