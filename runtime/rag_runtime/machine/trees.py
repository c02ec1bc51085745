"""Trees of children as values: a child, the group of children that somebody joins, and what joins see of them."""

from __future__ import annotations

from collections import deque
from typing import Literal

from rag_ir.graph import Json
from rag_ir.record import field, mutable
from rag_runtime.events import Error
from rag_runtime.machine.conversation import Conversation
from rag_runtime.machine.plan import JoinPlan, NodePlan, SendPlan, WaitPlan

ChildOutcome = Literal["succeeded", "failed", "cancelled", "timeout"]
Place = tuple[int, int]
"""Where an activation stands in task order: its superstep and its index there."""


class Child:
    """A child tree: what a send started, or (without a parent) the run itself.

    `live` counts what goes on directly in it: activations, children that nobody joins, groups that it waits for. Its *region* is
    the nearest tree around it that somebody waits for as a whole, or that nobody waits for: a joined child, a detached one, or the
    run; joins over declared nodes belong to regions. `order` is its age, `index` its number among the sender's children. `counted`: a
    group waits for it. `detached`: no boundary waits for it, and it fails nothing but the run.
    """

    __slots__ = (
        "arrivals", "conversation", "counted", "detached", "error", "group", "groups", "id", "index", "live", "order", "outcome",
        "output", "parent", "place", "region", "send",
    )  # fmt: skip

    def __init__(
        self,
        order: int,
        parent: Child | None = None,
        group: Group | None = None,
        send: SendPlan | None = None,
        index: int = 0,
    ) -> None:
        self.order = order
        self.parent = parent
        self.group = group
        self.send = send
        self.index = index
        self.detached = send is not None and not send.blocking
        self.counted = group is not None
        self.region: Child = self if parent is None or group is not None or self.detached else parent.region
        self.id: str | None = None
        self.place: Place = (-1, 0)
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

    @property
    def behind(self) -> bool:
        """Whether no boundary waits for what goes on in it."""
        tree: Child | None = self
        while tree is not None:
            if tree.detached:
                return True
            tree = tree.parent
        return False

    @property
    def optional(self) -> bool:
        """Whether its failure fails nothing else."""
        return self.send is not None and self.send.optional


@mutable
class Arrivals:
    """What a join over declared nodes has collected since it last fired."""

    entries: list[Json] = field(default_factory=list[Json])
    sources: set[NodePlan] = field(default_factory=set[NodePlan])


@mutable
class Group:
    """The children that one activation (`task`, at `place`) joins.

    `left` counts the children that it waits for and that have not ended, `succeeded` those that have; `sure` those whose success is
    journaled and not merged. `held`: it was decided before the boundary. `late`: its time was up. `over`: it has fired, or cannot any
    more. `queue` holds what `fallback` has not started.
    """

    sender: NodePlan
    task: str
    place: Place
    scope: Child
    join: WaitPlan
    left: int
    children: list[Child] = field(default_factory=list[Child])
    queue: deque[tuple[SendPlan, Child, Json]] = field(default_factory=deque[tuple[SendPlan, "Child", Json]])
    succeeded: int = 0
    sure: int = 0
    held: bool = False
    late: bool = False
    over: bool = False

    @property
    def handler(self) -> NodePlan | None:
        """What runs when the join cannot hold any more."""
        return self.join.on_timeout if self.late and self.join.on_timeout is not None else self.sender.on_error

    def breaks(self, child: Child, failing: int) -> bool:
        """Whether it cannot hold once `failing` of the children that it waits for have failed, `child` the last of them."""
        needed = self.join.needed
        if needed is None:
            return self.join.strict and not child.optional
        return self.succeeded + self.left - failing < needed

    def listing(self) -> list[Json]:
        """`args.children`."""
        return [entry(child) for child in self.children]


def entry(child: Child) -> dict[str, Json]:
    """A child as its join's target sees it: one that was never started, or is no more waited for, is skipped."""
    name = "" if child.send is None else child.send.target.name
    return arrival(child.index, name, child.outcome or "skipped", child.output, child.error)


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
