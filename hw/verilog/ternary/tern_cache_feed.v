// SPDX-License-Identifier: Apache-2.0
//
// tern_cache_feed - what attention reads: tiles from memory, then a job's new ones, with exponents and masks.
//
// Function     : of each KV head m_k gives the tiles of keys of every part that has positions (0 the shared prefix, 1 to 4
//                the texts), then those of the new positions, m_tile exponents and mask of each tile, m_v the tiles of
//                values in the same order. All columns see the prefix; a text's part is seen by all of them if there is
//                one text, by its own column if there are more; column c sees new token t if t <= c, or t = c. Nobody sees
//                a place behind a part's last position.
// Format       : POS = WIDE_W / 256. job_data {positions of parts 4 to 0 (14 bits each), tokens less 1 (8 bits)}; k_data
//                {part, beat}: for each 16 tiles of a part one of exponents, byte 2p that of position p's key, 2p + 1 of its
//                value, then c_slices beats a tile; v_data a beat. nk_data, nv_data {last of the head, tile}, ne_data
//                {last of the head, POS x exponent of the value, POS x of the key}. m_k_data {last beat of the head, tile};
//                m_tile_data {POS x e_v, POS x e_k, T_COLS x POS bits: the column sees the position}. c_batch texts,
//                c_slices 1..8, c_heads KV heads; they hold still during a run.
// Latency      : 0; keys and values pass, a tile's m_tile comes one to 17 cycles behind its exponents
// Throughput   : 1
// Back-pressure: combinational ready (m_k_ready -> k_ready, nk_ready; m_v_ready -> v_ready, nv_ready); absorbs 0 beats.
// Golden       : golden.ternary.integer.block.visible
// Test         : tests/rtl/test_tern_cache_feed.py
//
// Why: only whoever walks the keys knows parts. Each beat of exponents goes to the side with what the masks of its tiles
// need, so masks follow keys at their own pace; values of all parts are one count.

`default_nettype none
`include "checks.vh"

