"""What is proved of a whole document: facts that hold across its graphs, their agents and what they require."""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.finding import Finding
from rag_ir.graph import Document
from rag_verify.abilities import check_abilities
from rag_verify.budgets import check_budgets
from rag_verify.information import check_information
from rag_verify.pauses import check_pauses


def check_whole(document: Document, roots: Sequence[str] | None = None) -> list[Finding]:
    """The findings; `roots` are the graphs that are run on their own (default: the entry). Unknown names are silent."""
    asking = {tool.name for tool in document.requires.tools if tool.approval == "always"}
    return [
        *check_pauses(document.graphs, document.agents, asking),
        *check_abilities(document),
        *check_budgets(document),
        *check_information(document, roots),
    ]
