# SPDX-License-Identifier: Apache-2.0
"""The tests of `ternary_accel` that `krait regress` runs inside the simulator. The job (job.py) says on what."""

import pyuvm

from harness.uvm.model_test import ModelTest
from harness.uvm.ternary import sequences
from harness.uvm.ternary.coverage import TernaryCoverage
from harness.uvm.ternary.env import TernaryEnv


class TernaryTest(ModelTest):
    """Base of the tests of `ternary_accel`."""

    ENV = TernaryEnv
    COVERED = TernaryCoverage
    SOURCE = sequences


@pyuvm.test()
class RandomTest(TernaryTest):
    """Random models and starts, legal and illegal, equal golden bit for bit under random stalls, errors and resets."""

    async def body(self) -> None:
        """Play the drawn starts."""
        await self.play_random(self.job.items)


@pyuvm.test()
class CornerTest(TernaryTest):
    """What random starts meet by luck: texts, prefixes, ends of tiles and chunks, actions, errors under every stall."""

    async def body(self) -> None:
        """Play all of them."""
        await self.play_corners()


@pyuvm.test()
class RefusalTest(TernaryTest):
    """Every illegal argument is refused with its code, moves nothing, and disturbs no start behind it."""

    async def body(self) -> None:
        """Play all of them between two starts."""
        await self.play_refusals()


@pyuvm.test()
class LeastTest(TernaryTest):
    """The least model, at pin level: for simulators in which every cycle is dear, and every unknown value is seen."""

    async def body(self) -> None:
        """Play it under drawn stalls."""
        await self.play_random(self.job.items, least=True)


@pyuvm.test()
class RegisterTest(TernaryTest):
    """Every register has its reset value, keeps what it stores, and shows the same through both doors."""

    async def body(self) -> None:
        """Walk the map, then run one model."""
        await self.play_registers()


@pyuvm.test()
class DecodingTest(TernaryTest):
    """bitnet-tiny decodes held-out text, alone and four at a time: tokens, logits and residual streams are golden's."""

    async def body(self) -> None:
        """Play the texts."""
        await self.play_decoding()
