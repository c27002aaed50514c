// SPDX-License-Identifier: Apache-2.0
//
// m2_ssm - the recurrence: TILES tiles of a head's state a cycle, read-out, skip path, gate.
//
// Function     : op beats run over a head's tiles for each token of a chunk: (h, t, ct, nt), TILES neighbouring state
//                tiles in a beat. The state of a beat comes from h with t_first, else from the beat c_words before it;
//                the new one leaves on g with t_last. For each (h, t, ct) a beat of gated y leaves: tiles' read-outs
//                summed up to n_last, skip path, quantized, times z.
// Format       : op_data {t_first, t_last, n_last, z_s, z, D_s, D, C_s, C, dA_s, dA, x_s, x, dB_s, dB}: of TILES tiles
//                each C, C_s and dB, dB_s (8 shifts a tile), first tile lowest; z, D and x (8 channels) count with
//                n_last; D_s of 5 bits, other shifts of 4. A tile word is {shifts, q}: 8 shifts of 4 bits for each tile,
//                h[n][c] at n * 8 + c. m_data: 8 values of signed GATE_W bits. c_words: tile words of a head, 1..WORDS;
//                with WORDS 0 each beat has t_first and t_last, and c_words does not count.
// Latency      : variable: a beat of m is 38 + clog2(TILES) cycles behind its last op beat when nothing waits, a tile
//                word 21
// Throughput   : variable: an op beat a cycle; where the state of a token is that of the one before at most c_words in
//                20 cycles, and never more than 32 beats of m in 38 + clog2(TILES)
// Back-pressure: registered ready of both inputs; takes op beats while both outputs have room for what they bring.
// Golden       : golden.mamba2.integer.block.scan
// Test         : tests/rtl/test_m2_ssm.py
//
// Why: places in the output queues are counted at the entry, so the arithmetic runs free and needs no clock enable, whose
// fan-out would be every multiplier. A word of the work RAM was written when fewer than c_words beats are under way.

