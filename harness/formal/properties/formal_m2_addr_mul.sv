// SPDX-License-Identifier: Apache-2.0
//
// formal_m2_addr_mul - m2_addr_mul gives a times b, as `*` has it, one product at a time, and is done within A_W + 1
// cycles.

`default_nettype none

module formal_m2_addr_mul #(
    parameter A_W = 4,
    parameter B_W = 4
) (
    input wire           clk,
    input wire           rst,
    input wire           s_valid,
    input wire [A_W-1:0] s_a,
    input wire [B_W-1:0] s_b,
    input wire           m_ready
);

  localparam M_W = A_W + B_W;

  wire           s_ready;
  wire           m_valid;
  wire [M_W-1:0] m_data;
  wire           unused_waiting;
  (* keep *) wire [A_W-1:0] peek_a;
  (* keep *) wire [M_W-1:0] peek_b;
  reg            busy_q;
  reg  [M_W-1:0] product_q;
  reg  [    7:0] age_q;  // cycles since a and b were taken
  wire           take = s_valid && s_ready;

  m2_addr_mul #(
      .A_W(A_W),
      .B_W(B_W)
  ) u_dut (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_a    (s_a),
      .s_b    (s_b),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  prop_stream #(
      .DATA_W(M_W)
  ) u_output (
      .clk    (clk),
      .rst    (rst),
      .valid  (m_valid),
      .ready  (m_ready),
      .data   (m_data),
      .waiting(unused_waiting)
  );

  always @(posedge clk) begin
    busy_q <= !rst && (take || (busy_q && !(m_valid && m_ready)));
    if (take) product_q <= {{B_W{1'b0}}, s_a} * {{A_W{1'b0}}, s_b};
    if (take) age_q <= 8'd0;
    else if (age_q < A_W) age_q <= age_q + 8'd1;
  end

  always @* begin
    if (!rst) begin
      assert (s_ready == !busy_q);
      assert (!m_valid || (busy_q && m_data == product_q));
      assert (!busy_q || age_q < A_W || m_valid);
      // What is left to add, and how many bits of a are gone; of use to the induction.
      assert (!busy_q || m_data + {{B_W{1'b0}}, peek_a} * peek_b == product_q);
      assert (!busy_q || (age_q <= A_W && (peek_a >> (A_W - age_q)) == 0));
    end
  end

endmodule

`default_nettype wire
