// SPDX-License-Identifier: Apache-2.0
//
// mamba2_accel - whole Mamba2 models from one start: prompt, layers, head, greedy decoding without the host.
//
// Function     : the tokens of golden.mamba2.accel.outcome for a model, a prompt and states in the ports' arenas, which lie
//                there as golden/mamba2/accel/README.md says. Illegal arguments and bus errors end in ERROR and ap_done.
// Format       : integer profile PROFILE, exact.
// Latency      : variable: a token takes about as many cycles as the model has wide beats
// Throughput   : variable: one weight beat of PORTS * PORT_W bits a cycle when the ports deliver it
// Back-pressure: waits for slow ports anywhere; the counters STALL_* say for what.
// Golden       : golden.mamba2.accel.outcome.outcome
// Test         : tests/rtl/test_mamba2_accel.py
//
// Why: weights are used once a token, so the memory is the limit: everything else starts as soon as its data are there and
// runs beside the weight stream.

`default_nettype none
`include "kr_mamba2_accel_regs.vh"
`include "kr_m2_widths.vh"

module mamba2_accel #(
    parameter        PORTS       = 2,      // memory ports, 1..32, a power of two
    parameter        PORT_W      = 256,    // bits of a port, 256 or 512
    parameter        PROFILE     = 0,      // number of the integer profile: 0 lightmamba-w4a4, 1 fastmamba-w8a8
    parameter        INPUTS      = 32,     // inputs of a row in a weight beat, a power of two
    parameter        T_COLS      = 4,      // most tokens of a chunk, 1..256
    parameter        T_PAR       = 2,      // token columns that share a cycle, divides T_COLS
    parameter        TILES       = 1,      // state tiles of 8 x 8 in parallel, 1 or 2
    parameter        NL          = 8,      // lanes of norms, Hadamard transforms and quantizers, 8, 16 or 32
    parameter        SLOTS       = 2,      // chunks that are worked on in turn, 1 or 2
    parameter        W_DEPTH     = 256,    // wide beats of the weight queue, a power of two
    parameter        P_DEPTH     = 64,     // of the parameter queue
    parameter        S_DEPTH     = 256,    // of the state queue, at least a chunk
    parameter        D_MAX       = 256,    // greatest d_model
    parameter        I_MAX       = 512,    // greatest d_inner
    parameter        H_MAX       = 16,     // most heads
    parameter        N_MAX       = 64,     // greatest d_state
    parameter        P_MAX       = 64,     // greatest headdim
    parameter        G_MAX       = 2,      // most state groups
    parameter        CONV_DEPTH  = 2048,   // groups of 8 channels, over all layers, whose history is kept
    parameter        STATE_DEPTH = 1024,   // tile words of state kept on chip
    parameter        NORM_WIDTH  = 256,    // greatest d_model of table norms, 1, 3 or 5 times a power of two
    parameter        X_HEADS     = 8,      // heads of x and z that wait for the recurrence
    parameter [63:0] CONFIG_HASH = 64'd0,  // identity of the configuration
    parameter [31:0] BUILD_ID    = 32'd0   // number of the build
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
  localparam ROWS = WIDE_W / (INPUTS * `KR_M2_CFG_WEIGHT_BITS(PROFILE));
  localparam RD_DEPTH = 32;  // beats read ahead on each port, to let the ports drift; W_DEPTH is what bridges bubbles

  wire clk = aclk;
  wire rst = !aresetn;

  // Arguments as the registers hold them.
  wire                start;
  wire [        31:0] d_model;
  wire [        31:0] heads;
  wire [        31:0] headdim;
  wire [        31:0] d_state;
  wire [        31:0] ngroups;
  wire [        31:0] vocab;
  wire [        31:0] model_layers;
  wire [        31:0] layer_first;
  wire [        31:0] layer_count;
  wire [        31:0] prompt;
  wire [        31:0] generate_;
  wire [         2:0] mode;
  wire [        31:0] chunk_heads;
  wire [        31:0] mem_first;
  wire [        31:0] eps_d;
  wire [        31:0] eps_i;
  wire [         1:0] tap_point;
  wire                tap_all;
  wire [         7:0] tap_layer;
  wire [        63:0] p_off;
  wire [        63:0] w_off;
  wire [        63:0] e_off;
  wire [        63:0] tok_off;
  wire [        63:0] s_off;
  wire [        63:0] out_off;
  wire [        63:0] tap_off;
  wire [        63:0] arena_bytes;
  wire [        63:0] s_bytes;
  wire [PORTS*64-1:0] port_base;

  // Their verdict.
  wire       args_valid;
  wire [7:0] args_error;

  // What the run holds: the model.
  wire [15:0] c_heads;
  wire [15:0] c_groups;
  wire [31:0] c_vocab;
  wire [ 7:0] c_layers;
  wire [31:0] c_eps_d;
  wire [31:0] c_eps_i;

  // The run.
  wire [ 7:0] c_layer_first;
  wire [ 7:0] c_layer_last;
  wire [23:0] c_prompt;
  wire [23:0] c_generate;
  wire        c_raw;
  wire        c_continue;
  wire        c_head;
  wire [ 7:0] c_mem_first;
  wire [15:0] c_chunk_heads;
  wire [ 1:0] c_tap_point;
  wire        c_tap_all;
  wire [ 7:0] c_tap_layer;

  // Regions of memory.
  wire [PORTS*64-1:0] c_base;
  wire [        63:0] c_p_off;
  wire [        63:0] c_w_off;
  wire [        63:0] c_e_off;
  wire [        63:0] c_tok_off;
  wire [        63:0] c_s_off;
  wire [        63:0] c_out_off;
  wire [        63:0] c_tap_off;

  // Counts of groups, beats and tiles that follow.
  wire [15:0] c_d8;
  wire [15:0] c_i8;
  wire [15:0] c_dn;
  wire [15:0] c_in;
  wire [15:0] c_gn;
  wire [15:0] c_kd;
  wire [15:0] c_ki;
  wire [15:0] c_hg;
  wire [15:0] c_p8;
  wire [15:0] c_n8;
  wire [15:0] c_bn8;
  wire [15:0] c_rows_in;
  wire [31:0] c_head_groups;
  wire [31:0] c_tiles_in;
  wire [31:0] c_tiles_out;
  wire [31:0] c_tiles_head;
  wire [ 3:0] c_blk_d;
  wire [ 3:0] c_blk_i;
  wire [ 3:0] c_halv_d;
  wire [ 3:0] c_halv_i;

  // Of states, embedding rows and sections in memory.
  wire [15:0] c_words;
  wire [15:0] c_chunks;
  wire [15:0] c_sb;
  wire [15:0] c_qb;
  wire [15:0] c_chunk_beats;
  wire [15:0] c_row_beats;
  wire [31:0] c_p_in;
  wire [31:0] c_p_out;
  wire [31:0] c_p_head;
  wire [31:0] c_w_in;
  wire [31:0] c_w_out;
  wire [31:0] c_w_head;

  // The run's jobs, begin and end.
  wire        job_valid;
  wire        job_ready;
  wire [31:0] job_data;
  wire        clear;
  wire        finish;
  wire        idle;
  wire        done;

  // Progress.
  wire        out_done;
  wire        record_written;
  wire [31:0] tokens_run;
  wire [31:0] layers_done;
  wire [31:0] tokens_done;

  // Memory: commands, data, beats and errors of each port.
  wire              rd_cmd_valid;
  wire              rd_cmd_ready;
  wire [      63:0] rd_cmd_offset;
  wire [      31:0] rd_cmd_beats;
  wire              r_valid;
  wire              r_ready;
  wire [WIDE_W-1:0] r_data;
  wire              wr_cmd_valid;
  wire              wr_cmd_ready;
  wire [      63:0] wr_cmd_offset;
  wire [      31:0] wr_cmd_beats;
  wire              d_valid;
  wire              d_ready;
  wire [WIDE_W-1:0] d_data;
  wire              written;
  wire [ PORTS-1:0] rd_beat;
  wire [ PORTS-1:0] wr_beat;
  wire [ PORTS-1:0] rd_err;
  wire [ PORTS-1:0] wr_err;

  // Events that the counters count, and a token id that does not exist.
  wire beat;
  wire stall_weights;
  wire stall_acts;
  wire stall_out;
  wire ssm_beat;
  wire stall_state;
  wire tap_beat;
  wire bad_token;

  // What went wrong stays, so that no further token is asked for; until a start, which forgets it before it is judged.
  reg  bad_token_q;
  wire run_error = |rd_err || |wr_err || bad_token_q;

  always @(posedge clk) begin
    if (rst || start) bad_token_q <= 1'b0;
    else if (bad_token) bad_token_q <= 1'b1;
  end

  m2_regs #(
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
      .headdim       (headdim),
      .d_state       (d_state),
      .ngroups       (ngroups),
      .vocab         (vocab),
      .model_layers  (model_layers),
      .layer_first   (layer_first),
      .layer_count   (layer_count),
      .prompt        (prompt),
      .generate_     (generate_),
      .mode          (mode),
      .chunk_heads   (chunk_heads),
      .mem_first     (mem_first),
      .eps_d         (eps_d),
      .eps_i         (eps_i),
      .tap_point     (tap_point),
      .tap_all       (tap_all),
      .tap_layer     (tap_layer),
      .p_off         (p_off),
      .w_off         (w_off),
      .e_off         (e_off),
      .tok_off       (tok_off),
      .s_off         (s_off),
      .out_off       (out_off),
      .tap_off       (tap_off),
      .arena_bytes   (arena_bytes),
      .s_bytes       (s_bytes),
      .port_base     (port_base),
      .weight_beat   (beat),
      .stall         ({stall_out, stall_acts, stall_weights}),
      .ssm_beat      (ssm_beat),
      .stall_state   (stall_state),
      .tap_beat      (tap_beat),
      .tokens_run    (tokens_run),
      .layers_done   (layers_done),
      .tokens_done   (tokens_done),
      .rd_beat       (rd_beat),
      .wr_beat       (wr_beat),
      .arg_error     (args_error & {8{args_valid}}),
      .rd_err        (rd_err),
      .wr_err        (wr_err),
      .bad_token     (bad_token)
  );

  m2_args #(
      .PROFILE     (PROFILE),
      .PORTS       (PORTS),
      .PORT_BYTES  (PORT_BYTES),
      .WIDE_W      (WIDE_W),
      .INPUTS      (INPUTS),
      .ROWS        (ROWS),
      .TILES       (TILES),
      .NL          (NL),
      .D_MAX       (D_MAX),
      .I_MAX       (I_MAX),
      .H_MAX       (H_MAX),
      .N_MAX       (N_MAX),
      .P_MAX       (P_MAX),
      .G_MAX       (G_MAX),
      .CONV_DEPTH  (CONV_DEPTH),
      .STATE_DEPTH (STATE_DEPTH),
      .S_DEPTH     (S_DEPTH),
      .NORM_WIDTH_D(NORM_WIDTH),
      .NORM_WIDTH_I(I_MAX)
  ) u_args (
      .clk          (clk),
      .rst          (rst),
      .start        (start),
      .d_model      (d_model),
      .heads        (heads),
      .headdim      (headdim),
      .d_state      (d_state),
      .ngroups      (ngroups),
      .vocab        (vocab),
      .model_layers (model_layers),
      .layer_first  (layer_first),
      .layer_count  (layer_count),
      .prompt       (prompt),
      .generate_    (generate_),
      .mode         (mode),
      .chunk_heads  (chunk_heads),
      .mem_first    (mem_first),
      .eps_d        (eps_d),
      .eps_i        (eps_i),
      .tap_point    (tap_point),
      .tap_all      (tap_all),
      .tap_layer    (tap_layer),
      .p_off        (p_off),
      .w_off        (w_off),
      .e_off        (e_off),
      .tok_off      (tok_off),
      .s_off        (s_off),
      .out_off      (out_off),
      .tap_off      (tap_off),
      .arena_bytes  (arena_bytes),
      .s_bytes      (s_bytes),
      .port_base    (port_base),
      .valid        (args_valid),
      .error        (args_error),
      .c_heads      (c_heads),
      .c_groups     (c_groups),
      .c_vocab      (c_vocab),
      .c_layers     (c_layers),
      .c_layer_first(c_layer_first),
      .c_layer_last (c_layer_last),
      .c_mem_first  (c_mem_first),
      .c_prompt     (c_prompt),
      .c_generate   (c_generate),
      .c_raw        (c_raw),
      .c_continue   (c_continue),
      .c_head       (c_head),
      .c_chunk_heads(c_chunk_heads),
      .c_eps_d      (c_eps_d),
      .c_eps_i      (c_eps_i),
      .c_tap_point  (c_tap_point),
      .c_tap_all    (c_tap_all),
      .c_tap_layer  (c_tap_layer),
      .c_p_off      (c_p_off),
      .c_w_off      (c_w_off),
      .c_e_off      (c_e_off),
      .c_tok_off    (c_tok_off),
      .c_s_off      (c_s_off),
      .c_out_off    (c_out_off),
      .c_tap_off    (c_tap_off),
      .c_base       (c_base),
      .c_d8         (c_d8),
      .c_i8         (c_i8),
      .c_dn         (c_dn),
      .c_in         (c_in),
      .c_gn         (c_gn),
      .c_kd         (c_kd),
      .c_ki         (c_ki),
      .c_hg         (c_hg),
      .c_p8         (c_p8),
      .c_n8         (c_n8),
      .c_bn8        (c_bn8),
      .c_rows_in    (c_rows_in),
      .c_head_groups(c_head_groups),
      .c_tiles_in   (c_tiles_in),
      .c_tiles_out  (c_tiles_out),
      .c_tiles_head (c_tiles_head),
      .c_blk_d      (c_blk_d),
      .c_blk_i      (c_blk_i),
      .c_halv_d     (c_halv_d),
      .c_halv_i     (c_halv_i),
      .c_words      (c_words),
      .c_chunks     (c_chunks),
      .c_sb         (c_sb),
      .c_qb         (c_qb),
      .c_chunk_beats(c_chunk_beats),
      .c_row_beats  (c_row_beats),
      .c_p_in       (c_p_in),
      .c_p_out      (c_p_out),
      .c_p_head     (c_p_head),
      .c_w_in       (c_w_in),
      .c_w_out      (c_w_out),
      .c_w_head     (c_w_head)
  );

  m2_seq #(
      .T_COLS(T_COLS),
      .SLOTS (SLOTS)
  ) u_seq (
      .clk           (clk),
      .rst           (rst),
      .start         (start),
      .args_valid    (args_valid),
      .args_bad      (args_error != `KR_MAMBA2_ACCEL_ERR_NONE),
      .c_layer_first (c_layer_first),
      .c_layer_last  (c_layer_last),
      .c_prompt      (c_prompt),
      .c_generate    (c_generate),
      .c_raw         (c_raw),
      .c_continue    (c_continue),
      .c_head        (c_head),
      .c_batch       (8'd1),
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

  m2_core #(
      .PROFILE    (PROFILE),
      .WIDE_W     (WIDE_W),
      .PORT_BYTES (PORT_BYTES),
      .INPUTS     (INPUTS),
      .T_COLS     (T_COLS),
      .T_PAR      (T_PAR),
      .TILES      (TILES),
      .NL         (NL),
      .SLOTS      (SLOTS),
      .W_DEPTH    (W_DEPTH),
      .P_DEPTH    (P_DEPTH),
      .S_DEPTH    (S_DEPTH),
      .D_MAX      (D_MAX),
      .I_MAX      (I_MAX),
      .H_MAX      (H_MAX),
      .N_MAX      (N_MAX),
      .P_MAX      (P_MAX),
      .G_MAX      (G_MAX),
      .CONV_DEPTH (CONV_DEPTH),
      .STATE_DEPTH(STATE_DEPTH),
      .NORM_WIDTH (NORM_WIDTH),
      .X_HEADS    (X_HEADS)
  ) u_core (
      .clk           (clk),
      .rst           (rst),
      .clear         (clear),
      .c_w_off       (c_w_off),
      .c_p_off       (c_p_off),
      .c_s_off       (c_s_off),
      .c_e_off       (c_e_off),
      .c_tok_off     (c_tok_off),
      .c_out_off     (c_out_off),
      .c_tap_off     (c_tap_off),
      .c_tiles_in    (c_tiles_in),
      .c_tiles_out   (c_tiles_out),
      .c_tiles_head  (c_tiles_head),
      .c_vocab       (c_vocab),
      .c_head_groups (c_head_groups),
      .c_eps_d       (c_eps_d),
      .c_eps_i       (c_eps_i),
      .c_w_in        (c_w_in),
      .c_w_out       (c_w_out),
      .c_w_head      (c_w_head),
      .c_p_in        (c_p_in),
      .c_p_out       (c_p_out),
      .c_p_head      (c_p_head),
      .c_d8          (c_d8),
      .c_i8          (c_i8),
      .c_dn          (c_dn),
      .c_in          (c_in),
      .c_gn          (c_gn),
      .c_kd          (c_kd),
      .c_ki          (c_ki),
      .c_heads       (c_heads),
      .c_hg          (c_hg),
      .c_p8          (c_p8),
      .c_n8          (c_n8),
      .c_groups      (c_groups),
      .c_bn8         (c_bn8),
      .c_chunks      (c_chunks),
      .c_chunk_beats (c_chunk_beats),
      .c_chunk_heads (c_chunk_heads),
      .c_sb          (c_sb),
      .c_qb          (c_qb),
      .c_row_beats   (c_row_beats),
      .c_rows_in     (c_rows_in),
      .c_words       (c_words),
      .c_layers      (c_layers),
      .c_mem_first   (c_mem_first),
      .c_tap_layer   (c_tap_layer),
      .c_blk_d       (c_blk_d),
      .c_blk_i       (c_blk_i),
      .c_halv_d      (c_halv_d),
      .c_halv_i      (c_halv_i),
      .c_tap_point   (c_tap_point),
      .c_tap_all     (c_tap_all),
      .job_valid     (job_valid),
      .job_ready     (job_ready),
      .job_data      (job_data),
      .rd_cmd_valid  (rd_cmd_valid),
      .rd_cmd_ready  (rd_cmd_ready),
      .rd_cmd_offset (rd_cmd_offset),
      .rd_cmd_beats  (rd_cmd_beats),
      .r_valid       (r_valid),
      .r_ready       (r_ready),
      .r_data        (r_data),
      .wr_cmd_valid  (wr_cmd_valid),
      .wr_cmd_ready  (wr_cmd_ready),
      .wr_cmd_offset (wr_cmd_offset),
      .wr_cmd_beats  (wr_cmd_beats),
      .d_valid       (d_valid),
      .d_ready       (d_ready),
      .d_data        (d_data),
      .written       (written),
      .finish        (finish),
      .idle          (idle),
      .out_done      (out_done),
      .record_written(record_written),
      .tap_beat      (tap_beat),
      .bad_token     (bad_token),
      .beat          (beat),
      .stall_weights (stall_weights),
      .stall_acts    (stall_acts),
      .stall_out     (stall_out),
      .ssm_beat      (ssm_beat),
      .stall_state   (stall_state)
  );

  axi_ports #(
      .PORTS   (PORTS),
      .PORT_W  (PORT_W),
      .RD_DEPTH(RD_DEPTH)
  ) u_ports (
      .clk          (clk),
      .rst          (rst),
      .clear        (start),
      .base         (c_base),
      .rd_cmd_valid (rd_cmd_valid),
      .rd_cmd_ready (rd_cmd_ready),
      .rd_cmd_offset(rd_cmd_offset),
      .rd_cmd_beats (rd_cmd_beats),
      .rd_cmd_ports (6'd0),
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
      .s_strb       ({WIDE_W / 8{1'b1}}),
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
