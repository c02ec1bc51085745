"""Whether a person must have approved a graph before it runs, and what it can reach.

Decided by the policy of the machine, by what the document can reach, and for `generated` by where it comes from: a document that
was read from a file may say anything of that, so that its reader marks it with `from_elsewhere`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_ir.finding import Finding
from rag_ir.graph import Document, Policy, ToolRequirement
from rag_ir.record import replace
from rag_verify.tools_called import tools_called

HARMLESS = ("none", "read")


def needs_review(document: Document, policy: Policy) -> str | None:
    """Why the document needs a review, in one clause; null where it needs none."""
    match policy.require_review:
        case "never":
            return None
        case "always":
            return "every graph needs one here"
        case "generated":
            return "nobody wrote it by hand, as far as is known" if document.provenance.origin == "generated" else None
        case "effects":
            acting = [tool.name for tool in tools_reached(document) if tool.effects not in HARMLESS]
            return f"it can call {_names(acting)}, which may have effects" if acting else None


def check_review(document: Document, policy: Policy, approved: Sequence[str]) -> list[Finding]:
    """`review-required` where the document needs a review and its digest is not among the approved ones."""
    reason = needs_review(document, policy)
    if reason is None or document.digest in approved:
        return []
    return [
        Finding(
            "review-required",
            "",
            f"graph `{document.entry}` must be reviewed before it runs: {reason}",
            help="look at it with `rag review FILE`, and approve it with `rag review FILE --approve`",
        )
    ]


def from_elsewhere(document: Document) -> Document:
    """The document as one of which nobody knows where it comes from, whatever it says of itself."""
    return replace(document, provenance=replace(document.provenance, origin="generated"))


def tools_reached(document: Document) -> tuple[ToolRequirement, ...]:
    """The tools that any node or agent of a document may call, by name."""
    called = set(_called(document))
    return tuple(tool for tool in document.requires.tools if tool.name in called)


def reach_of(document: Document) -> tuple[str, ...]:
    """What a run of the document can reach, a line each, sorted: models, tools with their labels, stores."""
    lines = [f"model {model.name}" for model in document.requires.models]
    for tool in tools_reached(document):
        asked = ", after a person's approval" if tool.approval == "always" else ""
        lines.append(
            f"tool {tool.name}: effects {tool.effects}, reads {tool.reads}, returns {tool.returns_trust} content{asked}"
        )
    lines += [f"store {store.name}: reads {store.reads}" for store in document.requires.stores]
    return tuple(sorted(lines))


def _called(document: Document) -> Iterator[str]:
    for graph in document.graphs.values():
        for node in graph.nodes:
            yield from tools_called(node, document)
    for agent in document.agents.values():
        yield from agent.tools


def _names(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
