"""What a completion offers, and the makers of offers: names of the manifest and the project, words, members of paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from rag_compiler import hir
from rag_compiler.check_values import channel_type
from rag_compiler.kinds import KINDS, REDUCERS
from rag_compiler.names import Noun
from rag_compiler.pipeline import Analysis
from rag_compiler.source import Span
from rag_ide.describe import describe
from rag_ide.documentation import TYPES, WORDS
from rag_ide.shapes import Member
from rag_ide.subjects import Subject
from rag_ir.permission import objection
from rag_ir.record import record
from rag_ir.types import spell_out

Sort = Literal[
    "graph", "agent", "type", "node", "channel", "field", "model", "tool", "router",
    "kind", "reducer", "label", "item", "keyword", "function", "variable", "value",
]  # fmt: skip


@record
class Offer:
    """One thing that can stand at a place. `snippet` is what to insert where places to fill in are understood, else `text` is.

    `rank` orders offers that fit equally well; lower ones come first.
    """

    label: str
    sort: Sort
    detail: str = ""
    doc: str = ""
    text: str = ""
    snippet: str = ""
    rank: int = 1


@record
class Completion:
    """An offer, and the bytes that it replaces."""

    offer: Offer
    span: Span


def named(analysis: Analysis, noun: Noun) -> Iterator[Offer]:
    """Everything of a kind that the manifest registers or the project declares, and its policy does not forbid."""
    policy = analysis.registry.policy
    return (
        offer for offer in _every(analysis, noun) if not objection(f"{noun}s", offer.label, policy.allow, policy.deny)
    )


def _every(analysis: Analysis, noun: Noun) -> Iterator[Offer]:
    registry, project = analysis.registry, analysis.project
    match noun:
        case "model":
            for model in registry.models.values():
                yield _subject(analysis, "model", model.name, model.provider)
        case "tool":
            for tool in registry.tools.values():
                yield _subject(analysis, "tool", tool.name, _first_line(tool.description) or tool.effects)
        case "router":
            for router in registry.routers.values():
                yield _subject(analysis, "router", router.name, ", ".join(router.labels))
        case "agent":
            for agent in project.agents.values():
                yield _subject(analysis, "agent", agent.name, _first_line(agent.doc))
        case "graph":
            for graph in project.graphs.values():
                yield _subject(analysis, "graph", graph.name.name, _first_line(graph.doc))


def _subject(analysis: Analysis, sort: Noun, name: str, detail: str) -> Offer:
    return Offer(name, sort, detail, describe(analysis, Subject(sort, "", name)))


def nodes(analysis: Analysis, graph: hir.Graph | None, *, end: bool = True) -> Iterator[Offer]:
    """The nodes of a graph, and `END` where it can stand."""
    if graph is not None:
        for name, node in graph.nodes.items():
            subject = Subject("node", graph.name.name, name)
            yield Offer(name, "node", node.kind, describe(analysis, subject))
    if end:
        yield Offer("END", "keyword", WORDS["END"], rank=2)


def channels(analysis: Analysis, graph: hir.Graph | None) -> Iterator[Offer]:
    """The channels of a graph."""
    if graph is not None:
        for name, channel in graph.channels.items():
            reducer = channel.reducer.name if channel.reducer else ""
            detail = f"{spell_out(channel_type(channel))} {reducer}"
            yield Offer(name, "channel", detail, describe(analysis, Subject("channel", graph.name.name, name)))


def types(analysis: Analysis) -> Iterator[Offer]:
    """The types of the language, and those that are declared."""
    for name, declared in analysis.project.types.items():
        yield Offer(name, "type", spell_out(declared.type.value), declared.doc, rank=0)
    for name, doc in TYPES.items():
        yield Offer(name, "type", doc)
    yield Offer("map", "type", "an object whose members all have one type", text="map<", snippet="map<${1:string}>")


def kinds(without: Iterable[str]) -> Iterator[Offer]:
    """The kinds of nodes that this version has."""
    for kind in KINDS.values():
        if kind.name not in without:
            own = ", ".join(f"`{word}`" for word in kind.own)
            doc = f"{kind.summary}\n\nits own items: {own}" if own else kind.summary
            yield Offer(kind.name, "kind", kind.summary, doc)


def reducers() -> Iterator[Offer]:
    """The reducers of channels."""
    return (Offer(name, "reducer", doc) for name, doc in REDUCERS.items())


def members(found: Iterable[Member], sort: Sort = "field") -> Iterator[Offer]:
    """Members of a path."""
    return (Offer(member.name, sort, member.detail, member.doc) for member in found)


def keys(found: Iterable[Member], sort: Sort = "field") -> Iterator[Offer]:
    """Members as keys of a block, with the colon behind them."""
    return (Offer(each.name, sort, each.detail, each.doc, text=f"{each.name}: ") for each in found)


def words(listed: Iterable[str], sort: Sort = "value", rank: int = 1) -> Iterator[Offer]:
    """Plain words."""
    return (Offer(word, sort, WORDS.get(word, ""), rank=rank) for word in listed)


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
