// SPDX-License-Identifier: Apache-2.0
//
// tern_scales - scales of a job's tokens: what the units between the linear layers multiply by, and eps of the norms.
//
// Function     : the scale t that a norm gives a token, times that of a linear layer behind it: m_h q, k and v of attention's IN
//                job, for each head of each token (fastest); m_r o or down of OUT jobs, for each of c_groups groups of 8 rows of
//                each token; m_g gate of the MLP's IN job, for each of c_feed_groups, with what tern_gate drops, max(0, 3 length -
//                31), or with SIGMOID max(0, 2 length - 16), length that of the token's total; m_l c_head of HEAD jobs, once for
//                each token. m_e is eps of a norm's token, c_eps or behind attention the layer's own; m_p that of the product's
//                norm (tern_eps).
// Format       : job_data as in m2_job.vh of one chunk after the other (SLOTS 1), LAYER even for attention and odd for the MLP;
//                a HEAD job has c_batch tokens; n_data a layer's numbers as in golden/ternary/accel, once for each IN job of
//                attention; s_t_data the scales of tern_act in front of all linear layers but down, s_b_data its totals, 20
//                bits, s_p_data the scales of the one in front of down; scales {6'b0, e signed 10 bits, m 16 bits}, c_head and
//                c_feed_eps (F eps) without the zeros; m_g_data {drop (5 bits), scale}; m_e_data, m_p_data unsigned 77 bits.
//                frac: attention_frac of the last n. c_* hold still during a run; counts c_heads (H), c_kv_heads (J), c_batch
//                and groups are at least 1.
// Latency      : 9; from a job's last total to its first product
// Throughput   : 1
// Back-pressure: readies are of registers. A job's products begin behind its last token's scale and total, those of a norm
//                behind all products of the one before; 8 jobs, 18 products and an eps for each token are absorbed.
// Golden       : golden.ternary.integer.block.product
// Test         : tests/rtl/test_tern_scales.py
//
// Why: a scale is multiplied again for each head and group instead of being kept for each layer: one multiplier and one list
// of the tokens' scales serve all. What a job needs follows from the one before it, so there is one walk through all.

`default_nettype none
`include "checks.vh"
`include "kr_tern_widths.vh"
`include "mamba2/m2_job.vh"

