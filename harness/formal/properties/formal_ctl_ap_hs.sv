// SPDX-License-Identifier: Apache-2.0
//
// formal_ctl_ap_hs - ctl_ap_hs loses no start, no done and no interrupt: each register bit after each cycle follows from
// what was written, read and done in it; an event wins over the access that would clear it.

`default_nettype none

module formal_ctl_ap_hs (
    input wire        clk,
    input wire        rst,
    input wire [ 3:0] wr_strobe,
    input wire [ 3:0] rd_strobe,
    input wire [31:0] wr_data,
    input wire [ 3:0] wr_strb,
    input wire        done
);

  wire [127:0] ro_value;
  wire         start;
  wire         busy;
  wire         irq;
  wire         is_started = ro_value[0];
  wire         is_done = ro_value[1];
  wire         is_idle = ro_value[2];
  wire         is_ready = ro_value[3];
  wire         gie = ro_value[32];
  wire [  1:0] ier = ro_value[65:64];
  wire [  1:0] isr = ro_value[97:96];
  wire [  3:0] write = wr_strobe & {4{wr_strb[0]}};
  reg  [  3:0] write_q;
  reg          read_q;
  reg  [  1:0] data_q;
  reg          start_q;
  reg          finish_q;
  reg  [  7:0] bits_q;  // of the cycle before: busy, started, done, gie, ier, isr
  reg          begun_q;  // the cycle before was none of reset

  ctl_ap_hs u_dut (
      .clk      (clk),
      .rst      (rst),
      .wr_strobe(wr_strobe),
      .rd_strobe(rd_strobe),
      .wr_data  (wr_data),
      .wr_strb  (wr_strb),
      .ro_value (ro_value),
      .start    (start),
      .done     (done),
      .busy     (busy),
      .irq      (irq)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  initial begun_q = 1'b0;

  always @(posedge clk) begin
    begun_q  <= !rst;
    write_q  <= write;
    read_q   <= rd_strobe[0];
    data_q   <= wr_data[1:0];
    start_q  <= start;
    finish_q <= busy && done;
    bits_q   <= {busy, is_started, is_done, gie, ier, isr};
  end

  wire was_busy = bits_q[7];
  wire was_started = bits_q[6];
  wire was_done = bits_q[5];
  wire was_gie = bits_q[4];
  wire [1:0] was_ier = bits_q[3:2];
  wire [1:0] was_isr = bits_q[1:0];
  wire [1:0] events = was_ier & {2{finish_q}};
  wire [1:0] toggles = data_q & {2{write_q[3]}};

  always @* begin
    if (!rst) begin
      // A run at a time; whoever polls idle after a start does not see the idle of before.
      assert (start == (is_started && !busy));
      assert (is_idle == (!busy && !is_started));
      assert (is_ready == is_done);
      assert (irq == (gie && (ier & isr) != 2'd0));
    end
    if (!rst && begun_q) begin
      assert (busy == (start_q || (was_busy && !finish_q)));
      assert (is_started == ((write_q[0] && data_q[0]) || (was_started && !start_q)));
      assert (is_done == (finish_q || (was_done && !read_q)));
      assert (gie == (write_q[1] ? data_q[0] : was_gie));
      assert (ier == (write_q[2] ? data_q : was_ier));
      assert (isr == (events | (was_isr ^ toggles)));
    end
    if (!rst && !begun_q) assert ({busy, is_started, is_done, gie, ier, isr} == 8'd0);
  end

endmodule

`default_nettype wire
