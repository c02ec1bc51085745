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


def lower_edges(low: Lowering, edges: list[Concrete], items: list[syntax.Item]) -> list[syntax.Item]:
    """The items of a graph with its edges: plain ones as they are, others as what they mean in the node that they start from."""
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
            items = _fan_out(low, node, source, targets[0], items, plain)
        else:
            arrow = next((child for child in node.children if child.kind in ("->", "foreign_arrow")), node)
            found = low.guarded(node, partial(_target, aim=targets[0], arrow=arrow))
            plain.append(syntax.Edge(source, found, node.span))
    return _with_branches(low, branches, plain, items)


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


def _fan_out(
    low: Lowering, node: Concrete, source: Name, aims: Concrete, items: list[syntax.Item], plain: list[syntax.Edge]
) -> list[syntax.Item]:
    names = lower_names(low, aims, Name("edge", node.span), quoted=False)
    text = f"send [{', '.join(name.text for name in names)}]"
    owner = _node(items, source)
    fixes = (_move(low, node, owner, text),) if owner else ()
    low.report(edge_list(low.place(aims), "an edge", f"write `{text}` in node `{source.text}`", *fixes))
    if owner is None:
        plain.append(syntax.Edge(source, names[0] if names else None, node.span))
        return items
    sends = tuple(syntax.Send(name, None, None, (), name.span) for name in names)
    return _add(items, owner, syntax.SendItem(Name("send", source.span), sends, node.span))


def _branch(low: Lowering, node: Concrete, source: Name, aim: Concrete, condition: Concrete) -> _Branch:
    guard = lower_expr(low, condition.child("value"), 0, "`when`")
    written = low.text(condition.children[-1])
    if aim.kind == "list":
        names = lower_names(low, aim, Name("edge", node.span), quoted=False)
        return _Branch(node, source, guard, written, names[0] if names else None)
    return _Branch(node, source, guard, written, target(low, aim, "the edge", source.span))


def _with_branches(
    low: Lowering, branches: list[_Branch], plain: list[syntax.Edge], items: list[syntax.Item]
) -> list[syntax.Item]:
    """Conditional edges become the routes of their source; its edge without a condition becomes their `else`."""
    for source in dict.fromkeys(branch.source.text for branch in branches):
        own = [branch for branch in branches if branch.source.text == source]
        owner = _node(items, own[0].source)
        default = next((edge for edge in plain if edge.source and edge.source.text == source), None)
        help_ = f"write `routes {{ when .. -> a  else -> b }}` in node `{source}`"
        if owner is None or any(_is_routing(item) for item in owner.items):
            for branch in own:
                low.report(edge_condition(low.place(branch.node), help_))
            continue
        fix = _routes_fix(low, own, default, owner)
        for at, branch in enumerate(own):
            low.report(edge_condition(low.place(branch.node), help_, *([] if at else [fix])))
        plain = [edge for edge in plain if edge is not default]
        items = _add(items, owner, _routes(own, default))
    return [*items, *plain]


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


def _node(items: list[syntax.Item], name: Name) -> syntax.Node | None:
    found = (item for item in items if isinstance(item, syntax.Node) and item.name and item.name.text == name.text)
    return next(found, None)


def _add(items: list[syntax.Item], owner: syntax.Node, extra: syntax.Item) -> list[syntax.Item]:
    longer = replace(owner, items=(*owner.items, extra))
    return [longer if item is owner else item for item in items]
