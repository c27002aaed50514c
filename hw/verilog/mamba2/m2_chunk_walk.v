// SPDX-License-Identifier: Apache-2.0
//
// m2_chunk_walk - names the state chunks that a job touches in memory, with their addresses.
//
// Function     : each IN job of a layer >= c_mem_first yields c_chunks beats {last, first, fresh, layer, offset}, chunk k at
//                offset = c_off + (layer * c_chunks + k) * c_chunk_beats * PORT_BYTES; other jobs yield none.
// Format       : byte offsets; jobs as m2_job.vh has them.
// Latency      : variable: 4 cycles and one for each bit of c_chunks and of the layer from a job to its first chunk
// Throughput   : 1; chunks of one job
// Back-pressure: registered ready; absorbs 1 job.
// Golden       : golden.mamba2.accel.layout.state_shapes
// Test         : tests/rtl/test_m2_fetch.py
//
// Why: the reader and the writer of the states walk alike; chunks lie one behind the other, so only the first is computed.

`default_nettype none
`include "mamba2/m2_job.vh"

module m2_chunk_walk #(
    parameter PORT_BYTES = 32  // bytes that a wide beat takes of each port, a power of two >= 2
) (
    input  wire        clk,
    input  wire        rst,
    input  wire [63:0] c_off,
    input  wire [ 7:0] c_mem_first,
    input  wire [15:0] c_chunks,
    input  wire [15:0] c_chunk_beats,
    input  wire        job_valid,
    output wire        job_ready,
    input  wire [31:0] job_data,
    output wire        m_valid,
    input  wire        m_ready,
    output wire [63:0] m_offset,
    output wire [ 7:0] m_layer,
    output wire        m_fresh,
    output wire        m_first,
    output wire        m_last
);

  localparam SHIFT = $clog2(PORT_BYTES);

  localparam [1:0] IDLE = 2'd0;
  localparam [1:0] LAYER = 2'd1;  // beats of a layer are being computed
  localparam [1:0] PLACE = 2'd2;  // times the number of the layer
  localparam [1:0] WALK = 2'd3;

  reg  [ 1:0] state_q;
  reg  [ 7:0] layer_q;
  reg         fresh_q;
  reg  [63:0] offset_q;
  reg  [63:0] step_q;
  reg  [15:0] left_q;  // chunks behind this one
  reg  [15:0] last_chunk_q;
  reg         first_q;
  reg         last_q;
  reg         started_q;
  wire [ 1:0] kind = job_data[`KR_M2_JOB_KIND];
  wire [ 7:0] layer = job_data[`KR_M2_JOB_LAYER];
  wire        take = state_q == IDLE && job_valid && kind == `KR_M2_KIND_IN && layer >= c_mem_first;
  wire        walk = m_valid && m_ready;
  wire        mul_ready;
  wire        mul_valid;
  wire [47:0] product;

  assign job_ready = state_q == IDLE;
  assign m_valid   = state_q == WALK;
  assign m_offset  = offset_q;
  assign m_layer   = layer_q;
  assign m_fresh   = fresh_q;
  assign m_first   = first_q;
  assign m_last    = last_q;

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else if (take) state_q <= LAYER;
    else if (state_q == LAYER && mul_valid) state_q <= PLACE;
    else if (state_q == PLACE && mul_valid) state_q <= WALK;
    else if (walk && last_q) state_q <= IDLE;
  end

  always @(posedge clk) begin
    if (take) begin
      layer_q <= layer;
      fresh_q <= job_data[`KR_M2_JOB_FRESH];
    end
  end

  // The first product's low half is the second one's factor.
  reg [31:0] layer_beats_q;

  always @(posedge clk) begin
    if (state_q == LAYER && mul_valid) layer_beats_q <= product[31:0];
  end

  always @(posedge clk) begin
    if (rst || mul_valid || state_q == IDLE) started_q <= 1'b0;
    else if (mul_ready) started_q <= 1'b1;
  end

  m2_addr_mul #(
      .A_W(16),
      .B_W(32)
  ) u_mul (
      .clk    (clk),
      .rst    (rst),
      .s_valid((state_q == LAYER || state_q == PLACE) && !started_q),
      .s_ready(mul_ready),
      .s_a    (state_q == LAYER ? c_chunks : {8'd0, layer_q}),
      .s_b    (state_q == LAYER ? {16'd0, c_chunk_beats} : layer_beats_q),
      .m_valid(mul_valid),
      .m_ready(1'b1),
      .m_data (product)
  );

  always @(posedge clk) begin
    step_q       <= {48'd0, c_chunk_beats} << SHIFT;
    last_chunk_q <= c_chunks - 16'd1;
  end

  always @(posedge clk) begin
    if (state_q == PLACE) begin
      offset_q <= c_off + ({16'd0, product} << SHIFT);
      left_q   <= last_chunk_q;
      first_q  <= 1'b1;
      last_q   <= last_chunk_q == 16'd0;
    end else if (walk) begin
      offset_q <= offset_q + step_q;
      left_q   <= left_q - 16'd1;
      first_q  <= 1'b0;
      last_q   <= left_q == 16'd1;
    end
  end

  wire unused_job = &{1'b0, job_data};

endmodule

`default_nettype wire
