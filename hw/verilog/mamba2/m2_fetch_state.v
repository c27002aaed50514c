// SPDX-License-Identifier: Apache-2.0
//
// m2_fetch_state - says which state chunks may be read, in the order of the jobs.
//
// Function     : each chunk of an IN job of a layer >= c_mem_first that is not fresh becomes a run (offset, c_chunk_beats), but
//                only after the same chunk of the layer's previous IN job since `clear` has been written; chunk_written
//                counts the writes of all IN jobs of such layers, chunk by chunk in the order of the jobs.
// Format       : byte offsets; jobs as m2_job.vh has them.
// Latency      : variable: m2_chunk_walk's and 2 cycles, then the wait for the write
// Throughput   : variable: one chunk in 1 cycle, the first of a job in 3
// Back-pressure: registered ready; absorbs 1 job.
// Golden       : golden.mamba2.accel.layout.state_shapes
// Test         : tests/rtl/test_m2_fetch.py
//
// Why: writes are answered in order, so a number for each layer, that of its last job's first write, replaces a flag for
// each chunk.

`default_nettype none

module m2_fetch_state #(
    parameter PORT_BYTES = 32  // bytes that a wide beat takes of each port, a power of two >= 2
) (
    input  wire        clk,
    input  wire        rst,
    input  wire        clear,
    input  wire [63:0] c_off,
    input  wire [ 7:0] c_mem_first,
    input  wire [15:0] c_chunks,
    input  wire [15:0] c_chunk_beats,
    input  wire        job_valid,
    output wire        job_ready,
    input  wire [31:0] job_data,
    input  wire        chunk_written,
    output wire        m_valid,
    input  wire        m_ready,
    output wire [63:0] m_offset,
    output wire [31:0] m_beats
);

  wire        valid;
  wire        ready;
  wire [ 7:0] layer;
  wire        fresh;
  wire        first;
  wire        last;

  m2_chunk_walk #(
      .PORT_BYTES(PORT_BYTES)
  ) u_walk (
      .clk          (clk),
      .rst          (rst),
      .c_off        (c_off),
      .c_mem_first  (c_mem_first),
      .c_chunks     (c_chunks),
      .c_chunk_beats(c_chunk_beats),
      .job_valid    (job_valid),
      .job_ready    (job_ready),
      .job_data     (job_data),
      .m_valid      (valid),
      .m_ready      (ready),
      .m_offset     (m_offset),
      .m_layer      (layer),
      .m_fresh      (fresh),
      .m_first      (first),
      .m_last       (last)
  );

  // Writes are numbered from `clear` on; numbers are compared by the sign of their difference.
  reg  [ 31:0] written_q;
  reg  [ 31:0] number_q;   // of the first write of the job at hand
  reg  [255:0] known_q;    // layers that have had a job since clear
  reg  [ 15:0] known_row_q;    // the same of 16 layers with `layer` in them, a cycle late
  reg          known_layer_q;  // and of `layer`, another one; the walk takes more to its first chunk
  reg          near_q;     // known_layer_q belongs to the chunk on offer
  reg          looked_q;   // so do wait_q and target_q
  reg          wait_q;
  reg  [ 31:0] target_q;   // the write that the chunk waits for
  wire [ 31:0] previous;   // first write of the layer's previous job
  wire [ 31:0] ahead = target_q - written_q;
  wire         step = valid && ready;

  assign ready   = looked_q && (fresh || (m_ready && m_valid));
  assign m_valid = valid && looked_q && !fresh && (!wait_q || ahead[31]);
  assign m_beats = {16'd0, c_chunk_beats};

  always @(posedge clk) begin
    if (rst || clear) written_q <= 32'd0;
    else if (chunk_written) written_q <= written_q + 32'd1;
  end

  always @(posedge clk) begin
    if (rst || clear) number_q <= 32'd0;
    else if (step && last) number_q <= number_q + {16'd0, c_chunks};
  end

  always @(posedge clk) begin
    if (rst || clear) known_q <= 256'd0;
    else if (step && last) known_q[layer] <= 1'b1;
  end

  always @(posedge clk) begin
    known_row_q   <= known_q[layer[7:4]*16+:16];
    known_layer_q <= known_row_q[layer[3:0]];
  end

  always @(posedge clk) begin
    if (rst) near_q <= 1'b0;
    else near_q <= valid && !step;
  end

  always @(posedge clk) begin
    if (rst) looked_q <= 1'b0;
    else if (step) looked_q <= !last;
    else looked_q <= valid && (looked_q || near_q);
  end

  always @(posedge clk) begin
    if (first && !looked_q) wait_q <= known_layer_q;
    if (first && !looked_q) target_q <= previous;
    else if (step) target_q <= target_q + 32'd1;
  end

  mem_lutram #(
      .DATA_W(32),
      .DEPTH (256)
  ) u_number (
      .clk    (clk),
      .wr_en  (step && last),
      .wr_addr(layer),
      .wr_data(number_q),
      .rd_addr(layer),
      .rd_data(previous)
  );

  wire unused_ahead = &{1'b0, ahead};

endmodule

`default_nettype wire
