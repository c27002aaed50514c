// SPDX-License-Identifier: Apache-2.0
//
// m2_args - holds the arguments of a run, checks them and computes the counts that follow from them.
//
// Function     : at `start` the arguments are sampled; with `valid`, error is the code of the first rule that they break, in
//                the order of the codes, and the c_* outputs are the counts of the golden function of that name.
// Format       : counts unsigned; c_w_*, c_p_*, c_row_beats, c_sb, c_qb, c_chunk_beats wide beats; offsets bytes. c_blk_*
//                log2 of a Hadamard block, c_halv_* halvings of a table norm's width. Meaningless when error is not 0.
// Latency      : variable: some hundred cycles, one for each bit of each factor
// Throughput   : variable: one start at a time
// Back-pressure: none.
// Golden       : golden.mamba2.accel.arguments.argument_error
// Test         : tests/rtl/test_m2_args.py
//
// Why: a run takes a thousand times as long as its check, so one multiplier and one comparison of regions serve all steps
// in turn. A value is derived in a register of its own, and four cycles before each step let such registers settle.

`default_nettype none
`include "kr_m2_widths.vh"
`include "kr_mamba2_accel_regs.vh"

module m2_args #(
    parameter PROFILE      = 0,      // number of the integer profile
    parameter PORTS        = 2,      // memory ports
    parameter PORT_BYTES   = 32,     // bytes of a port's beat, a power of two
    parameter WIDE_W       = 512,    // bits of a wide beat, a power of two >= 512
    parameter INPUTS       = 32,     // inputs of a weight beat, a power of two >= 8
    parameter ROWS         = 4,      // rows of a weight beat, WIDE_W / (INPUTS * weight bits)
    parameter TILES        = 1,      // state tiles that work in parallel, a power of two
    parameter NL           = 8,      // lanes of norms and quantizers, a power of two
    parameter D_MAX        = 128,    // most d_model, < 65536
    parameter I_MAX        = 256,    // most d_inner, < 65536
    parameter H_MAX        = 8,      // most heads, < 65536
    parameter N_MAX        = 64,     // most states, < 65536
    parameter P_MAX        = 64,     // most channels of a head, < 65536
    parameter G_MAX        = 2,      // most state groups, < 65536
    parameter CONV_DEPTH   = 256,    // groups of 8 channels whose histories are kept
    parameter STATE_DEPTH  = 1024,   // words of state tiles on chip
    parameter S_DEPTH      = 256,    // wide beats of the state queue, at least a chunk, <= 32768
    parameter NORM_WIDTH_D = 128,    // widest vector of the table norm of d_model, < 65536
    parameter NORM_WIDTH_I = 256     // widest vector of the table norm of the gate, < 65536
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                start,
    input  wire [        31:0] d_model,
    input  wire [        31:0] heads,
    input  wire [        31:0] headdim,
    input  wire [        31:0] d_state,
    input  wire [        31:0] ngroups,
    input  wire [        31:0] vocab,
    input  wire [        31:0] model_layers,
    input  wire [        31:0] layer_first,
    input  wire [        31:0] layer_count,
    input  wire [        31:0] prompt,
    input  wire [        31:0] generate_,
    input  wire [         2:0] mode,           // {HEAD, CONTINUE, RAW}
    input  wire [        31:0] chunk_heads,
    input  wire [        31:0] mem_first,
    input  wire [        31:0] eps_d,
    input  wire [        31:0] eps_i,
    input  wire [         1:0] tap_point,
    input  wire                tap_all,
    input  wire [         7:0] tap_layer,
    input  wire [        63:0] p_off,
    input  wire [        63:0] w_off,
    input  wire [        63:0] e_off,
    input  wire [        63:0] tok_off,
    input  wire [        63:0] s_off,
    input  wire [        63:0] out_off,
    input  wire [        63:0] tap_off,
    input  wire [        63:0] arena_bytes,
    input  wire [        63:0] s_bytes,
    input  wire [PORTS*64-1:0] port_base,
    output wire                valid,          // one cycle
    output wire [         7:0] error,
    output wire [        15:0] c_heads,
    output wire [        15:0] c_groups,
    output wire [        31:0] c_vocab,
    output wire [         7:0] c_layers,
    output wire [         7:0] c_layer_first,
    output wire [         7:0] c_layer_last,
    output wire [         7:0] c_mem_first,
    output wire [        23:0] c_prompt,
    output wire [        23:0] c_generate,
    output wire                c_raw,
    output wire                c_continue,
    output wire                c_head,
    output wire [        15:0] c_chunk_heads,
    output wire [        31:0] c_eps_d,
    output wire [        31:0] c_eps_i,
    output wire [         1:0] c_tap_point,
    output wire                c_tap_all,
    output wire [         7:0] c_tap_layer,
    output wire [        63:0] c_p_off,
    output wire [        63:0] c_w_off,
    output wire [        63:0] c_e_off,
    output wire [        63:0] c_tok_off,
    output wire [        63:0] c_s_off,
    output wire [        63:0] c_out_off,
    output wire [        63:0] c_tap_off,
    output wire [PORTS*64-1:0] c_base,
    output wire [        15:0] c_d8,
    output wire [        15:0] c_i8,
    output wire [        15:0] c_dn,
    output wire [        15:0] c_in,
    output wire [        15:0] c_gn,
    output wire [        15:0] c_kd,
    output wire [        15:0] c_ki,
    output wire [        15:0] c_hg,
    output wire [        15:0] c_p8,
    output wire [        15:0] c_n8,
    output wire [        15:0] c_bn8,
    output wire [        15:0] c_rows_in,
    output wire [        31:0] c_head_groups,
    output wire [        31:0] c_tiles_in,
    output wire [        31:0] c_tiles_out,
    output wire [        31:0] c_tiles_head,
    output wire [         3:0] c_blk_d,
    output wire [         3:0] c_blk_i,
    output wire [         3:0] c_halv_d,
    output wire [         3:0] c_halv_i,
    output wire [        15:0] c_words,
    output wire [        15:0] c_chunks,
    output wire [        15:0] c_sb,
    output wire [        15:0] c_qb,
    output wire [        15:0] c_chunk_beats,
    output wire [        15:0] c_row_beats,
    output wire [        31:0] c_p_in,
    output wire [        31:0] c_p_out,
    output wire [        31:0] c_p_head,
    output wire [        31:0] c_w_in,
    output wire [        31:0] c_w_out,
    output wire [        31:0] c_w_head
);

  localparam ADDITIVE = `KR_M2_CFG_WEIGHT_SCALE(PROFILE) == 0;
  localparam TABLE = `KR_M2_CFG_NORM(PROFILE) == 0;
  localparam BLOCK_SHIFT = `KR_M2_CFG_ACT_GROUP(PROFILE) == 0;
  localparam ROTATE_D = `KR_M2_CFG_HADAMARD(PROFILE) == 2;
  localparam ROTATE_I = `KR_M2_CFG_HADAMARD(PROFILE) != 0;
  localparam SSM_BITS = `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam WEIGHT_BITS = `KR_M2_CFG_WEIGHT_BITS(PROFILE);
  localparam [31:0] BLK_MAX = $clog2(`KR_M2_CFG_HADAMARD_LIMIT(PROFILE) + 1) - 1;  // log2 of the widest block

  localparam LW = $clog2(WIDE_W);
  localparam LOG_BYTES = $clog2(PORT_BYTES);
  localparam LOG_INPUTS = $clog2(INPUTS);
  localparam LOG_ROWS = $clog2(ROWS);
  localparam LOG_NL = $clog2(NL);
  localparam LOG_TILES = $clog2(TILES);
  localparam LOG_NORM = TABLE ? 4 : 5;  // bits of a norm weight
  localparam LOG_CONV = $clog2(64 * SSM_BITS);  // bits of a conv record and of a tile's q
  localparam LOG_SP = LW - LOG_ROWS - 3;  // weight beats whose additive scales fill a beat
  localparam LOG_ST = LW - LOG_ROWS - 5;  // tiles whose channel scales fill a beat
  localparam PW = 56;

  generate
    if (WIDE_W < 512 || WIDE_W != (1 << LW) || ROWS * INPUTS * WEIGHT_BITS != WIDE_W) begin : g_bad_wide
      m2_args_WIDE_W_must_be_a_power_of_two_from_512_and_ROWS_x_INPUTS_weights u_error ();
    end
    if (INPUTS != (1 << LOG_INPUTS) || NL != (1 << LOG_NL) || TILES != (1 << LOG_TILES)) begin : g_bad_lanes
      m2_args_INPUTS_NL_and_TILES_must_be_powers_of_two u_error ();
    end
    if (D_MAX > 65535 || I_MAX > 65535 || H_MAX > 65535 || N_MAX * P_MAX > 524287) begin : g_bad_limits
      m2_args_limits_must_leave_counts_of_16_bits u_error ();
    end
    if (PORTS * PORT_BYTES * 8 != WIDE_W) begin : g_bad_ports
      m2_args_PORTS_ports_must_make_WIDE_W u_error ();
    end
  endgenerate

  // Arguments of the run.
  reg [31:0] d_model_q;
  reg [31:0] heads_q;
  reg [31:0] headdim_q;
  reg [31:0] d_state_q;
  reg [31:0] ngroups_q;
  reg [31:0] vocab_q;
  reg [31:0] model_layers_q;
  reg [31:0] layer_first_q;
  reg [31:0] layer_count_q;
  reg [31:0] prompt_q;
  reg [31:0] generate_q;
  reg [ 2:0] mode_q;
  reg [31:0] chunk_heads_q;
  reg [31:0] mem_first_q;
  reg [31:0] eps_d_q;
  reg [31:0] eps_i_q;
  reg [ 1:0] tap_point_q;
  reg        tap_all_q;
  reg [ 7:0] tap_layer_q;
  reg [63:0] p_off_q;
  reg [63:0] w_off_q;
  reg [63:0] e_off_q;
  reg [63:0] tok_off_q;
  reg [63:0] s_off_q;
  reg [63:0] out_off_q;
  reg [63:0] tap_off_q;
  reg [63:0] arena_bytes_q;
  reg [63:0] s_bytes_q;
  reg [PORTS*64-1:0] base_q;

  always @(posedge clk) begin
    if (start) begin
      d_model_q <= d_model;
      heads_q   <= heads;
      headdim_q <= headdim;
      d_state_q <= d_state;
      ngroups_q <= ngroups;
      vocab_q   <= vocab;
    end
  end

  always @(posedge clk) begin
    if (start) begin
      model_layers_q <= model_layers;
      layer_first_q  <= layer_first;
      layer_count_q  <= layer_count;
      prompt_q       <= prompt;
      generate_q     <= generate_;
      mode_q         <= mode;
      chunk_heads_q  <= chunk_heads;
      mem_first_q    <= mem_first;
      eps_d_q        <= eps_d;
      eps_i_q        <= eps_i;
      tap_point_q    <= tap_point;
      tap_all_q      <= tap_all;
      tap_layer_q    <= tap_layer;
    end
  end

  always @(posedge clk) begin
    if (start) begin
      p_off_q       <= p_off;
      w_off_q       <= w_off;
      e_off_q       <= e_off;
      tok_off_q     <= tok_off;
      s_off_q       <= s_off;
      out_off_q     <= out_off;
      tap_off_q     <= tap_off;
      arena_bytes_q <= arena_bytes;
      s_bytes_q     <= s_bytes;
      base_q        <= port_base;
    end
  end

  wire raw = mode_q[`KR_MAMBA2_ACCEL_MODE_RAW_LSB];
  wire head = mode_q[`KR_MAMBA2_ACCEL_MODE_HEAD_LSB];

  // Steps, one after the other: settle, load, run, store.
  localparam [4:0] INNER = 5'd0;  // products
  localparam [4:0] WIDTH = 5'd1;
  localparam [4:0] BC = 5'd2;
  localparam [4:0] TILE = 5'd3;
  localparam [4:0] LAYER = 5'd4;
  localparam [4:0] ON_CHIP = 5'd5;
  localparam [4:0] HISTORY = 5'd6;
  localparam [4:0] W_IN = 5'd7;
  localparam [4:0] W_OUT = 5'd8;
  localparam [4:0] W_HEAD = 5'd9;
  localparam [4:0] STATE = 5'd10;
  localparam [4:0] STATES = 5'd11;
  localparam [4:0] PARAMS = 5'd12;
  localparam [4:0] WEIGHTS = 5'd13;
  localparam [4:0] ROW = 5'd14;
  localparam [4:0] TAP_TOKEN = 5'd15;
  localparam [4:0] TAP_LAYERS = 5'd16;
  localparam [4:0] TAP_HEAD = 5'd17;
  localparam [4:0] P_END = 5'd18;  // regions
  localparam [4:0] W_END = 5'd19;
  localparam [4:0] E_END = 5'd20;
  localparam [4:0] TOK_END = 5'd21;
  localparam [4:0] S_END = 5'd22;
  localparam [4:0] OUT_END = 5'd23;
  localparam [4:0] TAP_END = 5'd24;
  localparam [4:0] DIVIDE = 5'd25;  // 16 bits, one a cycle; first of all
  localparam [4:0] SCAN = 5'd26;  // between WIDTH and BC

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] SETTLE = 3'd1;
  localparam [2:0] LOAD = 3'd2;
  localparam [2:0] RUN = 3'd3;
  localparam [2:0] STORE = 3'd4;
  localparam [2:0] DONE = 3'd5;

  reg  [2:0] state_q;
  reg  [2:0] state_d;
  reg  [4:0] step_q;
  reg  [4:0] step_d;
  reg  [3:0] count_q;
  reg  [PW-1:0] mul_a_q;
  reg  [  31:0] mul_b_q;
  reg  [PW-1:0] mul_sum_q;
  reg        bitwise_q;  // what the step is, known when it has settled
  reg        region_q;
  reg        last_step_q;
  wire run_done = bitwise_q ? count_q == 4'd15 : region_q || mul_b_q == 32'd0;
  wire load = state_q == LOAD;
  wire run = state_q == RUN;
  wire store = state_q == STORE;

  always @* begin
    case (step_q)
      DIVIDE:  step_d = INNER;
      WIDTH:   step_d = SCAN;
      SCAN:    step_d = BC;
      default: step_d = step_q + 5'd1;
    endcase
  end

  always @* begin
    state_d = state_q;
    case (state_q)
      IDLE: if (start) state_d = SETTLE;
      SETTLE: if (count_q == 4'd3) state_d = LOAD;
      LOAD: state_d = RUN;
      RUN: if (run_done) state_d = STORE;
      STORE: state_d = last_step_q ? DONE : SETTLE;
      default: if (count_q == 4'd3) state_d = IDLE;
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
    bitwise_q   <= step_q == DIVIDE || step_q == SCAN;
    region_q    <= step_q >= P_END;  // or one that is bitwise, where s_off is looked at as in S_END
    last_step_q <= step_q == TAP_END;
  end

  always @(posedge clk) begin
    if (start) step_q <= DIVIDE;
    else if (store) step_q <= step_d;
  end

  // What products and scans leave.
  reg  [15:0] inner_q;
  reg  [15:0] width_q;  // d_inner of a state group
  reg  [15:0] bn8_q;
  reg  [15:0] head_tiles_q;
  reg  [31:0] layer_words_q;
  reg  [47:0] on_chip_q;
  reg  [31:0] history_q;
  reg  [31:0] w_in_mul_q;
  reg  [31:0] w_out_mul_q;
  reg  [31:0] w_head_mul_q;
  reg  [31:0] state_beats_q;
  reg  [PW-1:0] states_beats_q;
  reg  [PW-1:0] p_beats_q;
  reg  [PW-1:0] w_beats_q;
  reg  [PW-1:0] e_beats_q;
  reg  [31:0] tap_groups_q;
  reg  [PW-1:0] tap_beats_q;
  reg  [16:0] inner_high_q;  // what of d_inner is above 16 bits

  // Derived values, a register each.
  wire [31:0] d = {16'd0, d_model_q[15:0]};
  wire [31:0] inner = {16'd0, inner_q};
  wire [31:0] width = {16'd0, width_q};
  wire [31:0] head_count = {16'd0, heads_q[15:0]};
  wire [31:0] vocab_size = {8'd0, vocab_q[23:0]};
  wire [31:0] d8 = d >> 3;
  wire [31:0] i8 = inner >> 3;
  wire [31:0] bn8 = {16'd0, bn8_q};
  wire [31:0] head_tiles = {16'd0, head_tiles_q};
  reg  [15:0] dn_q;
  reg  [15:0] in_q;
  reg  [15:0] gn_q;
  reg  [15:0] kd_q;
  reg  [15:0] ki_q;
  reg  [15:0] hg_q;
  reg  [31:0] conv_groups_q;
  reg  [31:0] rows_in_q;
  reg  [31:0] tiles_in_q;
  reg  [31:0] tiles_out_q;
  reg  [31:0] tiles_head_q;
  reg  [31:0] head_groups_q;

  localparam [31:0] NL_1 = NL - 1;
  localparam [31:0] INPUTS_1 = INPUTS - 1;
  localparam [31:0] ROWS_1 = ROWS - 1;
  localparam [31:0] WIDE_1 = WIDE_W - 1;
  wire [31:0] dn_d = (d + NL_1) >> LOG_NL;
  wire [31:0] in_d = (inner + NL_1) >> LOG_NL;
  wire [31:0] gn_d = (width + NL_1) >> LOG_NL;
  wire [31:0] kd_d = (d + INPUTS_1) >> LOG_INPUTS;
  wire [31:0] ki_d = (inner + INPUTS_1) >> LOG_INPUTS;
  wire [31:0] hg_d = (head_count + 32'd7) >> 3;

  always @(posedge clk) begin
    dn_q <= dn_d[15:0];
    in_q <= in_d[15:0];
    gn_q <= gn_d[15:0];
    kd_q <= kd_d[15:0];
    ki_q <= ki_d[15:0];
    hg_q <= hg_d[15:0];
  end

  always @(posedge clk) begin
    conv_groups_q <= (bn8 << 1) + i8;
    rows_in_q     <= conv_groups_q + i8 + {16'd0, hg_q};
    tiles_in_q    <= ((rows_in_q << 3) + ROWS_1) >> LOG_ROWS;
    tiles_out_q   <= (d + ROWS_1) >> LOG_ROWS;
    tiles_head_q  <= (vocab_size + ROWS_1) >> LOG_ROWS;
    head_groups_q <= (vocab_size + 32'd7) >> 3;
  end

  reg  [31:0] p_norm_q;
  reg  [31:0] p_heads_q;
  reg  [31:0] p_conv_q;
  reg  [31:0] p_out_q;
  reg  [31:0] p_in_q;
  reg  [31:0] p_records_q;
  reg  [31:0] p_layer_q;
  reg  [31:0] row_beats_q;
  wire [31:0] row_bits = raw ? d << 5 : d << 4;

  always @(posedge clk) begin
    p_norm_q    <= ((d << LOG_NORM) + WIDE_1) >> LW;
    p_out_q     <= ((inner << LOG_NORM) + WIDE_1) >> LW;
    p_heads_q   <= (({16'd0, hg_q} << 9) + WIDE_1) >> LW;
    p_conv_q    <= ((conv_groups_q << LOG_CONV) + WIDE_1) >> LW;
    p_records_q <= p_heads_q + p_conv_q;
    p_in_q      <= p_norm_q + p_records_q;
    p_layer_q   <= p_in_q + p_out_q;
    row_beats_q <= (row_bits + WIDE_1) >> LW;
  end

  reg  [31:0] w_in_scales_q;
  reg  [31:0] w_out_scales_q;
  reg  [31:0] w_head_scales_q;
  reg  [31:0] w_in_q;
  reg  [31:0] w_out_q;
  reg  [31:0] w_head_q;
  reg  [31:0] w_layer_q;
  localparam LOG_SCALES = ADDITIVE ? LOG_SP : LOG_ST;
  localparam [31:0] SCALES_1 = (1 << LOG_SCALES) - 1;

  always @(posedge clk) begin
    w_in_scales_q   <= ((ADDITIVE ? w_in_mul_q : tiles_in_q) + SCALES_1) >> LOG_SCALES;
    w_out_scales_q  <= ((ADDITIVE ? w_out_mul_q : tiles_out_q) + SCALES_1) >> LOG_SCALES;
    w_head_scales_q <= ((ADDITIVE ? w_head_mul_q : tiles_head_q) + SCALES_1) >> LOG_SCALES;
    w_in_q          <= w_in_mul_q + w_in_scales_q;
    w_out_q         <= w_out_mul_q + w_out_scales_q;
    w_head_q        <= w_head_mul_q + w_head_scales_q;
    w_layer_q       <= w_in_q + w_out_q;
  end

  reg  [ 1:0] log_chunk_q;
  reg         bad_chunk_q;
  reg         part_chunk_q;  // not whole beats
  reg  [15:0] chunks_q;
  reg  [31:0] chunk_tiles_q;
  reg  [31:0] sb_q;
  reg  [31:0] qb_q;
  reg  [31:0] chunk_beats_q;
  reg         deep_chunk_q;  // more beats than the queue holds
  wire [31:0] chunk_q_bits = chunk_tiles_q << LOG_CONV;
  localparam [31:0] S_LIMIT = S_DEPTH;
  wire [31:0] words = head_tiles >> LOG_TILES;

  always @(posedge clk) begin
    case (chunk_heads_q)
      32'd1:   {bad_chunk_q, log_chunk_q} <= 3'd0;
      32'd2:   {bad_chunk_q, log_chunk_q} <= {heads_q[0], 2'd1};
      32'd4:   {bad_chunk_q, log_chunk_q} <= {|heads_q[1:0], 2'd2};
      32'd8:   {bad_chunk_q, log_chunk_q} <= {|heads_q[2:0], 2'd3};
      default: {bad_chunk_q, log_chunk_q} <= 3'd4;
    endcase
  end

  always @(posedge clk) begin
    chunks_q      <= heads_q[15:0] >> log_chunk_q;
    chunk_tiles_q <= head_tiles << log_chunk_q;
    sb_q          <= ((chunk_tiles_q << 5) + WIDE_1) >> LW;
    qb_q          <= chunk_q_bits >> LW;
    part_chunk_q  <= |chunk_q_bits[LW-1:0];
    chunk_beats_q <= sb_q + qb_q;
    deep_chunk_q  <= chunk_beats_q > S_LIMIT;
  end

  reg  [32:0] layer_end_q;
  reg  [31:0] tokens_q;
  reg  [ 7:0] tap_layers_q;
  reg  [31:0] tap_group_q;
  reg  [PW-1:0] tap_wide_q;
  reg  [31:0] tok_wide_q;
  reg  [ 7:0] layer_last_q;
  wire        tap_inside = tap_layer_q >= layer_first_q[7:0] && tap_layer_q <= layer_last_q;
  wire [31:0] tok_bits_1 = {3'd0, prompt_q[23:0], 5'd0} + WIDE_1;
  localparam LOG_TAP = LW - 8;
  localparam [PW-1:0] TAP_1 = (1 << LOG_TAP) - 1;

  always @(posedge clk) begin
    layer_end_q  <= {1'b0, layer_first_q} + {1'b0, layer_count_q};
    layer_last_q <= layer_end_q[7:0] - 8'd1;
    tokens_q     <= {8'd0, prompt_q[23:0]} + {8'd0, generate_q[23:0]} - {31'd0, generate_q != 32'd0};
    tap_layers_q <= tap_all_q ? layer_count_q[7:0] : {7'd0, tap_inside};
    tap_wide_q   <= (tap_beats_q + TAP_1) >> LOG_TAP;
    tok_wide_q   <= raw ? 32'd0 : tok_bits_1 >> LW;
  end

  always @(posedge clk) begin
    case (tap_point_q)
      2'd0: tap_group_q <= 32'd0;
      2'd1: tap_group_q <= rows_in_q + d8;
      2'd2: tap_group_q <= d8;
      default: tap_group_q <= i8;
    endcase
  end

  // Products by shift and add; a step's first operand is the longer one.
  reg  [63:0] first_q;  // both operands of the first eight steps; one of them while a step settles
  reg  [63:0] second_q;
  reg  [63:0] third_q;
  reg  [31:0] a_q;
  reg  [31:0] b_q;
  reg  [15:0] quotient_q;

  always @(posedge clk) begin
    case (step_q[2:0])
      INNER[2:0]:   first_q <= {head_count, 16'd0, headdim_q[15:0]};
      WIDTH[2:0]:   first_q <= {16'd0, quotient_q, 16'd0, headdim_q[15:0]};
      BC[2:0]:      first_q <= {19'd0, d_state_q[15:3], 16'd0, ngroups_q[15:0]};
      TILE[2:0]:    first_q <= {19'd0, d_state_q[15:3], 19'd0, headdim_q[15:3]};
      LAYER[2:0]:   first_q <= {words, head_count};
      ON_CHIP[2:0]: first_q <= {layer_words_q, 24'd0, mem_first_q[7:0]};
      HISTORY[2:0]: first_q <= {conv_groups_q, 24'd0, layer_end_q[7:0]};
      default:      first_q <= {tiles_in_q, 16'd0, kd_q};
    endcase
  end

  always @(posedge clk) begin
    case (step_q[2:0])
      W_OUT[2:0]:   second_q <= {tiles_out_q, 16'd0, ki_q};
      W_HEAD[2:0]:  second_q <= {tiles_head_q, 16'd0, kd_q};
      STATE[2:0]:   second_q <= {16'd0, chunks_q, 16'd0, chunk_beats_q[15:0]};
      STATES[2:0]:  second_q <= {state_beats_q, 24'd0, model_layers_q[7:0]};
      PARAMS[2:0]:  second_q <= {p_layer_q, 24'd0, model_layers_q[7:0]};
      WEIGHTS[2:0]: second_q <= {w_layer_q, 24'd0, model_layers_q[7:0]};
      ROW[2:0]:     second_q <= {raw ? {8'd0, prompt_q[23:0]} : vocab_size, row_beats_q};
      default:      second_q <= {tap_group_q, 24'd0, tap_layers_q};
    endcase
  end

  wire [23:0] tap_logits = (tap_all_q && tap_point_q == 2'd1) ? generate_q[23:0] : 24'd0;

  always @(posedge clk) begin
    if (step_q == TAP_LAYERS) third_q <= {tap_groups_q, tokens_q};
    else third_q <= {head_groups_q, 8'd0, tap_logits};
  end

  always @(posedge clk) begin
    case (step_q[4:3])
      2'd0:    {a_q, b_q} <= first_q;
      2'd1:    {a_q, b_q} <= second_q;
      default: {a_q, b_q} <= third_q;
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
        INNER:      {inner_high_q, inner_q} <= {|mul_sum_q[PW-1:32], mul_sum_q[31:0]};
        WIDTH:      width_q <= mul_sum_q[15:0];
        BC:         bn8_q <= mul_sum_q[15:0];
        TILE:       head_tiles_q <= mul_sum_q[15:0];
        LAYER:      layer_words_q <= mul_sum_q[31:0];
        ON_CHIP:    on_chip_q <= mul_sum_q[47:0];
        HISTORY:    history_q <= mul_sum_q[31:0];
        W_IN:       w_in_mul_q <= mul_sum_q[31:0];
        W_OUT:      w_out_mul_q <= mul_sum_q[31:0];
        W_HEAD:     w_head_mul_q <= mul_sum_q[31:0];
        STATE:      state_beats_q <= mul_sum_q[31:0];
        STATES:     states_beats_q <= mul_sum_q;
        PARAMS:     p_beats_q <= mul_sum_q + (head ? {{PW - 32{1'b0}}, p_norm_q} : {PW{1'b0}});
        WEIGHTS:    w_beats_q <= mul_sum_q + (head ? {{PW - 32{1'b0}}, w_head_q} : {PW{1'b0}});
        ROW:        e_beats_q <= mul_sum_q;
        TAP_TOKEN:  tap_groups_q <= mul_sum_q[31:0];
        TAP_LAYERS: tap_beats_q <= mul_sum_q;
        TAP_HEAD:   tap_beats_q <= tap_beats_q + mul_sum_q;
        default:    ;
      endcase
    end
  end

  // Heads of a state group: restoring division, a bit a cycle.
  localparam GROUPS_W = $clog2(G_MAX + 1);
  reg  [GROUPS_W-1:0] remainder_q;  // less than a legal number of groups
  wire [GROUPS_W:0] partial = {remainder_q, quotient_q[15]};
  wire [GROUPS_W:0] reduced = partial - {1'b0, ngroups_q[GROUPS_W-1:0]};
  wire              fits = partial >= {1'b0, ngroups_q[GROUPS_W-1:0]};

  always @(posedge clk) begin
    if (load && step_q == DIVIDE) {remainder_q, quotient_q} <= {{GROUPS_W{1'b0}}, heads_q[15:0]};
    else if (run && step_q == DIVIDE) begin
      remainder_q <= fits ? reduced[GROUPS_W-1:0] : partial[GROUPS_W-1:0];
      quotient_q  <= {quotient_q[14:0], fits};
    end
  end

  // Powers of two: in a width, and between a width and the widest vector of its norm.
  reg  [31:0] d_up_q;
  reg  [31:0] width_up_q;
  reg  [15:0] d_down_q;
  reg  [15:0] inner_down_q;
  reg         norm_d_q;
  reg         norm_i_q;
  reg  [ 3:0] halv_d_q;
  reg  [ 3:0] halv_i_q;
  reg  [ 3:0] blk_d_q;
  reg  [ 3:0] blk_i_q;
  wire        scan_load = load && step_q == SCAN;
  wire        scan = run && step_q == SCAN;
  localparam [31:0] WIDEST_D = NORM_WIDTH_D;
  localparam [31:0] WIDEST_I = NORM_WIDTH_I;

  always @(posedge clk) begin
    if (scan_load) begin
      d_up_q       <= d;
      width_up_q   <= width;
      d_down_q     <= d_model_q[15:0];
      inner_down_q <= inner_q;
    end else if (scan) begin
      d_up_q       <= d_up_q << 1;
      width_up_q   <= width_up_q << 1;
      d_down_q     <= {d_down_q[0], d_down_q[15:1]} | {15'd0, d_down_q[0]};
      inner_down_q <= {inner_down_q[0], inner_down_q[15:1]} | {15'd0, inner_down_q[0]};
    end
  end

  always @(posedge clk) begin
    if (scan_load) {norm_d_q, halv_d_q} <= 5'd0;
    else if (scan && d_up_q == WIDEST_D) {norm_d_q, halv_d_q} <= {1'b1, count_q};
  end

  always @(posedge clk) begin
    if (scan_load) {norm_i_q, halv_i_q} <= 5'd0;
    else if (scan && width_up_q == WIDEST_I) {norm_i_q, halv_i_q} <= {1'b1, count_q};
  end

  always @(posedge clk) begin
    if (scan_load) blk_d_q <= 4'd0;
    else if (scan && !d_down_q[0] && blk_d_q != BLK_MAX[3:0]) blk_d_q <= blk_d_q + 4'd1;
  end

  always @(posedge clk) begin
    if (scan_load) blk_i_q <= 4'd0;
    else if (scan && !inner_down_q[0] && blk_i_q != BLK_MAX[3:0]) blk_i_q <= blk_i_q + 4'd1;
  end

  // Regions: offset and bytes of every port.
  reg  [63:0] at;
  reg  [63:0] beats;
  reg  [63:0] at_q;
  reg  [63:0] beats_q;
  reg  [63:0] bytes_q;
  reg  [64:0] end_q;
  reg         outside_q;

  always @* begin
    case (step_q)
      P_END:   {at, beats} = {p_off_q, {64 - PW{1'b0}}, p_beats_q};
      W_END:   {at, beats} = {w_off_q, {64 - PW{1'b0}}, w_beats_q};
      E_END:   {at, beats} = {e_off_q, {64 - PW{1'b0}}, e_beats_q};
      TOK_END: {at, beats} = {tok_off_q, 32'd0, tok_wide_q};
      OUT_END: {at, beats} = {out_off_q, 40'd0, generate_q[23:0]};
      TAP_END: {at, beats} = {tap_off_q, {64 - PW{1'b0}}, tap_wide_q};
      default: {at, beats} = {s_off_q, 64'd0};
    endcase
  end

  always @(posedge clk) begin
    at_q    <= at;
    beats_q <= beats;
    bytes_q <= (step_q == S_END) ? s_bytes_q : beats_q << LOG_BYTES;
    end_q   <= {1'b0, at_q} + {1'b0, bytes_q};
  end

  always @(posedge clk) begin
    if (start) outside_q <= 1'b0;
    else if (store && region_q && end_q > {1'b0, arena_bytes_q}) outside_q <= 1'b1;
  end

  // Rules; one may rely on those before it.
  localparam [31:0] D_LIMIT = D_MAX;
  localparam [31:0] I_LIMIT = I_MAX;
  localparam [31:0] H_LIMIT = H_MAX;
  localparam [31:0] P_LIMIT = P_MAX;
  localparam [31:0] N_LIMIT = N_MAX;
  localparam [31:0] G_LIMIT = G_MAX;
  localparam [31:0] CONV_LIMIT = CONV_DEPTH;
  localparam [47:0] STATE_LIMIT = STATE_DEPTH;
  localparam [15:0] PART_D = (ROTATE_D ? NL - 1 : 0) | (BLOCK_SHIFT ? INPUTS - 1 : 0) | 7;
  localparam [15:0] PART_I = (ROTATE_I ? NL - 1 : 0) | (BLOCK_SHIFT ? INPUTS - 1 : 0);
  localparam [15:0] PART_N = 8 * TILES - 1;
  localparam [15:0] PART_G = NL - 1;
  reg  [10:0] bad_q;  // a bit for each code, in their order
  wire        bad_inner = |inner_high_q || inner > I_LIMIT || |(inner_q & PART_I);
  wire        bad_split = |remainder_q || |quotient_q[2:0] || |(width_q & PART_G);
  wire        bad_range = layer_count_q == 32'd0 || layer_end_q > {1'b0, model_layers_q};
  wire        bad_prompt = prompt_q == 32'd0 || prompt_q > `KR_MAMBA2_ACCEL_MAX_TOKENS;
  wire        too_many = generate_q > (raw ? 32'd1 : `KR_MAMBA2_ACCEL_MAX_TOKENS);
  wire        bad_generate = head ? generate_q == 32'd0 || too_many : generate_q != 32'd0;
  wire        in_memory = mem_first_q < model_layers_q;
  wire [63:0] states_bytes = {{64 - PW{1'b0}}, states_beats_q} << LOG_BYTES;
  reg         bad_memory_q;
  reg         bad_chip_q;
  reg         unaligned_q;
  wire [PORTS-1:0] base_low;
  wire [   7:0] off_low = {|p_off_q[LOG_BYTES-1:0], |w_off_q[LOG_BYTES-1:0], |e_off_q[LOG_BYTES-1:0],
      |tok_off_q[LOG_BYTES-1:0], |s_off_q[LOG_BYTES-1:0], |out_off_q[LOG_BYTES-1:0], |tap_off_q[LOG_BYTES-1:0],
      |arena_bytes_q[LOG_BYTES-1:0]};

  genvar p;
  generate
    for (p = 0; p < PORTS; p = p + 1) begin : g_port
      assign base_low[p] = |base_q[p*64+:LOG_BYTES];
    end
  endgenerate

  always @(posedge clk) begin
    bad_memory_q <= in_memory && (part_chunk_q || deep_chunk_q || states_bytes > s_bytes_q);
    bad_chip_q   <= on_chip_q > STATE_LIMIT || history_q > CONV_LIMIT;
    unaligned_q  <= |off_low || |base_low;
  end

  always @(posedge clk) begin
    bad_q[0]  <= d_model_q == 32'd0 || d_model_q > D_LIMIT || |(d_model_q[15:0] & PART_D) || (TABLE && !norm_d_q);
    bad_q[1]  <= heads_q == 32'd0 || heads_q > H_LIMIT;
    bad_q[2]  <= headdim_q == 32'd0 || headdim_q > P_LIMIT || |headdim_q[2:0] || bad_inner;
    bad_q[3]  <= d_state_q == 32'd0 || d_state_q > N_LIMIT || |(d_state_q[15:0] & PART_N);
    bad_q[4]  <= ngroups_q == 32'd0 || ngroups_q > G_LIMIT || (ngroups_q != 32'd1 && bad_split) ||
        (TABLE && !norm_i_q);
    bad_q[5]  <= vocab_q < 32'd8 || vocab_q > `KR_MAMBA2_ACCEL_MAX_VOCAB;
    bad_q[6]  <= model_layers_q == 32'd0 || model_layers_q > `KR_MAMBA2_ACCEL_MAX_LAYERS || bad_range;
    bad_q[7]  <= bad_prompt || bad_generate;
    bad_q[8]  <= !TABLE && (eps_d_q == 32'd0 || eps_i_q == 32'd0);
    bad_q[9]  <= bad_chunk_q || mem_first_q > model_layers_q || bad_chip_q || bad_memory_q;
    bad_q[10] <= unaligned_q || outside_q;
  end

  reg [7:0] error_q;
  reg [7:0] error_d;
  reg       valid_q;

  always @* begin
    error_d = `KR_MAMBA2_ACCEL_ERR_NONE;
    if (bad_q[10]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_OFFSET;
    if (bad_q[9]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_STATE;
    if (bad_q[8]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_EPS;
    if (bad_q[7]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_TOKENS;
    if (bad_q[6]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_LAYERS;
    if (bad_q[5]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_VOCAB;
    if (bad_q[4]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_NGROUPS;
    if (bad_q[3]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_D_STATE;
    if (bad_q[2]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_HEADDIM;
    if (bad_q[1]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_HEADS;
    if (bad_q[0]) error_d = `KR_MAMBA2_ACCEL_ERR_BAD_D_MODEL;
  end

  always @(posedge clk) error_q <= error_d;

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else valid_q <= state_q == DONE && count_q == 4'd3;
  end

  assign valid         = valid_q;
  assign error         = error_q;
  assign c_heads       = heads_q[15:0];
  assign c_groups      = ngroups_q[15:0];
  assign c_vocab       = vocab_size;
  assign c_layers      = model_layers_q[7:0];
  assign c_layer_first = layer_first_q[7:0];
  assign c_layer_last  = layer_last_q;
  assign c_mem_first   = mem_first_q[7:0];
  assign c_prompt      = prompt_q[23:0];
  assign c_generate    = generate_q[23:0];
  assign c_raw         = raw;
  assign c_continue    = mode_q[`KR_MAMBA2_ACCEL_MODE_CONTINUE_LSB];
  assign c_head        = head;
  assign c_chunk_heads = chunk_heads_q[15:0];
  assign c_eps_d       = eps_d_q;
  assign c_eps_i       = eps_i_q;
  assign c_tap_point   = tap_point_q;
  assign c_tap_all     = tap_all_q;
  assign c_tap_layer   = tap_layer_q;
  assign c_p_off       = p_off_q;
  assign c_w_off       = w_off_q;
  assign c_e_off       = e_off_q;
  assign c_tok_off     = tok_off_q;
  assign c_s_off       = s_off_q;
  assign c_out_off     = out_off_q;
  assign c_tap_off     = tap_off_q;
  assign c_base        = base_q;
  assign c_d8          = d8[15:0];
  assign c_i8          = i8[15:0];
  assign c_dn          = dn_q;
  assign c_in          = in_q;
  assign c_gn          = gn_q;
  assign c_kd          = kd_q;
  assign c_ki          = ki_q;
  assign c_hg          = hg_q;
  assign c_p8          = {3'd0, headdim_q[15:3]};
  assign c_n8          = {3'd0, d_state_q[15:3]};
  assign c_bn8         = bn8_q;
  assign c_rows_in     = rows_in_q[15:0];
  assign c_head_groups = head_groups_q;
  assign c_tiles_in    = tiles_in_q;
  assign c_tiles_out   = tiles_out_q;
  assign c_tiles_head  = tiles_head_q;
  assign c_blk_d       = blk_d_q;
  assign c_blk_i       = blk_i_q;
  assign c_halv_d      = halv_d_q;
  assign c_halv_i      = halv_i_q;
  assign c_words       = words[15:0];
  assign c_chunks      = chunks_q;
  assign c_sb          = sb_q[15:0];
  assign c_qb          = qb_q[15:0];
  assign c_chunk_beats = chunk_beats_q[15:0];
  assign c_row_beats   = row_beats_q[15:0];
  assign c_p_in        = p_in_q;
  assign c_p_out       = p_out_q;
  assign c_p_head      = p_norm_q;
  assign c_w_in        = w_in_q;
  assign c_w_out       = w_out_q;
  assign c_w_head      = w_head_q;

  wire unused_bits = &{1'b0, dn_d[31:16], in_d[31:16], gn_d[31:16], kd_d[31:16], ki_d[31:16], hg_d[31:16], d8[31:16],
      i8[31:16], words[31:16], sb_q[31:16], qb_q[31:16], chunk_beats_q[31:16], reduced[GROUPS_W]};

endmodule

`default_nettype wire
