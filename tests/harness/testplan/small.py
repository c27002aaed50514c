# SPDX-License-Identifier: Apache-2.0
"""A small plan, and a repository of few tests that it can be joined to."""

from harness.testplan.plan import Covergroup, Plan, Point
from harness.testplan.refs import Known

KNOWN = Known(
    entries=("random_0", "random_1", "registers"),
    functions={
        "tests/rtl/test_a.py": ("test_one", "test_two"),
        "tests/rtl/test_b.py": ("test_one",),
        "tests/golden/test_c.py": ("test_sum",),
    },
    proofs=("formal:a", "formal:a_wide"),
    covergroups=("kernel.start",),
)
POINTS = (
    Point("alive", "V1", "It lives.", ("registers", "tests/rtl/test_a.py::test_one")),
    Point("random", "V2", "It is right.", ("random_*", "tests/rtl/test_[ab].py")),
    Point("proved", "V3", "For every input.", ("formal:a*",)),
)
PLAN = Plan("small", POINTS, (Covergroup("kernel.start", "What a start looked like."),))
TEXT = """
{
  name: small
  who: ["a", "b"]
  testpoints: [
    {
      name: alive
      stage: V1
      desc: '''It
               lives.'''
      tests: ["tests/rtl/test_{who}.py", "registers"]
    }
  ]
}
"""
