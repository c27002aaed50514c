# SPDX-License-Identifier: Apache-2.0
"""The environment of `ternary_accel`."""

from harness.uvm.bench import KernelEnv
from harness.uvm.ternary.coverage import Coverage
from harness.uvm.ternary.kernel import TernaryAgent
from harness.uvm.ternary.scoreboard import Predictor, Scoreboard


class TernaryEnv(KernelEnv):
    """Everything around one `ternary_accel`."""

    AGENT = TernaryAgent
    PREDICTOR = Predictor
    SCOREBOARD = Scoreboard
    COVERAGE = Coverage
