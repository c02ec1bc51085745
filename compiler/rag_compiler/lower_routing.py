"""Lower what leads from a node to others: routes, sends, joins, commands."""

from __future__ import annotations

from collections.abc import Iterator

from rag_compiler import syntax
from rag_compiler.concrete import ERROR, TOO_DEEP, Concrete
from rag_compiler.expressions import Expr, Literal, Name, Pair
from rag_compiler.lower_expr import lower_expr, lower_pairs, lower_text
from rag_compiler.lower_items import lower_block, lower_target_item
from rag_compiler.lower_lists import lower_names
from rag_compiler.lower_names import ABSENT, STRINGS, inner, reference, target
from rag_compiler.lower_strings import plain_text
from rag_compiler.lowering import Lowering
from rag_compiler.source import Span
from rag_compiler.words.foreign import change, foreign, operator, send_block, send_without_list
from rag_compiler.words.structure import duplicate_item
from rag_compiler.words.syntax import bad_form, insert, misplaced, missing_mark, missing_target

SHAPES = {"timeout": "a duration", "max": "a number", "retry": "a block of pairs", "writes": "a block of pairs"}


def entries(low: Lowering, node: Concrete, *kinds: str) -> Iterator[Concrete]:
    """The children of some kinds, each to be lowered before the next is asked for.

    What is broken is reported, unless it is left over from what is broken before it on its line; what is whole inside is kept.
    """
    broken, end, quiet = False, node.start, low.silent
    for child in node.children:
        before = low.breaks
        low.silent = quiet or (broken and low.same_line(end, child.start))
        if child.kind in kinds:
            yield child
        elif child.kind == "stray" and child.children and child.children[0].kind == "object":
            low.trouble(missing_target(low.place(child.children[0].children[0]), "the payload"))
        elif child.kind in (ERROR, TOO_DEEP, "stray") or child.kind.startswith("missing:"):
            low.unexpected(child)
            yield from (inside for inside in child.children if inside.kind in kinds)
        if child.kind != ",":
            broken, end = low.breaks > before, child.end
    low.silent = quiet


# ---- routes ----


def lower_routes_item(low: Lowering, node: Concrete) -> syntax.RoutesItem:
    """`routes { .. }`; where a route is broken, a bracket that seems to be missing is not."""
    low.punctuation(node)
    keyword = low.keyword(node)
    before, quiet = low.breaks, low.silent
    routes = tuple(low.guarded(child, lower_route) for child in entries(low, node, "route"))
    low.silent = quiet or low.breaks > before
    low.brackets(node, "`routes`")
    low.commas(node)
    low.silent = quiet
    return syntax.RoutesItem(keyword, routes, node.span)


def lower_route(low: Lowering, node: Concrete) -> syntax.Route:
    """One entry: a label, a guard or `else`, an arrow, a target."""
    label_node, guard_node = node.child("label"), node.child("guard")
    word = node.child("word")
    label = _label(low, label_node) if label_node else None
    guard = lower_expr(low, guard_node, 0, "`when`") if guard_node else None
    if word is not None and word.kind == "@if":
        low.report(operator(low.place(word), "if", "when"))
    first = node.children[0]
    head = Span(first.start, (label_node or guard_node or first).end)
    _check_arrow(low, node, head)
    value = node.child("target")
    if value is not None and value.kind == "list":
        help_ = "route to one node that sends to the others with `send [..]`"
        low.report(foreign(low.place(value), "a route leads to one node", help_))
        names = lower_names(low, value, Name("route", head), quoted=False)
        return syntax.Route(label, guard, names[0] if names else None, head, node.span)
    found = target(low, value, "the route", head)
    return syntax.Route(label, guard, found, head, node.span)


def _label(low: Lowering, node: Concrete) -> Name | None:
    if node.kind in STRINGS:
        text = plain_text(low, node, "a label")
        return None if text is None else Name(text, inner(low, node), True)
    if node.kind == "kebab_name":
        written = low.text(node)
        help_ = f'write `"{written}"`'
        fix = change(low.place(node), f'"{written}"')
        low.report(foreign(low.place(node), f"the label `{written}` stands in quotes", help_, fix))
    return Name(low.text(node), node.span)


