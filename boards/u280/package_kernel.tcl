# SPDX-License-Identifier: Apache-2.0
#
# U280: packages a kernel for v++, with ap_ctrl_hs as its protocol.
# vivado -mode batch -source package_kernel.tcl -tclargs settings.tcl, in the folder of the build.

set folder [file dirname [file normalize [info script]]]
source [file join $folder ../tcl/util.tcl]
source [file join $folder ../tcl/package_ip.tcl]

::krait::load $argv
::krait::package_ip ip 1
package_xo -force -xo_path $::krait::name.xo -kernel_name $::krait::kernel -ip_directory ip -ctrl_protocol ap_ctrl_hs
