"""Bind one graph: its input and output, channels, nodes, edges and joins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rag_compiler import hir, syntax
from rag_compiler.blocks import Block
from rag_compiler.callees import Callees, Signature, field_places
from rag_compiler.kinds import GRAPH_ITEMS
from rag_compiler.names import RESERVED, RESERVED_HELP, Names
from rag_compiler.resolve_channels import bind_channel
from rag_compiler.resolve_expressions import bind
from rag_compiler.resolve_limits import bind_budget
from rag_compiler.resolve_modes import bind_allow, bind_checkpoint, bind_interrupts
from rag_compiler.resolve_names import Home, bind_capability, distinct_names
from rag_compiler.resolve_nodes import bind_node
from rag_compiler.resolve_policies import bind_duration, bind_retry
from rag_compiler.resolve_types import bind_type, distinct_fields
from rag_compiler.resolve_values import bind_constant, bind_count, bind_document, bind_metadata
from rag_compiler.scope import Scope
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words import names as say
from rag_compiler.words.values import bad_value
from rag_ir.record import record, replace
from rag_ir.types import JSON

Item = TypeVar("Item", syntax.Node, syntax.Channel)
DEFAULT_MODEL = "default"
"""The model of nodes and agents that name none, if the registry has one of this name."""


def bind_signature(graph: syntax.Graph, names: Names, sink: Sink) -> Signature:
    """What callers see of a graph."""
    block = Block(graph.items, ("input", "output"))
    given, result = block.pick("input", syntax.FieldsItem), block.pick("output", syntax.FieldsItem)
    channels = [item.name for item in block.every(syntax.Channel) if item.name]
    output = [field.name for field in result.fields] if result else channels
    return Signature(
        sink.path,
        bind_inputs(given.fields, names, sink) if given else None,
        tuple(hir.Ref(name.text, name.span) for name in output),
    )


def bind_inputs(fields: Sequence[syntax.Field], names: Names, sink: Sink) -> tuple[hir.Field, ...]:
    """The fields of a declared input, with their defaults."""
    return tuple(
        hir.Field(
            hir.Ref(field.name.text, field.name.span),
            _field_type(field, names, sink),
            bind_constant(field.value, "a default", sink) if field.value else None,
            field.doc,
        )
        for field in distinct_fields(fields, sink)
    )


def bind_graph(graph: syntax.Graph, signature: Signature, names: Names, callees: Callees, sink: Sink) -> hir.Graph:
    """A declared graph. Without a name it is called `?`, and nothing refers to it."""
    name = graph.name or syntax.Name(say.NAMELESS, graph.keyword.span)
    block = Block(graph.items, GRAPH_ITEMS)
    nodes = _declared("node", block.every(syntax.Node), name.text, sink)
    channels = _declared("channel", block.every(syntax.Channel), name.text, sink)
    places = {item.text: sink.at(item.span) for _, item in channels}
    fields = field_places(signature.input, f"the input of graph `{name.text}`", sink.path)
    home = Home(
        names=names,
        callees=callees,
        sink=sink,
        graph=name.text,
        nodes={item.text: sink.at(item.span) for _, item in nodes},
        channels=places,
        scope=Scope(name.text, ("input", "state", "args"), places, {"input": fields} if fields else {}),
        default_model=_default_model(block, name, names, sink),
    )
    site = _Site(block, name, home)
    return hir.Graph(
        path=sink.path,
        name=hir.Ref(name.text, name.span),
        start=site.start(),
        input=signature.input,
        output=site.output(),
        channels={written.text: bind_channel(channel, written, names, sink) for channel, written in channels},
        nodes=site.nodes(nodes),
        repeated=_repeated(block),
        joins=tuple(site.joins()),
        recursion_limit=site.limit("recursion_limit"),
        max_concurrency=site.limit("max_concurrency"),
        timeout=site.default_timeout(),
        retry=site.default_retry(),
        budget=bind_budget(block.pick("budget", syntax.BlockItem), sink),
        checkpoint=bind_checkpoint(block.pick("checkpoint", syntax.RefItem), sink),
        interrupts=bind_interrupts(block.pick("interrupt", syntax.RefItem), sink),
        allow=bind_allow(block.every(syntax.AllowItem), names, sink),
        metadata=bind_metadata(block.pick("metadata", syntax.BlockItem), sink),
        doc=bind_document(graph.doc, block.pick("description", syntax.TextItem), sink),
        syntax=graph,
    )


def _declared(what: str, items: Iterable[Item], graph: str, sink: Sink) -> list[tuple[Item, syntax.Name]]:
    """The named ones; of two with one name the first."""
    table: dict[str, tuple[Item, syntax.Name]] = {}
    for item in items:
        if item.name is None:
            continue
        place, text = sink.at(item.name.span), item.name.text
        if text in RESERVED:
            sink.add(say.reserved_name(place, f"a {what}", text, RESERVED_HELP))
        if text in table:
            first = sink.at(table[text][1].span)
            sink.add(say.duplicate_declaration(place, what, text, first, f" in graph `{graph}`"))
        else:
            table[text] = (item, item.name)
    return list(table.values())


def _repeated(block: Block) -> frozenset[str]:
    counts = Counter(node.name.text for node in block.every(syntax.Node) if node.name)
    return frozenset(name for name, count in counts.items() if count > 1)


def _default_model(block: Block, name: syntax.Name, names: Names, sink: Sink) -> hir.Target | None:
    """The model of nodes that name none: `defaults`, else the registry's `default`, else none."""
    for pair in _defaults(block):
        if pair.key.text == "model":
            match pair.value:
                case syntax.Literal(str() as text, span):
                    if span.end - span.start == len(text.encode()) + 2:
                        span = Span(span.start + 1, span.end - 1)
                    return bind_capability("model", syntax.Name(text, span, True), names, sink, span)
                case syntax.Variable(model):
                    return bind_capability("model", model, names, sink, model.span)
                case syntax.Hole(span):
                    return hir.Hole(span)
                case value:
                    message = "`model` takes the name of a model in quotes"
                    sink.add(bad_value(sink.at(value.span), message, candidates=names.available("model")))
                    return hir.Hole(value.span)
    return registered_default(names, name.span)


