// SPDX-License-Identifier: Apache-2.0
//
// tern_fetch_ids - ids of the tokens of EMBED jobs: from the list of a prompt, or those that the head chose.
//
// Function     : job of n tokens -> n ids. With feedback they are the next ones of `tok`, else the next ones of the list at
//                c_tok_off, 32 bits each, going on from job to job since `clear`. An id >= c_vocab becomes 0, with a pulse of
//                bad_token.
// Format       : job_data {feedback, tokens less 1 (8 bits)}; byte offsets; ids unsigned.
// Latency      : variable: 2 cycles from an id; a beat of the list is read when the one before it is used up
// Throughput   : variable: an id in 3 cycles
// Back-pressure: registered readies; absorbs 1 job.
// Golden       : golden.ternary.accel.reads.row_beats
// Test         : tests/rtl/test_tern_fetch.py
//
// Why: a beat of the list is ordered only when it has a place here, so it never waits in the ports.

`default_nettype none
`include "checks.vh"

module tern_fetch_ids #(
    parameter WIDE_W     = 512,  // bits of a wide beat, a multiple of 32
    parameter PORT_BYTES = 32    // bytes that a wide beat takes of each port, a power of two >= 2
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              clear,
    input  wire [      63:0] c_tok_off,
    input  wire [      31:0] c_vocab,
    input  wire              job_valid,
    output wire              job_ready,
    input  wire [       8:0] job_data,
    input  wire              tok_valid,
    output wire              tok_ready,
    input  wire [      31:0] tok_data,
    output wire              list_want,    // a beat of the list is to be read
    input  wire              list_order,   // it is, in this cycle
    output wire [      63:0] list_offset,
    input  wire              list_valid,   // it comes; never waits
    input  wire [WIDE_W-1:0] list_data,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [      31:0] m_data,
    output wire              bad_token
);

  localparam [31:0] BYTES = PORT_BYTES;
  localparam [63:0] STEP = {32'd0, BYTES};

  localparam [1:0] IDLE = 2'd0;
  localparam [1:0] ID = 2'd1;
  localparam [1:0] CHECK_ID = 2'd2;
  localparam [1:0] OFFER = 2'd3;

  reg  [ 1:0] state_q;
  reg  [ 7:0] left_q;  // tokens after this one
  reg         feedback_q;
  reg  [31:0] id_q;
  reg         bad_q;
  reg         asked_q;  // a beat of the list is on its way
  reg  [63:0] list_offset_q;
  wire        prompt_valid;
  wire [31:0] prompt;
  wire        list_ready;
  wire        unused_last;
  wire        id_valid = feedback_q ? tok_valid : prompt_valid;
  wire        bad = id_q >= c_vocab;

  assign job_ready   = state_q == IDLE;
  assign tok_ready   = state_q == ID && feedback_q;
  assign list_want   = state_q == ID && !feedback_q && !prompt_valid && !asked_q;
  assign list_offset = list_offset_q;
  assign m_valid     = state_q == OFFER;
  assign m_data      = id_q;
  assign bad_token   = bad_q;

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else begin
      case (state_q)
        IDLE:     if (job_valid) state_q <= ID;
        ID:       if (id_valid) state_q <= CHECK_ID;
        CHECK_ID: state_q <= OFFER;
        default:  if (m_ready) state_q <= (left_q == 8'd0) ? IDLE : ID;
      endcase
    end
  end

  always @(posedge clk) begin
    if (job_ready) {feedback_q, left_q} <= job_data;
    else if (m_valid && m_ready) left_q <= left_q - 8'd1;
  end

  always @(posedge clk) begin
    if (state_q == ID) id_q <= feedback_q ? tok_data : prompt;
    else if (state_q == CHECK_ID && bad) id_q <= 32'd0;
  end

  always @(posedge clk) begin
    if (rst) bad_q <= 1'b0;
    else bad_q <= state_q == CHECK_ID && bad;
  end

  always @(posedge clk) begin
    if (rst || clear) list_offset_q <= c_tok_off;
    else if (list_order) list_offset_q <= list_offset_q + STEP;
  end

  always @(posedge clk) begin
    if (rst || clear || list_valid) asked_q <= 1'b0;
    else if (list_order) asked_q <= 1'b1;
  end

  strm_downsize #(
      .DATA_W(32),
      .RATIO (WIDE_W / 32)
  ) u_list (
      .clk    (clk),
      .rst    (rst || clear),
      .s_valid(list_valid),
      .s_ready(list_ready),
      .s_data (list_data),
      .s_last (1'b0),
      .m_valid(prompt_valid),
      .m_ready(state_q == ID && !feedback_q),
      .m_data (prompt),
      .m_last (unused_last)
  );

  `CHECK(!list_valid || list_ready, "a beat of the token list found no room")
  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
