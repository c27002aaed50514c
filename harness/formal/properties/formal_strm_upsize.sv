// SPDX-License-Identifier: Apache-2.0
//
// formal_strm_upsize - strm_upsize fills a wide beat lane by lane; s_last ends it early, and zeros fill the rest.
//
// One lane is watched, whichever.

`default_nettype none

module formal_strm_upsize #(
    parameter DATA_W = 2,
    parameter RATIO  = 3
) (
    input wire              clk,
    input wire              rst,
    input wire              s_valid,
    input wire [DATA_W-1:0] s_data,
    input wire              s_last,
    input wire              m_ready
);

  localparam LANE_W = $clog2(RATIO);

  wire                    s_ready;
  wire                    m_valid;
  wire [RATIO*DATA_W-1:0] m_data;
  wire                    m_last;
  wire                    unused_waiting;
  (* keep *) wire [LANE_W-1:0] peek_lane;
  wire [             7:0] lane = $anyconst;
  reg  [             7:0] gathered_q;
  reg                     offered_q;
  reg                     last_q;
  reg  [      DATA_W-1:0] value_q;  // of the watched lane
  wire                    take = s_valid && s_ready;
  wire                    ends = s_last || gathered_q == RATIO - 1;

  strm_upsize #(
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
      .DATA_W(RATIO * DATA_W + 1)
  ) u_output (
      .clk    (clk),
      .rst    (rst),
      .valid  (m_valid),
      .ready  (m_ready),
      .data   ({m_last, m_data}),
      .waiting(unused_waiting)
  );

  always @(posedge clk) begin
    if (rst) gathered_q <= 8'd0;
    else if (take) gathered_q <= ends ? 8'd0 : gathered_q + 8'd1;
  end

  always @(posedge clk) begin
    if (rst) offered_q <= 1'b0;
    else offered_q <= (take && ends) || (offered_q && !m_ready);
  end

  always @(posedge clk) begin
    if (take) begin
      last_q <= s_last;
      if (gathered_q == lane) value_q <= s_data;
      else if (gathered_q == 8'd0) value_q <= {DATA_W{1'b0}};
    end
  end

  always @* begin
    assume (lane < RATIO);
    if (!rst) begin
      assert (s_ready == (!offered_q || m_ready));
      assert (m_valid == offered_q);
      assert (!offered_q || m_last == last_q);
      assert (!(offered_q || gathered_q != 8'd0) || m_data[lane*DATA_W+:DATA_W] == value_q);
      // Where the next narrow beat goes; of use to the induction.
      assert (!offered_q || gathered_q == 8'd0);
      assert (gathered_q < RATIO);
      assert (peek_lane == gathered_q[LANE_W-1:0]);
    end
  end

endmodule

`default_nettype wire
