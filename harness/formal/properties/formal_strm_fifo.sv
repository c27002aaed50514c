// SPDX-License-Identifier: Apache-2.0
//
// formal_strm_fifo - strm_fifo is a queue of exactly DEPTH beats, whose level counts them, and shows the oldest at once
// (in one cycle more from block RAM).

`default_nettype none

module formal_strm_fifo #(
    parameter DATA_W = 1,
    parameter DEPTH  = 4
) (
    input wire              clk,
    input wire              rst,
    input wire              pick,
    input wire              s_valid,
    input wire [DATA_W-1:0] s_data,
    input wire              m_ready
);

  localparam ADDR_W = $clog2(DEPTH);
  localparam BLOCK = DEPTH >= 64;

  wire                    s_ready;
  wire                    m_valid;
  wire [      DATA_W-1:0] m_data;
  wire [        ADDR_W:0] level;
  wire [            15:0] count;
  wire                    watched;
  wire [            15:0] ahead;
  wire [      DATA_W-1:0] kept;
  wire                    unused_waiting;
  (* keep *) wire [ADDR_W-1:0] peek_wr;
  (* keep *) wire [ADDR_W-1:0] peek_rd;
  (* keep *) wire [DEPTH*DATA_W-1:0] peek_mem;
  reg                     popped_q;
  reg                     idle_q;  // beats inside and none on offer
  wire                    head = BLOCK && m_valid;  // the oldest beat has left the memory
  wire [            15:0] stored = count - {15'd0, head};
  wire [            15:0] behind = ahead - {15'd0, head};
  wire [      ADDR_W-1:0] place = peek_rd + behind[ADDR_W-1:0];

  strm_fifo #(
      .DATA_W(DATA_W),
      .DEPTH (DEPTH)
  ) u_dut (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .level  (level)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  prop_stream #(
      .DATA_W(DATA_W)
  ) u_output (
      .clk    (clk),
      .rst    (rst),
      .valid  (m_valid),
      .ready  (m_ready),
      .data   (m_data),
      .waiting(unused_waiting)
  );

  prop_watch #(
      .DATA_W(DATA_W),
      .CAP   (DEPTH)
  ) u_watch (
      .clk      (clk),
      .rst      (rst),
      .pick     (pick),
      .push     (s_valid && s_ready),
      .push_data(s_data),
      .pop      (m_valid && m_ready),
      .count    (count),
      .watched  (watched),
      .ahead    (ahead),
      .kept     (kept)
  );

  always @(posedge clk) begin
    popped_q <= !rst && m_valid && m_ready;
    idle_q   <= !rst && count != 16'd0 && !m_valid;
  end

  always @* begin
    if (!rst) begin
      assert (level == count[ADDR_W:0]);
      assert (!m_valid || count != 16'd0);
      // Block RAM counts a beat that left in the cycle before.
      assert (s_ready == (count + {15'd0, BLOCK && popped_q} != DEPTH));
      assert (BLOCK ? !idle_q || m_valid : m_valid == (count != 16'd0));
      assert (!watched || !m_valid || ahead != 16'd0 || m_data == kept);
      // Where the beats lie; of use to the induction.
      assert (peek_wr - peek_rd == stored[ADDR_W-1:0]);
      assert (!watched || (head && ahead == 16'd0) || peek_mem[place*DATA_W+:DATA_W] == kept);
    end
  end

endmodule

`default_nettype wire
