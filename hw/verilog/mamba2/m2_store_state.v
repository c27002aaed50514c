// SPDX-License-Identifier: Apache-2.0
//
// m2_store_state - says where the beats of state chunks go, piece by piece.
//
// Function     : for each chunk of IN jobs of layers >= c_mem_first: c_qb beats of q to chunk + c_sb beats, in pieces of at most
//                PIECE beats, then c_sb beats of f to the chunk's begin; m_last on the last piece. A piece is offered when
//                its queue holds it.
// Format       : byte offsets, PORT_BYTES a beat; jobs as m2_job.vh has them.
// Latency      : variable: m2_chunk_walk's and 2 cycles
// Throughput   : variable: one piece in 2 cycles, 2 cycles more a chunk
// Back-pressure: registered job_ready; m_valid holds.
// Golden       : golden.mamba2.accel.layout.pack_state
// Test         : tests/rtl/test_m2_store.py
//
// Why: a chunk's shifts lie in front of its values, but leave the quantizer last. A piece is offered by registers, for what
// chooses among the writers and takes the beats from the queues follows in the same cycle; meanwhile a queue only grows.

`default_nettype none

module m2_store_state #(
    parameter PORT_BYTES = 32,  // bytes that a wide beat takes of each port, a power of two >= 2
    parameter PIECE      = 8,   // most beats of a piece, a power of two
    parameter FREE_W     = 5    // width of the numbers of beats that the queues hold [bits]
) (
    input  wire              clk,
    input  wire              rst,
    input  wire [      63:0] c_s_off,
    input  wire [       7:0] c_mem_first,
    input  wire [      15:0] c_chunks,
    input  wire [      15:0] c_chunk_beats,
    input  wire [      15:0] c_sb,
    input  wire [      15:0] c_qb,
    input  wire              job_valid,
    output wire              job_ready,
    input  wire [      31:0] job_data,
    input  wire [FREE_W-1:0] q_free,
    input  wire [FREE_W-1:0] f_free,
    output wire              m_valid,
    input  wire              m_ready,
    output wire              m_shifts,       // beats of f, else of q
    output wire              m_last,
    output wire [      63:0] m_offset,
    output wire [FREE_W-1:0] m_beats,
    output wire              idle
);

  localparam SHIFT = $clog2(PORT_BYTES);
  localparam [31:0] MOST = PIECE;
  localparam [63:0] STEP = {32'd0, MOST} << SHIFT;

  wire        chunk_valid;
  wire        chunk_ready;
  wire [63:0] chunk_offset;
  wire [ 7:0] unused_layer;
  wire        unused_fresh;
  wire        unused_first;
  wire        unused_last;

  m2_chunk_walk #(
      .PORT_BYTES(PORT_BYTES)
  ) u_walk (
      .clk          (clk),
      .rst          (rst),
      .c_off        (c_s_off),
      .c_mem_first  (c_mem_first),
      .c_chunks     (c_chunks),
      .c_chunk_beats(c_chunk_beats),
      .job_valid    (job_valid),
      .job_ready    (job_ready),
      .job_data     (job_data),
      .m_valid      (chunk_valid),
      .m_ready      (chunk_ready),
      .m_offset     (chunk_offset),
      .m_layer      (unused_layer),
      .m_fresh      (unused_fresh),
      .m_first      (unused_first),
      .m_last       (unused_last)
  );

  reg               busy_q;
  reg               shifts_q;
  reg  [      15:0] left_q;
  reg  [      63:0] offset_q;
  reg  [      63:0] base_q;
  reg               offer_q;  // the queue holds the piece
  reg               ends_q;   // which is the last one of its kind
  reg  [FREE_W-1:0] beats_q;
  wire              ends = left_q <= MOST[15:0];
  wire [FREE_W-1:0] beats = ends ? left_q[FREE_W-1:0] : MOST[FREE_W-1:0];
  wire [FREE_W-1:0] here = shifts_q ? f_free : q_free;
  wire              move = m_valid && m_ready;

  assign chunk_ready = !busy_q;
  assign m_beats     = beats_q;
  assign m_valid     = offer_q;
  assign m_shifts    = shifts_q;
  assign m_last      = shifts_q && ends_q;
  assign m_offset    = offset_q;
  assign idle        = job_ready && !job_valid && !busy_q;

  always @(posedge clk) begin
    if (rst) busy_q <= 1'b0;
    else if (!busy_q) busy_q <= chunk_valid;
    else if (move && m_last) busy_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst) offer_q <= 1'b0;
    else offer_q <= busy_q && here >= beats && !move;
  end

  always @(posedge clk) begin
    ends_q  <= ends;
    beats_q <= beats;
  end

  always @(posedge clk) begin
    if (!busy_q) begin
      shifts_q <= 1'b0;
      left_q   <= c_qb;
      base_q   <= chunk_offset;
      offset_q <= chunk_offset + ({48'd0, c_sb} << SHIFT);
    end else if (move && ends_q) begin
      shifts_q <= 1'b1;
      left_q   <= c_sb;
      offset_q <= base_q;
    end else if (move) begin
      left_q   <= left_q - MOST[15:0];
      offset_q <= offset_q + STEP;
    end
  end

endmodule

`default_nettype wire
