// SPDX-License-Identifier: Apache-2.0
//
// formal_mem_sdp - mem_sdp shows after a read's edge the word that stood at its address before that edge, and holds it.
//
// One address is watched, whichever.

`default_nettype none

module formal_mem_sdp #(
    parameter DATA_W = 2,
    parameter DEPTH  = 4
) (
    input wire                     clk,
    input wire                     wr_en,
    input wire [$clog2(DEPTH)-1:0] wr_addr,
    input wire [       DATA_W-1:0] wr_data,
    input wire                     rd_en,
    input wire [$clog2(DEPTH)-1:0] rd_addr
);

  wire [       DATA_W-1:0] rd_data;
  (* keep *) wire [DEPTH*DATA_W-1:0] peek_mem;
  wire [$clog2(DEPTH)-1:0] place = $anyconst;
  reg                      written_q;
  reg  [       DATA_W-1:0] word_q;
  reg                      read_q;  // what is shown was read at the watched address
  reg  [       DATA_W-1:0] shown_q;

  mem_sdp #(
      .DATA_W(DATA_W),
      .DEPTH (DEPTH)
  ) u_dut (
      .clk    (clk),
      .wr_en  (wr_en),
      .wr_addr(wr_addr),
      .wr_data(wr_data),
      .rd_en  (rd_en),
      .rd_addr(rd_addr),
      .rd_data(rd_data)
  );

  initial begin
    written_q = 1'b0;
    read_q    = 1'b0;
  end

  always @(posedge clk) begin
    if (wr_en && wr_addr == place) begin
      written_q <= 1'b1;
      word_q    <= wr_data;
    end
    if (rd_en) begin
      read_q  <= written_q && rd_addr == place;
      shown_q <= word_q;
    end
  end

  always @* begin
    assert (!read_q || rd_data == shown_q);
    assert (!written_q || peek_mem[place*DATA_W+:DATA_W] == word_q);
  end

endmodule

`default_nettype wire
