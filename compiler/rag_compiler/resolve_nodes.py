"""Bind one node: its kind, what it does, what it writes, where it goes."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir, syntax
from rag_compiler.blocks import Block
from rag_compiler.callees import input_of_tool
from rag_compiler.diagnostics import Place
from rag_compiler.kinds import COMMON, KIND_ALIASES, KINDS, NODE_ITEMS, PAUSES
from rag_compiler.names import Capability, Noun
from rag_compiler.resolve_expressions import bind
from rag_compiler.resolve_limits import bind_budget, bind_cache, bind_steering
from rag_compiler.resolve_names import Home, bind_capabilities, bind_capability, distinct_names
from rag_compiler.resolve_policies import bind_duration, bind_flag, bind_retry
from rag_compiler.resolve_sends import bind_sends
from rag_compiler.resolve_types import bind_type
from rag_compiler.resolve_values import (
    bind_count,
    bind_document,
    bind_inputs,
    bind_metadata,
    bind_payload,
    bind_text,
    bind_writes,
)
from rag_compiler.resolve_waits import bind_join_options
from rag_compiler.scope import Fields, Scope
from rag_compiler.words import names as say
from rag_compiler.words.values import bad_value, not_built, not_one_of
from rag_ir.record import record
from rag_ir.spell import closest


def bind_node(node: syntax.Node, name: syntax.Name, edges: Sequence[hir.Next], home: Home) -> hir.Node:
    """A declared node; `edges` are those of the graph that start here."""
    kind = _kind(node, home)
    legal = KINDS[kind].items if kind else COMMON
    site = _Site(home, Block(node.items, legal), name)
    behaviour = site.behaviour(kind) if kind and kind != "repl_agent" else hir.UnknownNode()
    after = home.scope.with_output(site.output(behaviour))
    writes = site.block.pick("writes", syntax.BlockItem)
    command = site.block.pick("command", syntax.CommandItem)
    send = site.block.pick("send", syntax.SendItem)
    pauses = site.pauses(node)
    return hir.Node(
        name=hir.Ref(name.text, name.span),
        kind=kind or "model",
        behaviour=behaviour,
        writes=bind_writes(writes.pairs, after, home) if writes else None,
        into=site.channel("into"),
        update=bind_writes(command.update, after, home) if command and command.update else (),
        sends=bind_sends(send, after, home) if send else (),
        routings=tuple(sorted((*site.routings(after), *edges), key=lambda routing: routing.keyword.start)),
        on_error=site.target("on_error", "`on_error` target"),
        max_visits=site.count("max_visits"),
        policies=site.policies(),
        pause_before="before" in pauses,
        pause_after="after" in pauses,
        metadata=bind_metadata(site.block.pick("metadata", syntax.BlockItem), home.sink),
        doc=bind_document(node.doc, site.block.pick("description", syntax.TextItem), home.sink),
        syntax=node,
    )


def _kind(node: syntax.Node, home: Home) -> hir.Kind | None:
    """The node's kind; null where it has been reported."""
    item = next((item for item in node.items if isinstance(item, syntax.RefItem) and item.keyword.text == "kind"), None)
    if item is None:
        unknown = (item.keyword.text for item in node.items if isinstance(item, syntax.UnknownItem))
        return None if any(closest(word, NODE_ITEMS) == "kind" for word in unknown) else "model"
    if item.name is None:
        return None
    written = item.name.text
    kind = KIND_ALIASES.get(written) or (KINDS[written].name if written in KINDS else None)
    place = home.sink.at(item.name.span)
    if kind is None:
        home.sink.add(say.unknown_word("unknown-kind", place, "kind", written, KINDS))
    elif kind == "repl_agent":
        home.sink.add(
            not_built(place, "kind `repl_agent`", "kind `agent` runs a model with tools; kind `tool` calls one tool")
        )
    return kind


