# SPDX-License-Identifier: Apache-2.0
"""The tests of `ternary_accel` that `krait regress` runs inside the simulator. The job (job.py) says on what."""

import pyuvm

from harness.uvm.model_test import Corners, Decoding, Drawn, Least, ModelTest, Refusals, Registers
from harness.uvm.ternary import sequences
from harness.uvm.ternary.coverage import TernaryCoverage
from harness.uvm.ternary.env import TernaryEnv


class TernaryTest(ModelTest):
    """Base of the tests of `ternary_accel`."""

    ENV = TernaryEnv
    COVERED = TernaryCoverage
    SOURCE = sequences


@pyuvm.test()
class RandomTest(TernaryTest, Drawn):
    """Random models and starts, legal and illegal, equal golden bit for bit under random stalls, errors and resets."""


@pyuvm.test()
class CornerTest(TernaryTest, Corners):
    """What random starts meet by luck: texts, prefixes, ends of tiles and chunks, actions, errors under every stall."""


@pyuvm.test()
class RefusalTest(TernaryTest, Refusals):
    """Every illegal argument is refused with its code, moves nothing, and disturbs no start behind it."""


@pyuvm.test()
class LeastTest(TernaryTest, Least):
    """The least model, at pin level: for simulators in which every cycle is dear, and every unknown value is seen."""


@pyuvm.test()
class RegisterTest(TernaryTest, Registers):
    """Every register has its reset value, keeps what it stores, and shows the same through both doors."""


@pyuvm.test()
class DecodingTest(TernaryTest, Decoding):
    """bitnet-tiny decodes held-out text, alone and four at a time: tokens, logits and residual streams are golden's."""
