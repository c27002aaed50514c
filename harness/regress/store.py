# SPDX-License-Identifier: Apache-2.0
"""Results of single jobs on disk, so that a regression that was interrupted goes on where it stopped.

Each job's result is a file in its folder, written whole or not at all. While a regression runs, a mark stands in its
folder; one that finds the mark keeps results of the same sources, options, test and seed, and any other starts anew.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from golden.errors import InputError
from golden.spec.strict import decode
from harness.atomic import replace_text
from harness.paths import ROOT, VERILOG
from harness.regress.results import SCHEMA, UNJUDGED, Result
from harness.regress.suites import Entry

MARK = "unfinished"
SOURCES = (ROOT / "golden", ROOT / "harness", VERILOG)


@dataclass(frozen=True)
class _Kept:
    schema: int
    key: str
    result: Result


class Store:
    """The results of the jobs in a folder."""

    def __init__(self, folder: Path, options: object, fresh: bool) -> None:
        """Begin a regression in `folder`: `options` are what results depend on; `fresh` keeps nothing. OSError."""
        self._folder, self._options = folder, (fingerprint(SOURCES), options)
        self._resumes = (folder / MARK).exists() and not fresh
        if not self._resumes:
            shutil.rmtree(folder / "jobs", ignore_errors=True)
        (folder / MARK).touch()

    def load(self, entry: Entry) -> Result | None:
        """Return what is known of an entry since the interruption; nothing of one that could not be judged."""
        path = self._folder / entry.folder / "result.json"
        if not self._resumes:
            return None
        with suppress(OSError, ValueError, InputError):
            kept = decode(_Kept, json.loads(path.read_text()), path)
            if (kept.schema, kept.key) == (SCHEMA, self._key(entry)) and kept.result.status not in UNJUDGED:
                return kept.result
        shutil.rmtree(path.parent, ignore_errors=True)  # what a job left that did not come to its end
        return None

    def save(self, entry: Entry, result: Result) -> None:
        """Keep a result. OSError if it cannot."""
        kept = _Kept(SCHEMA, self._key(entry), result)
        place = self._folder / entry.folder
        place.mkdir(parents=True, exist_ok=True)
        replace_text(place / "result.json", json.dumps(asdict(kept), indent=1) + "\n")

    def finish(self) -> None:
        """Note that the regression came to its end."""
        (self._folder / MARK).unlink(missing_ok=True)

    def _key(self, entry: Entry) -> str:
        return hashlib.sha256(repr((self._options, entry)).encode()).hexdigest()[:20]


def fingerprint(folders: Iterable[Path]) -> str:
    """Return a hash of names, sizes and times of change of all files below; compiled Python does not count."""
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found = path.stat()
                digest.update(repr((str(path), found.st_size, found.st_mtime_ns)).encode())
    return digest.hexdigest()
