// SPDX-License-Identifier: Apache-2.0
//
// tern_cache_store - turns new keys and values into writes of words and of single bytes.
//
// Function     : for each KV head's keys, of each token, then for the values: c_slices words go to the tiles of the token's
//                position, then its exponent to the byte that is its own. One text gets neighbouring positions behind those it
//                has; of several each gets one.
// Format       : job_data {positions of texts 4 to 1 (14 bits each), layer (8 bits), tokens less 1 (8 bits)}; s_data {last word
//                of a token's head, exponent 8 bits, 32 values of 8 bits}; m_data {last of the job, exponent, lane (16 bits), byte
//                offset of the beat in each port's arena (64 bits), 256 bits}: lane says which 32 bytes of the beat are
//                written, or which byte of it the lowest one of the word is. c_*0 of the prefix, c_*1 of a text, in wide
//                beats, as tern_cache_reads has them; c_batch texts, 1 to 4, c_slices 1..8; they hold still during a run.
// Latency      : variable: a job's base takes up to 12 cycles, a token of a head 5, then a write a cycle
// Throughput   : variable: c_slices + 1 writes in c_slices + 6 cycles
// Back-pressure: registered ready; absorbs DEPTH beats.
// Golden       : golden.ternary.accel.cache.cache_writes
// Test         : tests/rtl/test_tern_cache_store.py
//
// Why: with room for a job's words nobody who computes waits for memory, so addresses are made in turn, by one adder each.

`default_nettype none
`include "checks.vh"

