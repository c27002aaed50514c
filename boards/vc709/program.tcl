# SPDX-License-Identifier: Apache-2.0
#
# VC709: loads a bitstream by JTAG with Vivado or Vivado Lab, for machines without openFPGALoader.
# vivado -mode batch -source program.tcl -tclargs FILE.bit ?HOST:PORT of hw_server?
#
# Rescan PCIe afterwards (README.md); the first load after power-up wants a warm reboot.

if {[llength $argv] < 1 || ![file isfile [lindex $argv 0]]} {
    error "krait: found '$argv', expected a bitstream and, where it is not this machine, HOST:PORT of hw_server"
}
set server [expr {[llength $argv] > 1 ? [lindex $argv 1] : "localhost:3121"}]

open_hw_manager
connect_hw_server -url $server
open_hw_target
set devices [get_hw_devices xc7vx690t_*]
if {[llength $devices] != 1} {
    error "krait: found [llength $devices] devices xc7vx690t, expected one; see get_hw_targets"
}
current_hw_device $devices
set_property PROGRAM.FILE [lindex $argv 0] $devices
program_hw_devices $devices
close_hw_target
disconnect_hw_server
