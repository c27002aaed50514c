// SPDX-License-Identifier: Apache-2.0
//
// m2_seq - runs one start: emits its jobs in order and waits until all their results are in memory.
//
// Function     : args_valid with args_bad: done two cycles later, nothing else. Else clear, then the jobs of
//                golden.schedule.jobs; when every OUT job is done and every HEAD job's records written, finish
//                until the writers are idle, then done. After an error no further chunks begin, and no further token is
//                chosen, but for one that was promised to an EMBED job.
// Format       : jobs as in m2_job.vh; layers, tokens and chunks unsigned. Of a batch every job has c_batch tokens.
// Latency      : variable: clear follows the arguments' verdict by 1 cycle, the first job by 6
// Throughput   : variable: a job a cycle
// Back-pressure: registered valid; jobs wait for m_ready. The last OUT job of a chunk and the first one of the next chunks
//                are finished 4 cycles apart or more.
// Golden       : golden.schedule.jobs
// Test         : tests/rtl/test_m2_seq.py
//
// Why: the next job is computed in the cycle in which the last one leaves; blocks hold jobs in queues of their own, so the
// order alone decides what overlaps. A second, smaller walk follows the finished jobs, to count tokens as they are done.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module m2_seq #(
    parameter T_COLS = 4,  // most tokens of a chunk, 1..256
    parameter SLOTS  = 2   // chunks that are worked on in turn, 1 or 2
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        start,           // one cycle, some before args_valid: what the last run did counts no more
    input  wire        args_valid,
    input  wire        args_bad,
    input  wire [ 7:0] c_layer_first,
    input  wire [ 7:0] c_layer_last,
    input  wire [23:0] c_prompt,
    input  wire [23:0] c_generate,
    input  wire        c_raw,
    input  wire        c_continue,
    input  wire        c_head,
    input  wire [ 7:0] c_batch,         // texts that are decoded together, 1..T_COLS; from 2 on a prompt has a token of each
    input  wire        run_error,       // a port or a token id went wrong
    output wire        m_valid,
    input  wire        m_ready,
    output wire [31:0] m_data,
    input  wire        out_done,        // one cycle for each finished OUT job
    input  wire        record_written,  // one cycle for each record in memory, c_batch of a HEAD job
    input  wire        writers_idle,    // level: nothing to write is known of; copied beats may be on their way
    output wire        clear,           // one cycle in front of the first job
    output wire        finish,          // level: no results will come
    output wire        done,            // one cycle
    output wire [31:0] tokens_run,      // tokens behind the last layer
    output wire [31:0] layers_done,     // finished OUT jobs
    output wire [31:0] tokens_done      // written records
);

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] BEGIN = 3'd1;
  localparam [2:0] NEXT = 3'd2;  // four cycles: sizes of the pair of chunks, or of the token, that comes
  localparam [2:0] JOBS = 3'd3;
  localparam [2:0] WAIT = 3'd4;
  localparam [2:0] QUIET = 3'd5;
  localparam [2:0] FLUSH = 3'd6;
  localparam [4:0] CALM = 5'd31;  // cycles of idle writers: more than a beat is on its way to them
  localparam [23:0] CHUNK = T_COLS;
  localparam [23:0] CHUNK_LESS_1 = T_COLS - 1;
  localparam [7:0] CHUNK_1 = CHUNK_LESS_1[7:0];

  generate
    if (T_COLS < 1 || T_COLS > 256) begin : g_bad_t_cols
      m2_seq_T_COLS_must_be_1_to_256 u_error ();
    end
    if (SLOTS != 1 && SLOTS != 2) begin : g_bad_slots
      m2_seq_SLOTS_must_be_1_or_2 u_error ();
    end
  endgenerate

  reg  [ 2:0] state_q;
  reg  [ 2:0] state_d;
  reg         stop_q;
  reg  [ 4:0] calm_q;
  wire        begin_run = args_valid && !args_bad && state_q == IDLE;
  wire        next = state_q == NEXT && calm_q == 5'd3;
  wire        take = m_valid && m_ready;

  // The current pair, or token: chunk A and, where `pair`, chunk B. fed: the token was chosen by the head.
  reg  [23:0] prompt_q;  // tokens of the prompt behind the pair
  reg  [23:0] choose_q;  // tokens that are not chosen yet
  reg         fed_q;
  reg         fresh_q;
  reg         pair_q;
  reg         last_pair_q;  // of the prompt
  reg  [ 7:0] last_a_q;  // tokens - 1
  reg  [ 7:0] last_b_q;

  // The current job, and the one behind it; `ends` with the pair's last OUT job.
  reg  [ 1:0] kind_q;
  reg  [ 1:0] kind_d;
  reg         b_q;
  reg         b_d;
  reg  [ 7:0] layer_q;
  reg  [ 7:0] layer_d;
  reg         feedback_q;
  wire        bottom = layer_q == c_layer_first;
  wire        top = layer_q == c_layer_last;
  wire        ends = kind_q == `KR_M2_KIND_OUT && top && b_q == pair_q;
  wire        head_next = ends && c_head && last_pair_q && !stop_q;
  wire        leave = take && (kind_q == `KR_M2_KIND_HEAD || (ends && !head_next));
  wire        more = (kind_q == `KR_M2_KIND_HEAD) ? feedback_q : !last_pair_q && !stop_q;

  always @* begin
    kind_d  = kind_q;
    b_d     = b_q;
    layer_d = layer_q;
    case (kind_q)
      `KR_M2_KIND_EMBED:
      if (b_q == pair_q) begin
        kind_d = `KR_M2_KIND_IN;
        b_d    = 1'b0;
      end else b_d = 1'b1;
      `KR_M2_KIND_IN:
      if (b_q == pair_q) begin
        kind_d = `KR_M2_KIND_OUT;
        b_d    = 1'b0;
      end else begin
        // B is a layer behind A until its IN job.
        b_d = 1'b1;
        if (!bottom) kind_d = `KR_M2_KIND_OUT;
        if (!bottom) layer_d = layer_q - 8'd1;
      end
      default:
      if (ends) kind_d = `KR_M2_KIND_HEAD;
      else if (top) b_d = 1'b1;
      else begin
        kind_d  = `KR_M2_KIND_IN;
        layer_d = layer_q + 8'd1;
      end
    endcase
  end

  always @(posedge clk) begin
    if (next) begin
      kind_q  <= `KR_M2_KIND_EMBED;
      b_q     <= 1'b0;
      layer_q <= c_layer_first;
    end else if (take) begin
      kind_q  <= kind_d;
      b_q     <= b_d;
      layer_q <= layer_d;
    end
  end

  // A token that a HEAD job promises is fetched, even if the run stops behind it.
  always @(posedge clk) begin
    if (take) feedback_q <= choose_q > 24'd1;
  end

  always @(posedge clk) begin
    if (begin_run) choose_q <= c_generate;
    else if (take && kind_q == `KR_M2_KIND_HEAD) choose_q <= choose_q - 24'd1;
  end

  always @(posedge clk) begin
    if (begin_run) fed_q <= 1'b0;
    else if (leave && kind_q == `KR_M2_KIND_HEAD) fed_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (begin_run) fresh_q <= !c_continue;
    else if (leave) fresh_q <= 1'b0;
  end

  reg  [ 7:0] batch_last_q;  // tokens - 1 of a step behind the prompt

  always @(posedge clk) begin
    batch_last_q <= c_batch - 8'd1;
  end

  // Sizes, from what is left of the prompt in front of the pair; a register behind each operation, NEXT waits for them.
  reg  [23:0] left_b_q;
  reg  [23:0] left_c_q;  // behind two whole chunks
  reg         full_a_q;
  reg         full_b_q;
  wire [ 7:0] last_a = full_a_q ? CHUNK_1 : prompt_q[7:0] - 8'd1;
  wire [ 7:0] last_b = full_b_q ? CHUNK_1 : left_b_q[7:0] - 8'd1;

  always @(posedge clk) begin
    left_b_q <= prompt_q - CHUNK;
    left_c_q <= left_b_q - CHUNK;
    full_a_q <= prompt_q > CHUNK;
    full_b_q <= left_b_q > CHUNK;
  end

  always @(posedge clk) begin
    if (begin_run) prompt_q <= c_prompt;
    else if (next) begin
      if (!full_a_q) prompt_q <= 24'd0;
      else if (SLOTS == 1) prompt_q <= left_b_q;
      else prompt_q <= full_b_q ? left_c_q : 24'd0;
    end
  end

  always @(posedge clk) begin
    if (next) begin
      pair_q      <= SLOTS == 2 && full_a_q;
      last_pair_q <= fed_q || !full_a_q || (SLOTS == 2 && !full_b_q);
      last_a_q    <= fed_q ? batch_last_q : last_a;
      last_b_q    <= last_b;
    end
  end

  // What is not finished yet.
  reg  [15:0] outs_q;
  reg  [15:0] heads_q;
  wire        out_job = take && kind_q == `KR_M2_KIND_OUT;
  wire        head_job = take && kind_q == `KR_M2_KIND_HEAD;
  reg  [ 7:0] record_q;  // of the HEAD job at hand
  wire        head_done = record_written && record_q == batch_last_q;

  always @(posedge clk) begin
    if (rst || begin_run) outs_q <= 16'd0;
    else if (out_job && !out_done) outs_q <= outs_q + 16'd1;
    else if (out_done && !out_job) outs_q <= outs_q - 16'd1;
  end

  always @(posedge clk) begin
    if (rst || begin_run) record_q <= 8'd0;
    else if (record_written) record_q <= head_done ? 8'd0 : record_q + 8'd1;
  end

  always @(posedge clk) begin
    if (rst || begin_run) heads_q <= 16'd0;
    else if (head_job && !head_done) heads_q <= heads_q + 16'd1;
    else if (head_done && !head_job) heads_q <= heads_q - 16'd1;
  end

  // The run.
  reg done_q;

  always @* begin
    state_d = state_q;
    case (state_q)
      IDLE: if (begin_run) state_d = BEGIN;
      BEGIN: state_d = NEXT;
      NEXT: if (next) state_d = JOBS;
      JOBS: if (leave) state_d = more ? NEXT : WAIT;
      WAIT: if (outs_q == 16'd0 && heads_q == 16'd0) state_d = QUIET;
      QUIET: if (calm_q == CALM) state_d = FLUSH;
      default: if (calm_q == CALM) state_d = IDLE;
    endcase
  end

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else state_q <= state_d;
  end

  always @(posedge clk) begin
    if (state_q != state_d || (!writers_idle && state_q != NEXT)) calm_q <= 5'd0;
    else calm_q <= calm_q + 5'd1;
  end

  always @(posedge clk) begin
    if (rst || begin_run) stop_q <= 1'b0;
    else if (run_error) stop_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (rst) done_q <= 1'b0;
    else done_q <= (args_valid && args_bad) || (state_q == FLUSH && calm_q == CALM);
  end

  // The finished jobs: OUT jobs come in pairs, too; tokens are done with the last layer.
  reg  [23:0] done_prompt_q;  // tokens of the prompt from the pair on
  reg         done_b_q;
  reg  [ 7:0] done_layer_q;
  reg  [31:0] tokens_run_q;
  reg  [31:0] layers_done_q;
  reg  [31:0] tokens_done_q;
  reg  [23:0] rest_b_q;
  reg  [23:0] rest_c_q;
  reg         whole_a_q;
  reg         whole_b_q;
  wire        done_pair = SLOTS == 2 && whole_a_q;
  wire        done_top = done_layer_q == c_layer_last;
  wire        pair_done = out_done && done_b_q == done_pair;
  reg  [ 8:0] size;
  reg         done_chosen_q;  // behind the prompt

  always @(posedge clk) begin
    rest_b_q  <= done_prompt_q - CHUNK;
    rest_c_q  <= rest_b_q - CHUNK;
    whole_a_q <= done_prompt_q > CHUNK;
    whole_b_q <= rest_b_q > CHUNK;
  end

  always @* begin
    size = CHUNK[8:0];
    if (done_b_q && !whole_b_q) size = rest_b_q[8:0];
    if (!done_b_q && !whole_a_q) size = done_chosen_q ? {1'b0, c_batch} : done_prompt_q[8:0];
  end

  always @(posedge clk) begin
    if (begin_run) begin
      done_b_q     <= 1'b0;
      done_layer_q <= c_layer_first;
    end else if (out_done) begin
      done_b_q <= !pair_done;
      if (pair_done) done_layer_q <= done_top ? c_layer_first : done_layer_q + 8'd1;
    end
  end

  always @(posedge clk) begin
    if (begin_run) done_prompt_q <= c_prompt;
    else if (pair_done && done_top) begin
      if (!whole_a_q) done_prompt_q <= 24'd0;
      else if (SLOTS == 1) done_prompt_q <= rest_b_q;
      else done_prompt_q <= whole_b_q ? rest_c_q : 24'd0;
    end
  end

  always @(posedge clk) begin
    if (begin_run) done_chosen_q <= 1'b0;
    else done_chosen_q <= done_prompt_q == 24'd0;
  end

  always @(posedge clk) begin
    if (rst || start) tokens_run_q <= 32'd0;
    else if (out_done && done_top) tokens_run_q <= tokens_run_q + {23'd0, size};
  end

  always @(posedge clk) begin
    if (rst || start) layers_done_q <= 32'd0;
    else if (out_done) layers_done_q <= layers_done_q + 32'd1;
  end

  always @(posedge clk) begin
    if (rst || start) tokens_done_q <= 32'd0;
    else if (record_written) tokens_done_q <= tokens_done_q + 32'd1;
  end

  // The job.
  wire       embed = kind_q == `KR_M2_KIND_EMBED;
  wire       head = kind_q == `KR_M2_KIND_HEAD;
  wire [7:0] layer = (embed || head) ? 8'd0 : layer_q;
  wire [7:0] last_token = b_q ? last_b_q : last_a_q;
  wire       raw = embed && c_raw && !fed_q;
  wire       feedback = embed ? fed_q : head && feedback_q;
  wire       fresh = kind_q == `KR_M2_KIND_IN && fresh_q && !b_q;

  assign m_valid     = state_q == JOBS;
  assign m_data      = {10'd0, layer, last_token, raw, feedback, fresh, b_q, kind_q};
  assign clear       = state_q == BEGIN;
  assign finish      = state_q == FLUSH;
  assign done        = done_q;
  assign tokens_run  = tokens_run_q;
  assign layers_done = layers_done_q;
  assign tokens_done = tokens_done_q;

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!begin_run || (c_batch != 8'd0 && {24'd0, c_batch} <= T_COLS), "c_batch must be 1 to T_COLS")
  `CHECK(!begin_run || c_batch == 8'd1 || {16'd0, c_batch} == c_prompt, "a batch starts with a token of each text")

  wire unused_size = &{1'b0, CHUNK_LESS_1[23:8]};

endmodule

`default_nettype wire
