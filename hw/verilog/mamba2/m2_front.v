// SPDX-License-Identifier: Apache-2.0
//
// m2_front - from in_proj to the recurrence: dt and decay, the convolution of B, C and x, SiLU, quantizers.
//
// Function     : of each IN job (m2_job.vh; others are dropped) c_hg groups of dt rows, c_bn8 of B, c_bn8 of C and for each
//                of c_heads heads c_p8 of x and c_p8 of z, each with a beat for each token, through m2_dt_path, m2_conv_path
//                or m2_z_path. Lanes without a head, in the last group of dt rows, give 0.
// Format       : x_data 8 values of VALUE_W bits, neighbouring rows of a token, first lowest. head_data and conv_data: a
//                record for each group of dt rows, and of B, C and x, in this order. dt_data {D_s, D, decay_s, decay, dt_s,
//                dt} for each group and token; b_data, c_data, xq_data and z_data {s, q}. Shifts have 4 bits, D_s 5.
//                c_heads = 1..8 c_hg, and (2 c_bn8 + c_heads c_p8) times the layers is at most CONV_DEPTH; both hold still
//                while a job is inside.
// Latency      : variable: 32, 28 and 14 cycles for dt, for B, C and x, and for z with PROFILE 1, 22, 23 and 9 with 0
// Throughput   : variable: a beat a cycle from the third cycle after the job on (two come in before), without a gap before a
//                job that has come
// Back-pressure: registered x_ready; 32, 38 and 16 beats wait in the paths, two in front of them.
// Golden       : golden.mamba2.integer.block.mixer
// Test         : tests/rtl/test_m2_front.py
//
// Why: x, B and C share a path because their beats never come together; z has its own, so that a head's x is not behind
// a z for which the recurrence has no room yet.

`default_nettype none
`include "checks.vh"
`include "kr_m2_widths.vh"
`include "mamba2/m2_job.vh"

