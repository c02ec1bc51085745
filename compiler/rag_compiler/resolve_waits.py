"""Bind the options of a join: what it waits for, and for how long."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir, syntax
from rag_compiler.hir_policies import Duration, JoinOptions, Wait
from rag_compiler.kinds import JOIN_OPTIONS, WAITS
from rag_compiler.resolve_expressions import distinct
from rag_compiler.resolve_names import Home
from rag_compiler.resolve_policies import bind_duration, bind_flag, bind_word, written_name
from rag_compiler.resolve_values import bind_count
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.words.names import unknown_key
from rag_compiler.words.structure import duplicate_key, needs_other
from rag_compiler.words.values import bad_value


def bind_join_options(pairs: Sequence[syntax.Pair], home: Home) -> JoinOptions:
    """The options of a join; what is wrong has been reported, and counts as not written."""
    sink = home.sink
    options = {pair.key.text: pair for pair in distinct(pairs, sink)}
    for word, pair in options.items():
        if word not in JOIN_OPTIONS:
            sink.add(unknown_key(sink.at(pair.key.span), word, "`join`", JOIN_OPTIONS))
    wait = _wait(options["wait"].value, sink) if "wait" in options else None
    if "keep" in options:
        wait = _keep(options["keep"], wait, "wait" in options, sink)
    timeout: Duration | None = None
    if "timeout" in options:
        timeout = bind_duration(options["timeout"].value, "timeout", options["timeout"].key.span, sink)
    elif "on_timeout" in options:
        sink.add(needs_other(sink.at(options["on_timeout"].key.span), "on_timeout", "timeout", "`timeout: 5m`"))
    on_timeout = _handler(options["on_timeout"], home) if "on_timeout" in options else None
    return JoinOptions(wait, timeout, on_timeout)


def _wait(value: syntax.Expr, sink: Sink) -> Wait | None:
    match value:
        case syntax.Call(syntax.Name("quorum"), arguments):
            return _quorum(arguments, value.span, sink)
        case syntax.Variable(syntax.Name("quorum")) | syntax.Literal("quorum"):
            return _quorum((), value.span, sink)
        case _:
            policy = bind_word(value, "wait", WAITS, sink)
            return Wait(policy, None, None, value.span) if policy else None


def _quorum(arguments: Sequence[syntax.Expr], where: Span, sink: Sink) -> Wait | None:
    keep = next((each.span for each in arguments if isinstance(each, syntax.Variable)), None)
    count = next((each for each in arguments if not isinstance(each, syntax.Variable)), None)
    if count is None:
        sink.add(
            bad_value(sink.at(where), "`quorum` takes the number of children that must succeed", "write `quorum 2`")
        )
        return None
    number = bind_count(count, "quorum", sink)
    return Wait("quorum", number, keep, where) if number else None


def _keep(pair: syntax.Pair, wait: Wait | None, given: bool, sink: Sink) -> Wait | None:
    """`keep: true` beside `wait: quorum N` is `wait: quorum N keep`."""
    flag = bind_flag(pair.value, "keep", sink)
    place = sink.at(pair.key.span)
    if wait is not None and wait.keep is not None:
        sink.add(duplicate_key(place, "keep", sink.at(wait.keep)))
    elif wait is not None and wait.policy == "quorum":
        return Wait(wait.policy, wait.quorum, pair.key.span if flag and flag.value else None, wait.span)
    elif wait is not None or not given:
        sink.add(needs_other(place, "keep", "quorum", "`wait: quorum 2 keep`"))
    return wait


def _handler(pair: syntax.Pair, home: Home) -> hir.Target:
    name = written_name(pair.value)
    if name is not None:
        return home.node(name, "`on_timeout` target", pair.value.span, end=False)
    if not isinstance(pair.value, syntax.Hole):
        home.sink.add(bad_value(home.sink.at(pair.value.span), "`on_timeout` takes the name of a node"))
    return hir.Hole(pair.value.span)
