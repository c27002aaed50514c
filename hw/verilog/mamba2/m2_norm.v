// SPDX-License-Identifier: Apache-2.0
//
// m2_norm - RMSNorm of vectors that come in beats, by a table or by the reciprocal square root of the sum of squares.
//
// Function     : rms1, rms2: y = (((x * RS) >> 12) * w) >> 8, RS of the saturated sum of squares from the table; root:
//                (m, e) of the sum of squares and eps, u = ((x * m) << 8) >> e, y = (u * w + half) >> (23 + W_FRAC - FRAC).
//                y saturates.
// Format       : s_data {last, LANES x of signed X_W bits, first lowest}, last at a vector's last beat, zeros behind its last
//                element; w_data: a beat of LANES weights of signed W_W bits for each beat of s; m_data {last, LANES y of signed
//                OUT_W bits}. x and y Q.10 of rms1, Q.12 of rms2, Q.FRAC of root; w Q.8, of root Q.W_FRAC with the square root
//                of the width folded in; eps Q.2FRAC, times the width. halvings and eps hold still while vectors are inside.
// Latency      : (22 if KIND == 2 else 18) + clog2(LANES); from a vector's last beat to its first
// Throughput   : 1; of vectors of two beats or more
// Back-pressure: registered ready; absorbs DEPTH + 8 beats, of at most 16 vectors. w_ready follows m_ready.
// Golden       : golden.fixed.norm_tables.rms_norm; with KIND = 2 golden.fixed.rsqrt.rms_norm_rsqrt
// Test         : tests/rtl/test_m2_norm.py
//
// Why: one queue instead of two buffers. While a vector leaves beat by beat, the next one takes its places, so that the
// queue holds a vector and the beats that come while its root is computed.

