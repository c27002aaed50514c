# SPDX-License-Identifier: Apache-2.0
"""What is proved, as it is declared: names, files, mutants, and the choice of proofs by pattern."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.formal import sby
from harness.formal.proofs import DECLARED, PROPERTIES, Mutant, all_proofs, choose, mutate
from harness.paths import VERILOG

PROOFS = all_proofs()


def test_stream_primitives_are_proved() -> None:
    """Each strm_* module and AXI mover has a proof: an empty reading would let everything below pass."""
    streams = {path.stem for path in (VERILOG / "common").glob("strm_*.v")}
    assert len(streams) >= 8
    assert streams | {"axi_burst_split", "axi_rd_mover", "axi_wr_mover"} <= {proof.unit for proof in PROOFS}


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_what_a_proof_names_is_there(proof: sby.Proof) -> None:
    """The unit is RTL, the top has the declared parameters and peeks, and the mutant changes a file that is read."""
    run, mutant = sby.of_proof(proof), sby.of_mutant(proof)
    assert f"{proof.unit}.v" in run.sources
    top = proof.top_file.read_text()
    assert all(re.search(rf"parameter {name}\b", top) for name in proof.params)
    assert all(re.search(rf"keep \*\) wire .*\b{wire};", top) for wire in proof.peeks)
    assert {name for name in run.sources if run.sources[name] != mutant.sources[name]} == {proof.mutant.file}


def test_every_file_of_properties_is_used() -> None:
    """A file bears the name of its one module; wrappers have a proof, the others serve a wrapper."""
    files = sorted(PROPERTIES.glob("*.sv"))
    for path in files:
        assert re.findall(r"^module (\w+)", path.read_text(), re.M) == [path.stem]
    used = {name for proof in PROOFS for name in sby.of_proof(proof).sources if name.endswith(".sv")}
    assert {path.name for path in files} == used


def test_choice() -> None:
    """Names and units, with patterns; the order is that of the declaration; a name that means none is refused."""
    assert choose((), PROOFS) == PROOFS
    assert [proof.name for proof in choose(("strm_fifo",), PROOFS)] == ["strm_fifo", "strm_fifo_block"]
    assert [proof.name for proof in choose(("strm_fifo_b*", "strm_skid"), PROOFS)] == ["strm_skid", "strm_fifo_block"]
    with pytest.raises(InputError, match=r"no proof is called 'strm_fofi'; known are strm_skid, "):
        choose(("strm_skid", "strm_fofi"), PROOFS)


@pytest.mark.parametrize(("old", "times"), [("x", 2), ("z", 0)])
def test_a_mutant_that_does_not_fit(old: str, times: int) -> None:
    """What it replaces stands in its file once, or nobody knows what was refuted."""
    with pytest.raises(InputError, match=rf"the mutant of a\.v: found '{old}' {times} times"):
        mutate({"a.v": "x y x"}, Mutant("a.v", old, "w"))
    assert mutate({"a.v": "x y x", "b.v": "y"}, Mutant("a.v", "y", "w")) == {"a.v": "x w x", "b.v": "y"}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('mode = "prove"', 'mode = "proof"', r"proof\[0\]\.mode: found 'proof'"),
        ('unit = "strm_skid"', 'unit = "strm_skidd"', r"proof\[0\]\.unit: .*formal_strm_skidd\.sv"),
        ("depth = 3", "depth = 0", r"proof\[0\]\.depth: found 0"),
        ('name = "strm_fork"', 'name = "strm_skid"', r"proof: .*names that differ"),
        ("depth = 3", "depth = 3\ndeepness = 1", r"proof\[0\]\.deepness: .*no such key"),
    ],
)
def test_a_malformed_declaration(old: str, new: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "proofs.toml"
    path.write_text(DECLARED.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=named):
        all_proofs(path)


def test_the_key_follows_what_the_outcome_depends_on() -> None:
    """Sources, options and tool versions; not the name, under which it is kept beside the key."""
    proof = choose(("strm_skid",), PROOFS)[0]
    tools = {"yosys": "0.70", "z3": "4.15"}
    key = sby.of_proof(proof).key(tools)
    assert key == sby.of_proof(replace(proof, name="other")).key(tools)
    others = [
        sby.of_mutant(proof).key(tools),
        sby.of_proof(proof, depth=9).key(tools),
        sby.of_proof(replace(proof, params={"DATA_W": 3})).key(tools),
        sby.of_proof(proof).key(tools | {"z3": "4.16"}),
    ]
    assert len({key, *others}) == 5
