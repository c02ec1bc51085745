"""What is said of information that meets where it should not: the way that it took, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_ir import graph as ir
from rag_ir.finding import Finding, Related, pointer
from rag_ir.record import record
from rag_verify.information_flow import Information, Spot
from rag_verify.information_points import TALK, Key

MOST_STEPS = 24
"""A way that is longer is shown without its middle."""


@record(kw_only=True)
class Meeting:
    """A node where untrusted content and private data meet tools with effects. `ways`: how each begins, and its spots."""

    graph: str
    node: ir.Node
    tools: tuple[str, ...]
    certain: bool
    ways: tuple[tuple[str, Sequence[Spot]], ...]


def told_meeting(information: Information, meeting: Meeting) -> Finding:
    """The finding, at the node that can call the tools."""
    name, at = meeting.node.name, _at(information, meeting.graph, meeting.node.name)
    tools = _names(meeting.tools)
    steps = [step for words, way in meeting.ways for step in _steps(information, words, way)]
    end = Related(at, f"`{name}` {'can' if meeting.certain else 'may be able to'} act on both through {tools}")
    certain = meeting.certain
    code = "unsafe-flow" if certain else "possible-unsafe-flow"
    label = "untrusted, private, and able to act" if certain else "nothing shows that this is safe"
    return Finding(
        code=code,
        at=at,
        message=_sentence(meeting, tools),
        label=label,
        help="\n".join(_mends(meeting)),
        flow=(*steps, end),
    )


def _sentence(meeting: Meeting, tools: str) -> str:
    name, may = meeting.node.name, "" if meeting.certain else "may "
    if isinstance(meeting.node.behaviour, ir.ToolCall):
        verb = "calls" if meeting.certain else "call"
        return f"`{name}` {may}{verb} {tools} with untrusted content and private data, and nobody has looked at it"
    verb = "has" if meeting.certain else "have"
    both = f"`{name}` {may}{verb} untrusted content and private data before it, and can call {tools}"
    return f"{both}: what it reads could make it give away what it knows"


def told_system(information: Information, graph: str, node: ir.Node, words: str, way: Sequence[Spot]) -> Finding:
    """Untrusted text that would speak with the author's voice."""
    at = _at(information, graph, node.name)
    return Finding(
        code="untrusted-system",
        at=f"{at}/behaviour/system",
        message=f"untrusted content reaches the system message of `{node.name}`: its model cannot tell it from your instructions",
        label="untrusted text as instructions",
        help="put it into `prompt`, and leave `system` to what you write yourself",
        flow=tuple(_steps(information, words, way)),
    )


def told_tool(index: int, tool: ir.ToolRequirement) -> Finding:
    """A tool of which the manifest does not say enough."""
    keys = (("effects", tool.effects), ("reads", tool.reads), ("returns_trust", tool.returns_trust))
    missing = [key for key, value in keys if value == "unknown"]
    values = {
        "effects": '`"none"`, `"read"`, `"write"` and `"external"`',
        "reads": '`"public"`, `"private"` and `"secret"`',
        "returns_trust": '`"trusted"` and `"untrusted"`',
    }
    return Finding(
        code="unlabelled-tool",
        at=pointer("requires", "tools", index),
        message=f"tool `{tool.name}` does not say {_names(missing)}: nothing can be proved of where it is used",
        label="not labelled",
        help="\n".join(f"`{key}` is one of {values[key]}" for key in missing),
    )


def _mends(meeting: Meeting) -> Iterator[str]:
    tool = meeting.tools[0]
    if not meeting.certain:
        yield "label every tool on the way in the manifest: `effects`, `reads` and `returns_trust`"
    yield (
        f'put a person in between: `approval = "always"` in `[tools.{tool}]`, '
        "or before this node one of `kind interrupt` whose prompt shows the channel that is used"
    )
    if isinstance(meeting.node.behaviour, ir.ModelCall | ir.Subagent | ir.ToolExecutor):
        name = meeting.node.name
        yield f"or narrow the tools: take {_names(meeting.tools)} from `{name}`, or let only one of the two reach it"
    else:
        yield f"or let what `{meeting.node.name}` is given come from one of the two sources alone"


def _steps(information: Information, words: str, way: Sequence[Spot]) -> Iterator[Related]:
    """The steps of a way that a reader needs: where it begins, what is written, sent, given and seen."""
    first, *rest = way
    steps = [Related(_place(information, first), words)]
    before = first
    for spot in rest:
        told = _step(information, before, spot)
        if told and told != steps[-1].message:
            steps.append(Related(_place(information, spot), told))
        before = spot
    if len(steps) > MOST_STEPS:
        steps = [*steps[: MOST_STEPS // 2], *steps[-MOST_STEPS // 2 :]]
    yield from steps


def _step(information: Information, before: Spot, spot: Spot) -> str:
    number, (kind, node, name) = spot
    before_kind, _, before_name = before[1]
    match kind:
        case "write":
            return f"`{node}` writes it to {_channel(name)}"
        case "args" if before_kind != "args":
            return f"`{node}` is told what its children gave" if name == "children" else f"it is sent to `{node}`"
        case "call" if before_kind not in ("call", "args"):
            return f"`{node}` gives it to its child"
        case "input" if before_kind == "call":
            return f"it is input of graph `{information.calls[number].graph}`"
        case "result" if before_kind != "result":
            return f"graph `{information.calls[number].graph}` gives it back"
        case "context" | "system" if before_kind == "state":
            return f"`{node}` sees {_channel(before_name)}"
        case "context" | "system" if before_kind == "input":
            return f"`{node}` sees the input"
        case "store":
            return f"it is kept in store `{name}`"
        case _:
            return ""


def _channel(name: str | Key) -> str:
    return "its conversation" if name == TALK else f"channel `{name if isinstance(name, str) else '.'.join(name)}`"


def _place(information: Information, spot: Spot) -> str:
    number, (_, node, _) = spot
    if number < 0:
        return ""
    graph = information.calls[number].graph
    return _at(information, graph, node) if node else pointer("graphs", graph)


def _at(information: Information, graph: str, node: str) -> str:
    return pointer("graphs", graph, "nodes", information.points[graph].order[node])


def _names(names: Sequence[str]) -> str:
    return _words([f"`{name}`" for name in names])


def _words(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