`default_nettype none
`include "checks.vh"
`include "kr_m2_tables.vh"

module m2_norm #(
    parameter KIND   = 0,    // 0 table rms1, 1 table rms2, 2 root
    parameter LANES  = 8,    // elements in a beat, >= 1
    parameter WIDTH  = 2560, // elements of the widest vector; of a table 1, 3 or 5 times a power of two
    parameter X_W    = 32,   // width of x [bits], >= 2
    parameter U_W    = 26,   // width of a normalized element in front of its weight [bits]; 25 of root
    parameter W_W    = 16,   // width of a weight [bits], >= 2
    parameter OUT_W  = 32,   // width of y [bits], >= 2
    parameter FRAC   = 12,   // fraction bits of x and y, of root alone
    parameter W_FRAC = 10,   // fraction bits of a weight, of root alone, > FRAC - 23
    parameter DEPTH  = 512   // beats of the queue, power of two, >= WIDTH / LANES + 16 + clog2(LANES)
) (
    input  wire                   clk,
    input  wire                   rst,
    input  wire [            3:0] halvings,  // of a table: vectors are WIDTH >> halvings wide
    input  wire [           31:0] eps,       // of root: added to the sum of squares, >= 1
    input  wire                   s_valid,
    output wire                   s_ready,
    input  wire [    LANES*X_W:0] s_data,
    input  wire                   w_valid,
    output wire                   w_ready,
    input  wire [  LANES*W_W-1:0] w_data,
    output wire                   m_valid,
    input  wire                   m_ready,
    output wire [  LANES*OUT_W:0] m_data
);

  // Width of the sum and of the roots that fit into it: of a table so that it saturates behind the last entry.
  localparam ODD = (WIDTH % 5 == 0) ? 5 : (WIDTH % 3 == 0) ? 3 : 1;
  localparam RMS1_WIDTH = (ODD == 5) ? `KR_M2_RMS1_X5_WIDTH : (ODD == 3) ? `KR_M2_RMS1_X3_WIDTH : `KR_M2_RMS1_X1_WIDTH;
  localparam RMS2_WIDTH = (ODD == 5) ? `KR_M2_RMS2_X5_WIDTH : (ODD == 3) ? `KR_M2_RMS2_X3_WIDTH : `KR_M2_RMS2_X1_WIDTH;
  localparam [63:0] D = (KIND == 0) ? `KR_M2_RMS1_D : `KR_M2_RMS2_D;
  localparam [63:0] O = (KIND == 0) ? `KR_M2_RMS1_O : `KR_M2_RMS2_O;
  localparam DOWN = $clog2(((KIND == 0) ? RMS1_WIDTH : RMS2_WIDTH) / WIDTH);
  localparam EXACT_W = 2 * X_W - 1 + $clog2(WIDTH);
  localparam SUM_W = (KIND < 2) ? {24'd0, D[63:56]} - DOWN + 10 : (EXACT_W < 33) ? 33 : (EXACT_W > 63) ? 63 : EXACT_W;
  localparam ROOT_W = (KIND < 2 && (SUM_W + 1) / 2 < X_W - 1) ? (SUM_W + 1) / 2 : X_W - 1;
  localparam M_W = (KIND < 2) ? 8 : 16;
  localparam LEFT = (KIND < 2) ? {24'd0, O[7:0]} - 12 : 8;
  localparam DROP = (KIND < 2) ? 8 : 23 + W_FRAC - FRAC;
  localparam ROOT_STAGES = (KIND < 2) ? 5 : 9;
  localparam STAGES = 8;  // of m2_norm_scale
  localparam VECTORS = 16;  // whose root is on its way or waits

  // Writing: the queue of beats, the sum, its root.
  wire              beat_ready;
  wire              take = s_valid && s_ready;
  wire              last = s_data[LANES*X_W];
  wire              sum_valid;
  wire [ SUM_W-1:0] sum;
  wire [ SUM_W-1:0] start;
  wire [   M_W-1:0] root;
  wire [       4:0] right;
  reg  [ROOT_STAGES-1:0] root_valid_q;
  wire              root_push = root_valid_q[ROOT_STAGES-1];
  wire              root_room;

  m2_norm_sum #(
      .LANES (LANES),
      .X_W   (X_W),
      .ROOT_W(ROOT_W),
      .SUM_W (SUM_W)
  ) u_sum (
      .clk      (clk),
      .rst      (rst),
      .valid    (take),
      .last     (last),
      .x        (s_data[LANES*X_W-1:0]),
      .start    (start),
      .sum_valid(sum_valid),
      .sum      (sum)
  );

  always @(posedge clk) begin
    if (rst) root_valid_q <= {ROOT_STAGES{1'b0}};
    else root_valid_q <= {root_valid_q[ROOT_STAGES-2:0], sum_valid};
  end

  generate
    if (KIND < 2) begin : g_table
      wire unused_eps = &{1'b0, eps};

      assign start = {SUM_W{1'b0}};

      m2_norm_table #(
          .KIND (KIND),
          .WIDTH(WIDTH),
          .SUM_W(SUM_W)
      ) u_root (
          .clk     (clk),
          .en      (1'b1),
          .sum     (sum),
          .halvings(halvings),
          .value   (root),
          .right   (right)
      );
    end else begin : g_root
      wire unused_halvings = &{1'b0, halvings};

      assign start = {{SUM_W - 32{1'b0}}, eps};

      fxp_rsqrt #(
          .V_W(SUM_W)
      ) u_root (
          .clk(clk),
          .en (1'b1),
          .v  (sum),
          .m  (root),
          .e  (right)
      );
    end
  endgenerate

  // Whole vectors between input and output; the queue of roots holds all of them.
  wire       root_pop;
  reg  [4:0] vectors_q;

  always @(posedge clk) begin
    if (rst) vectors_q <= 5'd0;
    else if ((take && last) != root_pop) vectors_q <= root_pop ? vectors_q - 1'b1 : vectors_q + 1'b1;
  end

  assign s_ready = beat_ready && !vectors_q[4];

  wire                   beat_valid;
  wire                   beat_pop;
  wire [    LANES*X_W:0] beat;
  wire                   beat_last = beat[LANES*X_W];
  reg                    root_here_q;
  wire [        M_W+4:0] factor;
  wire [$clog2(DEPTH):0] unused_beats;
  wire [            4:0] roots;
  wire                   root_valid;  // read by a check

  strm_fifo #(
      .DATA_W(LANES * X_W + 1),
      .DEPTH (DEPTH)
  ) u_beats (
      .clk    (clk),
      .rst    (rst),
      .s_valid(take),
      .s_ready(beat_ready),
      .s_data (s_data),
      .m_valid(beat_valid),
      .m_ready(beat_pop),
      .m_data (beat),
      .level  (unused_beats)
  );

  strm_fifo #(
      .DATA_W(M_W + 5),
      .DEPTH (VECTORS)
  ) u_roots (
      .clk    (clk),
      .rst    (rst),
      .s_valid(root_push),
      .s_ready(root_room),
      .s_data ({right, root}),
      .m_valid(root_valid),
      .m_ready(root_pop),
      .m_data (factor),
      .level  (roots)
  );

  // The queue's m_valid, as a register: it decides whether beats and weights move.
  always @(posedge clk) begin
    if (rst) root_here_q <= 1'b0;
    else root_here_q <= root_push || (root_pop ? roots[4:1] != 4'd0 : root_here_q);
  end

  // Reading: a vector's beats meet its root and their weights.
  reg  [STAGES-1:0] valid_q;
  reg  [STAGES-1:0] last_q;
  wire [ LANES-1:0] fits;
  wire              en = m_ready || !valid_q[STAGES-1];
  wire              waits = beat_valid && root_here_q;
  wire              go = waits && w_valid;

  assign beat_pop = en && root_here_q && w_valid;
  assign root_pop = en && go && beat_last;
  assign w_ready  = en && waits;
  assign m_valid  = valid_q[STAGES-1];

  always @(posedge clk) begin
    if (rst) valid_q <= {STAGES{1'b0}};
    else if (en) valid_q <= {valid_q[STAGES-2:0], go};
  end

  always @(posedge clk) begin
    if (en) last_q <= {last_q[STAGES-2:0], beat_last};
  end

  wire unused_roots = &{1'b0, root_valid, roots[0]};

  assign m_data[LANES*OUT_W] = last_q[STAGES-1];

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      m2_norm_scale #(
          .X_W  (X_W),
          .M_W  (M_W),
          .LEFT (LEFT),
          .U_W  (U_W),
          .W_W  (W_W),
          .DROP (DROP),
          .ROUND((KIND < 2) ? 0 : 1),
          .OUT_W(OUT_W)
      ) u_scale (
          .clk  (clk),
          .en   (en),
          .x    (beat[i*X_W+:X_W]),
          .m    (factor[M_W-1:0]),
          .right(factor[M_W+:5]),
          .w    (w_data[i*W_W+:W_W]),
          .y    (m_data[i*OUT_W+:OUT_W]),
          .fits (fits[i])
      );
    end

    if (KIND < 0 || KIND > 2) begin : g_bad_kind
      m2_norm_KIND_must_be_0_1_or_2 u_error ();
    end
    if (DEPTH < WIDTH / LANES + 16 + $clog2(LANES)) begin : g_bad_depth
      m2_norm_DEPTH_must_hold_the_widest_vector_and_16_beats_and_clog2_LANES u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(root_here_q == root_valid, "the queue of roots and its register differ")
  `CHECK(!root_push || root_room, "no room for a vector's root")
  `CHECK(!m_valid || &fits, "a normalized element does not fit into U_W bits")
  `CHECK(KIND != 2 || !s_valid || eps != 32'd0, "eps is 0")

endmodule

`default_nettype wire
