// SPDX-License-Identifier: Apache-2.0
//
// formal_tern_ctl - tern_ctl orders X, W and, after a result, Y, once each; each start is done once, and in time: with a
// port, a datapath and a memory that answer within PATIENCE cycles it takes at most 8 + 5 * PATIENCE cycles.

`default_nettype none

module formal_tern_ctl #(
    parameter PATIENCE = 2
) (
    input wire        clk,
    input wire        rst,
    input wire        args_valid,
    input wire        args_bad,
    input wire [31:0] x_beats,
    input wire [31:0] w_beats,
    input wire [31:0] y_beats,
    input wire [63:0] x_offset,
    input wire [63:0] w_offset,
    input wire [63:0] y_offset,
    input wire        result,
    input wire        written,
    input wire        cmd_ready
);

  localparam LIMIT = 8 + 5 * PATIENCE;

  wire        begin_run;
  wire        cmd_valid;
  wire        cmd_write;
  wire [63:0] cmd_offset;
  wire [31:0] cmd_beats;
  wire        done;
  wire        unused_waiting;
  reg         busy_q;  // a run, from its arguments to done
  reg         bad_q;
  reg  [ 1:0] given_q;  // commands of the run
  reg         seen_q;  // a result of the run
  reg         stored_q;  // its write was answered
  reg  [ 7:0] age_q;  // cycles of the run
  reg  [ 7:0] wait_q;  // cycles of that turn
  wire        give = cmd_valid && cmd_ready;
  wire        answer = give || result || written;
  // Whether it is the port's, the datapath's or the memory's turn.
  wire        owed = busy_q && !bad_q && (cmd_valid || (given_q == 2'd2 && !seen_q) || (given_q == 2'd3 && !stored_q));

  tern_ctl u_dut (
      .clk       (clk),
      .rst       (rst),
      .args_valid(args_valid),
      .args_bad  (args_bad),
      .x_beats   (x_beats),
      .w_beats   (w_beats),
      .y_beats   (y_beats),
      .x_offset  (x_offset),
      .w_offset  (w_offset),
      .y_offset  (y_offset),
      .result    (result),
      .written   (written),
      .begin_run (begin_run),
      .cmd_valid (cmd_valid),
      .cmd_ready (cmd_ready),
      .cmd_write (cmd_write),
      .cmd_offset(cmd_offset),
      .cmd_beats (cmd_beats),
      .done      (done)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  prop_stream #(
      .DATA_W(2)
  ) u_command (
      .clk    (clk),
      .rst    (rst),
      .valid  (cmd_valid),
      .ready  (cmd_ready),
      .data   ({cmd_write, given_q == 2'd1}),
      .waiting(unused_waiting)
  );

  always @(posedge clk) begin
    busy_q <= !rst && (args_valid || (busy_q && !done));
    if (args_valid) bad_q <= args_bad;
    given_q <= (rst || args_valid) ? 2'd0 : given_q + {1'd0, give};
    seen_q  <= !rst && !args_valid && (seen_q || result);
    stored_q <= !rst && !args_valid && (stored_q || (written && given_q == 2'd3));
    age_q  <= (rst || !busy_q) ? 8'd0 : age_q + 8'd1;
    wait_q <= (rst || !owed || answer) ? 8'd0 : wait_q + 8'd1;
  end

  always @* begin
    // The environment: a start when none is at work, results of a run behind its weights, its answer behind its write.
    assume (!(args_valid && busy_q));
    assume (!result || (busy_q && !bad_q && given_q == 2'd2 && !seen_q));
    assume (!written || (busy_q && given_q == 2'd3 && !stored_q));
    assume (!owed || wait_q < PATIENCE || answer);
    if (!rst) begin
      assert (!cmd_valid || (busy_q && !bad_q && given_q != 2'd3));
      assert (!cmd_valid || cmd_write == (given_q == 2'd2));
      assert (!cmd_write || !cmd_valid || seen_q);
      assert (!cmd_valid || cmd_offset == (given_q == 2'd0 ? x_offset : given_q == 2'd1 ? w_offset : y_offset));
      assert (!cmd_valid || cmd_beats == (given_q == 2'd0 ? x_beats : given_q == 2'd1 ? w_beats : y_beats));
      assert (begin_run == (args_valid && !args_bad));
      assert (!done || (busy_q && (bad_q || stored_q)));
      assert (!busy_q || age_q < (bad_q ? 8'd2 : LIMIT));
    end
  end

endmodule

`default_nettype wire
