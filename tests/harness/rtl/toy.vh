// SPDX-License-Identifier: Apache-2.0
`define TOY_STEP 1'b1
