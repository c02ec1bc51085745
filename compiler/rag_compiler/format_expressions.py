"""Write expressions, blocks of pairs, and lists."""

from __future__ import annotations

from collections.abc import Callable

from rag_compiler.concrete import Concrete
from rag_compiler.format_layout import (
    COMMA,
    GAP,
    HARD,
    LINE,
    NOTHING,
    SOFT,
    SPACE,
    Layout,
    Line,
    group,
    nest,
    row,
    rows,
)
from rag_compiler.format_tokens import Tokens

Write = Callable[[Tokens, Concrete], Layout]

LEVELS = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), 3),
    "??": 4,
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
}
"""How tightly operators bind; those of one level make one chain."""
WORDS = ("identifier", "true", "false", "null")


def expression(tokens: Tokens, node: Concrete) -> Layout:
    """An expression."""
    match node.kind:
        case "list":
            return enclosed(tokens, node, expression)
        case "object" | "policy":
            return pairs(tokens, node)
        case "parenthesized":
            opening, *inner, closing = node.children
            first = tokens.take(opening)
            inside = rows(expression(tokens, child) for child in inner)
            return group(first, nest(SOFT, inside), SOFT, tokens.take(closing))
        case "member":
            value, dot, name = node.children
            return row(expression(tokens, value), tokens.take(dot), tokens.take(name))
        case "index":
            value, opening, index, closing = node.children
            target = expression(tokens, value)
            return row(target, tokens.take(opening), expression(tokens, index), tokens.take(closing))
        case "call":
            return _call(tokens, node)
        case "lambda":
            parameter, arrow, body = node.children
            return row(tokens.take(parameter), SPACE, tokens.take(arrow), SPACE, expression(tokens, body))
        case "unary":
            sign, operand = node.children
            behind = SPACE if sign.kind == "@not" or operand.kind == "unary" else NOTHING
            return row(tokens.take(sign), behind, expression(tokens, operand))
        case "signed_number" | "quorum":
            between = SPACE if node.kind == "quorum" else NOTHING
            return spaced([tokens.take(child) for child in node.children], between)
        case "binary":
            return _chain(tokens, node)
        case "conditional":
            return group(_choice(tokens, node))
        case "allow":
            return row(tokens.drop(node.children[0]), expression(tokens, node.children[1]))
        case _:
            return tokens.take(node)


def pairs(tokens: Tokens, node: Concrete) -> Layout:
    """A block of pairs."""
    return enclosed(tokens, node, _pair, edge=LINE)


def spaced(parts: list[Layout], between: Layout = SPACE) -> Layout:
    """Parts with a blank between them, those that are nothing left out."""
    found: list[Layout] = []
    for part in parts:
        if part is not NOTHING:
            found += [between, part] if found else [part]
    return rows(found)


def enclosed(
    tokens: Tokens,
    node: Concrete,
    write: Write,
    *,
    edge: Line = SOFT,
    between: Line = LINE,
    comma: Layout = ",",
    last: Layout = COMMA,
    spread: bool = False,
) -> Layout:
    """Brackets with elements in them, on one line or each on its own: `edge` stands inside of the brackets, `comma` and
    `between` between elements, `last` behind the last one. With `spread` they never stand on one line."""
    opening, *inner, closing = node.children
    hugged = any(child.kind == "lambda" for child in inner)
    last = NOTHING if hugged else last
    first = tokens.take(opening)
    found = elements(tokens, inner, write, between=HARD if spread else between, comma=comma, last=last)
    found = row(found, tokens.before(closing.start))
    if found is NOTHING or hugged:
        return row(first, found, tokens.take(closing))
    edge = HARD if spread else edge
    return group(first, nest(edge, found), edge, tokens.take(closing))


