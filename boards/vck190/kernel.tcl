# SPDX-License-Identifier: Apache-2.0
#
# VCK190: a kernel on the boundary of golden.tcl. It runs on pl1 (200 MHz) or pl0 (300 MHz), whichever is its clock;
# each of its ports reaches a port of the NoC through a SmartConnect, which changes the clock where it has to.

# Returns clock and reset of the kernel. Errors: golden.tcl has no such clock.
proc ::krait::kernel_domain {} {
    foreach {mhz clock reset} {200 pl1_ref_clk rst_pl1 300 pl0_ref_clk rst_pl0} {
        if {$::krait::clock_mhz == $mhz} {
            return [list cips/$clock $reset/peripheral_aresetn]
        }
    }
    error "krait: found a clock of $::krait::clock_mhz MHz, expected 200 or 300, the golden design's"
}

# Adds the kernel to the golden design. Errors: a kernel of other ports than the boundary's.
proc ::krait::add_kernel {} {
    if {$::krait::ports != $::krait::golden_ports || $::krait::port_bits != $::krait::golden_bits} {
        error "krait: found $::krait::ports ports of $::krait::port_bits bits,\
            expected $::krait::golden_ports of $::krait::golden_bits"
    }
    set kernel [kernel_cell]
    lassign [kernel_domain] clock reset
    wire $clock $kernel/ap_clk
    wire $reset $kernel/ap_rst_n
    crossbar control cips/M_AXI_FPD $kernel/$::krait::control [list cips/pl1_ref_clk $clock] \
        rst_pl1/peripheral_aresetn
    place cips/M_AXI_FPD $kernel/$::krait::control/reg0 $::krait::kernel_base $::krait::kernel_bytes
    set port 0
    foreach master $::krait::masters {
        crossbar memory$port $kernel/$master noc_pl/S0${port}_AXI [list cips/pl0_ref_clk $clock] \
            rst_pl0/peripheral_aresetn
        place_ddr $kernel/$master [expr {$port + 4}] $port
        incr port
    }
    wire $kernel/interrupt cips/pl_ps_irq0
}
