# SPDX-License-Identifier: Apache-2.0
#
# Runs a script of Vivado without Vivado: every command that Tcl does not know is recorded with its arguments and a
# canned answer. Files that a command would write are made, with a line that says what they are. No device is built.
#
# Arguments: file for the record, version of Vivado, slack in ns, script, arguments of the script.

namespace eval ::stub {
    variable calls {}
    variable project project
    variable mark "Made by krait's recording stubs in place of Vivado; no device was built.\n"
    lassign $argv record version slack script
    # What bootgen shows of any image: node of the fabric, its number, its parent's.
    variable image "id (0x18) : 0x18700000, unique_id (0x24) : 0x0a0b0c0d\nparent_unique_id (0x28) : 0x0a0b0c0d"
}

proc ::stub::touch {path} {
    file mkdir [file dirname $path]
    set handle [open $path w]
    puts -nonewline $handle $::stub::mark
    close $handle
}

# Returns the value behind an option, "" without it.
proc ::stub::option {arguments name} {
    set at [lsearch -exact $arguments $name]
    return [expr {$at < 0 ? "" : [lindex $arguments $at+1]}]
}

# Files that Vivado leaves in a project.
proc ::stub::run_files {command} {
    set project $::stub::project
    if {$command eq "launch_runs"} {
        foreach suffix {routed.dcp pld.pdi boot.pdi} {
            touch $project/$project.runs/impl_1/top_$suffix
        }
    } else {
        set design [file rootname [file tail $::stub::design]]
        touch $project/$project.gen/sources_1/bd/$design/hdl/${design}_wrapper.v
        touch $project/$project.gen/sources_1/bd/$design/hw_handoff/$design.hwh
    }
}

# Returns what a command of Vivado answers.
proc ::stub::answer {command arguments} {
    set last [lindex $arguments end]
    switch -glob -- $command {
        version {return $::stub::version}
        create_project {
            set ::stub::project [lindex $arguments end-2]
            return $::stub::project
        }
        create_bd_design {
            set ::stub::design $last
            return $last
        }
        make_wrapper - launch_runs {run_files $command}
        current_project {return $::stub::project}
        current_fileset {return sources_1}
        get_property {
            switch -- [lindex $arguments 0] {
                STATUS {return "write_device_image Complete!"}
                SLACK {return $::stub::slack}
            }
        }
        get_hw_devices {return xc7vx690t_0}
        report_* - write_noc_solution {touch [option $arguments -file]}
        write_* {touch $last}
        package_xo {touch [option $arguments -xo_path]}
        ipx::current_core {return core}
        ipx::package_project {touch [option $arguments -root_dir]/component.xml}
        ipx::add_* - ipx::get_* {return $last/[lindex $arguments 0]}
        create_bd_* - get_* {return $last}
    }
    return ""
}

proc unknown {command args} {
    set command [string trimleft $command :]
    set result [::stub::answer $command $args]
    lappend ::stub::calls [list $command {*}$args $result]
    return $result
}

# Programs are not started and the interpreter is not left.
proc ::stub::exec {args} {
    lappend ::stub::calls [list exec {*}$args $::stub::image]
    return $::stub::image
}

proc ::stub::exit {{code 0}} {
    if {$code} {
        error "exit $code"
    }
}

interp alias {} exec {} ::stub::exec
interp alias {} exit {} ::stub::exit

# Returns a list of strings, or of such lists (depth times), as JSON.
proc ::stub::json {value depth} {
    if {$depth == 0} {
        set escaped [string map {\\ \\\\ \" \\\" \n \\n \t \\t} $value]
        return "\"$escaped\""
    }
    set parts {}
    foreach item $value {
        lappend parts [json $item [expr {$depth - 1}]]
    }
    return "\[[join $parts ", "]\]"
}

# Writes the calls, and the tables and settings that the script worked with: one [name, value] each.
proc ::stub::dump {path} {
    set tables {}
    foreach name [info vars ::krait::*] {
        if {![array exists $name]} {
            lappend tables [list [namespace tail $name] [set $name]]
        }
    }
    set handle [open $path w]
    puts $handle "{\"calls\": [json $::stub::calls 2], \"tables\": [json $tables 2]}"
    close $handle
}

set ::stub::arguments [lrange $argv 4 end]
set argv $::stub::arguments
set argc [llength $argv]
source $::stub::script
::stub::dump $::stub::record
