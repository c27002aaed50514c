// SPDX-License-Identifier: Apache-2.0
//
// m2_fetch_rows - reads the rows of EMBED jobs: token ids from the prompt list or from the top-k unit, then their rows.
//
// Function     : an EMBED job of n tokens yields n reads of c_row_beats beats. Row of a token id: c_e_off + id * c_row_beats *
//                PORT_BYTES, row 0 and a pulse of bad_token for an id >= c_vocab. Ids come from `tok` with feedback, else
//                from the list at c_tok_off, 32 bits each, going on from job to job since `clear`. With `raw` the i-th raw
//                row since `clear` is at c_e_off + i * c_row_beats * PORT_BYTES. No row is read before the job has had its `go`.
// Format       : byte offsets; ids unsigned; jobs as m2_job.vh has them.
// Latency      : variable: 5 cycles and one for each bit of c_row_beats from an id to the read of its row
// Throughput   : variable: one row at a time
// Back-pressure: registered readies; cmd_valid holds.
// Golden       : golden.mamba2.accel.image.embedding
// Test         : tests/rtl/test_m2_fetch.py
//
// Why: a beat of the list is read only when the one before it is used up, so that it always has a place to go.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module m2_fetch_rows #(
    parameter WIDE_W     = 512,  // width of a wide beat [bits], a power of two >= 64
    parameter PORT_BYTES = 32    // bytes that a wide beat takes of each port, a power of two >= 2
) (
    input  wire              clk,
    input  wire              rst,
    input  wire              clear,
    input  wire [      63:0] c_e_off,
    input  wire [      63:0] c_tok_off,
    input  wire [      15:0] c_row_beats,
    input  wire [      31:0] c_vocab,
    input  wire              job_valid,
    output wire              job_ready,
    input  wire [      31:0] job_data,
    input  wire              go_valid,
    output wire              go_ready,
    input  wire              tok_valid,
    output wire              tok_ready,
    input  wire [      31:0] tok_data,
    output wire              cmd_valid,
    input  wire              cmd_ready,
    output wire              cmd_list,    // the read is for the token list
    output wire [      63:0] cmd_offset,
    output wire [      15:0] cmd_beats,
    input  wire              list_valid,  // a beat of the token list; never waits
    input  wire [WIDE_W-1:0] list_data,
    output wire              bad_token
);

  localparam SHIFT = $clog2(PORT_BYTES);
  localparam [31:0] BYTES = PORT_BYTES;
  localparam [63:0] STEP = {32'd0, BYTES};

  localparam [2:0] IDLE = 3'd0;
  localparam [2:0] ID = 3'd1;
  localparam [2:0] CHECK_ID = 3'd2;
  localparam [2:0] MULTIPLY = 3'd3;
  localparam [2:0] PLACE = 3'd4;
  localparam [2:0] OFFER = 3'd5;

  reg  [ 2:0] state_q;
  reg  [ 2:0] state_d;
  reg  [ 7:0] left_q;      // tokens after this one
  reg         feedback_q;
  reg         raw_q;
  reg         go_q;        // the job may read rows
  reg  [31:0] row_q;       // raw rows so far
  reg  [31:0] id_q;
  reg         bad_q;
  reg  [63:0] offset_q;
  reg         asked_q;     // a beat of the list is on its way
  reg  [63:0] list_at_q;   // bytes of the list that were read
  reg  [63:0] list_offset_q;
  wire        id_valid;
  wire [31:0] id;
  wire        prompt_valid;
  wire [31:0] prompt;
  wire        from_list = !raw_q && !feedback_q;
  wire        take_job = job_valid && job_ready && job_data[`KR_M2_JOB_KIND] == `KR_M2_KIND_EMBED;
  wire        take_id = state_q == ID && id_valid;
  wire        order = cmd_valid && cmd_ready;
  wire        place_valid;
  wire [47:0] place;
  wire        list_ready;
  wire        unused_last;
  wire        unused_mul_ready;

  assign id_valid  = raw_q || (feedback_q ? tok_valid : prompt_valid);
  assign id        = raw_q ? row_q : feedback_q ? tok_data : prompt;
  assign job_ready = state_q == IDLE;
  assign tok_ready = state_q == ID && feedback_q && !raw_q;
  assign go_ready  = state_q == OFFER && !go_q;
  assign bad_token = state_q == MULTIPLY && bad_q;

  assign cmd_list   = state_q == ID;
  assign cmd_valid  = (state_q == OFFER && go_q) || (cmd_list && from_list && !prompt_valid && !asked_q);
  assign cmd_offset = cmd_list ? list_offset_q : offset_q;
  assign cmd_beats  = cmd_list ? 16'd1 : c_row_beats;

  always @* begin
    state_d = state_q;
    case (state_q)
      IDLE: if (take_job) state_d = ID;
      ID: if (id_valid) state_d = CHECK_ID;
      CHECK_ID: state_d = MULTIPLY;
      MULTIPLY: state_d = PLACE;
      PLACE: if (place_valid) state_d = OFFER;
      OFFER: if (order) state_d = (left_q == 8'd0) ? IDLE : ID;
      default: state_d = IDLE;
    endcase
  end

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else state_q <= state_d;
  end

  always @(posedge clk) begin
    if (take_job) begin
      feedback_q <= job_data[`KR_M2_JOB_FEEDBACK];
      raw_q      <= job_data[`KR_M2_JOB_RAW];
      left_q     <= job_data[`KR_M2_JOB_LAST_TOKEN];
      go_q       <= 1'b0;
    end else begin
      if (go_valid && go_ready) go_q <= 1'b1;
      if (state_q == OFFER && order) left_q <= left_q - 8'd1;
    end
  end

  always @(posedge clk) begin
    if (rst || clear) row_q <= 32'd0;
    else if (take_id && raw_q) row_q <= row_q + 32'd1;
  end

  always @(posedge clk) begin
    if (take_id) id_q <= id;
    bad_q <= state_q == CHECK_ID && !raw_q && id_q >= c_vocab;
  end

  always @(posedge clk) begin
    if (rst || clear) list_at_q <= 64'd0;
    else if (order && cmd_list) list_at_q <= list_at_q + STEP;
  end

  always @(posedge clk) begin
    if (rst || clear || list_valid) asked_q <= 1'b0;
    else if (order && cmd_list) asked_q <= 1'b1;
  end

  always @(posedge clk) begin
    list_offset_q <= c_tok_off + list_at_q;
    if (state_q == PLACE) offset_q <= c_e_off + ({16'd0, place} << SHIFT);
  end

  strm_downsize #(
      .DATA_W(32),
      .RATIO (WIDE_W / 32)
  ) u_list (
      .clk    (clk),
      .rst    (rst || clear),
      .s_valid(list_valid),
      .s_ready(list_ready),
      .s_data (list_data),
      .s_last (1'b0),
      .m_valid(prompt_valid),
      .m_ready(state_q == ID && from_list),
      .m_data (prompt),
      .m_last (unused_last)
  );

  m2_addr_mul #(
      .A_W(16),
      .B_W(32)
  ) u_mul (
      .clk    (clk),
      .rst    (rst),
      .s_valid(state_q == MULTIPLY),
      .s_ready(unused_mul_ready),
      .s_a    (c_row_beats),
      .s_b    (bad_q ? 32'd0 : id_q),
      .m_valid(place_valid),
      .m_ready(1'b1),
      .m_data (place)
  );

  `CHECK(!list_valid || list_ready, "a beat of the token list found no room")
  `CHECK_STREAM(cmd_valid, cmd_ready, {cmd_list, cmd_offset, cmd_beats})

  generate
    if (WIDE_W < 64 || WIDE_W % 32 != 0) begin : g_bad_wide
      m2_fetch_rows_needs_WIDE_W_a_multiple_of_32_from_64_on u_error ();
    end
  endgenerate

  wire unused_job = &{1'b0, job_data};

endmodule

`default_nettype wire
