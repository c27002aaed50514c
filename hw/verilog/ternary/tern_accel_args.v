// SPDX-License-Identifier: Apache-2.0
//
// tern_accel_args - holds the arguments of a run, checks them and computes the counts that follow from them.
//
// Function     : at `start` the arguments are sampled; with `valid`, error is the code of the first rule that they break, in
//                the order of the codes, and the c_* outputs are the counts of the golden function of that name.
// Format       : counts unsigned; own, c_own four texts, text 0 lowest, c_own 0 for those that the run does not have;
//                feed_eps, head_scale {e signed 10 bits, m 16 bits}; c_norm_*, c_qkv, c_o, c_gu, c_down, c_*_beats, c_keys*,
//                c_head0, c_head1, c_layer*, c_part* wide beats; offsets bytes. Meaningless when error is not 0.
// Latency      : variable: about 500 cycles, one for each bit of each factor and ten for each step
// Throughput   : variable: one start at a time
// Back-pressure: none.
// Golden       : golden.ternary.accel.arguments.argument_error
// Test         : tests/rtl/test_tern_accel_args.py
//
// Why: as m2_args: a run takes a thousand times as long as its check, so one multiplier and one comparison of regions serve
// all steps in turn. A value is derived in a register of its own, and eight cycles before each step let such registers
// settle.

`default_nettype none
`include "kr_ternary_accel_regs.vh"

