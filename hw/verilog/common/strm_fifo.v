// SPDX-License-Identifier: Apache-2.0
//
// strm_fifo - queue of DEPTH beats: mem_lutram below 64, mem_sdp with a prefetched head from 64 on.
//
// Function     : the output is the input sequence, unchanged; level = beats accepted and not yet taken.
// Format       : opaque bits.
// Latency      : 1 if DEPTH < 64 else 2
// Throughput   : 1
// Back-pressure: registered ready; absorbs exactly DEPTH beats.
// Golden       : golden.streams.identity
// Test         : tests/rtl/test_strm_fifo.py
//
// Why: the RAM's own output register is the head of the queue, so no wide register is copied on the way out;
// level counts that head too, which keeps the capacity at DEPTH and the RAM free of address collisions.

`default_nettype none
`include "checks.vh"

module strm_fifo #(
    parameter DATA_W = 8,  // width of a beat [bits], >= 1
    parameter DEPTH  = 16, // beats, a power of two >= 2
    parameter ULTRA  = 0   // DEPTH from which on it is UltraRAM, 0: never; 7-series devices have none
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [     DATA_W-1:0] s_data,
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [     DATA_W-1:0] m_data,
    output wire [$clog2(DEPTH):0] level
);

  localparam ADDR_W = $clog2(DEPTH);
  localparam LEVEL_W = ADDR_W + 1;

  reg  [ADDR_W-1:0] wr_ptr_q;
  reg  [ADDR_W-1:0] rd_ptr_q;
  reg  [  ADDR_W:0] level_q;  // beats inside; in block RAM those that left in the cycle before, too
  wire              push = s_valid && s_ready;
  wire              pop = m_valid && m_ready;
  wire              rd_en;
  wire              leave;  // counts down
  wire [  ADDR_W:0] flips;

  assign s_ready = !level_q[ADDR_W];

  always @(posedge clk) begin
    if (rst) level_q <= {LEVEL_W{1'b0}};
    else level_q <= level_q ^ flips;
  end

  always @(posedge clk) begin
    if (rst) wr_ptr_q <= {ADDR_W{1'b0}};
    else if (push) wr_ptr_q <= wr_ptr_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) rd_ptr_q <= {ADDR_W{1'b0}};
    else if (rd_en) rd_ptr_q <= rd_ptr_q + 1'b1;
  end

  // Up, a bit flips where all below it are ones; down, where they are zeros. A carry chain would come behind pop and push.
  assign flips[0] = push != leave;

  genvar i;
  generate
    for (i = 1; i < LEVEL_W; i = i + 1) begin : g_flip
      assign flips[i] = (push && !leave && (&level_q[i-1:0])) || (leave && !push && !(|level_q[i-1:0]));
    end

    if (DEPTH < 64) begin : g_lutram
      reg valid_q;  // level_q is not 0

      assign rd_en   = pop;
      assign leave   = pop;
      assign level   = level_q;
      assign m_valid = valid_q;

      always @(posedge clk) begin
        if (rst) valid_q <= 1'b0;
        else valid_q <= push || (pop ? |level_q[ADDR_W:1] : valid_q);
      end

      `CHECK(valid_q == (level_q != {LEVEL_W{1'b0}}), "valid_q is not what level_q says")

      mem_lutram #(
          .DATA_W(DATA_W),
          .DEPTH (DEPTH)
      ) u_mem (
          .clk    (clk),
          .wr_en  (push),
          .wr_addr(wr_ptr_q),
          .wr_data(s_data),
          .rd_addr(rd_ptr_q),
          .rd_data(m_data)
      );
    end else begin : g_block
      reg  head_valid_q;
      reg  pop_q;
      wire above_1 = |level_q[ADDR_W:1];
      wire above_2 = |level_q[ADDR_W:2] || (&level_q[1:0]);
      wire stored = (head_valid_q && pop_q) ? above_2 : (head_valid_q || pop_q) ? above_1 : |level_q;

      assign rd_en   = stored && (m_ready || !head_valid_q);
      assign leave   = pop_q;
      assign level   = level_q - {{ADDR_W{1'b0}}, pop_q};
      assign m_valid = head_valid_q;

      always @(posedge clk) begin
        if (rst) pop_q <= 1'b0;
        else pop_q <= pop;
      end

      always @(posedge clk) begin
        if (rst) head_valid_q <= 1'b0;
        else if (m_ready || !head_valid_q) head_valid_q <= stored;
      end

      mem_sdp #(
          .DATA_W(DATA_W),
          .DEPTH (DEPTH),
          .ULTRA (ULTRA)
      ) u_mem (
          .clk    (clk),
          .wr_en  (push),
          .wr_addr(wr_ptr_q),
          .wr_data(s_data),
          .rd_en  (rd_en),
          .rd_addr(rd_ptr_q),
          .rd_data(m_data)
      );
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!level_q[ADDR_W] || level_q[ADDR_W-1:0] == {ADDR_W{1'b0}}, "more beats than DEPTH")

  generate
    if (DATA_W < 1) begin : g_bad_data_w
      strm_fifo_DATA_W_must_be_at_least_1 u_error ();
    end
    if (DEPTH < 2 || (DEPTH & (DEPTH - 1)) != 0) begin : g_bad_depth
      strm_fifo_DEPTH_must_be_a_power_of_two_from_2_on u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
