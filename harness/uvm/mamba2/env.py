# SPDX-License-Identifier: Apache-2.0
"""The environment of `mamba2_accel`."""

from harness.uvm.bench import KernelEnv
from harness.uvm.mamba2.coverage import Coverage
from harness.uvm.mamba2.kernel import ModelAgent
from harness.uvm.mamba2.scoreboard import Predictor, Scoreboard


class ModelEnv(KernelEnv):
    """Everything around one `mamba2_accel`."""

    AGENT = ModelAgent
    PREDICTOR = Predictor
    SCOREBOARD = Scoreboard
    COVERAGE = Coverage
