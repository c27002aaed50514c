// SPDX-License-Identifier: Apache-2.0
//
// m2_topk - the eight greatest logits of a head job, and the greatest one's index as the next token.
//
// Function     : of the ceil(c_vocab / 8) beats of a HEAD job the 8 greatest of the first c_vocab values, greatest first, of
//                equal ones the lower index first, leave on m_rec; with `feedback` the first index leaves on m_tok, too. Jobs
//                of other kinds are dropped.
// Format       : s_data 8 signed values of VALUE_W bits, the lowest index lowest; m_rec 8 x {value, sign-extended to 32 bits,
//                index of 32 bits}, the best lowest; m_tok an index. c_vocab >= 8 holds still while a job is inside.
// Latency      : variable: 3 from the last beat to the record, and more for values that enter the list
// Throughput   : variable: a beat a cycle, but a cycle for each of its values above the eighth best of some beats before
// Back-pressure: registered ready; a result that nobody takes holds up the next job.
// Golden       : golden.topk.topk
// Test         : tests/rtl/test_m2_topk.py
//
// Why: values enter one after the other. In a vocabulary of many thousands few exceed the eighth best, and one insertion a
// cycle needs 8 comparators instead of a sorting network.

`default_nettype none
`include "checks.vh"
`include "mamba2/m2_job.vh"

module m2_topk #(
    parameter VALUE_W = 32  // bits of a logit, 2..32
) (
    input  wire                 clk,
    input  wire                 rst,
    input  wire [         31:0] c_vocab,
    input  wire                 job_valid,
    output wire                 job_ready,
    input  wire [         31:0] job_data,
    input  wire                 s_valid,
    output wire                 s_ready,
    input  wire [8*VALUE_W-1:0] s_data,
    output wire                 m_rec_valid,
    input  wire                 m_rec_ready,
    output wire [        511:0] m_rec_data,
    output wire                 m_tok_valid,
    input  wire                 m_tok_ready,
    output wire [         31:0] m_tok_data
);

  localparam KEY_W = VALUE_W + 1;  // {present, value with its sign turned}: an absent entry is below any value
  localparam [1:0] IDLE = 2'd0;
  localparam [1:0] BEATS = 2'd1;
  localparam [1:0] DRAIN = 2'd2;
  localparam [1:0] RESULT = 2'd3;

  reg  [      1:0] state_q;
  reg  [      1:0] state_d;
  reg              feedback_q;
  reg              rec_q;
  reg              tok_q;
  wire             begin_job = job_valid && job_ready && job_data[`KR_M2_JOB_KIND] == `KR_M2_KIND_HEAD;
  wire             empty;
  wire             take = s_valid && s_ready;

  // Beats: the first index of the next one, and of how many values it has.
  reg  [     28:0] beat_q;
  wire [     31:0] base = {beat_q, 3'd0};
  wire [     31:0] left = c_vocab - base;
  wire             last = left <= 32'd8;

  always @(posedge clk) begin
    if (begin_job) beat_q <= 29'd0;
    else if (take) beat_q <= beat_q + 29'd1;
  end

  always @* begin
    state_d = state_q;
    case (state_q)
      IDLE: if (begin_job) state_d = BEATS;
      BEATS: if (take && last) state_d = DRAIN;
      DRAIN: if (empty) state_d = RESULT;
      default: if (!rec_q && !tok_q) state_d = IDLE;
    endcase
  end

  always @(posedge clk) begin
    if (rst) state_q <= IDLE;
    else state_q <= state_d;
  end

  always @(posedge clk) begin
    if (begin_job) feedback_q <= job_data[`KR_M2_JOB_FEEDBACK];
  end

  always @(posedge clk) begin
    if (rst) begin
      rec_q <= 1'b0;
      tok_q <= 1'b0;
    end else if (state_q == DRAIN && empty) begin
      rec_q <= 1'b1;
      tok_q <= feedback_q;
    end else begin
      rec_q <= rec_q && !m_rec_ready;
      tok_q <= tok_q && !m_tok_ready;
    end
  end

  // p0: a beat as keys. p1: which of its values exceed the eighth best, as it was then. p2: the lowest of them leaves in
  // each cycle, and everything waits while there are more. p3: the one that leaves.
  reg  [8*KEY_W-1:0] p0_keys_q;
  reg  [       28:0] p0_beat_q;
  reg                p0_valid_q;
  reg  [8*KEY_W-1:0] p1_keys_q;
  reg  [       28:0] p1_beat_q;
  reg  [        7:0] p1_mask_q;
  reg  [8*KEY_W-1:0] p2_keys_q;
  reg  [       28:0] p2_beat_q;
  reg  [        7:0] p2_mask_q;
  reg                p2_more_q;  // than one
  wire [        7:0] present;
  wire [        7:0] above;
  wire [        7:0] lowest;  // one-hot
  reg  [        3:0] p2_count_q;  // ones in the mask
  wire [        2:0] low = {2'd0, p1_mask_q[0]} + {2'd0, p1_mask_q[1]} + {2'd0, p1_mask_q[2]} + {2'd0, p1_mask_q[3]};
  wire [        2:0] high = {2'd0, p1_mask_q[4]} + {2'd0, p1_mask_q[5]} + {2'd0, p1_mask_q[6]} + {2'd0, p1_mask_q[7]};
  wire [  KEY_W-1:0] floor;

  assign s_ready = state_q == BEATS && !p2_more_q;

  genvar i;
  generate
    for (i = 0; i < 8; i = i + 1) begin : g_lane
      localparam [31:0] LANE = i;
      assign present[i] = left > LANE;
      assign above[i]   = p0_keys_q[i*KEY_W+:KEY_W] > floor;

      always @(posedge clk) begin
        if (take) begin
          p0_keys_q[i*KEY_W+:KEY_W] <= present[i] ?
              {1'b1, !s_data[i*VALUE_W+VALUE_W-1], s_data[i*VALUE_W+:VALUE_W-1]} : {KEY_W{1'b0}};
        end
      end
    end
  endgenerate

  always @(posedge clk) begin
    if (rst) p0_valid_q <= 1'b0;
    else if (!p2_more_q) p0_valid_q <= take;
  end

  always @(posedge clk) begin
    if (take) p0_beat_q <= beat_q;
  end

  always @(posedge clk) begin
    if (rst) p1_mask_q <= 8'd0;
    else if (!p2_more_q) p1_mask_q <= above & {8{p0_valid_q}};
  end

  always @(posedge clk) begin
    if (!p2_more_q) begin
      p1_keys_q <= p0_keys_q;
      p1_beat_q <= p0_beat_q;
      p2_keys_q <= p1_keys_q;
      p2_beat_q <= p1_beat_q;
    end
  end

  always @(posedge clk) begin
    if (rst) begin
      p2_mask_q <= 8'd0;
      p2_more_q <= 1'b0;
    end else if (p2_more_q) begin
      p2_mask_q <= p2_mask_q & ~lowest;
      p2_more_q <= p2_count_q > 4'd2;
    end else begin
      p2_mask_q <= p1_mask_q;
      p2_more_q <= |low[2:1] || |high[2:1] || (low[0] && high[0]);
    end
  end

  always @(posedge clk) begin
    p2_count_q <= p2_more_q ? p2_count_q - 4'd1 : {1'b0, low} + {1'b0, high};
  end

  wire [      3:0] low_any = {|p2_mask_q[2:0], |p2_mask_q[1:0], p2_mask_q[0], 1'b0};  // below each
  wire [      3:0] high_any = {|p2_mask_q[6:4], |p2_mask_q[5:4], p2_mask_q[4], 1'b0};
  wire [      3:0] high_ones = {4{p2_mask_q[3:0] == 4'd0}};
  assign lowest = {p2_mask_q[7:4] & ~high_any & high_ones, p2_mask_q[3:0] & ~low_any};

  reg  [        7:0] p3_one_q;
  reg  [8*KEY_W-1:0] p3_keys_q;
  reg  [       28:0] p3_beat_q;
  wire [  KEY_W-1:0] p3_key;
  wire [        2:0] p3_lane;

  always @(posedge clk) begin
    if (rst) p3_one_q <= 8'd0;
    else p3_one_q <= lowest;
  end

  always @(posedge clk) begin
    p3_keys_q <= p2_keys_q;
    p3_beat_q <= p2_beat_q;
  end

  // A reduction for each bit keeps the selection flat.
  assign p3_lane = {|p3_one_q[7:4], |{p3_one_q[7:6], p3_one_q[3:2]}, |{p3_one_q[7], p3_one_q[5], p3_one_q[3], p3_one_q[1]}};

  generate
    for (i = 0; i < KEY_W; i = i + 1) begin : g_key
      wire [7:0] column = {
        p3_keys_q[7*KEY_W+i],
        p3_keys_q[6*KEY_W+i],
        p3_keys_q[5*KEY_W+i],
        p3_keys_q[4*KEY_W+i],
        p3_keys_q[3*KEY_W+i],
        p3_keys_q[2*KEY_W+i],
        p3_keys_q[1*KEY_W+i],
        p3_keys_q[0*KEY_W+i]
      };
      assign p3_key[i] = |(p3_one_q & column);
    end
  endgenerate

  // p4: one value on its way into the list.
  reg              p4_valid_q;
  reg  [KEY_W-1:0] p4_key_q;
  reg  [     31:0] p4_index_q;

  always @(posedge clk) begin
    if (rst) p4_valid_q <= 1'b0;
    else p4_valid_q <= |p3_one_q;
  end

  always @(posedge clk) begin
    p4_key_q   <= p3_key;
    p4_index_q <= {p3_beat_q, p3_lane};
  end

  // The list: what is below the newcomer moves one place down.
  reg  [8*KEY_W-1:0] key_q;
  reg  [   8*32-1:0] index_q;
  wire [        7:0] below;  // entry i is below the newcomer; entries descend, so this is a thermometer

  generate
    for (i = 0; i < 8; i = i + 1) begin : g_entry
      assign below[i] = p4_valid_q && key_q[i*KEY_W+:KEY_W] < p4_key_q;

      if (i == 0) begin : g_best
        always @(posedge clk) begin
          if (begin_job) key_q[0+:KEY_W] <= {KEY_W{1'b0}};
          else if (below[0]) key_q[0+:KEY_W] <= p4_key_q;
        end

        always @(posedge clk) begin
          if (below[0]) index_q[0+:32] <= p4_index_q;
        end
      end else begin : g_other
        always @(posedge clk) begin
          if (begin_job) key_q[i*KEY_W+:KEY_W] <= {KEY_W{1'b0}};
          else if (below[i]) key_q[i*KEY_W+:KEY_W] <= below[i-1] ? key_q[(i-1)*KEY_W+:KEY_W] : p4_key_q;
        end

        always @(posedge clk) begin
          if (below[i]) index_q[i*32+:32] <= below[i-1] ? index_q[(i-1)*32+:32] : p4_index_q;
        end
      end

      wire               sign = !key_q[i*KEY_W+VALUE_W-1];
      wire [VALUE_W-1:0] value = {sign, key_q[i*KEY_W+:VALUE_W-1]};
      if (VALUE_W < 32) begin : g_extend
        assign m_rec_data[64*i+32+:32] = {{32 - VALUE_W{sign}}, value};
      end else begin : g_plain
        assign m_rec_data[64*i+32+:32] = value;
      end
      assign m_rec_data[64*i+:32] = index_q[i*32+:32];
    end
  endgenerate

  assign floor       = key_q[7*KEY_W+:KEY_W];
  assign empty       = !p0_valid_q && p1_mask_q == 8'd0 && p2_mask_q == 8'd0 && p3_one_q == 8'd0 && !p4_valid_q;
  assign job_ready   = state_q == IDLE;
  assign m_rec_valid = rec_q;
  assign m_tok_valid = tok_q;
  assign m_tok_data  = index_q[31:0];

  `CHECK(!begin_job || c_vocab >= 32'd8, "fewer than eight logits")
  `CHECK_STREAM(m_rec_valid, m_rec_ready, m_rec_data)
  `CHECK_STREAM(m_tok_valid, m_tok_ready, m_tok_data)

  wire unused_job = &{1'b0, job_data};

endmodule

`default_nettype wire
