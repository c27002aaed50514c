# SPDX-License-Identifier: Apache-2.0
"""A unit's netlist with all that it instantiates: what its children never put out is then known, too."""

import os
from dataclasses import replace
from pathlib import Path

from harness.atomic import publish_dir
from harness.mutate.netlist import Netlist
from harness.mutate.units import below
from harness.synth.yosys import headers, run

FORMAT = 1  # of what is kept: raise it when the same inputs give another result


def flat(netlist: Netlist, folder: Path) -> Netlist:
    """Return the netlist with the cells of its children as modules, made now or earlier below `folder`.

    Raises:
        CheckError: Yosys fails. MachineError: it is missing.
    """
    place = folder / f"{netlist.folder.name}-flat-{FORMAT}"

    def fill(work: Path) -> None:
        children = " ".join(os.path.relpath(path, work) for path in below(netlist.unit.source))
        run(
            f"""
            read_rtlil {os.path.relpath(netlist.folder / "cells.il", work)}
            delete =A:blackbox
            read_verilog -DSYNTHESIS {headers(work)} {children}
            hierarchy -check -top {netlist.unit.name}
            proc
            opt_expr -mux_undef t:$mux
            write_rtlil cells.il
            """,
            work,
        )

    publish_dir(place, fill)
    return replace(netlist, folder=place)
