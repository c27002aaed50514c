# SPDX-License-Identifier: Apache-2.0
"""Laws that the section of every accelerator of whole models keeps, in both forms."""

from pathlib import Path
from typing import Any

from harness.bench import model_record
from reports.html import render, write
from reports.models import Page


def cells(page: Page[Any], record: Any, table: int) -> dict[str, str]:
    """Cells of the only row of a table by the column's heading."""
    found = page.tables((record,))[table]
    return dict(zip((column.title for column in found.columns), found.rows[0].cells, strict=True))


class PageContract:
    """A kernel's own names its page, records of all tables, and which argument of `render` takes them."""

    page: Page[Any]
    records: tuple[Any, ...]
    argument: str

    def test_markdown_tables_are_whole(self) -> None:
        """Every row of a table has as many cells as its heading."""
        for block in self.page.markdown(self.records).split("\n\n"):
            lines = [line for line in block.splitlines() if line.startswith("|")]
            assert len({line.count("|") for line in lines}) <= 1

    def test_without_records_the_command_is_named(self) -> None:
        """Instead of empty tables."""
        assert f"krait bench --kernel {self.page.name}_accel" in render(None, (), (), ())

    def test_written_beside_the_page(self, tmp_path: Path) -> None:
        """The page reads the kernel's records beside the others, and the tables stand as Markdown beside the page."""
        first = self.records[0]
        model_record.append(tmp_path / f"{self.page.name}.jsonl", first)
        page = write(tmp_path / "r" / "index.html", tmp_path / "results.json", tmp_path / "records.jsonl")
        assert page.read_text() == render(None, (), **{self.argument: (first,)})
        assert {path.name for path in (tmp_path / "r").glob("*.md")} == {"report.md", f"{self.page.name}.md"}
        assert (tmp_path / "r" / f"{self.page.name}.md").read_text() == self.page.markdown((first,))
