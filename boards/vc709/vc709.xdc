# SPDX-License-Identifier: Apache-2.0
#
# What the board files of VC709 leave open: pins and clocks of PCIe, memory and reset come from them.

# The reference clock's buffer, as open designs for the board place it.
set_property LOC IBUFDS_GTE2_X1Y11 [get_cells -hierarchical -filter {REF_NAME == IBUFDS_GTE2}]

# The kernel's interrupt changes its clock in krait_irq_sync.
set_false_path -to [get_pins -hierarchical -filter {NAME =~ */irq_sync/*meta_q_reg/D}]

# Configuration.
set_property CFGBVS GND [current_design]
set_property CONFIG_VOLTAGE 1.8 [current_design]
set_property BITSTREAM.GENERAL.COMPRESS TRUE [current_design]
