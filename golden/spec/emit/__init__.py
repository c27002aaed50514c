# SPDX-License-Identifier: Apache-2.0
"""Emitters: from the checked declarations to Verilog, SystemVerilog, Python and Markdown, by templates beside them."""

from golden.spec.emit.registers import emit_markdown, emit_python, emit_verilog_header
from golden.spec.emit.tops import emit_sim_top, emit_wrapper

__all__ = ["emit_markdown", "emit_python", "emit_sim_top", "emit_verilog_header", "emit_wrapper"]
