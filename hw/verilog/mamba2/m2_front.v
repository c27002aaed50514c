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
// Latency      : variable: 31, 26 and 13 cycles for dt, for B, C and x, and for z with PROFILE 1, 21, 21 and 8 with 0
// Throughput   : variable: a beat a cycle from the third cycle after the job on, without a gap before a job that has come
// Back-pressure: x_ready follows registers and the readiness of the beat's path; 32, 36 and 16 beats wait in the paths.
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
  localparam [2:0] DT = 3'd0;
  localparam [2:0] B = 3'd1;  // B, C and X are also the kinds of beats on the convolution's path
  localparam [2:0] C = 3'd2;
  localparam [2:0] X = 3'd3;
  localparam [2:0] Z = 3'd4;

  // The next job, and the first address of its layer, two cycles later.
  reg         next_valid_q;
  reg         next_known_q;
  reg         next_fresh_q;
  reg  [ 7:0] next_last_q;
  reg  [ 7:0] next_layer_q;
  reg  [15:0] x_groups_q;
  reg  [15:0] layer_groups_q;
  reg  [15:0] next_base_q;
  wire        start;  // it becomes the current one
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
      next_last_q <= job_data[`KR_M2_JOB_LAST_TOKEN];
      next_layer_q <= job_data[`KR_M2_JOB_LAYER];
    end
    x_groups_q <= x_groups[15:0];
    layer_groups_q <= x_groups_q + {c_bn8[14:0], 1'b0};
    next_base_q <= base[15:0];
  end

  // Where the next beat belongs.
  reg         busy_q;
  reg         fresh_q;
  reg  [ 7:0] last_q;  // the last token's number
  reg  [ 7:0] token_q;
  reg  [ 2:0] phase_q;
  reg  [ 2:0] phase_d;
  reg  [15:0] left_q;  // groups of the phase that are not done
  reg  [15:0] left_d;
  reg  [15:0] heads_q;  // heads whose z are not done
  reg  [15:0] address_q;
  wire        move = x_valid && x_ready;
  wire        first_token = token_q == 8'd0;
  wire        last_token = token_q == last_q;
  wire        last_group = left_q == 16'd1;
  wire        last_head = heads_q == 16'd1;
  wire        on_conv = phase_q == B || phase_q == C || phase_q == X;
  wire        finish = move && last_token && last_group && last_head && phase_q == Z;

  assign start = next_known_q && (!busy_q || finish);

  always @* begin
    phase_d = X;
    left_d  = c_p8;
    case (phase_q)
      DT: begin
        phase_d = B;
        left_d  = c_bn8;
      end
      B: begin
        phase_d = C;
        left_d  = c_bn8;
      end
      X: phase_d = Z;
      default: ;
    endcase
  end

  always @(posedge clk) begin
    if (rst) busy_q <= 1'b0;
    else if (start || finish) busy_q <= start;
  end

  always @(posedge clk) begin
    if (start) begin
      fresh_q <= next_fresh_q;
      last_q  <= next_last_q;
    end
  end

  always @(posedge clk) begin
    if (start) token_q <= 8'd0;
    else if (move) token_q <= last_token ? 8'd0 : token_q + 8'd1;
  end

  always @(posedge clk) begin
    if (start) begin
      phase_q <= DT;
      left_q  <= c_hg;
    end else if (move && last_token) begin
      phase_q <= last_group ? phase_d : phase_q;
      left_q  <= last_group ? left_d : left_q - 16'd1;
    end
  end

  always @(posedge clk) begin
    if (start) heads_q <= c_heads;
    else if (move && last_token && last_group && phase_q == Z) heads_q <= heads_q - 16'd1;
  end

  always @(posedge clk) begin
    if (start) address_q <= next_base_q;
    else if (move && last_token && on_conv) address_q <= address_q + 16'd1;
  end

  // The paths.
  wire       dt_path_ready;
  wire       conv_path_ready;
  wire       z_path_ready;
  wire       short_group = last_group && c_heads[2:0] != 3'd0;
  wire [7:0] heads = short_group ? ~(8'hff << c_heads[2:0]) : 8'hff;
  wire       y_valid;
  wire [1:0] y_kind;
  wire       y_ready = (y_kind == B[1:0]) ? b_ready : (y_kind == C[1:0]) ? c_ready : xq_ready;
  wire [OUT_W-1:0] y;

  assign x_ready = busy_q && ((phase_q == DT) ? dt_path_ready : on_conv ? conv_path_ready : z_path_ready);

  m2_dt_path #(
      .PROFILE(PROFILE)
  ) u_dt (
      .clk       (clk),
      .rst       (rst),
      .s_valid   (x_valid && busy_q && phase_q == DT),
      .s_ready   (dt_path_ready),
      .s_data    ({last_token, heads, x_data}),
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
      .s_valid   (x_valid && busy_q && on_conv),
      .s_ready   (conv_path_ready),
      .s_data    ({phase_q[1:0], first_token, last_token, fresh_q, address_q, x_data}),
      .conv_valid(conv_valid),
      .conv_ready(conv_ready),
      .conv_data (conv_data),
      .m_valid   (y_valid),
      .m_ready   (y_ready),
      .m_data    ({y_kind, y})
  );

  m2_z_path #(
      .PROFILE(PROFILE)
  ) u_z (
      .clk    (clk),
      .rst    (rst),
      .s_valid(x_valid && busy_q && phase_q == Z),
      .s_ready(z_path_ready),
      .s_data (x_data),
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
