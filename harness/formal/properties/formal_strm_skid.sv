// SPDX-License-Identifier: Apache-2.0
//
// formal_strm_skid - strm_skid is a queue of exactly two beats: none is lost, invented or moved before another.

`default_nettype none

module formal_strm_skid #(
    parameter DATA_W = 2
) (
    input wire              clk,
    input wire              rst,
    input wire              s_valid,
    input wire [DATA_W-1:0] s_data,
    input wire              m_ready
);

  wire                s_ready;
  wire                m_valid;
  wire [  DATA_W-1:0] m_data;
  wire [         7:0] count;
  wire [2*DATA_W-1:0] items;
  wire                unused_waiting;
  (* keep *) wire [DATA_W-1:0] peek_hold;

  strm_skid #(
      .DATA_W(DATA_W)
  ) u_dut (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
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

  prop_queue #(
      .DATA_W(DATA_W),
      .CAP   (2)
  ) u_queue (
      .clk      (clk),
      .rst      (rst),
      .push     (s_valid && s_ready),
      .push_data(s_data),
      .pop      (m_valid && m_ready),
      .count    (count),
      .items    (items)
  );

  always @* begin
    if (!rst) begin
      assert (m_valid == (count != 8'd0));
      assert (s_ready == (count != 8'd2));
      assert (!m_valid || m_data == items[0+:DATA_W]);
      // Where the second beat waits; of use to the induction.
      assert (count != 8'd2 || peek_hold == items[DATA_W+:DATA_W]);
    end
  end

endmodule

`default_nettype wire
