# SPDX-License-Identifier: Apache-2.0
#
# What the bitstream scripts of all boards share. Settings (part, addresses, sources) come from boards/bitstream.py as a
# Tcl file, which names the generated tables of the kernel; nothing about a board or a kernel is typed here.

namespace eval ::krait {
    # Folder of this file; scripts of all boards stand beside its parent.
    variable tcl_folder [file dirname [file normalize [info script]]]
}

# Reads settings and tables from the first argument of the script. Errors: no argument, no such file, another tool.
proc ::krait::load {arguments} {
    if {[llength $arguments] != 1} {
        error "krait: found [llength $arguments] arguments, expected the settings file"
    }
    set settings [lindex $arguments 0]
    if {![file isfile $settings]} {
        error "krait: $settings: no such file; boards/bitstream.py writes it"
    }
    uplevel #0 [list source $settings]
    foreach table $::krait::tables {
        uplevel #0 [list source $table]
    }
    set found [version -short]
    if {[string first $::krait::tool_version $found] != 0} {
        error "krait: found Vivado $found, expected $::krait::tool_version"
    }
}

# Makes an empty project in the working folder, for the board where Vivado knows it.
proc ::krait::new_project {name} {
    create_project -force $name $name -part $::krait::part
    if {$::krait::board_part ne ""} {
        set_property BOARD_PART $::krait::board_part [current_project]
    }
}

# Makes packaged IP known to the project.
proc ::krait::use_ip {folder} {
    set_property IP_REPO_PATHS $folder [current_project]
    update_ip_catalog
}

# Returns the object of a path: a pin where it has a cell, else a port of the design.
proc ::krait::pin {path} {
    if {[string first / $path] < 0} {
        return [get_bd_ports $path]
    }
    return [get_bd_pins $path]
}

# The same of an interface.
proc ::krait::bus {path} {
    if {[string first / $path] < 0} {
        return [get_bd_intf_ports $path]
    }
    return [get_bd_intf_pins $path]
}

# Connects a driver with everything that it drives.
proc ::krait::wire {driver args} {
    foreach sink $args {
        connect_bd_net [pin $driver] [pin $sink]
    }
}

# Connects two interfaces.
proc ::krait::link {from to} {
    connect_bd_intf_net [bus $from] [bus $to]
}

# Makes a cell of an IP with its configuration: pairs of name and value.
proc ::krait::cell {vlnv name args} {
    set made [create_bd_cell -type ip -vlnv $vlnv $name]
    set properties {}
    foreach {key value} $args {
        lappend properties CONFIG.$key $value
    }
    if {[llength $properties]} {
        set_property -dict $properties $made
    }
    return $made
}

# Makes the cell of the kernel, named as drivers know it.
proc ::krait::kernel_cell {} {
    return [cell $::krait::vlnv $::krait::kernel]
}

# Makes a SmartConnect: interfaces that it serves, interfaces that it leads to, clocks of all of them, and the reset of
# the first. A clock that is named twice counts once.
proc ::krait::crossbar {name from to named reset} {
    set clocks {}
    foreach clock $named {
        if {$clock ni $clocks} {
            lappend clocks $clock
        }
    }
    cell xilinx.com:ip:smartconnect:1.0 $name \
        NUM_SI [llength $from] NUM_MI [llength $to] NUM_CLKS [llength $clocks]
    set index 0
    foreach source $from {
        link $source [format %s/S%02d_AXI $name $index]
        incr index
    }
    set index 0
    foreach sink $to {
        link [format %s/M%02d_AXI $name $index] $sink
        incr index
    }
    set suffix ""
    foreach clock $clocks {
        wire $clock $name/aclk$suffix
        set suffix [expr {$suffix eq "" ? 1 : $suffix + 1}]
    }
    wire $reset $name/aresetn
}

# Makes a reset block of a clock domain: its clock, what resets it, and the lock of its clock where there is one.
proc ::krait::domain {name clock reset {locked ""}} {
    cell xilinx.com:ip:proc_sys_reset:5.0 $name
    wire $clock $name/slowest_sync_clk
    wire $reset $name/ext_reset_in
    if {$locked ne ""} {
        wire $locked $name/dcm_locked
    }
}

# Puts a slave's segment into a master's address space.
proc ::krait::place {space segment base bytes} {
    assign_bd_address -offset $base -range $bytes -target_address_space [get_bd_addr_spaces $space] \
        [get_bd_addr_segs $segment] -force
}

# Finishes the block design and makes its wrapper the top of the project.
proc ::krait::finish_design {name project} {
    validate_bd_design
    save_bd_design
    make_wrapper -files [get_files $name.bd] -top
    add_files -norecurse $project/$project.gen/sources_1/bd/$name/hdl/${name}_wrapper.v
    set_property TOP ${name}_wrapper [current_fileset]
    update_compile_order -fileset sources_1
}

# Runs implementation up to a step. Errors: it did not complete.
proc ::krait::implement {step} {
    launch_runs impl_1 -to_step $step -jobs $::krait::jobs
    wait_on_run impl_1
    set status [get_property STATUS [get_runs impl_1]]
    if {![string match *Complete* $status]} {
        error "krait: impl_1 ended with '$status'; its log stands below the project's .runs folder"
    }
    open_run impl_1
}

# Returns the only file that matches. Errors: there is none, or there are several.
proc ::krait::only {pattern} {
    set found [glob -nocomplain $pattern]
    if {[llength $found] != 1} {
        error "krait: found [llength $found] files $pattern, expected one"
    }
    return [lindex $found 0]
}
