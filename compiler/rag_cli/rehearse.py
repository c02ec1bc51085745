"""Runs one test: its graph on the real runtime, with the models, tools and people that the test scripts, and no others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter

from rag_compiler.diagnostics import Label, Place
from rag_compiler.emit_tests import Broken, TestCase
from rag_compiler.expectations import Seen, facts_in, unmet
from rag_ir.canonical import compact
from rag_ir.graph import Document, Json
from rag_ir.record import record, replace
from rag_registry.registry import Registry
from rag_runtime.api import resume_blocking, run_blocking
from rag_runtime.binding import bind
from rag_runtime.coverage import covered
from rag_runtime.providers.script import Answer, BadScript, Script, place_of, read_answer
from rag_runtime.providers.scripted import Scripted
from rag_runtime.reading import RunResult, show_run
from rag_runtime.refusals import RunRefused
from rag_runtime.seams import Capabilities
from rag_runtime.stores.memory import MemoryStore
from rag_runtime.stores.store import Store
from rag_runtime.tools.scripted import ScriptedTool, ToolAnswers

ACTOR = "test"
MOST_PAUSES = 1_000


@record(kw_only=True)
class Failure:
    """Why a test failed: one clause, where, and the values that were seen."""

    message: str
    place: Place
    seen: tuple[Label, ...] = ()


@record(kw_only=True)
class Verdict:
    """What came of a test. `covered` are the parts of `document` that it went through; `seconds` is how long it took."""

    title: str
    place: Place
    failures: tuple[Failure, ...]
    document: Document | None = None
    covered: frozenset[str] = frozenset()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.failures


def rehearse(test: TestCase | Broken, registry: Registry, root: Path) -> Verdict:
    """The verdict on a test. Route functions of the project are run, nothing else of it; no network, no tokens."""
    if isinstance(test, Broken):
        errors = tuple(Failure(message=f"{each.message} ({each.code})", place=each.place) for each in test.errors)
        refused = errors or (Failure(message="the test cannot be run", place=test.place),)
        return Verdict(title=test.title, place=test.place, failures=refused)
    started = perf_counter()
    try:
        with closing(MemoryStore()) as store:
            result = _run(test, registry, root, store)
            failures = tuple(_unmet(test, result, store))
            went = frozenset(covered(store, result.run))
    except (_Unplayable, BadScript, RunRefused) as refused:
        failures, went = (Failure(message=str(refused), place=test.place),), frozenset[str]()
    return Verdict(
        title=test.title,
        place=test.place,
        failures=failures,
        document=test.document,
        covered=went,
        seconds=perf_counter() - started,
    )


class _Unplayable(Exception):
    """The test cannot go on."""


def _run(test: TestCase, registry: Registry, root: Path, store: Store) -> RunResult:
    capabilities = _capabilities(test, registry, root)
    # Nothing that a test calls is real: it needs no review.
    reviewed = (test.document.digest,)
    result = run_blocking(
        test.document,
        registry,
        root=root,
        input=dict(test.input),
        store=store,
        run_id="test",
        capabilities=capabilities,
        approvals=reviewed,
    )
    people = {node: list(answers.values) for node, answers in test.people}
    always = {node for node, answers in test.people if answers.always}
    for _ in range(MOST_PAUSES):
        given = {
            question.address: left[0] if node in always else left.pop(0)
            for question in result.questions
            if (found := _person(question.address, people)) is not None
            for node, left in (found,)
        }
        if result.outcome != "paused" or not given:
            return result
        result = resume_blocking(
            result.run,
            registry,
            root=root,
            store=store,
            answers=given,
            actor=ACTOR,
            capabilities=capabilities,
            approvals=reviewed,
        )
    raise _Unplayable(f"the run asked more than {MOST_PAUSES:,} times; it may ask for ever")


def _person(address: str, people: Mapping[str, list[Json]]) -> tuple[str, list[Json]] | None:
    """Who answers a question: by the path of the node that asks, or the end of it."""
    path = path_of(address)
    for node in (path, *(node for node in people if path.endswith(f"/{node}"))):
        if people.get(node):
            return node, people[node]
    return None


def path_of(address: str) -> str:
    """The path of the node that asks: `1:0:sub/0:0:ask#call` is `sub/ask`."""
    return re.sub(r"(^|/)\d+:\d+:", r"\1", address.partition("#")[0])


def _capabilities(test: TestCase, registry: Registry, root: Path) -> Capabilities:
    requires = test.document.requires
    bound, findings = bind(
        replace(test.document, requires=replace(requires, models=(), tools=())), registry, root, environment={}
    )
    if findings:
        raise _Unplayable(findings[0].message)
    tools: dict[str, list[ToolAnswers]] = {each.name: [] for each in requires.tools}
    for name, arguments, answers in test.tools:
        tools.setdefault(name, []).append(ToolAnswers(arguments, answers.values, answers.always))
    return replace(
        bound,
        models={each.name: Scripted(each.name, _script(each.name, test), each.price) for each in requires.models},
        tools={name: ScriptedTool(name, scripts) for name, scripts in tools.items()},
    )


def _script(model: str, test: TestCase) -> Script:
    """What a test scripts of one model, in the form that the provider reads."""
    at: dict[tuple[str, int], tuple[Answer, ...]] = {}
    models: dict[str, tuple[Answer, ...]] = {}
    always: dict[str, Answer] = {}
    for name, path, answers in test.models:
        if name != model:
            continue
        read = tuple(map(read_answer, answers.values))
        if answers.always:
            always[place_of(path)[0] if path else ""] = read[0]
        elif path is None:
            models[model] = (*models.get(model, ()), *read)
        else:
            at[place_of(path)] = (*at.get(place_of(path), ()), *read)
    if models and (at or always):
        raise _Unplayable(
            f"model `{model}` answers by place and in order: give all of its answers `at` a place, or none"
        )
    return Script(file="the test", at=at, models=models, always=always)


def _unmet(test: TestCase, result: RunResult, store: Store) -> Sequence[Failure]:
    scope = _facts(result, store)
    failures: list[Failure] = []
    for expectation in test.expectations:
        found = unmet(expectation.condition, scope)
        if found:
            place = Place(test.place.path, expectation.condition.span)
            seen = tuple(Label(Place(test.place.path, each.span), _told(each)) for each in found)
            failures.append(Failure(message="the expectation does not hold", place=place, seen=seen))
    named = {name for expectation in test.expectations for name in facts_in(expectation.condition)}
    if result.outcome != "finished" and not named & {"outcome", "error", "questions"}:
        failures.insert(0, Failure(message=_ending(result), place=test.place))
    return failures


def _told(seen: Seen) -> str:
    return seen.failure or f"is {compact(seen.value)}"


def _ending(result: RunResult) -> str:
    if result.error is not None:
        return f"the run ended as `{result.outcome}`: {result.error.message} (`{result.error.code}`)"
    asked = ", ".join(f"`{path_of(question.address)}`" for question in result.questions)
    return f"the run is `{result.outcome}`" + (f", {asked} asks and nobody answers" if asked else "")


def _facts(result: RunResult, store: Store) -> dict[str, Json]:
    view = show_run(store, result.run)
    usage = result.usage
    error: Json = None
    if result.error is not None:
        error = {"code": result.error.code, "message": result.error.message, "node": result.error.node}
    return {
        "input": view.input,
        "state": view.state,
        "output": result.output if result.outcome == "finished" else None,
        "path": [each if isinstance(each, str) else [*each] for each in result.path],
        "outcome": result.outcome,
        "error": error,
        "questions": [path_of(question.address) for question in result.questions],
        "cost_usd": float(usage.cost_usd),
        "model_calls": usage.model_calls,
        "tool_calls": usage.tool_calls,
        "tokens": usage.input_tokens + usage.output_tokens,
    }
