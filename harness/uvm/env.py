# SPDX-License-Identifier: Apache-2.0
"""The environment of `tern_matvec`."""

from harness.uvm.bench import KernelEnv
from harness.uvm.coverage import Coverage
from harness.uvm.kernel import KernelAgent
from harness.uvm.scoreboard import Predictor, Scoreboard


class MatvecEnv(KernelEnv):
    """Everything around one `tern_matvec`."""

    AGENT = KernelAgent
    PREDICTOR = Predictor
    SCOREBOARD = Scoreboard
    COVERAGE = Coverage
