// SPDX-License-Identifier: Apache-2.0
//
// formal_axil_regs - axil_regs answers each access once and in bounded time, a write changes the strobed bytes of
// writable bits of its word and nothing else, a read returns what stood there in the cycle of rd_strobe.
//
// Three words: writable, read-only, half of each; one word is watched, whichever.

`default_nettype none

module formal_axil_regs (
    input wire        clk,
    input wire        rst,
    input wire [ 4:0] awaddr,
    input wire        awvalid,
    input wire [31:0] wdata,
    input wire [ 3:0] wstrb,
    input wire        wvalid,
    input wire        bready,
    input wire [ 4:0] araddr,
    input wire        arvalid,
    input wire        rready,
    input wire [95:0] ro_value
);

  localparam [95:0] MASK = 96'h0000ffff_00000000_ffffffff;

  wire        awready;
  wire        wready;
  wire [ 1:0] bresp;
  wire        bvalid;
  wire        arready;
  wire [31:0] rdata;
  wire [ 1:0] rresp;
  wire        rvalid;
  wire [95:0] regs_q;
  wire [ 2:0] wr_strobe;
  wire [ 2:0] rd_strobe;
  wire [31:0] wr_data;
  wire [ 3:0] wr_strb;
  wire        unused_b;
  wire        unused_r;
  wire [ 2:0] word = $anyconst;
  wire [31:0] mask = MASK[word*32+:32];
  reg         aw_q;  // an address that has no answer yet
  reg         w_q;
  reg  [ 4:0] awaddr_q;
  reg  [31:0] wdata_q;
  reg  [ 3:0] wstrb_q;
  reg  [31:0] value_q;  // of the watched word
  reg  [ 2:0] write_age_q;  // cycles since both were there
  reg  [ 2:0] read_age_q;  // cycles since the address, 0 without one
  reg  [ 2:0] ar_word_q;
  reg  [31:0] read_q;
  wire        aw = awvalid && awready;
  wire        w = wvalid && wready;
  wire        b = bvalid && bready;
  wire        both = aw_q && w_q;
  wire [31:0] bytes = {{8{wstrb_q[3]}}, {8{wstrb_q[2]}}, {8{wstrb_q[1]}}, {8{wstrb_q[0]}}};
  wire [31:0] change = (awaddr_q[4:2] == word) ? bytes & mask : 32'd0;

  axil_regs #(
      .ADDR_W (5),
      .WORDS  (3),
      .RW_MASK(MASK)
  ) u_dut (
      .clk           (clk),
      .rst           (rst),
      .s_axil_awaddr (awaddr),
      .s_axil_awvalid(awvalid),
      .s_axil_awready(awready),
      .s_axil_wdata  (wdata),
      .s_axil_wstrb  (wstrb),
      .s_axil_wvalid (wvalid),
      .s_axil_wready (wready),
      .s_axil_bresp  (bresp),
      .s_axil_bvalid (bvalid),
      .s_axil_bready (bready),
      .s_axil_araddr (araddr),
      .s_axil_arvalid(arvalid),
      .s_axil_arready(arready),
      .s_axil_rdata  (rdata),
      .s_axil_rresp  (rresp),
      .s_axil_rvalid (rvalid),
      .s_axil_rready (rready),
      .regs_q        (regs_q),
      .ro_value      (ro_value),
      .wr_strobe     (wr_strobe),
      .rd_strobe     (rd_strobe),
      .wr_data       (wr_data),
      .wr_strb       (wr_strb)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  prop_stream #(
      .DATA_W(2)
  ) u_answer (
      .clk    (clk),
      .rst    (rst),
      .valid  (bvalid),
      .ready  (bready),
      .data   (bresp),
      .waiting(unused_b)
  );

  prop_stream #(
      .DATA_W(34)
  ) u_data (
      .clk    (clk),
      .rst    (rst),
      .valid  (rvalid),
      .ready  (rready),
      .data   ({rresp, rdata}),
      .waiting(unused_r)
  );

  always @(posedge clk) begin
    aw_q <= !rst && (aw || (aw_q && !b));
    w_q  <= !rst && (w || (w_q && !b));
    if (aw) awaddr_q <= awaddr;
    if (w) {wstrb_q, wdata_q} <= {wstrb, wdata};
    write_age_q <= (rst || !both || b) ? 3'd0 : (write_age_q == 3'd7) ? 3'd7 : write_age_q + 3'd1;
  end

  // The value changes in the first cycle in which address and data are there, which is one before wr_strobe.
  always @(posedge clk) begin
    if (rst) value_q <= 32'd0;
    else if (both && write_age_q == 3'd0) value_q <= (value_q & ~change) | (wdata_q & change);
  end

  always @(posedge clk) begin
    if (rst || (rvalid && rready)) read_age_q <= 3'd0;
    else if (arvalid && arready) read_age_q <= 3'd1;
    else if (read_age_q != 3'd0 && read_age_q != 3'd7) read_age_q <= read_age_q + 3'd1;
    if (arvalid && arready) ar_word_q <= araddr[4:2];
    if (read_age_q == 3'd1) read_q <= regs_q[word*32+:32] | (ro_value[word*32+:32] & ~mask);
  end

  always @* begin
    assume (word < 3'd3);
    if (!rst) begin
      // Writes: one at a time, answered OKAY, in three cycles from when both are there.
      assert (!aw || !aw_q);
      assert (!w || !w_q);
      assert (bvalid == (write_age_q >= 3'd2));
      assert (bresp == 2'd0);
      assert (regs_q[word*32+:32] == value_q);
      assert (wr_strobe[word] == (write_age_q == 3'd1 && awaddr_q[4:2] == word));
      assert (!wr_strobe[word] || {wr_strb, wr_data} == {wstrb_q, wdata_q});
      // Reads: one at a time, answered OKAY, in three cycles.
      assert (!(arvalid && arready) || read_age_q == 3'd0);
      assert (rvalid == (read_age_q >= 3'd3));
      assert (rresp == 2'd0);
      assert (rd_strobe[word] == (read_age_q == 3'd1 && ar_word_q == word));
      assert (!rvalid || ar_word_q != word || rdata == read_q);
      assert (!rvalid || ar_word_q < 3'd3 || rdata == 32'd0);
    end
  end

endmodule

`default_nettype wire
