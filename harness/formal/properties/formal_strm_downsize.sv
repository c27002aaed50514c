// SPDX-License-Identifier: Apache-2.0
//
// formal_strm_downsize - strm_downsize cuts each wide beat into RATIO narrow ones, lowest first; m_last comes with the
// last of them.

`default_nettype none

module formal_strm_downsize #(
    parameter DATA_W = 2,
    parameter RATIO  = 3
) (
    input wire                    clk,
    input wire                    rst,
    input wire                    s_valid,
    input wire [RATIO*DATA_W-1:0] s_data,
    input wire                    s_last,
    input wire                    m_ready
);

  localparam LANE_W = $clog2(RATIO);

  wire                    s_ready;
  wire                    m_valid;
  wire [      DATA_W-1:0] m_data;
  wire                    m_last;
  wire                    unused_waiting;
  (* keep *) wire [LANE_W-1:0] peek_lane;
  (* keep *) wire [RATIO*DATA_W-1:0] peek_word;
  (* keep *) wire peek_last;
  reg                     held_q;
  reg  [             7:0] given_q;  // narrow beats of the wide one
  reg  [RATIO*DATA_W-1:0] word_q;
  reg                     last_q;
  wire                    at_end = given_q == RATIO - 1;
  wire                    give = m_valid && m_ready;

  strm_downsize #(
      .DATA_W(DATA_W),
      .RATIO (RATIO)
  ) u_dut (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .s_last (s_last),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data),
      .m_last (m_last)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  prop_stream #(
      .DATA_W(DATA_W + 1)
  ) u_output (
      .clk    (clk),
      .rst    (rst),
      .valid  (m_valid),
      .ready  (m_ready),
      .data   ({m_last, m_data}),
      .waiting(unused_waiting)
  );

  always @(posedge clk) begin
    if (rst) held_q <= 1'b0;
    else held_q <= (s_valid && s_ready) || (held_q && !(give && at_end));
  end

  always @(posedge clk) begin
    if (rst) given_q <= 8'd0;
    else if (give) given_q <= at_end ? 8'd0 : given_q + 8'd1;
  end

  always @(posedge clk) begin
    if (s_valid && s_ready) {last_q, word_q} <= {s_last, s_data};
  end

  always @* begin
    if (!rst) begin
      assert (m_valid == held_q);
      assert (s_ready == (!held_q || (m_ready && at_end)));
      assert (!held_q || m_data == word_q[given_q*DATA_W+:DATA_W]);
      assert (!held_q || m_last == (last_q && at_end));
      // What the module keeps; of use to the induction.
      assert (given_q < RATIO && peek_lane == given_q[LANE_W-1:0]);
      assert (held_q || given_q == 8'd0);
      assert (!held_q || {peek_last, peek_word} == {last_q, word_q});
    end
  end

endmodule

`default_nettype wire
