// SPDX-License-Identifier: Apache-2.0
//
// ctl_ap_hs - start, done and interrupt registers in XRT's ap_ctrl_hs layout.
//
// Function     : word 0 CTRL: bit 0 start (write 1; reads 1 until accepted), 1 done and 3 ready (clear on read), 2 idle;
//                word 1 GIE bit 0; word 2 IER bits 0 done, 1 ready; word 3 ISR, same bits, set by an enabled event,
//                toggled by writing 1. irq = GIE & |(IER & ISR).
// Format       : strobes, data and values as axil_regs words 0..3 have them, all bits of ro_value read-only there.
// Latency      : variable: start comes 1 cycle after the write when idle, 1 after done when busy
// Throughput   : variable: one run at a time, a second start waits
// Back-pressure: none; starts written while one waits merge into it.
// Golden       : golden.axi.ap_hs_step
// Test         : tests/rtl/test_ctl_ap_hs.py
//
// Why: an event in the cycle of the access that would clear it wins, so no done and no interrupt is lost. idle is low
// while a start waits, so software that polls it after a start cannot see the idle of before.
`default_nettype none

module ctl_ap_hs (
    input  wire         clk,
    input  wire         rst,
    input  wire [3:0]   wr_strobe,
    input  wire [3:0]   rd_strobe,
    input  wire [31:0]  wr_data,
    input  wire [3:0]   wr_strb,
    output wire [127:0] ro_value,
    output wire         start,     // pulse: begin a run
    input  wire         done,      // pulse: the run ended; in a later cycle than its start
    output wire         busy,      // from the cycle after start to done
    output wire         irq
);
  reg        start_q;
  reg        busy_q;
  reg        done_q;
  reg        ready_q;
  reg        gie_q;
  reg  [1:0] ier_q;
  reg  [1:0] isr_q;

  wire [3:0] write = wr_strobe & {4{wr_strb[0]}};
  wire       finish = done && busy_q;
  wire [1:0] isr_set = ier_q & {2{finish}};
  wire [1:0] isr_toggle = wr_data[1:0] & {2{write[3]}};

  assign start = start_q && !busy_q;

  always @(posedge clk) begin
    if (rst) start_q <= 1'b0;
    else start_q <= (write[0] && wr_data[0]) || (start_q && busy_q);
  end

  always @(posedge clk) begin
    if (rst) busy_q <= 1'b0;
    else busy_q <= start || (busy_q && !done);
  end

  // done and ready coincide: arguments may change when the results are there.
  always @(posedge clk) begin
    if (rst) begin
      done_q  <= 1'b0;
      ready_q <= 1'b0;
    end else begin
      done_q  <= finish || (done_q && !rd_strobe[0]);
      ready_q <= finish || (ready_q && !rd_strobe[0]);
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      gie_q <= 1'b0;
      ier_q <= 2'b00;
    end else begin
      if (write[1]) gie_q <= wr_data[0];
      if (write[2]) ier_q <= wr_data[1:0];
    end
  end

  always @(posedge clk) begin
    if (rst) isr_q <= 2'b00;
    else isr_q <= isr_set | (isr_q ^ isr_toggle);
  end

  assign ro_value = {
    {30'd0, isr_q}, {30'd0, ier_q}, {31'd0, gie_q}, {28'd0, ready_q, !busy_q && !start_q, done_q, start_q}
  };
  assign busy = busy_q;
  assign irq = gie_q && |(ier_q & isr_q);

  wire unused_ok = &{1'b0, rd_strobe[3:1], wr_data[31:2], wr_strb[3:1]};
endmodule

`default_nettype wire
