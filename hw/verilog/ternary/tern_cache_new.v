// SPDX-License-Identifier: Apache-2.0
//
// tern_cache_new - keeps a job's new keys and values, and gives them as the tiles that memory would have.
//
// Function     : of a job's words {of each KV head the keys of all tokens, then the values of all} m_k and m_v give each
//                head's tiles of POS = WIDE_W / 256 tokens by 32 dimensions, m_e the exponents of its tokens. Token t is
//                place t % POS of tile t / POS; places behind the last token repeat it.
// Format       : job_data: tokens less 1; s_data {last word of a token's head, exponent signed 8 bits, 32 signed 8 bits}, c_slices
//                words each; m_k_data, m_v_data {last of the head, POS x 32 signed 8 bits} in the order (head, tile,
//                slice), m_e_data {last of the head, POS x exponent of the value, POS x of the key} in the order (head, tile).
//                First lowest. c_heads KV heads; they hold still during a run.
// Latency      : 2; from a head's last word to its first tile; m_e comes a cycle later
// Throughput   : 1
// Back-pressure: registered ready; a job's words are absorbed as a whole. The next job's wait until all tiles have left.
// Golden       : golden.ternary.accel.layout.pack_cache
// Test         : tests/rtl/test_tern_cache_new.py
//
// Why: a word is written into its place and into all behind it, so what the tile has no tokens for is defined, and nobody
// clears it.

`default_nettype none
`include "checks.vh"