module m2_front #(
    parameter PROFILE    = 0,    // number of the profile, 0 lightmamba-w4a4, 1 fastmamba-w8a8
    parameter T_COLS     = 4,    // most tokens of a job, 1..256
    parameter CONV_DEPTH = 2048  // groups of 8 channels, over all layers, whose history is kept, 2..65536
) (
    input  wire                                         clk,
    input  wire                                         rst,
    input  wire [                                 15:0] c_hg,
    input  wire [                                 15:0] c_bn8,
    input  wire [                                 15:0] c_heads,
    input  wire [                                 15:0] c_p8,
    input  wire                                         job_valid,
    output wire                                         job_ready,
    input  wire [                   `KR_M2_JOB_W-1:0]   job_data,
    input  wire                                         x_valid,
    output wire                                         x_ready,
    input  wire [8*`KR_M2_CFG_VALUE_BITS(PROFILE)-1:0]  x_data,
    input  wire                                         head_valid,
    output wire                                         head_ready,
    input  wire [                                511:0] head_data,
    input  wire                                         conv_valid,
    output wire                                         conv_ready,
    input  wire [  64*`KR_M2_CFG_SSM_BITS(PROFILE)-1:0] conv_data,
    output wire                                         dt_valid,
    input  wire                                         dt_ready,
    output wire [ 24*`KR_M2_CFG_SSM_BITS(PROFILE)+12:0] dt_data,
    output wire                                         b_valid,
    input  wire                                         b_ready,
    output wire [    8*`KR_M2_CFG_BC_BITS(PROFILE)+3:0] b_data,
    output wire                                         c_valid,
    input  wire                                         c_ready,
    output wire [    8*`KR_M2_CFG_BC_BITS(PROFILE)+3:0] c_data,
    output wire                                         xq_valid,
    input  wire                                         xq_ready,
    output wire [   8*`KR_M2_CFG_SSM_BITS(PROFILE)+3:0] xq_data,
    output wire                                         z_valid,
    input  wire                                         z_ready,
    output wire [   8*`KR_M2_CFG_SSM_BITS(PROFILE)+3:0] z_data
);

  localparam BITS = `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam OUT_W = 8 * BITS + 4;
  localparam VALUE_W = `KR_M2_CFG_VALUE_BITS(PROFILE);
  localparam [2:0] DT = 3'd0;  // phases
  localparam [2:0] B = 3'd1;  // B, C and X are also the kinds of beats on the convolution's path
  localparam [2:0] C = 3'd2;
  localparam [2:0] X = 3'd3;
  localparam [2:0] Z = 3'd4;
  localparam T_A = (T_COLS > 1) ? $clog2(T_COLS) : 1;  // bits of a token's number

  // The next job, and the first address of its layer, two cycles later.
  reg         next_valid_q;
  reg         next_known_q;
  reg         next_fresh_q;
  reg         next_single_q;
  reg  [T_A-1:0] next_before_q;
  reg  [ 7:0] next_layer_q;
  reg  [15:0] x_groups_q;
  reg  [15:0] layer_groups_q;
  reg  [15:0] next_base_q;
  wire        start;  // it becomes the current one
  wire [ 7:0] last_in = job_data[`KR_M2_JOB_LAST_TOKEN];
  wire [31:0] x_groups = {16'd0, c_heads} * {16'd0, c_p8};
  wire [23:0] base = {16'd0, next_layer_q} * {8'd0, layer_groups_q};

  assign job_ready = !next_valid_q;

  always @(posedge clk) begin
    if (rst) next_valid_q <= 1'b0;
    else if (start) next_valid_q <= 1'b0;
    else if (job_valid && job_ready) next_valid_q <= job_data[`KR_M2_JOB_KIND] == `KR_M2_KIND_IN;
  end

  always @(posedge clk) begin
    if (rst) next_known_q <= 1'b0;
    else next_known_q <= next_valid_q && !start;
  end

  always @(posedge clk) begin
    if (job_ready) begin
      next_fresh_q <= job_data[`KR_M2_JOB_FRESH];
      next_single_q <= last_in == 8'd0;
      next_before_q <= last_in[T_A-1:0] - 1'b1;
      next_layer_q <= job_data[`KR_M2_JOB_LAYER];
    end
    x_groups_q <= x_groups[15:0];
    layer_groups_q <= x_groups_q + {c_bn8[14:0], 1'b0};
    next_base_q <= base[15:0];
  end

  // The next beat, and where it belongs. What is compared is known a beat ahead.
  wire                 x_here;
  wire                 x_moves;  // when it is here
  wire [8*VALUE_W-1:0] x;
  reg         busy_q;
  reg         fresh_q;
  reg         single_q;  // jobs of one token
  reg  [T_A-1:0] before_q;  // the last token but one
  reg  [T_A-1:0] token_q;
  reg         first_token_q;
  reg         last_token_q;
  reg  [ 4:0] phase_q;  // one-hot, nothing while not busy
  reg  [15:0] left_q;  // groups of the phase that are not done
  reg         last_group_q;
  reg  [15:0] heads_q;  // heads whose z are not done
  reg         last_head_q;
  reg  [15:0] address_q;
  reg         one_hg_q;
  reg         one_bn8_q;
  reg         one_p8_q;
  reg         one_head_q;
  reg  [ 7:0] short_q;  // lanes of the last group of dt rows that have heads
  wire        move = x_here && x_moves;
  wire        on_conv = phase_q[B] || phase_q[C] || phase_q[X];
  wire        row_end = move && last_token_q;
  wire        phase_end = row_end && last_group_q;
  wire        finish = phase_end && last_head_q && phase_q[Z];
  wire        to_bc = phase_q[DT] || phase_q[B];  // the next phase is B or C

  strm_skid #(
      .DATA_W(8 * VALUE_W)
  ) u_x (
      .clk    (clk),
      .rst    (rst),
      .s_valid(x_valid),
      .s_ready(x_ready),
      .s_data (x_data),
      .m_valid(x_here),
      .m_ready(x_moves),
      .m_data (x)
  );

  assign start = next_known_q && (!busy_q || finish);

  always @(posedge clk) begin
    one_hg_q   <= c_hg == 16'd1;
    one_bn8_q  <= c_bn8 == 16'd1;
    one_p8_q   <= c_p8 == 16'd1;
    one_head_q <= c_heads == 16'd1;
    short_q    <= (c_heads[2:0] == 3'd0) ? 8'hff : ~(8'hff << c_heads[2:0]);
  end

  always @(posedge clk) begin
    if (rst) busy_q <= 1'b0;
    else if (start || finish) busy_q <= start;
  end

  always @(posedge clk) begin
    if (start) begin
      fresh_q  <= next_fresh_q;
      single_q <= next_single_q;
      before_q <= next_before_q;
    end
  end

  always @(posedge clk) begin
    if (start) begin
      token_q       <= {T_A{1'b0}};
      first_token_q <= 1'b1;
      last_token_q  <= next_single_q;
    end else if (move) begin
      token_q       <= last_token_q ? {T_A{1'b0}} : token_q + 1'b1;
      first_token_q <= last_token_q;
      last_token_q  <= last_token_q ? single_q : token_q == before_q;
    end
  end

  always @(posedge clk) begin
    if (rst) phase_q <= 5'd0;
    else if (start) phase_q <= 5'd1;
    else if (finish) phase_q <= 5'd0;
    else if (phase_end) phase_q <= {phase_q[X], phase_q[C] || phase_q[Z], phase_q[B], phase_q[DT], 1'b0};
  end

  always @(posedge clk) begin
    if (start) begin
      left_q       <= c_hg;
      last_group_q <= one_hg_q;
    end else if (row_end) begin
      left_q       <= !last_group_q ? left_q - 16'd1 : to_bc ? c_bn8 : c_p8;
      last_group_q <= !last_group_q ? left_q == 16'd2 : to_bc ? one_bn8_q : one_p8_q;
    end
  end

  always @(posedge clk) begin
    if (start) begin
      heads_q     <= c_heads;
      last_head_q <= one_head_q;
    end else if (phase_end && phase_q[Z]) begin
      heads_q     <= heads_q - 16'd1;
      last_head_q <= heads_q == 16'd2;
    end
  end

  always @(posedge clk) begin
    if (start) address_q <= next_base_q;
    else if (row_end && on_conv) address_q <= address_q + 16'd1;
  end

  // The paths.
  wire       dt_path_ready;
  wire       conv_path_ready;
  wire       z_path_ready;
  wire [7:0] heads = last_group_q ? short_q : 8'hff;
  wire [1:0] kind = {phase_q[C] || phase_q[X], phase_q[B] || phase_q[X]};
  wire       conv_out_valid;
  wire       conv_out_ready;
  wire [OUT_W+1:0] conv_out;
  wire       y_valid;
  wire [1:0] y_kind;
  wire       y_ready = (y_kind == B[1:0]) ? b_ready : (y_kind == C[1:0]) ? c_ready : xq_ready;
  wire [OUT_W-1:0] y;

  assign x_moves = (phase_q[DT] && dt_path_ready) || (on_conv && conv_path_ready) || (phase_q[Z] && z_path_ready);

  m2_dt_path #(
      .PROFILE(PROFILE)
  ) u_dt (
      .clk       (clk),
      .rst       (rst),
      .s_valid   (x_here && phase_q[DT]),
      .s_ready   (dt_path_ready),
      .s_data    ({last_token_q, heads, x}),
      .head_valid(head_valid),
      .head_ready(head_ready),
      .head_data (head_data),
      .m_valid   (dt_valid),
      .m_ready   (dt_ready),
      .m_data    (dt_data)
  );

  m2_conv_path #(
      .PROFILE   (PROFILE),
      .CONV_DEPTH(CONV_DEPTH)
  ) u_conv (
      .clk       (clk),
      .rst       (rst),
      .s_valid   (x_here && on_conv),
      .s_ready   (conv_path_ready),
      .s_data    ({kind, first_token_q, last_token_q, fresh_q, address_q, x}),
      .conv_valid(conv_valid),
      .conv_ready(conv_ready),
      .conv_data (conv_data),
      .m_valid   (conv_out_valid),
      .m_ready   (conv_out_ready),
      .m_data    (conv_out)
  );

  strm_skid #(
      .DATA_W(OUT_W + 2)
  ) u_y (
      .clk    (clk),
      .rst    (rst),
      .s_valid(conv_out_valid),
      .s_ready(conv_out_ready),
      .s_data (conv_out),
      .m_valid(y_valid),
      .m_ready(y_ready),
      .m_data ({y_kind, y})
  );

  m2_z_path #(
      .PROFILE(PROFILE)
  ) u_z (
      .clk    (clk),
      .rst    (rst),
      .s_valid(x_here && phase_q[Z]),
      .s_ready(z_path_ready),
      .s_data (x),
      .m_valid(z_valid),
      .m_ready(z_ready),
      .m_data (z_data)
  );

  assign b_valid  = y_valid && y_kind == B[1:0];
  assign c_valid  = y_valid && y_kind == C[1:0];
  assign xq_valid = y_valid && y_kind == X[1:0];
  assign b_data   = y;
  assign c_data   = y;
  assign xq_data  = y;

  wire unused_bits = &{1'b0, job_data, x_groups, base};

  `CHECK(!job_valid || job_data[`KR_M2_JOB_KIND] != `KR_M2_KIND_IN || {24'd0, job_data[`KR_M2_JOB_LAST_TOKEN]} < T_COLS,
         "a job of more than T_COLS tokens")
  `CHECK(!start || {8'd0, base} < CONV_DEPTH, "a layer without room for its history")

  generate
    if (T_COLS < 1 || T_COLS > 256) begin : g_bad_t_cols
      m2_front_T_COLS_must_be_1_to_256 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
