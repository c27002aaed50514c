// SPDX-License-Identifier: Apache-2.0
//
// prop_stream - rule S3: a beat that was offered stays as it is until it is taken, or a reset comes.
//
// With ASSUME the rule is assumed, of a stream into the module under proof; else it is asserted.

`default_nettype none

module prop_stream #(
    parameter DATA_W = 8,  // width of a beat [bits]
    parameter ASSUME = 0   // 1: the environment keeps the rule, 0: the module under proof has to
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              valid,
    input  wire              ready,
    input  wire [DATA_W-1:0] data,
    output wire              waiting  // a beat was offered in the cycle before and not taken
);

  reg              waiting_q;
  reg [DATA_W-1:0] data_q;
  wire             kept = rst || !waiting_q || (valid && data == data_q);

  assign waiting = waiting_q;

  always @(posedge clk) begin
    waiting_q <= !rst && valid && !ready;
    data_q    <= data;
  end

  generate
    if (ASSUME) begin : g_assume
      always @* assume (kept);
    end else begin : g_assert
      always @* assert (kept);
    end
  endgenerate

endmodule

`default_nettype wire
