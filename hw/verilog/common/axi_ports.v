// SPDX-License-Identifier: Apache-2.0
//
// axi_ports - makes one wide memory of all ports: every command, beat and answer goes over all of them in lockstep.
//
// Function     : a read (offset, beats) yields the wide beats at base[p] + offset, base[p] + offset + PORT_W / 8, ... of all
//                ports p, a write puts wide beats there; port p carries bits [PORT_W*p +: PORT_W]. Reads and writes have
//                queues of their own and each its order. written = one cycle for each write that all ports have answered.
//                rd_err, wr_err: a port answered with an error since `clear`. With PARTIAL a read goes over the first
//                rd_cmd_ports ports only; the others' bits of its beats are 0.
// Format       : byte addresses, multiples of PORT_W / 8. With STROBES s_strb tells which bytes of s_data are written.
//                rd_cmd_ports 1..PORTS, ignored without PARTIAL.
// Latency      : variable: 5 cycles from command to address, 3 from read data to the wide beat, 2 from the last answer to
//                written, then the memory's
// Throughput   : variable: 1 wide beat per cycle each way when every port delivers one.
// Back-pressure: registered command readies; RD_DEPTH beats a port are read ahead, WR_DEPTH beats a port are written behind.
// Golden       : golden.striping.stripe
// Test         : tests/rtl/test_axi_ports.py
//
// Why: a queue per port, so that a channel in its refresh holds up the others only when its queue has run empty.

`default_nettype none
`include "checks.vh"

