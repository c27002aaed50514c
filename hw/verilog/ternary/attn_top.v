// SPDX-License-Identifier: Apache-2.0
//
// attn_top - the two greatest whole numbers of each row of a head: of its scores, and of score and value exponent.
//
// Function     : n[i][p] = t[i][p] >> 10; for each row i of a group, over all tiles of a head and the positions that
//                the row sees: top = max n, top_w = max (n + e_v). A result for each group of the last tile.
// Format       : t signed 20 bits, seen a bit, both at i*POS + p; e_v signed 8 bits at p; mark {last tile, last group}.
//                m_data {last group, Q_PAR x {top_w signed 11 bits, top signed 10 bits}}; where a row sees nothing the
//                least values.
// Latency      : 2 + clog2(POS)
// Throughput   : variable: a beat in each cycle, results of the last tile only
// Back-pressure: none; it never stalls.
// Golden       : golden.ternary.integer.functions.exponentials
// Test         : tests/rtl/test_attn_score.py
//
// Why: a group's maxima are read, compared and written within a cycle, so the same group may come each cycle.

`default_nettype none

module attn_top #(
    parameter POS    = 2,  // positions of a tile, >= 1
    parameter Q_PAR  = 2,  // rows of a group, >= 1
    parameter GROUPS = 1   // groups at most, >= 1
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    s_valid,
    input  wire [             1:0] s_mark,
    input  wire [       POS*8-1:0] s_e_v,
    input  wire [   Q_PAR*POS-1:0] s_seen,
    input  wire [Q_PAR*POS*20-1:0] s_t,
    output wire                    m_valid,
    output wire [      Q_PAR*21:0] m_data
);

  localparam N_W = 10;  // a whole part
  localparam E_W = 11;  // with a value exponent
  localparam TREE = $clog2(POS);
  localparam G_W = (GROUPS > 2) ? $clog2(GROUPS) : 1;

  // The greatest of a tile.
  reg  [           TREE:0] valid_q;  // of each level, 0 in front of them
  reg  [     2*(TREE+1)-1:0] marks_q;
  wire [           TREE+1:0] valid_d = {valid_q, s_valid};
  wire [     2*(TREE+2)-1:0] marks_d = {marks_q, s_mark};
  wire                       valid = valid_q[TREE];
  wire                       tile_last = marks_q[2*TREE+1];
  wire                       group_last = marks_q[2*TREE];

  always @(posedge clk) begin
    if (rst) valid_q <= {TREE + 1{1'b0}};
    else valid_q <= valid_d[TREE:0];
  end

  always @(posedge clk) begin
    marks_q <= marks_d[2*TREE+1:0];
  end

  // The greatest so far.
  reg                        first_q;  // the tile is the first of its head
  reg  [            G_W-1:0] group_q;
  wire [Q_PAR*(E_W+N_W)-1:0] earlier;
  wire [Q_PAR*(E_W+N_W)-1:0] tops;
  reg                        done_q;
  reg  [         Q_PAR*21:0] tops_q;

  assign m_valid = done_q;
  assign m_data  = tops_q;

  always @(posedge clk) begin
    if (rst) first_q <= 1'b1;
    else if (valid && group_last) first_q <= tile_last;
  end

  always @(posedge clk) begin
    if (rst) group_q <= {G_W{1'b0}};
    else if (valid) group_q <= group_last ? {G_W{1'b0}} : group_q + 1'b1;
  end

  always @(posedge clk) begin
    if (rst) done_q <= 1'b0;
    else done_q <= valid && tile_last;
  end

  always @(posedge clk) begin
    if (valid) tops_q <= {group_last, tops};
  end

  mem_lutram #(
      .DATA_W(Q_PAR * (E_W + N_W)),
      .DEPTH ((GROUPS > 2) ? GROUPS : 2)
  ) u_tops (
      .clk    (clk),
      .wr_en  (valid),
      .wr_addr(group_q),
      .wr_data(tops),
      .rd_addr(group_q),
      .rd_data(earlier)
  );

  genvar i, p;
  generate
    for (i = 0; i < Q_PAR; i = i + 1) begin : g_row
      wire [POS*N_W-1:0] wholes;
      wire [POS*E_W-1:0] weighted;
      wire signed [N_W-1:0] tile_n;
      wire signed [E_W-1:0] tile_e;
      wire signed [N_W-1:0] before_n = earlier[i*21+:N_W];
      wire signed [E_W-1:0] before_e = earlier[i*21+N_W+:E_W];

      for (p = 0; p < POS; p = p + 1) begin : g_position
        wire [N_W-1:0] n = s_t[(i*POS+p)*20+10+:N_W];
        wire [7:0] e_v = s_e_v[p*8+:8];
        wire seen = s_seen[i*POS+p];
        reg [N_W-1:0] whole_q;
        reg [E_W-1:0] weighted_q;

        assign wholes[p*N_W+:N_W]   = whole_q;
        assign weighted[p*E_W+:E_W] = weighted_q;

        always @(posedge clk) begin
          whole_q    <= seen ? n : {1'b1, {N_W - 1{1'b0}}};
          weighted_q <= seen ? {n[N_W-1], n} + {{3{e_v[7]}}, e_v} : {1'b1, {E_W - 1{1'b0}}};
        end
      end

      attn_max #(
          .N(POS),
          .W(N_W)
      ) u_whole (
          .clk(clk),
          .x  (wholes),
          .top(tile_n)
      );

      attn_max #(
          .N(POS),
          .W(E_W)
      ) u_weighted (
          .clk(clk),
          .x  (weighted),
          .top(tile_e)
      );

      assign tops[i*21+:N_W] = (first_q || tile_n > before_n) ? tile_n : before_n;
      assign tops[i*21+N_W+:E_W] = (first_q || tile_e > before_e) ? tile_e : before_e;
    end

    if (POS < 1 || Q_PAR < 1 || GROUPS < 1) begin : g_bad_size
      attn_top_needs_POS_and_Q_PAR_and_GROUPS_at_least_1 u_error ();
    end
  endgenerate

  wire unused_bits = &{1'b0, valid_d[TREE+1], marks_d[2*(TREE+2)-1:2*(TREE+1)], s_t};

endmodule

`default_nettype wire
