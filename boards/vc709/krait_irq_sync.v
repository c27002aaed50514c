// SPDX-License-Identifier: Apache-2.0
//
// krait_irq_sync - brings the level of an interrupt into another clock: two flip-flops, the first of which may be
// metastable. vc709.xdc leaves the way to it out of timing.

`default_nettype none

module krait_irq_sync (
    input  wire clk,
    input  wire level,  // of any clock, held until software answers it
    output wire synced  // of clk, two cycles later
);
  (* ASYNC_REG = "TRUE" *) reg meta_q;
  (* ASYNC_REG = "TRUE" *) reg synced_q;

  always @(posedge clk) begin
    meta_q   <= level;
    synced_q <= meta_q;
  end

  assign synced = synced_q;
endmodule

`default_nettype wire
