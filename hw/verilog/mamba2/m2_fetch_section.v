// SPDX-License-Identifier: Apache-2.0
//
// m2_fetch_section - tells where the section of a job lies in a region that has two sections a layer and one for the head.
//
// Function     : IN of layer l -> {c_in beats at l * (c_in + c_out)}; OUT -> {c_out beats at l * (c_in + c_out) + c_in};
//                HEAD -> {c_head beats at c_layers * (c_in + c_out)}; offsets from c_off; EMBED yields nothing.
// Format       : byte offsets, PORT_BYTES a beat; jobs as m2_job.vh has them.
// Latency      : variable: 4 cycles and one for each bit of the layer
// Throughput   : variable: one section at a time
// Back-pressure: registered ready; absorbs 1 job.
// Golden       : golden.mamba2.accel.image.weights
// Test         : tests/rtl/test_m2_fetch_section.py
//
// Why: weights and parameters lie in the order of their use, so one law serves both regions.

`default_nettype none
`include "mamba2/m2_job.vh"

module m2_fetch_section #(
    parameter PORT_BYTES = 32  // bytes that a wide beat takes of each port, a power of two >= 2
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [63:0] c_off,
    input  wire [31:0] c_in,
    input  wire [31:0] c_out,
    input  wire [31:0] c_head,
    input  wire [ 7:0] c_layers,
    input  wire        job_valid,
    output wire        job_ready,
    input  wire [31:0] job_data,
    output wire        m_valid,
    input  wire        m_ready,
    output wire [63:0] m_offset,
    output wire [31:0] m_beats
);

  localparam SHIFT = $clog2(PORT_BYTES);

  localparam [1:0] IDLE = 2'd0;
  localparam [1:0] MULTIPLY = 2'd1;
  localparam [1:0] ADD = 2'd2;
  localparam [1:0] OFFER = 2'd3;

  reg  [ 1:0] state_q;
  reg  [ 1:0] kind_q;
  reg  [31:0] pair_q;
  reg  [39:0] place_q;
  reg  [63:0] offset_q;
  reg  [31:0] beats_q;
  wire [ 1:0] kind = job_data[`KR_M2_JOB_KIND];
  wire        take = state_q == IDLE && job_valid && kind != `KR_M2_KIND_EMBED;
  wire        product_valid;
  wire [39:0] product;
  wire        unused_mul_ready;

  assign job_ready = state_q == IDLE;
  assign m_valid   = state_q == OFFER;
  assign m_offset  = offset_q;
  assign m_beats   = beats_q;

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else if (take) state_q <= MULTIPLY;
    else if (state_q == MULTIPLY && product_valid) state_q <= ADD;
    else if (state_q == ADD) state_q <= OFFER;
    else if (m_valid && m_ready) state_q <= IDLE;
  end

  always @(posedge clk) begin
    if (take) kind_q <= kind;
  end

  m2_addr_mul #(
      .A_W(8),
      .B_W(32)
  ) u_mul (
      .clk    (clk),
      .rst    (rst),
      .s_valid(take),
      .s_ready(unused_mul_ready),
      .s_a    (kind == `KR_M2_KIND_HEAD ? c_layers : job_data[`KR_M2_JOB_LAYER]),
      .s_b    (pair_q),
      .m_valid(product_valid),
      .m_ready(1'b1),
      .m_data (product)
  );

  always @(posedge clk) begin
    pair_q <= c_in + c_out;
  end

  always @(posedge clk) begin
    place_q  <= product + (kind_q == `KR_M2_KIND_OUT ? {8'd0, c_in} : 40'd0);
    if (state_q == ADD) offset_q <= c_off + ({24'd0, place_q} << SHIFT);
    if (state_q == ADD) beats_q <= kind_q == `KR_M2_KIND_IN ? c_in : kind_q == `KR_M2_KIND_OUT ? c_out : c_head;
  end

  wire unused_job = &{1'b0, job_data};

endmodule

`default_nettype wire
