# SPDX-License-Identifier: Apache-2.0
"""A document as Markdown and as JSON: the figures of the page, for reviews and for programs."""

import json
import math
from typing import Any

from reports.document import Bars, Block, Chart, Document, Section, Table, number

SCHEMA = 1
"""Of the JSON form."""


def markdown(document: Document) -> str:
    """Return a document as Markdown; charts and bars as tables of their figures."""
    lines = [f"# {document.title}: {_verdict(document)}", "", document.note, ""]
    lines += [f"- {c.label}: {_cell(c.text)}" + (f" ({c.source})" if c.source else "") for c in document.cards]
    for section in document.sections:
        lines += ["", *_section(section)]
    return "\n".join(lines).rstrip() + "\n"


def _section(section: Section) -> list[str]:
    lines = [f"## {section.title}", ""]
    lines += [section.note, ""] if section.note else []
    lines += [*(f"- {_cell(problem)}" for problem in section.problems), ""] if section.problems else []
    for table in section.tables:
        lines += [f"### {table.title}", ""] if table.title else []
        lines += [*_table(table), ""] if table.rows else [table.empty or "None.", ""]
        lines += [_cell(table.note), ""] if table.note else []
    if not section.blocks:
        lines += [section.empty + (f": `{section.command}`" if section.command else ""), ""]
    return lines[:-1]


def _table(table: Table) -> list[str]:
    tagged = any(row.source for row in table.rows)
    heads = [f"{c.title} ({c.source})" if c.source else c.title for c in table.columns] + ["source"] * tagged
    rules = ["--:" if column.number else "---" for column in table.columns] + ["---"] * tagged
    rows = [
        [f"`{_cell(c.text)}`" if c.code and c.text else _cell(c.text) for c in row.cells] + [row.source or ""] * tagged
        for row in table.rows
    ]
    return [f"| {' | '.join(heads)} |", f"|{'|'.join(rules)}|", *(f"| {' | '.join(row)} |" for row in rows)]


def _cell(text: str) -> str:
    """Text that neither ends a cell or a line nor begins an element."""
    return text.replace("\n", " ").replace("|", "\\|").replace("<", "&lt;")


def to_json(document: Document) -> str:
    """Return a document as JSON: texts as the page shows them, the numbers that they begin with, points in full."""
    whole = {
        "schema": SCHEMA,
        "title": document.title,
        "verdict": _verdict(document),
        "note": document.note,
        "cards": [vars(card) for card in document.cards],
        "sections": [_section_json(section) for section in document.sections],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _section_json(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "title": section.title,
        "note": section.note,
        "problems": list(section.problems),
        "missing": "" if section.blocks else section.command,
        "blocks": [_block(block) for block in section.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Chart):
        return _chart(block)
    found: dict[str, Any] = {"title": block.title, "note": block.note}
    if isinstance(block, Bars):
        bars = [
            {"label": bar.label, "source": bar.source, "parts": [vars(part) for part in bar.segments]}
            for bar in block.bars
        ]
        return {"kind": "bars", **found, "bars": bars}
    rows = [
        {
            "source": row.source,
            "cells": [cell.text for cell in row.cells],
            "numbers": [
                number(cell.text) if column.number else None
                for cell, column in zip(row.cells, block.columns, strict=True)
            ],
        }
        for row in block.rows
    ]
    return {"kind": "table", **found, "columns": [vars(column) for column in block.columns], "rows": rows}


def _chart(chart: Chart) -> dict[str, Any]:
    series = [
        {
            "name": each.name,
            "source": each.source,
            "points": [[p.x, None if math.isnan(p.y) else p.y, *([p.text] if p.text else [])] for p in each.points],
        }
        for each in chart.series
    ]
    bands = [vars(band) for band in chart.bands]
    axes = {"x": vars(chart.x), "y": vars(chart.y)}
    return {"kind": "chart", "title": chart.title, "note": chart.note, **axes, "bands": bands, "series": series}


def _verdict(document: Document) -> str:
    return "passed" if document.good else "failed"
