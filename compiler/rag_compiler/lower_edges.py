"""Edges that are more than `a -> b`: conditions, lists and chains belong into the node that they start from."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from rag_compiler import syntax
from rag_compiler.concrete import Concrete
from rag_compiler.diagnostics import Edit, Fix
from rag_compiler.expressions import Expr, Name
from rag_compiler.lower_expr import lower_expr
from rag_compiler.lower_lists import lower_names
from rag_compiler.lower_names import hyphenated, target
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.foreign import edge_chain, edge_condition, edge_list
from rag_ir.record import record, replace

ROUTING = ("next", "routes", "join")


@record
class _Branch:
    """An edge with a condition."""

    node: Concrete
    source: Name
    guard: Expr
    written: str
    target: Name | None


class Nodes:
    """The nodes among the items of a graph, and what has been found to belong to them."""

    __slots__ = ("_at", "_extra", "items")

    def __init__(self) -> None:
        self.items: list[syntax.Item] = []
        self._at: dict[str, int] = {}
        self._extra: dict[int, list[syntax.Item]] = {}

    def add(self, item: syntax.Item) -> None:
        """One more item."""
        if isinstance(item, syntax.Node):
            self._extra[len(self.items)] = []
            if item.name is not None:
                self._at.setdefault(item.name.text, len(self.items))
        self.items.append(item)

    def find(self, name: Name) -> syntax.Node | None:
        """The node of a name."""
        node = self.items[self._at[name.text]] if name.text in self._at else None
        return node if isinstance(node, syntax.Node) else None

    def give(self, name: Name, item: syntax.Item) -> None:
        """An item for the node of a name."""
        self._extra[self._at[name.text]].append(item)

    def give_last(self, item: syntax.Item) -> None:
        """An item for the last node, if there is one."""
        if self._extra:
            next(reversed(self._extra.values())).append(item)

    @property
    def some(self) -> bool:
        """Whether there is a node."""
        return bool(self._extra)

    def whole(self) -> list[syntax.Item]:
        """The items, each node with what belongs to it."""
        return [self._with(item, self._extra.get(at, [])) for at, item in enumerate(self.items)]

    def _with(self, item: syntax.Item, extra: list[syntax.Item]) -> syntax.Item:
        return replace(item, items=(*item.items, *extra)) if extra and isinstance(item, syntax.Node) else item


def lower_edges(low: Lowering, edges: list[Concrete], nodes: Nodes) -> list[syntax.Edge]:
    """The edges of a graph. Those that are more than `a -> b` go to the node that they start from, as what they mean there."""
    plain: list[syntax.Edge] = []
    branches: list[_Branch] = []
    for node in edges:
        source = low.guarded(node, _source)
        targets = [child for child in node.children if child.field in ("target", "value")]
        condition = node.first("condition")
        if condition is not None:
            branches.append(_branch(low, node, source, targets[-1], condition))
        elif len(targets) > 1:
            plain.extend(_chain(low, node, source, targets))
        elif targets[0].kind == "list":
            plain.extend(_fan_out(low, node, source, targets[0], nodes))
        else:
            arrow = next((child for child in node.children if child.kind in ("->", "foreign_arrow")), node)
            found = low.guarded(node, partial(_target, aim=targets[0], arrow=arrow))
            plain.append(syntax.Edge(source, found, node.span))
    return _without_branches(low, branches, plain, nodes) if branches else plain


def _target(low: Lowering, _node: Concrete, aim: Concrete, arrow: Concrete) -> Name | None:
    return target(low, aim, "the edge", arrow.span)


def _source(low: Lowering, node: Concrete) -> Name:
    low.arrows(node)
    source = node.children[0]
    low.troubles += 1
    return hyphenated(low, source) if source.kind == "kebab_name" else Name(low.text(source), source.span)


def _chain(low: Lowering, node: Concrete, source: Name, targets: list[Concrete]) -> list[syntax.Edge]:
    names = [source, *(target(low, aim, "the edge", node.span) for aim in targets if aim.kind != "list")]
    written = [name.text for name in names if name]
    lines = f"\n{low.indent(node.start)}".join(f"{left} -> {right}" for left, right in pairwise(written))
    low.report(edge_chain(low.place(node), lines))
    return [syntax.Edge(left, right, node.span) for left, right in pairwise(names)]


def _fan_out(low: Lowering, node: Concrete, source: Name, aims: Concrete, nodes: Nodes) -> list[syntax.Edge]:
    names = lower_names(low, aims, Name("edge", node.span), quoted=False)
    text = f"send [{', '.join(name.text for name in names)}]"
    owner = nodes.find(source)
    fixes = (_move(low, node, owner, text),) if owner else ()
    low.report(edge_list(low.place(aims), "an edge", f"write `{text}` in node `{source.text}`", *fixes))
    if owner is None:
        return [syntax.Edge(source, names[0] if names else None, node.span)]
    sends = tuple(syntax.Send(name, None, None, (), name.span) for name in names)
    nodes.give(source, syntax.SendItem(Name("send", source.span), sends, node.span))
    return []


def _branch(low: Lowering, node: Concrete, source: Name, aim: Concrete, condition: Concrete) -> _Branch:
    guard = lower_expr(low, condition.child("value"), 0, "`when`")
    written = low.text(condition.children[-1])
    if aim.kind == "list":
        names = lower_names(low, aim, Name("edge", node.span), quoted=False)
        return _Branch(node, source, guard, written, names[0] if names else None)
    return _Branch(node, source, guard, written, target(low, aim, "the edge", source.span))


def _without_branches(
    low: Lowering, branches: list[_Branch], plain: list[syntax.Edge], nodes: Nodes
) -> list[syntax.Edge]:
    """Conditional edges become the routes of their source; its edge without a condition becomes their `else`."""
    by_source: dict[str, list[_Branch]] = {}
    for branch in branches:
        by_source.setdefault(branch.source.text, []).append(branch)
    defaults = {edge.source.text: edge for edge in reversed(plain) if edge.source and edge.source.text in by_source}
    for source, own in by_source.items():
        owner, default = nodes.find(own[0].source), defaults.get(source)
        help_ = f"write `routes {{ when .. -> a  else -> b }}` in node `{source}`"
        free = owner is not None and not any(_is_routing(item) for item in owner.items)
        fixes = (_routes_fix(low, own, default, owner),) if free and owner else ()
        for at, branch in enumerate(own):
            low.report(edge_condition(low.place(branch.node), help_, *(() if at else fixes)))
        if free:
            nodes.give(own[0].source, _routes(own, default))
        else:
            defaults.pop(source, None)
    taken = {id(edge) for edge in defaults.values()}
    return [edge for edge in plain if id(edge) not in taken]


def _is_routing(item: syntax.Item) -> bool:
    match item:
        case syntax.RefItem(Name(text=word)) | syntax.RoutesItem(Name(text=word)) | syntax.JoinItem(Name(text=word)):
            return word in ROUTING
        case _:
            return False


def _routes(own: list[_Branch], default: syntax.Edge | None) -> syntax.RoutesItem:
    routes = [syntax.Route(None, b.guard, b.target, b.node.span, b.node.span) for b in own]
    span = default.span if default else own[-1].node.span
    aim = default.target if default else Name("END", span)
    routes.append(syntax.Route(None, None, aim, span, span))
    return syntax.RoutesItem(Name("routes", own[0].source.span), tuple(routes), own[0].node.span)


def _routes_fix(low: Lowering, own: list[_Branch], default: syntax.Edge | None, owner: syntax.Node) -> Fix:
    entries = [f"when {branch.written} -> {branch.target.text if branch.target else 'END'}" for branch in own]
    last = default.target.text if default and default.target else "END"
    text = f"routes {{ {'  '.join(entries)}  else -> {last} }}"
    gone = [branch.node.span for branch in own] + ([default.span] if default else [])
    edits = [_insert(low, owner, text), *(Edit(low.place(_whole_line(low, span)), "") for span in gone)]
    return Fix(f"write routes in node `{owner.name.text if owner.name else '?'}`", tuple(edits), "suggested")


def _move(low: Lowering, node: Concrete, owner: syntax.Node, text: str) -> Fix:
    edits = (_insert(low, owner, text), Edit(low.place(_whole_line(low, node.span)), ""))
    return Fix(f"write `{text}` in node `{owner.name.text if owner.name else '?'}`", edits, "suggested")


def _insert(low: Lowering, owner: syntax.Node, text: str) -> Edit:
    """Before the brace that closes a node."""
    at = owner.span.end - 1
    if low.same_line(owner.span.start, at):
        return Edit(low.place(Span(at, at)), f" {text} ")
    margin = low.indent(owner.span.start)
    start = low.line_start(at)
    own_line = not low.slice(start, at).strip()
    where = start if own_line else at
    return Edit(low.place(Span(where, where)), f"{margin}  {text}\n" if own_line else f" {text} ")


def _whole_line(low: Lowering, span: Span) -> Span:
    """A span with its line, if it stands alone there."""
    start, end = low.line_start(span.start), low.line_end(span.end)
    if low.slice(start, span.start).strip() or low.slice(span.end, end).strip():
        return span
    return Span(start, min(end + 1, len(low.data)))
