// SPDX-License-Identifier: Apache-2.0
//
// formal_mem_lutram - mem_lutram shows at each address the word that was written there last, after the write's edge.
//
// One address is watched, whichever.

`default_nettype none

module formal_mem_lutram #(
    parameter DATA_W = 2,
    parameter DEPTH  = 4
) (
    input wire                     clk,
    input wire                     wr_en,
    input wire [$clog2(DEPTH)-1:0] wr_addr,
    input wire [       DATA_W-1:0] wr_data,
    input wire [$clog2(DEPTH)-1:0] rd_addr
);

  wire [       DATA_W-1:0] rd_data;
  (* keep *) wire [DEPTH*DATA_W-1:0] peek_mem;
  wire [$clog2(DEPTH)-1:0] place = $anyconst;
  reg                      written_q;
  reg  [       DATA_W-1:0] word_q;

  mem_lutram #(
      .DATA_W(DATA_W),
      .DEPTH (DEPTH)
  ) u_dut (
      .clk    (clk),
      .wr_en  (wr_en),
      .wr_addr(wr_addr),
      .wr_data(wr_data),
      .rd_addr(rd_addr),
      .rd_data(rd_data)
  );

  initial written_q = 1'b0;

  always @(posedge clk) begin
    if (wr_en && wr_addr == place) begin
      written_q <= 1'b1;
      word_q    <= wr_data;
    end
  end

  always @* begin
    assert (!written_q || rd_addr != place || rd_data == word_q);
    assert (!written_q || peek_mem[place*DATA_W+:DATA_W] == word_q);
  end

endmodule

`default_nettype wire
