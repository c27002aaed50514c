// SPDX-License-Identifier: Apache-2.0
//
// tern_fetch_rows - reads what the tokens of EMBED jobs need: rows of the embedding with their scales, angles of positions.
//
// Function     : an EMBED job of n tokens yields for each of them a read of the beat with its row's scale (kind 0) and one of
//                the c_row_tiles tiles with the row (kind 1); then for each a read of the c_angle_beats beats of its position
//                (kind 2): of token t of one text that of its first one plus t, of several texts (c_batch > 1) the next one of
//                text t. Nothing is read before the job's `go`, but the list of ids. Other jobs are dropped.
// Format       : job_data as m of tern_texts; cmd_tag {kind (2 bits), index (16 bits)}, index of the 32-bit word with the scale,
//                or of the row in its tile, 0 for angles; byte offsets in each port's arena.
// Latency      : variable: 8 cycles and one for each bit of c_row_tiles from an id to its first read
// Throughput   : variable: one token at a time
// Back-pressure: registered readies; a command holds until it is taken.
// Golden       : golden.ternary.accel.reads.row_beats
// Test         : tests/rtl/test_tern_fetch.py
//
// Why: eight tiles share a beat of scales whatever their width, so a row's place is a product with its number of tiles and a
// sum with the number of its beat of scales; the tile within the eight has a product of its own, which is short.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module tern_fetch_rows #(
    parameter WIDE_W     = 512,  // bits of a wide beat, 256 times a power of two
    parameter PORT_BYTES = 32    // bytes that a wide beat takes of each port, a power of two >= 2
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              clear,
    input  wire [      63:0] c_e_off,
    input  wire [      63:0] c_a_off,
    input  wire [      63:0] c_tok_off,
    input  wire [      15:0] c_row_tiles,
    input  wire [      15:0] c_angle_beats,
    input  wire [      31:0] c_vocab,
    input  wire [       7:0] c_batch,
    input  wire              job_valid,
    output wire              job_ready,
    input  wire [     101:0] job_data,
    input  wire              go_valid,
    output wire              go_ready,
    input  wire              tok_valid,
    output wire              tok_ready,
    input  wire [      31:0] tok_data,
    output wire              cmd_valid,
    input  wire              cmd_ready,
    output wire              cmd_list,       // the read is for the token list
    output wire [      63:0] cmd_offset,
    output wire [      15:0] cmd_beats,
    output wire [      17:0] cmd_tag,
    input  wire              list_valid,     // a beat of the token list; never waits
    input  wire [WIDE_W-1:0] list_data,
    output wire              bad_token
);

  localparam SHIFT = $clog2(PORT_BYTES);
  localparam POS_LG = $clog2(WIDE_W / 256);  // rows of a tile
  localparam LEN_W = 14;

  localparam [3:0] IDLE = 4'd0;
  localparam [3:0] ID = 4'd1;
  localparam [3:0] ROW = 4'd2;  // products of a row's place
  localparam [3:0] PLACE = 4'd3;
  localparam [3:0] ADD = 4'd4;
  localparam [3:0] SCALE = 4'd5;
  localparam [3:0] TILES = 4'd6;
  localparam [3:0] POSITION = 4'd7;
  localparam [3:0] ANGLE = 4'd8;  // product of a position's place
  localparam [3:0] ANGLE_PLACE = 4'd9;
  localparam [3:0] ANGLE_ADD = 4'd10;
  localparam [3:0] ANGLES = 4'd11;

  reg  [ 3:0] state_q;
  reg         offer_q;  // a row or angles are to be read
  reg         pop_q;  // the job has been dealt with
  reg         go_q;
  reg         batch_q;
  reg  [ 7:0] token_q;
  reg         last_q;  // token_q is the job's last, two cycles after it was set
  wire        embed = job_data[`KR_M2_JOB_KIND] == `KR_M2_KIND_EMBED;
  wire        begun = state_q == IDLE && job_valid && !pop_q;
  wire        ordered = offer_q && go_q && cmd_ready;  // not in ID
  wire        id_valid;
  wire        ids_ready;
  wire [31:0] id;
  wire        list_want;
  wire [63:0] list_offset;
  wire        product_valid;
  wire [47:0] product;
  wire        tile_valid;
  wire [18:0] tile;
  wire        placed = product_valid && tile_valid;
  wire        unused_mul;
  wire        unused_tile_mul;

  assign job_ready = pop_q;
  assign go_ready  = offer_q && !go_q;
  assign cmd_list  = state_q == ID;
  assign cmd_valid = (offer_q && go_q) || (cmd_list && list_want);

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else begin
      case (state_q)
        IDLE:        if (begun && embed && ids_ready) state_q <= ID;
        ID:          if (id_valid) state_q <= ROW;
        ROW:         state_q <= PLACE;
        PLACE:       if (placed) state_q <= ADD;
        ADD:         state_q <= SCALE;
        SCALE:       if (ordered) state_q <= TILES;
        TILES:       if (ordered) state_q <= last_q ? POSITION : ID;
        POSITION:    state_q <= ANGLE;
        ANGLE:       state_q <= ANGLE_PLACE;
        ANGLE_PLACE: if (product_valid) state_q <= ANGLE_ADD;
        ANGLE_ADD:   state_q <= ANGLES;
        default:     if (ordered) state_q <= last_q ? IDLE : POSITION;
      endcase
    end
  end

  always @(posedge clk) begin
    if (rst) offer_q <= 1'b0;
    else if (state_q == ADD || state_q == ANGLE_ADD) offer_q <= 1'b1;
    else if (ordered && state_q != SCALE) offer_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst) pop_q <= 1'b0;
    else pop_q <= (begun && !embed) || (ordered && state_q == ANGLES && last_q);
  end

  always @(posedge clk) begin
    if (state_q == IDLE) go_q <= 1'b0;
    else if (go_valid && go_ready) go_q <= 1'b1;
  end

  always @(posedge clk) begin
    batch_q <= c_batch != 8'd1;
    last_q  <= token_q == job_data[`KR_M2_JOB_LAST_TOKEN];
    if (state_q == IDLE || (ordered && last_q && state_q == TILES)) token_q <= 8'd0;
    else if (ordered && state_q != SCALE) token_q <= token_q + 8'd1;
  end

  tern_fetch_ids #(
      .WIDE_W    (WIDE_W),
      .PORT_BYTES(PORT_BYTES)
  ) u_ids (
      .clk        (clk),
      .rst        (rst),
      .clear      (clear),
      .c_tok_off  (c_tok_off),
      .c_vocab    (c_vocab),
      .job_valid  (begun && embed),
      .job_ready  (ids_ready),
      .job_data   ({job_data[`KR_M2_JOB_FEEDBACK], job_data[`KR_M2_JOB_LAST_TOKEN]}),
      .tok_valid  (tok_valid),
      .tok_ready  (tok_ready),
      .tok_data   (tok_data),
      .list_want  (list_want),
      .list_order (cmd_list && list_want && cmd_ready),
      .list_offset(list_offset),
      .list_valid (list_valid),
      .list_data  (list_data),
      .m_valid    (id_valid),
      .m_ready    (state_q == ID),
      .m_data     (id),
      .bad_token  (bad_token)
  );

  // Places: eight tiles and their beat of scales are 8 c_row_tiles + 1 beats; a position has c_angle_beats.
  reg  [31:0] id_q;
  reg  [14:0] position_q;
  wire [31:0] number = id_q >> POS_LG;  // of the tile
  wire [15:0] a = (state_q == ROW) ? c_row_tiles : c_angle_beats;
  wire [31:0] b = (state_q == ROW) ? {number[31:3], 3'd0} : {17'd0, position_q};

  always @(posedge clk) begin
    if (state_q == ID) id_q <= id;
  end

  m2_addr_mul #(
      .A_W(16),
      .B_W(32)
  ) u_mul (
      .clk    (clk),
      .rst    (rst),
      .s_valid(state_q == ROW || state_q == ANGLE),
      .s_ready(unused_mul),
      .s_a    (a),
      .s_b    (b),
      .m_valid(product_valid),
      .m_ready((state_q == PLACE && tile_valid) || state_q == ANGLE_PLACE),
      .m_data (product)
  );

  m2_addr_mul #(
      .A_W(3),
      .B_W(16)
  ) u_tile (
      .clk    (clk),
      .rst    (rst),
      .s_valid(state_q == ROW),
      .s_ready(unused_tile_mul),
      .s_a    (number[2:0]),
      .s_b    (c_row_tiles),
      .m_valid(tile_valid),
      .m_ready(state_q == PLACE && product_valid),
      .m_data (tile)
  );

  // The position of a token; of the only text they follow each other.
  wire [1:0] text = batch_q ? token_q[1:0] : 2'd0;
  wire [LEN_W-1:0] own = job_data[32+LEN_W+text*LEN_W+:LEN_W];

  always @(posedge clk) begin
    if (state_q == POSITION && (batch_q || token_q == 8'd0)) position_q <= {1'b0, job_data[32+:LEN_W]} + {1'b0, own};
    else if (state_q == POSITION) position_q <= position_q + 15'd1;
  end

  // Reads.
  reg  [47:0] place_q;
  reg  [19:0] skip_q;  // beats from a row's scale to its tiles
  reg  [63:0] offset_q;
  reg  [15:0] index_q;
  wire [63:0] base = (state_q == ADD) ? c_e_off : c_a_off;
  wire [63:0] at = (state_q == SCALE) ? offset_q : base;
  wire [47:0] add = (state_q == SCALE) ? {28'd0, skip_q} : place_q;

  always @(posedge clk) begin
    place_q <= product + ((state_q == PLACE) ? {19'd0, number[31:3]} : 48'd0);
    if (state_q == PLACE) skip_q <= {1'b0, tile} + 20'd1;
    if (state_q == ADD || state_q == ANGLE_ADD || (state_q == SCALE && ordered)) offset_q <= at + ({16'd0, add} << SHIFT);
  end

  // A beat holds the scales of eight tiles' rows.
  localparam [31:0] ROWS_LESS_1 = (1 << POS_LG) - 1;
  localparam [31:0] WORDS_LESS_1 = (8 << POS_LG) - 1;

  always @(posedge clk) begin
    if (state_q == ADD) index_q <= id_q[15:0] & WORDS_LESS_1[15:0];
    else if (state_q == SCALE && ordered) index_q <= id_q[15:0] & ROWS_LESS_1[15:0];
    else if (state_q == ANGLE_ADD) index_q <= 16'd0;
  end

  assign cmd_offset = cmd_list ? list_offset : offset_q;
  assign cmd_beats  = (state_q == TILES) ? c_row_tiles : (state_q == ANGLES) ? c_angle_beats : 16'd1;
  assign cmd_tag    = {state_q == ANGLES, state_q == TILES, index_q};

  `CHECK_STREAM(cmd_valid, cmd_ready, {cmd_list, cmd_offset, cmd_beats})
  `CHECK(!begun || !embed || !batch_q || job_data[`KR_M2_JOB_LAST_TOKEN] == c_batch - 8'd1,
         "a chunk of several texts has not one token of each")

  generate
    if (WIDE_W < 256 || WIDE_W != 256 << POS_LG) begin : g_bad_width
      tern_fetch_rows_WIDE_W_must_be_256_times_a_power_of_two u_error ();
    end
  endgenerate

  wire unused_job = &{1'b0, job_data};

endmodule

`default_nettype wire
