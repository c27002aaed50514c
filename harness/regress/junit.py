# SPDX-License-Identifier: Apache-2.0
"""Results as JUnit. Its four outcomes, and our statuses: failures are FAIL and FLAKY, errors KILLED, BLOCKED and
INVALID, skipped WAIVED and NOT-RUN; the status itself is a property of each case."""

from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from harness.regress.results import Regression, Result

OUTCOMES = {
    "FAIL": "failure",
    "FLAKY": "failure",
    "KILLED": "error",
    "BLOCKED": "error",
    "INVALID": "error",
    "WAIVED": "skipped",
    "NOT-RUN": "skipped",
}
_CONTROL = {code: "?" for code in range(32) if code not in (9, 10, 13)}
"""What XML 1.0 cannot hold, and a reason may: a design prints what it likes."""


def junit(regression: "Regression") -> str:
    """Return a regression as JUnit."""
    outcomes = [OUTCOMES.get(result.status, "") for result in regression.results]
    suite = ElementTree.Element(
        "testsuite",
        name="krait.regress",
        tests=str(len(outcomes)),
        failures=str(outcomes.count("failure")),
        skipped=str(outcomes.count("skipped")),
        errors=str(outcomes.count("error")),
        time=f"{regression.seconds:.3f}",
        timestamp=regression.provenance.time_utc.removesuffix("Z"),
    )
    _properties(suite, {"revision": regression.provenance.revision, **regression.provenance.tools})
    for result in regression.results:
        _case(suite, result)
    tree = ElementTree.Element("testsuites")
    tree.append(suite)
    ElementTree.indent(tree)
    return ElementTree.tostring(tree, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, result: "Result") -> None:
    place = f"krait.{result.config}.{result.transport}.{result.simulator}"
    case = ElementTree.SubElement(suite, "testcase", classname=place, name=result.name, time=f"{result.seconds:.3f}")
    told = {"status": result.status, "seed": str(result.seed), "log": result.log}
    told |= {"signature": result.signature} if result.signature else {}
    told |= {"waves": result.waves} if result.waves else {}
    _properties(case, told)
    outcome = OUTCOMES.get(result.status)
    if outcome is not None:
        element = ElementTree.SubElement(case, outcome, message=_clean(result.reason))
        lines = (result.reason, result.note, f"repeat: {result.repeat}")
        element.text = _clean("\n".join(filter(None, lines)))


def _properties(parent: ElementTree.Element, values: dict[str, str]) -> None:
    properties = ElementTree.SubElement(parent, "properties")
    for name, value in values.items():
        ElementTree.SubElement(properties, "property", name=name, value=_clean(value))


def _clean(text: str) -> str:
    return text.translate(_CONTROL)
