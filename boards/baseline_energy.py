# SPDX-License-Identifier: Apache-2.0
"""Energy of PyTorch's baselines as boards are measured: idle with the model loaded, then the workload in a loop."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from boards.model_energy import Metering, metering
from boards.power import open as opening
from boards.power.energy import lines, measure
from harness import console
from harness.bench import energy_record
from harness.bench.baseline import Again, Follow
from harness.bench.baseline_place import Place
from harness.bench.baseline_record import BaselineRecord
from harness.bench.energy_record import GPU, HOST, unmeasured

NO_BITSTREAM = "nothing is programmed"


def sensors(place: Place) -> Metering:
    """Open what measures a place: the processors' counters, or the GPU's."""
    if place.device == "cpu":
        return metering(lambda: opening.open_source(HOST, sysfs=opening.SYSFS))
    return metering(lambda: opening.open_source(GPU, uuid=place.uuid))


def follower(path: Path, power_of: Callable[[Place], Metering] = sensors) -> Follow:
    """Return what measures the energy of each baseline, appends its record to `path` and says what it holds.

    Args:
        path: of energy records.
        power_of: opens a place's sensors; where there are none the record says n/a and why.
    """

    def follow(place: Place, record: BaselineRecord, load: Again) -> None:
        board, power = HOST if place.device == "cpu" else GPU, power_of(place)
        made = record.provenance
        if power.source is None:
            found = unmeasured(load.workload, load.work, board, "measured", record.tokens, made, power.reason)
        else:
            found = measure(board, "measured", power.source, load, made, NO_BITSTREAM, timing=power.timing)
        energy_record.append(path, replace(found, run=record.run))
        for line in lines(found):
            console.say(f"  {line}")

    return follow
