"""What a run is made of while it goes on: activations, children, groups of children, and what is scheduled next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from rag_ir.graph import Json
from rag_ir.record import field, mutable, replace
from rag_runtime.commands import History
from rag_runtime.events import Error, TaskSucceeded
from rag_runtime.machine.channels import Channels
from rag_runtime.machine.conversation import Conversation
from rag_runtime.machine.log import Log
from rag_runtime.machine.plan import JoinPlan, NodePlan, Plan

Status = Literal["running", "paused", "succeeded", "failed", "cancelled"]
ChildOutcome = Literal["succeeded", "failed", "cancelled"]

NO_HISTORY = History()


@mutable
class Activation:
    """One scheduled run of a node. `error` and `label` are those of its failure. What only its step needs is let go after it."""

    plan: NodePlan
    id: str
    step: int
    index: int
    visit: int
    child: Child
    args: Json
    sent: bool
    status: Status = "running"
    end: TaskSucceeded | None = None
    error: Error | None = None
    label: str | None = None
    log: Log | None = None


class Child:
    """A child tree: what a send started, or (without a parent) the run itself.

    `live` counts what goes on directly in it: activations, children that nobody joins, groups that it waits for. Its *region* is
    the nearest tree around it that somebody waits for as a whole: a joined child, or the run; joins over declared nodes belong
    to regions. `order` is its age.
    """

    __slots__ = (
        "arrivals", "conversation", "error", "group", "groups", "id", "live", "node", "order", "outcome", "output", "parent",
        "region",
    )  # fmt: skip

    def __init__(self, order: int, node: NodePlan | None, parent: Child | None, group: Group | None) -> None:
        self.order = order
        self.node = node
        self.parent = parent
        self.group = group
        self.region: Child = self if parent is None or group is not None else parent.region
        self.id: str | None = None
        self.live = 1
        self.outcome: ChildOutcome | None = None
        self.output: Json = None
        self.error: Error | None = None
        self.conversation: Conversation | None = None
        self.arrivals: dict[JoinPlan, Arrivals] = {}
        self.groups: dict[Group, None] = {}

    @property
    def dead(self) -> bool:
        """Whether nothing may be scheduled in it any more."""
        tree: Child | None = self
        while tree is not None:
            if tree.outcome is not None and tree.outcome != "succeeded":
                return True
            tree = tree.parent
        return False


@mutable
class Arrivals:
    """What a join over declared nodes has collected since it last fired."""

    entries: list[Json] = field(default_factory=list[Json])
    sources: set[NodePlan] = field(default_factory=set[NodePlan])


@mutable
class Group:
    """The children that one activation joins. `left` counts those that have not ended."""

    sender: NodePlan
    scope: Child
    target: NodePlan
    left: int
    children: list[Child] = field(default_factory=list[Child])

    def listing(self) -> list[Json]:
        """`args.children`."""
        return [entry(index, child) for index, child in enumerate(self.children)]


def entry(index: int, child: Child) -> dict[str, Json]:
    """A child as its join's target sees it."""
    name = "" if child.node is None else child.node.name
    return arrival(index, name, child.outcome or "cancelled", child.output, child.error)


def arrival(index: int, node: str, outcome: str, output: Json, error: Error | None) -> dict[str, Json]:
    """An element of `args.children`."""
    succeeded = outcome == "succeeded"
    return {
        "node": node,
        "index": index,
        "outcome": outcome,
        "output": output if succeeded else None,
        "error": None if error is None else shown(error),
    }


def shown(error: Error) -> dict[str, Json]:
    """An error as expressions see it."""
    return {"code": error.code, "message": error.message, "node": error.node, "task": error.task}


Due = tuple[NodePlan, Child, Json, bool]
"""An activation to be: its node, its child, its `args`, and whether it was sent."""


