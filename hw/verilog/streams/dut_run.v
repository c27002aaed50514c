// SPDX-License-Identifier: Apache-2.0
//
// dut_run - one start of a kernel around a foreign design: reset, memory commands, traffic, quiet, the end.
//
// Function     : behind start the design is reset for CLEAR cycles, then every port gets its read and its write, and the
//                design runs until all stated beats have moved and `quiet` cycles more. done comes when memory has
//                answered. Illegal arguments end the run at once. Given up, with flush, is a run in which nothing moves
//                for `limit` cycles (stalled names ports), or in which the design offers a beat too many (surplus).
// Format       : ports one bit each; quiet and limit in cycles, 0 looks for nothing.
// Latency      : variable: the design's and the memory's
// Throughput   : variable: one run at a time
// Back-pressure: none.
// Golden       : golden.axi.ap_hs_step; what lies between its start and its done
// Test         : tests/rtl/test_dut_run.py
//
// Why: outside of runs the design is in reset, so that every run gives what golden says of beats since reset, whatever
// the one before has left behind, a run that was given up included.

`default_nettype none

module dut_run #(
    parameter PORTS = 1,  // memory ports, >= 1
    parameter CLEAR = 16  // cycles of the design's reset, 2..255
) (
    input  wire             clk,
    input  wire             rst,
    input  wire             start,
    input  wire             args_bad,
    input  wire [     31:0] quiet,
    input  wire [     31:0] limit,
    output wire [PORTS-1:0] rd_valid,  // commands
    input  wire [PORTS-1:0] rd_ready,
    output wire [PORTS-1:0] wr_valid,
    input  wire [PORTS-1:0] wr_ready,
    input  wire [PORTS-1:0] written,   // a write has been answered
    input  wire [PORTS-1:0] in_more,
    input  wire [PORTS-1:0] in_idle,
    input  wire [PORTS-1:0] out_more,
    input  wire [PORTS-1:0] extra,
    input  wire             moved,     // a beat moves at the design
    output wire             load,      // one cycle: counts of beats are taken
    output wire             check,     // arguments are judged
    output wire             run,
    output wire             flush,
    output wire             active,    // from the first to the last beat
    output wire [PORTS-1:0] stalled,   // one cycle
    output wire [PORTS-1:0] surplus,
    output wire             done       // one cycle
);

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] RESET = 3'd1;
  localparam [2:0] RUN = 3'd2;
  localparam [2:0] QUIET = 3'd3;
  localparam [2:0] DRAIN = 3'd4;
  localparam [2:0] SETTLE = 3'd5;  // errors are known a few cycles behind what they come from
  localparam [31:0] LAST_CLEAR = CLEAR - 1;
  localparam [31:0] LAST_SETTLE = 7;

  reg  [      2:0] state_q;
  reg  [      2:0] state_d;
  reg  [     31:0] count_q;  // cycles in a state, in RUN those in which nothing moves
  reg              seen_q;
  reg              flush_q;
  reg  [PORTS-1:0] rd_sent_q;
  reg  [PORTS-1:0] wr_sent_q;
  reg  [PORTS-1:0] written_q;

  wire             more = (|in_more) || (|out_more);
  wire             ordered = state_q == RUN || state_q == QUIET || state_q == DRAIN;
  wire             too_many = run && quiet != 32'd0 && (|extra);
  wire             too_long = state_q == RUN && more && limit != 32'd0 && count_q == limit;

  assign rd_valid = ~rd_sent_q & {PORTS{ordered}};
  assign wr_valid = ~wr_sent_q & {PORTS{ordered}};
  assign load     = state_q == RESET && count_q == 32'd0;
  assign check    = state_q == RESET && count_q == LAST_CLEAR;
  assign run      = state_q == RUN || state_q == QUIET;
  assign flush    = flush_q;
  assign active   = state_q == RUN && more && (seen_q || moved);
  assign stalled  = {PORTS{too_long && !too_many}} & ((|out_more) ? out_more : in_more);
  assign surplus  = {PORTS{too_many}} & extra;
  assign done     = state_q == SETTLE && count_q == LAST_SETTLE;

  always @* begin
    state_d = state_q;
    case (state_q)
      IDLE: if (start) state_d = RESET;
      RESET: if (check) state_d = args_bad ? SETTLE : RUN;
      RUN: if (too_many || too_long) state_d = DRAIN;
           else if (!more) state_d = QUIET;
      QUIET: if (too_many || count_q == quiet) state_d = DRAIN;
      DRAIN: if ((&in_idle) && (&written_q)) state_d = SETTLE;
      default: if (done) state_d = IDLE;
    endcase
  end

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else state_q <= state_d;
  end

  always @(posedge clk) begin
    if (rst || state_d != state_q || (state_q == RUN && moved)) count_q <= 32'd0;
    else count_q <= count_q + 32'd1;
  end

  always @(posedge clk) begin
    if (rst || load) seen_q <= 1'b0;
    else if (moved) seen_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (rst || load) flush_q <= 1'b0;
    else if (too_many || too_long) flush_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (rst || load) begin
      rd_sent_q <= {PORTS{1'b0}};
      wr_sent_q <= {PORTS{1'b0}};
      written_q <= {PORTS{1'b0}};
    end else begin
      rd_sent_q <= rd_sent_q | (rd_valid & rd_ready);
      wr_sent_q <= wr_sent_q | (wr_valid & wr_ready);
      written_q <= written_q | written;
    end
  end

  generate
    if (PORTS < 1 || CLEAR < 2 || CLEAR > 255) begin : g_bad_size
      dut_run_needs_PORTS_of_at_least_1_and_CLEAR_of_2_to_255 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
