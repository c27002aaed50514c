# SPDX-License-Identifier: Apache-2.0
"""The suites: what they hold, and that their tests and configurations exist."""

import ast

import pytest

from golden.spec.configs import load_config
from harness.paths import ROOT
from harness.regress.suites import MODULES, SUITES, Entry

SMOKE = SUITES["smoke"].entries


def test_the_suites_hold_each_other() -> None:
    """nightly has all that smoke has, on both simulators, and configurations of boards; all has everything once."""
    names = {name: {entry.name for entry in suite.entries} for name, suite in SUITES.items()}
    assert names["smoke"] < names["nightly"] <= names["all"] == set.union(*names.values())
    assert SUITES["all"].seeds == 1 < SUITES["nightly"].seeds
    assert {entry.simulator for entry in SUITES["nightly"].entries} == {"verilator", "icarus"}
    assert {entry.config for entry in SUITES["nightly"].entries} >= {"sim", "sim512", "vck190_stock"}


def test_both_transports_play_the_real_models_layers() -> None:
    """The smoke suite samples the bundle at pin level and in bulk, and uses both simulators."""
    assert {entry.transport for entry in SMOKE if entry.test == "BundleTest"} == {"beat", "bulk"}
    assert {entry.simulator for entry in SMOKE} == {"verilator", "icarus"}


@pytest.mark.parametrize("entry", SUITES["all"].entries, ids=lambda entry: entry.name)
def test_what_an_entry_names_exists(entry: Entry) -> None:
    """Its test class stands in its kernel's module, its configuration in the specification."""
    tree = ast.parse((ROOT / f"{MODULES[entry.kernel].replace('.', '/')}.py").read_text())
    assert entry.test in {each.name for each in tree.body if isinstance(each, ast.ClassDef)}
    assert load_config(entry.kernel, entry.config)
