// SPDX-License-Identifier: Apache-2.0
//
// tern_ctl - runs one start: check the arguments, order X, W and Y from the ports, wait for the last answer.
//
// Function     : start -> error (done two cycles later, no memory traffic) or commands read X, read W, and, once the
//                first result is on its way, write Y; done when Y has been written.
// Format       : offsets in bytes, beats of all ports.
// Latency      : variable: the first command follows the arguments' verdict by 1 cycle.
// Throughput   : variable: one run at a time
// Back-pressure: registered valid; commands wait for cmd_ready.
// Golden       : golden.ternary.matvec.matvec
// Test         : tests/rtl/test_tern_ctl.py
//
// Why: W is ordered right behind X, so weights arrive while the first tables are built; Y is ordered late, because an
// address whose data come much later can hold up a memory's arbiter.

`default_nettype none

module tern_ctl (
    input  wire        clk,
    input  wire        rst,
    input  wire        args_valid,
    input  wire        args_bad,
    input  wire [31:0] x_beats,
    input  wire [31:0] w_beats,
    input  wire [31:0] y_beats,
    input  wire [63:0] x_offset,
    input  wire [63:0] w_offset,
    input  wire [63:0] y_offset,
    input  wire        result,      // a result is on its way
    input  wire        written,     // one cycle: the write has been answered
    output wire        begin_run,   // one cycle, before the first command
    output wire        cmd_valid,
    input  wire        cmd_ready,
    output wire        cmd_write,
    output wire [63:0] cmd_offset,
    output wire [31:0] cmd_beats,
    output wire        done
);

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] READ_X = 3'd1;
  localparam [2:0] READ_W = 3'd2;
  localparam [2:0] COMPUTE = 3'd3;
  localparam [2:0] WRITE_Y = 3'd4;
  localparam [2:0] FINISH = 3'd5;

  reg [2:0] state_q;
  reg [2:0] state_d;
  reg       result_q;
  reg       done_q;

  always @* begin
    state_d = state_q;
    case (state_q)
      IDLE: if (begin_run) state_d = READ_X;
      READ_X: if (cmd_ready) state_d = READ_W;
      READ_W: if (cmd_ready) state_d = COMPUTE;
      COMPUTE: if (result_q) state_d = WRITE_Y;
      WRITE_Y: if (cmd_ready) state_d = FINISH;
      FINISH: if (written) state_d = IDLE;
      default: state_d = IDLE;
    endcase
  end

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else state_q <= state_d;
  end

  always @(posedge clk) begin
    if (rst || begin_run) result_q <= 1'b0;
    else if (result) result_q <= 1'b1;
  end

  always @(posedge clk) begin
    if (rst) done_q <= 1'b0;
    else done_q <= (args_valid && args_bad) || (state_q == FINISH && written);
  end

  assign begin_run  = args_valid && !args_bad;
  assign cmd_valid  = state_q == READ_X || state_q == READ_W || state_q == WRITE_Y;
  assign cmd_write  = state_q == WRITE_Y;
  assign cmd_offset = (state_q == READ_X) ? x_offset : (state_q == READ_W) ? w_offset : y_offset;
  assign cmd_beats  = (state_q == READ_X) ? x_beats : (state_q == READ_W) ? w_beats : y_beats;
  assign done       = done_q;

endmodule

`default_nettype wire
