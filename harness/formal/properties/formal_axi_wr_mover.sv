// SPDX-License-Identifier: Apache-2.0
//
// formal_axi_wr_mover - axi_wr_mover writes each word of its commands once, wlast where the address said, takes every
// answer, and says done for a command when all its bursts are answered, once each. Commands of up to 3 words.
//
// The memory is any that answers a burst after its address and its last beat, in order.

`default_nettype none

module formal_axi_wr_mover #(
    parameter ADDR_W      = 16,
    parameter DATA_W      = 32,
    parameter OUTSTANDING = 2,
    parameter BURST_BEATS = 2
) (
    input wire              clk,
    input wire              rst,
    input wire              cmd_valid,
    input wire [ADDR_W-1:0] cmd_addr,
    input wire [       1:0] cmd_beats,
    input wire              s_valid,
    input wire [DATA_W-1:0] s_data,
    input wire              awready,
    input wire              wready,
    input wire              bvalid,
    input wire [       1:0] bresp,
    input wire              err_clear
);

  localparam OPEN = OUTSTANDING + 5;  // commands inside, and the one whose done is due

  wire                     cmd_ready;
  wire                     s_ready;
  wire                     awvalid;
  wire [       ADDR_W-1:0] awaddr;
  wire [              7:0] awlen;
  wire                     wvalid;
  wire [       DATA_W-1:0] wdata;
  wire [     DATA_W/8-1:0] wstrb;
  wire                     wlast;
  wire                     bready;
  wire                     beat;
  wire                     done;
  wire                     busy;
  wire                     err;
  wire                     aw_waits;
  wire                     unused_s;
  wire                     unused_w;
  wire                     unused_b;
  wire [              7:0] offered;
  wire [(OUTSTANDING+1)*8-1:0] lengths;  // of bursts without all their data
  wire [              7:0] unanswered;
  wire [OUTSTANDING*8-1:0] sizes;  // of bursts without an answer
  wire [              7:0] commands;
  wire [       OPEN*2-1:0] wanted;  // words of the commands
  reg  [              7:0] place_q;  // of the next word in its burst
  reg  [              7:0] written_q;  // bursts whose last word has moved, without an answer
  reg  [              7:0] to_write_q;  // words of accepted commands
  reg  [              7:0] answered_q;  // words that were answered, of commands that are not done
  reg                      failed_q;
  wire                     accept = cmd_valid && cmd_ready;
  wire                     last = beat && wlast;
  wire                     answer = bvalid && bready;

  axi_wr_mover #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .OUTSTANDING(OUTSTANDING),
      .BURST_BEATS(BURST_BEATS)
  ) u_dut (
      .clk      (clk),
      .rst      (rst),
      .cmd_valid(cmd_valid),
      .cmd_ready(cmd_ready),
      .cmd_addr (cmd_addr),
      .cmd_beats({30'd0, cmd_beats}),
      .s_valid  (s_valid),
      .s_ready  (s_ready),
      .s_data   (s_data),
      .awvalid  (awvalid),
      .awready  (awready),
      .awaddr   (awaddr),
      .awlen    (awlen),
      .wvalid   (wvalid),
      .wready   (wready),
      .wdata    (wdata),
      .wstrb    (wstrb),
      .wlast    (wlast),
      .bvalid   (bvalid),
      .bready   (bready),
      .bresp    (bresp),
      .beat     (beat),
      .done     (done),
      .busy     (busy),
      .err      (err),
      .err_clear(err_clear)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  prop_axi_address #(
      .ADDR_W     (ADDR_W),
      .DATA_W     (DATA_W),
      .BURST_BEATS(BURST_BEATS)
  ) u_address (
      .clk    (clk),
      .rst    (rst),
      .valid  (awvalid),
      .ready  (awready),
      .addr   (awaddr),
      .len    (awlen),
      .waiting(aw_waits)
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
      .waiting(unused_s)
  );

  prop_stream #(
      .DATA_W(DATA_W + 1)
  ) u_words (
      .clk    (clk),
      .rst    (rst),
      .valid  (wvalid),
      .ready  (wready),
      .data   ({wlast, wdata}),
      .waiting(unused_w)
  );

  prop_stream #(
      .DATA_W(2),
      .ASSUME(1)
  ) u_answers (
      .clk    (clk),
      .rst    (rst),
      .valid  (bvalid),
      .ready  (bready),
      .data   (bresp),
      .waiting(unused_b)
  );

  // A burst's words may come once its address is on offer; it is not open before its address has been taken.
  prop_queue #(
      .DATA_W(8),
      .CAP   (OUTSTANDING + 1)
  ) u_offered (
      .clk      (clk),
      .rst      (rst),
      .push     (awvalid && !aw_waits),
      .push_data(awlen),
      .pop      (last),
      .count    (offered),
      .items    (lengths)
  );

  prop_queue #(
      .DATA_W(8),
      .CAP   (OUTSTANDING)
  ) u_unanswered (
      .clk      (clk),
      .rst      (rst),
      .push     (awvalid && awready),
      .push_data(awlen),
      .pop      (answer),
      .count    (unanswered),
      .items    (sizes)
  );

  prop_queue #(
      .DATA_W(2),
      .CAP   (OPEN)
  ) u_commands (
      .clk      (clk),
      .rst      (rst),
      .push     (accept),
      .push_data(cmd_beats),
      .pop      (done),
      .count    (commands),
      .items    (wanted)
  );

  always @(posedge clk) begin
    if (rst || last) place_q <= 8'd0;
    else if (beat) place_q <= place_q + 8'd1;
  end

  always @(posedge clk) begin
    written_q  <= rst ? 8'd0 : written_q + {7'd0, last} - {7'd0, answer};
    to_write_q <= rst ? 8'd0 : to_write_q + (accept ? {6'd0, cmd_beats} : 8'd0) - {7'd0, beat};
    answered_q <= rst ? 8'd0 : answered_q + (answer ? sizes[7:0] + 8'd1 : 8'd0) - (done ? {6'd0, wanted[1:0]} : 8'd0);
    failed_q   <= !rst && ((answer && bresp[1]) || (failed_q && !err_clear));
  end

  always @* begin
    assume (cmd_addr[1:0] == 2'd0);
    assume (!bvalid || (written_q != 8'd0 && unanswered != 8'd0));
    if (!rst) begin
      assert (!wvalid || offered != 8'd0);
      assert (!wvalid || wlast == (place_q == lengths[7:0]));
      assert (!beat || to_write_q != 8'd0);
      assert (wdata == s_data && &wstrb && beat == (wvalid && wready) && beat == (s_valid && s_ready));
      assert (!bvalid || bready);
      assert (!done || answered_q >= {6'd0, wanted[1:0]});
      assert (busy || (to_write_q == 8'd0 && unanswered == 8'd0 && commands == {7'd0, done}));
      assert (err == failed_q);
    end
  end

endmodule

`default_nettype wire
