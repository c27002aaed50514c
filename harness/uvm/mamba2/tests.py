# SPDX-License-Identifier: Apache-2.0
"""The tests of `mamba2_accel` that `krait regress` runs inside the simulator. The job (job.py) says on what."""

import pyuvm

from harness.uvm.mamba2 import sequences
from harness.uvm.mamba2.coverage import ModelCoverage
from harness.uvm.mamba2.env import ModelEnv
from harness.uvm.model_test import ModelTest


class Mamba2Test(ModelTest):
    """Base of the tests of `mamba2_accel`."""

    ENV = ModelEnv
    COVERED = ModelCoverage
    SOURCE = sequences


@pyuvm.test()
class RandomTest(Mamba2Test):
    """Random models and starts, legal and illegal, equal golden bit for bit under random stalls, errors and resets."""

    async def body(self) -> None:
        """Play the drawn starts."""
        await self.play_random(self.job.items)


@pyuvm.test()
class CornerTest(Mamba2Test):
    """What random starts meet by luck: actions, errors, parts of models and ends of texts, each under every stall."""

    async def body(self) -> None:
        """Play all of them."""
        await self.play_corners()


@pyuvm.test()
class RefusalTest(Mamba2Test):
    """Every illegal argument is refused with its code, moves nothing, and disturbs nothing that is kept."""

    async def body(self) -> None:
        """Play all of them between two starts."""
        await self.play_refusals()


@pyuvm.test()
class LeastTest(Mamba2Test):
    """The least model, at pin level: for simulators in which every cycle is dear, and every unknown value is seen."""

    async def body(self) -> None:
        """Play it under drawn stalls."""
        await self.play_random(self.job.items, least=True)


@pyuvm.test()
class RegisterTest(Mamba2Test):
    """Every register has its reset value, keeps what it stores, and shows the same through both doors."""

    async def body(self) -> None:
        """Walk the map, then run one model."""
        await self.play_registers()


@pyuvm.test()
class DecodingTest(Mamba2Test):
    """mamba2-tiny decodes held-out text: tokens, best logits and the stream behind every layer are golden's."""

    async def body(self) -> None:
        """Play the texts."""
        await self.play_decoding()
