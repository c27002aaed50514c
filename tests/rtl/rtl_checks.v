// SPDX-License-Identifier: Apache-2.0
// A stream and a condition straight from the inputs, so that a test can break each check on purpose.

`default_nettype none
`include "checks.vh"

module rtl_checks (
    input  wire       clk,
    input  wire       rst,
    input  wire       good,
    input  wire       m_valid,
    input  wire       m_ready,
    input  wire [7:0] m_data,
    output wire       alive
);

  assign alive = !rst;

  `CHECK(good, "good is low")
  `CHECK_STREAM(m_valid, m_ready, m_data)

endmodule

`default_nettype wire