`default_nettype none
`include "checks.vh"
`include "kr_m2_widths.vh"

module m2_ssm #(
    parameter PROFILE = 0,   // number of the integer profile, of kr_m2_widths.vh
    parameter TILES   = 1,   // tiles of 8 states by 8 channels in a beat, >= 1
    parameter WORDS   = 128  // most tile words of a head; 0: chunks of one token only
) (
    input  wire                                                                                        clk,
    input  wire                                                                                        rst,
    input  wire [                                                                                15:0] c_words,
    input  wire                                                                                        op_valid,
    output wire                                                                                        op_ready,
    input  wire [20+18*`KR_M2_CFG_SSM_BITS(PROFILE)+TILES*(36+8*`KR_M2_CFG_BC_BITS(PROFILE)+8*`KR_M2_CFG_SSM_BITS(PROFILE))-1:0] op_data,
    input  wire                                                                                        h_valid,
    output wire                                                                                        h_ready,
    input  wire [                                    TILES*(32+64*`KR_M2_CFG_SSM_BITS(PROFILE))-1:0] h_data,
    output wire                                                                                        g_valid,
    input  wire                                                                                        g_ready,
    output wire [                                    TILES*(32+64*`KR_M2_CFG_SSM_BITS(PROFILE))-1:0] g_data,
    output wire                                                                                        m_valid,
    input  wire                                                                                        m_ready,
    output wire [                                                      8*`KR_M2_GATE_W(PROFILE)-1:0] m_data
);

  localparam BITS = `KR_M2_CFG_SSM_BITS(PROFILE);
  localparam BC_BITS = `KR_M2_CFG_BC_BITS(PROFILE);
  localparam ACT_FRAC = `KR_M2_CFG_ACT_FRAC(PROFILE);
  localparam STATE_FRAC = `KR_M2_CFG_STATE_FRAC(PROFILE);
  localparam Y_FRAC = `KR_M2_CFG_Y_FRAC(PROFILE);
  localparam Y_W = `KR_M2_READOUT_PRODUCT_W(PROFILE) + 3;  // a tile's read-out
  localparam PART_W = Y_W + $clog2(TILES);  // a beat's
  localparam SUM_W = `KR_M2_Y_SUM_W(PROFILE);
  localparam GATE_W = `KR_M2_GATE_W(PROFILE);
  localparam Q_W = TILES * 64 * BITS;
  localparam WORD_W = Q_W + TILES * 32;
  localparam CORE_W = TILES * (32 + 8 * BITS) + 4 + 8 * BITS + 4 + BITS + TILES * (4 + 8 * BC_BITS);
  localparam SKIP_W = 5 + BITS;  // {D_s, D}
  localparam X_W = 4 + 8 * BITS;
  localparam Z_W = 4 + 8 * BITS;
  localparam OP_W = 3 + Z_W + SKIP_W + CORE_W;
  localparam QUEUE = 32;  // places of each output queue

  // An op beat and a tile word wait for each other.
  reg               op_full_q;
  reg  [  OP_W-1:0] op_q;
  reg               h_full_q;
  reg  [WORD_W-1:0] h_q;
  reg  [       5:0] under_way_q;  // beats that entered and whose state is not written yet
  reg               behind_q;     // fewer of them than a head has words
  reg  [       5:0] g_taken_q;    // places of the output queues
  reg  [       5:0] m_taken_q;
  wire              t_first = op_q[OP_W-1];
  wire              t_last = op_q[OP_W-2];
  wire              n_last = op_q[OP_W-3];
  wire              written;
  wire              state_there = t_first ? h_full_q : behind_q;
  wire              room = !(t_last && g_taken_q[5]) && !(n_last && m_taken_q[5]);
  wire              enter = op_full_q && state_there && room;
  wire              g_enters = enter && t_last;
  wire              m_enters = enter && n_last;
  wire              g_leaves = g_valid && g_ready;
  wire              m_leaves = m_valid && m_ready;

  assign op_ready = !op_full_q || enter;
  assign h_ready  = !h_full_q || (enter && t_first);

  always @(posedge clk) begin
    if (rst) op_full_q <= 1'b0;
    else if (op_ready) op_full_q <= op_valid;
  end

  always @(posedge clk) begin
    if (op_ready) op_q <= op_data;
  end

  always @(posedge clk) begin
    if (rst) h_full_q <= 1'b0;
    else if (h_ready) h_full_q <= h_valid;
  end

  always @(posedge clk) begin
    if (h_ready) h_q <= h_data;
  end

  always @(posedge clk) begin
    if (rst) under_way_q <= 6'd0;
    else if (enter != written) under_way_q <= written ? under_way_q - 1'b1 : under_way_q + 1'b1;
  end

  // Whether it will be so in the next cycle, for each number of beats that may be under way then. Above 62 words none waits.
  reg [5:0] words_q;
  wire [5:0] one_more = under_way_q + 1'b1;
  wire [5:0] one_less = under_way_q - 1'b1;

  always @(posedge clk) words_q <= (c_words > 16'd62) ? 6'd62 : c_words[5:0];

  always @(posedge clk) begin
    if (rst) behind_q <= 1'b0;
    else if (enter == written) behind_q <= under_way_q < words_q;
    else behind_q <= written ? one_less < words_q : one_more < words_q;
  end

  always @(posedge clk) begin
    if (rst) g_taken_q <= 6'd0;
    else if (g_enters != g_leaves) g_taken_q <= g_leaves ? g_taken_q - 1'b1 : g_taken_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) m_taken_q <= 6'd0;
    else if (m_enters != m_leaves) m_taken_q <= m_leaves ? m_taken_q - 1'b1 : m_taken_q + 1'b1;
  end

  // Beside the work RAM's output register.
  reg               p1_valid_q;
  reg               p1_first_q;
  reg               p1_t_last_q;
  reg               p1_n_last_q;
  reg  [CORE_W-1:0] p1_core_q;
  reg  [WORD_W-1:0] p1_h_q;
  reg  [SKIP_W-1:0] p1_skip_q;
  reg  [   Z_W-1:0] p1_z_q;
  wire [WORD_W-1:0] p1_kept;  // from the work RAM
  wire [WORD_W-1:0] p1_word = p1_first_q ? p1_h_q : p1_kept;

  always @(posedge clk) begin
    if (rst) p1_valid_q <= 1'b0;
    else p1_valid_q <= enter;
  end

  always @(posedge clk) begin
    if (enter) begin
      {p1_first_q, p1_t_last_q, p1_n_last_q} <= op_q[OP_W-1-:3];
      p1_core_q <= op_q[CORE_W-1:0];
      p1_h_q <= h_q;
      p1_skip_q <= op_q[CORE_W+:SKIP_W];
      p1_z_q <= op_q[CORE_W+SKIP_W+:Z_W];
    end
  end

  // The tiles move together: none of them ever waits.
  wire [TILES*BC_BITS*8-1:0] C;
  wire [        TILES*4-1:0] C_s;
  wire [           BITS-1:0] dA;
  wire [                3:0] dA_s;
  wire [         8*BITS-1:0] x;
  wire [                3:0] x_s;
  wire [   TILES*8*BITS-1:0] dB;
  wire [       TILES*32-1:0] dB_s;
  wire [          TILES-1:0] tile_valid;
  wire [          TILES-1:0] tile_ready;
  wire [        TILES*2-1:0] tile_tag;
  wire [         WORD_W-1:0] new_word;
  wire [ TILES*8*Y_W-1:0] tile_y;
  wire                       new_t_last = tile_tag[1];
  wire                       new_n_last = tile_tag[0];

  assign {C_s, C, dA_s, dA, x_s, x, dB_s, dB} = p1_core_q;
  assign written = tile_valid[0];

  genvar i, k;
  generate
    for (k = 0; k < TILES; k = k + 1) begin : g_tile
      m2_ssm_tile #(
          .LANES     (8),
          .STATES    (8),
          .BITS      (BITS),
          .C_BITS    (BC_BITS),
          .DBX_FRAC  (`KR_M2_CFG_DB_FRAC(PROFILE) + ACT_FRAC - STATE_FRAC),
          .DBX_W     (`KR_M2_DT_B_X_W(PROFILE)),
          .DECAY_FRAC(`KR_M2_CFG_DECAY_FRAC(PROFILE)),
          .DECAYED_W (`KR_M2_DECAYED_W(PROFILE)),
          .STATE_W   (`KR_M2_STATE_SUM_W(PROFILE)),
          .Y_W       (Y_W),
          .TAG_W     (2)
      ) u_tile (
          .clk    (clk),
          .rst    (rst),
          .s_valid(p1_valid_q),
          .s_ready(tile_ready[k]),
          .s_data ({
            p1_t_last_q,
            p1_n_last_q,
            C_s[k*4+:4],
            C[k*8*BC_BITS+:8*BC_BITS],
            dA_s,
            dA,
            x_s,
            x,
            dB_s[k*32+:32],
            dB[k*8*BITS+:8*BITS],
            p1_word[Q_W+k*32+:32],
            p1_word[k*64*BITS+:64*BITS]
          }),
          .m_valid(tile_valid[k]),
          .m_ready(1'b1),
          .m_data ({
            tile_tag[k*2+:2],
            tile_y[k*8*Y_W+:8*Y_W],
            new_word[Q_W+k*32+:32],
            new_word[k*64*BITS+:64*BITS]
          })
      );
    end

    if (WORDS > 0) begin : g_work
      localparam DEPTH = (WORDS < 2) ? 2 : WORDS;
      localparam ADDR_W = $clog2(DEPTH);
      reg [      15:0] last_q;  // the last word of a head
      reg [ADDR_W-1:0] rd_addr_q;
      reg [ADDR_W-1:0] wr_addr_q;

      always @(posedge clk) last_q <= c_words - 16'd1;

      always @(posedge clk) begin
        if (rst) rd_addr_q <= {ADDR_W{1'b0}};
        else if (enter) rd_addr_q <= (rd_addr_q == last_q[ADDR_W-1:0]) ? {ADDR_W{1'b0}} : rd_addr_q + 1'b1;
      end

      always @(posedge clk) begin
        if (rst) wr_addr_q <= {ADDR_W{1'b0}};
        else if (written) wr_addr_q <= (wr_addr_q == last_q[ADDR_W-1:0]) ? {ADDR_W{1'b0}} : wr_addr_q + 1'b1;
      end

      mem_sdp #(
          .DATA_W(WORD_W),
          .DEPTH (DEPTH)
      ) u_work (
          .clk    (clk),
          .wr_en  (written && !new_t_last),
          .wr_addr(wr_addr_q),
          .wr_data(new_word),
          .rd_en  (enter && !t_first),
          .rd_addr(rd_addr_q),
          .rd_data(p1_kept)
      );

      wire unused_last = &{1'b0, last_q};
      `CHECK(!op_valid || ({16'd0, c_words} <= WORDS && c_words != 16'd0), "c_words is not 1 to WORDS")
    end else begin : g_no_work
      assign p1_kept = {WORD_W{1'b0}};
      `CHECK(!op_full_q || (t_first && t_last), "a chunk of several tokens needs WORDS")
    end
  endgenerate

  wire [5:0] g_fill;
  wire       g_room;

  strm_fifo #(
      .DATA_W(WORD_W),
      .DEPTH (QUEUE)
  ) u_g (
      .clk    (clk),
      .rst    (rst),
      .s_valid(written && new_t_last),
      .s_ready(g_room),
      .s_data (new_word),
      .m_valid(g_valid),
      .m_ready(g_ready),
      .m_data (g_data),
      .level  (g_fill)
  );

  // The read-out of a beat: its tiles' sum, channel by channel.
  wire [8*PART_W-1:0] part;
  wire                part_valid;
  wire                part_last;

  generate
    for (i = 0; i < 8; i = i + 1) begin : g_part
      wire [TILES*Y_W-1:0] terms;

      for (k = 0; k < TILES; k = k + 1) begin : g_term
        assign terms[k*Y_W+:Y_W] = tile_y[(k*8+i)*Y_W+:Y_W];
      end

      fxp_sum_tree #(
          .N   (TILES),
          .IN_W(Y_W)
      ) u_sum (
          .clk(clk),
          .en (1'b1),
          .x  (terms),
          .sum(part[i*PART_W+:PART_W])
      );
    end

    if (TILES == 1) begin : g_one
      assign part_valid = written;
      assign part_last  = new_n_last;
    end else begin : g_sum
      localparam SUM = $clog2(TILES);
      reg [SUM:0] valid_q;  // a stage more than there are, so that it is a vector of two or more
      reg [SUM:0] last_q;

      always @(posedge clk) begin
        if (rst) valid_q <= {SUM + 1{1'b0}};
        else valid_q <= {valid_q[SUM-1:0], written};
      end

      always @(posedge clk) last_q <= {last_q[SUM-1:0], new_n_last};

      assign part_valid = valid_q[SUM-1];
      assign part_last  = last_q[SUM-1];

      wire unused_stage = &{1'b0, valid_q[SUM], last_q[SUM]};
    end
  endgenerate

  // What waits for the read-out: x and D, then z. Their queues have the places of the output queue.
  wire                  read_valid;
  wire [   8*SUM_W-1:0] read;
  wire [X_W+SKIP_W-1:0] skip;  // {x_s, x, D_s, D}
  wire [       Z_W-1:0] z;
  wire                  gate_valid;
  wire [  8*GATE_W-1:0] gate;
  wire                  p1_last = p1_valid_q && p1_n_last_q;
  wire [           3:0] queue_ready;
  wire [           2:0] queue_valid;
  wire [          17:0] queue_level;
  wire [           1:0] unit_ready;

  strm_fifo #(
      .DATA_W(X_W + SKIP_W),
      .DEPTH (QUEUE)
  ) u_skip (
      .clk    (clk),
      .rst    (rst),
      .s_valid(p1_last),
      .s_ready(queue_ready[0]),
      .s_data ({p1_core_q[TILES*(32+8*BITS)+:X_W], p1_skip_q}),
      .m_valid(queue_valid[0]),
      .m_ready(part_valid && part_last),
      .m_data (skip),
      .level  (queue_level[5:0])
  );

  strm_fifo #(
      .DATA_W(Z_W),
      .DEPTH (QUEUE)
  ) u_z (
      .clk    (clk),
      .rst    (rst),
      .s_valid(p1_last),
      .s_ready(queue_ready[1]),
      .s_data (p1_z_q),
      .m_valid(queue_valid[1]),
      .m_ready(read_valid),
      .m_data (z),
      .level  (queue_level[11:6])
  );

  m2_readout #(
      .LANES    (8),
      .PART_W   (PART_W),
      .ACC_W    (`KR_M2_READOUT_ACC_W(PROFILE)),
      .READ_FRAC(STATE_FRAC + ACT_FRAC - Y_FRAC),
      .BITS     (BITS),
      .SKIP_FRAC(ACT_FRAC + `KR_M2_CFG_PARAM_FRAC(PROFILE) - Y_FRAC),
      .SKIP_W   (`KR_M2_SKIP_W(PROFILE)),
      .OUT_W    (SUM_W)
  ) u_readout (
      .clk    (clk),
      .rst    (rst),
      .s_valid(part_valid),
      .s_ready(unit_ready[0]),
      .s_data ({part_last, skip[SKIP_W-1:0], skip[SKIP_W+:X_W], part}),
      .m_valid(read_valid),
      .m_ready(1'b1),
      .m_data (read)
  );

  m2_gate #(
      .LANES    (8),
      .IN_W     (SUM_W),
      .BITS     (BITS),
      .FRAC     (ACT_FRAC),
      .PRODUCT_W(`KR_M2_GATE_WIDE_W(PROFILE) - ACT_FRAC),
      .OUT_W    (GATE_W)
  ) u_gate (
      .clk    (clk),
      .rst    (rst),
      .s_valid(read_valid),
      .s_ready(unit_ready[1]),
      .s_data ({z, read}),
      .m_valid(gate_valid),
      .m_ready(1'b1),
      .m_data (gate)
  );

  strm_fifo #(
      .DATA_W(8 * GATE_W),
      .DEPTH (QUEUE)
  ) u_m (
      .clk    (clk),
      .rst    (rst),
      .s_valid(gate_valid),
      .s_ready(queue_ready[2]),
      .s_data (gate),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .level  (queue_level[17:12])
  );

  assign queue_ready[3] = g_room;
  assign queue_valid[2] = 1'b1;

  generate
    if (PROFILE < 0 || PROFILE > 2 || TILES < 1 || WORDS < 0) begin : g_bad_size
      m2_ssm_needs_a_PROFILE_of_kr_m2_widths_and_TILES_at_least_1_and_WORDS_at_least_0 u_error ();
    end
  endgenerate

  `CHECK_STREAM(g_valid, g_ready, g_data)
  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(&tile_ready && &unit_ready && (&tile_valid || !(|tile_valid)), "a unit waits or the tiles left step")
  `CHECK((g_room || !(written && new_t_last)) && (&queue_ready[2:0] || !(gate_valid || p1_last)), "a queue is full")
  `CHECK((queue_valid[0] || !(part_valid && part_last)) && (queue_valid[1] || !read_valid), "x, D or z came too late")

  wire unused_flow = &{1'b0, g_fill, queue_level, queue_ready, queue_valid, tile_valid, tile_ready, unit_ready};
  wire unused_tags = &{1'b0, tile_tag};

endmodule

`default_nettype wire
