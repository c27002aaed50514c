// SPDX-License-Identifier: Apache-2.0
//
// m2_job - fields of a job, the word that the sequencer of mamba2_accel sends to every block.
//
// EMBED brings rows of `tokens` tokens into a residual slot, from the prompt list or, with `feedback`, of the token that the
// top-k unit chose; with `raw` rows are residual values. IN runs a layer up to the gate, `fresh` from a zero state; OUT the
// rest of it. HEAD is the final norm and the head for one token, whose place in the slot stands in the field of the tokens, or
// of a batch for all of its tokens, as in the other jobs; with `feedback` an EMBED job will ask for what it chooses.

`ifndef M2_JOB_VH
`define M2_JOB_VH

`define KR_M2_JOB_W 32
`define KR_M2_JOB_KIND 1:0
`define KR_M2_JOB_SLOT 2
`define KR_M2_JOB_FRESH 3
`define KR_M2_JOB_FEEDBACK 4
`define KR_M2_JOB_RAW 5
`define KR_M2_JOB_LAST_TOKEN 13:6
`define KR_M2_JOB_LAYER 21:14

`define KR_M2_KIND_EMBED 2'd0
`define KR_M2_KIND_IN 2'd1
`define KR_M2_KIND_OUT 2'd2
`define KR_M2_KIND_HEAD 2'd3

`endif
