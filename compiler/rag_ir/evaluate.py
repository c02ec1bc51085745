"""The value of an expression: pure, total, bounded.

`scope` maps the roots that are visible (`input state args output`) and loop variables to their values; a lambda's parameter
shadows a loop variable, never a root. Values are shared with the scope, never copied: whoever keeps one must not change it.

A missing member or index is null, also of a value that has no members; so is a negative index. An index that is a whole number
counts as an integer. Conditions and the operands of `and`, `or`, `not` must be booleans, of arithmetic numbers, of an order two
numbers or two texts. A step is spent for each operation, each element looked at or made, and every `CHARACTERS` characters
made, so that time and memory are bounded; code nested deeper than `NESTING` is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from rag_ir.arithmetic import arithmetic, negated, ordered
from rag_ir.functions import call, call_each, contains, json_text
from rag_ir.operators import PARTS
from rag_ir.values import NESTING, EvaluationError, Steps, json_equal, name_of, repetition, too_deep

if TYPE_CHECKING:
    from rag_ir.graph import Code, Json

__all__ = ["EvaluationError", "evaluate", "json_equal", "render"]

STEPS = 100_000


def evaluate(code: Code, scope: Mapping[str, Json], *, steps: int = STEPS) -> Json:
    """The value of `code`. Raises EvaluationError, and nothing else, for any JSON as code and scope."""
    evaluator = _Evaluator(scope, Steps(steps))
    try:
        value = evaluator.value([code], 0)
    except EvaluationError as error:
        error.parts = error.parts[1:]
        raise
    except RecursionError:
        raise too_deep() from None
    if evaluator.built:
        evaluator.steps.spend_characters(repetition(value))
    return value


def render(code: Code, scope: Mapping[str, Json], *, steps: int = STEPS) -> str:
    """The value as a template writes it: a text as it is, null as nothing, everything else as compact JSON."""
    return _written(evaluate(code, scope, steps=steps), Steps(steps))


def _written(value: Json, steps: Steps) -> str:
    if isinstance(value, str):
        steps.spend_characters(len(value))
        return value
    return "" if value is None else json_text(value, steps)


class _Evaluator:
    __slots__ = ("built", "depth", "locals", "scope", "steps")

    def __init__(self, scope: Mapping[str, Json], steps: Steps) -> None:
        self.scope = scope
        self.steps = steps
        self.locals: dict[str, Json] = {}
        self.depth = 0
        self.built = False

    def value(self, around: list[Json], at: int, outer: tuple[int, ...] = ()) -> Json:
        """The value of `around[at]`; an error gets the path `outer`, `at` before its own."""
        self.steps.left -= 1
        self.depth += 1
        try:
            if self.steps.left < 0:
                self.steps.spend(0)
            if self.depth > NESTING:
                raise too_deep()
            code = around[at]
            if not isinstance(code, list) or not code or not isinstance(code[0], str) or code[0] not in _OPERATIONS:
                raise EvaluationError("malformed", "this is no expression")
            handler, least, most = _OPERATIONS[code[0]]
            if not least <= len(code) <= most:
                raise EvaluationError("malformed", f"`{code[0]}` has a wrong number of parts")
            result = handler(self, code)
        except EvaluationError as error:
            raise error.within(*outer, at) from None
        self.depth -= 1
        return result

    def get(self, code: list[Json]) -> Json:
        root = _word(code[1])
        if root not in self.scope:
            raise EvaluationError("unbound", f"`{root}` has no value here")
        value = self.scope[root]
        for name in code[2:]:
            value = value.get(_word(name)) if isinstance(value, dict) else None
        return value

    def variable(self, code: list[Json]) -> Json:
        name = _word(code[1])
        if name in self.locals:
            return self.locals[name]
        if name not in self.scope:
            raise EvaluationError("unbound", f"`{name}` has no value here")
        return self.scope[name]

    def member(self, code: list[Json]) -> Json:
        value = self.value(code, 1)
        name = _word(code[2])
        return value.get(name) if isinstance(value, dict) else None

    def index(self, code: list[Json]) -> Json:
        value, index = self.value(code, 1), self.value(code, 2)
        if isinstance(value, dict):
            return value.get(index) if isinstance(index, str) else None
        if not isinstance(value, list) or isinstance(index, bool) or not isinstance(index, (int, float)):
            return None
        return value[int(index)] if 0 <= index < len(value) and index == int(index) else None

    def list_of(self, code: list[Json]) -> Json:
        self.built = True
        return [self.value(code, at) for at in range(1, len(code))]

    def object_of(self, code: list[Json]) -> Json:
        self.built = True
        result: dict[str, Json] = {}
        for at in range(1, len(code)):
            pair = code[at]
            if not isinstance(pair, list) or len(pair) != 2:
                raise EvaluationError("malformed", "a member of an object is a key and an expression").within(at)
            result[_word(pair[0])] = self.value(pair, 1, (at,))
        return result

    def conjunction(self, code: list[Json]) -> Json:
        return self.truth(code, 1) and self.truth(code, 2)

    def disjunction(self, code: list[Json]) -> Json:
        return self.truth(code, 1) or self.truth(code, 2)

    def negation(self, code: list[Json]) -> Json:
        return not self.truth(code, 1)

    def truth(self, code: list[Json], at: int) -> bool:
        value = self.value(code, at)
        if not isinstance(value, bool):
            raise EvaluationError("condition", f"`{code[0]}` takes a boolean, not {name_of(value)}").within(at)
        return value

    def equal(self, code: list[Json]) -> Json:
        return json_equal(self.value(code, 1), self.value(code, 2), self.steps)

    def unequal(self, code: list[Json]) -> Json:
        return not json_equal(self.value(code, 1), self.value(code, 2), self.steps)

    def ordered(self, code: list[Json]) -> Json:
        return ordered(_word(code[0]), self.value(code, 1), self.value(code, 2))

    def contained(self, code: list[Json]) -> Json:
        part, whole = self.value(code, 1), self.value(code, 2)
        return contains(whole, part, self.steps)

    def default(self, code: list[Json]) -> Json:
        value = self.value(code, 1)
        return self.value(code, 2) if value is None else value

    def arithmetic(self, code: list[Json]) -> Json:
        return arithmetic(_word(code[0]), self.value(code, 1), self.value(code, 2))

    def negated(self, code: list[Json]) -> Json:
        return negated(self.value(code, 1))

    def choice(self, code: list[Json]) -> Json:
        return self.value(code, 2 if self.truth(code, 1) else 3)

    def call(self, code: list[Json]) -> Json:
        name = _word(code[1])
        self.built = True
        return call(name, [self.value(code, at) for at in range(2, len(code))], self.steps)

    def each(self, code: list[Json]) -> Json:
        name, parameter = _word(code[1]), _word(code[3])
        items = self.value(code, 2)
        self.built = True
        outer = self.locals

        def function(item: Json) -> Json:
            self.locals = {**outer, parameter: item}
            return self.value(code, 4)

        result = call_each(name, items, function, self.steps)
        self.locals = outer
        return result

    def template(self, code: list[Json]) -> Json:
        texts: list[str] = []
        for at in range(1, len(code)):
            part = code[at]
            texts.append(_written(part if isinstance(part, str) else self.value(code, at), self.steps))
        return "".join(texts)


def _word(part: Json) -> str:
    if not isinstance(part, str):
        raise EvaluationError("malformed", f"a name must stand here, not {name_of(part)}")
    return part


_HANDLERS: dict[str, Callable[[_Evaluator, list[Json]], Json]] = {
    "lit": lambda evaluator, code: code[1],
    "get": _Evaluator.get,
    "var": _Evaluator.variable,
    "member": _Evaluator.member,
    "index": _Evaluator.index,
    "list": _Evaluator.list_of,
    "object": _Evaluator.object_of,
    "and": _Evaluator.conjunction,
    "or": _Evaluator.disjunction,
    "not": _Evaluator.negation,
    "neg": _Evaluator.negated,
    "==": _Evaluator.equal,
    "!=": _Evaluator.unequal,
    "<": _Evaluator.ordered,
    "<=": _Evaluator.ordered,
    ">": _Evaluator.ordered,
    ">=": _Evaluator.ordered,
    "in": _Evaluator.contained,
    "??": _Evaluator.default,
    "+": _Evaluator.arithmetic,
    "-": _Evaluator.arithmetic,
    "*": _Evaluator.arithmetic,
    "/": _Evaluator.arithmetic,
    "%": _Evaluator.arithmetic,
    "if": _Evaluator.choice,
    "call": _Evaluator.call,
    "each": _Evaluator.each,
    "template": _Evaluator.template,
}
_OPERATIONS = {name: (handler, PARTS[name][0] + 1, PARTS[name][1] + 1) for name, handler in _HANDLERS.items()}
"""By operator: what evaluates it, and how long its code is at least and at most."""
