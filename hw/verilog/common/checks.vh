// SPDX-License-Identifier: Apache-2.0
//
// checks.vh - run-time checks of the hand-written modules, on the module's own `clk` and `rst`.
//
// `CHECK(COND, MSG)               COND holds at every rising edge outside reset; MSG is a string.
// `CHECK_STREAM(VALID, READY, DATA) rule S3: a beat that was offered stays as it is until it is taken.
//                                 VALID is a plain name: the block is named after it.
//
// Both end in $fatal, because cocotb ignores $error, and count X as a failure. Both are empty under synthesis
// (SYNTHESIS or YOSYS) and where the build asks for no checks (KRAIT_NO_CHECKS, for timed runs only).
// A testbench holds rst from before the first edge. Time 0 is exempt: Verilator starts from random values, which may
// look like an edge outside reset. The time is asked for only where a check has failed: asked at every edge, it cost a
// fifth of the simulation of the larger kernels.
// The stream check copies data only while a beat waits, so that idle checks cost the simulator nothing.

`ifndef KRAIT_CHECKS_VH
`define KRAIT_CHECKS_VH

`ifdef SYNTHESIS
  `define KRAIT_CHECKS_OFF
`endif
`ifdef YOSYS
  `define KRAIT_CHECKS_OFF
`endif
`ifdef KRAIT_NO_CHECKS
  `define KRAIT_CHECKS_OFF
`endif

`ifdef KRAIT_CHECKS_OFF
  `define CHECK(COND, MSG)
  `define CHECK_STREAM(VALID, READY, DATA)
`else
  `define CHECK(COND, MSG) \
    always @(posedge clk) if (rst === 1'b0 && (COND) !== 1'b1) if ($time > 0) $fatal(1, "%m: %s", MSG);
  `define CHECK_STREAM(VALID, READY, DATA) \
    always @(posedge clk) begin : check_``VALID \
      reg stalled_q; \
      reg [$bits(DATA)-1:0] held_q; \
      stalled_q <= rst === 1'b0 && (VALID) && !(READY); \
      if ((VALID) && !(READY)) held_q <= DATA; \
      if (rst === 1'b0 && stalled_q === 1'b1 && ((VALID) !== 1'b1 || (DATA) !== held_q)) \
        if ($time > 0) $fatal(1, "%m: beat changed or vanished before it was taken (rule S3)"); \
    end
`endif

`endif
