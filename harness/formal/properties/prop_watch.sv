// SPDX-License-Identifier: Apache-2.0
//
// prop_watch - follows one beat through a queue; `pick` chooses which, so that what holds for it holds for all.
//
// ahead tells how many beats leave before it. The count of beats inside comes with it: none out of an empty queue.

`default_nettype none

module prop_watch #(
    parameter DATA_W = 8,  // width of a beat [bits]
    parameter CAP    = 4   // beats that find room
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              pick,
    input  wire              push,
    input  wire [DATA_W-1:0] push_data,
    input  wire              pop,
    output wire [      15:0] count,
    output wire              watched,  // the beat is inside
    output wire [      15:0] ahead,
    output wire [DATA_W-1:0] kept
);

  reg  [      15:0] count_q;
  reg               watched_q;
  reg  [      15:0] ahead_q;
  reg  [DATA_W-1:0] kept_q;
  wire [      15:0] place = pop ? count_q - 16'd1 : count_q;

  assign count   = count_q;
  assign watched = watched_q;
  assign ahead   = ahead_q;
  assign kept    = kept_q;

  always @(posedge clk) begin
    if (rst) count_q <= 16'd0;
    else count_q <= push ? place + 16'd1 : place;
  end

  always @(posedge clk) begin
    if (rst) watched_q <= 1'b0;
    else watched_q <= watched_q ? !(pop && ahead_q == 16'd0) : push && pick;
  end

  always @(posedge clk) begin
    if (!watched_q) begin
      ahead_q <= place;
      kept_q  <= push_data;
    end else if (pop) ahead_q <= ahead_q - 16'd1;
  end

  always @* begin
    if (!rst) begin
      assert (!pop || count_q != 16'd0);
      assert (!push || place < CAP);
      assert (count_q <= CAP);
      assert (!watched_q || ahead_q < count_q);
    end
  end

endmodule

`default_nettype wire
