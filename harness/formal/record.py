# SPDX-License-Identifier: Apache-2.0
"""What `krait formal` found, as JSON that the report reads."""

from dataclasses import dataclass
from pathlib import Path

from harness import json_record
from harness.formal.proofs import Mode, Proof
from harness.formal.sby import Outcome
from harness.provenance import Provenance

SCHEMA = 1
FILE = "results.json"


@dataclass(frozen=True)
class ProofResult:
    """One proof: what was asked, what came out, and what came out of its mutant."""

    name: str
    unit: str
    laws: str
    mode: Mode
    params: dict[str, int]
    outcome: Outcome
    mutant: Outcome

    @property
    def good(self) -> bool:
        """Whether the laws hold as far as was asked, and the mutant was refuted."""
        expected = "proved" if self.mode == "prove" else "bounded"
        return self.outcome.verdict == expected and self.mutant.verdict == "refuted"

    @property
    def said(self) -> str:
        """What was found, for people."""
        outcome = self.outcome
        words = {
            "proved": f"proved (induction over {outcome.depth} cycles)",
            "bounded": f"bounded to {outcome.depth} cycles",
            "refuted": f"refuted in cycle {outcome.depth}: {outcome.failed}",
            "open": f"bounded to {outcome.depth} cycles, the induction does not close",
        }
        return words[outcome.verdict]

    @property
    def mutant_said(self) -> str:
        """What was found of the mutant, for people."""
        if self.mutant.verdict == "refuted":
            return f"refuted in cycle {self.mutant.depth}"
        return f"not refuted in {self.mutant.depth} cycles"


@dataclass(frozen=True)
class Formal:
    """All proofs of a run."""

    schema: int
    provenance: Provenance
    proofs: tuple[ProofResult, ...]


def of_outcomes(proof: Proof, outcome: Outcome, mutant: Outcome) -> ProofResult:
    """Return the result of a declared proof."""
    return ProofResult(proof.name, proof.unit, proof.laws, proof.mode, proof.params, outcome, mutant)


def save(folder: Path, results: Formal) -> Path:
    """Write results.json and return its path. MachineError when it cannot be written."""
    return json_record.write(folder / FILE, results)


def read(path: Path) -> Formal | None:
    """Read results, None where there are none; InputError names a malformed key."""
    return json_record.read_if_any(Formal, path, SCHEMA, "krait formal")
