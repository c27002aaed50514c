// SPDX-License-Identifier: Apache-2.0
//
// m2_narrow - cuts the wide sums of m2_linear into beats of CB columns by RB rows, and says where each of them belongs.
//
// Function     : an input beat is a pass of a tile; it leaves as a beat for each row chunk (fastest) of each column
//                chunk that holds a column. Jobs give the kind of each matrix, from job to mark `free`; kind 0 is
//                dropped. With CHANNEL a record of scales is used for each tile.
// Format       : s_data as m2_linear's m_data; r_data {shift (6), mult (16)} of each row. m_data as m2_scale's s_data:
//                CB*RB sums (column c, row r at c*RB + r), mults, shifts, `second` (kind 2) and the tag {kind, end,
//                last group, last token, slot, place}. A bank holds max(1, ROWS / 8) groups of 8 rows of all tokens;
//                place = group of the bank * (T_COLS / CB) + column / CB; slot = rows of the group / RB; end marks a
//                bank's last beat: its last group that is not padding, its last token, and its last slot.
// Latency      : 1
// Throughput   : variable: a beat a cycle; between matrices it waits for the next job's kind
// Back-pressure: combinational ready (m_ready -> s_ready, r_ready); absorbs an input beat, a record and a kind.
// Golden       : golden.mamba2.integer.linear.sums
// Test         : tests/rtl/test_m2_collect.py
//
// Why: everything that the gathering behind the scaler needs to know goes along with the beat, so it needs no job of
// its own. Only the last tile of a matrix can hold padding groups, so their number is a matter of the last bits of the
// count.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module m2_narrow #(
    parameter ROWS    = 4,   // rows of a tile, a power of two
    parameter T_COLS  = 4,   // most tokens, T_PAR times a power of two
    parameter T_PAR   = 2,   // columns of a pass, a power of two
    parameter CB      = 1,   // columns of an output beat, divides T_PAR
    parameter ACC_W   = 43,  // width of a sum [bits]
    parameter CHANNEL = 0,   // 1: records of scales, 0: none
    // Follow from the others, not to be set.
    parameter RB      = (ROWS < 8) ? ROWS : 8,
    parameter GROUPS  = ROWS / RB,  // row chunks of a tile
    parameter SLOTS   = 8 / RB,
    parameter PLACES  = GROUPS * T_COLS / CB,
    parameter LANE_W  = (T_PAR > 1) ? $clog2(T_PAR) : 1,
    parameter TOKEN_W = (T_COLS > 1) ? $clog2(T_COLS) : 1,
    parameter GROUP_W = (GROUPS > 1) ? $clog2(GROUPS) : 1,
    parameter SLOT_W  = (SLOTS > 1) ? $clog2(SLOTS) : 1,
    parameter PLACE_W = (PLACES > 1) ? $clog2(PLACES) : 1,
    parameter TAG_W   = 3 + GROUP_W + TOKEN_W + SLOT_W + PLACE_W
) (
    input  wire                                        clk,
    input  wire                                        rst,
    input  wire [                         GROUP_W-1:0] c_last_in,    // (row groups of the matrix - 1) mod GROUPS
    input  wire [                         GROUP_W-1:0] c_last_out,
    input  wire [                         GROUP_W-1:0] c_last_head,
    input  wire                                        job_valid,
    output wire                                        job_ready,
    input  wire [                                 1:0] job_data,     // kind
    input  wire                                        r_valid,
    output wire                                        r_ready,
    input  wire [                         ROWS*22-1:0] r_data,
    input  wire                                        s_valid,
    output wire                                        s_ready,
    input  wire [      T_PAR*ROWS*ACC_W+LANE_W+1:0] s_data,
    output wire                                        m_valid,
    input  wire                                        m_ready,
    output wire [CB*RB*(ACC_W+22*CHANNEL)+TAG_W:0] m_data
);

  localparam SUMS_W = T_PAR * ROWS * ACC_W;
  localparam CHUNKS = T_PAR / CB;  // column chunks of a pass
  localparam CHUNK_W = (CHUNKS > 1) ? $clog2(CHUNKS) : 1;
  localparam CB_LOG = $clog2(CB);
  localparam LANES = CB * RB;
  localparam [31:0] STEP_BITS = T_COLS / CB;  // places of a group
  localparam [31:0] BACK_BITS = (GROUPS - 1) * T_COLS / CB;
  localparam [31:0] LAST_GROUP_BITS = GROUPS - 1;
  localparam [31:0] LAST_SLOT_BITS = SLOTS - 1;
  localparam [31:0] PAR_BITS = T_PAR;

  // The beat that is being cut, the kind of its matrix, the scales of its tile.
  reg                valid_q;
  reg  [ SUMS_W-1:0] sums_q;
  reg  [ LANE_W-1:0] last_lane_q;
  reg                tile_end_q;
  reg                free_q;
  reg                kind_valid_q;
  reg  [        1:0] kind_q;
  wire               scaled;  // the scales are there
  wire               move = m_valid && m_ready;
  wire               at_end;

  // Where the next output beat lies.
  reg  [GROUP_W-1:0] group_q;
  reg  [CHUNK_W-1:0] chunk_q;
  reg  [ SLOT_W-1:0] slot_q;
  reg  [PLACE_W-1:0] place_q;
  reg  [  TOKEN_W:0] token_q;  // first column of the pass
  wire               last_group = group_q == LAST_GROUP_BITS[GROUP_W-1:0];
  wire               tile_done = at_end && tile_end_q;
  wire               job_done = tile_done && free_q;
  wire               bank_end = tile_done && (free_q || slot_q == LAST_SLOT_BITS[SLOT_W-1:0]);
  wire               go = m_ready && kind_valid_q && scaled;  // what is there moves

  assign s_ready   = !valid_q || (go && at_end);
  assign m_valid   = valid_q && kind_valid_q && scaled;
  assign job_ready = !kind_valid_q;

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (s_ready) valid_q <= s_valid;
  end

  always @(posedge clk) begin
    if (s_valid && s_ready) {free_q, tile_end_q, last_lane_q, sums_q} <= s_data;
  end

  always @(posedge clk) begin
    if (rst) kind_valid_q <= 1'b0;
    else if (job_ready) kind_valid_q <= job_valid && job_data != `KR_M2_KIND_EMBED;
    else if (move && job_done) kind_valid_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (job_ready) kind_q <= job_data;
  end

  always @(posedge clk) begin
    if (rst) group_q <= {GROUP_W{1'b0}};
    else if (move) group_q <= last_group ? {GROUP_W{1'b0}} : group_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) chunk_q <= {CHUNK_W{1'b0}};
    else if (move && last_group) chunk_q <= at_end ? {CHUNK_W{1'b0}} : chunk_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) slot_q <= {SLOT_W{1'b0}};
    else if (move && tile_done) slot_q <= bank_end ? {SLOT_W{1'b0}} : slot_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst || (move && tile_done)) place_q <= {PLACE_W{1'b0}};
    else if (move && last_group) place_q <= place_q - BACK_BITS[PLACE_W-1:0] + 1'b1;
    else if (move) place_q <= place_q + STEP_BITS[PLACE_W-1:0];
  end

  always @(posedge clk) begin
    if (rst || (move && tile_done)) token_q <= {TOKEN_W + 1{1'b0}};
    else if (move && at_end) token_q <= token_q + PAR_BITS[TOKEN_W:0];
  end

  // The chunk out of the sums, and its row groups' scales.
  wire [LANES*ACC_W-1:0] sums;
  wire [    TOKEN_W-1:0] last_token;
  wire [    GROUP_W-1:0] bank_last;
  wire                   unused_token = &{token_q[TOKEN_W], last_lane_q};

  genvar c, r;
  generate
    for (c = 0; c < CB; c = c + 1) begin : g_col
      // Row chunks of this column of every column chunk, chunk by chunk.
      wire [CHUNKS*GROUPS*RB*ACC_W-1:0] rows;

      for (r = 0; r < CHUNKS; r = r + 1) begin : g_chunk
        assign rows[r*ROWS*ACC_W+:ROWS*ACC_W] = sums_q[(r*CB+c)*ROWS*ACC_W+:ROWS*ACC_W];
      end

      if (GROUPS > 1 && CHUNKS > 1) begin : g_both
        assign sums[c*RB*ACC_W+:RB*ACC_W] = rows[{chunk_q, group_q}*RB*ACC_W+:RB*ACC_W];
      end else if (GROUPS > 1) begin : g_groups
        assign sums[c*RB*ACC_W+:RB*ACC_W] = rows[group_q*RB*ACC_W+:RB*ACC_W];
      end else begin : g_chunks
        assign sums[c*RB*ACC_W+:RB*ACC_W] = rows[chunk_q*RB*ACC_W+:RB*ACC_W];
      end
    end

    if (CHUNKS > 1) begin : g_at_end
      assign at_end = last_group && chunk_q == last_lane_q[LANE_W-1:CB_LOG];
    end else begin : g_at_once
      assign at_end = last_group;
    end

    if (T_COLS > 1) begin : g_token
      assign last_token = token_q[TOKEN_W-1:0] + {{TOKEN_W - LANE_W{1'b0}}, last_lane_q};
    end else begin : g_no_token
      assign last_token = 1'b0;
    end

    if (GROUPS > 1) begin : g_last_group
      assign bank_last = !free_q ? LAST_GROUP_BITS[GROUP_W-1:0] :
          (kind_q == `KR_M2_KIND_IN) ? c_last_in : (kind_q == `KR_M2_KIND_OUT) ? c_last_out : c_last_head;
    end else begin : g_one_group
      wire unused_c_last = |{c_last_in, c_last_out, c_last_head};

      assign bank_last = 1'b0;
    end

    if (CHANNEL != 0) begin : g_channel
      reg                  record_valid_q;
      reg  [  ROWS*22-1:0] record_q;
      wire [LANES*16-1:0] mults;
      wire [  LANES*6-1:0] shifts;

      assign scaled  = record_valid_q;
      assign r_ready = !record_valid_q || (move && tile_done);

      always @(posedge clk) begin
        if (rst) record_valid_q <= 1'b0;
        else if (r_ready) record_valid_q <= r_valid;
      end

      always @(posedge clk) begin
        if (r_valid && r_ready) record_q <= r_data;
      end

      for (r = 0; r < LANES; r = r + 1) begin : g_lane
        wire [21:0] record;

        if (GROUPS > 1) begin : g_pick
          assign record = record_q[(group_q*RB+r%RB)*22+:22];
        end else begin : g_only
          assign record = record_q[r%RB*22+:22];
        end

        assign mults[r*16+:16] = record[15:0];
        assign shifts[r*6+:6]  = record[21:16];
      end

      assign m_data[LANES*(ACC_W+22)-1:0] = {shifts, mults, sums};
    end else begin : g_no_record
      wire unused_r = &{r_valid, r_data};

      assign scaled  = 1'b1;
      assign r_ready = 1'b0;
      assign m_data[LANES*ACC_W-1:0] = sums;
    end

    if (ROWS < 1 || ROWS > 64 || (ROWS & (ROWS - 1)) != 0 || T_PAR < 1 || (T_PAR & (T_PAR - 1)) != 0) begin : g_bad_size
      m2_narrow_ROWS_and_T_PAR_must_be_powers_of_two_ROWS_at_most_64 u_error ();
    end
    if (CB < 1 || T_PAR % CB != 0 || T_COLS % T_PAR != 0) begin : g_bad_cols
      m2_narrow_needs_CB_that_divides_T_PAR_and_T_PAR_that_divides_T_COLS u_error ();
    end
  endgenerate

  assign m_data[LANES*(ACC_W+22*CHANNEL)+:TAG_W+1] = {
    kind_q, bank_end, bank_last, last_token, slot_q, place_q, kind_q == `KR_M2_KIND_OUT
  };

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