module tern_accel_args #(
    parameter PORTS         = 2,     // memory ports
    parameter PORT_BYTES    = 32,    // bytes of a port's beat, a power of two
    parameter WIDE_W        = 512,   // bits of a wide beat, a power of two >= 512
    parameter NL            = 8,     // lanes of norms and quantizers, a power of two
    parameter T_COLS        = 4,     // token columns, a power of two, <= 128
    parameter BATCH         = 4,     // most texts that are decoded together, 1..4 and T_COLS
    parameter Q_PAR         = 2,     // rows that attention works on in parallel, a power of two
    parameter D_MAX         = 256,   // greatest width, <= 8160
    parameter F_MAX         = 512,   // greatest width of the MLP's product, <= 8192
    parameter H_MAX         = 8,     // most heads, <= 255
    parameter J_MAX         = 8,     // most heads of keys, <= 255
    parameter SHARE_MAX     = 4,     // most heads for a head of keys
    parameter P_MAX         = 128,   // widest head: 32, 64, 96 or 128
    parameter POSITIONS_MAX = 1024,  // most positions of a context, <= 8192
    parameter SCORE_DEPTH   = 2048,  // groups of a position tile's scores that two heads may have
    // Follows from the others, not to be set: width of the number of a tile's group of 8 rows.
    parameter GROUP_W       = (WIDE_W > 512) ? $clog2(WIDE_W / 512) : 1
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                start,
    input  wire [        31:0] d_model,
    input  wire [        31:0] heads,
    input  wire [        31:0] kv_heads,
    input  wire [        31:0] feed,
    input  wire [        31:0] batch,
    input  wire [        31:0] vocab,
    input  wire [        31:0] model_layers,
    input  wire [        31:0] prefix,
    input  wire [        31:0] prefix_room,
    input  wire [        31:0] own_room,
    input  wire [       127:0] own,
    input  wire [        31:0] prompt,
    input  wire [        31:0] generate_,
    input  wire                head,
    input  wire                ternary_head,
    input  wire [         4:0] residual_frac,
    input  wire [         4:0] logit_frac,
    input  wire [        63:0] eps,
    input  wire [        25:0] feed_eps,
    input  wire [        25:0] head_scale,
    input  wire [         1:0] tap_point,
    input  wire                tap_all,
    input  wire [         7:0] tap_layer,
    input  wire [        63:0] w_off,
    input  wire [        63:0] e_off,
    input  wire [        63:0] h_off,
    input  wire [        63:0] a_off,
    input  wire [        63:0] k_off,
    input  wire [        63:0] tok_off,
    input  wire [        63:0] out_off,
    input  wire [        63:0] tap_off,
    input  wire [        63:0] arena_bytes,
    input  wire [PORTS*64-1:0] port_base,
    output wire                valid,          // one cycle
    output wire [         7:0] error,
    // The model and the run.
    output wire [         7:0] c_heads,        // H
    output wire [         7:0] c_kv_heads,     // J, c_heads of tern_rows, tern_cache and tern_cache_reads
    output wire [         7:0] c_share,        // H / J
    output wire [         7:0] c_batch,
    output wire [        31:0] c_vocab,
    output wire [         7:0] c_last,         // greatest LAYER
    output wire [        13:0] c_prefix,
    output wire [        55:0] c_own,
    output wire [        23:0] c_prompt,
    output wire [        23:0] c_generate,
    output wire                c_head,
    output wire                c_ternary_head,
    output wire [         4:0] c_residual_frac,
    output wire [         4:0] c_logit_frac,
    output wire [        63:0] c_eps,
    output wire [        25:0] c_feed_eps,
    output wire [        25:0] c_head_scale,
    output wire [         1:0] c_tap_point,
    output wire                c_tap_all,
    output wire [         7:0] c_tap_layer,
    output wire [        63:0] c_w_off,
    output wire [        63:0] c_e_off,
    output wire [        63:0] c_h_off,
    output wire [        63:0] c_a_off,
    output wire [        63:0] c_k_off,
    output wire [        63:0] c_tok_off,
    output wire [        63:0] c_out_off,
    output wire [        63:0] c_tap_off,
    output wire [PORTS*64-1:0] c_base,
    // Groups of 8; beats of a vector; groups of a matrix' last tile less 1.
    output wire [        15:0] c_d8,
    output wire [        15:0] c_f8,
    output wire [        15:0] c_qkv8,
    output wire [         7:0] c_p8,
    output wire [        15:0] c_gu8,
    output wire [        31:0] c_head_groups,
    output wire [        15:0] c_dn,
    output wire [        15:0] c_fn,
    output wire [        15:0] c_kd,
    output wire [        15:0] c_kf,
    output wire [ GROUP_W-1:0] c_last_qkv,
    output wire [ GROUP_W-1:0] c_last_o,
    output wire [ GROUP_W-1:0] c_last_gu,
    output wire [ GROUP_W-1:0] c_last_down,
    // Wide beats of sections; of the cache of the prefix (0) and of a text (1).
    output wire [        15:0] c_norm_d,
    output wire [        15:0] c_norm_f,
    output wire [        31:0] c_qkv,
    output wire [        31:0] c_o,
    output wire [        31:0] c_gu,
    output wire [        31:0] c_down,
    output wire [        31:0] c_head_beats,
    output wire [        15:0] c_row_tiles,
    output wire [         7:0] c_d_slices,
    output wire [        15:0] c_angle_beats,
    output wire [         3:0] c_slices,
    output wire [         4:0] c_pairs,
    output wire [        31:0] c_keys0,
    output wire [        31:0] c_keys1,
    output wire [        31:0] c_head0,
    output wire [        31:0] c_head1,
    output wire [        31:0] c_layer0,
    output wire [        31:0] c_layer1,
    output wire [        31:0] c_part0,
    output wire [        31:0] c_part1
);

  localparam LW = $clog2(WIDE_W);
  localparam LOG_BYTES = $clog2(PORT_BYTES);
  localparam LOG_NL = $clog2(NL);
  localparam LOG_Q = $clog2(Q_PAR);
  localparam LOG_GROUPS = LW - 9;  // groups of 8 rows of a tile; also 32 dimensions' angles of a beat
  localparam LOG_POS = LW - 8;  // positions of the cache, or rows of the embedding, in a tile
  localparam LOG_OUTS = LW - 6;  // ternary rows
  localparam LOG_MARKS = LW - 4;  // positions whose exponents fill a beat; also weights of a norm
  localparam LOG_SCALES = LW - 5;  // rows of the head whose scales fill a beat; also tokens
  localparam TEXTS = 4;
  localparam PW = 56;

  generate
    if (WIDE_W < 512 || WIDE_W != (1 << LW)) begin : g_bad_wide
      tern_accel_args_WIDE_W_must_be_a_power_of_two_from_512 u_error ();
    end
    if (NL != (1 << LOG_NL) || Q_PAR != (1 << LOG_Q)) begin : g_bad_lanes
      tern_accel_args_NL_and_Q_PAR_must_be_powers_of_two u_error ();
    end
    if (T_COLS < 1 || T_COLS > 128) begin : g_bad_columns
      tern_accel_args_T_COLS_must_be_1_to_128 u_error ();
    end
    if (BATCH < 1 || BATCH > TEXTS || BATCH > T_COLS) begin : g_bad_batch
      tern_accel_args_BATCH_must_be_1_to_4_and_at_most_T_COLS u_error ();
    end
    if (D_MAX > 8160 || F_MAX > 8192 || H_MAX > 255 || J_MAX > 255 || POSITIONS_MAX > 8192) begin : g_bad_limits
      tern_accel_args_limits_must_leave_the_counts_their_bits u_error ();
    end
    if (PORTS * PORT_BYTES * 8 != WIDE_W) begin : g_bad_ports
      tern_accel_args_PORTS_ports_must_make_WIDE_W u_error ();
    end
  endgenerate

  // Arguments of the run.
  reg [31:0] d_model_q;
  reg [31:0] heads_q;
  reg [31:0] kv_heads_q;
  reg [31:0] feed_q;
  reg [31:0] batch_q;
  reg [31:0] vocab_q;
  reg [31:0] model_layers_q;
  reg [31:0] prefix_q;
  reg [31:0] prefix_room_q;
  reg [31:0] own_room_q;
  reg [TEXTS*32-1:0] own_q;
  reg [31:0] prompt_q;
  reg [31:0] generate_q;
  reg        head_q;
  reg        ternary_q;
  reg [ 4:0] residual_frac_q;
  reg [ 4:0] logit_frac_q;
  reg [63:0] eps_q;
  reg [25:0] feed_eps_q;
  reg [25:0] head_scale_q;
  reg [ 1:0] tap_point_q;
  reg        tap_all_q;
  reg [ 7:0] tap_layer_q;
  reg [63:0] w_off_q;
  reg [63:0] e_off_q;
  reg [63:0] h_off_q;
  reg [63:0] a_off_q;
  reg [63:0] k_off_q;
  reg [63:0] tok_off_q;
  reg [63:0] out_off_q;
  reg [63:0] tap_off_q;
  reg [63:0] arena_bytes_q;
  reg [PORTS*64-1:0] base_q;

  always @(posedge clk) begin
    if (start) begin
      d_model_q      <= d_model;
      heads_q        <= heads;
      kv_heads_q     <= kv_heads;
      feed_q         <= feed;
      vocab_q        <= vocab;
      model_layers_q <= model_layers;
      eps_q          <= eps;
      feed_eps_q     <= feed_eps;
      head_scale_q   <= head_scale;
    end
  end

  always @(posedge clk) begin
    if (start) begin
      batch_q         <= batch;
      prefix_q        <= prefix;
      prefix_room_q   <= prefix_room;
      own_room_q      <= own_room;
      own_q           <= own;
      prompt_q        <= prompt;
      generate_q      <= generate_;
      head_q          <= head;
      ternary_q       <= ternary_head;
      residual_frac_q <= residual_frac;
      logit_frac_q    <= logit_frac;
      tap_point_q     <= tap_point;
      tap_all_q       <= tap_all;
      tap_layer_q     <= tap_layer;
    end
  end

  always @(posedge clk) begin
    if (start) begin
      w_off_q       <= w_off;
      e_off_q       <= e_off;
      h_off_q       <= h_off;
      a_off_q       <= a_off;
      k_off_q       <= k_off;
      tok_off_q     <= tok_off;
      out_off_q     <= out_off;
      tap_off_q     <= tap_off;
      arena_bytes_q <= arena_bytes;
      base_q        <= port_base;
    end
  end

  // Steps, one after the other: settle, load, run, store.
  localparam [5:0] KD = 6'd0;  // products
  localparam [5:0] KF = 6'd1;
  localparam [5:0] QKV = 6'd2;
  localparam [5:0] OUT = 6'd3;
  localparam [5:0] GATE_UP = 6'd4;
  localparam [5:0] DOWN = 6'd5;
  localparam [5:0] ROWS = 6'd6;
  localparam [5:0] TILES0 = 6'd7;
  localparam [5:0] TILES1 = 6'd8;
  localparam [5:0] LAYER0 = 6'd9;
  localparam [5:0] LAYER1 = 6'd10;
  localparam [5:0] PART0 = 6'd11;
  localparam [5:0] PART1 = 6'd12;
  localparam [5:0] PARTS = 6'd13;
  localparam [5:0] WEIGHTS = 6'd14;
  localparam [5:0] ANGLES = 6'd15;
  localparam [5:0] ROWS_READ = 6'd16;
  localparam [5:0] ROWS_STEP = 6'd17;
  localparam [5:0] SCORES_READ = 6'd18;
  localparam [5:0] SCORES_STEP = 6'd19;
  localparam [5:0] RECORDS = 6'd20;
  localparam [5:0] TAP_LAYERS = 6'd21;
  localparam [5:0] TAP_TOKENS = 6'd22;
  localparam [5:0] TAP_HEAD = 6'd23;
  localparam [5:0] TRITS = 6'd24;
  localparam [5:0] W_END = 6'd32;  // regions
  localparam [5:0] E_END = 6'd33;
  localparam [5:0] H_END = 6'd34;
  localparam [5:0] A_END = 6'd35;
  localparam [5:0] K_END = 6'd36;
  localparam [5:0] TOK_END = 6'd37;
  localparam [5:0] OUT_END = 6'd38;
  localparam [5:0] TAP_END = 6'd39;
  localparam [5:0] DIVIDE = 6'd63;  // 16 bits, one a cycle; first of all

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] SETTLE = 3'd1;
  localparam [2:0] LOAD = 3'd2;
  localparam [2:0] RUN = 3'd3;
  localparam [2:0] STORE = 3'd4;
  localparam [2:0] DONE = 3'd5;

  reg  [   2:0] state_q;
  reg  [   2:0] state_d;
  reg  [   5:0] step_q;
  reg  [   3:0] count_q;
  reg  [PW-1:0] mul_a_q;
  reg  [  31:0] mul_b_q;
  reg  [PW-1:0] mul_sum_q;
  reg           divide_q;  // what the step is, known when it has settled
  reg           region_q;
  reg           last_step_q;
  wire          run_done = divide_q ? count_q == 4'd15 : region_q || mul_b_q == 32'd0;
  wire          load = state_q == LOAD;
  wire          run = state_q == RUN;
  wire          store = state_q == STORE;

  always @* begin
    state_d = state_q;
    case (state_q)
      IDLE: if (start) state_d = SETTLE;
      SETTLE: if (count_q == 4'd7) state_d = LOAD;
      LOAD: state_d = RUN;
      RUN: if (run_done) state_d = STORE;
      STORE: state_d = last_step_q ? DONE : SETTLE;
      default: if (count_q == 4'd7) state_d = IDLE;
    endcase
  end

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else state_q <= state_d;
  end

  // Counts from 0 on in the states that take several cycles; those behind them last one.
  always @(posedge clk) begin
    if (state_q == IDLE || load || store) count_q <= 4'd0;
    else count_q <= count_q + 4'd1;
  end

  always @(posedge clk) begin
    divide_q    <= step_q == DIVIDE;
    region_q    <= step_q[5] && step_q != DIVIDE;
    last_step_q <= step_q == TAP_END;
  end

  always @(posedge clk) begin
    if (start) step_q <= DIVIDE;
    else if (store) step_q <= (step_q == TRITS) ? W_END : step_q + 6'd1;
  end

  // What products leave.
  reg  [  15:0] kd_q;
  reg  [  15:0] kf_q;
  reg  [  31:0] qkv_q;
  reg  [  31:0] o_q;
  reg  [  31:0] gu_q;
  reg  [  31:0] down_q;
  reg  [  31:0] rows_mul_q;
  reg  [  31:0] trits_mul_q;
  reg  [  31:0] tiles0_q;
  reg  [  31:0] tiles1_q;
  reg  [  31:0] layer0_q;
  reg  [  31:0] layer1_q;
  reg  [  31:0] part0_q;
  reg  [  31:0] part1_q;
  reg  [PW-1:0] parts_q;
  reg  [PW-1:0] weights_q;
  reg  [PW-1:0] angles_q;
  reg  [  31:0] rows_read_q;
  reg  [  31:0] rows_step_q;
  reg  [PW-1:0] scores_read_q;
  reg  [PW-1:0] scores_step_q;
  reg  [  31:0] records_q;
  reg  [  31:0] tap_groups_q;
  reg  [PW-1:0] tap_beats_q;

  // Derived values, a register each: the width of a head, groups of 8.
  localparam [31:0] NL_1 = NL - 1;
  localparam [15:0] GROUPS_1 = (1 << LOG_GROUPS) - 1;
  localparam [31:0] POS_1 = (1 << LOG_POS) - 1;
  localparam [31:0] OUTS_1 = (1 << LOG_OUTS) - 1;
  localparam [31:0] MARKS_1 = (1 << LOG_MARKS) - 1;
  localparam [31:0] SCALES_1 = (1 << LOG_SCALES) - 1;
  localparam [15:0] Q_1 = Q_PAR - 1;
  wire [31:0] d = {16'd0, d_model_q[15:0]};
  wire [31:0] f = {16'd0, feed_q[15:0]};
  wire [15:0] d8 = {3'd0, d_model_q[15:3]};
  wire [15:0] f8 = {3'd0, feed_q[15:3]};
  wire [15:0] gu8 = {2'd0, feed_q[15:3], 1'b0};
  wire [15:0] h32 = {3'd0, heads_q[7:0], 5'd0};
  wire [15:0] j4 = {6'd0, kv_heads_q[7:0], 2'd0};
  wire [31:0] vocab_size = {8'd0, vocab_q[23:0]};
  reg  [15:0] h96_q;
  reg  [ 3:0] width_q;  // 128, 96, 64, 32 dimensions
  reg  [ 3:0] slices_q;
  reg  [15:0] j12_q;
  reg  [15:0] kv8_q;  // groups of keys
  reg  [15:0] qkv8_q;

  always @(posedge clk) begin
    h96_q      <= h32 + (h32 << 1);
    width_q[0] <= d_model_q[15:0] == h32;
    width_q[1] <= d_model_q[15:0] == h32 << 1;
    width_q[2] <= d_model_q[15:0] == h96_q;
    width_q[3] <= d_model_q[15:0] == h32 << 2;
    slices_q   <= {1'b0, width_q[3], width_q[2] || width_q[1], width_q[2] || width_q[0]};
  end

  always @(posedge clk) begin
    j12_q  <= j4 + (j4 << 1);
    kv8_q  <= ({16{width_q[0]}} & j4) | ({16{width_q[1]}} & j4 << 1) | ({16{width_q[2]}} & j12_q) |
        ({16{width_q[3]}} & j4 << 2);
    qkv8_q <= d8 + (kv8_q << 1);
  end

  // Beats and tiles.
  reg  [15:0] d_fifth_q;
  reg  [15:0] f_fifth_q;
  reg  [15:0] dn_q;
  reg  [15:0] fn_q;
  reg  [15:0] norm_d_q;
  reg  [15:0] norm_f_q;
  reg  [15:0] tiles_qkv_q;
  reg  [15:0] tiles_o_q;
  reg  [15:0] tiles_gu_q;
  reg  [15:0] last_qkv_q;
  reg  [15:0] last_o_q;
  reg  [15:0] last_gu_q;
  reg  [31:0] row_tiles_q;
  reg  [31:0] trit_tiles_q;
  reg  [31:0] head_marks_q;
  reg  [31:0] head_groups_q;
  reg  [31:0] row_beats_q;  // of the embedding
  reg  [31:0] head_beats_q;
  reg  [15:0] angle_beats_q;
  wire [31:0] dn = (d + NL_1) >> LOG_NL;
  wire [31:0] fn = (f + NL_1) >> LOG_NL;
  wire [31:0] norm_d = (d + MARKS_1) >> LOG_MARKS;
  wire [31:0] norm_f = (f + MARKS_1) >> LOG_MARKS;

  always @(posedge clk) begin
    d_fifth_q <= d8 + 16'd4;
    f_fifth_q <= f8 + 16'd4;
    dn_q      <= dn[15:0];
    fn_q      <= fn[15:0];
    norm_d_q  <= norm_d[15:0];
    norm_f_q  <= norm_f[15:0];
  end

  always @(posedge clk) begin
    tiles_qkv_q <= (qkv8_q + GROUPS_1) >> LOG_GROUPS;
    tiles_o_q   <= (d8 + GROUPS_1) >> LOG_GROUPS;
    tiles_gu_q  <= (gu8 + GROUPS_1) >> LOG_GROUPS;
    last_qkv_q  <= (qkv8_q - 16'd1) & GROUPS_1;
    last_o_q    <= (d8 - 16'd1) & GROUPS_1;
    last_gu_q   <= (gu8 - 16'd1) & GROUPS_1;
  end

  always @(posedge clk) begin
    row_tiles_q   <= (vocab_size + POS_1) >> LOG_POS;
    trit_tiles_q  <= (vocab_size + OUTS_1) >> LOG_OUTS;
    head_marks_q  <= (vocab_size + SCALES_1) >> LOG_SCALES;
    head_groups_q <= (vocab_size + 32'd7) >> 3;
    row_beats_q   <= rows_mul_q + head_marks_q;
    head_beats_q  <= (ternary_q ? trits_mul_q : rows_mul_q) + head_marks_q;
    angle_beats_q <= ({12'd0, slices_q} + GROUPS_1) >> LOG_GROUPS;
  end

  // A layer's sections.
  reg  [31:0] norms_q;  // and the numbers
  reg  [31:0] linears_q;
  reg  [31:0] downs_q;
  reg  [31:0] layer_q;

  always @(posedge clk) begin
    norms_q   <= {16'd0, norm_d_q} + {15'd0, norm_d_q, 1'b1};
    linears_q <= qkv_q + o_q;
    downs_q   <= gu_q + down_q;
    layer_q   <= norms_q + {16'd0, norm_f_q} + linears_q + downs_q;
  end

  // The cache: of a part's room and of a head.
  wire [31:0] room0 = {18'd0, prefix_room_q[13:0]};
  wire [31:0] room1 = {18'd0, own_room_q[13:0]};
  reg  [31:0] room_tiles0_q;
  reg  [31:0] room_tiles1_q;
  reg  [31:0] marks0_q;
  reg  [31:0] marks1_q;
  reg  [31:0] keys0_q;
  reg  [31:0] keys1_q;
  reg  [31:0] head0_q;
  reg  [31:0] head1_q;
  reg  [PW-1:0] cache_q;

  always @(posedge clk) begin
    room_tiles0_q <= (room0 + POS_1) >> LOG_POS;
    room_tiles1_q <= (room1 + POS_1) >> LOG_POS;
    marks0_q      <= (room0 + MARKS_1) >> LOG_MARKS;
    marks1_q      <= (room1 + MARKS_1) >> LOG_MARKS;
    keys0_q       <= tiles0_q + marks0_q;
    keys1_q       <= tiles1_q + marks1_q;
    head0_q       <= keys0_q + tiles0_q;
    head1_q       <= keys1_q + tiles1_q;
    cache_q       <= parts_q + {{PW - 32{1'b0}}, part0_q};
  end

  // Tokens, and positions of the texts at the end of the prompt and at the end of the run.
  localparam [31:0] COLUMNS = T_COLS;
  wire [23:0] tokens = prompt_q[23:0];
  reg         alone_q;  // one text
  reg         chunks_q;  // more tokens than columns
  reg         more_q;  // tokens are chosen
  reg  [23:0] read_q;  // positions that the prompt adds to a text
  reg  [24:0] added_q;  // that the run adds
  reg  [ 7:0] columns_q;  // tokens of the prompt's longest chunk

  always @(posedge clk) begin
    alone_q   <= batch_q[2:0] == 3'd1;
    chunks_q  <= tokens > COLUMNS[23:0];
    more_q    <= |generate_q[23:0];
    read_q    <= alone_q ? tokens : 24'd1;
    added_q   <= {1'b0, read_q} + {1'b0, generate_q[23:0]} - {24'd0, more_q};
    columns_q <= chunks_q ? COLUMNS[7:0] : prompt_q[7:0];
  end

  reg  [   TEXTS-1:0] there_q;
  reg  [   TEXTS-1:0] over_q;  // longer than its room
  reg  [TEXTS*14-1:0] masked_q;
  reg  [TEXTS*26-1:0] tiles_read_q;
  reg  [TEXTS*26-1:0] tiles_step_q;

  genvar t;
  generate
    for (t = 0; t < TEXTS; t = t + 1) begin : g_text
      localparam [2:0] NUMBER = t;
      reg [25:0] end_read_q;
      reg [25:0] end_step_q;
      reg [32:0] end_q;

      always @(posedge clk) begin
        there_q[t]           <= batch_q[2:0] > NUMBER;
        masked_q[t*14+:14]   <= there_q[t] ? own_q[t*32+:14] : 14'd0;
        end_q                <= {1'b0, own_q[t*32+:32]} + {8'd0, added_q};
        over_q[t]            <= there_q[t] && end_q > {1'b0, own_room_q};
      end

      always @(posedge clk) begin
        end_read_q             <= {12'd0, masked_q[t*14+:14]} + {2'd0, read_q};
        end_step_q             <= {12'd0, masked_q[t*14+:14]} + {1'b0, added_q};
        tiles_read_q[t*26+:26] <= there_q[t] ? (end_read_q + POS_1[25:0]) >> LOG_POS : 26'd0;
        tiles_step_q[t*26+:26] <= there_q[t] ? (end_step_q + POS_1[25:0]) >> LOG_POS : 26'd0;
      end
    end
  endgenerate

  // The longest text, and the context that it is the end of.
  reg  [13:0] longer_q;
  reg  [13:0] other_q;
  reg  [13:0] longest_q;
  reg  [25:0] begin_q;
  reg  [25:0] context_q;

  always @(posedge clk) begin
    longer_q  <= (masked_q[0+:14] > masked_q[14+:14]) ? masked_q[0+:14] : masked_q[14+:14];
    other_q   <= (masked_q[28+:14] > masked_q[42+:14]) ? masked_q[28+:14] : masked_q[42+:14];
    longest_q <= (longer_q > other_q) ? longer_q : other_q;
    begin_q   <= {12'd0, prefix_q[13:0]} + {12'd0, longest_q};
    context_q <= begin_q + {1'b0, added_q};
  end

  // Position tiles and groups of rows of a head.
  reg  [27:0] shared_q;  // tiles of the prefix and of new positions
  reg  [27:0] read01_q;
  reg  [27:0] read23_q;
  reg  [27:0] step01_q;
  reg  [27:0] step23_q;
  reg  [27:0] read_tiles_q;
  reg  [27:0] step_tiles_q;
  reg  [15:0] read_groups_q;
  reg  [15:0] step_groups_q;
  reg  [27:0] prefix_tiles_q;
  wire [31:0] prefix_up = {18'd0, prefix_q[13:0]} + POS_1;
  wire [31:0] batch_tiles = ({29'd0, batch_q[2:0]} + POS_1) >> LOG_POS;
  wire [31:0] read_groups = (rows_read_q + {16'd0, Q_1}) >> LOG_Q;
  wire [31:0] step_groups = (rows_step_q + {16'd0, Q_1}) >> LOG_Q;

  always @(posedge clk) begin
    prefix_tiles_q <= prefix_up[27:0] >> LOG_POS;
    shared_q       <= prefix_tiles_q + batch_tiles[27:0];
    read01_q       <= {2'd0, tiles_read_q[0+:26]} + {2'd0, tiles_read_q[26+:26]};
    read23_q       <= {2'd0, tiles_read_q[52+:26]} + {2'd0, tiles_read_q[78+:26]};
    step01_q       <= {2'd0, tiles_step_q[0+:26]} + {2'd0, tiles_step_q[26+:26]};
    step23_q       <= {2'd0, tiles_step_q[52+:26]} + {2'd0, tiles_step_q[78+:26]};
    read_tiles_q   <= shared_q + read01_q + read23_q;
    step_tiles_q   <= shared_q + step01_q + step23_q;
    read_groups_q  <= read_groups[15:0];
    step_groups_q  <= step_groups[15:0];
  end

  // Copied beats, and beats of regions.
  reg  [15:0] tap_in_q;  // a token's of attention
  reg  [15:0] tap_mlp_q;
  reg  [15:0] tap_both_q;
  reg  [15:0] tap_group_q;
  reg  [ 7:0] tap_layers_q;
  reg  [ 7:0] last_q;
  reg  [31:0] tokens_q;  // that pass through the layers
  reg  [31:0] tap_records_q;  // that logits are copied of
  reg  [PW-1:0] tap_wide_q;
  reg  [31:0] tok_wide_q;
  localparam LOG_TAP = LW - 8;
  localparam [PW-1:0] TAP_1 = (1 << LOG_TAP) - 1;

  always @(posedge clk) begin
    case (tap_point_q)
      2'd0:    {tap_in_q, tap_mlp_q} <= 32'd0;
      2'd1:    {tap_in_q, tap_mlp_q} <= {qkv8_q + d8, gu8 + d8};
      2'd2:    {tap_in_q, tap_mlp_q} <= {d8, d8};
      default: {tap_in_q, tap_mlp_q} <= {d8, f8};
    endcase
  end

  always @(posedge clk) begin
    last_q        <= {model_layers_q[6:0], 1'b0} - 8'd1;
    tap_both_q    <= tap_in_q + tap_mlp_q;
    tap_group_q   <= tap_all_q ? tap_both_q : tap_layer_q[0] ? tap_mlp_q : tap_in_q;
    tap_layers_q  <= tap_all_q ? model_layers_q[7:0] : {7'd0, tap_layer_q <= last_q};
    tokens_q      <= {8'd0, tokens} + records_q - (more_q ? {29'd0, batch_q[2:0]} : 32'd0);
    tap_records_q <= (tap_all_q && tap_point_q == 2'd1) ? records_q : 32'd0;
    tap_wide_q    <= (tap_beats_q + TAP_1) >> LOG_TAP;
    tok_wide_q    <= ({8'd0, tokens} + SCALES_1) >> LOG_SCALES;
  end

  // Heads of queries for a head of keys: restoring division, a bit a cycle.
  reg  [15:0] quotient_q;
  reg  [15:0] remainder_q;
  wire [16:0] partial = {remainder_q, quotient_q[15]};
  wire [16:0] reduced = partial - {1'b0, kv_heads_q[15:0]};
  wire        fits = partial >= {1'b0, kv_heads_q[15:0]};

  always @(posedge clk) begin
    if (load && divide_q) {remainder_q, quotient_q} <= {16'd0, heads_q[15:0]};
    else if (run && divide_q) begin
      remainder_q <= fits ? reduced[15:0] : partial[15:0];
      quotient_q  <= {quotient_q[14:0], fits};
    end
  end

  // Products by shift and add; a step's first operand is the longer one. A fifth is a product and a shift.
  localparam [31:0] FIFTH = 32'd52429;  // of 2^18, rounded up: exact below 2^16
  reg  [63:0] first_q;  // both operands of the first eight steps; one of them while a step settles
  reg  [63:0] second_q;
  reg  [63:0] third_q;
  reg  [31:0] a_q;
  reg  [31:0] b_q;

  always @(posedge clk) begin
    case (step_q[2:0])
      KD[2:0]:      first_q <= {FIFTH, 16'd0, d_fifth_q};
      KF[2:0]:      first_q <= {FIFTH, 16'd0, f_fifth_q};
      QKV[2:0]:     first_q <= {16'd0, tiles_qkv_q, 16'd0, kd_q};
      OUT[2:0]:     first_q <= {16'd0, tiles_o_q, 16'd0, kd_q};
      GATE_UP[2:0]: first_q <= {16'd0, tiles_gu_q, 16'd0, kd_q};
      DOWN[2:0]:    first_q <= {16'd0, tiles_o_q, 16'd0, kf_q};
      ROWS[2:0]:    first_q <= {row_tiles_q, 21'd0, d_model_q[15:5]};
      default:      first_q <= {room_tiles0_q, 28'd0, slices_q};
    endcase
  end

  always @(posedge clk) begin
    case (step_q[2:0])
      TILES1[2:0]:  second_q <= {room_tiles1_q, 28'd0, slices_q};
      LAYER0[2:0]:  second_q <= {head0_q, 24'd0, kv_heads_q[7:0]};
      LAYER1[2:0]:  second_q <= {head1_q, 24'd0, kv_heads_q[7:0]};
      PART0[2:0]:   second_q <= {layer0_q, 24'd0, model_layers_q[7:0]};
      PART1[2:0]:   second_q <= {layer1_q, 24'd0, model_layers_q[7:0]};
      PARTS[2:0]:   second_q <= {part1_q, 29'd0, batch_q[2:0]};
      WEIGHTS[2:0]: second_q <= {layer_q, 24'd0, model_layers_q[7:0]};
      default:      second_q <= {6'd0, context_q, 16'd0, angle_beats_q};
    endcase
  end

  always @(posedge clk) begin
    case (step_q[2:0])
      ROWS_READ[2:0]:   third_q <= {16'd0, quotient_q, 24'd0, columns_q};
      ROWS_STEP[2:0]:   third_q <= {16'd0, quotient_q, 29'd0, batch_q[2:0]};
      SCORES_READ[2:0]: third_q <= {4'd0, read_tiles_q, 16'd0, read_groups_q};
      SCORES_STEP[2:0]: third_q <= {4'd0, step_tiles_q, 16'd0, step_groups_q};
      RECORDS[2:0]:     third_q <= {8'd0, generate_q[23:0], 29'd0, batch_q[2:0]};
      TAP_LAYERS[2:0]:  third_q <= {16'd0, tap_group_q, 24'd0, tap_layers_q};
      TAP_TOKENS[2:0]:  third_q <= {tap_groups_q, tokens_q};
      default:          third_q <= {head_groups_q, tap_records_q};
    endcase
  end

  always @(posedge clk) begin
    case (step_q[4:3])
      2'd0:    {a_q, b_q} <= first_q;
      2'd1:    {a_q, b_q} <= second_q;
      2'd2:    {a_q, b_q} <= third_q;
      default: {a_q, b_q} <= {trit_tiles_q, 16'd0, kd_q};
    endcase
  end

  always @(posedge clk) begin
    if (load) begin
      mul_a_q   <= {{PW - 32{1'b0}}, a_q};
      mul_b_q   <= b_q;
      mul_sum_q <= {PW{1'b0}};
    end else if (run) begin
      mul_a_q <= mul_a_q << 1;
      mul_b_q <= mul_b_q >> 1;
      if (mul_b_q[0]) mul_sum_q <= mul_sum_q + mul_a_q;
    end
  end

  always @(posedge clk) begin
    if (store) begin
      case (step_q)
        KD:          kd_q <= mul_sum_q[33:18];
        KF:          kf_q <= mul_sum_q[33:18];
        QKV:         qkv_q <= mul_sum_q[31:0];
        OUT:         o_q <= mul_sum_q[31:0];
        GATE_UP:     gu_q <= mul_sum_q[31:0];
        DOWN:        down_q <= mul_sum_q[31:0];
        ROWS:        rows_mul_q <= mul_sum_q[31:0];
        TRITS:       trits_mul_q <= mul_sum_q[31:0];
        TILES0:      tiles0_q <= mul_sum_q[31:0];
        TILES1:      tiles1_q <= mul_sum_q[31:0];
        LAYER0:      layer0_q <= mul_sum_q[31:0];
        LAYER1:      layer1_q <= mul_sum_q[31:0];
        PART0:       part0_q <= mul_sum_q[31:0];
        PART1:       part1_q <= mul_sum_q[31:0];
        PARTS:       parts_q <= mul_sum_q;
        WEIGHTS:     weights_q <= mul_sum_q + {{PW - 16{1'b0}}, norm_d_q};
        ANGLES:      angles_q <= mul_sum_q;
        ROWS_READ:   rows_read_q <= mul_sum_q[31:0];
        ROWS_STEP:   rows_step_q <= mul_sum_q[31:0];
        SCORES_READ: scores_read_q <= mul_sum_q;
        SCORES_STEP: scores_step_q <= mul_sum_q;
        RECORDS:     records_q <= mul_sum_q[31:0];
        TAP_LAYERS:  tap_groups_q <= mul_sum_q[31:0];
        TAP_TOKENS:  tap_beats_q <= mul_sum_q;
        TAP_HEAD:    tap_beats_q <= tap_beats_q + mul_sum_q;
        default:     ;
      endcase
    end
  end

  // Regions: offset and bytes of every port.
  reg  [63:0] at;
  reg  [63:0] beats;
  reg  [63:0] at_q;
  reg  [63:0] beats_q;
  reg  [63:0] bytes_q;
  reg  [64:0] end_q;
  reg         beyond_q;
  reg         outside_q;

  always @* begin
    case (step_q[2:0])
      W_END[2:0]:   {at, beats} = {w_off_q, {64 - PW{1'b0}}, weights_q};
      E_END[2:0]:   {at, beats} = {e_off_q, 32'd0, row_beats_q};
      H_END[2:0]:   {at, beats} = {h_off_q, 32'd0, head_q ? head_beats_q : 32'd0};
      A_END[2:0]:   {at, beats} = {a_off_q, {64 - PW{1'b0}}, angles_q};
      K_END[2:0]:   {at, beats} = {k_off_q, {64 - PW{1'b0}}, cache_q};
      TOK_END[2:0]: {at, beats} = {tok_off_q, 32'd0, tok_wide_q};
      OUT_END[2:0]: {at, beats} = {out_off_q, 32'd0, records_q};
      default:      {at, beats} = {tap_off_q, {64 - PW{1'b0}}, tap_wide_q};
    endcase
  end

  always @(posedge clk) begin
    at_q     <= at;
    beats_q  <= beats;
    bytes_q  <= beats_q << LOG_BYTES;
    end_q    <= {1'b0, at_q} + {1'b0, bytes_q};
    beyond_q <= end_q > {1'b0, arena_bytes_q};
  end

  always @(posedge clk) begin
    if (start) outside_q <= 1'b0;
    else if (store && region_q && beyond_q) outside_q <= 1'b1;
  end

  // Rules; one may rely on those before it.
  localparam [31:0] D_LIMIT = D_MAX;
  localparam [31:0] F_LIMIT = F_MAX;
  localparam [31:0] H_LIMIT = H_MAX;
  localparam [31:0] J_LIMIT = J_MAX;
  localparam [15:0] SHARE_LIMIT = SHARE_MAX;
  localparam [25:0] CONTEXT_LIMIT = POSITIONS_MAX;
  localparam [PW-1:0] SCORE_LIMIT = SCORE_DEPTH / 2;
  localparam [31:0] BATCH_LIMIT = BATCH;
  localparam [3:0] WIDTHS = {P_MAX >= 128, P_MAX >= 96, P_MAX >= 64, P_MAX >= 32};
  localparam [31:0] MAX_E = `KR_TERNARY_ACCEL_MAX_EXPONENT;
  localparam [9:0] E_LIMIT = MAX_E[9:0];
  reg  [10:0] bad_q;  // a bit for each code, in their order
  reg         d_range_q;
  reg         h_range_q;
  reg         j_range_q;
  reg         f_range_q;
  reg         b_range_q;
  reg         v_range_q;
  reg         l_range_q;
  reg         width_bad_q;
  reg         share_bad_q;
  reg         prompt_bad_q;
  reg         generate_bad_q;
  reg         eps_zero_q;
  reg         mantissa_bad_q;
  reg         exponent_bad_q;
  reg  [ 9:0] feed_e_q;  // exponents, from the least on
  reg  [ 9:0] head_e_q;
  reg         room_bad_q;
  reg         context_bad_q;
  reg         scores_bad_q;
  reg         off_low_q;
  reg         base_low_q;
  wire [PORTS-1:0] base_low;
  wire [     8:0] off_low = {|w_off_q[LOG_BYTES-1:0], |e_off_q[LOG_BYTES-1:0], |h_off_q[LOG_BYTES-1:0],
      |a_off_q[LOG_BYTES-1:0], |k_off_q[LOG_BYTES-1:0], |tok_off_q[LOG_BYTES-1:0], |out_off_q[LOG_BYTES-1:0],
      |tap_off_q[LOG_BYTES-1:0], |arena_bytes_q[LOG_BYTES-1:0]};

  genvar p;
  generate
    for (p = 0; p < PORTS; p = p + 1) begin : g_port
      assign base_low[p] = |base_q[p*64+:LOG_BYTES];
    end
  endgenerate

  always @(posedge clk) begin
    d_range_q <= d_model_q == 32'd0 || d_model_q > D_LIMIT || |d_model_q[4:0];
    h_range_q <= heads_q == 32'd0 || heads_q > H_LIMIT;
    j_range_q <= kv_heads_q == 32'd0 || kv_heads_q > J_LIMIT;
    f_range_q <= feed_q == 32'd0 || feed_q > F_LIMIT || |feed_q[LOG_NL-1:0];
    b_range_q <= batch_q == 32'd0 || batch_q > BATCH_LIMIT;
    v_range_q <= vocab_q < 32'd8 || vocab_q > `KR_TERNARY_ACCEL_MAX_VOCAB;
    l_range_q <= model_layers_q == 32'd0 || model_layers_q > `KR_TERNARY_ACCEL_MAX_LAYERS;
  end

  always @(posedge clk) begin
    width_bad_q <= (width_q & WIDTHS) == 4'd0;
    share_bad_q <= |remainder_q || quotient_q > SHARE_LIMIT;
    if (alone_q) prompt_bad_q <= prompt_q == 32'd0 || prompt_q > `KR_TERNARY_ACCEL_MAX_TOKENS;
    else prompt_bad_q <= prompt_q != batch_q;
    if (head_q) generate_bad_q <= generate_q == 32'd0 || generate_q > `KR_TERNARY_ACCEL_MAX_TOKENS;
    else generate_bad_q <= generate_q != 32'd0;
  end

  always @(posedge clk) begin
    eps_zero_q     <= eps_q == 64'd0;
    feed_e_q       <= feed_eps_q[25:16] + E_LIMIT;
    head_e_q       <= head_scale_q[25:16] + E_LIMIT;
    mantissa_bad_q <= (!feed_eps_q[15] && |feed_eps_q[14:0]) || (!head_scale_q[15] && |head_scale_q[14:0]);
    exponent_bad_q <= feed_e_q > {E_LIMIT[8:0], 1'b0} || head_e_q > {E_LIMIT[8:0], 1'b0};
  end

  always @(posedge clk) begin
    room_bad_q    <= |prefix_room_q[31:14] || |own_room_q[31:14] || prefix_q > prefix_room_q;
    context_bad_q <= context_q > CONTEXT_LIMIT || |over_q;
    scores_bad_q  <= scores_read_q > SCORE_LIMIT || scores_step_q > SCORE_LIMIT;
    off_low_q     <= |off_low;
    base_low_q    <= |base_low;
  end

  always @(posedge clk) begin
    bad_q[0]  <= d_range_q;
    bad_q[1]  <= h_range_q || width_bad_q;
    bad_q[2]  <= j_range_q || share_bad_q;
    bad_q[3]  <= f_range_q;
    bad_q[4]  <= b_range_q;
    bad_q[5]  <= v_range_q;
    bad_q[6]  <= l_range_q;
    bad_q[7]  <= prompt_bad_q || generate_bad_q;
    bad_q[8]  <= eps_zero_q || mantissa_bad_q || exponent_bad_q;
    bad_q[9]  <= room_bad_q || context_bad_q || scores_bad_q;
    bad_q[10] <= off_low_q || base_low_q || outside_q;
  end

  reg [7:0] error_q;
  reg [7:0] error_d;
  reg       valid_q;

  always @* begin
    error_d = `KR_TERNARY_ACCEL_ERR_NONE;
    if (bad_q[10]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_OFFSET;
    if (bad_q[9]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_CACHE;
    if (bad_q[8]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_EPS;
    if (bad_q[7]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_TOKENS;
    if (bad_q[6]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_LAYERS;
    if (bad_q[5]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_VOCAB;
    if (bad_q[4]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_BATCH;
    if (bad_q[3]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_FEED;
    if (bad_q[2]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_KV_HEADS;
    if (bad_q[1]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_HEADS;
    if (bad_q[0]) error_d = `KR_TERNARY_ACCEL_ERR_BAD_D_MODEL;
  end

  always @(posedge clk) error_q <= error_d;

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else valid_q <= state_q == DONE && count_q == 4'd7;
  end

  assign valid           = valid_q;
  assign error           = error_q;
  assign c_heads         = heads_q[7:0];
  assign c_kv_heads      = kv_heads_q[7:0];
  assign c_share         = quotient_q[7:0];
  assign c_batch         = batch_q[7:0];
  assign c_vocab         = vocab_size;
  assign c_last          = last_q;
  assign c_prefix        = prefix_q[13:0];
  assign c_own           = masked_q;
  assign c_prompt        = tokens;
  assign c_generate      = generate_q[23:0];
  assign c_head          = head_q;
  assign c_ternary_head  = ternary_q;
  assign c_residual_frac = residual_frac_q;
  assign c_logit_frac    = logit_frac_q;
  assign c_eps           = eps_q;
  assign c_feed_eps      = feed_eps_q;
  assign c_head_scale    = head_scale_q;
  assign c_tap_point     = tap_point_q;
  assign c_tap_all       = tap_all_q;
  assign c_tap_layer     = tap_layer_q;
  assign c_w_off         = w_off_q;
  assign c_e_off         = e_off_q;
  assign c_h_off         = h_off_q;
  assign c_a_off         = a_off_q;
  assign c_k_off         = k_off_q;
  assign c_tok_off       = tok_off_q;
  assign c_out_off       = out_off_q;
  assign c_tap_off       = tap_off_q;
  assign c_base          = base_q;
  assign c_d8            = d8;
  assign c_f8            = f8;
  assign c_qkv8          = qkv8_q;
  assign c_p8            = {2'd0, slices_q, 2'd0};
  assign c_gu8           = gu8;
  assign c_head_groups   = head_groups_q;
  assign c_dn            = dn_q;
  assign c_fn            = fn_q;
  assign c_kd            = kd_q;
  assign c_kf            = kf_q;
  assign c_last_qkv      = last_qkv_q[GROUP_W-1:0];
  assign c_last_o        = last_o_q[GROUP_W-1:0];
  assign c_last_gu       = last_gu_q[GROUP_W-1:0];
  assign c_last_down     = last_o_q[GROUP_W-1:0];
  assign c_norm_d        = norm_d_q;
  assign c_norm_f        = norm_f_q;
  assign c_qkv           = qkv_q;
  assign c_o             = o_q;
  assign c_gu            = gu_q;
  assign c_down          = down_q;
  assign c_head_beats    = head_beats_q;
  assign c_row_tiles     = {5'd0, d_model_q[15:5]};
  assign c_d_slices      = d_model_q[12:5];
  assign c_angle_beats   = angle_beats_q;
  assign c_slices        = slices_q;
  assign c_pairs         = {slices_q, 1'b0};
  assign c_keys0         = keys0_q;
  assign c_keys1         = keys1_q;
  assign c_head0         = head0_q;
  assign c_head1         = head1_q;
  assign c_layer0        = layer0_q;
  assign c_layer1        = layer1_q;
  assign c_part0         = part0_q;
  assign c_part1         = part1_q;

  wire unused_bits = &{1'b0, dn[31:16], fn[31:16], norm_d[31:16], norm_f[31:16], last_qkv_q, last_o_q, last_gu_q,
      batch_tiles[31:28], prefix_up[31:28], read_groups[31:16], step_groups[31:16], reduced[16], NL_1, COLUMNS};

endmodule

`default_nettype wire
