"""What follows an activation that succeeded: its sends and its route, seen from the state after its superstep."""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir.evaluate import evaluate
from rag_ir.graph import Code, Json
from rag_ir.values import EvaluationError, name_of
from rag_runtime.events import Error, TaskSucceeded
from rag_runtime.machine.plan import FAILURE_LABELS, Move, RoutePlan, SendPlan, WaitPlan
from rag_runtime.machine.state import Activation, Run


class Refused(Exception):
    """The activation fails at the boundary."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.message)
        self.error = error


def follow(run: Run, act: Activation, end: TaskSucceeded, state: dict[str, Json]) -> Move:
    """What follows `act`. Raises `Refused`."""
    fixed = act.plan.fixed
    if fixed is not None and end.label not in FAILURE_LABELS:
        return fixed
    return _Routing(run, act, end, state).move()


def surely_ends(act: Activation, end: TaskSucceeded) -> bool:
    """Whether the activation ends its branch, whatever the state will be."""
    plan = act.plan
    if plan.waiting or plan.sends:
        return False
    move = plan.fixed
    if move is None:
        first = next((route for route in plan.routes if route.label in (None, end.label)), None)
        move = first.move if first is not None and first.when is None else None
    elif end.label in FAILURE_LABELS:
        return False
    return move is not None and move.target is None and move.join is None


class _Routing:
    __slots__ = ("act", "end", "plan", "run", "scope")

    def __init__(self, run: Run, act: Activation, end: TaskSucceeded, state: dict[str, Json]) -> None:
        self.run = run
        self.act = act
        self.end = end
        self.plan = act.plan
        self.scope: dict[str, Json] = {
            "input": run.input,
            "state": state,
            "args": act.args,
            "output": end.output,
        }

    def move(self) -> Move:
        move = self.route() if self.plan.move is None else self.routed(self.plan.move)
        if not self.plan.sends:
            return move
        sends = [child for send in self.plan.sends for child in self.children(send)]
        if move.join is not None and move.join.least:
            self.check_number(move.join, sum(send.blocking for send, _ in sends))
        return Move(target=move.target, join=move.join, sends=sends)

    def check_number(self, join: WaitPlan, count: int) -> None:
        """Raises `Refused` for a join that its children cannot satisfy, however they end."""
        if count < join.least and (count or not join.strict):
            needs = f"the join needs {join.least} {'child' if join.least == 1 else 'children'}, and there are {count}"
            raise self.refused("too-few-children", needs, f"{self.plan.pointer}/routing")

    def routed(self, move: Move) -> Move:
        """Routing that looks at no label: a label of failure fails."""
        if self.end.label in FAILURE_LABELS:
            raise self.refused("no-route", f"the activation ended with `{self.end.label}`, which has no route")
        return move

    def route(self) -> Move:
        for route in self.plan.routes:
            if self.matches(route):
                return route.move
        label = "" if self.end.label is None else f" for `{self.end.label}`"
        raise self.refused("no-route", f"no route matches{label}", f"{self.plan.pointer}/routing")

    def matches(self, route: RoutePlan) -> bool:
        if route.label is not None:
            return route.label == self.end.label
        if route.when is None:
            return True
        value = self.value(route.when, self.scope, route.pointer)
        if not isinstance(value, bool):
            raise self.refused("expression-failed", f"a guard must be a boolean, not {name_of(value)}", route.pointer)
        return value

    def children(self, send: SendPlan) -> list[tuple[SendPlan, Json]]:
        if send.each is None:
            return [(send, self.payload(send, self.scope))]
        elements = self.value(send.each.source, self.scope, f"{send.pointer}/each/source")
        if not isinstance(elements, list):
            raise self.refused(
                "expression-failed", f"`each` takes a list, not {name_of(elements)}", f"{send.pointer}/each/source"
            )
        if send.max is not None and len(elements) > send.max:
            counts = f"{len(elements)} children, and at most {send.max} are allowed"
            raise self.refused("too-many-children", f"the send to `{send.target.name}` has {counts}", send.pointer)
        scope = {**self.scope}
        result: list[tuple[SendPlan, Json]] = []
        for element in elements:
            scope[send.each.variable] = element
            result.append((send, self.payload(send, scope)))
        return result

    def payload(self, send: SendPlan, scope: Mapping[str, Json]) -> Json:
        if send.payload is None:
            return None
        return {
            entry.name: self.value(entry.value, scope, f"{send.pointer}/payload/{at}/value")
            for at, entry in enumerate(send.payload)
        }

    def value(self, code: Code, scope: Mapping[str, Json], pointer: str) -> Json:
        try:
            return evaluate(code, scope)
        except EvaluationError as error:
            raise self.refused("expression-failed", error.message, f"{pointer}{error.path}") from None

    def refused(self, code: str, message: str, at: str = "") -> Refused:
        return Refused(self.run.failure(self.act, code, message, at))
