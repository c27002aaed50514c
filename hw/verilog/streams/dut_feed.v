// SPDX-License-Identifier: Apache-2.0
//
// dut_feed - gives a foreign design exactly the stated number of beats, out of memory beats that hold several.
//
// Function     : the first `beats` places of the memory beats behind a load, lowest place first; DATA_W low bits of each.
//                While run is low none is offered; under flush what memory still sends is dropped.
// Format       : opaque bits; a place is SLOT_W bits, its bits above DATA_W are ignored.
// Latency      : variable: 1 cycle from a memory beat to its first place, when run is high
// Throughput   : variable: 1 beat per cycle, when memory gives one in PORT_W / SLOT_W cycles
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 1 memory beat.
// Golden       : golden.streams.downsize; the first `beats` of its beats
// Test         : tests/rtl/test_dut_feed.py
//
// Why: the number of beats is a register's and not a marker in the stream, so that a design which loses its `last` is
// found by comparing beats, and not by a run that never ends.

`default_nettype none

module dut_feed #(
    parameter PORT_W = 128,  // bits of a memory beat, 128, 256 or 512
    parameter SLOT_W = 8,    // bits of a place in it, a power of two, 8..PORT_W
    parameter DATA_W = 8     // bits of a beat, 1..SLOT_W
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              load,        // one cycle: the run begins, `beats` is taken
    input  wire              run,         // the design takes and gives
    input  wire              flush,       // the run is given up
    input  wire [      31:0] beats,
    output wire [      31:0] wide_beats,  // memory beats that hold them
    input  wire              s_valid,
    output wire              s_ready,
    input  wire [PORT_W-1:0] s_data,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [DATA_W-1:0] m_data,
    output wire              moved,       // a beat moves
    output wire              starved,     // the design would take a beat and memory has sent none
    output wire              more,        // beats are left that the design has not taken
    output wire              idle,        // memory has sent everything
    output wire [      31:0] done         // beats that the design has taken
);

  localparam RATIO = PORT_W / SLOT_W;
  localparam RATIO_LG = $clog2(RATIO);
  localparam [32:0] ROUND_UP = RATIO - 1;

  reg  [      31:0] left_q;
  reg  [      31:0] wide_left_q;
  reg  [      31:0] done_q;
  reg               more_q;
  reg               wide_more_q;
  wire [      32:0] wide_sum = ({1'b0, beats} + ROUND_UP) >> RATIO_LG;
  wire              wide_take = s_valid && s_ready;
  wire              down_valid;
  wire              down_ready;
  wire [SLOT_W-1:0] down_data;
  wire              unused_last;
  wire              unused_data = &{1'b0, down_data, wide_sum[32]};

  assign wide_beats = wide_sum[31:0];
  assign s_ready    = wide_more_q && (flush || down_ready);
  assign m_valid    = run && more_q && down_valid;
  assign m_data     = down_data[DATA_W-1:0];
  assign moved      = m_valid && m_ready;
  assign starved    = run && more_q && m_ready && !down_valid;
  assign more       = more_q;
  assign idle       = !wide_more_q;
  assign done       = done_q;

  strm_downsize #(
      .DATA_W(SLOT_W),
      .RATIO (RATIO)
  ) u_cut (
      .clk    (clk),
      .rst    (rst || load),
      .s_valid(s_valid && wide_more_q && !flush),
      .s_ready(down_ready),
      .s_data (s_data),
      .s_last (1'b0),
      .m_valid(down_valid),
      .m_ready(run && more_q && m_ready),
      .m_data (down_data),
      .m_last (unused_last)
  );

  always @(posedge clk) begin
    if (rst) more_q <= 1'b0;
    else if (load) more_q <= beats != 32'd0;
    else if (moved && left_q == 32'd1) more_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst) wide_more_q <= 1'b0;
    else if (load) wide_more_q <= beats != 32'd0;
    else if (wide_take && wide_left_q == 32'd1) wide_more_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (load) left_q <= beats;
    else if (moved) left_q <= left_q - 32'd1;
  end

  always @(posedge clk) begin
    if (load) wide_left_q <= wide_beats;
    else if (wide_take) wide_left_q <= wide_left_q - 32'd1;
  end

  always @(posedge clk) begin
    if (rst || load) done_q <= 32'd0;
    else if (moved) done_q <= done_q + 32'd1;
  end

  generate
    if (DATA_W < 1 || DATA_W > SLOT_W || SLOT_W > PORT_W || SLOT_W < 8 || (SLOT_W & (SLOT_W - 1)) != 0) begin : g_bad_size
      dut_feed_needs_DATA_W_within_SLOT_W_a_power_of_two_within_PORT_W u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
