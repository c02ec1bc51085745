"""Broken texts: any bytes give a tree, what is broken is reported, and one slip costs little more than what it breaks.

Bounded and seeded, so that every run of the suite tries the same texts.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from rag_compiler import syntax
from rag_compiler.expressions import Binary, Expr, IfElse, Unary, Variable
from rag_compiler.lower import lower
from rag_compiler.lower_text import lower_text
from rag_compiler.parse import MOST_BYTES, parse
from rag_compiler.source import SourceFile, Span
from tests.fuzz.mutations import mutants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rag_compiler.concrete import Concrete
    from rag_compiler.diagnostics import Diagnostic

WHOLE = b"""
/// What a finding is.
type Finding { title: string  url: string?  score: float }
type Verdict = "good" | "bad" | map<Finding[]>?

agent researcher {
  model "default"
  system "Find {{ input.question }}."
  tools ["search"]
  input { question: string }
  output { findings: Finding[] }
  max_turns 8
}

graph review {
  start draft
  metadata { owner: "x", tags: ["a"] }
  defaults { model: "default", timeout: 60s, recursion_limit: 50 }
  budget { tokens: 200_000, cost_usd: 1.50, wall: 10m }
  allow models ["default"]
  input { question: string  depth: int = 2 }
  output { report: string = state.draft }
  checkpoint exit
  channel messages messages
  channel draft: string overwrite = ""
  channel rounds: int sum = 0
  channel findings append

  // The first version.
  node draft {
    kind model
    system \"\"\"
      You write about {{ input.question }}.
      Be brief: {{ join(map(state.findings, f => f.title), ", ") }}
      \"\"\"
    prompt "Draft {{ state.rounds + 1 }}"
    writes { draft: output.text, rounds: 1 }
    retry { max_attempts: 3, backoff: exponential, on: ["timeout"] }
    next decide
  }

  node decide {
    kind router
    router "pick"
    routes {
      tool_call -> spread
      when state.rounds >= 3 and not (state.draft in ["", "-"]) -> publish
      when output.score ?? 0 > 0.8 -> END
      else -> draft
    }
  }

  node spread {
    kind agent
    tools ["search", "read"]
    send [
      researcher { question: input.question } optional timeout 30s into findings,
      each item in state.findings as publish { text: item.title } max 5,
    ]
    join decide { wait: quorum 2, timeout: 5m }
  }

  node publish {
    kind tool
    tool "publish"
    args { text: if state.draft == "" then "none" else state.draft, tags: ["a", { b: 1 }] }
    on_error draft
    command { update { draft: "done" } goto END }
  }

  join [draft, spread] -> publish
}

test "a good finding is approved" {
  graph review
  input { question: "why" }
  model "default" at "spread/researcher" -> [{ findings: ["because"] }]
  tool "search" { query: "why" } -> ["a page"]
  expect state.findings == ["because"]
  expect outcome == "finished" and cost_usd < 0.01
}
"""
OLDER = b"""
graph orchestrator {
  start planner
  input { request string customer_id string }
  state S {
    messages: message[] messages
    ticket: string? overwrite
  }
  node planner {
    kind agent
    command { goto fanout update { status "planned" } }
  }
  node fanout {
    kind model
    sends [ send worker_a "split_a" send worker_b "split_b" ]
    next worker_a
    retry { max_attempts 3 backoff "exponential" }
    steering {
      human allow ["pause"]
      delivery "safe_boundary"
    }
  }
  worker_a -> END
}
"""
HALVES = (
    b"prompt", b'prompt "', b"next", b"node x", b"node x {", b"routes {", b"send [", b"when state.", b"a ->", b"retry { max",
    b'tools ["a",', b"channel", b"output { a:", b'prompt """', b"args { a: f(", b"graph", b"timeout 3 +", b"}", b"]", b"{", b"{{",
    b"kind agent model", b"if a then", b"join [a", b"join b {", b'test "x"', b"foo", b"\xff", b"\0", b"@",
)  # fmt: skip
TOKEN = re.compile(rb'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|//[^\n]*|[A-Za-z_]\w*|\d[\w.]*|->|[=!<>]=|=>|\?\?|[^\s\w]')


UNITS = (
    b"{", b"[]", b'"', b'"""', b"{{", b'prompt "{{"', b"a+", b"not ", b"- ", b"a.", b"a ? ", b"if a then ", b"/*\n", b"/", b"#\n",
    b"/// x\n", b"\\", b"node a {\n", b"graph a {\n", b"word\n", b": ", b"a -> ", b"\0", b"\xff", b"kind x\n", b"a -> [b, c]\n",
    b'"a" + ', b"a | ", b"$ ", b" ]", b'"a",', b"\xc2\xa0", b"1", b"prompt\n", b"a -> b when x\n",
)  # fmt: skip
UNKNOWN = "an item that the next pass reports"


