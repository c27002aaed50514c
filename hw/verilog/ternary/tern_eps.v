// SPDX-License-Identifier: Apache-2.0
//
// tern_eps - eps of the norm behind the MLP's product, over the square of what that product's scale is.
//
// Function     : g = t * c_gate, u = t * c_up, s = (g * u if SIGMOID else g * g * u) * 2^(drop - (15 if SIGMOID else 0)), y =
//                c_eps / s^2 as an integer, floored, within 1 and 2^76 - 2^60; 1 where s or c_eps is 0. All products are cut
//                off to 16 bits.
// Format       : s_data {drop (5 bits), t} of a token; scales t {6'b0, e signed 10 bits, m 16 bits} and c_gate, c_up, c_eps
//                without the zeros, m at least 2^15, or 0; exponents of g and u within 9 bits; m_data unsigned 77 bits. c_gate,
//                c_up and c_eps hold still while a token is inside.
// Latency      : 40 if SIGMOID else 45
// Throughput   : 1 / (41 if SIGMOID else 46)
// Back-pressure: registered ready; absorbs 1 beat.
// Golden       : golden.ternary.integer.functions.product_eps
// Test         : tests/rtl/test_tern_eps.py
//
// Why: nobody else reads the product's scale, so it is made here, where the multiplier of the square and the one of eps are
// the same. One token at a time: the others' products have yet to come while the first one's eps is in use.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"

