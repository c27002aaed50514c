# SPDX-License-Identifier: Apache-2.0
#
# VCK190: does an image go with the boot image of a golden design? PLM compares two numbers when it loads one, and
# refuses it with 0x03530000 where they differ; pr_verify compares everything that both implementations share.

# Returns the fields unique_id and parent_unique_id of the fabric's image (node 0x187.....) in a PDI.
proc ::krait::image_ids {pdi} {
    set ids [dict create]
    set node ""
    foreach line [split [exec bootgen -arch versal -read $pdi] \n] {
        if {[regexp {\mid \(0x18\) : 0x([0-9a-fA-F]+)} $line - found]} {
            set node $found
        }
        if {![string match 187* $node]} {
            continue
        }
        foreach {- field value} [regexp -all -inline {\m((?:parent_)?unique_id) \(0x2[48]\) : 0x([0-9a-fA-F]+)} $line] {
            dict set ids $field [string tolower $value]
        }
    }
    return $ids
}

# Errors: the image was not built against this golden design.
proc ::krait::check_compatibility {golden pdi checkpoint} {
    set boot [image_ids [file join $golden golden_boot.pdi]]
    set image [image_ids $pdi]
    if {![dict exists $boot unique_id] || ![dict exists $image parent_unique_id]} {
        error "krait: bootgen shows no unique_id of golden_boot.pdi or no parent_unique_id of $pdi"
    }
    set found [dict get $image parent_unique_id]
    set expected [dict get $boot unique_id]
    if {$found ne $expected} {
        error "krait: $pdi has the parent 0x$found, golden_boot.pdi is 0x$expected; build it again"
    }
    pr_verify -initial [file join $golden golden_routed.dcp] -additional $checkpoint
}
