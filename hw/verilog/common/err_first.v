// SPDX-License-Identifier: Apache-2.0
//
// err_first - keeps the first error of a run, and the port that it came from.
//
// Function     : code and port of the first cycle with an error since `clear`, in which `en` was high; 0 before. Of one
//                cycle: arg_error (port 0), then the lowest source with a culprit, and of its culprits the lowest port.
// Format       : culprits: a bit for each port, source after source.
// Latency      : 2
// Throughput   : 1
// Back-pressure: none.
// Golden       : golden.streams.first_error
// Test         : tests/rtl/test_err_first.py
//
// Why: the choice among many ports is a register of its own, as the sources are at the ends of long paths.

`default_nettype none

module err_first #(
    parameter PORTS   = 2,  // ports that a source can name, 1 to 256
    parameter SOURCES = 3,  // kinds of errors that ports have, 1 to 4
    parameter CODES   = 0   // code of each kind, 8 bits each, the most important one low
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire                     clear,
    input  wire                     en,
    input  wire [              7:0] arg_error,  // a code, 0 for none
    input  wire [SOURCES*PORTS-1:0] culprits,
    output wire [              7:0] code,
    output wire [              7:0] port
);

  localparam [31:0] CODE_BITS = CODES;
  localparam PORT_W = (PORTS < 2) ? 1 : $clog2(PORTS);

  reg [          7:0] code_q;
  reg [   PORT_W-1:0] port_q;
  reg [          7:0] code_d;
  reg [   PORT_W-1:0] port_d;
  reg [          7:0] arg_q;
  reg [  SOURCES-1:0] seen_q;
  reg [  SOURCES-1:0] seen_d;
  reg [SOURCES*PORT_W-1:0] lowest_q;
  reg [SOURCES*PORT_W-1:0] lowest_d;
  integer             s;
  integer             p;

  assign code = code_q;
  assign port = {{8 - PORT_W{1'b0}}, port_q};

  always @* begin
    lowest_d = {SOURCES * PORT_W{1'b0}};
    seen_d   = {SOURCES{1'b0}};
    for (s = 0; s < SOURCES; s = s + 1) begin
      for (p = PORTS - 1; p >= 0; p = p - 1) begin
        if (culprits[s*PORTS+p]) begin
          lowest_d[s*PORT_W+:PORT_W] = p[PORT_W-1:0];
          seen_d[s]                  = 1'b1;
        end
      end
    end
  end

  always @(posedge clk) lowest_q <= lowest_d;

  always @(posedge clk) begin
    if (rst || clear || !en) begin
      arg_q  <= 8'd0;
      seen_q <= {SOURCES{1'b0}};
    end else begin
      arg_q  <= arg_error;
      seen_q <= seen_d;
    end
  end

  always @* begin
    code_d = 8'd0;
    port_d = {PORT_W{1'b0}};
    for (s = SOURCES - 1; s >= 0; s = s - 1) begin
      if (seen_q[s]) {code_d, port_d} = {CODE_BITS[s*8+:8], lowest_q[s*PORT_W+:PORT_W]};
    end
    if (arg_q != 8'd0) {code_d, port_d} = {arg_q, {PORT_W{1'b0}}};
  end

  always @(posedge clk) begin
    if (rst || clear) {code_q, port_q} <= {8 + PORT_W{1'b0}};
    else if (code_q == 8'd0) {code_q, port_q} <= {code_d, port_d};
  end

  generate
    if (PORTS < 1 || PORTS > 256 || SOURCES < 1 || SOURCES > 4) begin : g_bad_size
      err_first_needs_1_to_256_PORTS_and_1_to_4_SOURCES u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
