# SPDX-License-Identifier: Apache-2.0
#
# Packages one build of a kernel as IP: ports of its wrapper, registers of its map, both from generated tables.
#
# As plain IP it carries every register. As a kernel of Vitis it carries the control block and what software writes:
# XRT makes an argument of each, and PORT_BASE_p, which points into port p's memory, ties that memory to the port.

namespace eval ::krait {
    # Access of a register or field: access, and what a write or a read does, in words of IP-XACT.
    variable access_words {
        rw {read-write {} {}}
        ro {read-only {} {}}
        w1s {read-write oneToSet {}}
        w1t {read-write oneToToggle {}}
        rc {read-only {} clear}
    }
    # Bytes of the control block, in front of the first argument.
    variable control_bytes 0x10
}

# Returns whether Vitis sees a register: control block, or an argument of a port that is there.
proc ::krait::is_argument {register} {
    lassign $register - offset - port access
    if {$offset < $::krait::control_bytes} {
        return 1
    }
    return [expr {$offset >= $::krait::control_bytes && $access eq "rw" && $port < $::krait::ports}]
}

# Gives a register or a field its access.
proc ::krait::set_access {object access} {
    lassign [dict get $::krait::access_words $access] kind write read
    set_property ACCESS $kind $object
    if {$write ne ""} {
        set_property MODIFIED_WRITE_VALUE $write $object
    }
    if {$read ne ""} {
        set_property READ_ACTION $read $object
    }
}

# Adds one register with its fields to an address block.
proc ::krait::add_register {register block} {
    lassign $register name offset bits port access fields
    set made [ipx::add_register $name $block]
    set_property ADDRESS_OFFSET $offset $made
    set_property SIZE $bits $made
    if {$access ne "mixed"} {
        set_access $made $access
    }
    foreach field $fields {
        lassign $field field_name lsb width field_access
        set added [ipx::add_field $field_name $made]
        set_property BIT_OFFSET $lsb $added
        set_property BIT_WIDTH $width $added
        set_access $added $field_access
    }
    if {$port >= 0 && $port < $::krait::ports} {
        set associated [ipx::add_register_parameter ASSOCIATED_BUSIF $made]
        set_property VALUE [lindex $::krait::masters $port] $associated
    }
}

# Adds the register map behind the control interface.
proc ::krait::add_registers {core for_vitis} {
    set map [ipx::add_memory_map $::krait::control $core]
    set block [ipx::add_address_block reg0 $map]
    set_property RANGE $::krait::map_bytes $block
    set_property WIDTH 32 $block
    foreach register $::krait::registers {
        if {!$for_vitis || [is_argument $register]} {
            add_register $register $block
        }
    }
    set_property SLAVE_MEMORY_MAP_REF $::krait::control \
        [ipx::get_bus_interfaces $::krait::control -of_objects $core]
}

# Says which clock and reset the interfaces have, and what the interrupt is.
proc ::krait::add_interfaces {core} {
    foreach interface [concat [list $::krait::control] $::krait::masters] {
        ipx::associate_bus_interfaces -busif $interface -clock ap_clk $core
    }
    ipx::associate_bus_interfaces -clock ap_clk -reset ap_rst_n $core
    ipx::infer_bus_interface interrupt xilinx.com:signal:interrupt_rtl:1.0 $core
    set level [ipx::add_bus_parameter SENSITIVITY [ipx::get_bus_interfaces interrupt -of_objects $core]]
    set_property VALUE LEVEL_HIGH $level
}

# Packages the kernel into a folder.
proc ::krait::package_ip {folder {for_vitis 0}} {
    lassign [split $::krait::vlnv :] vendor library name version
    create_project -force package package -part $::krait::part
    add_files -norecurse $::krait::rtl
    set_property INCLUDE_DIRS $::krait::includes [current_fileset]
    set_property VERILOG_DEFINE {SYNTHESIS=1} [current_fileset]
    set_property TOP $::krait::module [current_fileset]
    update_compile_order -fileset sources_1
    ipx::package_project -root_dir $folder -vendor $vendor -library $library -taxonomy /KernelIP -import_files \
        -set_current true
    set core [ipx::current_core]
    set_property NAME $name $core
    set_property VERSION $version $core
    set_property DISPLAY_NAME "$::krait::kernel, configuration $::krait::config" $core
    set_property DESCRIPTION "krait $::krait::kernel, configuration hash $::krait::config_hash" $core
    foreach parameters {user hdl} {
        set_property VALUE $::krait::build_id [ipx::get_${parameters}_parameters BUILD_ID -of_objects $core]
    }
    add_interfaces $core
    add_registers $core $for_vitis
    if {$for_vitis} {
        set_property SDX_KERNEL true $core
        set_property SDX_KERNEL_TYPE rtl $core
        set_property VITIS_DRC {ctrl_protocol ap_ctrl_hs} $core
    }
    set_property AUTO_FAMILY_SUPPORT_LEVEL level_2 $core
    ipx::create_xgui_files $core
    ipx::update_checksums $core
    if {$for_vitis} {
        ipx::check_integrity -kernel $core
    } else {
        ipx::check_integrity $core
    }
    ipx::save_core $core
    close_project
}
