# SPDX-License-Identifier: Apache-2.0
"""Jinja2 as all emitters use it: templates beside this file, an undefined name is an error, no clock, no host."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from golden.spec.register_file import ACCESS_DOC


@lru_cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # the output is code, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["hex"] = lambda value, digits=0: f"{value:0{digits}X}"
    environment.filters["cell"] = lambda text: text.replace("|", "\\|")
    environment.globals["access_doc"] = ACCESS_DOC
    return environment


def render(template: str, **values: Any) -> str:
    """Fill `template`, a file beside this one. The result depends on `values` alone."""
    return _environment().get_template(template).render(**values)
