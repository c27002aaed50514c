// SPDX-License-Identifier: Apache-2.0
//
// tern_gate - the MLP's product of raw sums: squared ReLU or SiLU of the gate, times up.
//
// Function     : beats of gate and up alternate. SIGMOID 0: h = round(max(gate, 0)^2 * up / 2^drop); SIGMOID 1:
//                h = round(gate * s * up / 2^drop), s the sigmoid of the gate times its token's scale, Q1.15.
// Format       : s_data {drop (5 bits), scale (32 bits), LANES sums of signed 21 bits, first lowest}, drop and scale
//                are those of the gate beat; scale {6'b0, e signed 10 bits, m 16 bits}. m_data LANES h of signed 32
//                bits, rounded half up, which must fit: drop follows from the bound on the token's sums.
// Latency      : 20 if SIGMOID else 13; from the up beat
// Throughput   : variable: a result in two cycles; after a stall the queue empties at one a cycle
// Back-pressure: registered ready; absorbs 33 beats.
// Golden       : golden.ternary.integer.functions.squared_relu
// Test         : tests/rtl/test_tern_gate.py
//
// Why: a pair of beats takes two cycles to come, so half of the lanes work twice: half the multipliers, shifters and
// segments. The pipeline runs free; places in the queue behind it are counted at its entry, a cycle late: no pair follows
// within it.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_gate #(
    parameter SIGMOID = 0,  // 0: squared ReLU, 1: SiLU
    parameter LANES   = 8   // sums in a beat, even, >= 2
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [LANES*21+37-1:0] s_data,
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [   LANES*32-1:0] m_data
);

  localparam SUM_W = 21;
  localparam HALF = LANES / 2;
  localparam HALF_W = HALF * SUM_W;
  localparam FACTOR = (SIGMOID != 0) ? 11 : 3;  // stage of the second product's operands
  localparam PRODUCT = (SIGMOID != 0) ? 14 : 7;  // stage of the second product
  localparam LAST = PRODUCT + 3;
  localparam FACTOR_W = (SIGMOID != 0) ? 17 : 21;  // with a sign that is 0
  localparam PRODUCT_W = 2 * SUM_W + FACTOR_W - 1;
  localparam COARSE_W = 32 + 1 + 7;  // a result before its rounding and the last seven places

  // Pairs: the gate waits for its up, the upper half of both for the lower.
  reg               up_q;  // the next beat is up
  reg               second_q;  // the upper half enters
  reg  [2*HALF_W-1:0] gate_q;
  reg  [  HALF_W-1:0] up_high_q;
  reg  [        31:0] scale_q;
  reg  [         4:0] drop_q;
  wire                room;
  wire                move = s_valid && s_ready;
  wire                enter = move && up_q;

  assign s_ready = !up_q || room;

  always @(posedge clk) begin
    if (rst) up_q <= 1'b0;
    else if (move) up_q <= !up_q;
  end

  always @(posedge clk) begin
    second_q <= enter && !rst;
    if (move && !up_q) begin
      gate_q  <= s_data[2*HALF_W-1:0];
      scale_q <= s_data[2*HALF_W+:32];
      drop_q  <= s_data[2*HALF_W+32+:5];
    end
    if (move) up_high_q <= s_data[HALF_W+:HALF_W];
  end

  // Half a beat a cycle.
  wire [     HALF_W-1:0] gate = second_q ? gate_q[HALF_W+:HALF_W] : gate_q[HALF_W-1:0];
  wire [     HALF_W-1:0] up = second_q ? up_high_q : s_data[HALF_W-1:0];
  wire [ HALF*FACTOR_W-1:0] factors;  // of stage FACTOR
  wire [    HALF*32-1:0] results;  // of stage LAST
  reg  [         LAST:0] valid_q;  // a lower half in each stage
  reg  [5*PRODUCT+4:0] drops_q;  // up to stage PRODUCT, last highest
  wire [            4:0] drop = drops_q[5*PRODUCT+:5];
  reg  [            2:0] fine_q;
  wire [       HALF-1:0] fits;
  reg  [    HALF*32-1:0] low_q;
  reg                    done_q;  // an upper half is in the last stage, the lower one in low_q

  always @(posedge clk) begin
    if (rst) begin
      valid_q <= {LAST + 1{1'b0}};
      done_q  <= 1'b0;
    end else begin
      valid_q <= {valid_q[LAST-1:0], enter};
      done_q  <= valid_q[LAST];
    end
  end

  always @(posedge clk) begin
    drops_q <= {drops_q[5*PRODUCT-1:0], drop_q};
    fine_q  <= drop[2:0];
    low_q   <= results;
  end

  genvar i;
  generate
    if (SIGMOID != 0) begin : g_sigmoid
      wire [HALF*16-1:0] sigmoids;

      tern_sigmoid #(
          .LANES(HALF)
      ) u_sigmoid (
          .clk  (clk),
          .en   (1'b1),
          .scale(scale_q),
          .g    (gate),
          .y    (sigmoids)
      );

      for (i = 0; i < HALF; i = i + 1) begin : g_factor
        assign factors[i*FACTOR_W+:FACTOR_W] = {1'b0, sigmoids[i*16+:16]};
      end
    end else begin : g_relu
      wire unused_scale = ^scale_q;

      for (i = 0; i < HALF; i = i + 1) begin : g_factor
        reg [4*SUM_W-1:0] stages_q;  // the gate in p0 to p3, last highest
        wire [SUM_W-1:0] p3_gate = stages_q[3*SUM_W+:SUM_W];

        assign factors[i*FACTOR_W+:FACTOR_W] = p3_gate & {SUM_W{!p3_gate[SUM_W-1]}};

        always @(posedge clk) begin
          stages_q <= {stages_q[3*SUM_W-1:0], gate[i*SUM_W+:SUM_W]};
        end
      end
    end

    for (i = 0; i < HALF; i = i + 1) begin : g_lane
      // Gate times up, in two parts of a multiplier's width.
      reg signed [      SUM_W-1:0] p0_gate_q;
      reg signed [      SUM_W-1:0] p0_up_q;
      wire signed [          17:0] p0_up_low = {1'b0, p0_up_q[16:0]};
      wire signed [           3:0] p0_up_high = p0_up_q[20:17];
      reg signed [     SUM_W+16:0] p1_low_q;
      reg signed [      SUM_W+3:0] p1_high_q;
      reg signed [     SUM_W+16:0] p2_low_q;
      reg signed [      SUM_W+3:0] p2_high_q;
      reg signed [    2*SUM_W-1:0] p3_both_q;

      always @(posedge clk) begin
        p0_gate_q <= gate[i*SUM_W+:SUM_W];
        p0_up_q   <= up[i*SUM_W+:SUM_W];
        p1_low_q  <= p0_gate_q * p0_up_low;
        p1_high_q <= p0_gate_q * p0_up_high;
        p2_low_q  <= p1_low_q;
        p2_high_q <= p1_high_q;
        p3_both_q <= {p2_high_q, 17'd0} + {{4{p2_low_q[SUM_W+16]}}, p2_low_q};
      end

      // Times the factor.
      wire signed [FACTOR_W-1:0] factor = factors[i*FACTOR_W+:FACTOR_W];
      wire signed [PRODUCT_W-1:0] product;

      if (SIGMOID != 0) begin : g_sigmoid
        localparam LATE = FACTOR - 3;
        reg [LATE*2*SUM_W-1:0] both_q;  // up to stage FACTOR, last highest
        wire signed [24:0] low = {1'b0, both_q[(LATE-1)*2*SUM_W+:24]};
        wire signed [17:0] high = both_q[(LATE-1)*2*SUM_W+24+:18];
        reg signed [24+FACTOR_W:0] p12_low_q;
        reg signed [17+FACTOR_W:0] p12_high_q;
        reg signed [24+FACTOR_W:0] p13_low_q;
        reg signed [17+FACTOR_W:0] p13_high_q;
        reg signed [PRODUCT_W:0] p14_product_q;

        assign product = p14_product_q[PRODUCT_W-1:0];

        always @(posedge clk) begin
          both_q        <= {both_q[(LATE-1)*2*SUM_W-1:0], p3_both_q};
          p12_low_q     <= low * factor;
          p12_high_q    <= high * factor;
          p13_low_q     <= p12_low_q;
          p13_high_q    <= p12_high_q;
          p14_product_q <= {p13_high_q, 24'd0} + {{17{p13_low_q[24+FACTOR_W]}}, p13_low_q};
        end

        wire unused_product = p14_product_q[PRODUCT_W];
      end else begin : g_relu
        wire signed [17:0] low = {1'b0, p3_both_q[16:0]};
        wire signed [17:0] middle = {1'b0, p3_both_q[33:17]};
        wire signed [7:0] high = p3_both_q[41:34];
        reg signed [17+FACTOR_W:0] p4_low_q;
        reg signed [17+FACTOR_W:0] p4_middle_q;
        reg signed [7+FACTOR_W:0] p4_high_q;
        reg signed [17+FACTOR_W:0] p5_low_q;
        reg signed [17+FACTOR_W:0] p5_middle_q;
        reg signed [7+FACTOR_W:0] p5_high_q;
        reg signed [34+FACTOR_W:0] p6_sum_q;
        reg signed [7+FACTOR_W:0] p6_high_q;
        reg signed [PRODUCT_W:0] p7_product_q;

        assign product = p7_product_q[PRODUCT_W-1:0];

        always @(posedge clk) begin
          p4_low_q     <= low * factor;
          p4_middle_q  <= middle * factor;
          p4_high_q    <= high * factor;
          p5_low_q     <= p4_low_q;
          p5_middle_q  <= p4_middle_q;
          p5_high_q    <= p4_high_q;
          p6_sum_q     <= {p5_middle_q, 17'd0} + {{17{p5_low_q[17+FACTOR_W]}}, p5_low_q};
          p6_high_q    <= p5_high_q;
          p7_product_q <= {p6_high_q, 34'd0} + {{7{p6_sum_q[34+FACTOR_W]}}, p6_sum_q};
        end

        wire unused_product = p7_product_q[PRODUCT_W];
      end

      // Shift by one less in two steps, then half up.
      wire signed [PRODUCT_W:0] coarse = $signed({product, 1'b0}) >>> {drop[4:3], 3'd0};
      reg signed [COARSE_W-1:0] coarse_q;
      wire signed [COARSE_W-1:0] fine = coarse_q >>> fine_q;
      reg [32:0] rounded_q;
      wire [32:0] up_half = rounded_q + 33'd1;
      reg [31:0] result_q;

      assign results[i*32+:32] = result_q;

      always @(posedge clk) begin
        coarse_q  <= coarse[COARSE_W-1:0];
        rounded_q <= fine[32:0];
        result_q  <= up_half[32:1];
      end

      reg coarse_fits_q;  // the bits that are cut off are copies of the sign

      assign fits[i] = coarse_fits_q && fine[COARSE_W-1:32] == {COARSE_W - 32{fine[32]}};

      always @(posedge clk) begin
        coarse_fits_q <= coarse[PRODUCT_W:COARSE_W-1] == {PRODUCT_W - COARSE_W + 2{coarse[COARSE_W-1]}};
      end

      wire unused_half = up_half[0];
    end

    if (LANES < 2 || LANES % 2 != 0 || SIGMOID < 0 || SIGMOID > 1) begin : g_bad_size
      tern_gate_needs_SIGMOID_0_or_1_and_an_even_number_of_LANES u_error ();
    end
    if (`KR_TERN_GATE_PROJ_W > SUM_W || `KR_TERN_UP_PROJ_W > SUM_W || `KR_TERN_PRODUCT_W != 32) begin : g_bad_format
      tern_gate_is_made_for_sums_of_21_bits_at_most_and_a_product_of_32 u_error ();
    end
  endgenerate

  m2_exit_queue #(
      .DATA_W(LANES * 32),
      .DEPTH (16)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (second_q),
      .s_valid(done_q),
      .s_data ({results, low_q}),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!(valid_q[PRODUCT+1] || valid_q[PRODUCT+2]) || &fits, "a result does not fit into 32 bits")

endmodule

`default_nettype wire