module tern_scales #(
    parameter SIGMOID = 0,  // 0: squared ReLU, 1: SiLU
    parameter T_COLS  = 4   // most tokens of a job, 1..256
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [  7:0] c_heads,
    input  wire [  7:0] c_kv_heads,
    input  wire [ 15:0] c_groups,
    input  wire [ 15:0] c_feed_groups,
    input  wire [  7:0] c_batch,
    input  wire [ 63:0] c_eps,
    input  wire [ 25:0] c_feed_eps,
    input  wire [ 25:0] c_head,
    input  wire         job_valid,
    output wire         job_ready,
    input  wire [ 31:0] job_data,
    input  wire         n_valid,
    output wire         n_ready,
    input  wire [511:0] n_data,
    output wire [  4:0] frac,
    output wire         m_e_valid,
    input  wire         m_e_ready,
    output wire [ 76:0] m_e_data,
    input  wire         s_t_valid,
    output wire         s_t_ready,
    input  wire [ 31:0] s_t_data,
    input  wire         s_b_valid,
    output wire         s_b_ready,
    input  wire [ 19:0] s_b_data,
    output wire         m_h_valid,
    input  wire         m_h_ready,
    output wire [ 31:0] m_h_data,
    output wire         m_r_valid,
    input  wire         m_r_ready,
    output wire [ 31:0] m_r_data,
    output wire         m_g_valid,
    input  wire         m_g_ready,
    output wire [ 36:0] m_g_data,
    output wire         m_l_valid,
    input  wire         m_l_ready,
    output wire [ 31:0] m_l_data,
    output wire         m_p_valid,
    input  wire         m_p_ready,
    output wire [ 76:0] m_p_data,
    input  wire         s_p_valid,
    output wire         s_p_ready,
    input  wire [ 31:0] s_p_data
);

  localparam TOKEN_W = (T_COLS > 2) ? $clog2(T_COLS) : 1;
  localparam TOKENS = 1 << TOKEN_W;
  localparam MUL = 4;  // cycles of a product
  localparam W = 26;  // of a scale
  localparam H = 2'd0;
  localparam R = 2'd1;
  localparam G = 2'd2;
  localparam L = 2'd3;

  // Steps of the walk, one hot. Norms are ACT, ACT_O behind attention, ACT_P behind the MLP's product.
  localparam REST = 0;
  localparam NUMBERS = 1;
  localparam ACT = 2;
  localparam QUERY = 3;
  localparam KEY = 4;
  localparam VALUE = 5;
  localparam ACT_O = 6;
  localparam GATE = 7;
  localparam ACT_P = 8;
  localparam OUT = 9;
  localparam HEAD = 10;
  localparam STEPS = 11;

  // Jobs: kind, last token, attention or MLP.
  wire        j_valid;
  wire        j_ready;
  wire [ 1:0] j_kind;
  wire [ 7:0] j_last;
  wire        j_mlp;
  wire [ 3:0] unused_jobs;
  wire        unused_job = &{1'b0, job_data[31:15], job_data[5:2]};

  strm_fifo #(
      .DATA_W(11),
      .DEPTH (8)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(job_valid),
      .s_ready(job_ready),
      .s_data ({job_data[14], job_data[`KR_M2_JOB_LAST_TOKEN], job_data[`KR_M2_JOB_KIND]}),
      .m_valid(j_valid),
      .m_ready(j_ready),
      .m_data ({j_mlp, j_last, j_kind}),
      .level  (unused_jobs)
  );

  reg  [STEPS-1:0] step_q;
  reg  [STEPS-1:0] step_d;
  reg              fresh_q;  // the first cycle of a step
  reg              emit_q;  // products begin
  reg              mlp_q;
  reg              head_q;
  reg  [      7:0] last_q;  // tokens less 1
  wire             eps_idle;
  reg              eps_idle_q;
  wire             norm = step_q[ACT] || step_q[ACT_O] || step_q[ACT_P];
  wire             emit = step_q[QUERY] || step_q[KEY] || step_q[VALUE] || step_q[GATE] || step_q[OUT] || step_q[HEAD];
  wire             begun = step_q[REST] && j_valid && j_kind != `KR_M2_KIND_EMBED;
  wire             n_take = n_valid && n_ready;
  wire             loaded;
  wire             emitted;

  assign j_ready = step_q[REST];
  assign n_ready = step_q[NUMBERS] && eps_idle_q;

  always @* begin
    step_d = {STEPS{1'b0}};
    step_d[NUMBERS] = step_q[REST] && j_kind == `KR_M2_KIND_IN && !j_mlp;
    step_d[ACT] = step_q[NUMBERS] || (step_q[REST] && j_kind != `KR_M2_KIND_OUT && (j_mlp || j_kind != `KR_M2_KIND_IN));
    step_d[QUERY] = step_q[ACT] && !mlp_q && !head_q;
    step_d[KEY] = step_q[QUERY];
    step_d[VALUE] = step_q[KEY];
    step_d[ACT_O] = step_q[VALUE];
    step_d[GATE] = step_q[ACT] && mlp_q && !head_q;
    step_d[ACT_P] = step_q[GATE];
    step_d[OUT] = step_q[REST] && j_kind == `KR_M2_KIND_OUT;
    step_d[HEAD] = step_q[ACT] && head_q;
    step_d[REST] = step_q[ACT_O] || step_q[ACT_P] || step_q[OUT] || step_q[HEAD];
  end

  always @(posedge clk) begin
    if (rst) begin
      step_q  <= {{STEPS - 1{1'b0}}, 1'b1};
      fresh_q <= 1'b0;
      emit_q  <= 1'b0;
    end else begin
      if (begun || n_take || loaded || emitted) step_q <= step_d;
      fresh_q <= begun || n_take || loaded || emitted;
      emit_q  <= (fresh_q && emit) || (emit_q && !emitted);
    end
  end

  always @(posedge clk) begin
    eps_idle_q <= eps_idle;
    if (step_q[REST]) begin
      mlp_q  <= j_mlp;
      head_q <= j_kind == `KR_M2_KIND_HEAD;
      last_q <= (j_kind == `KR_M2_KIND_HEAD) ? c_batch - 8'd1 : j_last;
    end
  end

  // A layer's numbers.
  reg  [7*W-1:0] scales_q;  // q, k, v, o, gate, up, down
  reg  [    4:0] frac_q;
  reg  [   63:0] eps_q;
  wire [7*W-1:0] scales;
  wire [   41:0] unused_zeros;

  assign frac = frac_q;

  genvar i;
  generate
    for (i = 0; i < 7; i = i + 1) begin : g_scale
      assign scales[i*W+:W] = n_data[i*32+:W];
      assign unused_zeros[i*6+:6] = n_data[i*32+W+:6];
    end
  endgenerate

  wire unused_numbers = &{1'b0, unused_zeros, n_data[511:320], n_data[255:229]};

  always @(posedge clk) begin
    if (n_take) begin
      scales_q <= scales;
      frac_q   <= n_data[228:224];
      eps_q    <= n_data[319:256];
    end
  end

  // A norm's tokens: eps to it, scales and totals from it, each as many as there are.
  reg                e_go_q;
  reg                t_go_q;
  reg                b_go_q;
  reg  [        7:0] e_token_q;
  reg  [        7:0] t_token_q;
  reg  [        7:0] b_token_q;
  reg  [       63:0] eps_now_q;
  wire               e_take = m_e_valid && m_e_ready;
  wire               t_take = (s_t_valid && s_t_ready) || (s_p_valid && s_p_ready);
  wire               b_take = s_b_valid && s_b_ready;
  wire               e_last = e_token_q == last_q;
  wire               t_last = t_token_q == last_q;
  wire               b_last = b_token_q == last_q;
  reg                from_p_q;

  assign m_e_valid = e_go_q;
  assign m_e_data  = {13'd0, eps_now_q};
  assign s_t_ready = t_go_q && !from_p_q;
  assign s_p_ready = t_go_q && from_p_q;
  assign s_b_ready = b_go_q;

  always @(posedge clk) begin
    if (rst) begin
      e_go_q <= 1'b0;
      t_go_q <= 1'b0;
      b_go_q <= 1'b0;
    end else begin
      e_go_q <= (fresh_q && (step_q[ACT] || step_q[ACT_O])) || (e_go_q && !(e_take && e_last));
      t_go_q <= (fresh_q && norm) || (t_go_q && !(t_take && t_last));
      b_go_q <= (fresh_q && (step_q[ACT] || step_q[ACT_O])) || (b_go_q && !(b_take && b_last));
    end
  end

  always @(posedge clk) begin
    if (fresh_q) begin
      from_p_q  <= step_q[ACT_P];
      eps_now_q <= step_q[ACT_O] ? eps_q : c_eps;
    end
    if (fresh_q) e_token_q <= 8'd0;
    else if (e_take) e_token_q <= e_token_q + 8'd1;
    if (fresh_q) t_token_q <= 8'd0;
    else if (t_take) t_token_q <= t_token_q + 8'd1;
    if (fresh_q) b_token_q <= 8'd0;
    else if (b_take) b_token_q <= b_token_q + 8'd1;
  end

  // Totals become bits to drop: 3 length - 31 or 2 length - 16. A job's last ones are written when its first product begins.
  reg  [        1:0] b_valid_q;
  reg  [       19:0] b_q;
  wire [        4:0] length;
  reg  [        4:0] length_q;
  reg  [TOKEN_W-1:0] p0_token_q;
  reg  [TOKEN_W-1:0] p1_token_q;
  wire [        6:0] above = (SIGMOID != 0) ? {1'b0, length_q, 1'b0} - 7'd16 : {1'b0, length_q, 1'b0} + {2'd0, length_q} - 7'd31;
  wire               unused_above = above[5];

  assign loaded = norm && !fresh_q && !e_go_q && !t_go_q && !b_go_q;

  fxp_bit_length #(
      .W(20)
  ) u_length (
      .x(b_q),
      .y(length)
  );

  always @(posedge clk) begin
    if (rst) b_valid_q <= 2'd0;
    else b_valid_q <= {b_valid_q[0], b_take};
  end

  always @(posedge clk) begin
    b_q        <= s_b_data;
    p0_token_q <= b_token_q[TOKEN_W-1:0];
    length_q   <= length;
    p1_token_q <= p0_token_q;
  end

  // Products: token by token, as often as the step says.
  reg  [        7:0] token_q;
  reg  [       15:0] left_q;  // rounds
  reg  [      W-1:0] factor_q;
  wire               room;
  wire               issue = emit_q && room;
  wire               token_last = token_q == last_q;
  wire [      W-1:0] t;
  wire [        4:0] drop;
  wire [      W-1:0] product;

  assign emitted = issue && token_last && left_q == 16'd1;

  always @(posedge clk) begin
    if (fresh_q) token_q <= 8'd0;
    else if (issue) token_q <= token_last ? 8'd0 : token_q + 8'd1;
  end

  always @(posedge clk) begin
    if (fresh_q) begin
      left_q <= ({8'd0, c_heads} & {16{step_q[QUERY]}}) | ({8'd0, c_kv_heads} & {16{step_q[KEY] || step_q[VALUE]}}) |
                (c_feed_groups & {16{step_q[GATE]}}) | (c_groups & {16{step_q[OUT]}}) | {15'd0, step_q[HEAD]};
      factor_q <= (scales_q[0+:W] & {W{step_q[QUERY]}}) | (scales_q[W+:W] & {W{step_q[KEY]}}) |
                  (scales_q[2*W+:W] & {W{step_q[VALUE]}}) | (scales_q[3*W+:W] & {W{step_q[OUT] && !mlp_q}}) |
                  (scales_q[4*W+:W] & {W{step_q[GATE]}}) | (scales_q[6*W+:W] & {W{step_q[OUT] && mlp_q}}) |
                  (c_head & {W{step_q[HEAD]}});
    end else if (issue && token_last) begin
      left_q <= left_q - 16'd1;
    end
  end

  mem_lutram #(
      .DATA_W(W),
      .DEPTH (TOKENS)
  ) u_scales (
      .clk    (clk),
      .wr_en  (t_take),
      .wr_addr(t_token_q[TOKEN_W-1:0]),
      .wr_data(from_p_q ? s_p_data[W-1:0] : s_t_data[W-1:0]),
      .rd_addr(token_q[TOKEN_W-1:0]),
      .rd_data(t)
  );

  mem_lutram #(
      .DATA_W(5),
      .DEPTH (TOKENS)
  ) u_drops (
      .clk    (clk),
      .wr_en  (b_valid_q[1]),
      .wr_addr(p1_token_q),
      .wr_data(above[4:0] & {5{!above[6]}}),
      .rd_addr(token_q[TOKEN_W-1:0]),
      .rd_data(drop)
  );

  wire unused_scales = &{1'b0, s_t_data[31:W], s_p_data[31:W]};

  tern_scale_mul #(
      .E_W(10)
  ) u_mul (
      .clk(clk),
      .en (1'b1),
      .a  (t),
      .b  (factor_q),
      .y  (product)
  );

  reg  [  MUL-1:0] valid_q;
  reg  [7*MUL-1:0] sides_q;  // {stream, drop} of each stage, last highest
  wire [      1:0] stream = step_q[GATE] ? G : step_q[HEAD] ? L : step_q[OUT] ? R : H;

  always @(posedge clk) begin
    if (rst) valid_q <= {MUL{1'b0}};
    else valid_q <= {valid_q[MUL-2:0], issue};
  end

  always @(posedge clk) begin
    sides_q <= {sides_q[7*MUL-8:0], stream, drop};
  end

  // One queue for all streams: what is behind them asks for them in this order.
  wire         q_valid;
  wire         q_ready;
  wire [W+6:0] q_data;
  wire         m_valid;
  wire         m_ready;
  wire [W+6:0] m_data;
  wire [  1:0] m_stream = m_data[W+5+:2];
  wire [ 31:0] m_scale = {6'd0, m_data[W-1:0]};

  m2_exit_queue #(
      .DATA_W(W + 7),
      .DEPTH (16)
  ) u_queue (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (issue),
      .s_valid(valid_q[MUL-1]),
      .s_data ({sides_q[7*MUL-7+:7], product}),
      .m_valid(q_valid),
      .m_ready(q_ready),
      .m_data (q_data)
  );

  strm_skid #(
      .DATA_W(W + 7)
  ) u_out (
      .clk    (clk),
      .rst    (rst),
      .s_valid(q_valid),
      .s_ready(q_ready),
      .s_data (q_data),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  assign m_h_valid = m_valid && m_stream == H;
  assign m_r_valid = m_valid && m_stream == R;
  assign m_g_valid = m_valid && m_stream == G;
  assign m_l_valid = m_valid && m_stream == L;
  assign m_h_data  = m_scale;
  assign m_r_data  = m_scale;
  assign m_g_data  = {m_data[W+:5], m_scale};
  assign m_l_data  = m_scale;
  assign m_ready   = (m_stream == H) ? m_h_ready : (m_stream == R) ? m_r_ready : (m_stream == G) ? m_g_ready : m_l_ready;

  // Eps of the product's norm, for each token in the first round of gate.
  reg                first_q;
  reg                push_q;
  reg  [       36:0] push_data_q;
  wire               push_room;
  wire               x_valid;
  wire               x_ready;
  wire [       36:0] x_data;
  wire [  TOKEN_W:0] unused_level;

  assign eps_idle = !push_q && !x_valid && x_ready;

  always @(posedge clk) begin
    if (rst) push_q <= 1'b0;
    else push_q <= issue && step_q[GATE] && first_q;
  end

  always @(posedge clk) begin
    if (fresh_q) first_q <= 1'b1;
    else if (issue && token_last) first_q <= 1'b0;
    push_data_q <= {drop, 6'd0, t};
  end

  strm_fifo #(
      .DATA_W(37),
      .DEPTH (TOKENS)
  ) u_tokens (
      .clk    (clk),
      .rst    (rst),
      .s_valid(push_q),
      .s_ready(push_room),
      .s_data (push_data_q),
      .m_valid(x_valid),
      .m_ready(x_ready),
      .m_data (x_data),
      .level  (unused_level)
  );

  tern_eps #(
      .SIGMOID(SIGMOID)
  ) u_eps (
      .clk    (clk),
      .rst    (rst),
      .c_gate (scales_q[4*W+:W]),
      .c_up   (scales_q[5*W+:W]),
      .c_eps  (c_feed_eps),
      .s_valid(x_valid),
      .s_ready(x_ready),
      .s_data (x_data),
      .m_valid(m_p_valid),
      .m_ready(m_p_ready),
      .m_data (m_p_data)
  );

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK_STREAM(m_e_valid, m_e_ready, m_e_data)
  `CHECK(!push_q || push_room, "no room for a token of the product's norm")
  `CHECK(!fresh_q || {24'd0, last_q} < T_COLS, "more tokens than T_COLS")
  `CHECK(!emit_q || left_q != 16'd0, "a count of heads or groups is 0")

  generate
    if (T_COLS < 1 || T_COLS > 256) begin : g_bad_t_cols
      tern_scales_T_COLS_must_be_1_to_256 u_error ();
    end
    if (`KR_TERN_MLP_ACT_SUM_W > 21 || `KR_TERN_LINEAR_EXPONENT_W > 10 || `KR_TERN_CFG_SIGMOID_FRAC != 15) begin : g_bad_format
      tern_scales_is_made_for_totals_of_20_bits_and_exponents_of_10_and_SIGMOID_FRAC_15 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
