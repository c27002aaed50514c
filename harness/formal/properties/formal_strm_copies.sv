// SPDX-License-Identifier: Apache-2.0
//
// formal_strm_copies - both sinks of strm_copies get the source's beats, each once, in their order.
//
// The k-th beat is watched, whichever k: what the source offered then is what each sink gets as its k-th.

`default_nettype none

module formal_strm_copies #(
    parameter DATA_W = 2,
    parameter DEPTH  = 2
) (
    input wire              clk,
    input wire              rst,
    input wire              s_valid,
    input wire [DATA_W-1:0] s_data,
    input wire [       1:0] m_ready
);

  wire                s_ready;
  wire [         1:0] m_valid;
  wire [2*DATA_W-1:0] m_data;
  wire                unused_waiting;
  wire [         4:0] k = $anyconst;
  reg  [         4:0] in_q;  // beats that the source has got rid of
  reg  [  DATA_W-1:0] kept_q;

  strm_copies #(
      .DATA_W(DATA_W),
      .N     (2),
      .DEPTH (DEPTH)
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
      .DATA_W(DATA_W),
      .ASSUME(1)
  ) u_source (
      .clk    (clk),
      .rst    (rst),
      .valid  (s_valid),
      .ready  (s_ready),
      .data   (s_data),
      .waiting(unused_waiting)
  );

  always @(posedge clk) begin
    if (rst) in_q <= 5'd0;
    else if (s_valid && s_ready) in_q <= in_q + 5'd1;
  end

  // The watched beat may reach a sink before the source is rid of it, never before it is offered.
  always @(posedge clk) if (s_valid && in_q == k) kept_q <= s_data;

  genvar i;
  generate
    for (i = 0; i < 2; i = i + 1) begin : g_sink
      wire       unused_wait;
      reg  [4:0] out_q;
      wire [4:0] within = in_q - out_q;

      prop_stream #(
          .DATA_W(DATA_W)
      ) u_output (
          .clk    (clk),
          .rst    (rst),
          .valid  (m_valid[i]),
          .ready  (m_ready[i]),
          .data   (m_data[i*DATA_W+:DATA_W]),
          .waiting(unused_wait)
      );

      always @(posedge clk) begin
        if (rst) out_q <= 5'd0;
        else if (m_valid[i] && m_ready[i]) out_q <= out_q + 5'd1;
      end

      always @* begin
        if (!rst) begin
          assert (!m_valid[i] || (out_q != in_q + 5'd1 && (out_q != in_q || s_valid)));
          assert (!m_valid[i] || out_q != k || m_data[i*DATA_W+:DATA_W] == kept_q);
          assert (out_q == in_q + 5'd1 || within <= DEPTH);
        end
      end
    end
  endgenerate

endmodule

`default_nettype wire