def registered_default(names: Names, where: Span) -> hir.Target | None:
    """The registry's model `default`, where there is one that may be named; a hole where nobody knows."""
    found = names.find("model", DEFAULT_MODEL)
    if found is None or names.forbidden("model", found):
        return None if names.registry.readable else hir.Hole(where)
    return hir.Ref(found, where)


def _defaults(block: Block) -> tuple[syntax.Pair, ...]:
    item = block.pick("defaults", syntax.BlockItem)
    return item.pairs if item else ()


def _field_type(field: syntax.Field, names: Names, sink: Sink) -> hir.Type:
    return bind_type(field.type, names, sink) if field.type else hir.Type(JSON, field.name.span, False)


@record
class _Site:
    """One graph being bound."""

    block: Block
    name: syntax.Name
    home: Home

    def start(self) -> hir.Target:
        """The entry; `check` reports a graph that has none."""
        item = self.block.pick("start", syntax.RefItem)
        if item is None:
            return hir.Hole(self.name.span)
        return self.home.node(item.name, "start", item.span, end=False)

    def output(self) -> tuple[hir.Field, ...] | None:
        """The declared run output: each field from its expression, else from the channel of its name."""
        item = self.block.pick("output", syntax.FieldsItem)
        if item is None:
            return None
        fields = distinct_fields(item.fields, self.home.sink)
        return tuple(self._output_field(field) for field in fields)

    def _output_field(self, field: syntax.Field) -> hir.Field:
        name, sink = field.name, self.home.sink
        scope = replace(self.home.scope, roots=("input", "state"))
        if field.value is not None:
            value = bind(field.value, scope, sink)
        elif name.text in self.home.channels:
            value = hir.Get("state", (name.text,), name.span, (name.span,))
        else:
            hint = f"give its source: `{name.text}: TYPE = state.CHANNEL`, or declare a channel `{name.text}`"
            sink.add(say.unknown_channel(sink.at(name.span), name.text, self.home.graph, self.home.channels, hint))
            value = hir.Hole(name.span)
        return hir.Field(hir.Ref(name.text, name.span), _field_type(field, self.home.names, sink), value, field.doc)

    def nodes(self, nodes: Sequence[tuple[syntax.Node, syntax.Name]]) -> dict[str, hir.Node]:
        """The nodes with the edges that start at each."""
        edges = self._edges()
        bound = {name.text: bind_node(node, name, edges.get(name.text, ()), self.home) for node, name in nodes}
        return {name: node for name, node in bound.items() if name not in RESERVED}

    def _edges(self) -> dict[str, list[hir.Next]]:
        edges: dict[str, list[hir.Next]] = {}
        for edge in self.block.every(syntax.Edge):
            source = self.home.node(edge.source, "edge source", edge.span, end=False)
            target = self.home.node(edge.target, "edge target", edge.span)
            if isinstance(source, hir.Ref):
                edges.setdefault(source.name, []).append(hir.Next("edge", edge.span, target))
        return edges

    def joins(self) -> Iterator[hir.GraphJoin]:
        """The joins over declared nodes."""
        for join in self.block.every(syntax.GraphJoin):
            names = distinct_names(join.sources, self.home.sink)
            sources = tuple(self.home.node(name, "join source", name.span, end=False) for name in names)
            target = self.home.node(join.target, "join target", join.span, end=False)
            yield hir.GraphJoin(join.keyword.span, sources, target)

    def default_timeout(self) -> hir.Duration | None:
        """The time of nodes that say nothing of it."""
        pair = self._default("timeout")
        return bind_duration(pair.value, "timeout", pair.key.span, self.home.sink) if pair else None

    def default_retry(self) -> hir.Retry | None:
        """The `retry` of nodes that have none."""
        pair = self._default("retry")
        match pair.value if pair else None:
            case syntax.ObjectExpr(pairs) if pair:
                return bind_retry(pairs, pair.key.span, self.home.sink)
            case None | syntax.Hole():
                pass
            case value:
                help_ = "write `retry: { max_attempts: 3 }`"
                self.home.sink.add(bad_value(self.home.sink.at(value.span), "`retry` takes a block of pairs", help_))
        return None

    def _default(self, word: str) -> syntax.Pair | None:
        return next((pair for pair in _defaults(self.block) if pair.key.text == word), None)

    def limit(self, word: str) -> int | None:
        """A limit of `defaults`, or of an item of the graph."""
        for pair in _defaults(self.block):
            if pair.key.text == word:
                return bind_count(pair.value, word, self.home.sink)
        item = self.block.pick(word, syntax.ValueItem)
        return bind_count(item.value if item else None, word, self.home.sink)
