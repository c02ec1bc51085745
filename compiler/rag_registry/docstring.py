"""A docstring's summary and what it says of each parameter, in the styles of Google, NumPy and Sphinx.

griffe reads those that describe parameters, and is loaded only for them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from rag_ir.record import field, record

_GOOGLE = re.compile(r"^(args|arguments|params|parameters|keyword (args|arguments)|other parameters):\s*$", re.I | re.M)
_NUMPY = re.compile(r"^(Other )?Parameters\s*\n-{3,}\s*$", re.M)
_SPHINX = re.compile(r"^:(param|parameter|arg|argument|key|keyword)\b[^:\n]*:", re.M)
_HEADING = re.compile(r"^(?:[A-Z][A-Za-z ]{0,30}:\s*$|[A-Z][A-Za-z ]{0,30}\n-{3,}\s*$|:[a-z]+\b[^:\n]*:)", re.M)


@record
class Docstring:
    """The text before the first section, and the descriptions of parameters by name, each on one line."""

    summary: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


def read_docstring(text: str) -> Docstring:
    """Read a docstring whose indentation has been taken away."""
    heading = _HEADING.search(text)
    summary = (text[: heading.start()] if heading else text).strip()
    if _GOOGLE.search(text):
        return Docstring(summary, _described(text, "google"))
    if _NUMPY.search(text):
        return Docstring(summary, _described(text, "numpy"))
    if _SPHINX.search(text):
        return Docstring(summary, _described(text, "sphinx"))
    return Docstring(summary)


def _described(text: str, style: Literal["google", "numpy", "sphinx"]) -> dict[str, str]:
    from griffe import Docstring as Reader
    from griffe import DocstringSectionOtherParameters, DocstringSectionParameters

    found: dict[str, str] = {}
    for section in Reader(text).parse(style, warnings=False):
        if isinstance(section, DocstringSectionParameters | DocstringSectionOtherParameters):
            for parameter in section.value:
                found[parameter.name.lstrip("*")] = " ".join(parameter.description.split())
    return found
