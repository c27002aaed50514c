// SPDX-License-Identifier: Apache-2.0
//
// prop_delay - what a plain form gave STAGES cycles ago, for pipelines that always move; valid once there is one.

`default_nettype none

module prop_delay #(
    parameter DATA_W = 8,  // width [bits]
    parameter STAGES = 2   // cycles, >= 2
) (
    input  wire              clk,
    input  wire [DATA_W-1:0] data,
    output wire              valid,
    output wire [DATA_W-1:0] delayed
);

  reg [       STAGES-1:0] valid_q;
  reg [STAGES*DATA_W-1:0] data_q;  // newest lowest

  assign valid   = valid_q[STAGES-1];
  assign delayed = data_q[STAGES*DATA_W-1-:DATA_W];

  initial valid_q = {STAGES{1'b0}};

  always @(posedge clk) begin
    valid_q <= {valid_q[STAGES-2:0], 1'b1};
    data_q  <= {data_q[(STAGES-1)*DATA_W-1:0], data};
  end

endmodule

`default_nettype wire
