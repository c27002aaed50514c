// SPDX-License-Identifier: Apache-2.0
//
// formal_strm_join - strm_join puts the k-th beats of all inputs side by side, and holds one of each at most.

`default_nettype none

module formal_strm_join #(
    parameter DATA_W = 2,
    parameter N      = 3
) (
    input wire                clk,
    input wire                rst,
    input wire [       N-1:0] s_valid,
    input wire [N*DATA_W-1:0] s_data,
    input wire                m_ready
);

  wire [       N-1:0] s_ready;
  wire                m_valid;
  wire [N*DATA_W-1:0] m_data;
  wire [       N-1:0] full;
  wire                unused_waiting;

  strm_join #(
      .DATA_W(DATA_W),
      .N     (N)
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
      .DATA_W(N * DATA_W)
  ) u_output (
      .clk    (clk),
      .rst    (rst),
      .valid  (m_valid),
      .ready  (m_ready),
      .data   (m_data),
      .waiting(unused_waiting)
  );

  always @* if (!rst) assert (m_valid == &full);

  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_input
      wire [       7:0] count;
      wire [DATA_W-1:0] item;

      assign full[i] = count != 8'd0;

      prop_queue #(
          .DATA_W(DATA_W),
          .CAP   (1)
      ) u_queue (
          .clk      (clk),
          .rst      (rst),
          .push     (s_valid[i] && s_ready[i]),
          .push_data(s_data[i*DATA_W+:DATA_W]),
          .pop      (m_valid && m_ready),
          .count    (count),
          .items    (item)
      );

      always @* begin
        if (!rst) begin
          assert (s_ready[i] == (!full[i] || (m_valid && m_ready)));
          assert (!full[i] || m_data[i*DATA_W+:DATA_W] == item);
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
