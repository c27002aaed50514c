// SPDX-License-Identifier: Apache-2.0
//
// tern_xbuf - keeps the activations of a run on chip and plays them back slot by slot, once per row block.
//
// Function     : the beats after `clear` hold slots 0, 1, ... of DATA_W bits, P in a beat, SLOT_W bits apart; the output
//                is slots 0..last_slot, that sequence last_pass + 1 times, each slot as soon as it has arrived.
// Format       : opaque bits; a slot's bits above DATA_W are dropped.
// Latency      : variable: 4 cycles from a beat to its first slot when the output is not held up.
// Throughput   : variable: 1 slot per cycle out; 1 beat per cycle in.
// Back-pressure: combinational ready on the output side; the input is always taken.
// Golden       : golden.ternary.packing.pack_x
// Test         : tests/rtl/test_tern_xbuf.py
//
// Why: a register behind the memory and one behind the slot multiplexer, so that neither a RAM's output nor a wide
// multiplexer stands before the tables' adders. Shallow buffers are distributed RAM: block RAM would be nearly empty.

`default_nettype none
`include "checks.vh"

module tern_xbuf #(
    parameter WIDE_W = 256,  // bits of a beat, P * SLOT_W
    parameter P      = 1,    // slots in a beat, a power of two >= 1
    parameter DATA_W = 160,  // bits used of a slot, <= WIDE_W / P
    parameter SLOTS  = 64    // capacity in slots, a power of two >= 2 * P
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire                     clear,
    input  wire [$clog2(SLOTS)-1:0] last_slot,
    input  wire [             15:0] last_pass,
    input  wire                     s_valid,
    input  wire [       WIDE_W-1:0] s_data,
    output wire                     m_valid,
    input  wire                     m_ready,
    output wire [       DATA_W-1:0] m_data
);

  localparam SLOT_W = WIDE_W / P;
  localparam SLOT_A = $clog2(SLOTS);
  localparam WORDS = SLOTS / P;
  localparam WORD_A = $clog2(WORDS);
  localparam SUB_A = SLOT_A - WORD_A;

  reg  [  WORD_A:0] words_q;   // beats that have arrived
  reg               active_q;  // slots remain to be played
  reg  [SLOT_A-1:0] slot_q;
  reg  [      15:0] pass_q;
  reg               p1_valid_q;
  reg               p2_valid_q;
  wire              p2_ready = m_ready || !p2_valid_q;
  wire              p1_ready = p2_ready || !p1_valid_q;
  wire              arrived = {1'b0, slot_q[SLOT_A-1:SUB_A]} < words_q;
  wire              fetch = active_q && arrived && p1_ready;
  wire              wrap = slot_q == last_slot;

  always @(posedge clk) begin
    if (rst || clear) words_q <= {WORD_A + 1{1'b0}};
    else if (s_valid) words_q <= words_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) active_q <= 1'b0;
    else if (clear) active_q <= 1'b1;
    else if (fetch && wrap && pass_q == last_pass) active_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (clear) begin
      slot_q <= {SLOT_A{1'b0}};
      pass_q <= 16'd0;
    end else if (fetch) begin
      slot_q <= wrap ? {SLOT_A{1'b0}} : slot_q + 1'b1;
      pass_q <= wrap ? pass_q + 16'd1 : pass_q;
    end
  end

  always @(posedge clk) begin
    if (rst || clear) begin
      p1_valid_q <= 1'b0;
      p2_valid_q <= 1'b0;
    end else begin
      if (p1_ready) p1_valid_q <= fetch;
      if (p2_ready) p2_valid_q <= p1_valid_q;
    end
  end

  wire [P*DATA_W-1:0] wr_word;
  wire [P*DATA_W-1:0] word;
  reg  [  DATA_W-1:0] p2_data_q;

  genvar i;
  generate
    for (i = 0; i < P; i = i + 1) begin : g_slot
      assign wr_word[i*DATA_W+:DATA_W] = s_data[i*SLOT_W+:DATA_W];
      if (DATA_W < SLOT_W) begin : g_padding
        wire unused_padding = &{1'b0, s_data[i*SLOT_W+DATA_W+:SLOT_W-DATA_W]};
      end
    end

    if (WORDS >= 64) begin : g_block
      mem_sdp #(
          .DATA_W(P * DATA_W),
          .DEPTH (WORDS)
      ) u_mem (
          .clk    (clk),
          .wr_en  (s_valid),
          .wr_addr(words_q[WORD_A-1:0]),
          .wr_data(wr_word),
          .rd_en  (fetch),
          .rd_addr(slot_q[SLOT_A-1:SUB_A]),
          .rd_data(word)
      );
    end else begin : g_lutram
      wire [P*DATA_W-1:0] rd_data;
      reg  [P*DATA_W-1:0] word_q;

      assign word = word_q;

      always @(posedge clk) begin
        if (fetch) word_q <= rd_data;
      end

      mem_lutram #(
          .DATA_W(P * DATA_W),
          .DEPTH (WORDS)
      ) u_mem (
          .clk    (clk),
          .wr_en  (s_valid),
          .wr_addr(words_q[WORD_A-1:0]),
          .wr_data(wr_word),
          .rd_addr(slot_q[SLOT_A-1:SUB_A]),
          .rd_data(rd_data)
      );
    end

    if (P > 1) begin : g_select
      reg [SUB_A-1:0] p1_sub_q;

      always @(posedge clk) begin
        if (fetch) p1_sub_q <= slot_q[SUB_A-1:0];
      end

      always @(posedge clk) begin
        if (p1_valid_q && p2_ready) p2_data_q <= word[p1_sub_q*DATA_W+:DATA_W];
      end
    end else begin : g_single
      always @(posedge clk) begin
        if (p1_valid_q && p2_ready) p2_data_q <= word;
      end
    end

    if (P < 1 || (P & (P - 1)) != 0 || SLOTS < 2 * P || (SLOTS & (SLOTS - 1)) != 0) begin : g_bad_slots
      tern_xbuf_P_and_SLOTS_must_be_powers_of_two_and_SLOTS_at_least_2P u_error ();
    end
    if (DATA_W > SLOT_W) begin : g_bad_data_w
      tern_xbuf_DATA_W_must_fit_a_slot u_error ();
    end
  endgenerate

  assign m_valid = p2_valid_q;
  assign m_data  = p2_data_q;

  `CHECK(!s_valid || !words_q[WORD_A], "more beats than SLOTS hold")
  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