def read(text: bytes) -> tuple[syntax.File, list[Diagnostic], Concrete]:
    """The syntax tree of a text, everything reported, and the concrete tree."""
    parsed, refused = parse(SourceFile("x.rag", text))
    file, found = lower(parsed)
    return file, [*refused, *found], parsed.root


def check(text: bytes) -> tuple[syntax.File, list[Diagnostic]]:
    """Read a text, and check what holds of every text."""
    file, found, root = read(text)
    if root.broken:
        unknown = any(where == UNKNOWN for where, _, _ in pieces(file, text))
        assert unknown or any(diagnostic.severity == "error" for diagnostic in found), text
    for diagnostic in found:
        places = [diagnostic.place, *(label.place for label in diagnostic.related)]
        places += [edit.place for fix in diagnostic.fixes for edit in fix.edits]
        for place in places:
            assert 0 <= place.span.start <= place.span.end <= len(text), (diagnostic, text)
    return file, found


# ---- what one slip costs ----


def pieces(file: syntax.File, text: bytes) -> Iterator[tuple[str, bytes, Span]]:
    """Every item: the kinds of what it stands in, its text, its place."""
    for declaration in file.declarations:
        where = type(declaration).__name__
        yield where, b"", declaration.keyword.span
        if not isinstance(declaration, syntax.TypeDecl):
            yield from _pieces(where, declaration.items, text)


def _pieces(
    where: str, items: tuple[syntax.Item | syntax.Script | syntax.Expect, ...], text: bytes
) -> Iterator[tuple[str, bytes, Span]]:
    for item in items:
        match item:
            case syntax.Node():
                yield f"{where}/node", b"", item.keyword.span
                yield from _pieces(f"{where}/node", item.items, text)
            case syntax.RoutesItem(routes=parts) | syntax.SendItem(sends=parts) | syntax.BlockItem(pairs=parts):
                for part in parts:
                    yield f"{where}/{item.keyword.text}", text[part.span.start : part.span.end], part.span
            case syntax.UnknownItem():
                yield UNKNOWN, b"", item.span
            case _:
                yield f"{where}/{type(item).__name__}", text[item.span.start : item.span.end], item.span


ITEMS = list(pieces(read(WHOLE)[0], WHOLE))


def cost(start: int, end: int, new: bytes) -> tuple[int, int]:
    """How many items that an edit of the whole text does not touch are lost by it, and how many errors it gives."""
    mutant = WHOLE[:start] + new + WHOLE[end:]
    broken, found = check(mutant)
    whole = Counter((where, piece) for where, piece, span in ITEMS if span.end < start or span.start > end)
    lost = whole - Counter((where, piece) for where, piece, _ in pieces(broken, mutant))
    return lost.total(), sum(diagnostic.severity == "error" for diagnostic in found)


def average(costs: list[tuple[int, int]]) -> tuple[float, float]:
    """The mean number of items lost, and of errors."""
    return sum(lost for lost, _ in costs) / len(costs), sum(errors for _, errors in costs) / len(costs)


def test_the_whole_texts_are_whole() -> None:
    for text in (WHOLE, OLDER):
        _, found, root = read(text)
        assert not found
        assert not root.broken


def test_a_deleted_token_costs_little() -> None:
    costs = [cost(match.start(), match.end(), b"") for match in list(TOKEN.finditer(WHOLE))[::2]]
    lost, errors = average(costs)
    assert lost < 0.8
    assert errors < 1.2
    assert max(errors for _, errors in costs) <= 5


def test_a_line_cut_short_costs_little() -> None:
    starts = [match.start() for match in list(TOKEN.finditer(WHOLE))[::2] if match[0][:3] != b'"""']
    lost, errors = average([cost(start, WHOLE.index(b"\n", start), b"") for start in starts])
    assert lost < 1.2
    assert errors < 1.4


def test_an_unfinished_line_costs_little() -> None:
    chance = random.Random(3)
    breaks = [match.end() for match in re.finditer(rb"\n", WHOLE)]
    costs = [cost(at, at, b"  " + half + b"\n") for at in breaks for half in chance.sample(HALVES, 2)]
    lost, errors = average(costs)
    assert lost < 1.2
    assert errors < 1.8


# ---- any bytes ----


@pytest.mark.parametrize("seed", range(3))
def test_mutants_are_read(seed: int) -> None:
    for mutant in mutants((WHOLE, OLDER), seed, 250):
        check(mutant)


