// SPDX-License-Identifier: Apache-2.0
//
// strm_skid - register slice that cuts a stream's valid, data and ready paths.
//
// Function     : the output is the input sequence, unchanged.
// Format       : opaque bits.
// Latency      : 1
// Throughput   : 1
// Back-pressure: registered ready; absorbs 2 beats.
// Golden       : golden.streams.identity
// Test         : tests/rtl/test_strm_skid.py
//
// Why: two data registers rather than one, because a registered ready tells the source to stop one beat too late.

`default_nettype none
`include "checks.vh"

module strm_skid #(
    parameter DATA_W = 8  // width of a beat [bits], >= 1
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              s_valid,
    output wire              s_ready,
    input  wire [DATA_W-1:0] s_data,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [DATA_W-1:0] m_data
);

  reg               out_valid_q;
  reg               hold_valid_q;
  reg  [DATA_W-1:0] out_q;
  reg  [DATA_W-1:0] hold_q;
  wire              out_free = m_ready || !out_valid_q;

  assign s_ready = !hold_valid_q;
  assign m_valid = out_valid_q;
  assign m_data  = out_q;

  always @(posedge clk) begin
    if (rst) begin
      out_valid_q  <= 1'b0;
      hold_valid_q <= 1'b0;
    end else if (out_free) begin
      out_valid_q  <= s_valid || hold_valid_q;
      hold_valid_q <= 1'b0;
    end else if (s_valid) begin
      hold_valid_q <= 1'b1;
    end
  end

  always @(posedge clk) begin
    if (out_free && hold_valid_q) out_q <= hold_q;
    else if (out_free && s_valid) out_q <= s_data;
    if (!out_free && !hold_valid_q && s_valid) hold_q <= s_data;
  end

  `CHECK_STREAM(m_valid, m_ready, m_data)

  generate
    if (DATA_W < 1) begin : g_bad_data_w
      strm_skid_DATA_W_must_be_at_least_1 u_error ();
    end
  endgenerate

endmodule

`default_nettype wire
