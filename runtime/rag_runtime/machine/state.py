"""What a run is made of while it goes on: activations, what is scheduled next, and the run itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from rag_ir.graph import Json
from rag_ir.record import field, mutable, replace
from rag_runtime.commands import History
from rag_runtime.events import Error, TaskSucceeded
from rag_runtime.machine.channels import Channels
from rag_runtime.machine.log import Log
from rag_runtime.machine.plan import NodePlan, Plan
from rag_runtime.machine.trees import Child, Group, Place

Status = Literal["running", "paused", "succeeded", "failed", "cancelled"]

NO_HISTORY = History()


@mutable
class Activation:
    """One scheduled run of a node. `error` and `label` are those of its failure. What only its step needs is let go after it.

    `behind`: no boundary waits for it; then `seen` is the state and the transcript that it began with. `dropped`: it was cut off and
    will not be merged.
    """

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
    behind: bool = False
    dropped: bool = False
    seen: tuple[Mapping[str, Json], tuple[Json, ...]] | None = None

    @property
    def place(self) -> Place:
        """Where it stands in task order."""
        return self.step, self.index


Due = tuple[NodePlan, Child, Json, bool]
"""An activation to be: its node, its child, its `args`, and whether it was sent."""


class Agenda:
    """What the next superstep will run. `touched` are the groups of which a child has ended."""

    __slots__ = ("_firings", "_handlers", "_plain", "_sends", "touched")

    def __init__(self) -> None:
        self.touched: dict[Group, None] = {}
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


def _members(acts: Iterable[Activation]) -> dict[Child, list[Activation]]:
    """The activations of each tree."""
    found: dict[Child, list[Activation]] = {}
    for act in acts:
        tree: Child | None = act.child
        while tree is not None:
            found.setdefault(tree, []).append(act)
            tree = tree.parent
    return found


def _in_task_order(act: Activation) -> Place:
    return act.place


def _place(due: Due) -> tuple[int, int]:
    return due[0].index, due[1].order


@mutable
class Run:
    """A run between two events. `acts` are the activations of the superstep `step` until its boundary, `steps` all of them so far.

    `behind` are activations that no boundary waits for, until they are merged. `regions` are those in which a source of a join over
    declared nodes has arrived. `ending` counts, in each tree that is raced, what will have ended at the boundary; `sure` are the
    children that will have succeeded then. `cut` are the children and groups whose time was up since the last boundary.
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
    behind: dict[Activation, None] = field(default_factory=dict[Activation, None])
    ending: dict[Child, int] = field(default_factory=dict[Child, int])
    sure: dict[Child, Group] = field(default_factory=dict[Child, Group])
    cut: dict[Child | Group, Error] = field(default_factory=dict["Child | Group", Error])
    members: dict[Child, list[Activation]] | None = None

    def open(self) -> list[Activation]:
        """What is not merged, in task order."""
        return sorted({**dict.fromkeys(self.acts), **self.behind}, key=_in_task_order) if self.behind else self.acts

    def ready(self) -> list[Activation]:
        """What a boundary would merge now, in task order. Only what is behind may still go on then."""
        if not self.behind:
            return self.acts
        return [act for act in self.open() if act.dropped or act.status not in ("running", "paused", "cancelled")]

    def within(self, child: Child) -> list[Activation]:
        """What is not merged of a tree, in task order."""
        if self.members is None:
            self.members = _members(self.open())
        return self.members.get(child, [])

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
        self.members = None
        visits = self.visits
        cancels = self.plan.cancels
        for index, (node, child, args, sent) in enumerate(due):
            visit = visits[node] = visits.get(node, 0) + 1
            act = Activation(node, f"{step}:{index}:{node.name}", step, index, visit, child, args, sent)
            if sent:
                child.id, child.place = act.id, (step, index)
            if cancels and child.behind:
                act.behind = True
                self.behind[act] = None
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
