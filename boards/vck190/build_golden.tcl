# SPDX-License-Identifier: Apache-2.0
#
# VCK190: builds the golden design. vivado -mode batch -source build_golden.tcl -tclargs settings.tcl
#
# golden.xsa becomes BOOT.BIN (README.md); golden_noc.ncr, golden_routed.dcp and golden_boot.pdi are what kernels'
# builds are held to.

set folder [file dirname [file normalize [info script]]]
source [file join $folder ../tcl/util.tcl]
source [file join $folder golden.tcl]

::krait::load $argv
::krait::new_project project
::krait::golden_design krait_vck190
::krait::tie_off
::krait::finish_design krait_vck190 project
::krait::segmented
::krait::implement write_device_image
write_noc_solution -force -file golden_noc.ncr
set run project/project.runs/impl_1
file copy -force [::krait::only $run/*_routed.dcp] golden_routed.dcp
file copy -force [::krait::only $run/*_boot.pdi] golden_boot.pdi
write_hw_platform -fixed -include_bit -force golden.xsa
