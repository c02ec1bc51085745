"""The places in one graph where information can be, and where it goes from each of them.

    input  args  call  made  result    a value: the run's input, what a node was sent with, what it gives a child, its output, the
                                       run's output; by field, "" where nothing is known of fields, "*" for whoever reads it whole
    state  left                        a channel as a node sees it, and as it leaves it behind
    write  final                       what a node writes to a channel, and the channel at the end of the run
    context                            everything that a node's model, tool or question is given
    system                             a node's system message
    store                              what is kept beyond a run; one for all graphs
    fork                               the conversation that a child begins with

Only what is said is followed: a route that is taken because of a value carries nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rag_ir import graph as ir
from rag_ir.graph import Code, Document, Schema
from rag_ir.record import record
from rag_verify.code_reads import Path, reads, shown
from rag_verify.flow import reachable
from rag_verify.state_flow import StateFlow, state_flow, targets_of_sends

Key = tuple[str, ...]
"""A channel, or a part of one that some question shows by itself."""

Point = tuple[str, str, str | Key]
"""Kind, node (or ""), and field or channel."""

WHOLE = ""
ANY = "*"
TALK: Key = ("",)
"""The transcript of a child, as if it were a channel. No channel is called so."""


@record
class GraphPoints:
    """One graph. `edges`: where information goes on to. `calls`: the graphs that nodes run. `order`: the nodes by position."""

    graph: ir.Graph
    edges: Mapping[Point, tuple[Point, ...]]
    calls: Mapping[str, str]
    order: Mapping[str, int]


def graph_points(graph: ir.Graph, document: Document) -> GraphPoints:
    """The points of a graph of a document."""
    return _Points(graph, document).made()


class _Points:
    def __init__(self, graph: ir.Graph, document: Document) -> None:
        self._graph = graph
        self._document = document
        self._flow: StateFlow = state_flow(graph)
        self._nodes = {node.name: node for node in graph.nodes}
        self._sends = targets_of_sends(graph.nodes)
        self._edges: dict[Point, dict[Point, None]] = {}
        self._keys = _keys(graph)
        self._calls = {
            node.name: node.behaviour.graph for node in graph.nodes if isinstance(node.behaviour, ir.Subgraph)
        }

    def made(self) -> GraphPoints:
        for node in self._graph.nodes:
            self._state(node)
            self._behave(node)
            self._write(node)
            self._send(node)
            self._catch(node)
        for join in self._graph.joins:
            self._collect(join.target, join.sources, join.sources)
        self._result()
        edges = {point: tuple(targets) for point, targets in self._edges.items()}
        order = {node.name: number for number, node in enumerate(self._graph.nodes)}
        return GraphPoints(self._graph, edges, self._calls, order)

    # ---- edges -------------------------------------------------------------------------------------------------------

    def _edge(self, source: Point, target: Point) -> None:
        for point in (source, target):
            if point not in self._edges and point[0] in ("input", "args", "call", "made", "result"):
                self._field(point)
        self._edges.setdefault(source, {})[target] = None

    def _field(self, point: Point) -> None:
        kind, node, name = point
        self._edges[point] = {}
        if name == WHOLE:
            self._edge(point, (kind, node, ANY))
        elif name != ANY:
            self._edge((kind, node, WHOLE), point)
            self._edges[point][kind, node, ANY] = None

    def _read(self, node: str, code: Code, target: Point) -> None:
        """What some code of a node reads goes to `target`."""
        for path in reads(code):
            for source in self._sources(node, path, "state"):
                self._edge(source, target)

    def _sources(self, node: str, path: Path, state: str) -> Iterator[Point]:
        root, *members = path
        match root, members:
            case "state", []:
                yield from ((state, node, (channel.name,)) for channel in self._graph.channels)
            case "state", _:
                yield state, node, self._key(members)
            case "input", _:
                yield from self._input(node, members)
            case "args", _:
                yield "args", node, members[0] if members else ANY
            case _:
                yield "made", node, members[0] if members else ANY

    def _input(self, node: str, members: list[str]) -> Iterator[Point]:
        """In the templates of an agent's settings, `input` is the agent's own."""
        behaviour = self._nodes[node].behaviour if node else None
        if not isinstance(behaviour, ir.ModelCall) or behaviour.agent is None:
            yield "input", "", members[0] if members else ANY
        else:
            yield "call", node, members[0] if members else ANY

    def _key(self, members: list[str]) -> Key:
        """The longest known part of a channel that holds a path."""
        best: Key = (members[0],)
        for key in self._keys.get(members[0], ()):
            if len(key) > len(best) and key == tuple(members[: len(key)]):
                best = key
        return best

    # ---- state -------------------------------------------------------------------------------------------------------

    def _state(self, node: ir.Node) -> None:
        name, flow = node.name, self._flow
        removed = self._removed(node)
        for key in (*(key for keys in self._keys.values() for key in keys), TALK):
            here, left, wrote = ("state", name, key), ("left", name, key), ("write", name, key)
            if key not in removed:
                self._edge(here, left)
            self._edge(wrote, left)
            for step in flow.after[name]:
                if key != TALK or step.talk:
                    self._edge(left, ("state", step.target, key))
            for target in flow.before[name]:
                self._edge(here, ("state", target, key))
            if key == TALK:
                continue
            for target in flow.beside[name]:
                self._edge(wrote, ("state", target, key))
            if name in flow.ends:
                self._edge(left, ("final", "", key))

    def _removed(self, node: ir.Node) -> set[Key]:
        """What a node leaves nothing of: values that a person has seen in its question, and those that it replaces."""
        paths: set[Key] = set()
        if isinstance(node.behaviour, ir.Interrupt):
            paths = {path[1:] for path in shown(node.behaviour.prompt) if path[:1] == ("state",) and len(path) > 1}
        replaced = {entry.name for entry in node.update}
        if not node.writes.present and "tool_call" not in node.labels and not self._other_writes(node.name):
            replaced |= {entry.name for entry in node.writes.entries}
        paths |= {
            (each.name,) for each in self._graph.channels if each.reducer == "overwrite" and each.name in replaced
        }
        return {key for keys in self._keys.values() for key in keys if any(key[: len(p)] == p for p in paths)}

    def _other_writes(self, name: str) -> list[ir.Writes]:
        return [send.writes for _, send in self._sends.get(name, ()) if send.writes is not None]

    def _talks(self, name: str) -> Iterator[Key]:
        """The conversations that a node may have: the graph's, a child's own, or both."""
        flow = self._flow
        if self._graph.messages is not None and (name in flow.trunk or name not in flow.inner):
            yield (self._graph.messages,)
        if name in flow.inner:
            yield TALK

    # ---- behaviours --------------------------------------------------------------------------------------------------

    def _behave(self, node: ir.Node) -> None:
        name, context, made = node.name, ("context", node.name, ""), ("made", node.name, WHOLE)
        match node.behaviour:
            case ir.ModelCall() as call:
                self._model(name, call)
                self._speak(node, made)
            case ir.ToolExecutor():
                for key in self._talks(name):
                    self._edge(("state", name, key), context)
                self._speak(node, made)
            case ir.ToolCall(arguments=arguments):
                for entry in arguments:
                    self._read(name, entry.value, context)
            case ir.Subagent(agent=agent, input=given):
                known = self._document.agents.get(agent)
                self._child(name, given, known.input if known else None)
                for path in reads(known.system if known else None):
                    self._edge(("call", name, path[1] if len(path) > 1 else ANY), ("system", name, ""))
            case ir.Subgraph(graph=graph, input=given):
                called = self._document.graphs.get(graph)
                self._child(name, given, called.input if called else None)
            case ir.Interrupt(prompt=prompt):
                self._read(name, prompt, context)
            case ir.Join():
                self._edge(("args", name, "children"), made)
            case ir.Router() | ir.Pass():
                pass
        if isinstance(node.behaviour, ir.ModelCall | ir.ToolExecutor | ir.ToolCall | ir.Subagent):
            self._edge(context, made)
        for store in stores_of(node, self._document):
            self._edge(context, ("store", "", store))
            self._edge(("store", "", store), context)

    def _model(self, name: str, call: ir.ModelCall) -> None:
        context: Point = ("context", name, "")
        if call.agent is not None:
            agent = self._document.agents.get(call.agent)
            self._derived(name, agent.input if agent else None)
            self._pass_fields(name)
        self._read(name, call.system, ("system", name, ""))
        self._edge(("system", name, ""), context)
        self._read(name, call.prompt, context)
        for key in self._talks(name):
            self._edge(("state", name, key), context)
        if name in self._sends:
            self._edge(("args", name, ANY), context)
        if call.prompt is None:
            self._edge(("input", "", ANY), context)

    def _child(self, name: str, given: tuple[ir.Entry, ...] | None, fields: tuple[ir.Field, ...] | None) -> None:
        """A child's input, and what of it is the child's context."""
        context: Point = ("context", name, "")
        sends = self._sends.get(name, ())
        if given is not None:
            for entry in given:
                self._read(name, entry.value, ("call", name, entry.name))
        else:
            if any(send.payload is not None for _, send in sends):
                self._pass_fields(name)
            if not sends or any(send.payload is None for _, send in sends) or not self._nodes[name].implicit:
                self._derived(name, fields)
        self._edge(("call", name, ANY), context)
        if any(send.context == "fork" for _, send in sends):
            for key in self._talks(name):
                self._edge(("state", name, key), context)
                self._edge(("state", name, key), ("fork", name, ""))

    def _pass_fields(self, name: str) -> None:
        for _, send in self._sends.get(name, ()):
            for entry in send.payload or ():
                self._edge(("args", name, entry.name), ("call", name, entry.name))

    def _derived(self, name: str, fields: tuple[ir.Field, ...] | None) -> None:
        """Without a mapping: the declared fields from channels and the run's input, or all there is but the conversation."""
        channels = {channel.name: channel for channel in self._graph.channels}
        wanted = [field.name for field in fields] if fields is not None else []
        if fields is None:
            wanted = [channel.name for channel in self._graph.channels if channel.reducer != "messages"]
            self._edge(("input", "", ANY), ("call", name, WHOLE))
        for field in wanted:
            source: Point = ("state", name, (field,)) if field in channels else ("input", "", field)
            self._edge(source, ("call", name, field))

    def _speak(self, node: ir.Node, source: Point) -> None:
        for key in self._talks(node.name):
            self._edge(source, ("write", node.name, key))

    # ---- writes, sends, failures -------------------------------------------------------------------------------------

    def _write(self, node: ir.Node) -> None:
        for writes in (node.writes, *self._other_writes(node.name)):
            for entry in writes.entries:
                self._written(node.name, entry)
            if writes.by_name:
                self._by_name(node)
            if writes.speak:
                self._speak(node, ("made", node.name, ANY))
                if self._graph.messages is not None:
                    self._edge(("made", node.name, ANY), ("write", node.name, (self._graph.messages,)))
        for entry in node.update:
            self._written(node.name, entry)

    def _written(self, name: str, entry: ir.Entry) -> None:
        for key in self._keys.get(entry.name, ()):
            self._read(name, entry.value, ("write", name, key))

    def _by_name(self, node: ir.Node) -> None:
        fields = self._output_fields(node.behaviour)
        for channel in self._graph.channels:
            if channel.reducer != "messages" and (fields is None or channel.name in fields):
                for key in self._keys[channel.name]:
                    self._edge(("made", node.name, channel.name), ("write", node.name, key))

    def _output_fields(self, behaviour: ir.Behaviour) -> set[str] | None:
        """The fields that an output may have; null if that is not known."""
        match behaviour:
            case ir.ModelCall(output=schema):
                return set() if schema is None else self._fields_of(schema)
            case ir.Subagent(agent=agent):
                known = self._document.agents.get(agent)
                return set() if known is None or known.output is None else self._fields_of(known.output)
            case ir.Subgraph(graph=graph):
                called = self._document.graphs.get(graph)
                if called is None:
                    return set()
                return {each.name for each in (called.channels if called.output is None else called.output)}
            case ir.ToolCall(tool=tool):
                known_tool = next((each for each in self._document.requires.tools if each.name == tool), None)
                return None if known_tool is None or known_tool.output is None else self._fields_of(known_tool.output)
            case ir.ToolExecutor() | ir.Router() | ir.Interrupt() | ir.Join() | ir.Pass():
                return set()

    def _fields_of(self, schema: Schema) -> set[str] | None:
        name = str(schema.get("$ref", "")).removeprefix("#/types/")
        properties = self._document.types.get(name, schema).get("properties")
        return set(properties) if isinstance(properties, dict) else None

    def _send(self, node: ir.Node) -> None:
        """Payloads see the state that the sender leaves, and its output."""
        for send in node.sends:
            bound = {send.each.variable: tuple(reads(send.each.source))} if send.each is not None else {}
            for entry in send.payload or ():
                for path in reads(entry.value, bound):
                    for source in self._sources(node.name, path, "left"):
                        self._edge(source, ("args", send.target, entry.name))
            if send.context == "fork":
                for key in self._talks(node.name):
                    self._edge(("left", node.name, key), ("state", send.target, TALK))
        if isinstance(node.routing, ir.JoinSends):
            self._rejoin(node, node.routing)

    def _rejoin(self, node: ir.Node, routing: ir.JoinSends) -> None:
        """A join's target is told what its children gave, and why they failed; so is who catches that failure."""
        inside = self._inside(node)
        certain = routing.wait in ("all", "compare") and not any(send.optional for send in node.sends)
        ends = [name for name in inside if name in self._flow.ends]
        self._collect(routing.target, ends, [] if certain else inside)
        for handler in (node.on_error, routing.on_timeout):
            if handler is not None:
                self._collect(handler, ends, inside)
                for name in (node.name, *inside):
                    self._edge(("context", name, ""), ("args", handler, "error"))

    def _inside(self, node: ir.Node) -> list[str]:
        follows = {name: [step.target for step in steps] for name, steps in self._flow.after.items()}
        joined = {node.routing.target} if isinstance(node.routing, ir.JoinSends) else set[str]()
        edges = {name: [each for each in targets if each not in joined] for name, targets in follows.items()}
        found = reachable([send.target for send in node.sends if send.target in self._nodes], edges)
        return [name for name in self._nodes if name in found]

    def _collect(self, target: str, ended: Iterable[str], failed: Iterable[str]) -> None:
        if target in self._nodes:
            for name in ended:
                self._edge(("made", name, ANY), ("args", target, "children"))
            for name in failed:
                self._edge(("context", name, ""), ("args", target, "children"))

    def _catch(self, node: ir.Node) -> None:
        if node.on_error is not None and not isinstance(node.routing, ir.JoinSends):
            self._edge(("context", node.name, ""), ("args", node.on_error, "error"))

    def _result(self) -> None:
        if self._graph.output is None:
            for channel in self._graph.channels:
                self._edge(("final", "", (channel.name,)), ("result", "", channel.name))
        for entry in self._graph.output or ():
            for path in reads(entry.value):
                for source in self._sources("", path, "final"):
                    self._edge(source, ("result", "", entry.name))


def stores_of(node: ir.Node, document: Document) -> tuple[str, ...]:
    """The stores that a node's model, or the agent that it runs, may read and write."""
    agent = document.agents.get(node.behaviour.agent) if isinstance(node.behaviour, ir.Subagent) else None
    return (*node.stores, *(agent.stores if agent is not None else ()))


def _keys(graph: ir.Graph) -> dict[str, tuple[Key, ...]]:
    """The keys of each channel: itself, and the parts of it that questions show."""
    found: dict[str, dict[Key, None]] = {channel.name: {(channel.name,): None} for channel in graph.channels}
    for node in graph.nodes:
        if isinstance(node.behaviour, ir.Interrupt):
            for path in shown(node.behaviour.prompt):
                if path[:1] == ("state",) and len(path) > 2 and path[1] in found:
                    found[path[1]][path[1:]] = None
    return {name: tuple(keys) for name, keys in found.items()}
