// SPDX-License-Identifier: Apache-2.0
//
// fxp_rsqrt - reciprocal square root by 192 line segments: 1 / sqrt(v) = m * 2^-15 * 2^-e, to 2^-14 of its value.
//
// Function     : e = (bit_length(v) - 1) >> 1; n = (v << 22) >> 2e; i = n[23:16] - 64, r = n[15:0];
//                m = (T[i] - (((T[i] - T[i+1]) * r) >> 16) + 16) >> 5.
// Format       : v unsigned V_W bits, not 0; m Q1.15, 2^14..2^15; e unsigned, 0..(V_W - 1) / 2.
// Latency      : 9
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.fixed.rsqrt.rsqrt
// Test         : tests/rtl/test_fxp_rsqrt.py
//
// Why: an even shift normalizes, so that the exponent halves exactly. It is to the left end, where n are the top 24 bits:
// what is shifted out below them is what the law drops.

`default_nettype none

module fxp_rsqrt #(
    parameter V_W = 60, // width of v [bits], 2..63
    // Follows from the other, not to be set: bits of `e`.
    parameter E_W = (V_W > 4) ? $clog2((V_W + 1) / 2) : 1
) (
    input  wire           clk,
    input  wire           en,
    input  wire [V_W-1:0] v,
    output wire [   15:0] m,
    output wire [E_W-1:0] e
);

  localparam PAIRS = (V_W + 1) / 2;  // of bits of v
  localparam ALIGN_W = (2 * PAIRS > 24) ? 2 * PAIRS : 24;
  localparam PARTS = (ALIGN_W + 15) / 16;  // of 8 pairs, from the top; 2 to 4
  localparam [31:0] E_MAX = PAIRS - 1;

  // By how many parts of 8 pairs the leading one is below the top.
  reg  [        V_W-1:0] p0_v_q;
  wire [        V_W-1:0] p0_v = p0_v_q;
  wire [    ALIGN_W-1:0] p0_aligned;
  wire [   16*PARTS-1:0] p0_parts = {{16 * PARTS - ALIGN_W{1'b0}}, p0_aligned} << (16 * PARTS - ALIGN_W);
  wire [            3:0] holds;  // the top part lowest, absent ones hold
  reg  [    ALIGN_W-1:0] p1_n_q;
  reg  [            1:0] p1_up_q;

  always @(posedge clk) begin
    if (en) begin
      p0_v_q <= v;
      p1_n_q <= p0_aligned;
      p1_up_q <= holds[0] ? 2'd0 : holds[1] ? 2'd1 : holds[2] ? 2'd2 : 2'd3;
    end
  end

  // n: shifted by parts, then by the pairs of the top one that are 0.
  wire [ALIGN_W-1:0] coarse = p1_n_q << {p1_up_q, 4'd0};
  wire [        7:0] some;  // pairs of the top part that are not 0, the top one lowest
  reg  [ALIGN_W-1:0] p2_n_q;
  reg  [        2:0] p2_up_q;
  reg  [        1:0] p2_parts_q;
  wire [ALIGN_W-1:0] normal = p2_n_q << {p2_up_q, 1'b0};
  reg  [       23:0] p3_n_q;

  always @(posedge clk) begin
    if (en) begin
      p2_n_q <= coarse;
      p2_up_q[2] <= some[3:0] == 4'd0;
      p2_up_q[1] <= (some[1:0] == 2'd0) && (some[3:2] != 2'd0 || some[5:4] == 2'd0);
      p2_up_q[0] <= !some[0] && (some[1] || !some[2] && (some[3] || !some[4] && (some[5] || !some[6])));
      p2_parts_q <= p1_up_q;
      p3_n_q <= normal[ALIGN_W-1-:24];
    end
  end

  genvar k;
  generate
    for (k = 0; k < 4; k = k + 1) begin : g_part
      if (k < PARTS) begin : g_there
        assign holds[k] = |p0_parts[16*(PARTS-1-k)+:16];
      end else begin : g_absent
        assign holds[k] = 1'b1;
      end
    end

    for (k = 0; k < 8; k = k + 1) begin : g_pair
      assign some[k] = |coarse[ALIGN_W-2-2*k+:2];
    end
  endgenerate

  // The line.
  wire [ 7:0] i = p3_n_q[23:16] - 8'd64;
  wire [33:0] segment;  // {T[i] - T[i+1], T[i]}
  reg  [15:0] p4_r_q;
  reg  [20:0] p5_start_q;
  reg  [28:0] p5_drop_q;
  reg  [20:0] p6_start_q;
  reg  [28:0] p6_drop_q;
  reg  [20:0] p7_line_q;
  wire [20:0] rounded = p7_line_q + 21'd16;
  reg  [15:0] p8_m_q;

  fxp_rom_rsqrt #(
      .PORTS(1)
  ) u_segment (
      .clk (clk),
      .en  (en),
      .addr(i),
      .data(segment)
  );

  always @(posedge clk) begin
    if (en) begin
      p4_r_q <= p3_n_q[15:0];
      p5_start_q <= segment[20:0];
      p5_drop_q <= {16'd0, segment[33:21]} * {13'd0, p4_r_q};
      p6_start_q <= p5_start_q;
      p6_drop_q <= p5_drop_q;
      p7_line_q <= p6_start_q - {8'd0, p6_drop_q[28:16]};
      p8_m_q <= rounded[20:5];
    end
  end

  // e keeps pace.
  reg [5*6-1:0] up_q;  // of p3 to p8, first lowest
  wire [4:0] exponent = E_MAX[4:0] - up_q[5*5+:5];

  always @(posedge clk) begin
    if (en) up_q <= {up_q[5*5-1:0], p2_parts_q, p2_up_q};
  end

  assign m = p8_m_q;
  assign e = exponent[E_W-1:0];

  generate
    if (ALIGN_W > V_W) begin : g_pad
      // An odd width gets a zero on top; the rest below.
      localparam TOP_W = 2 * PAIRS - V_W;
      assign p0_aligned = {{ALIGN_W - V_W{1'b0}}, p0_v} << (ALIGN_W - V_W - TOP_W);
    end else begin : g_same
      assign p0_aligned = p0_v;
    end

    if (V_W < 2 || V_W > 63) begin : g_bad_v_w
      fxp_rsqrt_V_W_must_be_2_to_63 u_error ();
    end
  endgenerate

  wire unused_bits = &{1'b0, rounded[4:0], p6_drop_q[15:0], exponent, normal, holds[3], some[7]};

endmodule

`default_nettype wire
