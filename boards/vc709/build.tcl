# SPDX-License-Identifier: Apache-2.0
#
# VC709: from RTL to bitstream. vivado -mode batch -source build.tcl -tclargs settings.tcl, in the folder of the build.

set folder [file dirname [file normalize [info script]]]
source [file join $folder ../tcl/util.tcl]
source [file join $folder ../tcl/report.tcl]
source [file join $folder ../tcl/package_ip.tcl]
source [file join $folder bd.tcl]

::krait::load $argv
::krait::package_ip ip
::krait::new_project project
::krait::use_ip ip
add_files -norecurse [file join $folder krait_irq_sync.v]
add_files -fileset constrs_1 -norecurse [file join $folder vc709.xdc]
::krait::block_design krait_vc709
::krait::finish_design krait_vc709 project
::krait::implement route_design
::krait::report
::krait::timing_gate
write_bitstream -force $::krait::name.bit
write_cfgmem -force -format mcs -interface BPIx16 -size 128 -loadbit "up 0x0 $::krait::name.bit" $::krait::name.mcs
file copy -force [::krait::only project/project.gen/sources_1/bd/krait_vc709/hw_handoff/krait_vc709.hwh] \
    $::krait::name.hwh
