# SPDX-License-Identifier: Apache-2.0
"""Emitters: from the checked declarations to Verilog, SystemVerilog, Python and Markdown, by templates beside them."""

from golden.spec.emit.numbers import emit_format_header, emit_number_tables
from golden.spec.emit.packaging import emit_tcl_kernel, emit_tcl_registers, vlnv
from golden.spec.emit.registers import emit_markdown, emit_python, emit_verilog_header
from golden.spec.emit.roms import emit_rom, emit_table_header
from golden.spec.emit.ternary_widths import emit_ternary_header, emit_ternary_widths
from golden.spec.emit.tops import emit_sim_top, emit_wrapper
from golden.spec.emit.widths import emit_width_header, emit_width_tables

__all__ = [
    "emit_format_header",
    "emit_markdown",
    "emit_number_tables",
    "emit_python",
    "emit_rom",
    "emit_sim_top",
    "emit_table_header",
    "emit_tcl_kernel",
    "emit_tcl_registers",
    "emit_ternary_header",
    "emit_ternary_widths",
    "emit_verilog_header",
    "emit_width_header",
    "emit_width_tables",
    "emit_wrapper",
    "vlnv",
]