def _check_arrow(low: Lowering, node: Concrete, head: Span) -> None:
    low.arrows(node)
    sign, missing = node.child("separator"), node.first("missing_arrow")
    if sign is not None:
        low.report(
            foreign(low.place(sign), "a route is written with `->`", "write `->`", change(low.place(sign), " ->"))
        )
    elif missing is not None:
        here = low.place(Span(head.end, head.end))
        aim = node.child("target")
        fix = insert(here, " ->", safe=aim is not None and aim.kind not in ABSENT)
        low.trouble(missing_mark(here, "->", "the route has no `->`", fix))


def lower_loose_routes(low: Lowering, edges: list[Concrete]) -> syntax.RoutesItem:
    """Edges in the block of a node are routes without their `routes`."""
    first, last = edges[0], edges[-1]
    routes: list[syntax.Route] = []
    for edge in edges:
        source = edge.children[0]
        label = Name(low.text(source), source.span)
        routes.append(syntax.Route(label, None, _edge_target(low, edge, source.span), source.span, edge.span))
    span = Span(first.start, last.end)
    text = f"routes {{ {low.slice(first.start, last.end)} }}"
    fix = change(low.place(span), text, "put them in `routes`", safe=False)
    message = "a route stands in `routes`, an edge outside of nodes"
    low.trouble(misplaced(low.place(first), message, "write `routes { label -> node }`", fix))
    return syntax.RoutesItem(Name("routes", first.children[0].span), tuple(routes), span)


def _edge_target(low: Lowering, edge: Concrete, head: Span) -> Name | None:
    value = next((child for child in edge.children[1:] if child.field == "target" and child.kind != "list"), None)
    return target(low, value, "the route", head) if value else None


# ---- sends ----


def lower_send_item(low: Lowering, node: Concrete) -> syntax.SendItem:
    """`send [ .. ]`, and `sends [ .. ]`"""
    low.punctuation(node)
    keyword = low.keyword(node, "send")
    body = node.first("send_list")
    if body is None:
        return _send_one(low, node, keyword)
    low.brackets(body, "`send`")
    low.commas(body, between=lambda left, right: _needs_comma(low, left, right))
    sends = tuple(low.guarded(child, lower_send) for child in entries(low, body, "send", "each"))
    return syntax.SendItem(keyword, sends, node.span)


def _needs_comma(low: Lowering, left: Concrete, right: Concrete) -> bool:
    """Two targets on one line; in the older dialect each has its own `send`."""
    return low.same_line(left.end, right.start) and right.children[0].kind != "@send"


def _send_one(low: Lowering, node: Concrete, keyword: Name) -> syntax.SendItem:
    single = node.first("send", "each")
    if single is None:
        if low.slice(keyword.span.end, low.line_end(keyword.span.end)).lstrip().startswith("{"):
            low.trouble(send_block(low.place(keyword.span)))
        else:
            low.trouble(missing_target(low.place(keyword.span), "`send`"))
        return syntax.SendItem(keyword, (), node.span)
    low.report(send_without_list(low.place(single), f"[{low.text(single)}]"))
    return syntax.SendItem(keyword, (lower_send(low, single),), node.span)


def lower_send(low: Lowering, node: Concrete) -> syntax.Send:
    """One target with what goes to it."""
    if node.kind == "each":
        each = _each(low, node)
        owner = next((child.span for child in node.children if child.kind == "@as"), node.span)
    else:
        each, owner = None, node.children[0].span
    found = target(low, node.child("target"), "the send", owner)
    payload = node.child("payload")
    given: tuple[Pair, ...] | Expr | None = None
    if payload is not None:
        given = lower_pairs(low, payload) if payload.kind == "object" else lower_text(low, payload)
    modifiers = tuple(_modifier(low, child) for child in node.children if child.kind == "modifier")
    return syntax.Send(found, each, given, modifiers, node.span)


