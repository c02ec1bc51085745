"""What lowering makes of a text: decoded strings, folded dialects, places."""

from __future__ import annotations

import pytest

from rag_compiler import syntax
from rag_compiler.expressions import (
    Call,
    Duration,
    Expr,
    Literal,
    MapType,
    Member,
    NamedType,
    OptionalType,
    Template,
    TypeExpr,
    UnionType,
    Variable,
)
from rag_compiler.lower import lower
from rag_compiler.lower_text import lower_text
from rag_compiler.parse import parse
from rag_compiler.source import SourceFile, Span


def read(text: str) -> syntax.File:
    """A text with nothing wrong in it."""
    parsed, refused = parse(SourceFile("x.rag", text.encode()))
    file, found = lower(parsed)
    assert not [*refused, *found]
    return file


def graph(body: str) -> syntax.Graph:
    """The graph with this body."""
    declaration = read(f"graph g {{\n{body}\n}}").declarations[0]
    assert isinstance(declaration, syntax.Graph)
    return declaration


def node(body: str) -> syntax.Node:
    """The node with this body."""
    item = graph(f"node a {{\n{body}\n}}").items[0]
    assert isinstance(item, syntax.Node)
    return item


def prompt(written: str) -> Expr:
    """What a prompt says."""
    item = node(f"prompt {written}").items[0]
    assert isinstance(item, syntax.TextItem)
    return item.text


def value(expr: Expr) -> object:
    """A literal's value, or the parts of a template with expressions as `...`."""
    match expr:
        case Literal(found):
            return found
        case Template(parts):
            return [part if isinstance(part, str) else ... for part in parts]
        case _:
            return expr


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('""', ""),
        ('""""""', ""),
        (r'"a\n\t\r\\\"\u{1F600}\u{e9}"', 'a\n\t\r\\"\U0001f600é'),
        (r'"\{{ x }} { y }"', "{{ x }} { y }"),
        ('"{{ input.x }}"', [...]),
        ('"a {{ input.x }} b{{input.y}}"', ["a ", ..., " b", ...]),
        ('"{{ join(input.x, ", }}") }}."', [..., "."]),
        ('"""one line"""', "one line"),
        ('"""\n    a\n      b\n\n    c\n    """', "a\n  b\n\nc"),
        ('"""\n    a\n  b"""', "  a\nb"),
        ('"""\n\ta\n\t\tb\n"""', "a\n\tb"),
        ('"""\n\n    a\n\n    """', "\na\n"),
        ('"""\n    {{ input.x }}\n    b\n    """', [..., "\nb"]),
        ('"""\n    a\\n"b" ""\n    """', 'a\n"b" ""'),
        ('"""\r\n  a\r\n  b\r\n  """', "a\nb"),
    ],
)
def test_strings(written: str, meant: object) -> None:
    assert value(prompt(written)) == meant


def test_the_parts_of_a_template_have_their_places() -> None:
    text = 'graph g { node a { prompt "é {{ state.draft }}" } }'
    declaration = read(text).declarations[0]
    assert isinstance(declaration, syntax.Graph)
    item = declaration.items[0]
    assert isinstance(item, syntax.Node)
    written = item.items[0]
    assert isinstance(written, syntax.TextItem)
    assert isinstance(written.text, Template)
    part = written.text.parts[1]
    assert isinstance(part, Member)
    start = text.encode().index(b"state.draft")
    assert part.span == Span(start, start + len("state.draft"))


def test_a_text_of_the_manifest() -> None:
    expr, found = lower_text('Say "{{ input.x }}"\\n \\{{ {{ input.y }}')
    assert value(expr) == ['Say "', ..., '"\\n {{ ', ...]
    assert not found
    _, found = lower_text("{{ input. }} {{")
    assert [diagnostic.code for diagnostic in found] == ["invalid-template", "invalid-template"]


@pytest.mark.parametrize(
    ("written", "ms"), [("250ms", 250), ("30s", 30_000), ("1.5m", 90_000), ("2h", 7_200_000), ("1d", 86_400_000)]
)
def test_durations(written: str, ms: int) -> None:
    item = node(f"timeout {written}").items[0]
    assert isinstance(item, syntax.ValueItem)
    assert isinstance(item.value, Duration)
    assert item.value.ms == ms