module tern_cache_new #(
    parameter WIDE_W = 512,  // bits of a tile, 256 times a power of two
    parameter T_COLS = 4,    // most tokens of a job, 1..256
    parameter WORDS  = 64,   // KV heads x tiles x slices of a job at most, a power of two >= 2
    // Follows from the others, not to be set: positions of a tile.
    parameter POS    = WIDE_W / 256
) (
    input  wire              clk,
    input  wire              rst,
    input  wire [       3:0] c_slices,
    input  wire [       7:0] c_heads,
    input  wire              job_valid,
    output wire              job_ready,
    input  wire [       7:0] job_data,
    input  wire              s_valid,
    output wire              s_ready,
    input  wire [     264:0] s_data,
    output wire              m_k_valid,
    input  wire              m_k_ready,
    output wire [  WIDE_W:0] m_k_data,
    output wire              m_e_valid,
    input  wire              m_e_ready,
    output wire [  POS*16:0] m_e_data,
    output wire              m_v_valid,
    input  wire              m_v_ready,
    output wire [  WIDE_W:0] m_v_data
);

  localparam ADDR_W = $clog2(WORDS);
  localparam LANES = (POS < T_COLS) ? POS : T_COLS;
  localparam LANE_W = (LANES > 1) ? $clog2(LANES) : 1;
  localparam TILES = (T_COLS + POS - 1) / POS;
  localparam TILE_W = (TILES > 1) ? $clog2(TILES) : 1;
  localparam POS_LG = $clog2(POS);
  localparam [31:0] LAST_LANE = LANES - 1;

  // A job's words come in, then wait until all tiles have left.
  reg               active_q;
  reg               filled_q;
  reg               left_q;
  reg  [       7:0] last_token_q;
  reg               one_token_q;
  reg  [TILE_W-1:0] last_tile_q;
  reg  [       3:0] last_slice_q;
  reg  [       7:0] last_head_q;
  reg               one_head_q;
  wire [       7:0] tiles = job_data >> POS_LG;
  wire              begin_job = job_valid && job_ready;
  wire              k_left;
  wire              e_left;
  wire              v_left;

  assign job_ready = !active_q;
  assign s_ready   = active_q && !filled_q;

  always @(posedge clk) begin
    if (rst || begin_job) left_q <= 1'b0;
    else left_q <= filled_q && k_left && e_left && v_left;
  end

  always @(posedge clk) begin
    if (rst) active_q <= 1'b0;
    else active_q <= begin_job || (active_q && !left_q);
  end

  always @(posedge clk) begin
    if (begin_job) begin
      last_token_q <= job_data;
      one_token_q  <= job_data == 8'd0;
      last_tile_q  <= tiles[TILE_W-1:0];
    end
  end

  always @(posedge clk) begin
    last_slice_q <= c_slices - 4'd1;
    last_head_q  <= c_heads - 8'd1;
    one_head_q   <= c_heads == 8'd1;
  end

  // Writing: words of a token, tokens, heads, keys and then values.
  reg  [ADDR_W-1:0] addr_q;
  reg  [ADDR_W-1:0] base_q;  // the tile's first word
  reg  [ADDR_W-1:0] mark_addr_q;  // tiles of the heads before, and of this one
  reg  [LANE_W-1:0] lane_q;
  reg  [       7:0] token_q;  // to come
  reg               token_last_q;
  reg  [       7:0] head_q;  // to come
  reg               head_last_q;
  reg               values_q;
  wire              move = s_valid && s_ready;
  wire              token_end = move && s_data[264];
  wire              head_end = token_end && token_last_q;
  wire              tile_end = head_end || (token_end && lane_q == LAST_LANE[LANE_W-1:0]);
  wire              kind_end = head_end && head_last_q;
  wire              restart = begin_job || kind_end;
  wire [ADDR_W-1:0] next = addr_q + 1'b1;

  always @(posedge clk) begin
    if (rst || begin_job) filled_q <= 1'b0;
    else if (kind_end && values_q) filled_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (begin_job) values_q <= 1'b0;
    else if (kind_end) values_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (restart) begin
      addr_q      <= {ADDR_W{1'b0}};
      base_q      <= {ADDR_W{1'b0}};
      mark_addr_q <= {ADDR_W{1'b0}};
    end else if (move) begin
      addr_q <= (token_end && !tile_end) ? base_q : next;
      if (tile_end) begin
        base_q      <= next;
        mark_addr_q <= mark_addr_q + 1'b1;
      end
    end
  end

  always @(posedge clk) begin
    if (restart || tile_end) lane_q <= {LANE_W{1'b0}};
    else if (token_end) lane_q <= lane_q + 1'b1;
  end

  always @(posedge clk) begin
    if (begin_job) begin
      token_q      <= job_data;
      token_last_q <= job_data == 8'd0;
    end else if (head_end) begin
      token_q      <= last_token_q;
      token_last_q <= one_token_q;
    end else if (token_end) begin
      token_q      <= token_q - 8'd1;
      token_last_q <= token_q == 8'd1;
    end
  end

  always @(posedge clk) begin
    if (restart) begin
      head_q      <= last_head_q;
      head_last_q <= one_head_q;
    end else if (head_end) begin
      head_q      <= head_q - 8'd1;
      head_last_q <= head_q == 8'd1;
    end
  end

  // The place of a word and all behind it.
  wire [LANES-1:0] places = {LANES{move}} & ({LANES{1'b1}} << lane_q);
  wire [LANES-1:0] k_en = places & {LANES{!values_q}};
  wire [LANES-1:0] v_en = places & {LANES{values_q}};

  tern_cache_bank #(
      .WIDE_W(WIDE_W),
      .LANES (LANES),
      .WORDS (WORDS),
      .TILE_W(TILE_W)
  ) u_keys (
      .clk       (clk),
      .rst       (rst),
      .clear     (begin_job),
      .last_slice(last_slice_q),
      .last_tile (last_tile_q),
      .wr_en     (k_en),
      .wr_addr   (addr_q),
      .wr_data   (s_data[255:0]),
      .head_end  (head_end && !values_q),
      .left      (k_left),
      .m_valid   (m_k_valid),
      .m_ready   (m_k_ready),
      .m_data    (m_k_data)
  );

  tern_cache_bank #(
      .WIDE_W(WIDE_W),
      .LANES (LANES),
      .WORDS (WORDS),
      .TILE_W(TILE_W)
  ) u_values (
      .clk       (clk),
      .rst       (rst),
      .clear     (begin_job),
      .last_slice(last_slice_q),
      .last_tile (last_tile_q),
      .wr_en     (v_en),
      .wr_addr   (addr_q),
      .wr_data   (s_data[255:0]),
      .head_end  (head_end && values_q),
      .left      (v_left),
      .m_valid   (m_v_valid),
      .m_ready   (m_v_ready),
      .m_data    (m_v_data)
  );

  // Exponents, of a head whose values are there; written a cycle behind the words.
  reg  [  LANES-1:0] k_en_q;
  reg  [  LANES-1:0] v_en_q;
  reg  [ ADDR_W-1:0] wr_addr_q;
  reg  [        7:0] mark_q;
  reg                arrived_q;
  reg  [       7:0] waits_q;
  reg               there_q;
  reg  [ADDR_W-1:0] rd_addr_q;
  reg  [TILE_W-1:0] rd_tile_q;
  reg               valid_q;
  reg  [  POS*16:0] data_q;
  wire              issue = there_q && (m_e_ready || !valid_q);
  wire              last = rd_tile_q == last_tile_q;
  wire              leave = issue && last;
  wire [POS*16-1:0] marks;

  assign e_left    = waits_q == 8'd0;
  assign m_e_valid = valid_q;
  assign m_e_data  = data_q;

  always @(posedge clk) begin
    if (rst) waits_q <= 8'd0;
    else waits_q <= waits_q + {7'd0, arrived_q} - {7'd0, leave};
  end

  always @(posedge clk) begin
    if (rst) there_q <= 1'b0;
    else there_q <= arrived_q || waits_q > {7'd0, leave};
  end

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else valid_q <= issue || (valid_q && !m_e_ready);
  end

  always @(posedge clk) begin
    if (rst) begin
      k_en_q    <= {LANES{1'b0}};
      v_en_q    <= {LANES{1'b0}};
      arrived_q <= 1'b0;
    end else begin
      k_en_q    <= k_en;
      v_en_q    <= v_en;
      arrived_q <= head_end && values_q;
    end
  end

  always @(posedge clk) begin
    wr_addr_q <= mark_addr_q;
    mark_q    <= s_data[263:256];
  end

  always @(posedge clk) begin
    if (issue) data_q <= {last, marks};
  end

  always @(posedge clk) begin
    if (begin_job) begin
      rd_addr_q <= {ADDR_W{1'b0}};
      rd_tile_q <= {TILE_W{1'b0}};
    end else if (issue) begin
      rd_addr_q <= rd_addr_q + 1'b1;
      rd_tile_q <= last ? {TILE_W{1'b0}} : rd_tile_q + 1'b1;
    end
  end

  wire [LANES*16-1:0] kept;

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      mem_lutram #(
          .DATA_W(8),
          .DEPTH (WORDS)
      ) u_key (
          .clk    (clk),
          .wr_en  (k_en_q[i]),
          .wr_addr(wr_addr_q),
          .wr_data(mark_q),
          .rd_addr(rd_addr_q),
          .rd_data(kept[i*16+:8])
      );

      mem_lutram #(
          .DATA_W(8),
          .DEPTH (WORDS)
      ) u_value (
          .clk    (clk),
          .wr_en  (v_en_q[i]),
          .wr_addr(wr_addr_q),
          .wr_data(mark_q),
          .rd_addr(rd_addr_q),
          .rd_data(kept[i*16+8+:8])
      );
    end

    for (i = 0; i < POS; i = i + 1) begin : g_place
      localparam LANE = (i < LANES) ? i : LANES - 1;
      assign marks[i*8+:8]       = kept[LANE*16+:8];
      assign marks[(POS+i)*8+:8] = kept[LANE*16+8+:8];
    end

    if (WIDE_W < 256 || WIDE_W != 256 << POS_LG || T_COLS < 1 || T_COLS > 256 || WORDS < 2
        || (WORDS & (WORDS - 1)) != 0) begin : g_bad_size
      tern_cache_new_needs_WIDE_W_256_times_and_WORDS_a_power_of_two_from_2_and_T_COLS_1_to_256 u_error ();
    end
  endgenerate

  generate
    if (TILE_W < 8) begin : g_unused
      wire unused_tiles = &{1'b0, tiles[7:TILE_W]};
    end
  endgenerate

  `CHECK_STREAM(m_e_valid, m_e_ready, m_e_data)

endmodule

`default_nettype wire