@record
class _Site:
    """One node being bound."""

    home: Home
    block: Block
    name: syntax.Name

    def behaviour(self, kind: hir.Kind) -> hir.Behaviour:
        match kind:
            case "model" | "agent":
                return self._model(kind)
            case "tool_executor":
                tools = self.block.pick("tools", syntax.RefListItem)
                return hir.ExecutorNode(self._tools() if tools else None)
            case "tool":
                return self._tool()
            case "router":
                return hir.RouterNode(self._capability("router"))
            case "subagent":
                return self._child(kind, "agent")
            case "subgraph":
                return self._child(kind, "graph")
            case "interrupt":
                return hir.InterruptNode(self._text("prompt"), self._options())
            case "join":
                return self._join()
            case "pass":
                return hir.PassNode()
            case "repl_agent":
                return hir.UnknownNode()

    def _model(self, kind: hir.Kind) -> hir.ModelNode:
        agent = self._capability("agent")
        output = self.block.pick("output", syntax.TypeItem)
        return hir.ModelNode(
            kind="agent" if kind == "agent" else "model",
            agent=agent,
            model=self._capability("model") or (None if agent else self.home.default_model),
            system=self._text("system"),
            prompt=self._text("prompt"),
            tools=self._tools(),
            output=bind_type(output.type, self.home.names, self.home.sink) if output else None,
            max_turns=self.count("max_turns"),
        )

    def _tool(self) -> hir.ToolNode:
        tool = self._capability("tool") or hir.Hole(self.name.span)
        item = self.block.pick("args", syntax.BlockItem)
        home = self.home
        fields = input_of_tool(home.names.registry.tools[tool.name]) if isinstance(tool, hir.Ref) else None
        return hir.ToolNode(tool, bind_inputs(item.pairs if item else (), home.scope, home.sink, fields))

    def _child(self, kind: hir.Kind, noun: Noun) -> hir.ChildNode:
        callee = self._capability(noun) or hir.Hole(self.name.span)
        child = self._called(callee, kind)
        fields = self.home.callees.input(child) if child else None
        given = self._mapping()
        payload = bind_payload(given, self.home.scope, self.home.sink, fields)
        return hir.ChildNode("subagent" if kind == "subagent" else "subgraph", callee, payload)

    def _mapping(self) -> tuple[syntax.Pair, ...] | syntax.Expr | None:
        """`with {..}`, or in the older dialect `input {..}` or `input "text"`."""
        for word in ("with", "input"):
            if block := self.block.pick(word, syntax.BlockItem):
                return block.pairs
            if value := self.block.pick(word, syntax.ValueItem):
                return value.value
            if text := self.block.pick(word, syntax.TextItem):
                return text.text
        return None

    def _options(self) -> tuple[hir.Ref, ...]:
        item = self.block.pick("options", syntax.RefListItem)
        if item is None:
            return ()
        if not item.names:
            help_ = "name the answers, or leave `options` out to take any answer"
            self.home.sink.add(bad_value(self.home.sink.at(item.span), "`options` is empty", help_))
        return tuple(hir.Ref(name.text, name.span) for name in distinct_names(item.names, self.home.sink))

    def _join(self) -> hir.JoinNode:
        item = self.block.pick("sources", syntax.RefListItem)
        if item is None:
            return hir.JoinNode(None, self.name.span)
        names = distinct_names(item.names, self.home.sink)
        sources = tuple(self.home.node(name, "join source", name.span, end=False) for name in names)
        return hir.JoinNode(sources, item.keyword.span)

    def _tools(self) -> tuple[hir.Target, ...]:
        item = self.block.pick("tools", syntax.RefListItem)
        return bind_capabilities("tool", item.names, self.home.names, self.home.sink) if item else ()

    def _capability(self, noun: Noun) -> hir.Target | None:
        item = self.block.pick(noun, syntax.RefItem)
        if item is None:
            return None
        return bind_capability(noun, item.name, self.home.names, self.home.sink, item.span)

    def _text(self, word: str) -> hir.Expr | None:
        return bind_text(self.block.pick(word, syntax.TextItem), self.home.scope, self.home.sink)

    def count(self, word: str) -> int | None:
        """A count that an item gives."""
        item = self.block.pick(word, syntax.ValueItem)
        return bind_count(item.value if item else None, word, self.home.sink)

    def policies(self) -> hir.Policies:
        """The node's own policies."""
        retry = self.block.pick("retry", syntax.BlockItem)
        return hir.Policies(
            timeout=self._duration("timeout"),
            retry=bind_retry(retry.pairs, retry.keyword.span, self.home.sink) if retry else None,
            budget=bind_budget(self.block.pick("budget", syntax.BlockItem), self.home.sink),
            cache=bind_cache(self.block.pick("cache", syntax.BlockItem), self.home.sink),
            steering=bind_steering(self.block.items, self.home.sink),
            stores=self._listed("stores", "store"),
            middleware=self._listed("middleware", "middleware"),
            blocking=self._flag("blocking"),
            optional=self._flag("optional"),
        )

    def _duration(self, word: str) -> hir.Duration | None:
        item = self.block.pick(word, syntax.ValueItem)
        return bind_duration(item.value, word, item.keyword.span, self.home.sink) if item else None

    def _listed(self, word: str, noun: Capability) -> hir.Listed | None:
        item = self.block.pick(word, syntax.RefListItem)
        if item is None:
            return None
        return hir.Listed(bind_capabilities(noun, item.names, self.home.names, self.home.sink), item.keyword.span)

    def _flag(self, word: str) -> hir.Flag | None:
        item = self.block.pick(word, syntax.ValueItem)
        return bind_flag(item.value, word, self.home.sink) if item else None

    def target(self, word: str, role: str) -> hir.Target | None:
        """The node that an item names."""
        item = self.block.pick(word, syntax.RefItem)
        return self.home.node(item.name, role, item.span, end=False) if item else None

    def channel(self, word: str) -> hir.Target | None:
        """The channel that an item names."""
        item = self.block.pick(word, syntax.RefItem)
        return self.home.channel(item.name, item.span) if item else None

    def pauses(self, node: syntax.Node) -> set[str]:
        """Where the node asks a person: `before`, `after`."""
        found: set[str] = set()
        for item in node.items:
            if isinstance(item, syntax.RefItem) and item.keyword.text == "interrupt" and item.name:
                if item.name.text in PAUSES:
                    found.add(item.name.text)
                else:
                    place = self.home.sink.at(item.name.span)
                    self.home.sink.add(not_one_of(place, "interrupt", item.name.text, PAUSES))
        return found

    def output(self, behaviour: hir.Behaviour) -> Fields | None:
        """The known fields of the node's output; null where it may be anything."""
        owner = f"the output of node `{self.name.text}`"
        match behaviour:
            case hir.ModelNode(agent=hir.Ref(name)):
                return self.home.callees.output(hir.Child("subagent", name))
            case hir.ModelNode(output=hir.Type() as type_):
                return self.home.callees.record(type_, owner, self.home.sink.path)
            case hir.ChildNode(callee=callee, kind=kind):
                child = self._called(callee, kind)
                return self.home.callees.output(child) if child else None
            case hir.InterruptNode():
                nowhere: dict[str, Place | None] = dict.fromkeys(("answer", "value", "actor"))
                return Fields(owner, nowhere)
            case _:
                return None

    def _called(self, callee: hir.Target, kind: hir.Kind) -> hir.Child | None:
        if isinstance(callee, hir.Hole):
            return None
        return hir.Child("subagent" if kind == "subagent" else "subgraph", callee.name)

    def routings(self, after: Scope) -> list[hir.Routing]:
        """The node's own sources of routing."""
        found: list[hir.Routing] = []
        for word in ("next", "routes", "join", "command"):
            match self.block.pick(word, object):
                case syntax.RefItem(keyword, name, span):
                    found.append(hir.Next("next", keyword.span, self.home.node(name, "`next` target", span)))
                case syntax.RoutesItem(keyword, routes):
                    found.append(hir.Routes(keyword.span, tuple(self._route(route, after) for route in routes)))
                case syntax.JoinItem(keyword, target, written, span):
                    bound = self.home.node(target, "join target", span, end=False)
                    found.append(hir.JoinSends(keyword.span, bound, bind_join_options(written, self.home)))
                case syntax.CommandItem(keyword, _, syntax.Name() as goto, span):
                    found.append(hir.Next("goto", keyword.span, self.home.node(goto, "`goto` target", span)))
                case _:
                    pass
        return found

    def _route(self, route: syntax.Route, after: Scope) -> hir.Route:
        return hir.Route(
            label=hir.Ref(route.label.text, route.label.span) if route.label else None,
            guard=bind(route.guard, after, self.home.sink) if route.guard else None,
            target=self.home.node(route.target, "route target", route.span),
            head=route.head,
            span=route.span,
        )
