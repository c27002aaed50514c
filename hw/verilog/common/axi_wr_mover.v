// SPDX-License-Identifier: Apache-2.0
//
// axi_wr_mover - writes a stream over an AXI4 port to runs of memory.
//
// Function     : each command (addr, beats) takes `beats` words from the stream and writes them to addr,
//                addr + DATA_W/8, ...; `done` pulses once per command, in order, after its last answer. err = an answer
//                was SLVERR or DECERR since the last err_clear; the transfer completes all the same.
// Format       : byte addresses, multiples of DATA_W/8; beats 0..2^32-1, zero writes nothing and is done at once.
// Latency      : variable: 3 cycles from command to address; data pass in the cycle they arrive; then the memory's.
// Throughput   : variable: the memory's; 1 when (OUTSTANDING - 1) * BURST_BEATS >= cycles from wlast to answer + 2.
// Back-pressure: registered cmd_ready; s_ready follows wready combinationally; no beat is absorbed.
// Golden       : golden.axi.split_bursts
// Test         : tests/rtl/test_axi_wr_mover.py
//
// Why: a burst's data may start in the cycle after its address is offered, accepted or not, because AXI lets a memory
// wait for WVALID before it raises AWREADY; waiting for the address to be accepted first could deadlock.
`default_nettype none
`include "checks.vh"