def elements(
    tokens: Tokens, children: list[Concrete], write: Write, *, between: Layout, comma: Layout, last: Layout
) -> Layout:
    """Elements and the commas between them, each where it is needed. A lambda begins no line: it would read like a route."""
    found: list[Layout] = []
    separated = True
    left = sum(child.kind != "," for child in children)
    for at, child in enumerate(children):
        if child.kind == "," and children[at + 1 : at + 2] and children[at + 1].kind == "lambda":
            found.append(tokens.take(child, ", "))
            separated = True
            continue
        if child.kind == ",":
            found += [comma if left else last, tokens.drop(child)]
            separated = True
            continue
        if not separated:
            found.append(comma)
        if found and child.kind != "lambda":
            found += [between, GAP if between is HARD and tokens.gap_ahead(child.start) else NOTHING]
        found += [tokens.before(child.start), write(tokens, child)]
        separated = False
        left -= 1
    if not separated:
        found.append(last)
    return rows(found)


def _pair(tokens: Tokens, node: Concrete) -> Layout:
    """`key: value`; the colon may be missing, or an arrow."""
    key, *signs, value = node.children
    name = tokens.take(key)
    colon = tokens.take(signs[0], ":") if signs else ":"
    return row(name, colon, SPACE, expression(tokens, value))


def _call(tokens: Tokens, node: Concrete) -> Layout:
    """A call; where it holds a lambda, what is in the lambda breaks, and not the call."""
    function, opening, *inner, closing = node.children
    name, first = expression(tokens, function), tokens.take(opening)
    hugged = any(child.kind == "lambda" for child in inner)
    last = NOTHING if hugged else COMMA
    given = row(elements(tokens, inner, expression, between=LINE, comma=",", last=last), tokens.before(closing.start))
    if given is NOTHING or hugged:
        return row(name, first, given, tokens.take(closing))
    return row(name, group(first, nest(SOFT, given), SOFT, tokens.take(closing)))


def _chain(tokens: Tokens, node: Concrete) -> Layout:
    """Operands with operators of one level between them, which end the lines of a chain that is too long for one.

    An operator that began a line could be taken for a word that begins an item.
    """
    first, rest = _linked(tokens, node)
    found = [expression(tokens, first)]
    behind: list[Layout] = []
    for sign, operand in rest:
        behind += [SPACE, tokens.take(sign), _edge(operand), tokens.before(operand.start), expression(tokens, operand)]
    return group(*found, nest(*behind))


def _linked(tokens: Tokens, node: Concrete) -> tuple[Concrete, list[tuple[Concrete, Concrete]]]:
    """The first operand of a chain, and each further one with the operator before it."""
    level = _level(tokens, node)
    links: list[tuple[Concrete, Concrete]] = []
    if level == LEVELS["??"]:
        first = node.children[0]
        while _level(tokens, node) == level:
            _, sign, right = node.children
            links.append((sign, right.children[0] if _level(tokens, right) == level else right))
            node = right
        return first, links
    while _level(tokens, node) == level:
        node, sign, right = node.children
        links.append((sign, right))
    return node, links[::-1]


def _level(tokens: Tokens, node: Concrete) -> int:
    return LEVELS.get(tokens.text(node.children[1]), 0) if node.kind == "binary" else -1


def _choice(tokens: Tokens, node: Concrete) -> Layout:
    """`if c then a else b`; a choice behind `else` goes on with the same lines."""
    question, condition, then, yes, other, no = node.children
    head = row(tokens.take(question), SPACE, expression(tokens, condition), SPACE, tokens.take(then))
    first = nest(LINE, tokens.before(yes.start), expression(tokens, yes))
    second = tokens.take(other)
    if no.kind == "conditional":
        return row(head, first, LINE, second, SPACE, _choice(tokens, no))
    return row(head, first, LINE, second, nest(_edge(no), tokens.before(no.start), expression(tokens, no)))


def _edge(operand: Concrete) -> Layout:
    """What stands before an operand: one that is a word begins no line, where an arrow behind it would make it a route."""
    return SPACE if operand.kind in WORDS else LINE