module tern_eps #(
    parameter SIGMOID = 0  // 0: squared ReLU, 1: SiLU
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [25:0] c_gate,
    input  wire [25:0] c_up,
    input  wire [25:0] c_eps,
    input  wire        s_valid,
    output wire        s_ready,
    input  wire [36:0] s_data,
    output wire        m_valid,
    input  wire        m_ready,
    output wire [76:0] m_data
);

  localparam E_W = 12;  // of every exponent inside
  localparam W = E_W + 16;
  localparam MUL = 5;  // cycles of a product, from operands to operands
  localparam G = 0;  // steps: what is being made; 2 is g g
  localparam U = 1;
  localparam S = 3;
  localparam SQUARE = 4;
  localparam EPS = 5;
  localparam STEPS = 6;
  localparam MOST = 75;  // greatest shift of a mantissa with 15 bits below it
  localparam [E_W-1:0] BELOW = 15;
  localparam [E_W-1:0] INVERSE = -30;  // of 2^-31, and 1 for the complement
  localparam [6:0] TAKEN = (SIGMOID != 0) ? `KR_TERN_CFG_SIGMOID_FRAC : 0;

  // Steps, a turn at the end of each. Between the square and eps is the division, then eps becomes an integer.
  reg              busy_q;
  reg  [STEPS-1:0] step_q;  // one hot, or none
  reg  [  MUL-1:0] turn_q;  // one hot, or none
  reg  [      2:0] put_q;
  reg              valid_q;
  wire             take = s_valid && s_ready;
  wire             turn = turn_q[MUL-1];
  wire             r_valid;

  assign s_ready = !busy_q;
  assign m_valid = valid_q;

  always @(posedge clk) begin
    if (rst) busy_q <= 1'b0;
    else busy_q <= take || (busy_q && !(m_valid && m_ready));
  end

  always @(posedge clk) begin
    if (rst) begin
      step_q <= {STEPS{1'b0}};
      turn_q <= {MUL{1'b0}};
    end else begin
      turn_q <= {turn_q[MUL-2:0], take || r_valid || (turn && !step_q[SQUARE] && !step_q[EPS])};
      if (take) step_q <= {{STEPS - 1{1'b0}}, 1'b1};
      else if (r_valid) step_q <= {1'b1, {STEPS - 1{1'b0}}};
      else if (turn) begin
        step_q <= {1'b0, step_q[STEPS-3:0], 1'b0};
        if (SIGMOID != 0 && step_q[U]) step_q <= {{STEPS - 1 - S{1'b0}}, 1'b1, {S{1'b0}}};
      end
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      put_q   <= 3'd0;
      valid_q <= 1'b0;
    end else begin
      put_q   <= {put_q[1:0], turn && step_q[EPS]};
      valid_q <= put_q[2] || (valid_q && !m_ready);
    end
  end

  // Operands. What a product is: t c_gate, t c_up, g g, u g or g g u, s s, c_eps / s^2.
  reg  [       W-1:0] a_q;
  reg  [       W-1:0] b_q;
  reg  [       W-1:0] kept_q;  // g, then of three factors u
  reg  [        25:0] t_q;
  reg signed [   6:0] moved_q;  // what s has above its factors' product
  wire [       W-1:0] y;
  wire [       W-1:0] scale = {y[16+:E_W] + {{E_W - 7{moved_q[6]}}, moved_q}, y[15:0]};
  wire [       W-1:0] inverse;
  reg  [       W-1:0] a_d;
  reg  [       W-1:0] b_d;
  wire                unused_zeros = &{1'b0, s_data[31:26]};

  always @* begin
    a_d = y;
    b_d = kept_q;
    if (!busy_q) begin
      a_d = widened(s_data[25:0]);
      b_d = widened(c_gate);
    end else if (step_q[G]) begin
      a_d = widened(t_q);
      b_d = widened(c_up);
    end else if (SIGMOID == 0 && step_q[U]) begin
      a_d = kept_q;
    end else if (step_q[S]) begin
      a_d = scale;
      b_d = scale;
    end else if (r_valid) begin
      a_d = inverse;
      b_d = widened(c_eps);
    end
  end

  function [W-1:0] widened(input [25:0] x);
    widened = {{E_W - 10{x[25]}}, x};
  endfunction

  always @(posedge clk) begin
    if (!busy_q || turn || r_valid) begin
      a_q <= a_d;
      b_q <= b_d;
    end
    if (turn && (step_q[G] || (SIGMOID == 0 && step_q[U]))) kept_q <= y;
    if (take) begin
      t_q <= s_data[25:0];
      moved_q <= {2'd0, s_data[36:32]} - TAKEN;
    end
  end

  tern_scale_mul #(
      .E_W(E_W)
  ) u_mul (
      .clk(clk),
      .en (1'b1),
      .a  (a_q),
      .b  (b_q),
      .y  (y)
  );

  // 1 / s^2: 2^31 over its mantissa, which is 2^16 of the least one.
  wire           d_room;
  wire [E_W-1:0] d_e;
  wire           d_any;
  wire [   17:0] d_m;
  wire           unused_top = d_m[17];

  assign inverse = {~d_e + INVERSE + {{E_W - 1{1'b0}}, d_m[16]}, (d_m[15:0] | {d_m[16], 15'd0}) & {16{d_any}}};

  tern_reciprocal #(
      .SIDE_W(E_W + 1),
      .A_W   (16),
      .Q_W   (18),
      .START (8192)
  ) u_divide (
      .clk    (clk),
      .rst    (rst),
      .s_valid(turn && step_q[SQUARE]),
      .s_ready(d_room),
      .s_data ({y[15], y[16+:E_W], y[15:0]}),
      .m_valid(r_valid),
      .m_ready(1'b1),
      .m_data ({d_any, d_e, d_m})
  );

  // As an integer: the mantissa with 15 bits below it goes left, in two steps.
  reg  [E_W-1:0] p0_left_q;
  reg  [   15:0] p0_m_q;
  reg            p1_small_q;
  reg  [    6:0] p1_left_q;
  reg  [   15:0] p1_m_q;
  reg            p2_small_q;
  reg  [    2:0] p2_coarse_q;
  reg  [   30:0] p2_fine_q;
  reg  [   76:0] y_q;
  wire           over = !p0_left_q[E_W-1] && (p0_left_q[E_W-2:7] != {E_W - 8{1'b0}} || p0_left_q[6:0] > MOST);
  wire [   94:0] wide = {64'd0, p2_fine_q} << {p2_coarse_q, 4'd0};
  wire           unused_wide = &{1'b0, wide[94:92], wide[14:0]};

  assign m_data = y_q;

  always @(posedge clk) begin
    if (turn) begin
      p0_left_q <= y[16+:E_W] + BELOW;
      p0_m_q    <= y[15:0];
    end
    p1_small_q  <= p0_left_q[E_W-1] || !p0_m_q[15];
    p1_left_q   <= over ? MOST : p0_left_q[6:0];
    p1_m_q      <= p0_m_q | {16{over}};
    p2_small_q  <= p1_small_q;
    p2_coarse_q <= p1_left_q[6:4];
    p2_fine_q   <= {15'd0, p1_m_q} << p1_left_q[3:0];
    if (put_q[2]) y_q <= (wide[91:15] & {77{!p2_small_q}}) | {76'd0, p2_small_q};
  end

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!(turn && step_q[SQUARE]) || d_room, "a division before the last one ended")

  generate
    if (SIGMOID < 0 || SIGMOID > 1) begin : g_bad_sigmoid
      tern_eps_SIGMOID_must_be_0_or_1 u_error ();
    end
    if (`KR_TERN_MANTISSA_W != 17 || `KR_TERN_LINEAR_EXPONENT_W > 9 || `KR_TERN_EPS_EXPONENT_W > E_W) begin : g_bad_format
      tern_eps_is_made_for_exponents_of_9_bits_in_sums_and_12_in_eps u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
