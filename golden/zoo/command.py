# SPDX-License-Identifier: Apache-2.0
"""How the zoo's commands end: an error that krait raises on purpose is one line and its exit code."""

import sys
from collections.abc import Callable

from golden.errors import KraitError


def run(main: Callable[[], None]) -> None:
    """Run `main`; end the process with one line and the error's exit code where it raises a KraitError."""
    try:
        main()
    except KraitError as error:
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(error.exit_code) from None
