// SPDX-License-Identifier: Apache-2.0
//
// dut_drain - takes exactly the stated number of beats from a foreign design and puts them into memory beats.
//
// Function     : `beats` beats behind a load, in places of SLOT_W bits, the first lowest; zeros behind the last and above
//                each beat. While run is low none is taken; under flush zeros come in place of those that are missing.
// Format       : opaque bits; extra = the design offers a beat behind the stated ones.
// Latency      : variable: 1 cycle from the beat that fills a memory beat
// Throughput   : variable: 1 memory beat for PORT_W / SLOT_W beats
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs PORT_W / SLOT_W beats.
// Golden       : golden.streams.upsize
// Test         : tests/rtl/test_dut_drain.py
//
// Why: a write that was ordered must get all its data, or the memory port hangs; so a run that is given up fills the
// rest with zeros, and `done` says how many beats are the design's.

`default_nettype none

module dut_drain #(
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
    input  wire [DATA_W-1:0] s_data,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [PORT_W-1:0] m_data,
    output wire              moved,       // a beat of the design moves
    output wire              blocked,     // the design offers a stated beat and memory takes none
    output wire              more,        // beats are missing
    output wire              extra,
    output wire [      31:0] done         // beats that the design has given
);

  localparam RATIO = PORT_W / SLOT_W;
  localparam RATIO_LG = $clog2(RATIO);
  localparam [32:0] ROUND_UP = RATIO - 1;

  reg  [      31:0] left_q;
  reg  [      31:0] done_q;
  reg               more_q;
  wire [      32:0] wide_sum = ({1'b0, beats} + ROUND_UP) >> RATIO_LG;
  wire              up_valid = more_q && (flush || (run && s_valid));
  wire              up_ready;
  wire [SLOT_W-1:0] place;
  wire              unused_last;
  wire              unused_sum = wide_sum[32];

  assign wide_beats = wide_sum[31:0];
  assign s_ready    = run && more_q && up_ready;
  assign moved      = s_valid && s_ready;
  assign blocked    = run && more_q && s_valid && !up_ready;
  assign more       = more_q;
  assign extra      = run && !more_q && s_valid;
  assign done       = done_q;

  assign place[DATA_W-1:0] = s_data & {DATA_W{!flush}};

  generate
    if (SLOT_W > DATA_W) begin : g_above
      assign place[SLOT_W-1:DATA_W] = {SLOT_W - DATA_W{1'b0}};
    end
  endgenerate

  strm_upsize #(
      .DATA_W(SLOT_W),
      .RATIO (RATIO)
  ) u_gather (
      .clk    (clk),
      .rst    (rst || load),
      .s_valid(up_valid),
      .s_ready(up_ready),
      .s_data (place),
      .s_last (left_q == 32'd1),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .m_last (unused_last)
  );

  always @(posedge clk) begin
    if (rst) more_q <= 1'b0;
    else if (load) more_q <= beats != 32'd0;
    else if (up_valid && up_ready && left_q == 32'd1) more_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (load) left_q <= beats;
    else if (up_valid && up_ready) left_q <= left_q - 32'd1;
  end

  always @(posedge clk) begin
    if (rst || load) done_q <= 32'd0;
    else if (moved) done_q <= done_q + 32'd1;
  end

  generate
    if (DATA_W < 1 || DATA_W > SLOT_W || SLOT_W > PORT_W || SLOT_W < 8 || (SLOT_W & (SLOT_W - 1)) != 0) begin : g_bad_size
      dut_drain_needs_DATA_W_within_SLOT_W_a_power_of_two_within_PORT_W u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