def _each(low: Lowering, node: Concrete) -> syntax.Each:
    variable = reference(low, node.child("variable"), low.keyword(node))
    source = lower_expr(low, node.child("list"), 0, "`in`")
    return syntax.Each(variable, source, node.span)


def _modifier(low: Lowering, node: Concrete) -> syntax.Item:
    low.punctuation(node)
    keyword, value = low.keyword(node), node.child("value")
    match keyword.text:
        case "into" | "context":
            return syntax.RefItem(keyword, reference(low, value, keyword), node.span)
        case "retry" | "writes":
            return syntax.BlockItem(keyword, lower_block(low, value, keyword), node.span)
        case "optional" | "blocking" if value is None:
            return syntax.ValueItem(keyword, Literal(True, keyword.span), node.span)
        case _ if value is not None and value.kind in (*STRINGS, "object"):
            shape = SHAPES.get(keyword.text, "a value")
            low.report(bad_form(low.place(value), f"`{keyword.text}` takes {shape}", f"write {shape}"))
            return syntax.ValueItem(keyword, lower_expr(low, None), node.span)
        case _:
            return syntax.ValueItem(keyword, lower_expr(low, value, 0, f"`{keyword.text}`"), node.span)


# ---- joins and commands ----


def lower_join_item(low: Lowering, node: Concrete) -> syntax.Item:
    """`join TARGET { .. }` of a node."""
    low.punctuation(node)
    keyword, source = low.keyword(node), node.child("source")
    options = node.child("options")
    pairs = lower_pairs(low, options) if options else ()
    if (source is not None and source.kind == "list") or node.child("target") is not None:
        where = source or node
        help_ = "in a node write `join TARGET`; `join [a, b] -> c` stands in the graph"
        low.report(
            misplaced(low.place(where), "a node joins the children that it sends, and names the target only", help_)
        )
        aim = node.child("target")
        return syntax.JoinItem(keyword, target(low, aim, "`join`", keyword.span) if aim else None, pairs, node.span)
    return syntax.JoinItem(keyword, target(low, source, "`join`", keyword.span), pairs, node.span)


def lower_graph_join(low: Lowering, node: Concrete) -> syntax.GraphJoin:
    """`join [a, b] -> c { .. }` of a graph."""
    low.punctuation(node)
    keyword, source = low.keyword(node), node.child("source")
    options = node.child("options")
    names = lower_names(low, source, Name("join", keyword.span), quoted=False)
    aim = node.child("target")
    if aim is not None and aim.kind == "list":
        low.report(bad_form(low.place(aim), "a join has one target", "write `join [a, b] -> c`"))
        aim = next((child for child in aim.children if child.kind in ("identifier", "string")), None)
    found = target(low, aim, "`join`", keyword.span)
    pairs = lower_pairs(low, options) if options else ()
    return syntax.GraphJoin(keyword, names, found, pairs, node.span)


def lower_command_item(low: Lowering, node: Concrete) -> syntax.CommandItem:
    """`command { update { .. } goto N }`"""
    low.punctuation(node)
    keyword = low.keyword(node)
    low.brackets(node, "`command`")
    low.commas(node)
    update: tuple[Pair, ...] | None = None
    goto: Name | None = None
    seen: dict[str, Name] = {}
    for child in entries(low, node, "update_item", "target_item", "unknown_item"):
        word = low.keyword(child)
        if word.text not in ("update", "goto"):
            message = f"`{word.text}` is no item of `command`"
            low.trouble(misplaced(low.place(word.span), message, "a command holds `update { .. }` and `goto NODE`"))
            continue
        if word.text in seen:
            low.report(duplicate_item(low.place(word.span), word.text, "`command`", low.place(seen[word.text].span)))
            continue
        seen[word.text] = word
        if word.text == "update":
            low.punctuation(child)
            update = lower_block(low, child.child("value"), word)
        else:
            item = low.guarded(child, lower_target_item)
            goto = item.name if isinstance(item, syntax.RefItem) else None
    return syntax.CommandItem(keyword, update, goto, node.span)