module axi_wr_mover #(
    parameter ADDR_W      = 64,  // bits of a byte address, 16..64
    parameter DATA_W      = 256, // bits of a beat: power of two, 32..1024
    parameter OUTSTANDING = 16,  // bursts in flight: power of two, 2..256
    parameter BURST_BEATS = 16   // longest burst: power of two, 1..256, BURST_BEATS * DATA_W/8 <= 4096
) (
    input  wire                clk,
    input  wire                rst,
    input  wire                cmd_valid,
    output wire                cmd_ready,
    input  wire [ADDR_W-1:0]   cmd_addr,
    input  wire [31:0]         cmd_beats,
    input  wire                s_valid,
    output wire                s_ready,
    input  wire [DATA_W-1:0]   s_data,
    output wire                awvalid,
    input  wire                awready,
    output wire [ADDR_W-1:0]   awaddr,
    output wire [7:0]          awlen,
    output wire                wvalid,
    input  wire                wready,
    output wire [DATA_W-1:0]   wdata,
    output wire [DATA_W/8-1:0] wstrb,
    output wire                wlast,
    input  wire                bvalid,
    output wire                bready,
    input  wire [1:0]          bresp,
    output wire                beat,      // a word moved, for counting
    output wire                done,      // pulse: the oldest command is complete
    output wire                busy,      // high from the cycle after a command until its done pulse
    output wire                err,
    input  wire                err_clear
);
  localparam LEVEL_W = $clog2(OUTSTANDING) + 1;
  localparam LEN_W = (BURST_BEATS < 2) ? 1 : $clog2(BURST_BEATS);  // bits of awlen that a burst may set

  generate
    if (OUTSTANDING < 2 || OUTSTANDING > 256 || (OUTSTANDING & (OUTSTANDING - 1)) != 0) begin : g_bad_outstanding
      axi_wr_mover_OUTSTANDING_must_be_a_power_of_two_2_to_256 u_error ();
    end
  endgenerate

  wire burst_valid;
  wire burst_ready;
  wire burst_final;
  wire burst_null;
  wire split_busy;

  axi_burst_split #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .BURST_BEATS(BURST_BEATS)
  ) u_split (
      .clk      (clk),
      .rst      (rst),
      .cmd_valid(cmd_valid),
      .cmd_ready(cmd_ready),
      .cmd_addr (cmd_addr),
      .cmd_beats(cmd_beats),
      .m_valid  (burst_valid),
      .m_ready  (burst_ready),
      .m_addr   (awaddr),
      .m_len    (awlen),
      .m_final  (burst_final),
      .m_null   (burst_null),
      .busy     (split_busy)
  );

  // Address: a burst (or null token) enters the queue of open tokens when it leaves the splitter, and leaves it with its
  // answer. Only a token that enters can fill the queue, so awvalid holds.
  wire open_ready;

  assign awvalid     = burst_valid && !burst_null && open_ready;
  assign burst_ready = open_ready && (burst_null || awready);

  // Data: the length of each burst is queued in the first cycle in which its address is offered.
  reg        len_sent_q;
  wire       len_valid;
  wire       len_ready;
  wire [LEN_W-1:0] len_next;
  wire       len_free;
  wire [LEVEL_W-1:0] unused_len_level;

  always @(posedge clk) begin
    if (rst) len_sent_q <= 1'b0;
    else len_sent_q <= awvalid && !awready;
  end

  strm_fifo #(
      .DATA_W(LEN_W),
      .DEPTH (OUTSTANDING)
  ) u_len (
      .clk    (clk),
      .rst    (rst),
      .s_valid(awvalid && !len_sent_q),
      .s_ready(len_free),
      .s_data (awlen[LEN_W-1:0]),
      .m_valid(len_valid),
      .m_ready(len_ready),
      .m_data (len_next),
      .level  (unused_len_level)
  );

  reg        w_valid_q;
  reg        w_last_q;
  reg  [LEN_W-1:0] w_left_q;  // beats after this one

  assign len_ready = !w_valid_q || (beat && w_last_q);

  always @(posedge clk) begin
    if (rst) w_valid_q <= 1'b0;
    else if (len_ready) w_valid_q <= len_valid;
  end

  always @(posedge clk) begin
    if (len_ready) begin
      w_left_q <= len_next;
      w_last_q <= len_next == {LEN_W{1'b0}};
    end else if (beat) begin
      w_left_q <= w_left_q - 1'b1;
      w_last_q <= w_left_q == {{LEN_W - 1{1'b0}}, 1'b1};
    end
  end

  assign wvalid  = w_valid_q && s_valid;
  assign wdata   = s_data;
  assign wstrb   = {DATA_W / 8{1'b1}};
  assign wlast   = w_last_q;
  assign s_ready = w_valid_q && wready;
  assign beat    = wvalid && wready;

  // Answers: whether each open token is null and whether it ends its command, in order.
  wire               head_valid;
  wire               head_null;
  wire               head_final;
  wire               head_done;
  wire [LEVEL_W-1:0] open_level;

  strm_fifo #(
      .DATA_W(2),
      .DEPTH (OUTSTANDING)
  ) u_open (
      .clk    (clk),
      .rst    (rst),
      .s_valid(burst_valid && (burst_null || awready)),
      .s_ready(open_ready),
      .s_data ({burst_null, burst_final}),
      .m_valid(head_valid),
      .m_ready(head_null || bvalid),
      .m_data ({head_null, head_final}),
      .level  (open_level)
  );

  reg done_q;
  reg err_q;

  assign bready    = head_valid && !head_null;
  assign head_done = head_valid && (head_null || bvalid);

  always @(posedge clk) begin
    if (rst) done_q <= 1'b0;
    else done_q <= head_done && head_final;
  end

  always @(posedge clk) begin
    if (rst) err_q <= 1'b0;
    else if (bready && bvalid && bresp[1]) err_q <= 1'b1;
    else if (err_clear) err_q <= 1'b0;
  end

  assign done = done_q;
  assign err  = err_q;
  assign busy = split_busy || open_level != {LEVEL_W{1'b0}};

  `CHECK_STREAM(awvalid, awready, {awaddr, awlen})
  `CHECK_STREAM(wvalid, wready, {wlast, wdata})
  `CHECK(len_free, "a burst length found no room")
  `CHECK(!bvalid || open_level != {LEVEL_W{1'b0}}, "write answer without a burst in flight")

  wire unused_bresp = bresp[0];
endmodule

`default_nettype wire
