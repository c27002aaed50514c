// SPDX-License-Identifier: Apache-2.0
//
// ternary_accel - whole BitNet models from one start: prompt, layers, head, greedy decoding without the host.
//
// Function     : the tokens of golden.ternary.accel.outcome for a model, a prompt and caches in the ports' arenas, which lie
//                there as golden/ternary/accel/README.md says; keys and values of what is read join the caches. Illegal
//                arguments and bus errors end in ERROR and ap_done.
// Format       : integer profile ternary-b158, exact.
// Latency      : variable: a token takes about as many cycles as the model and the caches have wide beats
// Throughput   : variable: one weight beat of PORTS * PORT_W bits a cycle when the ports deliver it
// Back-pressure: waits for slow ports anywhere; the counters STALL_* say for what.
// Golden       : golden.ternary.accel.outcome.outcome
// Test         : tests/boards/test_ternary_kernel.py
//
// Why: as mamba2_accel: memory is the limit, so everything else starts as soon as its data are there and runs beside the
// stream of weights, keys and values.

`default_nettype none
`include "kr_ternary_accel_regs.vh"

module ternary_accel #(
    parameter        PORTS         = 2,      // memory ports, 1..32, a power of two
    parameter        PORT_W        = 256,    // bits of a port: 128, 256 or 512
    parameter        T_COLS        = 4,      // most tokens of a chunk, a power of two, 2..128
    parameter        T_PAR         = 2,      // token columns that share a cycle, divides T_COLS
    parameter        Q_PAR         = 2,      // rows that attention works on in parallel, a power of two, 2..T_COLS
    parameter        NL            = 8,      // lanes of norms and quantizers, 8, 16 or 32
    parameter        W_DEPTH       = 64,     // wide beats that wait in front of everything, a power of two
    parameter        SIGMOID       = 0,      // 0: squared ReLU, 1: SiLU
    parameter        D_MAX         = 256,    // greatest width
    parameter        F_MAX         = 512,    // greatest width of the MLP's product
    parameter        H_MAX         = 8,      // most heads
    parameter        J_MAX         = 8,      // most heads of keys
    parameter        SHARE_MAX     = 4,      // most heads for a head of keys
    parameter        P_MAX         = 128,    // widest head: 32, 64, 96 or 128
    parameter        POSITIONS_MAX = 1024,   // most positions of a context
    parameter        SCORE_DEPTH   = 2048,   // groups of a position tile's scores that two heads may have
    parameter        SCORE_ULTRA   = 0,      // 1: they wait in UltraRAM
    parameter        BATCH         = 4,      // most texts that are decoded together, 1..4 and T_COLS
    parameter        VECTOR_ULTRA  = 0,      // 1: vectors of a chunk and what attention multiplies are kept in UltraRAM
    parameter        VALUE_LUTS    = 0,      // positions of a tile whose products with V are made of LUTs
    parameter        PARTIAL       = 0,      // 1: of the cache ports without positions are not read
    parameter [63:0] CONFIG_HASH   = 64'd0,  // identity of the configuration
    parameter [31:0] BUILD_ID      = 32'd0   // number of the build
) (
    input  wire                      aclk,
    input  wire                      aresetn,
    input  wire [              11:0] s_axil_awaddr,
    input  wire                      s_axil_awvalid,
    output wire                      s_axil_awready,
    input  wire [              31:0] s_axil_wdata,
    input  wire [               3:0] s_axil_wstrb,
    input  wire                      s_axil_wvalid,
    output wire                      s_axil_wready,
    output wire [               1:0] s_axil_bresp,
    output wire                      s_axil_bvalid,
    input  wire                      s_axil_bready,
    input  wire [              11:0] s_axil_araddr,
    input  wire                      s_axil_arvalid,
    output wire                      s_axil_arready,
    output wire [              31:0] s_axil_rdata,
    output wire [               1:0] s_axil_rresp,
    output wire                      s_axil_rvalid,
    input  wire                      s_axil_rready,
    output wire [      PORTS*64-1:0] m_axi_araddr,
    output wire [       PORTS*8-1:0] m_axi_arlen,
    output wire [         PORTS-1:0] m_axi_arvalid,
    input  wire [         PORTS-1:0] m_axi_arready,
    input  wire [  PORTS*PORT_W-1:0] m_axi_rdata,
    input  wire [       PORTS*2-1:0] m_axi_rresp,
    input  wire [         PORTS-1:0] m_axi_rlast,
    input  wire [         PORTS-1:0] m_axi_rvalid,
    output wire [         PORTS-1:0] m_axi_rready,
    output wire [      PORTS*64-1:0] m_axi_awaddr,
    output wire [       PORTS*8-1:0] m_axi_awlen,
    output wire [         PORTS-1:0] m_axi_awvalid,
    input  wire [         PORTS-1:0] m_axi_awready,
    output wire [  PORTS*PORT_W-1:0] m_axi_wdata,
    output wire [PORTS*PORT_W/8-1:0] m_axi_wstrb,
    output wire [         PORTS-1:0] m_axi_wlast,
    output wire [         PORTS-1:0] m_axi_wvalid,
    input  wire [         PORTS-1:0] m_axi_wready,
    input  wire [       PORTS*2-1:0] m_axi_bresp,
    input  wire [         PORTS-1:0] m_axi_bvalid,
    output wire [         PORTS-1:0] m_axi_bready,
    /* verilator lint_off SYMRSVDWORD */  // XRT and Vivado expect the name "interrupt"
    output wire                      interrupt
);

  localparam WIDE_W = PORTS * PORT_W;
  localparam PORT_BYTES = PORT_W / 8;
  localparam ROWS = WIDE_W / 64;
  localparam GROUP_W = (WIDE_W > 512) ? $clog2(WIDE_W / 512) : 1;
  localparam RD_DEPTH = 4096 / PORT_BYTES / 2;  // beats read ahead on each port, half a burst, to let the ports drift

  wire clk = aclk;
  wire rst = !aresetn;

  // Arguments as the registers hold them.
  wire                start;
  wire [        31:0] d_model;
  wire [        31:0] heads;
  wire [        31:0] kv_heads;
  wire [        31:0] feed;
  wire [        31:0] batch;
  wire [        31:0] vocab;
  wire [        31:0] model_layers;
  wire [        31:0] prefix;
  wire [        31:0] prefix_room;
  wire [        31:0] own_room;
  wire [       127:0] own;
  wire [        31:0] prompt;
  wire [        31:0] generate_;
  wire                head;
  wire                ternary_head;
  wire [         4:0] residual_frac;
  wire [         4:0] logit_frac;
  wire [        63:0] eps;
  wire [        25:0] feed_eps;
  wire [        25:0] head_scale;
  wire [         1:0] tap_point;
  wire                tap_all;
  wire [         7:0] tap_layer;
  wire [        63:0] w_off;
  wire [        63:0] e_off;
  wire [        63:0] h_off;
  wire [        63:0] a_off;
  wire [        63:0] k_off;
  wire [        63:0] tok_off;
  wire [        63:0] out_off;
  wire [        63:0] tap_off;
  wire [        63:0] arena_bytes;
  wire [PORTS*64-1:0] port_base;

  // Arguments of the run, checked, and the counts that follow.
  wire                args_valid;
  wire [         7:0] args_error;
  wire [         7:0] c_heads;
  wire [         7:0] c_kv_heads;
  wire [         7:0] c_share;
  wire [         7:0] c_batch;
  wire [        31:0] c_vocab;
  wire [         7:0] c_last;
  wire [        13:0] c_prefix;
  wire [        55:0] c_own;
  wire [        23:0] c_prompt;
  wire [        23:0] c_generate;
  wire                c_head;
  wire                c_ternary_head;
  wire [         4:0] c_residual_frac;
  wire [         4:0] c_logit_frac;
  wire [        63:0] c_eps;
  wire [        25:0] c_feed_eps;
  wire [        25:0] c_head_scale;
  wire [         1:0] c_tap_point;
  wire                c_tap_all;
  wire [         7:0] c_tap_layer;
  wire [        63:0] c_w_off;
  wire [        63:0] c_e_off;
  wire [        63:0] c_h_off;
  wire [        63:0] c_a_off;
  wire [        63:0] c_k_off;
  wire [        63:0] c_tok_off;
  wire [        63:0] c_out_off;
  wire [        63:0] c_tap_off;
  wire [PORTS*64-1:0] c_base;
  wire [        15:0] c_d8;
  wire [        15:0] c_f8;
  wire [        15:0] c_qkv8;
  wire [         7:0] c_p8;
  wire [        15:0] c_gu8;
  wire [        31:0] c_head_groups;
  wire [        15:0] c_dn;
  wire [        15:0] c_fn;
  wire [        15:0] c_kd;
  wire [        15:0] c_kf;
  wire [ GROUP_W-1:0] c_last_qkv;
  wire [ GROUP_W-1:0] c_last_o;
  wire [ GROUP_W-1:0] c_last_gu;
  wire [ GROUP_W-1:0] c_last_down;
  wire [        15:0] c_norm_d;
  wire [        15:0] c_norm_f;
  wire [        31:0] c_qkv;
  wire [        31:0] c_o;
  wire [        31:0] c_gu;
  wire [        31:0] c_down;
  wire [        31:0] c_head_beats;
  wire [        15:0] c_row_tiles;
  wire [         7:0] c_d_slices;
  wire [        15:0] c_angle_beats;
  wire [         3:0] c_slices;
  wire [         4:0] c_pairs;
  wire [        31:0] c_keys0;
  wire [        31:0] c_keys1;
  wire [        31:0] c_head0;
  wire [        31:0] c_head1;
  wire [        31:0] c_layer0;
  wire [        31:0] c_layer1;
  wire [        31:0] c_part0;
  wire [        31:0] c_part1;

  // The run's jobs, begin and end; progress.
  wire        job_valid;
  wire        job_ready;
  wire [31:0] job_data;
  wire        clear;
  wire        finish;
  wire        idle;
  wire        done;
  wire        out_done;
  wire        record_written;
  wire [31:0] tokens_run;
  wire [31:0] layers_done;
  wire [31:0] tokens_done;

  // Memory: commands, data, beats and errors of each port.
  wire                rd_cmd_valid;
  wire                rd_cmd_ready;
  wire [        63:0] rd_cmd_offset;
  wire [        31:0] rd_cmd_beats;
  wire [         5:0] rd_cmd_ports;
  wire                r_valid;
  wire                r_ready;
  wire [  WIDE_W-1:0] r_data;
  wire                wr_cmd_valid;
  wire                wr_cmd_ready;
  wire [        63:0] wr_cmd_offset;
  wire [        31:0] wr_cmd_beats;
  wire                d_valid;
  wire                d_ready;
  wire [  WIDE_W-1:0] d_data;
  wire [WIDE_W/8-1:0] d_strb;
  wire                written;
  wire [   PORTS-1:0] rd_beat;
  wire [   PORTS-1:0] wr_beat;
  wire [   PORTS-1:0] rd_err;
  wire [   PORTS-1:0] wr_err;

  // Events that the counters count, a token id that does not exist, a weight byte that is no five trits.
  wire  beat;
  wire  stall_weights;
  wire  stall_acts;
  wire  stall_out;
  wire  cache_beat;
  wire  stall_cache;
  wire  tap_beat;
  wire  bad_token;
  wire  bad_weight;

  // What went wrong stays, so that no further token is asked for; until a start, which forgets it before it is judged.
  reg  bad_q;
  wire run_error = |rd_err || |wr_err || bad_q;

  always @(posedge clk) begin
    if (rst || start) bad_q <= 1'b0;
    else if (bad_token || bad_weight) bad_q <= 1'b1;
  end

  tern_accel_regs #(
      .PORTS      (PORTS),
      .PORT_BYTES (PORT_BYTES),
      .ROWS       (ROWS),
      .T_COLS     (T_COLS),
      .CONFIG_HASH(CONFIG_HASH),
      .BUILD_ID   (BUILD_ID)
  ) u_regs (
      .clk           (clk),
      .rst           (rst),
      .s_axil_awaddr (s_axil_awaddr),
      .s_axil_awvalid(s_axil_awvalid),
      .s_axil_awready(s_axil_awready),
      .s_axil_wdata  (s_axil_wdata),
      .s_axil_wstrb  (s_axil_wstrb),
      .s_axil_wvalid (s_axil_wvalid),
      .s_axil_wready (s_axil_wready),
      .s_axil_bresp  (s_axil_bresp),
      .s_axil_bvalid (s_axil_bvalid),
      .s_axil_bready (s_axil_bready),
      .s_axil_araddr (s_axil_araddr),
      .s_axil_arvalid(s_axil_arvalid),
      .s_axil_arready(s_axil_arready),
      .s_axil_rdata  (s_axil_rdata),
      .s_axil_rresp  (s_axil_rresp),
      .s_axil_rvalid (s_axil_rvalid),
      .s_axil_rready (s_axil_rready),
      .irq           (interrupt),
      .start         (start),
      .done          (done),
      .d_model       (d_model),
      .heads         (heads),
      .kv_heads      (kv_heads),
      .feed          (feed),
      .batch         (batch),
      .vocab         (vocab),
      .model_layers  (model_layers),
      .prefix        (prefix),
      .prefix_room   (prefix_room),
      .own_room      (own_room),
      .own           (own),
      .prompt        (prompt),
      .generate_     (generate_),
      .head          (head),
      .ternary_head  (ternary_head),
      .residual_frac (residual_frac),
      .logit_frac    (logit_frac),
      .eps           (eps),
      .feed_eps      (feed_eps),
      .head_scale    (head_scale),
      .tap_point     (tap_point),
      .tap_all       (tap_all),
      .tap_layer     (tap_layer),
      .w_off         (w_off),
      .e_off         (e_off),
      .h_off         (h_off),
      .a_off         (a_off),
      .k_off         (k_off),
      .tok_off       (tok_off),
      .out_off       (out_off),
      .tap_off       (tap_off),
      .arena_bytes   (arena_bytes),
      .port_base     (port_base),
      .weight_beat   (beat),
      .stall         ({stall_out, stall_acts, stall_weights}),
      .cache_beat    (cache_beat),
      .stall_cache   (stall_cache),
      .tap_beat      (tap_beat),
      .tokens_run    (tokens_run),
      .layers_done   (layers_done),
      .tokens_done   (tokens_done),
      .rd_beat       (rd_beat),
      .wr_beat       (wr_beat),
      .arg_error     (args_error & {8{args_valid}}),
      .rd_err        (rd_err),
      .wr_err        (wr_err),
      .bad_token     (bad_token),
      .bad_weight    (bad_weight)
  );

  tern_accel_args #(
      .PORTS        (PORTS),
      .PORT_BYTES   (PORT_BYTES),
      .WIDE_W       (WIDE_W),
      .NL           (NL),
      .T_COLS       (T_COLS),
      .BATCH        (BATCH),
      .Q_PAR        (Q_PAR),
      .D_MAX        (D_MAX),
      .F_MAX        (F_MAX),
      .H_MAX        (H_MAX),
      .J_MAX        (J_MAX),
      .SHARE_MAX    (SHARE_MAX),
      .P_MAX        (P_MAX),
      .POSITIONS_MAX(POSITIONS_MAX),
      .SCORE_DEPTH  (SCORE_DEPTH)
  ) u_args (
      .clk            (clk),
      .rst            (rst),
      .start          (start),
      .d_model        (d_model),
      .heads          (heads),
      .kv_heads       (kv_heads),
      .feed           (feed),
      .batch          (batch),
      .vocab          (vocab),
      .model_layers   (model_layers),
      .prefix         (prefix),
      .prefix_room    (prefix_room),
      .own_room       (own_room),
      .own            (own),
      .prompt         (prompt),
      .generate_      (generate_),
      .head           (head),
      .ternary_head   (ternary_head),
      .residual_frac  (residual_frac),
      .logit_frac     (logit_frac),
      .eps            (eps),
      .feed_eps       (feed_eps),
      .head_scale     (head_scale),
      .tap_point      (tap_point),
      .tap_all        (tap_all),
      .tap_layer      (tap_layer),
      .w_off          (w_off),
      .e_off          (e_off),
      .h_off          (h_off),
      .a_off          (a_off),
      .k_off          (k_off),
      .tok_off        (tok_off),
      .out_off        (out_off),
      .tap_off        (tap_off),
      .arena_bytes    (arena_bytes),
      .port_base      (port_base),
      .valid          (args_valid),
      .error          (args_error),
      .c_heads        (c_heads),
      .c_kv_heads     (c_kv_heads),
      .c_share        (c_share),
      .c_batch        (c_batch),
      .c_vocab        (c_vocab),
      .c_last         (c_last),
      .c_prefix       (c_prefix),
      .c_own          (c_own),
      .c_prompt       (c_prompt),
      .c_generate     (c_generate),
      .c_head         (c_head),
      .c_ternary_head (c_ternary_head),
      .c_residual_frac(c_residual_frac),
      .c_logit_frac   (c_logit_frac),
      .c_eps          (c_eps),
      .c_feed_eps     (c_feed_eps),
      .c_head_scale   (c_head_scale),
      .c_tap_point    (c_tap_point),
      .c_tap_all      (c_tap_all),
      .c_tap_layer    (c_tap_layer),
      .c_w_off        (c_w_off),
      .c_e_off        (c_e_off),
      .c_h_off        (c_h_off),
      .c_a_off        (c_a_off),
      .c_k_off        (c_k_off),
      .c_tok_off      (c_tok_off),
      .c_out_off      (c_out_off),
      .c_tap_off      (c_tap_off),
      .c_base         (c_base),
      .c_d8           (c_d8),
      .c_f8           (c_f8),
      .c_qkv8         (c_qkv8),
      .c_p8           (c_p8),
      .c_gu8          (c_gu8),
      .c_head_groups  (c_head_groups),
      .c_dn           (c_dn),
      .c_fn           (c_fn),
      .c_kd           (c_kd),
      .c_kf           (c_kf),
      .c_last_qkv     (c_last_qkv),
      .c_last_o       (c_last_o),
      .c_last_gu      (c_last_gu),
      .c_last_down    (c_last_down),
      .c_norm_d       (c_norm_d),
      .c_norm_f       (c_norm_f),
      .c_qkv          (c_qkv),
      .c_o            (c_o),
      .c_gu           (c_gu),
      .c_down         (c_down),
      .c_head_beats   (c_head_beats),
      .c_row_tiles    (c_row_tiles),
      .c_d_slices     (c_d_slices),
      .c_angle_beats  (c_angle_beats),
      .c_slices       (c_slices),
      .c_pairs        (c_pairs),
      .c_keys0        (c_keys0),
      .c_keys1        (c_keys1),
      .c_head0        (c_head0),
      .c_head1        (c_head1),
      .c_layer0       (c_layer0),
      .c_layer1       (c_layer1),
      .c_part0        (c_part0),
      .c_part1        (c_part1)
  );

  m2_seq #(
      .T_COLS(T_COLS),
      .SLOTS (1)
  ) u_seq (
      .clk           (clk),
      .rst           (rst),
      .start         (start),
      .args_valid    (args_valid),
      .args_bad      (args_error != `KR_TERNARY_ACCEL_ERR_NONE),
      .c_layer_first (8'd0),
      .c_layer_last  (c_last),
      .c_prompt      (c_prompt),
      .c_generate    (c_generate),
      .c_raw         (1'b0),
      .c_continue    (1'b1),
      .c_head        (c_head),
      .c_batch       (c_batch),
      .run_error     (run_error),
      .m_valid       (job_valid),
      .m_ready       (job_ready),
      .m_data        (job_data),
      .out_done      (out_done),
      .record_written(record_written),
      .writers_idle  (idle),
      .clear         (clear),
      .finish        (finish),
      .done          (done),
      .tokens_run    (tokens_run),
      .layers_done   (layers_done),
      .tokens_done   (tokens_done)
  );

  tern_core #(
      .WIDE_W     (WIDE_W),
      .PORT_BYTES (PORT_BYTES),
      .T_COLS     (T_COLS),
      .T_PAR      (T_PAR),
      .Q_PAR      (Q_PAR),
      .NL         (NL),
      .W_DEPTH    (W_DEPTH),
      .SIGMOID    (SIGMOID),
      .D_MAX      (D_MAX),
      .F_MAX      (F_MAX),
      .J_MAX      (J_MAX),
      .SHARE_MAX  (SHARE_MAX),
      .P_MAX      (P_MAX),
      .SCORE_DEPTH(SCORE_DEPTH),
      .SCORE_ULTRA(SCORE_ULTRA),
      .BATCH      (BATCH),
      .VECTOR_ULTRA(VECTOR_ULTRA),
      .VALUE_LUTS(VALUE_LUTS),
      .PARTIAL    (PARTIAL)
  ) u_core (
      .clk            (clk),
      .rst            (rst),
      .clear          (clear),
      .c_w_off        (c_w_off),
      .c_e_off        (c_e_off),
      .c_h_off        (c_h_off),
      .c_a_off        (c_a_off),
      .c_k_off        (c_k_off),
      .c_tok_off      (c_tok_off),
      .c_out_off      (c_out_off),
      .c_tap_off      (c_tap_off),
      .c_norm_d       (c_norm_d),
      .c_norm_f       (c_norm_f),
      .c_qkv          (c_qkv),
      .c_o            (c_o),
      .c_gu           (c_gu),
      .c_down         (c_down),
      .c_head_beats   (c_head_beats),
      .c_row_tiles    (c_row_tiles),
      .c_angle_beats  (c_angle_beats),
      .c_d8           (c_d8),
      .c_f8           (c_f8),
      .c_qkv8         (c_qkv8),
      .c_gu8          (c_gu8),
      .c_dn           (c_dn),
      .c_fn           (c_fn),
      .c_kd           (c_kd),
      .c_kf           (c_kf),
      .c_last_qkv     (c_last_qkv),
      .c_last_o       (c_last_o),
      .c_last_gu      (c_last_gu),
      .c_last_down    (c_last_down),
      .c_heads        (c_heads),
      .c_kv_heads     (c_kv_heads),
      .c_share        (c_share),
      .c_slices       (c_slices),
      .c_pairs        (c_pairs),
      .c_p8           (c_p8),
      .c_d_slices     (c_d_slices),
      .c_ternary_head (c_ternary_head),
      .c_vocab        (c_vocab),
      .c_head_groups  (c_head_groups),
      .c_residual_frac(c_residual_frac),
      .c_logit_frac   (c_logit_frac),
      .c_eps          (c_eps),
      .c_feed_eps     (c_feed_eps),
      .c_head_scale   (c_head_scale),
      .c_keys0        (c_keys0),
      .c_keys1        (c_keys1),
      .c_head0        (c_head0),
      .c_head1        (c_head1),
      .c_layer0       (c_layer0),
      .c_layer1       (c_layer1),
      .c_part0        (c_part0),
      .c_part1        (c_part1),
      .c_last         (c_last),
      .c_batch        (c_batch),
      .c_prefix       (c_prefix),
      .c_own          (c_own),
      .c_tap_point    (c_tap_point),
      .c_tap_all      (c_tap_all),
      .c_tap_layer    (c_tap_layer),
      .job_valid      (job_valid),
      .job_ready      (job_ready),
      .job_data       (job_data),
      .finish         (finish),
      .rd_cmd_valid   (rd_cmd_valid),
      .rd_cmd_ready   (rd_cmd_ready),
      .rd_cmd_offset  (rd_cmd_offset),
      .rd_cmd_beats   (rd_cmd_beats),
      .rd_cmd_ports   (rd_cmd_ports),
      .r_valid        (r_valid),
      .r_ready        (r_ready),
      .r_data         (r_data),
      .wr_cmd_valid   (wr_cmd_valid),
      .wr_cmd_ready   (wr_cmd_ready),
      .wr_cmd_offset  (wr_cmd_offset),
      .wr_cmd_beats   (wr_cmd_beats),
      .d_valid        (d_valid),
      .d_ready        (d_ready),
      .d_data         (d_data),
      .d_strb         (d_strb),
      .written        (written),
      .idle           (idle),
      .out_done       (out_done),
      .record_written (record_written),
      .bad_token      (bad_token),
      .bad_weight     (bad_weight),
      .beat           (beat),
      .stall_weights  (stall_weights),
      .stall_acts     (stall_acts),
      .stall_out      (stall_out),
      .cache_beat     (cache_beat),
      .stall_cache    (stall_cache),
      .tap_beat       (tap_beat)
  );

  axi_ports #(
      .PORTS   (PORTS),
      .PORT_W  (PORT_W),
      .RD_DEPTH(RD_DEPTH),
      .STROBES (1),
      .PARTIAL (PARTIAL)
  ) u_ports (
      .clk          (clk),
      .rst          (rst),
      .clear        (start),
      .base         (c_base),
      .rd_cmd_valid (rd_cmd_valid),
      .rd_cmd_ready (rd_cmd_ready),
      .rd_cmd_offset(rd_cmd_offset),
      .rd_cmd_beats (rd_cmd_beats),
      .rd_cmd_ports (rd_cmd_ports),
      .wr_cmd_valid (wr_cmd_valid),
      .wr_cmd_ready (wr_cmd_ready),
      .wr_cmd_offset(wr_cmd_offset),
      .wr_cmd_beats (wr_cmd_beats),
      .m_valid      (r_valid),
      .m_ready      (r_ready),
      .m_data       (r_data),
      .s_valid      (d_valid),
      .s_ready      (d_ready),
      .s_data       (d_data),
      .s_strb       (d_strb),
      .written      (written),
      .rd_beat      (rd_beat),
      .wr_beat      (wr_beat),
      .rd_err       (rd_err),
      .wr_err       (wr_err),
      .m_axi_araddr (m_axi_araddr),
      .m_axi_arlen  (m_axi_arlen),
      .m_axi_arvalid(m_axi_arvalid),
      .m_axi_arready(m_axi_arready),
      .m_axi_rdata  (m_axi_rdata),
      .m_axi_rresp  (m_axi_rresp),
      .m_axi_rlast  (m_axi_rlast),
      .m_axi_rvalid (m_axi_rvalid),
      .m_axi_rready (m_axi_rready),
      .m_axi_awaddr (m_axi_awaddr),
      .m_axi_awlen  (m_axi_awlen),
      .m_axi_awvalid(m_axi_awvalid),
      .m_axi_awready(m_axi_awready),
      .m_axi_wdata  (m_axi_wdata),
      .m_axi_wstrb  (m_axi_wstrb),
      .m_axi_wlast  (m_axi_wlast),
      .m_axi_wvalid (m_axi_wvalid),
      .m_axi_wready (m_axi_wready),
      .m_axi_bresp  (m_axi_bresp),
      .m_axi_bvalid (m_axi_bvalid),
      .m_axi_bready (m_axi_bready)
  );

endmodule

`default_nettype wire
