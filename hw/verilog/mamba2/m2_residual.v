// SPDX-License-Identifier: Apache-2.0
//
// m2_residual - the residual streams of a chunk of tokens in each slot: filled by embeddings, added to by out_proj, read by norms.
//
// Function     : EMBED: slot = rows of e. OUT: slot = saturate(slot + o), which also leaves as t. IN: m = the tokens of
//                the slot, HEAD: the last of them or, with c_all, all. As if the jobs were done one after the other.
// Format       : e_data wide beats of 16-bit values, with `raw` 32-bit ones, each row from a beat's start_q; o_data and t_data 8
//                values of a token, rows of 8 in order, for each all tokens; m_data {last, NL values}, zeros fill a token's last
//                beat; values signed, VALUE_W bits. c_d8 = d_model / 8, c_dn = ceil(d_model / NL); they and
//                c_all hold still during a run. go: one beat an EMBED job, whose rows may come then; out_done: pulse at the end of an OUT job.
// Latency      : variable: of one token 6 from an o beat that completes a beat of m to that beat, 4 to its t beat
// Throughput   : 1; of o, t and m, where m leaves the cycles to o in which it comes
// Back-pressure: registered ready; e is taken without a pause but one cycle for each NL values, once go was taken
// Golden       : golden.mamba2.integer.block.block
// Test         : tests/rtl/test_m2_residual.py
//
// Why: writers (EMBED, OUT) and readers (IN, HEAD) have a queue each and wait for those of the other queue that came before
// them in their slot, by count. So a reader that waits for its slot lets the writer of another slot pass.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module m2_residual #(
    parameter WIDE_W  = 512,  // width of a beat of e [bits], a multiple of 32 * NL
    parameter NL      = 8,    // values in a beat of m, 8 times a power of two
    parameter VALUE_W = 32,   // width of a value [bits], 17..32
    parameter D_MAX   = 2560, // most values of a token
    parameter T_COLS  = 1,    // most tokens of a job, 1..256
    parameter SLOTS   = 1,    // slots, 1 or 2
    parameter ULTRA   = 0     // words from which on they are kept in UltraRAM, 0: never
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire [            15:0] c_d8,
    input  wire [            15:0] c_dn,
    input  wire                    c_all,
    input  wire                    job_valid,
    output wire                    job_ready,
    input  wire [`KR_M2_JOB_W-1:0] job_data,
    output wire                    go_valid,
    input  wire                    go_ready,
    input  wire                    e_valid,
    output wire                    e_ready,
    input  wire [      WIDE_W-1:0] e_data,
    input  wire                    o_valid,
    output wire                    o_ready,
    input  wire [   8*VALUE_W-1:0] o_data,
    output wire                    m_valid,
    input  wire                    m_ready,
    output wire [    NL*VALUE_W:0] m_data,
    output wire                    t_valid,
    input  wire                    t_ready,
    output wire [   8*VALUE_W-1:0] t_data,
    output wire                    out_done
);

  localparam BANKS = NL / 8;
  localparam GROUP_W = 8 * VALUE_W;
  localparam WORDS = (D_MAX + NL - 1) / NL;  // most of a token
  localparam SLOT_WORDS = T_COLS * WORDS;
  localparam DEPTH = (SLOTS * SLOT_WORDS < 2) ? 2 : SLOTS * SLOT_WORDS;
  localparam ADDR_W = $clog2(DEPTH);
  localparam GROUP_LG = (WORDS * BANKS < 2) ? 1 : $clog2(WORDS * BANKS);  // bits of a group's place in a token
  localparam COUNT_W = 5;  // more than jobs that wait

  // Jobs, each with the number of those in the other queue that it waits for.
  wire [        1:0] kind = job_data[`KR_M2_JOB_KIND];
  wire               slot = (SLOTS > 1) ? job_data[`KR_M2_JOB_SLOT] : 1'b0;
  wire               is_out = kind == `KR_M2_KIND_OUT;
  wire               is_writer = is_out || kind == `KR_M2_KIND_EMBED;
  wire [        7:0] token = job_data[`KR_M2_JOB_LAST_TOKEN];
  wire [        7:0] first_token = (kind == `KR_M2_KIND_HEAD && !c_all) ? token : 8'd0;
  wire               w_room;
  wire               r_room;
  wire               push = job_valid && job_ready;
  wire               w_push = push && is_writer;
  wire               r_push = push && !is_writer;
  wire               w_done;  // the last write of a writer
  wire               r_done;  // the last read of a reader
  wire [        1:0] w_slot_oh;  // slot of the writer at work, one-hot
  wire [        1:0] r_slot_oh;
  reg  [2*COUNT_W-1:0] w_came_q;  // of each slot
  reg  [2*COUNT_W-1:0] r_came_q;  // of each slot
  reg  [2*COUNT_W-1:0] w_done_q;  // of each slot
  reg  [2*COUNT_W-1:0] r_done_q;  // of each slot
  wire [COUNT_W-1:0] w_came = slot ? w_came_q[COUNT_W+:COUNT_W] : w_came_q[0+:COUNT_W];
  wire [COUNT_W-1:0] r_came = slot ? r_came_q[COUNT_W+:COUNT_W] : r_came_q[0+:COUNT_W];
  wire               unused_job = &{1'b0, job_data};

  assign job_ready = w_room && r_room;

  genvar i;
  generate
    for (i = 0; i < 2; i = i + 1) begin : g_slot
      localparam [31:0] SLOT = i;

      always @(posedge clk) begin
        if (rst) w_came_q[i*COUNT_W+:COUNT_W] <= {COUNT_W{1'b0}};
        else if (w_push && slot == SLOT[0]) w_came_q[i*COUNT_W+:COUNT_W] <= w_came_q[i*COUNT_W+:COUNT_W] + 1'b1;
      end

      always @(posedge clk) begin
        if (rst) r_came_q[i*COUNT_W+:COUNT_W] <= {COUNT_W{1'b0}};
        else if (r_push && slot == SLOT[0]) r_came_q[i*COUNT_W+:COUNT_W] <= r_came_q[i*COUNT_W+:COUNT_W] + 1'b1;
      end

      always @(posedge clk) begin
        if (rst) w_done_q[i*COUNT_W+:COUNT_W] <= {COUNT_W{1'b0}};
        else if (w_done && w_slot_oh[i]) w_done_q[i*COUNT_W+:COUNT_W] <= w_done_q[i*COUNT_W+:COUNT_W] + 1'b1;
      end

      always @(posedge clk) begin
        if (rst) r_done_q[i*COUNT_W+:COUNT_W] <= {COUNT_W{1'b0}};
        else if (r_done && r_slot_oh[i]) r_done_q[i*COUNT_W+:COUNT_W] <= r_done_q[i*COUNT_W+:COUNT_W] + 1'b1;
      end
    end
  endgenerate

  wire               w_valid;
  wire [COUNT_W-1:0] w_readers;  // that have to be done before
  reg                w_slot_q;  // of the writer at work and, from a cycle before, of the one that starts
  reg                w_out_q;
  reg                w_raw_q;
  reg  [        7:0] w_last_q;
  wire [       10:0] w_next;  // the same of the queue's first one
  wire               r_valid;
  wire [COUNT_W-1:0] r_writers;
  reg                r_known_q;  // these two are the first reader's
  reg  [COUNT_W-1:0] r_writers_q;
  reg                r_slot_q;
  wire               r_slot;
  wire [        7:0] r_last;
  wire [        7:0] r_first;
  wire [        3:0] unused_w_level;
  wire [        3:0] unused_r_level;

  assign w_slot_oh = {w_slot_q, !w_slot_q};
  assign r_slot_oh = {r_slot_q, !r_slot_q};

  strm_fifo #(
      .DATA_W(COUNT_W + 11),
      .DEPTH (8)
  ) u_w_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(w_push),
      .s_ready(w_room),
      .s_data ({r_came, slot, is_out, job_data[`KR_M2_JOB_RAW], token}),
      .m_valid(w_valid),
      .m_ready(w_done),
      .m_data ({w_readers, w_next}),
      .level  (unused_w_level)
  );

  strm_fifo #(
      .DATA_W(COUNT_W + 17),
      .DEPTH (8)
  ) u_r_jobs (
      .clk    (clk),
      .rst    (rst),
      .s_valid(r_push),
      .s_ready(r_room),
      .s_data ({w_came, slot, token, first_token}),
      .m_valid(r_valid),
      .m_ready(r_done),
      .m_data ({r_writers, r_slot, r_last, r_first}),
      .level  (unused_r_level)
  );

  // A writer starts when the readers before it are done; an EMBED job tells so.
  reg                run_q;    // a writer is at work
  reg                go_q;
  reg                issued_q; // all of its values have come
  wire [COUNT_W-1:0] readers_done = w_next[10] ? r_done_q[COUNT_W+:COUNT_W] : r_done_q[0+:COUNT_W];
  reg                start_q;
  wire               issue_last;
  wire [ADDR_W-1:0]  w_base;
  wire [ADDR_W-1:0]  r_base;

  assign go_valid = go_q;

  generate
    if (SLOTS > 1) begin : g_bases
      localparam [31:0] BASE = SLOT_WORDS;
      assign w_base = w_slot_q ? BASE[ADDR_W-1:0] : {ADDR_W{1'b0}};
      assign r_base = r_slot ? BASE[ADDR_W-1:0] : {ADDR_W{1'b0}};
    end else begin : g_base
      assign w_base = {ADDR_W{1'b0}};
      assign r_base = {ADDR_W{1'b0}};
    end
  endgenerate

  always @(posedge clk) begin
    if (rst) start_q <= 1'b0;
    else start_q <= w_valid && !run_q && !start_q && w_readers == readers_done;
  end

  always @(posedge clk) begin
    if (!run_q && !start_q) {w_slot_q, w_out_q, w_raw_q, w_last_q} <= w_next;
  end

  always @(posedge clk) begin
    if (rst) run_q <= 1'b0;
    else if (start_q) run_q <= 1'b1;
    else if (w_done) run_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst) go_q <= 1'b0;
    else if (start_q) go_q <= !w_out_q;
    else if (go_ready) go_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (start_q) issued_q <= 1'b0;
    else if (issue_last) issued_q <= 1'b1;
  end

  // EMBED: pieces of a wide beat, one or, of raw values, two a word; what is left of a row's last beat is passed over.
  localparam PIECE_W = 16 * NL;
  wire               piece_valid;
  wire               piece_ready;
  wire [PIECE_W-1:0] piece;
  wire               piece_end;  // of the wide beat
  reg  [PIECE_W-1:0] half_q;     // first half of a raw word
  reg                second_q;
  reg                passed_q;   // the row is complete
  reg  [ ADDR_W-1:0] word_q;
  wire               piece_moves = piece_valid && piece_ready;
  wire               word_moves = piece_moves && !passed_q && (!w_raw_q || second_q);
  reg  [ ADDR_W-1:0] dn_last_q;
  reg [GROUP_LG-1:0] d8_last_q;
  reg                embed_q;  // the writer takes pieces
  reg                add_q;    // or groups
  wire               word_last = word_q == dn_last_q;
  wire               row_moves = piece_moves && piece_end && (passed_q || (word_moves && word_last));
  reg  [        7:0] row_q;

  assign piece_ready = embed_q;

  always @(posedge clk) begin
    dn_last_q <= c_dn[ADDR_W-1:0] - 1'b1;
    d8_last_q <= c_d8[GROUP_LG-1:0] - 1'b1;
  end

  always @(posedge clk) begin
    if (rst) {embed_q, add_q} <= 2'b00;
    else if (start_q) {embed_q, add_q} <= {!w_out_q, w_out_q};
    else if (issue_last) {embed_q, add_q} <= 2'b00;
  end

  strm_downsize #(
      .DATA_W(PIECE_W),
      .RATIO (WIDE_W / PIECE_W)
  ) u_pieces (
      .clk    (clk),
      .rst    (rst),
      .s_valid(e_valid),
      .s_ready(e_ready),
      .s_data (e_data),
      .s_last (1'b1),
      .m_valid(piece_valid),
      .m_ready(piece_ready),
      .m_data (piece),
      .m_last (piece_end)
  );

  always @(posedge clk) begin
    if (piece_moves) half_q <= piece;
  end

  always @(posedge clk) begin
    if (start_q) second_q <= 1'b0;
    else if (piece_moves && w_raw_q && !passed_q) second_q <= !second_q;
  end

  always @(posedge clk) begin
    if (start_q || row_moves) passed_q <= 1'b0;
    else if (word_moves && word_last) passed_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (start_q) word_q <= {ADDR_W{1'b0}};
    else if (word_moves) word_q <= word_last ? {ADDR_W{1'b0}} : word_q + 1'b1;
  end

  always @(posedge clk) begin
    if (start_q) row_q <= 8'd0;
    else if (row_moves) row_q <= row_q + 8'd1;
  end

  // OUT: groups of a row, token by token.
  wire              t_room;
  wire              take = o_valid && o_ready;
  reg [GROUP_LG-1:0] group_q;
  reg  [       7:0] token_q;
  reg  [ADDR_W-1:0] column_q;  // address of the group in the first token
  reg  [ADDR_W-1:0] addr_q;    // where the next word or group goes
  wire              token_last = token_q == w_last_q;
  wire              group_last = group_q == d8_last_q;
  wire [ BANKS-1:0] bank;
  wire [ADDR_W-1:0] column_next = bank[BANKS-1] ? column_q + 1'b1 : column_q;

  assign o_ready    = add_q && t_room;
  assign issue_last = (take && token_last && group_last) || (row_moves && row_q == w_last_q);

  always @(posedge clk) begin
    if (start_q) token_q <= 8'd0;
    else if (take) token_q <= token_last ? 8'd0 : token_q + 8'd1;
  end

  always @(posedge clk) begin
    if (start_q) begin
      group_q  <= {GROUP_LG{1'b0}};
      column_q <= w_base;
    end else if (take && token_last) begin
      group_q  <= group_q + 1'b1;
      column_q <= column_next;
    end
  end

  always @(posedge clk) begin
    if (start_q) addr_q <= w_base;
    else if (take) addr_q <= token_last ? column_next : addr_q + c_dn[ADDR_W-1:0];
    else if (word_moves) addr_q <= addr_q + 1'b1;
  end

  // Three stages to the write: read the old values, add, saturate. Those of EMBED join at the last.
  reg                p0_valid_q;
  reg                p1_valid_q;
  reg                p2_valid_q;
  reg  [  BANKS-1:0] p0_bank_q;
  reg  [  BANKS-1:0] p1_bank_q;
  reg  [  BANKS-1:0] p2_bank_q;
  reg  [ ADDR_W-1:0] p0_addr_q;
  reg  [ ADDR_W-1:0] p1_addr_q;
  reg  [ ADDR_W-1:0] p2_addr_q;
  reg                p0_last_q;
  reg                p1_last_q;
  reg                p2_last_q;
  reg                p2_out_q;
  reg  [GROUP_W-1:0] p0_o_q;
  wire [NL*VALUE_W-1:0] rd_data;
  reg  [NL*VALUE_W-1:0] p2_word_q;
  wire [NL*VALUE_W-1:0] embedded;
  wire [GROUP_W-1:0] sum;

  always @(posedge clk) begin
    if (rst) begin
      p0_valid_q <= 1'b0;
      p1_valid_q <= 1'b0;
      p2_valid_q <= 1'b0;
    end else begin
      p0_valid_q <= take;
      p1_valid_q <= p0_valid_q;
      p2_valid_q <= p1_valid_q || word_moves;
    end
  end

  always @(posedge clk) begin
    p0_last_q <= issue_last;
    p1_last_q <= p0_last_q;
    p2_last_q <= w_out_q ? p1_last_q : word_moves && word_last && row_q == w_last_q;
    p2_out_q  <= w_out_q;
    p0_bank_q <= bank;
    p1_bank_q <= p0_bank_q;
    p2_bank_q <= w_out_q ? p1_bank_q : {BANKS{1'b1}};
    p0_addr_q <= addr_q;
    p1_addr_q <= p0_addr_q;
    p2_addr_q <= w_out_q ? p1_addr_q : addr_q;
  end

  always @(posedge clk) begin
    if (take) p0_o_q <= o_data;
  end

  genvar v;
  generate
    for (i = 0; i < BANKS; i = i + 1) begin : g_bank
      if (BANKS == 1) begin : g_one
        assign bank = 1'b1;
      end else begin : g_many
        localparam BANK_LG = $clog2(BANKS);
        localparam [31:0] BANK = i;
        assign bank[i] = group_q[BANK_LG-1:0] == BANK[BANK_LG-1:0];
      end

      always @(posedge clk) begin
        if (w_out_q ? p1_valid_q : word_moves) p2_word_q[i*GROUP_W+:GROUP_W] <= w_out_q ? sum : embedded[i*GROUP_W+:GROUP_W];
      end
    end

    // The bank's old values, by an OR of masked groups.
    for (v = 0; v < 8; v = v + 1) begin : g_value
      wire [VALUE_W-1:0] picked[0:BANKS];
      assign picked[0] = {VALUE_W{1'b0}};
      for (i = 0; i < BANKS; i = i + 1) begin : g_pick
        assign picked[i+1] = picked[i] | (rd_data[(8*i+v)*VALUE_W+:VALUE_W] & {VALUE_W{p0_bank_q[i]}});
      end

      wire [VALUE_W-1:0] o = p0_o_q[v*VALUE_W+:VALUE_W];
      reg  [  VALUE_W:0] p1_sum_q;
      wire               over = p1_sum_q[VALUE_W] != p1_sum_q[VALUE_W-1];

      always @(posedge clk) begin
        if (p0_valid_q) begin
          p1_sum_q <= {picked[BANKS][VALUE_W-1], picked[BANKS]} + {o[VALUE_W-1], o};
        end
      end

      assign sum[v*VALUE_W+:VALUE_W] = over ? {p1_sum_q[VALUE_W], {VALUE_W - 1{!p1_sum_q[VALUE_W]}}} : p1_sum_q[VALUE_W-1:0];
    end

    for (v = 0; v < NL; v = v + 1) begin : g_embedded
      wire [15:0] short = piece[16*v+:16];
      wire [31:0] long;

      if (v < NL / 2) begin : g_low
        assign long = half_q[32*v+:32];
      end else begin : g_high
        assign long = piece[32*(v-NL/2)+:32];
      end

      wire unused_long = &{1'b0, long};
      assign embedded[v*VALUE_W+:VALUE_W] = w_raw_q ? long[VALUE_W-1:0] : {{VALUE_W - 16{short[15]}}, short};
    end
  endgenerate

  // The end of a writer; of an EMBED job its last word may be in front of what its row leaves of the wide beat.
  reg written_q;
  wire write_last = p2_valid_q && p2_last_q;

  assign w_done   = run_q && issued_q && (written_q || write_last);
  assign out_done = w_done && w_out_q;

  always @(posedge clk) begin
    if (start_q) written_q <= 1'b0;
    else if (write_last) written_q <= 1'b1;
  end

  // What OUT jobs write leaves as t too; places in its queue are reserved at the entry.
  wire [3:0] t_level;
  wire       t_push_ready;

  assign t_room = t_level < 4'd5;

  strm_fifo #(
      .DATA_W(GROUP_W),
      .DEPTH (8)
  ) u_t (
      .clk    (clk),
      .rst    (rst),
      .s_valid(p2_valid_q && p2_out_q),
      .s_ready(t_push_ready),
      .s_data (p2_word_q[GROUP_W-1:0]),
      .m_valid(t_valid),
      .m_ready(t_ready),
      .m_data (t_data),
      .level  (t_level)
  );

  // Reading. A reader may follow the writer in front of it word by word, if their chunk has one token; else words_q stays 0.
  reg  [  ADDR_W:0] words_q;  // that the writer has completed
  wire              whole = p2_bank_q[BANKS-1];
  wire              rd_en;
  wire [ADDR_W-1:0] rd_addr;
  reg  [COUNT_W-1:0] r_but_one_q;
  wire [COUNT_W-1:0] writers_done = r_slot_q ? w_done_q[COUNT_W+:COUNT_W] : w_done_q[0+:COUNT_W];
  wire               settled = r_writers_q == writers_done;  // all writers before it are done
  wire               but_one = r_but_one_q == writers_done;
  wire               nearly = but_one && run_q && w_slot_q == r_slot_q;  // the writer at work is the last one to wait for
  reg               settled_q;  // these two say nothing of the next reader
  reg               follows_q;
  wire   [ADDR_W:0] allowed = follows_q ? words_q : {ADDR_W + 1{1'b0}};

  always @(posedge clk) begin
    if (rst) begin
      settled_q <= 1'b0;
      follows_q <= 1'b0;
    end else begin
      settled_q <= r_known_q && !r_done && (settled || (nearly && w_done));
      follows_q <= r_known_q && !r_done && nearly;
    end
  end

  always @(posedge clk) begin
    if (rst) r_known_q <= 1'b0;
    else r_known_q <= r_valid && !r_done;
  end

  always @(posedge clk) begin
    if (!r_known_q) begin
      r_slot_q    <= r_slot;
      r_writers_q <= r_writers;
      r_but_one_q <= r_writers - 1'b1;
    end
  end

  always @(posedge clk) begin
    if (rst) words_q <= {ADDR_W + 1{1'b0}};
    else if (start_q || w_done) words_q <= {ADDR_W + 1{1'b0}};
    else if (p2_valid_q && whole && w_last_q == 8'd0) words_q <= words_q + 1'b1;
  end

  m2_vector_reader #(
      .GROUP_W(GROUP_W),
      .BANKS  (BANKS),
      .ADDR_W (ADDR_W)
  ) u_reader (
      .clk      (clk),
      .rst      (rst),
      .c_words  (c_dn),
      .c_span   (c_dn),
      .c_groups (c_d8),
      .job_valid(r_valid),
      .job_ready(r_done),
      .job_data ({r_base, r_last, r_first}),
      .all      (settled_q),
      .words    (allowed),
      .busy     (take),
      .rd_en    (rd_en),
      .rd_addr  (rd_addr),
      .rd_data  (rd_data),
      .m_valid  (m_valid),
      .m_ready  (m_ready),
      .m_data   (m_data)
  );

  m2_banks #(
      .GROUP_W(GROUP_W),
      .BANKS  (BANKS),
      .DEPTH  (DEPTH),
      .ULTRA  (ULTRA)
  ) u_banks (
      .clk    (clk),
      .wr_en  (p2_bank_q & {BANKS{p2_valid_q}}),
      .wr_addr(p2_addr_q),
      .wr_data(p2_word_q),
      .rd_en  (take ? bank : {BANKS{rd_en}}),
      .rd_addr(take ? addr_q : rd_addr),
      .rd_data(rd_data)
  );

  generate
    if (NL < 8 || (NL & (NL - 1)) != 0 || WIDE_W % (32 * NL) != 0) begin : g_bad_lanes
      m2_residual_NL_must_be_8_times_a_power_of_two_and_WIDE_W_a_multiple_of_32_NL u_error ();
    end
    if (VALUE_W < 17 || VALUE_W > 32) begin : g_bad_value
      m2_residual_VALUE_W_must_be_17_to_32 u_error ();
    end
    if (T_COLS < 1 || T_COLS > 256 || D_MAX < 8 || DEPTH > 32768) begin : g_bad_size
      m2_residual_T_COLS_must_be_1_to_256_and_the_buffer_at_most_32768_words u_error ();
    end
    if (SLOTS != 1 && SLOTS != 2) begin : g_bad_slots
      m2_residual_SLOTS_must_be_1_or_2 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK_STREAM(t_valid, t_ready, t_data)
  `CHECK(!(p2_valid_q && p2_out_q) || t_push_ready, "no room for a group of t")
  `CHECK(!job_valid || {24'd0, token} < T_COLS, "a job has more than T_COLS tokens")
  `CHECK(SLOTS > 1 || !job_valid || !job_data[`KR_M2_JOB_SLOT], "there is one slot")
  `CHECK(!w_valid || {16'd0, c_dn} * NL < D_MAX + NL, "a token has more than D_MAX values")

endmodule

`default_nettype wire
