// SPDX-License-Identifier: Apache-2.0
//
// formal_strm_join_first - of each run's beats strm_join_first takes one from each of the run's inputs, puts 0 in the
// others' places, and gives as many as the run has. Runs of up to 3 beats.

`default_nettype none

module formal_strm_join_first #(
    parameter DATA_W = 1,
    parameter N      = 2,
    parameter RUNS   = 2
) (
    input wire                clk,
    input wire                rst,
    input wire                c_valid,
    input wire [         1:0] c_inputs,
    input wire [         1:0] c_beats,
    input wire [       N-1:0] s_valid,
    input wire [N*DATA_W-1:0] s_data,
    input wire                m_ready
);

  localparam CAP = RUNS + 3;  // the queue's, the next beat's and the beat's at hand

  wire                c_ready;
  wire [       N-1:0] s_ready;
  wire                m_valid;
  wire [N*DATA_W-1:0] m_data;
  wire                unused_waiting;
  wire [         7:0] runs;
  wire [   4*CAP-1:0] items;
  wire [         1:0] inputs = items[3:2];  // of the run whose beat is due
  wire [         1:0] beats = items[1:0];
  reg  [         1:0] given_q;  // of that run
  wire                give = m_valid && m_ready;
  wire                run_ends = give && given_q + 2'd1 == beats;

  strm_join_first #(
      .DATA_W(DATA_W),
      .N     (N),
      .RUNS  (RUNS)
  ) u_dut (
      .clk    (clk),
      .rst    (rst),
      .c_valid(c_valid),
      .c_ready(c_ready),
      .c_data ({4'd0, c_inputs, 30'd0, c_beats}),
      .s_valid(s_valid),
      .s_ready(s_ready),
      .s_data (s_data),
      .m_valid(m_valid),
      .m_ready(m_ready),
      .m_data (m_data)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  prop_stream #(
      .DATA_W(N * DATA_W)
  ) u_output (
      .clk    (clk),
      .rst    (rst),
      .valid  (m_valid),
      .ready  (m_ready),
      .data   (m_data),
      .waiting(unused_waiting)
  );

  // Runs that have beats to give; those of none are dropped.
  prop_queue #(
      .DATA_W(4),
      .CAP   (CAP)
  ) u_runs (
      .clk      (clk),
      .rst      (rst),
      .push     (c_valid && c_ready && c_beats != 2'd0),
      .push_data({c_inputs, c_beats}),
      .pop      (run_ends),
      .count    (runs),
      .items    (items)
  );

  always @(posedge clk) begin
    if (rst || run_ends) given_q <= 2'd0;
    else if (give) given_q <= given_q + 2'd1;
  end

  always @* begin
    assume (c_inputs != 2'd0 && c_inputs <= N);
    if (!rst) assert (!m_valid || runs != 8'd0);
  end

  genvar i;
  generate
    for (i = 0; i < N; i = i + 1) begin : g_input
      wire [       7:0] count;
      wire [DATA_W-1:0] item;
      wire              own = runs != 8'd0 && inputs > i;

      // A queue of one beat: an input is never taken from for a beat that is not its own.
      prop_queue #(
          .DATA_W(DATA_W),
          .CAP   (1)
      ) u_queue (
          .clk      (clk),
          .rst      (rst),
          .push     (s_valid[i] && s_ready[i]),
          .push_data(s_data[i*DATA_W+:DATA_W]),
          .pop      (give && own),
          .count    (count),
          .items    (item)
      );

      always @* begin
        if (!rst && m_valid) assert (m_data[i*DATA_W+:DATA_W] == (own ? item : {DATA_W{1'b0}}));
      end
    end
  endgenerate

endmodule

`default_nettype wire
