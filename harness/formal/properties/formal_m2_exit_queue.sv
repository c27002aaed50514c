// SPDX-License-Identifier: Apache-2.0
//
// formal_m2_exit_queue - whatever the length of the pipeline in front of it, m2_exit_queue loses no beat of one that asks
// for room at its entry, and gives the beats in their order.

`default_nettype none

module formal_m2_exit_queue #(
    parameter DATA_W = 1,
    parameter DEPTH  = 4
) (
    input wire              clk,
    input wire              rst,
    input wire              pick,
    input wire              enter,
    input wire              s_valid,
    input wire [DATA_W-1:0] s_data,
    input wire              m_ready
);

  localparam ADDR_W = $clog2(DEPTH);

  wire              room;
  wire              m_valid;
  wire [DATA_W-1:0] m_data;
  wire [      15:0] count;
  wire              watched;
  wire [      15:0] ahead;
  wire [DATA_W-1:0] kept;
  wire              unused_waiting;
  (* keep *) wire [ADDR_W:0] peek_taken;
  (* keep *) wire [ADDR_W:0] peek_level;
  (* keep *) wire [ADDR_W-1:0] peek_wr;
  (* keep *) wire [ADDR_W-1:0] peek_rd;
  (* keep *) wire [DEPTH*DATA_W-1:0] peek_mem;
  reg  [      15:0] flying_q;  // beats in the pipeline
  wire [ADDR_W-1:0] place = peek_rd + ahead[ADDR_W-1:0];

  m2_exit_queue #(
      .DATA_W(DATA_W),
      .DEPTH (DEPTH)
  ) u_dut (
      .clk    (clk),
      .rst    (rst),
      .room   (room),
      .enter  (enter),
      .s_valid(s_valid),
      .s_data (s_data),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
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

  // It asserts that no beat comes to a full queue.
  prop_watch #(
      .DATA_W(DATA_W),
      .CAP   (DEPTH)
  ) u_watch (
      .clk      (clk),
      .rst      (rst),
      .pick     (pick),
      .push     (s_valid),
      .push_data(s_data),
      .pop      (m_valid && m_ready),
      .count    (count),
      .watched  (watched),
      .ahead    (ahead),
      .kept     (kept)
  );

  always @(posedge clk) flying_q <= rst ? 16'd0 : flying_q + {15'd0, enter} - {15'd0, s_valid};

  always @* begin
    assume (!enter || room);
    assume (!s_valid || flying_q != 16'd0);
    if (!rst) begin
      assert (m_valid == (count != 16'd0));
      assert (!watched || ahead != 16'd0 || m_data == kept);
      assert (room == (flying_q + count != DEPTH));
      // Where the beats lie; of use to the induction.
      assert (flying_q + count <= DEPTH && peek_taken == flying_q + count);
      assert (peek_level == count && peek_wr - peek_rd == count[ADDR_W-1:0]);
      assert (!watched || peek_mem[place*DATA_W+:DATA_W] == kept);
    end
  end

endmodule

`default_nettype wire