module tern_cache_feed #(
    parameter WIDE_W = 512,  // bits of a tile, 256 times a power of two
    parameter T_COLS = 4,    // token columns, 1..256
    // Follows from the others, not to be set: positions of a tile.
    parameter POS    = WIDE_W / 256
) (
    input  wire                         clk,
    input  wire                         rst,
    input  wire [                  7:0] c_batch,
    input  wire [                  3:0] c_slices,
    input  wire [                  7:0] c_heads,
    input  wire                         job_valid,
    output wire                         job_ready,
    input  wire [                 77:0] job_data,
    input  wire                         k_valid,
    output wire                         k_ready,
    input  wire [         WIDE_W+2:0] k_data,
    input  wire                         v_valid,
    output wire                         v_ready,
    input  wire [         WIDE_W-1:0] v_data,
    input  wire                         nk_valid,
    output wire                         nk_ready,
    input  wire [           WIDE_W:0] nk_data,
    input  wire                         ne_valid,
    output wire                         ne_ready,
    input  wire [           POS*16:0] ne_data,
    input  wire                         nv_valid,
    output wire                         nv_ready,
    input  wire [           WIDE_W:0] nv_data,
    output wire                         m_k_valid,
    input  wire                         m_k_ready,
    output wire [           WIDE_W:0] m_k_data,
    output wire                         m_tile_valid,
    input  wire                         m_tile_ready,
    output wire [POS*(16+T_COLS)-1:0] m_tile_data,
    output wire                         m_v_valid,
    input  wire                         m_v_ready,
    output wire [         WIDE_W-1:0] m_v_data
);

  localparam POS_LG = $clog2(POS);
  localparam PLACE_W = (POS > 1) ? POS_LG : 1;
  localparam LEN_W = 14;
  localparam PARTS = 5;
  localparam BLOCK_LG = POS_LG + 4;  // positions behind a beat of exponents
  localparam UP_W = LEN_W - BLOCK_LG;
  localparam SUM_W = LEN_W + 3;  // tiles of all parts
  localparam TILES = (T_COLS + POS - 1) / POS;  // of a job
  localparam N_W = (TILES > 1) ? $clog2(TILES) : 1;
  localparam [31:0] PLACES = POS - 1;
  localparam [2:0] SIZED = 3'd5;  // of setup_q: the parts are known,
  localparam [2:0] FIRST = 3'd6;  // and which one is the first
  localparam [2:0] NONE = 3'd7;

  // A job: parts in turn, then the three walks, each of which ends on its own.
  reg                    setup_q;
  reg  [            2:0] setup_part_q;
  reg                    k_run_q;
  reg                    t_run_q;
  reg                    v_run_q;
  reg  [PARTS*LEN_W-1:0] lengths_q;
  reg  [PARTS*LEN_W-1:0] lasts_q;  // last position of each part
  reg  [      PARTS-1:0] there_q;
  reg  [      SUM_W-1:0] tiles_q;  // of all parts, less 1 in the end
  reg  [    PLACE_W-1:0] last_place_q;  // of the last token
  reg                    single_q;
  reg  [            3:0] last_slice_q;
  reg  [            7:0] last_head_q;
  wire [      LEN_W-1:0] length = lengths_q[LEN_W-1:0];
  wire [      LEN_W-1:0] last_position = length - 1'b1;
  wire [      LEN_W-1:0] last_tile = last_position >> POS_LG;
  wire                   take = job_valid && job_ready;
  wire                   sizing = setup_q && setup_part_q < SIZED;
  wire                   start = setup_q && setup_part_q == FIRST;
  wire                   memory = |there_q;

  assign job_ready = !setup_q && !k_run_q && !t_run_q && !v_run_q;

  always @(posedge clk) begin
    if (rst) setup_q <= 1'b0;
    else setup_q <= take || (setup_q && !start);
  end

  always @(posedge clk) begin
    if (take) setup_part_q <= 3'd0;
    else if (setup_q) setup_part_q <= setup_part_q + 3'd1;
  end

  always @(posedge clk) begin
    if (take) lengths_q <= job_data[8+:PARTS*LEN_W];
    else lengths_q <= lengths_q >> LEN_W;
  end

  always @(posedge clk) begin
    if (sizing) begin
      lasts_q <= {last_position, lasts_q[LEN_W+:(PARTS-1)*LEN_W]};
      there_q <= {|length, there_q[PARTS-1:1]};
    end
  end

  always @(posedge clk) begin
    if (take) tiles_q <= {SUM_W{1'b1}};
    else if (sizing && (|length)) tiles_q <= tiles_q + {3'd0, last_tile} + 1'b1;
  end

  always @(posedge clk) begin
    if (take) last_place_q <= job_data[PLACE_W-1:0] & PLACES[PLACE_W-1:0];
    single_q     <= c_batch == 8'd1;
    last_slice_q <= c_slices - 4'd1;
    last_head_q  <= c_heads - 8'd1;
  end

  // The part at hand, and the one behind it; behind the last one is the first one, of the next head.
  reg  [      2:0] part_q;
  reg              part_last_q;
  reg  [      2:0] next_part_q;
  reg  [ UP_W-1:0] up_q;  // blocks of 16 tiles behind the one at hand
  reg  [BLOCK_LG-1:0] low_q;  // last position in the last block
  reg  [      2:0] next_part_d;
  wire             turn;  // to the next part
  wire [PARTS-1:0] above = there_q & ~((5'd2 << part_q) - 5'd1);
  wire [PARTS-1:0] above_next = there_q & ~((5'd2 << next_part_q) - 5'd1);
  wire [PARTS-2:0] among = (|above) ? above[PARTS-2:0] : there_q[PARTS-2:0];
  wire [LEN_W-1:0] next_last = lasts_q[next_part_q*LEN_W+:LEN_W];

  always @* begin
    if (among[0]) next_part_d = 3'd0;
    else if (among[1]) next_part_d = 3'd1;
    else if (among[2]) next_part_d = 3'd2;
    else if (among[3]) next_part_d = 3'd3;
    else next_part_d = 3'd4;
  end

  always @(posedge clk) begin
    next_part_q <= next_part_d;
  end

  always @(posedge clk) begin
    if (setup_q && !start) part_q <= NONE;
    else if (turn) part_q <= next_part_q;
  end

  always @(posedge clk) begin
    if (turn) part_last_q <= !(|above_next);
  end

  // Keys: exponents of a block and its tiles, block by block, part by part; then the new ones.
  reg              k_new_q;
  reg              k_tiles_q;  // tiles of a block, otherwise its exponents
  reg  [      3:0] k_tile_q;  // to come
  reg  [      3:0] k_slice_q;  // to come
  reg              k_block_last_q;
  reg  [      7:0] k_head_q;
  reg              marks_full_q;
  wire             up_none = !(|up_q);
  wire             k_mem = k_run_q && !k_new_q;
  wire             mark_move = k_mem && !k_tiles_q && k_valid && !marks_full_q;
  wire             k_move = k_mem && k_tiles_q && k_valid && m_k_ready;
  wire             nk_move = k_run_q && k_new_q && nk_valid && m_k_ready;
  wire             k_slice_end = k_slice_q == 4'd0;
  wire             block_end = k_move && k_slice_end && k_tile_q == 4'd0;
  wire             part_end = block_end && k_block_last_q;
  wire             nk_end = nk_move && nk_data[WIDE_W];

  assign turn      = start || nk_end || (part_end && !part_last_q);
  assign k_ready   = k_mem && (k_tiles_q ? m_k_ready : !marks_full_q);
  assign nk_ready  = k_run_q && k_new_q && m_k_ready;
  assign m_k_valid = k_run_q && (k_new_q ? nk_valid : k_tiles_q && k_valid);
  assign m_k_data  = k_new_q ? nk_data : {1'b0, k_data[WIDE_W-1:0]};

  always @(posedge clk) begin
    if (rst) k_run_q <= 1'b0;
    else k_run_q <= start || (k_run_q && !(nk_end && k_head_q == last_head_q));
  end

  always @(posedge clk) begin
    if (start) k_head_q <= 8'd0;
    else if (nk_end) k_head_q <= k_head_q + 8'd1;
  end

  always @(posedge clk) begin
    if (start || nk_end) k_new_q <= !memory;
    else if (part_end && part_last_q) k_new_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (start || block_end) k_tiles_q <= 1'b0;
    else if (mark_move) k_tiles_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (turn) {up_q, low_q} <= next_last;
    else if (mark_move && !up_none) up_q <= up_q - 1'b1;
  end

  always @(posedge clk) begin
    if (mark_move) k_block_last_q <= up_none;
  end

  always @(posedge clk) begin
    if (mark_move) k_tile_q <= up_none ? low_q[POS_LG+:4] : 4'd15;
    else if (k_move && k_slice_end) k_tile_q <= k_tile_q - 4'd1;
  end

  always @(posedge clk) begin
    if (mark_move || (k_move && k_slice_end)) k_slice_q <= last_slice_q;
    else if (k_move) k_slice_q <= k_slice_q - 4'd1;
  end

  // Exponents and masks: of a block, a tile after the other; of the new positions.
  reg  [    WIDE_W-1:0] marks_q;
  reg  [  BLOCK_LG-1:0] last_q;  // last position of the block
  reg                   memory_last_q;  // the head's last block
  reg  [    T_COLS-1:0] columns_q;  // that see it
  reg                   t_new_q;
  reg  [           3:0] t_tile_q;
  reg  [       N_W-1:0] t_number_q;  // of a tile of new positions
  reg  [           7:0] t_head_q;
  reg                   tile_valid_q;
  reg  [POS*(16+T_COLS)-1:0] tile_q;
  wire                  t_free = m_tile_ready || !tile_valid_q;
  wire                  t_move = marks_full_q && !t_new_q && t_free;
  wire                  t_end = t_tile_q == last_q[POS_LG+:4];
  wire                  marks_end = t_move && t_end;
  wire                  ne_move = t_run_q && t_new_q && ne_valid && t_free;
  wire                  ne_end = ne_move && ne_data[POS*16];

  assign ne_ready     = t_run_q && t_new_q && t_free;
  assign m_tile_valid = tile_valid_q;
  assign m_tile_data  = tile_q;

  always @(posedge clk) begin
    if (rst) t_run_q <= 1'b0;
    else t_run_q <= start || (t_run_q && !(ne_end && t_head_q == last_head_q));
  end

  always @(posedge clk) begin
    if (start) t_head_q <= 8'd0;
    else if (ne_end) t_head_q <= t_head_q + 8'd1;
  end

  always @(posedge clk) begin
    if (rst) marks_full_q <= 1'b0;
    else marks_full_q <= mark_move || (marks_full_q && !marks_end);
  end

  always @(posedge clk) begin
    if (mark_move) begin
      marks_q       <= k_data[WIDE_W-1:0];
      last_q        <= up_none ? low_q : {BLOCK_LG{1'b1}};
      memory_last_q <= up_none && part_last_q;
    end
  end

  always @(posedge clk) begin
    if (start || ne_end) t_new_q <= !memory;
    else if (marks_end && memory_last_q) t_new_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (mark_move) t_tile_q <= 4'd0;
    else if (t_move) t_tile_q <= t_tile_q + 4'd1;
  end

  always @(posedge clk) begin
    if (start || ne_end) t_number_q <= {N_W{1'b0}};
    else if (ne_move) t_number_q <= t_number_q + 1'b1;
  end

  wire [ POS*16-1:0] mark = marks_q[t_tile_q*POS*16+:POS*16];
  wire               partial = t_new_q ? ne_data[POS*16] : t_end;
  wire [PLACE_W-1:0] last_place = t_new_q ? last_place_q : last_q[PLACE_W-1:0] & PLACES[PLACE_W-1:0];
  wire [    POS-1:0] there = ~({POS{partial}} & ({POS{1'b1}} << 1 << last_place));
  wire [   POS*16-1:0] exponents;
  wire [T_COLS*POS-1:0] mask;

  always @(posedge clk) begin
    if (rst) tile_valid_q <= 1'b0;
    else tile_valid_q <= t_move || ne_move || (tile_valid_q && !m_tile_ready);
  end

  always @(posedge clk) begin
    if (t_free) tile_q <= {exponents, mask};
  end

  genvar c, p;
  generate
    for (c = 0; c < T_COLS; c = c + 1) begin : g_column
      localparam [31:0] TEXT = c + 1;

      always @(posedge clk) begin
        if (mark_move) columns_q[c] <= single_q || part_q == 3'd0 || (c < PARTS - 1 && part_q == TEXT[2:0]);
      end
    end

    for (p = 0; p < POS; p = p + 1) begin : g_place
      assign exponents[p*8+:8]       = t_new_q ? ne_data[p*8+:8] : mark[p*16+:8];
      assign exponents[(POS+p)*8+:8] = t_new_q ? ne_data[(POS+p)*8+:8] : mark[p*16+8+:8];

      for (c = 0; c < T_COLS; c = c + 1) begin : g_sees
        localparam [31:0] OWN = c / POS;  // the tile of its own token
        localparam [31:0] LAST = (p <= c) ? (c - p) / POS : 0;  // the last one in which it sees this place
        wire own = p == c % POS && t_number_q == OWN[N_W-1:0];
        wire earlier;

        if (p > c) begin : g_behind
          assign earlier = 1'b0;
        end else if ((c - p) / POS >= TILES - 1) begin : g_all
          assign earlier = 1'b1;
        end else begin : g_some
          assign earlier = t_number_q <= LAST[N_W-1:0];
        end

        assign mask[c*POS+p] = there[p] && (t_new_q ? (single_q ? earlier : own) : columns_q[c]);
      end
    end

    if (WIDE_W < 256 || WIDE_W != 256 << POS_LG || POS > 256 || T_COLS < 1 || T_COLS > 256) begin : g_bad_size
      tern_cache_feed_needs_WIDE_W_256_times_a_power_of_two_up_to_256_and_T_COLS_1_to_256 u_error ();
    end
  endgenerate

  // Values: those from memory by their number, then the new ones.
  reg             v_new_q;
  reg [SUM_W-1:0] v_tile_q;  // to come
  reg [      3:0] v_slice_q;
  reg [      7:0] v_head_q;
  wire            v_move = v_run_q && !v_new_q && v_valid && m_v_ready;
  wire            nv_move = v_run_q && v_new_q && nv_valid && m_v_ready;
  wire            v_slice_end = v_slice_q == last_slice_q;
  wire            v_end = v_move && v_slice_end && v_tile_q == {SUM_W{1'b0}};
  wire            nv_end = nv_move && nv_data[WIDE_W];

  assign v_ready   = v_run_q && !v_new_q && m_v_ready;
  assign nv_ready  = v_run_q && v_new_q && m_v_ready;
  assign m_v_valid = v_run_q && (v_new_q ? nv_valid : v_valid);
  assign m_v_data  = v_new_q ? nv_data[WIDE_W-1:0] : v_data;

  always @(posedge clk) begin
    if (rst) v_run_q <= 1'b0;
    else v_run_q <= start || (v_run_q && !(nv_end && v_head_q == last_head_q));
  end

  always @(posedge clk) begin
    if (start) v_head_q <= 8'd0;
    else if (nv_end) v_head_q <= v_head_q + 8'd1;
  end

  always @(posedge clk) begin
    if (start || nv_end) v_new_q <= !memory;
    else if (v_end) v_new_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (start || nv_end) v_tile_q <= tiles_q;
    else if (v_move && v_slice_end) v_tile_q <= v_tile_q - 1'b1;
  end

  always @(posedge clk) begin
    if (start || nv_end || (v_move && v_slice_end)) v_slice_q <= 4'd0;
    else if (v_move) v_slice_q <= v_slice_q + 4'd1;
  end

  wire k_wrong = k_mem && k_valid && k_data[WIDE_W+:3] != part_q;

  wire unused_tokens = &{1'b0, job_data[7:0]};

  `CHECK(!k_wrong, "keys of another part than the one at hand")
  `CHECK_STREAM(m_k_valid, m_k_ready, m_k_data)
  `CHECK_STREAM(m_tile_valid, m_tile_ready, m_tile_data)
  `CHECK_STREAM(m_v_valid, m_v_ready, m_v_data)

endmodule

`default_nettype wire
