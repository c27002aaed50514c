# SPDX-License-Identifier: Apache-2.0
"""The tests of `mamba2_accel` that `krait regress` runs inside the simulator. The job (job.py) says on what."""

import pyuvm

from harness.uvm.mamba2 import sequences
from harness.uvm.mamba2.coverage import Mamba2Coverage
from harness.uvm.mamba2.env import ModelEnv
from harness.uvm.model_test import Corners, Decoding, Drawn, Least, ModelTest, Refusals, Registers


class Mamba2Test(ModelTest):
    """Base of the tests of `mamba2_accel`."""

    ENV = ModelEnv
    COVERED = Mamba2Coverage
    SOURCE = sequences


@pyuvm.test()
class RandomTest(Mamba2Test, Drawn):
    """Random models and starts, legal and illegal, equal golden bit for bit under random stalls, errors and resets."""


@pyuvm.test()
class CornerTest(Mamba2Test, Corners):
    """What random starts meet by luck: actions, errors, parts of models and ends of texts, each under every stall."""


@pyuvm.test()
class RefusalTest(Mamba2Test, Refusals):
    """Every illegal argument is refused with its code, moves nothing, and disturbs nothing that is kept."""


@pyuvm.test()
class LeastTest(Mamba2Test, Least):
    """The least model, at pin level: for simulators in which every cycle is dear, and every unknown value is seen."""


@pyuvm.test()
class RegisterTest(Mamba2Test, Registers):
    """Every register has its reset value, keeps what it stores, and shows the same through both doors."""


@pyuvm.test()
class DecodingTest(Mamba2Test, Decoding):
    """mamba2-tiny decodes held-out text: tokens, best logits and the stream behind every layer are golden's."""
