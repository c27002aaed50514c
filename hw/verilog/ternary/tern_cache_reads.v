// SPDX-License-Identifier: Apache-2.0
//
// tern_cache_reads - orders what a layer's attention reads of the cache.
//
// Function     : job -> the reads of its layer: for each KV head the keys of every part that has positions, then the values of
//                the head before it. Part 0 is the shared prefix, parts 1 to 4 the texts. A job without positions yields none.
//                With PARTIAL a part's full tiles, of keys exponents too, are one read; then the tile that positions do not
//                fill is one on the ports in which they lie. Exponents without a full tile are read where they lie.
// Format       : job_data {positions of parts 4 to 0 (14 bits each), layer (8 bits)}; m_data {ports (6 bits), values, part (3
//                bits), beats (32 bits), byte offset in each port's arena (64 bits)}; read are the first `ports` ports. c_*0
//                of the prefix, c_*1 of a text, in wide beats: keys of a head, a head, a layer, all layers; c_slices =
//                ceil(P / 32), 1..8; c_heads KV heads, 1..255.
// Latency      : variable: 60 to 110 cycles from a job to its first read
// Throughput   : variable: a read in 2 cycles, a part's second one a cycle later, 2 for a part without positions
// Back-pressure: registered ready; absorbs 1 job.
// Golden       : golden.ternary.accel.cache.cache_reads
// Test         : tests/rtl/test_tern_cache_reads.py
//
// Why: ten addresses, keys and values of five parts, each moved on by a head when it was used; sums and products are made one
// after the other while q, k and v of the layer are still multiplied.

`default_nettype none
`include "checks.vh"