def test_random_bytes_are_read() -> None:
    chance = random.Random(11)
    signs = b" \n\t{}[]()\":,.=-><|&!?\\ab1_/#*'%$;"
    for _ in range(500):
        check(bytes(chance.randrange(256) for _ in range(chance.randrange(120))))
        check(bytes(chance.choice(signs) for _ in range(chance.randrange(200))))


def test_random_tokens_are_read() -> None:
    chance = random.Random(12)
    tokens = [match[0] for match in TOKEN.finditer(WHOLE + OLDER)]
    for _ in range(500):
        check(b" ".join(chance.choice(tokens) for _ in range(chance.randrange(60))))


def test_every_beginning_is_read() -> None:
    for end in range(0, len(WHOLE), 17):
        check(WHOLE[:end])


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("head", [b"", b"graph g {\n node a { }\n", b"graph g {\n node a {\n prompt "])
def test_what_is_repeated_is_read(unit: bytes, head: bytes) -> None:
    check(head + unit * (4_000 // len(unit)))


def test_a_text_over_the_limit_is_refused() -> None:
    _, found = check(b" " * (MOST_BYTES + 1))
    assert [diagnostic.code for diagnostic in found] == ["source-too-large"]
    _, found = check(b" " * MOST_BYTES)
    assert not found


@pytest.mark.parametrize("before", [b"", b'prompt "[[[ {{ f("[") }} \\" ]" // ((\n', b'"""\n[[[ "" [[\n"""'])
def test_brackets_are_counted_outside_of_strings_and_comments(before: bytes) -> None:
    head = b"graph g { node a {\n" + before + b"\nargs { a: "
    _, found = check(head + b"[" * 61 + b"]" * 61 + b" } } }")
    assert "nesting-too-deep" not in {diagnostic.code for diagnostic in found}
    _, found = check(head + b"[" * 62 + b"]" * 62 + b" } } }")
    assert [diagnostic.code for diagnostic in found] == ["nesting-too-deep"]


@pytest.mark.parametrize("seed", range(2))
def test_any_text_of_the_manifest_is_read(seed: int) -> None:
    for mutant in mutants((b'Find {{ input.question }}.\nBe \\{{ brief }} {{ f("}}") }}',), seed, 300):
        lower_text(mutant.decode("utf-8", "replace"))


# ---- operators ----

LEVELS = {"or": 2, "and": 3, "==": 5, "<": 5, "in": 5, "??": 7, "+": 8, "-": 8, "*": 9, "/": 9, "%": 9}
NOT, MINUS = 4, 10


def bracketed(words: list[str], least: int = 0) -> str:
    """The expression that begins with these words, which are taken away, with every bracket written."""
    word = words.pop(0)
    if word == "not":
        left = f"(not {bracketed(words, NOT)})"
    elif word == "-":
        left = f"(- {bracketed(words, MINUS)})"
    else:
        left = word
    while words and LEVELS[words[0]] >= least:
        operator = words.pop(0)
        right = bracketed(words, LEVELS[operator] + (operator != "??"))
        left = f"({left} {operator} {right})"
    return left


def written(expr: Expr) -> str:
    """A lowered expression with every bracket written."""
    match expr:
        case Variable(name):
            return name.text
        case Unary(operator, operand):
            return f"({operator} {written(operand)})"
        case Binary(operator, left, right):
            return f"({written(left)} {operator} {written(right)})"
        case IfElse(condition, yes, no):
            return f"(if {written(condition)} then {written(yes)} else {written(no)})"
        case _:
            raise AssertionError(expr)


def condition(text: str) -> Expr | None:
    """An expression; null if something is wrong with it."""
    file, found, _ = read(f'test "t" {{ expect {text} }}'.encode())
    test = file.declarations[0]
    assert isinstance(test, syntax.Test)
    item = test.items[0]
    return item.condition if isinstance(item, syntax.Expect) and not found else None


def test_operators_bind_as_the_table_says() -> None:
    chance = random.Random(5)
    compared = 0
    for _ in range(1200):
        words: list[str] = []
        for at in range(chance.randrange(1, 6)):
            words += [chance.choice(list(LEVELS))] if at else []
            words += [chance.choice(("not", "-"))] if chance.random() < 0.2 else []
            words.append(chance.choice("abcd"))
        expr = condition(" ".join(words))
        if expr is not None:
            compared += 1
            assert written(expr) == bracketed(list(words)), words
    assert compared > 500


def test_a_choice_reaches_as_far_as_it_can() -> None:
    expr = condition("a or if b then c else d and a")
    assert expr is not None
    assert written(expr) == "(a or (if b then c else (d and a)))"
