// SPDX-License-Identifier: Apache-2.0
//
// m2_lut_act - an activation function by table: 4096 signed bytes, a shift for each 1/32 of the range.
//
// Function     : i = clamp((x - ALPHA) >> D, 0, 4095); y = T[i] << S[i >> 7], for each lane; tables of SiLU, softplus or exp.
// Format       : s_data: LANES x of signed IN_W bits, Q.10, first lowest; m_data: LANES y of signed OUT_W bits, Q.10 of SiLU
//                and softplus, Q.6 of exp, which must hold the results of the inputs that come: 18, 17 and 23 bits hold
//                those of all, 8 those of exp up to 0.
// Latency      : 3
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 3 beats.
// Golden       : golden.fixed.tables.lookup
// Test         : tests/rtl/test_m2_lut_act.py
//
// Why: two lanes share a ROM, because block RAM has two ports. The shift's address is the upper bits of the entry's: both
// clamp at the same ends.

`default_nettype none
`include "checks.vh"
`include "kr_m2_tables.vh"

module m2_lut_act #(
    parameter FUNCTION = 0,  // 0 SiLU, 1 softplus, 2 exp
    parameter LANES    = 8,  // values in a beat, >= 1
    parameter IN_W     = 32, // width of x [bits], 2..48
    parameter OUT_W    = 18  // width of y [bits], >= 8
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [ LANES*IN_W-1:0] s_data,
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [LANES*OUT_W-1:0] m_data
);

  localparam signed [63:0] ALPHA = FUNCTION == 0 ? `KR_M2_SILU_ALPHA :
                                   FUNCTION == 1 ? `KR_M2_SOFTPLUS_ALPHA : `KR_M2_EXP_ALPHA;
  localparam D = FUNCTION == 0 ? `KR_M2_SILU_D : FUNCTION == 1 ? `KR_M2_SOFTPLUS_D : `KR_M2_EXP_D;
  localparam OFFSET_W = ((IN_W > 18) ? IN_W : 18) + 1;  // at least one bit between the sign and the index
  localparam FULL_W = 8 + 15;

  reg  [2:0] valid_q;
  wire       en = m_ready || !valid_q[2];

  assign s_ready = en;
  assign m_valid = valid_q[2];

  always @(posedge clk) begin
    if (rst) valid_q <= 3'd0;
    else if (en) valid_q <= {valid_q[1:0], s_valid};
  end

  wire [  LANES*12-1:0] addr;
  wire [   LANES*8-1:0] entry;
  wire [   LANES*4-1:0] shift;
  wire [     LANES-1:0] fits;  // y keeps its value in OUT_W bits

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire signed [IN_W-1:0] x = s_data[i*IN_W+:IN_W];
      wire [OFFSET_W-1:0] wide = {{OFFSET_W - IN_W{x[IN_W-1]}}, x};
      reg [OFFSET_W-1:0] p0_offset_q;
      wire below = p0_offset_q[OFFSET_W-1];
      wire above = |p0_offset_q[OFFSET_W-2:D+12];

      assign addr[i*12+:12] = below ? 12'd0 : p0_offset_q[D+:12] | {12{above}};

      always @(posedge clk) begin
        if (en) p0_offset_q <= wide - ALPHA[OFFSET_W-1:0];
      end

      wire signed [FULL_W-1:0] full = $signed({{15{entry[i*8+7]}}, entry[i*8+:8]}) <<< shift[i*4+:4];
      reg signed [OUT_W-1:0] p2_y_q;

      assign m_data[i*OUT_W+:OUT_W] = p2_y_q;

      if (OUT_W >= FULL_W) begin : g_extend
        assign fits[i] = 1'b1;

        always @(posedge clk) begin
          if (en) p2_y_q <= {{OUT_W - FULL_W + 1{full[FULL_W-1]}}, full[FULL_W-2:0]};
        end
      end else begin : g_drop
        assign fits[i] = full[FULL_W-1:OUT_W-1] == {FULL_W - OUT_W + 1{full[FULL_W-1]}};

        always @(posedge clk) begin
          if (en) p2_y_q <= full[OUT_W-1:0];
        end
      end
    end

    for (i = 0; i < LANES; i = i + 2) begin : g_pair
      localparam PORTS = (i + 1 < LANES) ? 2 : 1;

      if (FUNCTION == 0) begin : g_silu
        m2_rom_silu #(
            .PORTS(PORTS)
        ) u_entry (
            .clk (clk),
            .en  (en),
            .addr(addr[i*12+:PORTS*12]),
            .data(entry[i*8+:PORTS*8])
        );
      end else if (FUNCTION == 1) begin : g_softplus
        m2_rom_softplus #(
            .PORTS(PORTS)
        ) u_entry (
            .clk (clk),
            .en  (en),
            .addr(addr[i*12+:PORTS*12]),
            .data(entry[i*8+:PORTS*8])
        );
      end else begin : g_exp
        m2_rom_exp #(
            .PORTS(PORTS)
        ) u_entry (
            .clk (clk),
            .en  (en),
            .addr(addr[i*12+:PORTS*12]),
            .data(entry[i*8+:PORTS*8])
        );
      end
    end

    for (i = 0; i < LANES; i = i + 1) begin : g_shift
      if (FUNCTION == 0) begin : g_silu
        m2_rom_silu_shift #(
            .PORTS(1)
        ) u_shift (
            .clk (clk),
            .en  (en),
            .addr(addr[i*12+7+:5]),
            .data(shift[i*4+:4])
        );
      end else if (FUNCTION == 1) begin : g_softplus
        m2_rom_softplus_shift #(
            .PORTS(1)
        ) u_shift (
            .clk (clk),
            .en  (en),
            .addr(addr[i*12+7+:5]),
            .data(shift[i*4+:4])
        );
      end else begin : g_exp
        m2_rom_exp_shift #(
            .PORTS(1)
        ) u_shift (
            .clk (clk),
            .en  (en),
            .addr(addr[i*12+7+:5]),
            .data(shift[i*4+:4])
        );
      end
    end

    if (FUNCTION < 0 || FUNCTION > 2) begin : g_bad_function
      m2_lut_act_FUNCTION_must_be_0_1_or_2 u_error ();
    end
    if (LANES < 1 || IN_W < 2 || IN_W > 48 || OUT_W < 8) begin : g_bad_format
      m2_lut_act_needs_LANES_at_least_1_and_IN_W_2_to_48_and_OUT_W_at_least_8 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(!valid_q[1] || &fits, "a result does not fit into OUT_W bits")

endmodule

`default_nettype wire
