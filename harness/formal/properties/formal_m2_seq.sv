// SPDX-License-Identifier: Apache-2.0
//
// formal_m2_seq - the jobs of m2_seq follow one another as a model has them, none comes behind the last, and one that is due
// is on offer within GAP cycles of the last one's leaving. One slot; a prompt of a token, 1 or 2 layers, up to 2 tokens
// that are chosen. The end of a run lies 64 cycles behind its last result, further than a solver sees: test_m2_seq.py.

`default_nettype none
`include "mamba2/m2_job.vh"

module formal_m2_seq #(
    parameter GAP = 6
) (
    input wire clk,
    input wire rst,
    input wire args_valid,
    input wire m_ready,
    input wire out_done,
    input wire record_written
);

  wire        two_layers = $anyconst;
  wire [ 1:0] prompt = $anyconst;
  wire [ 1:0] generate_tokens = $anyconst;
  wire        c_raw = $anyconst;
  wire        c_continue = $anyconst;
  wire        m_valid;
  wire [31:0] m_data;
  wire        clear;
  wire        finish;
  wire        done;
  wire [31:0] tokens_run;
  wire [31:0] layers_done;
  wire [31:0] tokens_done;
  wire        unused_waiting;
  wire        head = generate_tokens != 2'd0;
  wire [ 1:0] kind = m_data[`KR_M2_JOB_KIND];
  reg         busy_q;
  reg         begun_q;  // a job has left
  reg  [ 1:0] kind_q;  // of the last job
  reg         layer_q;
  reg  [ 7:0] outs_q;  // unfinished jobs
  reg  [ 7:0] heads_q;
  reg  [ 7:0] heads_given_q;
  reg  [ 3:0] gap_q;
  wire        give = m_valid && m_ready;
  wire        last_layer = kind_q == `KR_M2_KIND_OUT && layer_q == two_layers;
  wire        ended = begun_q && (head ? heads_given_q == generate_tokens : last_layer);
  wire        due = busy_q && !ended && !m_valid;
  wire        layer = m_data[14];

  m2_seq #(
      .T_COLS(2),
      .SLOTS (1)
  ) u_dut (
      .clk           (clk),
      .rst           (rst),
      .start         (args_valid),
      .args_valid    (args_valid),
      .args_bad      (1'b0),
      .c_layer_first (8'd0),
      .c_layer_last  ({7'd0, two_layers}),
      .c_prompt      ({22'd0, prompt}),
      .c_generate    ({22'd0, generate_tokens}),
      .c_raw         (c_raw),
      .c_continue    (c_continue),
      .c_head        (head),
      .c_batch       (8'd1),
      .run_error     (1'b0),
      .m_valid       (m_valid),
      .m_ready       (m_ready),
      .m_data        (m_data),
      .out_done      (out_done),
      .record_written(record_written),
      .writers_idle  (1'b1),
      .clear         (clear),
      .finish        (finish),
      .done          (done),
      .tokens_run    (tokens_run),
      .layers_done   (layers_done),
      .tokens_done   (tokens_done)
  );

  prop_reset u_reset (
      .clk(clk),
      .rst(rst)
  );

  prop_stream #(
      .DATA_W(32)
  ) u_jobs (
      .clk    (clk),
      .rst    (rst),
      .valid  (m_valid),
      .ready  (m_ready),
      .data   (m_data),
      .waiting(unused_waiting)
  );

  always @(posedge clk) begin
    busy_q  <= !rst && (args_valid || (busy_q && !done));
    begun_q <= !rst && !args_valid && (begun_q || give);
    if (give) begin
      kind_q  <= kind;
      layer_q <= layer;
    end
    outs_q <= rst ? 8'd0 : outs_q + {7'd0, give && kind == `KR_M2_KIND_OUT} - {7'd0, out_done};
    heads_q <= rst ? 8'd0 : heads_q + {7'd0, give && kind == `KR_M2_KIND_HEAD} - {7'd0, record_written};
    heads_given_q <= (rst || args_valid) ? 8'd0 : heads_given_q + {7'd0, give && kind == `KR_M2_KIND_HEAD};
    gap_q <= (rst || args_valid || give || !due) ? 4'd0 : gap_q + 4'd1;
  end

  always @* begin
    assume (prompt == 2'd1 && generate_tokens <= 2'd2);
    assume (!(args_valid && busy_q));
    assume (!out_done || outs_q != 8'd0);
    assume (!record_written || heads_q != 8'd0);
    if (!rst && m_valid) begin
      assert (busy_q);
      if (!begun_q) assert (kind == `KR_M2_KIND_EMBED);
      else begin
        case (kind_q)
          `KR_M2_KIND_EMBED: assert (kind == `KR_M2_KIND_IN && !layer);
          `KR_M2_KIND_IN: assert (kind == `KR_M2_KIND_OUT && layer == layer_q);
          `KR_M2_KIND_OUT:
          if (layer_q != two_layers) assert (kind == `KR_M2_KIND_IN && layer && !layer_q);
          else assert (head && kind == `KR_M2_KIND_HEAD);
          default: assert (kind == `KR_M2_KIND_EMBED && heads_given_q < generate_tokens);
        endcase
      end
    end
    if (!rst) begin
      assert (!finish || (outs_q == 8'd0 && heads_q == 8'd0 && !m_valid));
      assert (!done || (busy_q && begun_q && outs_q == 8'd0 && heads_q == 8'd0));
      assert (!due || gap_q < GAP);
    end
  end

endmodule

`default_nettype wire
