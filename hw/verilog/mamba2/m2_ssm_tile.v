// SPDX-License-Identifier: Apache-2.0
//
// m2_ssm_tile - one token's step of a tile of the recurrent state, with what it adds to the read-out.
//
// Function     : new[n][c] = saturate((((dA * h[n][c]) << ..) >> DECAY_FRAC) + (((dB[n] * x[c]) << ..) >> DBX_FRAC));
//                m_h = new quantized along c, one shift for each n; r = new quantized along n, one shift for each c;
//                y[c] = (sum over n of r[n][c] * C[n]) << (r_s[c] + C_s). ".." are the sums of the two factors' shifts.
// Format       : s_data {tag, C_s, C, dA_s, dA, x_s, x, dB_s, dB, h_s, h}: h[n][c] at n * LANES + c, dB, x, dA of
//                signed BITS bits, C of C_BITS, first lowest; shifts of 4 bits, h_s and dB_s one for each n. m_data
//                {tag, y, h_s, h}: y of signed Y_W bits. DBX_W, DECAYED_W and Y_W must hold the results.
// Latency      : 15 + clog2(STATES)
// Throughput   : 1
// Back-pressure: combinational ready (m_ready -> s_ready); absorbs 15 + clog2(STATES) beats.
// Golden       : golden.mamba2.integer.block.scan
// Test         : tests/rtl/test_m2_ssm_tile.py
//
// Why: the shifts of r and C are the same for all n, so the read-out shifts LANES sums and not LANES * STATES products.
// The state waits for the read-out in shift registers without reset, which are LUTs.

`default_nettype none
`include "checks.vh"

