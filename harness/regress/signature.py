# SPDX-License-Identifier: Apache-2.0
"""The signature of a failure: its message without what differs between two failures of one cause.

Other runners bucket failures likewise (OpenTitan's dvsim: util/dvsim/SimResults.py, which replaces numbers next to
separators and strips instance paths). Ours keeps digits that belong to a name, such as those of int8, W4A4 or lane3.
"""

import re

LENGTH = 200

_RULES = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),  # colours
    (re.compile(r"; (last line|log|repeat): .*"), ""),  # of this run, not of its failure
    (re.compile(r" \(and \d+ more( failures)?\)"), ""),
    (re.compile(r"\[[^\]]*\]$"), ""),  # the start, at the end of a scoreboard's line
    (re.compile(r"(?<![\w.])~?(?:/[\w.+@~-]+)+/([\w.+@-]+)"), r"\1"),  # paths: the last part stays
    (re.compile(r"\b0x[0-9a-fA-F_]+"), "*"),  # addresses
    (re.compile(r"\b\d*'s?[bodhBODH][0-9a-fA-FxXzZ_]+"), "*"),  # Verilog's literals
    (re.compile(r"(?<![A-Za-z])[-+]?\d+(?:[.,_]\d+)*(?:[eE][-+]?\d+)?"), "*"),
    (re.compile(r"\*(?:[,\s]+\*)+"), "*"),  # lists of any length
    (re.compile(r"\s+"), " "),
)


def signature(reason: str) -> str:
    """Return what failures of one cause have in common: `reason` without numbers, folders, addresses and colours."""
    for pattern, instead in _RULES:
        reason = pattern.sub(instead, reason)
    return reason.strip()[:LENGTH].strip()