module tern_cache_reads #(
    parameter WIDE_W     = 512,  // bits of a wide beat, 256 times a power of two
    parameter PORT_BYTES = 32,   // bytes that a wide beat takes of each port, a power of two >= 2
    parameter PARTIAL    = 0     // 1: ports without positions are not read, 0: all ports are
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [63:0] c_off,
    input  wire [ 3:0] c_slices,
    input  wire [ 7:0] c_heads,
    input  wire [31:0] c_keys0,
    input  wire [31:0] c_keys1,
    input  wire [31:0] c_head0,
    input  wire [31:0] c_head1,
    input  wire [31:0] c_layer0,
    input  wire [31:0] c_layer1,
    input  wire [31:0] c_part0,
    input  wire [31:0] c_part1,
    input  wire        job_valid,
    output wire        job_ready,
    input  wire [77:0] job_data,
    output wire        m_valid,
    input  wire        m_ready,
    output wire [105:0] m_data
);

  localparam SHIFT = $clog2(PORT_BYTES);
  localparam POS = WIDE_W / 256;
  localparam POS_LG = $clog2(POS);
  localparam LEN_W = 14;
  localparam MARKED_LG = 4;  // tiles behind a beat of exponents
  localparam BEATS_W = LEN_W + 4;
  localparam [31:0] FILL = POS - 1;
  localparam [31:0] PORTS = WIDE_W / 8 / PORT_BYTES;
  localparam [2:0] LAST_PART = 3'd4;

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] LAYER = 3'd1;  // offsets of the layer in both kinds of parts
  localparam [2:0] TILES = 3'd2;  // of each part: tiles of positions, with PARTIAL full ones,
  localparam [2:0] SIZE = 3'd3;  // beats,
  localparam [2:0] KEYS = 3'd4;  // address of the first head's keys,
  localparam [2:0] VALUES = 3'd5;  // and of its values
  localparam [2:0] READ = 3'd6;
  localparam [2:0] OFFER = 3'd7;

  reg [2:0] state_q;
  reg [2:0] part_q;
  reg [7:0] head_q;  // of the keys
  reg       values_q;

  wire      take = state_q == IDLE && job_valid;
  wire      part_end = part_q == LAST_PART;

  assign job_ready = state_q == IDLE;

  // Products.
  reg  [    5*LEN_W-1:0] lengths_q;
  reg  [      LEN_W-1:0] tiles_q;
  reg                    sizing_q;
  wire [      LEN_W-1:0] length = lengths_q[LEN_W-1:0];
  wire [        LEN_W:0] filled = {1'b0, length} + (PARTIAL ? {LEN_W + 1{1'b0}} : {1'b0, FILL[LEN_W-1:0]});
  wire [        LEN_W:0] tiles = filled >> POS_LG;
  wire                   layer0_valid;
  wire                   layer1_valid;
  wire                   size_valid;
  wire [           39:0] layer0;
  wire [           39:0] layer1;
  wire [    BEATS_W-1:0] size;
  wire                   unused_mul0;
  wire                   unused_mul1;
  wire                   unused_mul2;
  wire                   layers_valid = layer0_valid && layer1_valid;
  wire                   begin_parts = state_q == LAYER && layers_valid;
  wire                   sized = state_q == SIZE && size_valid;

  m2_addr_mul #(
      .A_W(8),
      .B_W(32)
  ) u_layer0 (
      .clk    (clk),
      .rst    (rst),
      .s_valid(take),
      .s_ready(unused_mul0),
      .s_a    (job_data[7:0]),
      .s_b    (c_layer0),
      .m_valid(layer0_valid),
      .m_ready(begin_parts),
      .m_data (layer0)
  );

  m2_addr_mul #(
      .A_W(8),
      .B_W(32)
  ) u_layer1 (
      .clk    (clk),
      .rst    (rst),
      .s_valid(take),
      .s_ready(unused_mul1),
      .s_a    (job_data[7:0]),
      .s_b    (c_layer1),
      .m_valid(layer1_valid),
      .m_ready(begin_parts),
      .m_data (layer1)
  );

  m2_addr_mul #(
      .A_W(4),
      .B_W(LEN_W)
  ) u_size (
      .clk    (clk),
      .rst    (rst),
      .s_valid(state_q == SIZE && !sizing_q),
      .s_ready(unused_mul2),
      .s_a    (c_slices),
      .s_b    (tiles_q),
      .m_valid(size_valid),
      .m_ready(state_q == SIZE),
      .m_data (size)
  );

  always @(posedge clk) begin
    if (take) lengths_q <= job_data[8+:5*LEN_W];
    else if (state_q == VALUES) lengths_q <= lengths_q >> LEN_W;
  end

  always @(posedge clk) begin
    if (state_q == TILES) tiles_q <= tiles[LEN_W-1:0];
    sizing_q <= state_q == SIZE;
  end

  // Addresses in turn: of the parts' first heads.
  reg  [63:0] texts_q;  // the first text's part
  reg  [63:0] own_q;  // the same, at the layer
  reg  [63:0] base_q;
  reg  [31:0] keys_q;
  reg  [31:0] step_q;  // a head of the part at hand
  wire        prefix = part_q == 3'd0;

  always @(posedge clk) begin
    texts_q <= c_off + ({32'd0, c_part0} << SHIFT);
    keys_q  <= prefix ? c_keys0 : c_keys1;
    step_q  <= prefix ? c_head0 : c_head1;
  end

  always @(posedge clk) begin
    if (begin_parts) own_q <= texts_q + ({24'd0, layer1} << SHIFT);
  end

  always @(posedge clk) begin
    if (begin_parts) base_q <= c_off + ({24'd0, layer0} << SHIFT);
    else if (state_q == VALUES) base_q <= prefix ? own_q : base_q + ({32'd0, c_part1} << SHIFT);
  end

  // Reads: the address at hand goes out and moves on by a head.
  reg  [       63:0] offset_q;
  reg  [BEATS_W-1:0] beats_q;
  reg                there_q;
  wire [       63:0] address;
  wire               to_values = state_q == VALUES || (state_q != KEYS && values_q);
  wire [       63:0] value_base = base_q + ({32'd0, keys_q} << SHIFT);
  wire [       63:0] moved = offset_q + ({32'd0, step_q} << SHIFT);
  wire               accept = state_q == OFFER && (m_ready || !there_q);
  wire               move = accept && !rest_q;
  reg                second_q;  // the part's second read is on offer
  wire [       63:0] written = (state_q == KEYS) ? base_q : (state_q == VALUES) ? value_base : moved;

  mem_lutram #(
      .DATA_W(64),
      .DEPTH (16)
  ) u_address (
      .clk    (clk),
      .wr_en  (state_q == KEYS || state_q == VALUES || (accept && !second_q)),
      .wr_addr({to_values, part_q}),
      .wr_data(written),
      .rd_addr({values_q, part_q}),
      .rd_data(address)
  );

  // Beats of each part's values, and whether it has positions; keys have a beat more for each 16 tiles. With PARTIAL those
  // of the full tiles, whether there is a tile behind them, in which ports it lies, in which ones the exponents do.
  wire [      LEN_W-1:0] part_tiles;
  wire [    BEATS_W-1:0] part_size;
  wire                   part_rest;
  wire [            5:0] part_ports;
  wire [            5:0] mark_ports;
  wire [      LEN_W-1:0] mark_sum = part_tiles + 14'd15 + {{LEN_W - 1{1'b0}}, part_rest};
  reg                    rest_q;  // a tile that is not full follows
  reg  [            5:0] ports_q;

  mem_lutram #(
      .DATA_W(BEATS_W + LEN_W),
      .DEPTH (8)
  ) u_sizes (
      .clk    (clk),
      .wr_en  (sized),
      .wr_addr(part_q),
      .wr_data({size, tiles_q}),
      .rd_addr(part_q),
      .rd_data({part_size, part_tiles})
  );

  generate
    if (PARTIAL) begin : g_partial
      localparam SUM_W = LEN_W + 6;
      localparam [31:0] ROUND = PORT_BYTES - 1;

      reg  [LEN_W-1:0] over_q;  // positions behind the full tiles: 32 bytes of a tile each, 2 of exponents
      wire [SUM_W-1:0] in_tile = {1'b0, over_q, 5'd0} + ROUND[SUM_W-1:0];
      wire [SUM_W-1:0] in_marks = {5'd0, over_q, 1'b0} + ROUND[SUM_W-1:0];
      wire [SUM_W-1:0] tile_ports = in_tile >> SHIFT;
      wire [SUM_W-1:0] marks_ports = in_marks >> SHIFT;
      reg  [      5:0] tile_ports_q;
      reg  [      5:0] mark_ports_q;

      always @(posedge clk) begin
        if (state_q == TILES) over_q <= length & FILL[LEN_W-1:0];
        tile_ports_q <= tile_ports[5:0];
        mark_ports_q <= (|tiles_q) ? PORTS[5:0] : marks_ports[5:0];
      end

      mem_lutram #(
          .DATA_W(1 + 6 + 6),
          .DEPTH (8)
      ) u_rests (
          .clk    (clk),
          .wr_en  (sized),
          .wr_addr(part_q),
          .wr_data({|over_q, tile_ports_q, mark_ports_q}),
          .rd_addr(part_q),
          .rd_data({part_rest, part_ports, mark_ports})
      );

      wire unused_high = &{1'b0, tile_ports[SUM_W-1:6], marks_ports[SUM_W-1:6]};
    end else begin : g_whole
      assign part_rest  = 1'b0;
      assign part_ports = PORTS[5:0];
      assign mark_ports = PORTS[5:0];
    end
  endgenerate

  always @(posedge clk) begin
    if (state_q == READ) begin
      offset_q <= address;
      there_q  <= (|part_tiles) || (part_rest && !values_q);
      beats_q  <= part_size + (values_q ? {BEATS_W{1'b0}} : {8'd0, mark_sum[LEN_W-1:MARKED_LG]});
      ports_q  <= mark_ports;
      rest_q   <= part_rest;
      second_q <= 1'b0;
    end else if (accept && rest_q) begin
      offset_q <= offset_q + ({{64 - BEATS_W{1'b0}}, beats_q} << SHIFT);
      there_q  <= 1'b1;
      beats_q  <= {{BEATS_W - 4{1'b0}}, c_slices};
      ports_q  <= part_ports;
      rest_q   <= 1'b0;
      second_q <= 1'b1;
    end
  end

  assign m_valid = state_q == OFFER && there_q;
  assign m_data  = {ports_q, values_q, part_q, {32 - BEATS_W{1'b0}}, beats_q, offset_q};

  // The walk.
  reg  [7:0] value_head_q;
  reg        single_q;  // one head
  reg        last_q;  // values of the last head
  wire       keys_over = head_q == c_heads;
  wire       turn_end = move && part_end;
  wire       finish = turn_end && values_q && last_q;

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else begin
      case (state_q)
        IDLE:    if (job_valid) state_q <= LAYER;
        LAYER:   if (layers_valid) state_q <= TILES;
        TILES:   state_q <= SIZE;
        SIZE:    if (size_valid) state_q <= KEYS;
        KEYS:    state_q <= VALUES;
        VALUES:  state_q <= part_end ? READ : TILES;
        READ:    state_q <= OFFER;
        default: if (move) state_q <= finish ? IDLE : READ;
      endcase
    end
  end

  always @(posedge clk) begin
    if (state_q == IDLE) part_q <= 3'd0;
    else if (state_q == VALUES || move) part_q <= part_end ? 3'd0 : part_q + 3'd1;
  end

  // Keys of head 0, then keys of each head and values of the one before it, at last values alone.
  always @(posedge clk) begin
    if (state_q == IDLE) head_q <= 8'd0;
    else if (turn_end && !values_q) head_q <= head_q + 8'd1;
  end

  always @(posedge clk) begin
    if (state_q == IDLE) values_q <= 1'b0;
    else if (turn_end) values_q <= values_q ? keys_over : single_q || head_q != 8'd0;
  end

  always @(posedge clk) begin
    if (state_q == IDLE) value_head_q <= 8'd1;
    else if (turn_end && values_q) value_head_q <= value_head_q + 8'd1;
  end

  always @(posedge clk) begin
    single_q <= c_heads == 8'd1;
    last_q   <= value_head_q == c_heads;
  end

  wire unused_bits = &{1'b0, mark_sum[MARKED_LG-1:0], tiles[LEN_W]};

  generate
    if (WIDE_W < 256 || WIDE_W != 256 << POS_LG) begin : g_bad_width
      tern_cache_reads_WIDE_W_must_be_256_times_a_power_of_two u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
