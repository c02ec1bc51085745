"""A finding without a text: what `rag_verify` says of an IR and `rag_registry` of a manifest.

`at` is a JSON pointer (RFC 6901) into the document spoken of. The compiler's `report` maps findings through positions into
diagnostics; the runtime prints them as they are.
"""

from __future__ import annotations

from typing import Literal

from rag_ir.record import record
from rag_ir.rules import RULES, Severity


@record
class Related:
    """Another place that belongs to a finding, and what it is."""

    at: str
    message: str


@record
class Finding:
    """One finding about a document. `part` says whether a manifest's key or its value is meant. Lines of `help` are ways to mend it.

    `flow` is the witness of a fact about a whole graph: the steps of one way that leads to it, in the order in which they are
    taken. `span` is a half-open range of the document's bytes, given where the document is too broken to be pointed into. `level` is
    the severity of a verdict that is not as certain as its rule's.
    """

    code: str
    at: str
    message: str
    label: str = ""
    help: str = ""
    part: Literal["key", "value"] = "value"
    candidates: tuple[str, ...] = ()
    replacement: str | None = None
    related: tuple[Related, ...] = ()
    flow: tuple[Related, ...] = ()
    span: tuple[int, int] | None = None
    level: Severity | None = None

    @property
    def severity(self) -> Severity:
        """The severity: the rule's, unless the finding says otherwise."""
        return self.level or RULES[self.code].severity


def pointer(*parts: str | int) -> str:
    """The JSON pointer of a path, `~` and `/` escaped."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
