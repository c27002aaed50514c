// SPDX-License-Identifier: Apache-2.0
//
// axil_regs - a dense file of 32-bit registers behind AXI4-Lite.
//
// Function     : a write stores the strobed bytes of RW bits; a read returns storage for RW bits and ro_value for the
//                others. Words beyond WORDS, and those that EXIST leaves out, read 0 and ignore writes. Every answer is OKAY.
// Format       : word w is bits 32*w +: 32 of regs_q, ro_value and RW_MASK; byte address 4*w, two low bits ignored.
// Latency      : 3
// Throughput   : 1/4
// Back-pressure: registered awready, wready, arready; one write and one read inside, AW and W in any order.
// Golden       : golden.axi.register_write
// Test         : tests/rtl/test_axil_regs.py
//
// Why: rd_strobe is high in the cycle that samples ro_value, so logic outside can clear or latch on read and lose
// nothing; wr_strobe is high in the first cycle in which regs_q shows the new value.
`default_nettype none

module axil_regs #(
    parameter                ADDR_W  = 12,            // bits of a byte address, clog2(4 * WORDS)..32
    parameter                WORDS   = 16,            // registers, 2..2^(ADDR_W - 2)
    parameter [WORDS*32-1:0] RW_MASK = {WORDS * 32{1'b1}},  // bits that software writes
    parameter [WORDS-1:0]    EXIST   = {WORDS{1'b1}},       // words that there are
    parameter [WORDS-1:0]    STROBES = {WORDS{1'b1}}        // words of which wr_strobe and rd_strobe tell, the others' are 0
) (
    input  wire                clk,
    input  wire                rst,
    input  wire [ADDR_W-1:0]   s_axil_awaddr,
    input  wire                s_axil_awvalid,
    output wire                s_axil_awready,
    input  wire [31:0]         s_axil_wdata,
    input  wire [3:0]          s_axil_wstrb,
    input  wire                s_axil_wvalid,
    output wire                s_axil_wready,
    output wire [1:0]          s_axil_bresp,
    output wire                s_axil_bvalid,
    input  wire                s_axil_bready,
    input  wire [ADDR_W-1:0]   s_axil_araddr,
    input  wire                s_axil_arvalid,
    output wire                s_axil_arready,
    output wire [31:0]         s_axil_rdata,
    output wire [1:0]          s_axil_rresp,
    output wire                s_axil_rvalid,
    input  wire                s_axil_rready,
    output wire [WORDS*32-1:0] regs_q,
    input  wire [WORDS*32-1:0] ro_value,
    output wire [WORDS-1:0]    wr_strobe,       // one cycle, for writes with any byte strobe too
    output wire [WORDS-1:0]    rd_strobe,       // one cycle
    output wire [31:0]         wr_data,         // valid under wr_strobe
    output wire [3:0]          wr_strb          // valid under wr_strobe
);
  localparam INDEX_W = ADDR_W - 2;
  localparam GROUP_W = (WORDS > 16) ? $clog2(WORDS) - 4 : 1;
  localparam GROUPS = 1 << GROUP_W;
  localparam [31:0] WORD_COUNT = WORDS;
  localparam [WORDS*32-1:0] EXIST_BITS = bits_of(EXIST);
  localparam [WORDS*32-1:0] WRITABLE = RW_MASK & EXIST_BITS;
  localparam [WORDS-1:0] TOLD = EXIST & STROBES;

  function [WORDS*32-1:0] bits_of(input [WORDS-1:0] words);
    integer b;
    for (b = 0; b < WORDS; b = b + 1) bits_of[b*32+:32] = {32{words[b]}};
  endfunction

  generate
    if (ADDR_W < 3 || ADDR_W > 32) begin : g_bad_addr
      axil_regs_ADDR_W_must_be_3_to_32 u_error ();
    end
    if (WORDS < 2 || WORDS > (1 << (ADDR_W - 2))) begin : g_bad_words
      axil_regs_WORDS_must_be_2_to_what_ADDR_W_can_address u_error ();
    end
  endgenerate

  // Write: address and data are held from their acceptance until the answer is taken.
  reg                aw_ready_q;
  reg                w_ready_q;
  reg                b_valid_q;
  reg                wr_done_q;  // a cycle in which the answer waits, so that writes take as long as reads
  reg  [INDEX_W-1:0] aw_index_q;
  reg  [31:0]        w_data_q;
  reg  [3:0]         w_strb_q;
  wire               wr_commit = !aw_ready_q && !w_ready_q && !b_valid_q && !wr_done_q;
  wire               b_fire = b_valid_q && s_axil_bready;

  always @(posedge clk) begin
    if (rst) aw_ready_q <= 1'b1;
    else if (b_fire) aw_ready_q <= 1'b1;
    else if (s_axil_awvalid) aw_ready_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst) w_ready_q <= 1'b1;
    else if (b_fire) w_ready_q <= 1'b1;
    else if (s_axil_wvalid) w_ready_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst) b_valid_q <= 1'b0;
    else if (wr_done_q) b_valid_q <= 1'b1;
    else if (b_fire) b_valid_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst) wr_done_q <= 1'b0;
    else wr_done_q <= wr_commit;
  end

  always @(posedge clk) begin
    if (aw_ready_q) aw_index_q <= s_axil_awaddr[ADDR_W-1:2];
    if (w_ready_q) begin
      w_data_q <= s_axil_wdata;
      w_strb_q <= s_axil_wstrb;
    end
  end

  // Read: the word's strobe samples its value one cycle after the address was accepted.
  reg                ar_ready_q;
  reg                rd_fetch_q;
  reg                rd_pick_q;
  reg                r_valid_q;
  reg  [INDEX_W-1:0] ar_index_q;
  reg  [31:0]        r_data_q;
  wire               ar_fire = ar_ready_q && s_axil_arvalid;
  wire               r_fire = r_valid_q && s_axil_rready;
  wire [INDEX_W-1:0] ar_index = s_axil_araddr[ADDR_W-1:2];
  reg  [WORDS*32-1:0] store_q;  // zero where RW_MASK is
  wire [WORDS*32-1:0] rd_value = store_q | (ro_value & ~RW_MASK & EXIST_BITS);

  always @(posedge clk) begin
    if (rst) ar_ready_q <= 1'b1;
    else if (r_fire) ar_ready_q <= 1'b1;
    else if (s_axil_arvalid) ar_ready_q <= 1'b0;
  end

  always @(posedge clk) begin
    if (rst) begin
      rd_fetch_q <= 1'b0;
      rd_pick_q  <= 1'b0;
      r_valid_q  <= 1'b0;
    end else begin
      rd_fetch_q <= ar_fire;
      rd_pick_q  <= rd_fetch_q;
      r_valid_q  <= rd_pick_q || (r_valid_q && !s_axil_rready);
    end
  end

  // A word of each group of 16 first, then a group: a mux of all words in one cycle would be the longest path of a kernel.
  wire [GROUPS*512-1:0] padded = {{GROUPS * 16 - WORDS{32'd0}}, rd_value};
  reg  [ GROUPS*32-1:0] group_q;
  wire [          31:0] word = {{32 - INDEX_W{1'b0}}, ar_index_q};

  genvar g;
  generate
    for (g = 0; g < GROUPS; g = g + 1) begin : g_group
      wire [511:0] words = padded[g*512+:512];
      always @(posedge clk) begin
        if (rd_fetch_q) group_q[g*32+:32] <= words[{word[3:0], 5'd0}+:32];
      end
    end
  endgenerate

  always @(posedge clk) begin
    if (ar_ready_q) ar_index_q <= ar_index;
    if (rd_pick_q) r_data_q <= in_range(ar_index_q) ? group_q[{word[4+:GROUP_W], 5'd0}+:32] : 32'd0;
  end

  function in_range(input [INDEX_W-1:0] index);
    in_range = {{32 - INDEX_W{1'b0}}, index} < WORD_COUNT;
  endfunction

  // Storage: bytes with an enable of their own, so that a bit is a flip-flop and nothing else.
  reg [WORDS-1:0] wr_here;  // the word that is written
  reg [WORDS-1:0] wr_strobe_q;
  reg [WORDS-1:0] rd_strobe_q;
  integer         w;
  integer         r;

  always @* begin
    for (w = 0; w < WORDS; w = w + 1) wr_here[w] = wr_commit && aw_index_q == w[INDEX_W-1:0];
  end

  genvar i;
  generate
    for (i = 0; i < WORDS; i = i + 1) begin : g_word
      integer b;

      always @(posedge clk) begin
        if (rst) store_q[i*32+:32] <= 32'd0;
        else if (wr_here[i])
          for (b = 0; b < 4; b = b + 1)
          if (w_strb_q[b]) store_q[i*32+b*8+:8] <= w_data_q[b*8+:8] & WRITABLE[i*32+b*8+:8];
      end
    end
  endgenerate

  always @(posedge clk) begin
    wr_strobe_q <= rst ? {WORDS{1'b0}} : wr_here & TOLD;
  end

  always @(posedge clk) begin
    rd_strobe_q <= {WORDS{1'b0}};
    if (!rst && ar_fire) for (r = 0; r < WORDS; r = r + 1) rd_strobe_q[r] <= TOLD[r] && ar_index == r[INDEX_W-1:0];
  end

  assign regs_q = store_q;
  assign wr_strobe = wr_strobe_q;
  assign rd_strobe = rd_strobe_q;

  assign s_axil_awready = aw_ready_q;
  assign s_axil_wready  = w_ready_q;
  assign s_axil_bresp   = 2'b00;
  assign s_axil_bvalid  = b_valid_q;
  assign s_axil_arready = ar_ready_q;
  assign s_axil_rdata   = r_data_q;
  assign s_axil_rresp   = 2'b00;
  assign s_axil_rvalid  = r_valid_q;
  assign wr_data        = w_data_q;
  assign wr_strb        = w_strb_q;

  wire unused_addr = &{1'b0, word, s_axil_awaddr[1:0], s_axil_araddr[1:0]};
endmodule

`default_nettype wire