def test_numbers_stay_what_they_are() -> None:
    items = node("max_turns 1_000\ntimeout 1.0").items
    values = [item.value for item in items if isinstance(item, syntax.ValueItem)]
    found = [item.value for item in values if isinstance(item, Literal)]
    assert found == [1000, 1.0]
    assert [type(number) for number in found] == [int, float]


def test_the_place_of_a_quoted_name_is_inside_its_quotes() -> None:
    item = node('model "default"').items[0]
    assert isinstance(item, syntax.RefItem)
    assert item.name is not None
    assert item.name.quoted
    assert item.name.span.end - item.name.span.start == len("default")


def test_documentation_stands_before_a_declaration_and_everything_else_is_a_comment() -> None:
    file = read("/// One.\n///\n/// Two.\n// rag: allow(x) y\ngraph g { // c\n  /// Loose.\n  start a\n}\n//// d")
    declaration = file.declarations[0]
    assert isinstance(declaration, syntax.Graph)
    assert declaration.doc == "One.\n\nTwo."
    assert [(comment.text, comment.own_line) for comment in file.comments] == [
        ("// rag: allow(x) y", True),
        ("// c", False),
        ("/// Loose.", True),
        ("//// d", True),
    ]


def test_a_field_is_documented() -> None:
    declaration = read("type T {\n  /// A title.\n  title: string\n}").declarations[0]
    assert isinstance(declaration, syntax.TypeDecl)
    assert isinstance(declaration.type, syntax.RecordType)
    assert [field.doc for field in declaration.type.fields] == ["A title."]


def test_the_older_dialect_has_the_shape_of_the_canonical_one() -> None:
    old = node('sends [ send b "text" send c ]').items[0]
    assert isinstance(old, syntax.SendItem)
    assert old.keyword.text == "send"
    assert [send.target.text for send in old.sends if send.target] == ["b", "c"]
    lines = graph("state S { a: string overwrite  b: int? sum = 1 }").items
    assert [line.name.text for line in lines if isinstance(line, syntax.Channel) and line.name] == ["a", "b"]
    assert {line.keyword.text for line in lines if isinstance(line, syntax.Channel)} == {"channel"}
    allowed = node('steering { human allow ["pause"] }').items[0]
    assert isinstance(allowed, syntax.BlockItem)
    assert [pair.key.text for pair in allowed.pairs] == ["human"]


def test_a_wait_is_a_call() -> None:
    item = node("join b { wait: quorum 2 keep, on_timeout -> c }").items[0]
    assert isinstance(item, syntax.JoinItem)
    wait, target = (pair.value for pair in item.options)
    assert isinstance(wait, Call)
    assert wait.function.text == "quorum"
    assert [type(argument) for argument in wait.arguments] == [Literal, Variable]
    assert isinstance(target, Variable)


def kinds(type_: TypeExpr) -> object:
    """A type as nested tuples."""
    match type_:
        case NamedType(name):
            return name.text
        case OptionalType(inner):
            return ("?", kinds(inner))
        case MapType(inner):
            return ("map", kinds(inner))
        case UnionType(members):
            return tuple(kinds(member) for member in members)
        case syntax.ListType(inner):
            return ("[]", kinds(inner))
        case _:
            return type_


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("list<int>", ("[]", "int")),
        ("map<string[]>?", ("?", ("map", ("[]", "string")))),
        ("A | (B | C) | D", ("A", "B", "C", "D")),
        ("(A | B)[]", ("[]", ("A", "B"))),
        ("A | B[]?", ("A", ("?", ("[]", "B")))),
    ],
)
def test_types(written: str, meant: object) -> None:
    declaration = read(f"type T = {written}").declarations[0]
    assert isinstance(declaration, syntax.TypeDecl)
    assert kinds(declaration.type) == meant


def test_items_stay_in_the_order_of_the_text() -> None:
    items = graph("a -> b\nnode a { }\nb -> END\nnode b { }").items
    assert [type(item) for item in items] == [syntax.Edge, syntax.Node, syntax.Edge, syntax.Node]