class Agenda:
    """What the next superstep will run."""

    __slots__ = ("_firings", "_handlers", "_plain", "_sends")

    def __init__(self) -> None:
        self._plain: dict[tuple[NodePlan, Child], Due] = {}
        self._handlers: list[Due] = []
        self._sends: list[Due] = []
        self._firings: list[Due] = []

    def plain(self, target: NodePlan, child: Child) -> bool:
        """Schedule a plain activation; false if the same one is scheduled already."""
        key = (target, child)
        if key in self._plain:
            return False
        self._plain[key] = (target, child, None, False)
        return True

    def handle(self, target: NodePlan, child: Child, args: Json) -> None:
        """Schedule the handler of a failure: never one with another."""
        self._handlers.append((target, child, args, False))

    def send(self, target: NodePlan, child: Child, args: Json) -> None:
        """Schedule the first activation of a child."""
        self._sends.append((target, child, args, True))

    def fire(self, target: NodePlan, child: Child, args: Json) -> None:
        """Schedule the target of a join."""
        self._firings.append((target, child, args, False))

    def scheduled(self) -> Iterable[Due]:
        """Everything so far, in no order."""
        yield from self._plain.values()
        yield from self._handlers
        yield from self._sends
        yield from self._firings

    def due(self) -> list[Due]:
        """Task order: plain activations by declaration and child's age, then sends, then joins by declaration of their targets."""
        plain = [*self._plain.values(), *self._handlers]
        if len(plain) > 1:
            plain.sort(key=_place)
        if len(self._firings) > 1:
            self._firings.sort(key=_place)
        return [*plain, *self._sends, *self._firings]


def _place(due: Due) -> tuple[int, int]:
    return due[0].index, due[1].order


@mutable
class Run:
    """A run between two events. `acts` are the activations of the superstep `step`, `steps` all of them so far.

    `regions` are those in which a source of a join over declared nodes has arrived.
    """

    plan: Plan
    input: Json
    namespace: str
    path: str
    channels: Channels
    root: Child
    step: int = -1
    acts: list[Activation] = field(default_factory=list[Activation])
    steps: list[list[Activation]] = field(default_factory=list[list[Activation]])
    visits: dict[NodePlan, int] = field(default_factory=dict[NodePlan, int])
    regions: dict[Child, None] = field(default_factory=dict[Child, None])
    children: int = 0

    def address(self, task: str) -> str:
        """A task as it is known outside of its own run."""
        return f"{self.namespace}/{task}" if self.namespace else task

    def path_of(self, node: NodePlan) -> str:
        """The node's name behind the parents' paths."""
        return f"{self.path}/{node.name}" if self.path else node.name

    def begin(self, step: int, due: list[Due]) -> None:
        """The next superstep: its activations, in task order."""
        self.step = step
        self.acts = acts = list[Activation]()
        visits = self.visits
        for index, (node, child, args, sent) in enumerate(due):
            visit = visits[node] = visits.get(node, 0) + 1
            act = Activation(node, f"{step}:{index}:{node.name}", step, index, visit, child, args, sent)
            if sent:
                child.id = act.id
            acts.append(act)
        self.steps.append(acts)

    def find(self, task: str) -> Activation | None:
        """An activation of any superstep so far."""
        step, _, rest = task.partition(":")
        index, _, _ = rest.partition(":")
        if not (step.isdecimal() and index.isdecimal()):
            return None
        acts = self.steps[int(step)] if int(step) < len(self.steps) else []
        act = acts[int(index)] if int(index) < len(acts) else None
        return act if act is not None and act.id == task else None

    def located(self, error: Error, act: Activation) -> Error:
        """An error that says which activation it is of."""
        if error.node and error.task:
            return error
        return replace(error, node=error.node or act.plan.name, task=error.task or self.address(act.id))

    def failure(self, act: Activation, code: str, message: str, at: str = "") -> Error:
        """An error of an activation. `at` is a JSON pointer into the document; empty, it points to the node."""
        return Error(
            code=code,
            message=f"node `{act.plan.name}`: {message}",
            node=act.plan.name,
            task=self.address(act.id),
            at=at or act.plan.pointer,
        )
