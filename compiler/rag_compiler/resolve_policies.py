"""Bind policies: durations, flags, words of closed sets, and the blocks that are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeVar

from rag_compiler import syntax
from rag_compiler.hir_policies import Duration, Flag, Retry
from rag_compiler.kinds import BACKOFFS, LONGEST_DURATION, RETRY
from rag_compiler.resolve_expressions import distinct
from rag_compiler.resolve_values import bind_count
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words.names import unknown_key
from rag_compiler.words.structure import duplicate_key
from rag_compiler.words.values import bad_value, not_a_duration, not_one_of, over_limit
from rag_ir import graph as ir
from rag_ir.policies import DEFAULT_RETRY, RETRIED

Word = TypeVar("Word", bound=str)


def bind_duration(value: syntax.Expr, word: str, keyword: Span, sink: Sink, *, least: int = 1) -> Duration | None:
    """A duration of at least `least` milliseconds; a bare number is seconds. Null where it is wrong."""
    match value:
        case syntax.Duration(ms):
            found: float | None = ms
        case syntax.Literal(int() | float() as seconds) if not isinstance(seconds, bool):
            found = seconds * 1000
        case syntax.Hole():
            return None
        case _:
            found = None
    if found is None or found < least or found != int(found):
        sink.add(not_a_duration(sink.at(value.span), word, zero=least == 0))
        return None
    if found > LONGEST_DURATION:
        sink.add(over_limit(sink.at(value.span), f"`{word}` is at most {LONGEST_DURATION // 86_400_000}d"))
        return None
    return Duration(int(found), keyword)


def bind_flag(value: syntax.Expr, word: str, sink: Sink) -> Flag | None:
    """`true` or `false`; null where it is wrong."""
    match value:
        case syntax.Literal(bool() as flag):
            return Flag(flag, value.span)
        case syntax.Hole():
            pass
        case _:
            sink.add(bad_value(sink.at(value.span), f"`{word}` takes `true` or `false`"))
    return None


def written_name(value: syntax.Expr) -> syntax.Name | None:
    """The name that a value is, bare or in quotes."""
    match value:
        case syntax.Variable(name):
            return name
        case syntax.Literal(str() as text, span):
            inner = Span(span.start + 1, span.end - 1) if span.end - span.start == len(text.encode()) + 2 else span
            return syntax.Name(text, inner, True)
        case _:
            return None


def bind_word(value: syntax.Expr, item: str, words: Iterable[Word], sink: Sink) -> Word | None:
    """A word of a closed set, bare or in quotes; null where it is wrong."""
    known = tuple(words)
    name = written_name(value)
    found = next((word for word in known if name is not None and word == name.text), None)
    if found is not None:
        return found
    if not isinstance(value, syntax.Hole):
        place = sink.at(name.span if name else value.span)
        sink.add(not_one_of(place, item, name.text if name else "", known))
    return None


def bind_words(value: syntax.Expr, item: str, words: Iterable[Word], sink: Sink) -> tuple[Word, ...] | None:
    """A list of words of a closed set, each once; null where it is no list."""
    known = tuple(words)
    match value:
        case syntax.ListExpr(items):
            return _distinct_words(items, item, known, sink)
        case syntax.Hole():
            return None
        case _:
            sink.add(bad_value(sink.at(value.span), f"`{item}` takes a list: `[{known[0]}]`", label="not a list"))
            return None


def _distinct_words(items: Sequence[syntax.Expr], item: str, known: tuple[Word, ...], sink: Sink) -> tuple[Word, ...]:
    first: dict[Word, syntax.Expr] = {}
    for each in items:
        word = bind_word(each, item, known, sink)
        if word is None:
            continue
        before = first.setdefault(word, each)
        if before is not each:
            sink.add(duplicate_key(sink.at(each.span), word, sink.at(before.span)))
    return tuple(first)


def bind_retry(pairs: Sequence[syntax.Pair], keyword: Span, sink: Sink) -> Retry | None:
    """`retry { .. }`; null where something in it is wrong. What is left out is the default."""
    before = len(sink.found)
    retry = _retry(pairs, sink)
    return Retry(retry, keyword) if len(sink.found) == before else None


def _retry(pairs: Sequence[syntax.Pair], sink: Sink) -> ir.Retry:
    attempts: int | None = None
    backoff: Literal["constant", "linear", "exponential"] | None = None
    on: tuple[str, ...] | None = None
    waits: dict[str, Duration | None] = {}
    jitter: Flag | None = None
    for pair in distinct(pairs, sink):
        match pair.key.text:
            case "max_attempts":
                attempts = bind_count(pair.value, "max_attempts", sink)
            case "backoff":
                backoff = bind_word(pair.value, "backoff", BACKOFFS, sink)
            case "initial" | "max" as word:
                waits[word] = bind_duration(pair.value, word, pair.key.span, sink, least=0)
            case "jitter":
                jitter = bind_flag(pair.value, "jitter", sink)
            case "on":
                on = bind_words(pair.value, "on", RETRIED, sink)
            case word:
                sink.add(unknown_key(sink.at(pair.key.span), word, "`retry`", RETRY))
    initial, most = _waits(waits, sink)
    return ir.Retry(
        max_attempts=attempts or DEFAULT_RETRY.max_attempts,
        backoff=backoff or DEFAULT_RETRY.backoff,
        initial=initial,
        max=most,
        jitter=jitter.value if jitter else DEFAULT_RETRY.jitter,
        on=DEFAULT_RETRY.on if on is None else on,
    )


def _waits(waits: dict[str, Duration | None], sink: Sink) -> tuple[int, int]:
    """The first wait and the longest. One that is written is in order with the default of the other."""
    first, longest = waits.get("initial"), waits.get("max")
    if first and longest and first.ms > longest.ms:
        sink.add(
            bad_value(sink.at(longest.keyword), "`max` is shorter than `initial`", "it bounds the wait that grows")
        )
    initial = first.ms if first else min(DEFAULT_RETRY.initial, longest.ms if longest else DEFAULT_RETRY.initial)
    return initial, longest.ms if longest else max(DEFAULT_RETRY.max, initial)
