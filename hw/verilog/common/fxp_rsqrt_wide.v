// SPDX-License-Identifier: Apache-2.0
//
// fxp_rsqrt_wide - reciprocal square root of a number of up to 77 bits: 1 / sqrt(v) = m * 2^-15 * 2^-e, to 2^-14 of its value.
//
// Function     : (m, e) of fxp_rsqrt, for a v of any width.
// Format       : v unsigned V_W bits, not 0; m Q1.15, 2^14..2^15; e unsigned 6 bits.
// Latency      : 10
// Throughput   : 1
// Back-pressure: none; en low holds every stage.
// Golden       : golden.fixed.wide.rsqrt_wide
// Test         : tests/rtl/test_fxp_rsqrt_wide.py
//
// Why: the law keeps 24 bits from the leading one on, or from the place above it, whichever is even. So whole bytes go first
// as long as 24 bits are left, and fxp_rsqrt has 31 bits to normalize, not 77.

`default_nettype none

module fxp_rsqrt_wide #(
    parameter V_W = 77  // width of v [bits], 32..77
) (
    input  wire           clk,
    input  wire           en,
    input  wire [V_W-1:0] v,
    output wire [   15:0] m,
    output wire [    5:0] e
);

  localparam KEPT_W = 31;
  localparam BYTES = 6;  // that may go

  wire [KEPT_W+8*BYTES-1:0] wide = {{KEPT_W + 8 * BYTES - V_W{1'b0}}, v};
  wire [         BYTES-1:0] used;  // bytes above those 31 bits
  reg  [               2:0] bytes_d;
  reg  [KEPT_W+8*BYTES-1:0] p0_v_q;
  reg  [               2:0] p0_bytes_q;
  wire [KEPT_W+8*BYTES-1:0] kept = p0_v_q >> {p0_bytes_q, 3'd0};
  wire [               3:0] root_e;

  genvar i;
  generate
    for (i = 0; i < BYTES; i = i + 1) begin : g_byte
      assign used[i] = wide[KEPT_W+8*i+:8] != 8'd0;
    end

    if (V_W <= KEPT_W || V_W > 77) begin : g_bad_v_w
      fxp_rsqrt_wide_V_W_must_be_32_to_77 u_error ();
    end
  endgenerate

  always @* begin
    bytes_d = 3'd0;
    if (used[5]) bytes_d = 3'd6;
    else if (used[4]) bytes_d = 3'd5;
    else if (used[3]) bytes_d = 3'd4;
    else if (used[2]) bytes_d = 3'd3;
    else if (used[1]) bytes_d = 3'd2;
    else if (used[0]) bytes_d = 3'd1;
  end

  always @(posedge clk) begin
    if (en) begin
      p0_v_q <= wide;
      p0_bytes_q <= bytes_d;
    end
  end

  fxp_rsqrt #(
      .V_W(KEPT_W)
  ) u_root (
      .clk(clk),
      .en (en),
      .v  (kept[KEPT_W-1:0]),
      .m  (m),
      .e  (root_e)
  );

  // Bytes keep pace.
  reg [3*9-1:0] bytes_q;

  always @(posedge clk) begin
    if (en) bytes_q <= {bytes_q[3*8-1:0], p0_bytes_q};
  end

  assign e = {2'd0, root_e} + {1'b0, bytes_q[3*8+:3], 2'd0};

  wire unused_bits = &{1'b0, kept[KEPT_W+8*BYTES-1:KEPT_W]};

endmodule

`default_nettype wire
