// SPDX-License-Identifier: Apache-2.0
//
// prop_queue - what a queue of CAP beats holds: the beats that went in and have not come out, in their order.
//
// It asserts that nothing comes out of an empty queue (no beat is invented) and nothing goes into a full one.

`default_nettype none

module prop_queue #(
    parameter DATA_W = 8,  // width of a beat [bits]
    parameter CAP    = 2   // beats that find room, >= 1
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   push,
    input  wire [     DATA_W-1:0] push_data,
    input  wire                   pop,
    output wire [            7:0] count,
    output wire [CAP*DATA_W-1:0] items   // the oldest lowest
);

  reg  [             7:0] count_q;
  reg  [CAP*DATA_W-1:0]   items_q;
  wire [(CAP+1)*DATA_W-1:0] padded = {{DATA_W{1'b0}}, items_q};
  wire [             7:0] place = pop ? count_q - 8'd1 : count_q;

  assign count = count_q;
  assign items = items_q;

  always @(posedge clk) begin
    if (rst) count_q <= 8'd0;
    else count_q <= push ? place + 8'd1 : place;
  end

  genvar i;
  generate
    for (i = 0; i < CAP; i = i + 1) begin : g_item
      always @(posedge clk) begin
        if (push && place == i) items_q[i*DATA_W+:DATA_W] <= push_data;
        else if (pop) items_q[i*DATA_W+:DATA_W] <= padded[(i+1)*DATA_W+:DATA_W];
      end
    end
  endgenerate

  always @* begin
    if (!rst) begin
      assert (!pop || count_q != 8'd0);
      assert (!push || place < CAP);
      assert (count_q <= CAP);
    end
  end

endmodule

`default_nettype wire