module m2_ssm_tile #(
    parameter LANES      = 8,  // channels of a tile, of one head, >= 1
    parameter STATES     = 8,  // states of a tile, >= 1
    parameter BITS       = 16, // width of a quantized number [bits], >= 2
    parameter C_BITS     = 16, // width of a quantized number of C [bits], >= 2
    parameter DBX_FRAC   = 16, // fraction bits that dB * x loses, >= 0
    parameter DBX_W      = 38, // width of the shortened dB * x [bits]
    parameter DECAY_FRAC = 14, // fraction bits of dA, which go, >= 0
    parameter DECAYED_W  = 31, // width of the shortened dA * h [bits]
    parameter STATE_W    = 32, // width of the state before its quantization [bits], >= BITS
    parameter Y_W        = 57, // width of a tile's read-out [bits]
    parameter TAG_W      = 1   // width of the tag [bits], >= 1
) (
    input wire clk,
    input wire rst,
    input wire s_valid,
    output wire s_ready,
    input wire [TAG_W+4+STATES*C_BITS+(2+STATES+STATES)*4+(1+LANES+STATES+LANES*STATES)*BITS-1:0] s_data,
    output wire m_valid,
    input wire m_ready,
    output wire [TAG_W+LANES*Y_W+STATES*4+LANES*STATES*BITS-1:0] m_data
);

  localparam N = LANES * STATES;
  localparam SUM_W = ((DBX_W > DECAYED_W) ? DBX_W : DECAYED_W) + 1;
  localparam HEAD = 7;  // up to the state, saturated
  localparam QUANT = 4;
  localparam TAIL = 4 + $clog2(STATES);  // the read-out
  localparam SIDE_W = TAG_W + 4 + STATES * C_BITS;  // what waits for the state
  localparam PRODUCT_W = BITS + C_BITS;
  localparam READ_W = PRODUCT_W + $clog2(STATES);
  localparam KEPT_W = TAG_W + STATES * 4 + N * BITS;  // what waits for the read-out

  wire [     N*BITS-1:0] h;
  wire [   STATES*4-1:0] h_s;
  wire [STATES*BITS-1:0] dB;
  wire [   STATES*4-1:0] dB_s;
  wire [ LANES*BITS-1:0] x;
  wire [            3:0] x_s;
  wire [       BITS-1:0] dA;
  wire [            3:0] dA_s;
  wire [     SIDE_W-1:0] side;  // {tag, C_s, C}

  assign {side, dA_s, dA, x_s, x, dB_s, dB, h_s, h} = s_data;

  // The new state.
  reg  [       HEAD-1:0] head_valid_q;
  reg  [HEAD*SIDE_W-1:0] head_side_q;
  wire                   quant_ready;
  wire                   head_en = quant_ready || !head_valid_q[HEAD-1];
  wire                   head_move = head_en && (s_valid || head_valid_q != {HEAD{1'b0}});  // an empty half stands still
  wire [  N*STATE_W-1:0] by_row;  // the same state: channels run first
  wire [  N*STATE_W-1:0] by_column;  // states run first

  assign s_ready = head_en;

  always @(posedge clk) begin
    if (rst) head_valid_q <= {HEAD{1'b0}};
    else if (head_en) head_valid_q <= {head_valid_q[HEAD-2:0], s_valid};
  end

  always @(posedge clk) begin
    if (head_move) head_side_q <= {head_side_q[(HEAD-1)*SIDE_W-1:0], side};
  end

  genvar n, c;
  generate
    for (n = 0; n < STATES; n = n + 1) begin : g_new_row
      for (c = 0; c < LANES; c = c + 1) begin : g_new
        localparam AT = n * LANES + c;
        wire signed [    DBX_W-1:0] p4_dbx;
        wire signed [DECAYED_W-1:0] p4_decayed;
        reg signed  [    SUM_W-1:0] p5_sum_q;
        wire signed [  STATE_W-1:0] saturated;
        reg         [  STATE_W-1:0] p6_state_q;
        wire                        unused_sat;

        m2_mul_shift #(
            .A_W    (BITS),
            .B_W    (BITS),
            .SHIFT_W(5),
            .FRAC   (DBX_FRAC),
            .OUT_W  (DBX_W)
        ) u_dbx (
            .clk  (clk),
            .en   (head_move),
            .a    (dB[n*BITS+:BITS]),
            .b    (x[c*BITS+:BITS]),
            .shift({1'b0, dB_s[n*4+:4]} + {1'b0, x_s}),
            .y    (p4_dbx)
        );

        m2_mul_shift #(
            .A_W    (BITS),
            .B_W    (BITS),
            .SHIFT_W(5),
            .FRAC   (DECAY_FRAC),
            .OUT_W  (DECAYED_W)
        ) u_decayed (
            .clk  (clk),
            .en   (head_move),
            .a    (dA),
            .b    (h[AT*BITS+:BITS]),
            .shift({1'b0, dA_s} + {1'b0, h_s[n*4+:4]}),
            .y    (p4_decayed)
        );

        fxp_round_sat #(
            .IN_W (SUM_W),
            .FRAC (0),
            .OUT_W(STATE_W),
            .ROUND(0)
        ) u_saturate (
            .x  (p5_sum_q),
            .y  (saturated),
            .sat(unused_sat)
        );

        always @(posedge clk) begin
          if (head_move) begin
            p5_sum_q   <= {{SUM_W - DBX_W{p4_dbx[DBX_W-1]}}, p4_dbx}
                        + {{SUM_W - DECAYED_W{p4_decayed[DECAYED_W-1]}}, p4_decayed};
            p6_state_q <= saturated;
          end
        end

        assign by_row[AT*STATE_W+:STATE_W] = p6_state_q;
        assign by_column[(c*STATES+n)*STATE_W+:STATE_W] = p6_state_q;
      end
    end
  endgenerate

  // Both quantizations; the two units move together.
  wire                       columns_ready;
  wire                       rows_valid;
  wire                       columns_valid;
  wire                       tail_en;
  wire [N*BITS+STATES*4-1:0] rows;  // {h_s, h}
  wire [ N*BITS+LANES*4-1:0] columns;  // {r_s, r}
  reg  [   QUANT*SIDE_W-1:0] quant_side_q;

  m2_quant #(
      .GROUPS   (STATES),
      .GROUP    (LANES),
      .IN_W     (STATE_W),
      .BITS     (BITS),
      .MAX_SHIFT(15)
  ) u_rows (
      .clk    (clk),
      .rst    (rst),
      .s_valid(head_valid_q[HEAD-1]),
      .s_ready(quant_ready),
      .s_data (by_row),
      .m_valid(rows_valid),
      .m_ready(tail_en),
      .m_data (rows)
  );

  m2_quant #(
      .GROUPS   (LANES),
      .GROUP    (STATES),
      .IN_W     (STATE_W),
      .BITS     (BITS),
      .MAX_SHIFT(15)
  ) u_columns (
      .clk    (clk),
      .rst    (rst),
      .s_valid(head_valid_q[HEAD-1]),
      .s_ready(columns_ready),
      .s_data (by_column),
      .m_valid(columns_valid),
      .m_ready(tail_en),
      .m_data (columns)
  );

  always @(posedge clk) begin
    if (quant_ready) quant_side_q <= {quant_side_q[(QUANT-1)*SIDE_W-1:0], head_side_q[(HEAD-1)*SIDE_W+:SIDE_W]};
  end

  // The read-out.
  wire [         TAG_W-1:0] tag;
  wire [               3:0] C_s;
  wire [ STATES*C_BITS-1:0] C;
  reg  [          TAIL-1:0] tail_valid_q;
  reg  [   TAIL*KEPT_W-1:0] kept_q;
  wire [       LANES*Y_W-1:0] y;

  assign {tag, C_s, C} = quant_side_q[(QUANT-1)*SIDE_W+:SIDE_W];
  assign tail_en = m_ready || !tail_valid_q[TAIL-1];
  wire                      tail_move = tail_en && (rows_valid || tail_valid_q != {TAIL{1'b0}});
  assign m_valid = tail_valid_q[TAIL-1];
  assign m_data = {kept_q[TAIL*KEPT_W-1-:TAG_W], y, kept_q[(TAIL-1)*KEPT_W+:KEPT_W-TAG_W]};

  always @(posedge clk) begin
    if (rst) tail_valid_q <= {TAIL{1'b0}};
    else if (tail_en) tail_valid_q <= {tail_valid_q[TAIL-2:0], rows_valid};
  end

  always @(posedge clk) begin
    if (tail_move) kept_q <= {kept_q[(TAIL-1)*KEPT_W-1:0], tag, rows};
  end

  generate
    for (c = 0; c < LANES; c = c + 1) begin : g_read
      wire [STATES*PRODUCT_W-1:0] products;
      wire signed [READ_W-1:0] sum;
      reg [(TAIL-2)*5-1:0] shift_q;

      for (n = 0; n < STATES; n = n + 1) begin : g_product
        wire signed [     BITS-1:0] r = columns[(c*STATES+n)*BITS+:BITS];
        wire signed [   C_BITS-1:0] C_n = C[n*C_BITS+:C_BITS];
        reg signed  [PRODUCT_W-1:0] p0_product_q;
        reg signed  [PRODUCT_W-1:0] p1_product_q;

        always @(posedge clk) begin
          if (tail_move) begin
            p0_product_q <= r * C_n;
            p1_product_q <= p0_product_q;
          end
        end

        assign products[n*PRODUCT_W+:PRODUCT_W] = p1_product_q;
      end

      fxp_sum_tree #(
          .N   (STATES),
          .IN_W(PRODUCT_W)
      ) u_sum (
          .clk(clk),
          .en (tail_move),
          .x  (products),
          .sum(sum)
      );

      always @(posedge clk) begin
        if (tail_move) shift_q <= {shift_q[(TAIL-3)*5-1:0], {1'b0, columns[N*BITS+c*4+:4]} + {1'b0, C_s}};
      end

      m2_pot_shift #(
          .IN_W   (READ_W),
          .SHIFT_W(5),
          .FRAC   (0),
          .OUT_W  (Y_W)
      ) u_shift (
          .clk  (clk),
          .en   (tail_move),
          .x    (sum),
          .shift(shift_q[(TAIL-3)*5+:5]),
          .y    (y[c*Y_W+:Y_W])
      );
    end

    if (LANES < 1 || STATES < 1 || TAG_W < 1) begin : g_bad_size
      m2_ssm_tile_needs_LANES_and_STATES_and_TAG_W_at_least_1 u_error ();
    end
  endgenerate

  `CHECK_STREAM(m_valid, m_ready, m_data)
  `CHECK(quant_ready == columns_ready && rows_valid == columns_valid, "the two quantizers left step")

endmodule

`default_nettype wire
