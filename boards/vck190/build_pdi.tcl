# SPDX-License-Identifier: Apache-2.0
#
# VCK190: from RTL to the image that is loaded at run time.
# vivado -mode batch -source build_pdi.tcl -tclargs settings.tcl, in the folder of the build.

set folder [file dirname [file normalize [info script]]]
source [file join $folder ../tcl/util.tcl]
source [file join $folder ../tcl/report.tcl]
source [file join $folder ../tcl/package_ip.tcl]
source [file join $folder golden.tcl]
source [file join $folder kernel.tcl]
source [file join $folder check_compatibility.tcl]

::krait::load $argv
::krait::package_ip ip
::krait::new_project project
::krait::use_ip ip
# The design's name is part of the names in the NoC solution.
::krait::golden_design krait_vck190
::krait::add_kernel
::krait::finish_design krait_vck190 project
::krait::segmented
set_property NOC_SOLUTION_FILE [file join $::krait::golden golden_noc.ncr] [get_runs impl_1]
::krait::implement write_device_image
::krait::report
::krait::timing_gate
set run project/project.runs/impl_1
file copy -force [::krait::only $run/*_pld.pdi] $::krait::name.pdi
::krait::check_compatibility $::krait::golden $::krait::name.pdi [::krait::only $run/*_routed.dcp]
write_hw_platform -fixed -include_bit -force $::krait::name.xsa
file copy -force [::krait::only project/project.gen/sources_1/bd/krait_vck190/hw_handoff/krait_vck190.hwh] \
    $::krait::name.hwh