module axi_ports #(
    parameter PORTS    = 1,    // memory ports, >= 1
    parameter PORT_W   = 512,  // bits of a port, a power of two, 128..1024
    parameter RD_DEPTH = 128,  // beats read ahead on each port, a power of two
    parameter WR_DEPTH = 16,   // beats queued for writing on each port, a power of two
    parameter STROBES  = 0,    // 1: s_strb is used, 0: every byte is written
    parameter PARTIAL  = 0     // 1: rd_cmd_ports is used, PORTS <= 32; 0: every read goes over all ports
) (
    input  wire                      clk,
    input  wire                      rst,
    input  wire                      clear,
    input  wire [      PORTS*64-1:0] base,
    input  wire                      rd_cmd_valid,
    output wire                      rd_cmd_ready,
    input  wire [              63:0] rd_cmd_offset,
    input  wire [              31:0] rd_cmd_beats,
    input  wire [               5:0] rd_cmd_ports,
    input  wire                      wr_cmd_valid,
    output wire                      wr_cmd_ready,
    input  wire [              63:0] wr_cmd_offset,
    input  wire [              31:0] wr_cmd_beats,
    output wire                      m_valid,
    input  wire                      m_ready,
    output wire [  PORTS*PORT_W-1:0] m_data,
    input  wire                      s_valid,
    output wire                      s_ready,
    input  wire [  PORTS*PORT_W-1:0] s_data,
    input  wire [PORTS*PORT_W/8-1:0] s_strb,
    output wire                      written,
    output wire [         PORTS-1:0] rd_beat,
    output wire [         PORTS-1:0] wr_beat,
    output wire [         PORTS-1:0] rd_err,
    output wire [         PORTS-1:0] wr_err,
    output wire [      PORTS*64-1:0] m_axi_araddr,
    output wire [       PORTS*8-1:0] m_axi_arlen,
    output wire [         PORTS-1:0] m_axi_arvalid,
    input  wire [         PORTS-1:0] m_axi_arready,
    input  wire [  PORTS*PORT_W-1:0] m_axi_rdata,
    input  wire [       PORTS*2-1:0] m_axi_rresp,
    input  wire [         PORTS-1:0] m_axi_rlast,
    input  wire [         PORTS-1:0] m_axi_rvalid,
    output wire [         PORTS-1:0] m_axi_rready,
    output wire [      PORTS*64-1:0] m_axi_awaddr,
    output wire [       PORTS*8-1:0] m_axi_awlen,
    output wire [         PORTS-1:0] m_axi_awvalid,
    input  wire [         PORTS-1:0] m_axi_awready,
    output wire [  PORTS*PORT_W-1:0] m_axi_wdata,
    output wire [PORTS*PORT_W/8-1:0] m_axi_wstrb,
    output wire [         PORTS-1:0] m_axi_wlast,
    output wire [         PORTS-1:0] m_axi_wvalid,
    input  wire [         PORTS-1:0] m_axi_wready,
    input  wire [       PORTS*2-1:0] m_axi_bresp,
    input  wire [         PORTS-1:0] m_axi_bvalid,
    output wire [         PORTS-1:0] m_axi_bready
);

  localparam BURST_BEATS = 4096 * 8 / PORT_W;
  localparam OUTSTANDING = 8;
  localparam STRB_W = PORT_W / 8;
  localparam BEAT_W = PORT_W + (STROBES ? STRB_W : 0);  // of what is queued for writing on a port
  localparam DONE_W = 5;  // a port answers at most the writes that wait in another one's mover before the other does

  genvar p;

  // A command waits here for its addresses, which are sums per port.
  reg              rd_valid_q;
  reg              wr_valid_q;
  reg  [     31:0] rd_beats_q;
  reg  [     31:0] wr_beats_q;
  wire             rd_stage_ready;
  wire             wr_stage_ready;
  wire [PORTS-1:0] rd_valid;
  wire [PORTS-1:0] wr_valid;
  wire [PORTS-1:0] rd_ready;
  wire [PORTS-1:0] wr_ready;
  wire [     31:0] rd_beats;
  wire [     31:0] wr_beats;
  wire             rd_take = rd_cmd_valid && rd_cmd_ready;
  wire             wr_take = wr_cmd_valid && wr_cmd_ready;

  assign rd_cmd_ready = !rd_valid_q || rd_stage_ready;
  assign wr_cmd_ready = !wr_valid_q || wr_stage_ready;

  always @(posedge clk) begin
    if (rst) rd_valid_q <= 1'b0;
    else if (rd_cmd_ready) rd_valid_q <= rd_cmd_valid;
  end

  always @(posedge clk) begin
    if (rst) wr_valid_q <= 1'b0;
    else if (wr_cmd_ready) wr_valid_q <= wr_cmd_valid;
  end

  always @(posedge clk) begin
    if (rd_take) rd_beats_q <= rd_cmd_beats;
    if (wr_take) wr_beats_q <= wr_cmd_beats;
  end

  strm_fork #(
      .DATA_W(32),
      .N     (PORTS)
  ) u_write (
      .clk    (clk),
      .rst    (rst),
      .s_valid(wr_valid_q),
      .s_ready(wr_stage_ready),
      .s_data (wr_beats_q),
      .m_valid(wr_valid),
      .m_ready(wr_ready),
      .m_data (wr_beats)
  );

  wire [       PORTS-1:0] ahead_valid;
  wire [       PORTS-1:0] ahead_ready;
  wire [PORTS*PORT_W-1:0] ahead_data;
  wire [       PORTS-1:0] behind_valid;
  wire [       PORTS-1:0] behind_ready;
  wire [PORTS*BEAT_W-1:0] behind_data;
  wire [PORTS*BEAT_W-1:0] s_beat;
  wire [       PORTS-1:0] answered;  // writes that the other ports may not have answered yet

  generate
    if (PARTIAL) begin : g_partial
      // A copy of each read for each port, which drops what is not its own, and one for who joins their beats.
      reg  [PORTS-1:0] own_q;
      reg  [      5:0] ports_q;
      wire [  PORTS:0] copy_valid;
      wire             run_ready;

      assign rd_valid = copy_valid[PORTS-1:0] & own_q;

      always @(posedge clk) begin
        if (rd_take) ports_q <= rd_cmd_ports;
      end

      for (p = 0; p < PORTS; p = p + 1) begin : g_own
        localparam [31:0] PORT = p;

        always @(posedge clk) begin
          if (rd_take) own_q[p] <= rd_cmd_ports > PORT[5:0];
        end
      end

      strm_fork #(
          .DATA_W(32),
          .N     (PORTS + 1)
      ) u_read (
          .clk    (clk),
          .rst    (rst),
          .s_valid(rd_valid_q),
          .s_ready(rd_stage_ready),
          .s_data (rd_beats_q),
          .m_valid(copy_valid),
          .m_ready({run_ready, rd_ready | ~own_q}),
          .m_data (rd_beats)
      );

      strm_join_first #(
          .DATA_W(PORT_W),
          .N     (PORTS)
      ) u_join (
          .clk    (clk),
          .rst    (rst),
          .c_valid(copy_valid[PORTS]),
          .c_ready(run_ready),
          .c_data ({ports_q, rd_beats}),
          .s_valid(ahead_valid),
          .s_ready(ahead_ready),
          .s_data (ahead_data),
          .m_valid(m_valid),
          .m_ready(m_ready),
          .m_data (m_data)
      );
    end else begin : g_whole
      wire unused_ports = &{1'b0, rd_cmd_ports};

      strm_fork #(
          .DATA_W(32),
          .N     (PORTS)
      ) u_read (
          .clk    (clk),
          .rst    (rst),
          .s_valid(rd_valid_q),
          .s_ready(rd_stage_ready),
          .s_data (rd_beats_q),
          .m_valid(rd_valid),
          .m_ready(rd_ready),
          .m_data (rd_beats)
      );

      strm_join #(
          .DATA_W(PORT_W),
          .N     (PORTS)
      ) u_join (
          .clk    (clk),
          .rst    (rst),
          .s_valid(ahead_valid),
          .s_ready(ahead_ready),
          .s_data (ahead_data),
          .m_valid(m_valid),
          .m_ready(m_ready),
          .m_data (m_data)
      );
    end
  endgenerate

  strm_fork #(
      .DATA_W(PORTS * BEAT_W),
      .N     (PORTS)
  ) u_fork (
      .clk    (clk),
      .rst    (rst),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_beat),
      .m_valid(behind_valid),
      .m_ready(behind_ready),
      .m_data (behind_data)
  );

  assign written = &answered;

  generate
    for (p = 0; p < PORTS; p = p + 1) begin : g_port
      reg  [      63:0] rd_addr_q;
      reg  [      63:0] wr_addr_q;
      reg  [ DONE_W-1:0] done_q;
      wire              done;
      wire              rd_more;
      wire              rd_accept;
      wire [PORT_W-1:0] rd_data;
      wire              wr_more;
      wire              wr_accept;
      wire [BEAT_W-1:0] wr_data;
      wire [STRB_W-1:0] every;  // byte is written
      wire              unused_rd_busy;
      wire [$clog2(RD_DEPTH):0] unused_ahead_level;
      wire [$clog2(WR_DEPTH):0] unused_behind_level;
      wire              unused_wr_busy;

      always @(posedge clk) begin
        if (rd_take) rd_addr_q <= base[p*64+:64] + rd_cmd_offset;
        if (wr_take) wr_addr_q <= base[p*64+:64] + wr_cmd_offset;
      end

      if (STROBES) begin : g_strobes
        wire unused_every = &{1'b0, every};
        assign s_beat[p*BEAT_W+:BEAT_W]      = {s_strb[p*STRB_W+:STRB_W], s_data[p*PORT_W+:PORT_W]};
        assign m_axi_wstrb[p*STRB_W+:STRB_W] = wr_data[BEAT_W-1:PORT_W];
      end else begin : g_whole
        wire unused_strobes = &{1'b0, s_strb[p*STRB_W+:STRB_W]};
        assign s_beat[p*BEAT_W+:BEAT_W]      = s_data[p*PORT_W+:PORT_W];
        assign m_axi_wstrb[p*STRB_W+:STRB_W] = every;
      end

      assign answered[p] = done_q != {DONE_W{1'b0}};

      always @(posedge clk) begin
        if (rst) done_q <= {DONE_W{1'b0}};
        else if (done && !written) done_q <= done_q + 1'b1;
        else if (written && !done) done_q <= done_q - 1'b1;
      end

      `CHECK(!done || written || done_q != {DONE_W{1'b1}}, "too many answers that other ports have not given")

      axi_rd_mover #(
          .ADDR_W     (64),
          .DATA_W     (PORT_W),
          .OUTSTANDING(OUTSTANDING),
          .BURST_BEATS(BURST_BEATS)
      ) u_rd (
          .clk      (clk),
          .rst      (rst),
          .cmd_valid(rd_valid[p]),
          .cmd_ready(rd_ready[p]),
          .cmd_addr (rd_addr_q),
          .cmd_beats(rd_beats),
          .arvalid  (m_axi_arvalid[p]),
          .arready  (m_axi_arready[p]),
          .araddr   (m_axi_araddr[p*64+:64]),
          .arlen    (m_axi_arlen[p*8+:8]),
          .rvalid   (m_axi_rvalid[p]),
          .rready   (m_axi_rready[p]),
          .rdata    (m_axi_rdata[p*PORT_W+:PORT_W]),
          .rresp    (m_axi_rresp[p*2+:2]),
          .rlast    (m_axi_rlast[p]),
          .m_valid  (rd_more),
          .m_ready  (rd_accept),
          .m_data   (rd_data),
          .beat     (rd_beat[p]),
          .busy     (unused_rd_busy),
          .err      (rd_err[p]),
          .err_clear(clear)
      );

      strm_fifo #(
          .DATA_W(PORT_W),
          .DEPTH (RD_DEPTH)
      ) u_ahead (
          .clk    (clk),
          .rst    (rst),
          .s_valid(rd_more),
          .s_ready(rd_accept),
          .s_data (rd_data),
          .m_valid(ahead_valid[p]),
          .m_ready(ahead_ready[p]),
          .m_data (ahead_data[p*PORT_W+:PORT_W]),
          .level  (unused_ahead_level)
      );

      strm_fifo #(
          .DATA_W(BEAT_W),
          .DEPTH (WR_DEPTH)
      ) u_behind (
          .clk    (clk),
          .rst    (rst),
          .s_valid(behind_valid[p]),
          .s_ready(behind_ready[p]),
          .s_data (behind_data[p*BEAT_W+:BEAT_W]),
          .m_valid(wr_more),
          .m_ready(wr_accept),
          .m_data (wr_data),
          .level  (unused_behind_level)
      );

      axi_wr_mover #(
          .ADDR_W     (64),
          .DATA_W     (PORT_W),
          .OUTSTANDING(OUTSTANDING),
          .BURST_BEATS(BURST_BEATS)
      ) u_wr (
          .clk      (clk),
          .rst      (rst),
          .cmd_valid(wr_valid[p]),
          .cmd_ready(wr_ready[p]),
          .cmd_addr (wr_addr_q),
          .cmd_beats(wr_beats),
          .s_valid  (wr_more),
          .s_ready  (wr_accept),
          .s_data   (wr_data[PORT_W-1:0]),
          .awvalid  (m_axi_awvalid[p]),
          .awready  (m_axi_awready[p]),
          .awaddr   (m_axi_awaddr[p*64+:64]),
          .awlen    (m_axi_awlen[p*8+:8]),
          .wvalid   (m_axi_wvalid[p]),
          .wready   (m_axi_wready[p]),
          .wdata    (m_axi_wdata[p*PORT_W+:PORT_W]),
          .wstrb    (every),
          .wlast    (m_axi_wlast[p]),
          .bvalid   (m_axi_bvalid[p]),
          .bready   (m_axi_bready[p]),
          .bresp    (m_axi_bresp[p*2+:2]),
          .beat     (wr_beat[p]),
          .done     (done),
          .busy     (unused_wr_busy),
          .err      (wr_err[p]),
          .err_clear(clear)
      );
    end
  endgenerate

endmodule

`default_nettype wire
