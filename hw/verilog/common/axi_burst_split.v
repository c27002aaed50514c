// SPDX-License-Identifier: Apache-2.0
//
// axi_burst_split - cuts a transfer command into AXI4 INCR bursts.
//
// Function     : command (addr, beats) -> bursts whose ends lie on multiples of BURST_BEATS words, in order, each
//                with len = beats - 1 and `final` on the command's last burst; zero beats -> one `null` token.
// Format       : byte addresses (multiples of DATA_W/8), unsigned beat counts, AXI4 length code.
// Latency      : 3
// Throughput   : 1
// Back-pressure: registered ready; absorbs 4 beats (a command is a beat).
// Golden       : golden.axi.split_bursts
// Test         : tests/rtl/test_axi_burst_split.py
//
// Why: bursts are aligned to their maximal size. A burst then never crosses 4 KiB because its size divides 4 KiB, the
// next address is one increment of the upper bits, and a command costs at most one burst more than greedy splitting.
`default_nettype none
`include "checks.vh"

module axi_burst_split #(
    parameter ADDR_W      = 64,  // bits of a byte address, 16..64
    parameter DATA_W      = 256, // bits of a beat: power of two, 32..1024
    parameter BURST_BEATS = 16   // longest burst: power of two, 1..256, BURST_BEATS * DATA_W/8 <= 4096
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              cmd_valid,
    output wire              cmd_ready,
    input  wire [ADDR_W-1:0] cmd_addr,
    input  wire [31:0]       cmd_beats,
    output wire              m_valid,
    input  wire              m_ready,
    output wire [ADDR_W-1:0] m_addr,
    output wire [7:0]        m_len,
    output wire              m_final,
    output wire              m_null,
    output wire              busy      // a command or a burst is inside
);
  localparam BEAT_LG = $clog2(DATA_W / 8);
  localparam BURST_LG = $clog2(BURST_BEATS) + BEAT_LG;  // log2 of the bytes of a longest burst
  localparam [31:0] LAST_BEAT = BURST_BEATS - 1;

  generate
    if (BURST_BEATS < 1 || BURST_BEATS > 256 || (BURST_BEATS & (BURST_BEATS - 1)) != 0) begin : g_bad_burst
      axi_burst_split_BURST_BEATS_must_be_a_power_of_two_1_to_256 u_error ();
    end
    if (DATA_W < 32 || DATA_W > 1024 || (DATA_W & (DATA_W - 1)) != 0) begin : g_bad_data
      axi_burst_split_DATA_W_must_be_a_power_of_two_32_to_1024 u_error ();
    end
    if (BURST_LG > 12) begin : g_bad_bytes
      axi_burst_split_BURST_BEATS_times_beat_bytes_must_not_exceed_4096 u_error ();
    end
    if (ADDR_W < 16 || ADDR_W > 64) begin : g_bad_addr
      axi_burst_split_ADDR_W_must_be_16_to_64 u_error ();
    end
  endgenerate

  wire              p0_valid;
  wire              p0_ready;
  wire [ADDR_W-1:0] p0_addr;
  wire [31:0]       p0_beats;

  strm_skid #(
      .DATA_W(ADDR_W + 32)
  ) u_cmd (
      .clk    (clk),
      .rst    (rst),
      .s_valid(cmd_valid),
      .s_ready(cmd_ready),
      .s_data ({cmd_beats, cmd_addr}),
      .m_valid(p0_valid),
      .m_ready(p0_ready),
      .m_data ({p0_beats, p0_addr})
  );

  // p1: the rest of the command, as the address of its next beat and the number of beats after that one.
  reg               p1_valid_q;
  reg               p1_null_q;
  reg  [ADDR_W-1:0] p1_addr_q;
  reg  [31:0]       p1_left_q;
  // p2: the burst on offer.
  reg               p2_valid_q;
  reg               p2_null_q;
  reg               p2_final_q;
  reg  [ADDR_W-1:0] p2_addr_q;
  reg  [7:0]        p2_len_q;

  // Beats from here to the burst boundary, less one: the complement of the position inside the burst.
  wire [31:0] p1_room = ~{24'd0, p1_addr_q[BEAT_LG+:8]} & LAST_BEAT;
  wire        p1_final = p1_left_q <= p1_room;
  wire        p1_step = p1_valid_q && (!p2_valid_q || m_ready);

  assign p0_ready = !p1_valid_q || (p1_step && (p1_final || p1_null_q));

  always @(posedge clk) begin
    if (rst) p1_valid_q <= 1'b0;
    else if (p0_ready) p1_valid_q <= p0_valid;
  end

  always @(posedge clk) begin
    if (p0_ready) begin
      p1_null_q <= p0_beats == 32'd0;
      p1_addr_q <= p0_addr;
      p1_left_q <= p0_beats - 32'd1;
    end else if (p1_step) begin
      p1_addr_q <= {p1_addr_q[ADDR_W-1:BURST_LG] + 1'b1, {BURST_LG{1'b0}}};
      p1_left_q <= p1_left_q - p1_room - 32'd1;
    end
  end

  always @(posedge clk) begin
    if (rst) p2_valid_q <= 1'b0;
    else if (!p2_valid_q || m_ready) p2_valid_q <= p1_valid_q;
  end

  always @(posedge clk) begin
    if (p1_step) begin
      p2_null_q  <= p1_null_q;
      p2_final_q <= p1_final || p1_null_q;
      p2_addr_q  <= p1_addr_q;
      p2_len_q   <= p1_final ? p1_left_q[7:0] : p1_room[7:0];
    end
  end

  assign m_valid = p2_valid_q;
  assign m_addr  = p2_addr_q;
  assign m_len   = p2_len_q;
  assign m_final = p2_final_q;
  assign m_null  = p2_null_q;
  assign busy    = p0_valid || p1_valid_q || p2_valid_q;

  `CHECK(!cmd_valid || cmd_addr[BEAT_LG-1:0] == {BEAT_LG{1'b0}}, "address of a command is not a multiple of a beat")
  `CHECK_STREAM(m_valid, m_ready, {m_null, m_final, m_addr, m_len})
endmodule

`default_nettype wire