module tern_cache_store #(
    parameter WIDE_W     = 512,  // bits of a wide beat, 256 times a power of two up to 256
    parameter PORT_BYTES = 32,   // bytes that a wide beat takes of each port, a power of two >= 2
    parameter DEPTH      = 64    // words that wait, a power of two >= 2
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [ 63:0] c_off,
    input  wire [  7:0] c_batch,
    input  wire [  3:0] c_slices,
    input  wire [  7:0] c_heads,
    input  wire [ 31:0] c_keys1,
    input  wire [ 31:0] c_head1,
    input  wire [ 31:0] c_layer1,
    input  wire [ 31:0] c_part0,
    input  wire [ 31:0] c_part1,
    input  wire         job_valid,
    output wire         job_ready,
    input  wire [ 71:0] job_data,
    input  wire         s_valid,
    output wire         s_ready,
    input  wire [264:0] s_data,
    output wire         m_valid,
    input  wire         m_ready,
    output wire [337:0] m_data
);

  localparam SHIFT = $clog2(PORT_BYTES);
  localparam POS = WIDE_W / 256;
  localparam POS_LG = $clog2(POS);
  localparam BLOCK_LG = POS_LG + 4;  // positions behind a beat of exponents
  localparam LEN_W = 14;
  localparam BEATS_W = LEN_W + 4;  // a part's tiles, slices counted
  localparam [31:0] PLACES = POS - 1;

  localparam [3:0] IDLE = 4'd0;
  localparam [3:0] BASE = 4'd1;  // of the layer
  localparam [3:0] TOKEN = 4'd2;  // its position,
  localparam [3:0] HALVES = 4'd3;  // tiles in front of it times slices, by pairs of their bits,
  // 4: as a whole, 5: beats in front of it in the head,
  localparam [3:0] ADDRESS = 4'd6;
  localparam [3:0] WORD = 4'd7;
  localparam [3:0] MARK = 4'd8;

  reg  [3:0] state_q;
  wire       free = m_ready || !out_valid_q;
  reg        out_valid_q;
  wire       take = job_valid && job_ready;
  wire       layer_valid;
  wire [39:0] layer;
  wire       unused_mul;
  wire       based = state_q == BASE && layer_valid;

  assign job_ready = state_q == IDLE;

  m2_addr_mul #(
      .A_W(8),
      .B_W(32)
  ) u_layer (
      .clk    (clk),
      .rst    (rst),
      .s_valid(take),
      .s_ready(unused_mul),
      .s_a    (job_data[15:8]),
      .s_b    (c_layer1),
      .m_valid(layer_valid),
      .m_ready(based),
      .m_data (layer)
  );

  // Words wait.
  wire                   word_valid;
  wire [          264:0] word;
  wire                   word_move = state_q == WORD && word_valid && free;
  wire [$clog2(DEPTH):0] unused_level;

  strm_fifo #(
      .DATA_W(265),
      .DEPTH (DEPTH)
  ) u_words (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .m_valid(word_valid),
      .m_ready(state_q == WORD && free),
      .m_data (word),
      .level  (unused_level)
  );

  // The walk: tokens, heads, keys and then values.
  reg  [7:0] token_q;
  reg  [7:0] last_token_q;
  reg  [7:0] head_q;
  reg  [7:0] last_head_q;
  reg        values_q;
  reg        single_q;
  wire       mark_move = state_q == MARK && free;
  reg        token_last_q;
  reg        head_last_q;
  wire       job_last = token_last_q && head_last_q && values_q;
  wire       head_end = mark_move && token_last_q;
  wire       kind_end = head_end && head_last_q;

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else begin
      case (state_q)
        IDLE:    if (job_valid) state_q <= BASE;
        BASE:    if (layer_valid) state_q <= TOKEN;
        WORD:    if (word_move && word[264]) state_q <= MARK;
        MARK:    if (free) state_q <= job_last ? IDLE : TOKEN;
        default: state_q <= state_q + 4'd1;
      endcase
    end
  end

  always @(posedge clk) begin
    if (take) last_token_q <= job_data[7:0];
    last_head_q  <= c_heads - 8'd1;
    single_q     <= c_batch == 8'd1;
    token_last_q <= token_q == last_token_q;
    head_last_q  <= head_q == last_head_q;
  end

  always @(posedge clk) begin
    if (take || head_end) token_q <= 8'd0;
    else if (mark_move) token_q <= token_q + 8'd1;
  end

  always @(posedge clk) begin
    if (take || kind_end) head_q <= 8'd0;
    else if (head_end) head_q <= head_q + 8'd1;
  end

  always @(posedge clk) begin
    if (take) values_q <= 1'b0;
    else if (kind_end) values_q <= !values_q;
  end

  // Where the head of the first text begins, and of the text at hand.
  reg [63:0] texts_q;
  reg [63:0] layer_q;
  reg [63:0] head_base_q;
  reg [63:0] base_q;

  always @(posedge clk) begin
    texts_q <= c_off + ({32'd0, c_part0} << SHIFT);
  end

  always @(posedge clk) begin
    if (based) layer_q <= texts_q + ({24'd0, layer} << SHIFT);
  end

  always @(posedge clk) begin
    if (state_q == TOKEN && token_q == 8'd0) head_base_q <= head_q == 8'd0 ? layer_q : head_base_q + ({32'd0, c_head1} << SHIFT);
  end

  always @(posedge clk) begin
    if (state_q == HALVES && token_q == 8'd0) base_q <= head_base_q;
    else if (state_q == HALVES && !single_q) base_q <= base_q + ({32'd0, c_part1} << SHIFT);
  end

  // The token's position, and beats in front of it.
  reg  [4*LEN_W-1:0] own_q;
  reg  [  LEN_W-1:0] position_q;
  reg  [BEATS_W-1:0] low_q;
  reg  [BEATS_W-1:0] high_q;
  reg  [BEATS_W-1:0] mark_low_q;  // the same of the block's first tile
  reg  [BEATS_W-1:0] mark_high_q;
  reg  [BEATS_W-1:0] tiles_q;
  reg  [BEATS_W-1:0] marks_q;
  reg  [       31:0] beat_q;
  reg  [BEATS_W-1:0] mark_beat_q;
  wire [        1:0] text = single_q ? 2'd0 : token_q[1:0];
  wire [  LEN_W-1:0] own = own_q[text*LEN_W+:LEN_W];
  wire [  LEN_W-1:0] tile = position_q >> POS_LG;
  wire [  LEN_W-1:0] block = position_q >> BLOCK_LG;
  wire [BEATS_W-1:0] wide_tile = {4'd0, tile};
  wire [BEATS_W-1:0] wide_first = {4'd0, tile[LEN_W-1:4], 4'd0};

  always @(posedge clk) begin
    if (take) own_q <= job_data[71:16];
  end

  always @(posedge clk) begin
    if (state_q == TOKEN) position_q <= (single_q && token_q != 8'd0) ? position_q + 1'b1 : own;
  end

  always @(posedge clk) begin
    low_q       <= (wide_tile & {BEATS_W{c_slices[0]}}) + ((wide_tile << 1) & {BEATS_W{c_slices[1]}});
    high_q      <= ((wide_tile << 2) & {BEATS_W{c_slices[2]}}) + ((wide_tile << 3) & {BEATS_W{c_slices[3]}});
    mark_low_q  <= (wide_first & {BEATS_W{c_slices[0]}}) + ((wide_first << 1) & {BEATS_W{c_slices[1]}});
    mark_high_q <= ((wide_first << 2) & {BEATS_W{c_slices[2]}}) + ((wide_first << 3) & {BEATS_W{c_slices[3]}});
    tiles_q     <= low_q + high_q;
    marks_q     <= mark_low_q + mark_high_q;
  end

  // Keys have a beat of exponents in front of each block.
  wire [31:0] front = values_q ? c_keys1 : {{32 - LEN_W{1'b0}}, block} + 32'd1;
  reg  [31:0] front_q;

  always @(posedge clk) begin
    front_q     <= front;
    beat_q      <= {{32 - BEATS_W{1'b0}}, tiles_q} + front_q;
    mark_beat_q <= marks_q + {4'd0, block};
  end

  reg [63:0] address_q;
  reg [63:0] mark_address_q;

  always @(posedge clk) begin
    if (state_q == ADDRESS) begin
      address_q      <= base_q + ({32'd0, beat_q} << SHIFT);
      mark_address_q <= base_q + ({{64 - BEATS_W{1'b0}}, mark_beat_q} << SHIFT);
    end else if (word_move) begin
      address_q <= address_q + (64'd1 << SHIFT);
    end
  end

  // Writes.
  reg  [255:0] word_q;
  reg  [  7:0] exponent_q;
  reg  [ 63:0] offset_q;
  reg  [ 15:0] lane_q;
  reg          mark_q;
  reg          last_q;
  wire [ 15:0] place = {2'd0, position_q} & PLACES[15:0];
  wire [ 15:0] byte_lane = {1'b0, position_q, values_q} & {PLACES[10:0], 5'd31};

  assign m_valid = out_valid_q;
  assign m_data  = {last_q, mark_q, lane_q, offset_q, word_q};

  always @(posedge clk) begin
    if (rst) out_valid_q <= 1'b0;
    else out_valid_q <= word_move || mark_move || (out_valid_q && !m_ready);
  end

  always @(posedge clk) begin
    if (word_move) exponent_q <= word[263:256];
  end

  always @(posedge clk) begin
    if (mark_move) word_q <= {248'd0, exponent_q};
    else if (word_move) word_q <= word[255:0];
  end

  always @(posedge clk) begin
    if (free) begin
      offset_q <= state_q == MARK ? mark_address_q : address_q;
      lane_q   <= state_q == MARK ? byte_lane : place;
      mark_q   <= state_q == MARK;
      last_q   <= state_q == MARK && job_last;
    end
  end

  generate
    if (WIDE_W < 256 || WIDE_W != 256 << POS_LG || POS > 256) begin : g_bad_width
      tern_cache_store_WIDE_W_must_be_256_times_a_power_of_two_up_to_256 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
