# SPDX-License-Identifier: Apache-2.0
"""The family of a sweep: legal configurations of their own names, with Verilog written for each."""

from pathlib import Path

import pytest

from boards.mamba2_sweep import POINTS, family, simulator, write_sources
from golden.spec import load_config


@pytest.mark.parametrize("base", ["sim", "sim_w8a8"])
def test_every_point_is_a_configuration_of_its_own(base: str) -> None:
    """Each point has its own name and hash, and differs from the base in what it says; the first is the base."""
    start = load_config("mamba2_accel", base)
    found = list(family(start))
    assert len({each.name for each in found}) == len({each.config_hash for each in found}) == len(POINTS)
    assert found[0].config_hash == start.config_hash
    for cfg, point in zip(found, POINTS, strict=True):
        assert {key: getattr(cfg, key) for key in point} == point
        assert cfg.t_cols % cfg.t_par == 0
        assert cfg.rows == start.rows * cfg.ports // start.ports


def test_sources_are_those_of_the_point(tmp_path: Path) -> None:
    """Wrapper and simulation top carry the configuration's name and hash, and the build takes exactly these."""
    cfg = next(each for each in family(load_config("mamba2_accel", "sim")) if each.ports == 4)
    sources = write_sources(cfg, tmp_path)
    assert f"module mamba2_accel_{cfg.name}" in sources.wrapper.read_text()
    assert f"{cfg.config_hash:016x}" in sources.wrapper.read_text().lower()
    build = simulator(cfg, sources)
    assert build.top == sources.top.stem
    assert {sources.top, sources.wrapper} <= set(build.sources)
