// SPDX-License-Identifier: Apache-2.0
//
// axi_rd_mover - reads runs of memory over an AXI4 port into a stream.
//
// Function     : each command (addr, beats) yields the `beats` words at addr, addr + DATA_W/8, ... in order; commands
//                follow one another without a gap. err = an answer was SLVERR or DECERR since the last err_clear; the
//                transfer completes all the same.
// Format       : byte addresses, multiples of DATA_W/8; beats 0..2^32-1, zero moves nothing.
// Latency      : variable: 3 cycles from command to address, then the memory's; data pass in the cycle they arrive.
// Throughput   : variable: the memory's; 1 when (OUTSTANDING - 1) * BURST_BEATS >= cycles from address to data.
// Back-pressure: registered cmd_ready; rready follows m_ready combinationally; no beat is absorbed.
// Golden       : golden.axi.split_bursts
// Test         : tests/rtl/test_axi_rd_mover.py
//
// Why: addresses are issued without reserving room for the data downstream. A consumer that stalls holds up this
// port's R channel only, every port has its own, and nothing on the way to the data waits for another port's R.
`default_nettype none
`include "checks.vh"

module axi_rd_mover #(
    parameter ADDR_W      = 64,  // bits of a byte address, 16..64
    parameter DATA_W      = 256, // bits of a beat: power of two, 32..1024
    parameter OUTSTANDING = 16,  // bursts in flight: power of two, 2..256
    parameter BURST_BEATS = 16   // longest burst: power of two, 1..256, BURST_BEATS * DATA_W/8 <= 4096
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              cmd_valid,
    output wire              cmd_ready,
    input  wire [ADDR_W-1:0] cmd_addr,
    input  wire [31:0]       cmd_beats,
    output wire              arvalid,
    input  wire              arready,
    output wire [ADDR_W-1:0] araddr,
    output wire [7:0]        arlen,
    input  wire              rvalid,
    output wire              rready,
    input  wire [DATA_W-1:0] rdata,
    input  wire [1:0]        rresp,
    input  wire              rlast,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [DATA_W-1:0] m_data,
    output wire              beat,      // a word moved, for counting
    output wire              busy,      // high from the cycle after a command until its last word has moved
    output wire              err,
    input  wire              err_clear
);
  localparam COUNT_W = $clog2(OUTSTANDING + 1);
  localparam [31:0] COUNT_MAX = OUTSTANDING;

  generate
    if (OUTSTANDING < 2 || OUTSTANDING > 256 || (OUTSTANDING & (OUTSTANDING - 1)) != 0) begin : g_bad_outstanding
      axi_rd_mover_OUTSTANDING_must_be_a_power_of_two_2_to_256 u_error ();
    end
  endgenerate

  wire burst_valid;
  wire burst_ready;
  wire burst_null;
  wire split_busy;
  wire unused_final;

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
      .m_addr   (araddr),
      .m_len    (arlen),
      .m_final  (unused_final),
      .m_null   (burst_null),
      .busy     (split_busy)
  );

  reg  [COUNT_W-1:0] flight_q;
  reg  [COUNT_W-1:0] flight_d;
  reg                credit_q;  // flight_q < OUTSTANDING
  reg                err_q;

  wire               ar_fire = arvalid && arready;
  wire               burst_done = rvalid && rready && rlast;

  // Only an accepted address takes the credit away, so arvalid holds.
  assign arvalid     = burst_valid && !burst_null && credit_q;
  assign burst_ready = burst_null || (arready && credit_q);

  always @* begin
    flight_d = flight_q;
    if (ar_fire && !burst_done) flight_d = flight_q + 1'b1;
    if (!ar_fire && burst_done) flight_d = flight_q - 1'b1;
  end

  always @(posedge clk) begin
    if (rst) begin
      flight_q <= {COUNT_W{1'b0}};
      credit_q <= 1'b1;
    end else begin
      flight_q <= flight_d;
      credit_q <= flight_d != COUNT_MAX[COUNT_W-1:0];
    end
  end

  always @(posedge clk) begin
    if (rst) err_q <= 1'b0;
    else if (beat && rresp[1]) err_q <= 1'b1;
    else if (err_clear) err_q <= 1'b0;
  end

  assign m_valid = rvalid;
  assign m_data  = rdata;
  assign rready  = m_ready;
  assign beat    = rvalid && m_ready;
  assign busy    = split_busy || flight_q != {COUNT_W{1'b0}};
  assign err     = err_q;

  `CHECK_STREAM(arvalid, arready, {araddr, arlen})
  `CHECK(!rvalid || flight_q != {COUNT_W{1'b0}}, "read data without a burst in flight")

  wire unused_rresp = rresp[0];
endmodule

`default_nettype wire
