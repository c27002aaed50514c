// SPDX-License-Identifier: Apache-2.0
//
// m2_hadamard_step - butterflies between beats that lie D apart, of a Hadamard transform of run-time size.
//
// Function     : in blocks of 2^log2 >= 2 * D * LANES elements, beats a and b = D later become a + b, and b - a in b's
//                place; smaller blocks pass. neg says that a beat stands for its negative: b - a has neg inverted.
// Format       : s_data {log2 (4 bits), neg, LANES elements of signed W bits, first lowest}; m_data the same with
//                elements of W + 1 bits; exact. log2 is the same in all beats of a block.
// Latency      : variable: 1 from b to a + b; b - a and what passes wait in the ring for their turn, 2 at least.
// Throughput   : 1
// Back-pressure: none; en low holds everything.
// Golden       : golden.fixed.hadamard.transform
// Test         : tests/rtl/test_m2_hadamard.py
//
// Why: one ring of D beats is the delay, the store of differences and the queue of what passes. At most D beats are
// inside: whenever beats wait to leave, one leaves each cycle. Differences are b - a because b - (a & join) is one
// adder that is also the way past it; a - b would need a gate in front of both operands.

`default_nettype none
`include "checks.vh"

module m2_hadamard_step #(
    parameter D     = 4,  // distance [beats], power of two, >= 1
    parameter LANES = 8,  // elements in a beat, power of two, >= 1
    parameter W     = 32  // width of an element [bits], >= 2
) (
    input  wire                     clk,
    input  wire                     rst,
    input  wire                     en,
    input  wire                     s_valid,
    input  wire [      LANES*W+4:0] s_data,
    output wire                     m_valid,
    output wire [LANES*(W+1)+4:0]   m_data
);

  localparam LG = $clog2(D);
  localparam PTR_W = (D > 1) ? LG : 1;
  localparam [31:0] PASSING = $clog2(D * LANES);  // log2 of the largest block that passes
  localparam OUT_W = LANES * (W + 1) + 5;

  wire       load = en && s_valid;
  wire       active = s_data[LANES*W+1+:4] > PASSING[3:0];

  // Place in a run of 2D beats; in its second half each beat meets the one D before it.
  reg [LG:0] place_q;
  wire       join_ab = place_q[LG];

  always @(posedge clk) begin
    if (rst) place_q <= {LG + 1{1'b0}};
    else if (load && active) place_q <= place_q + 1'b1;
  end

  // Beats in the ring that may leave: differences of a finished run, blocks that pass.
  reg  [LG:0] leaving_q;
  wire        leave = !join_ab && leaving_q != {LG + 1{1'b0}};
  wire        keep = s_valid && (join_ab || !active);

  always @(posedge clk) begin
    if (rst) leaving_q <= {LG + 1{1'b0}};
    else if (en && keep && !leave) leaving_q <= leaving_q + 1'b1;
    else if (en && leave && !keep) leaving_q <= leaving_q - 1'b1;
  end

  wire             out = join_ab ? s_valid : leave;
  wire [OUT_W-1:0] front;  // the oldest beat in the ring
  wire [OUT_W-1:0] back;   // what goes into it
  reg              valid_q;
  reg  [OUT_W-1:0] data_q;

  generate
    if (D > 1) begin : g_ring
      reg [PTR_W-1:0] wr_ptr_q;
      reg [PTR_W-1:0] rd_ptr_q;

      always @(posedge clk) begin
        if (rst) wr_ptr_q <= {PTR_W{1'b0}};
        else if (load) wr_ptr_q <= wr_ptr_q + 1'b1;
      end

      always @(posedge clk) begin
        if (rst) rd_ptr_q <= {PTR_W{1'b0}};
        else if (en && out) rd_ptr_q <= rd_ptr_q + 1'b1;
      end

      mem_lutram #(
          .DATA_W(OUT_W),
          .DEPTH (D)
      ) u_mem (
          .clk    (clk),
          .wr_en  (load),
          .wr_addr(wr_ptr_q),
          .wr_data(back),
          .rd_addr(rd_ptr_q),
          .rd_data(front)
      );
    end else begin : g_register
      reg [OUT_W-1:0] front_q;

      assign front = front_q;

      always @(posedge clk) begin
        if (load) front_q <= back;
      end
    end
  endgenerate

  wire [OUT_W-1:0] sum;

  assign back[OUT_W-1-:5] = {s_data[LANES*W+1+:4], s_data[LANES*W] ^ join_ab};
  assign sum[OUT_W-1-:5]  = front[OUT_W-1-:5];

  genvar i;
  generate
    for (i = 0; i < LANES; i = i + 1) begin : g_lane
      wire signed [W:0] a = $signed(front[i*(W+1)+:W+1]);
      wire signed [W:0] b = {s_data[(i+1)*W-1], s_data[i*W+:W]};

      assign sum[i*(W+1)+:W+1]  = a + (b & {W + 1{join_ab}});
      assign back[i*(W+1)+:W+1] = b - (a & {W + 1{join_ab}});
    end

    if (D < 1 || (D & (D - 1)) != 0 || LANES < 1 || (LANES & (LANES - 1)) != 0 || D * LANES > 16384) begin : g_bad_d
      m2_hadamard_step_D_and_LANES_must_be_powers_of_two_with_a_product_up_to_16384 u_error ();
    end
    if (W < 2) begin : g_bad_w
      m2_hadamard_step_W_must_be_at_least_2 u_error ();
    end
  endgenerate

  always @(posedge clk) begin
    if (rst) valid_q <= 1'b0;
    else if (en) valid_q <= out;
  end

  always @(posedge clk) begin
    if (en && out) data_q <= sum;
  end

  assign m_valid = valid_q;
  assign m_data  = data_q;

  `CHECK(!(s_valid && place_q != {LG + 1{1'b0}}) || active, "block size changed within a block")
  `CHECK(!join_ab || leaving_q == (place_q ^ {1'b1, {LG{1'b0}}}), "a beat waits to leave in front of a pair")

endmodule

`default_nettype wire
