// SPDX-License-Identifier: Apache-2.0
//
// formal_strm_fork - each sink of strm_fork takes each beat once, and the source moves on when all have.

`default_nettype none

module formal_strm_fork #(
    parameter DATA_W = 2,
    parameter N      = 3
) (
    input wire              clk,
    input wire              rst,
    input wire              s_valid,
    input wire [DATA_W-1:0] s_data,
    input wire [     N-1:0] m_ready
);

  wire              s_ready;
  wire [     N-1:0] m_valid;
  wire [DATA_W-1:0] m_data;
  wire              source_waits;
  (* keep *) wire [N-1:0] peek_done;
  reg  [     N-1:0] took_q;  // this beat already

  strm_fork #(
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
      .DATA_W(DATA_W),
      .ASSUME(1)
  ) u_source (
      .clk    (clk),
      .rst    (rst),
      .valid  (s_valid),
      .ready  (s_ready),
      .data   (s_data),
      .waiting(source_waits)
  );

  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_sink
      wire unused_waiting;

      prop_stream #(
          .DATA_W(DATA_W)
      ) u_output (
          .clk    (clk),
          .rst    (rst),
          .valid  (m_valid[i]),
          .ready  (m_ready[i]),
          .data   (m_data),
          .waiting(unused_waiting)
      );
    end
  endgenerate

  always @(posedge clk) begin
    if (rst || (s_valid && s_ready)) took_q <= {N{1'b0}};
    else took_q <= took_q | (m_valid & m_ready);
  end

  always @* begin
    if (!rst) begin
      assert (m_valid == ({N{s_valid}} & ~took_q));
      assert (m_data == s_data);
      // The source moves on exactly when every sink has taken the beat or takes it now.
      assert (!s_valid || s_ready == &(took_q | m_ready));
      // What the module remembers; of use to the induction.
      assert (peek_done == took_q);
      assert (took_q == {N{1'b0}} || source_waits);
    end
  end

endmodule

`default_nettype wire
