# SPDX-License-Identifier: Apache-2.0
#
# Reports of an implemented design, and the gate that a bitstream must pass: setup and hold slack of at least 0 ns.

# Returns the worst slack of an analysis (setup or hold), ns.
proc ::krait::slack {analysis} {
    return [get_property SLACK [get_timing_paths -$analysis -max_paths 1 -nworst 1]]
}

# Writes utilization, timing and power into files, and result.json for boards/bitstream.py.
proc ::krait::report {} {
    report_utilization -file utilization.rpt
    report_utilization -hierarchical -hierarchical_depth 4 -file utilization_hierarchical.rpt
    report_timing_summary -max_paths 20 -file timing.rpt
    report_clock_interaction -file clock_interaction.rpt
    report_power -file power.rpt
    set result [open result.json w]
    puts $result [format {{"tool": "Vivado", "version": "%s", "wns_ns": %s, "whs_ns": %s}} \
        [version -short] [slack setup] [slack hold]]
    close $result
}

# Errors: a path misses its clock.
proc ::krait::timing_gate {} {
    foreach analysis {setup hold} {
        set found [slack $analysis]
        if {$found eq "" || $found < 0} {
            error "krait: worst $analysis slack is '$found' ns, expected 0 or more; see timing.rpt"
        }
    }
}
