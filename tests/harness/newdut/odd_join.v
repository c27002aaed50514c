// SPDX-License-Identifier: Apache-2.0
//
// odd_join - a foreign module with all that a kernel has to carry, and faults that a pin plants.
//
// Each beat of `a` goes on with one of `b`, which has no data; `ends` tells the length of a packet. To the data are
// added the pin `step` and the packets since reset, modulo 256.

module odd_join #(
    parameter W = 12
) (
    input  wire         clk,
    input  wire         rst,
    input  wire [  2:0] fault,
    input  wire [ 39:0] step,
    output wire [  7:0] level,
    input  wire         a_valid,
    output wire         a_ready,
    input  wire [W-1:0] a_data,
    input  wire         a_last,
    input  wire         b_valid,
    output wire         b_ready,
    output reg          m_valid,
    input  wire         m_ready,
    output reg  [ 19:0] m_data,
    output reg          m_last,
    output reg          ends_valid,
    input  wire         ends_ready,
    output reg  [  3:0] ends_data
);
    localparam NO_LAST = 1, LOST = 2, TWICE = 3, NO_RESET = 4, STUCK = 5;

    reg  [7:0] packets;
    reg  [7:0] beats;
    reg  [3:0] length;
    reg        again;
    wire       free = (!m_valid || m_ready) && (!ends_valid || ends_ready);
    wire       open = free && !again && !(fault == STUCK && beats == 8'd5);
    wire       go = open && a_valid && b_valid;

    assign a_ready = open && b_valid;
    assign b_ready = open && a_valid;
    assign level   = beats;

    always @(posedge clk) begin
        if (rst) {m_valid, ends_valid, again, beats, length} <= 15'd0;
        else if (free) begin
            m_valid    <= (go && !(fault == LOST && beats == 8'd5)) || again;
            ends_valid <= go && a_last;
            again      <= go && a_last && fault == TWICE;
            if (go) {beats, length} <= {beats + 8'd1, a_last ? 4'd0 : length + 4'd1};
        end
        if (rst && fault != NO_RESET) packets <= 8'd0;
        else if (go && a_last) packets <= packets + 8'd1;
        if (go) begin
            m_data    <= {8'd0, a_data} + step[39:20] + {12'd0, packets};
            m_last    <= a_last && fault != NO_LAST;
            ends_data <= length + 4'd1;
        end
    end

    wire unused_step = &{1'b0, step[19:0]};
endmodule
