"""The type of `args` in every node of a graph: what it may be sent with, what it may join, what it may handle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rag_compiler import hir
from rag_compiler.relate_types import Types
from rag_compiler.type_of_roots import ERROR, Declared, child_entry
from rag_ir.types import JSON, NULL, ListOf, Record, RecordField, TypeValue, optional

Payload = Callable[[hir.Node, hir.Send], TypeValue]
"""Gives the type of what a send starts its target with."""


def arrivals(graph: hir.Graph, declared: Declared, types: Types) -> Mapping[str, list[Arrival]]:
    """The ways in which each node is activated, by its name."""
    found: dict[str, list[Arrival]] = {name: [] for name in graph.nodes}

    def add(target: hir.Target | None, arrival: Arrival) -> None:
        if isinstance(target, hir.Ref) and target.name in found:
            found[target.name].append(arrival)

    add(graph.start, NULL)
    for join in graph.joins:
        add(join.target, _joined(child_entry(_output_of_sources(join.sources, graph, declared, types))))
    for node in graph.nodes.values():
        if isinstance(node.behaviour, hir.JoinNode) and node.behaviour.sources is not None:
            output = _output_of_sources(node.behaviour.sources, graph, declared, types)
            add(node.name, _joined(child_entry(output)))
        for send in node.sends:
            if send.child is None:
                add(send.target, (node, send))
        entry = child_entry(_output_of_children(node, declared, types))
        for target, arrival in _routed(node, entry):
            add(target, arrival)
    return found


Arrival = TypeValue | tuple[hir.Node, hir.Send]
"""The type of `args`, or the send that gives it."""


def args_type(ways: list[Arrival], payload: Payload, types: Types) -> TypeValue:
    """One type for all ways: a field that only some of them give is null in the others. Of no way at all nothing is said."""
    given = [payload(*way) if isinstance(way, tuple) else way for way in ways]
    if not given or JSON in given:
        return JSON
    records = [each for each in given if isinstance(each, Record)]
    if not records:
        return types.join(given)
    whole = _together(records, types)
    return types.join([whole, *(each for each in given if not isinstance(each, Record))])


def _together(records: list[Record], types: Types) -> TypeValue:
    names = dict.fromkeys(field.name for each in records for field in each.fields)
    fields: list[RecordField] = []
    for name in names:
        given = [types.fields(each)[name] for each in records if name in types.fields(each)]
        type_ = types.join([field.type for field in given])
        if len(given) < len(records):
            type_ = types.join([type_, NULL])
        fields.append(RecordField(name, type_, True))
    return types.bounded(Record(tuple(fields)))


def _routed(node: hir.Node, entry: TypeValue) -> Iterator[tuple[hir.Target | None, Arrival]]:
    """Where a node's routing and its failures lead."""
    handled = Record(
        (RecordField("error", ERROR, True), RecordField("children", ListOf(child_entry(JSON)), True)),
    )
    yield node.on_error, handled
    for routing in node.routings:
        match routing:
            case hir.Next(target=target):
                yield target, NULL
            case hir.Routes(entries=entries):
                for each in entries:
                    yield each.target, NULL
            case hir.JoinSends(target=target, options=options):
                yield target, _joined(entry)
                yield options.on_timeout, handled


def _joined(entry: TypeValue) -> TypeValue:
    return Record((RecordField("children", ListOf(entry), True),))


def _output_of_children(node: hir.Node, declared: Declared, types: Types) -> TypeValue:
    """What the children of a node give to its join. Sent-to nodes give what their last branch gives, which is anything."""
    if any(send.child is None for send in node.sends) or not node.sends:
        return JSON
    output = types.join([declared.child_output(send.child) for send in node.sends if send.child])
    return output if all_succeed(node) else types.join([output, NULL])


def all_succeed(node: hir.Node) -> bool:
    """Whether the join of a node holds only if no child failed."""
    joins = [routing for routing in node.routings if isinstance(routing, hir.JoinSends)]
    waits = [join.options.wait for join in joins]
    every = all(wait is None or wait.policy in ("all", "compare") for wait in waits)
    return every and not any(send.optional and send.optional.value for send in node.sends)


def _output_of_sources(
    sources: tuple[hir.Target, ...], graph: hir.Graph, declared: Declared, types: Types
) -> TypeValue:
    """What the sources of a graph-level join give; one that was skipped gives null."""
    nodes = [graph.nodes.get(source.name) for source in sources if isinstance(source, hir.Ref)]
    if len(nodes) < len(sources) or not all(nodes):
        return JSON
    return optional(types.join([declared.output(node) for node in nodes if node]))
