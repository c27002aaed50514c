# SPDX-License-Identifier: Apache-2.0
"""A report of 10,000 samples can be mailed; how long a browser takes is measured, not tested (large.py)."""

import re

import pytest

from reports import html, text
from reports.document import Chart, Document
from tests.reports import large

MOST_BYTES = 8_000_000
MOST_ELEMENTS = 20_000


@pytest.fixture(scope="module")
def document() -> Document:
    return large.document()


def test_the_page_is_at_most_8_mb(document: Document) -> None:
    """With every sample in it: each start and each reading is a point that the pointer finds."""
    page = html.page(document)
    charts = [block for section in document.sections for block in section.blocks if isinstance(block, Chart)]
    assert sum(len(series.points) for chart in charts for series in chart.series) >= 2 * large.SAMPLES
    assert len(re.findall(r"model\.layers\.49\.proj\.49\b", page)) >= large.RECORDS
    assert len(page.encode()) <= MOST_BYTES


def test_samples_are_no_elements(document: Document) -> None:
    """A browser lays out what the tables and charts have, not one element for each sample."""
    page = html.page(document)
    assert len(re.findall(r"<\w", page)) <= MOST_ELEMENTS


def test_json_has_every_sample_and_markdown_few_lines(document: Document) -> None:
    assert text.to_json(document).count("model.layers.0.proj.") >= large.SAMPLES // large.LAYERS
    assert len(text.markdown(document).splitlines()) < 2000
