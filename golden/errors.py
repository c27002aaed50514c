# SPDX-License-Identifier: Apache-2.0
"""krait's error hierarchy. The command line turns each kind into one line and an exit code."""


class KraitError(Exception):
    """Base of every error that krait raises on purpose; the message is one line: what, where, what to do."""

    exit_code = 1


class CheckError(KraitError):
    """A check ran and failed: a result differs from the golden model, a generated file is stale."""

    exit_code = 1


class InputError(KraitError):
    """The input is at fault: a file, a key, an argument. Names it, what was found and what was expected."""

    exit_code = 2


class MachineError(KraitError):
    """The machine, a tool or a device is at fault: missing compiler, busy board, unwritable output."""

    exit_code = 3


class InvalidError(MachineError):
    """A board is not what it was declared to be: whatever it yields does not count, and the run is INVALID."""
