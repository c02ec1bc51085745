"""Everything that a source says of policies stands in the IR, and what it leaves out as well."""

from __future__ import annotations

from rag_compiler.emit import Program
from rag_compiler.pipeline import analyse
from rag_compiler.places import nearest
from rag_compiler.source import SourceFile
from rag_ir import build
from rag_ir import graph as ir
from rag_registry.manifest import read_manifest

MANIFEST = """
[project]
name = "p"
[models.default]
provider = "echo"
context_window = 100_000
max_output_tokens = 1_000
price = { input_per_mtok = 1.0, output_per_mtok = 2.0 }
[tools.look]
python = "tools:look"
args = {}
effects = "read"
[agents.helper]
model = "default"
[agents.thrifty]
model = "default"
stores = ["notes"]
budget = { tokens = 100, cost_usd = 0.5 }
[stores.notes]
url = "memory:"
schema = "string"
[middleware.redact]
python = "tools:redact"
hooks = ["before_model"]
[reducers.newest]
python = "tools:newest"
type = "int[]"
aliases = ["latest"]
"""


def _program(text: str) -> Program:
    registry, _ = read_manifest(MANIFEST)
    analysis = analyse([SourceFile("a.rag", text.encode())], registry)
    errors = [d.message for d in analysis.diagnostics if d.severity == "error" and d.code != "not-built"]
    assert errors == []
    return analysis.program


def _graph(body: str) -> ir.Graph:
    return _program(f"graph g {{ start a  {body} }}").graphs["g"]


def _node(items: str, graph: str = "") -> ir.Node:
    return _graph(f"{graph}\n  node a {{ {items} }}").nodes[0]


def _join(options: str) -> ir.Routing:
    sends = "send [ helper { n: 1 }, helper { n: 2 } ]"
    body = f"node a {{ kind pass  {sends}  join b {options} }}\n  node b {{ kind pass }}\n  node c {{ kind pass }}"
    return _graph(body).nodes[0].routing


def _send(modifiers: str, child: str = "") -> ir.Send:
    body = f"channel got overwrite\n  node a {{ kind pass  send [ b {modifiers} ] }}\n  node b {{ kind pass  {child} }}"
    return _graph(body).nodes[0].sends[0]


def test_what_a_join_waits_for() -> None:
    assert _join("") == build.join_sends("b")
    assert _join("{ wait: race }") == build.join_sends("b", "race")
    assert _join('{ wait: "best_effort" }') == build.join_sends("b", "best_effort")
    assert _join("{ wait: quorum 2 }") == build.join_sends("b", "quorum", quorum=2)
    assert _join("{ wait: quorum 1 keep }") == build.join_sends("b", "quorum", quorum=1, keep=True)
    assert _join("{ wait: quorum 1, keep: true }") == build.join_sends("b", "quorum", quorum=1, keep=True)
    assert _join("{ wait: quorum 1, keep: false }") == build.join_sends("b", "quorum", quorum=1)
    assert _join("{ timeout: 5m, on_timeout: c }") == build.join_sends("b", timeout=300_000, on_timeout="c")
    assert _join('{ timeout: 1.5, on_timeout: "c" }') == build.join_sends("b", timeout=1_500, on_timeout="c")


def test_what_a_send_says() -> None:
    assert _send("") == build.send("b")
    assert _send("optional") == build.send("b", optional=True)
    assert _send("blocking false timeout 250ms") == build.send("b", blocking=False, timeout=250)
    assert _send("context fork") == build.send("b", context="fork")
    assert _send("retry { max_attempts: 2, on: [server] }") == build.send("b", retry=build.retry(2, on=["server"]))
    into = ir.Writes(
        entries=(ir.Entry(name="got", value=["get", "output"]),), present=False, by_name=False, speak=False
    )
    assert _send("into got") == _send("writes { got: output }") == build.send("b", writes=into)


def test_a_node_says_what_sends_to_it_leave_out() -> None:
    child = "optional true  blocking false"
    assert _send("", child) == build.send("b", optional=True, blocking=False)
    assert _send("optional false blocking true", child) == build.send("b")


def test_children_with_other_modifiers_are_other_nodes() -> None:
    sends = "helper { n: 1 }, helper { n: 2 } optional false, helper { n: 3 } optional, helper { n: 4 } timeout 1s"
    graph = _graph(f"node a {{ kind pass  send [ {sends} ]  join b }}\n  node b {{ kind pass }}")
    assert [send.target for send in graph.nodes[0].sends] == ["a/helper", "a/helper", "a/helper#2", "a/helper#3"]
    assert [node.name for node in graph.nodes] == ["a", "a/helper", "a/helper#2", "a/helper#3", "b"]


def test_a_node_has_its_own_policies() -> None:
    assert _node('prompt "x"  timeout 30s').timeout == 30_000
    assert _node('prompt "x"  retry { }').retry == build.retry()
    written = (
        'retry { max_attempts: 3, backoff: linear, initial: 1s, max: 5s, jitter: false, on: ["timeout", rate_limit] }'
    )
    wanted = build.retry(3, backoff="linear", initial=1_000, max=5_000, jitter=False, on=["timeout", "rate_limit"])
    assert _node(f'prompt "x"  {written}').retry == wanted
    assert _node('prompt "x"  retry { initial: 1m }').retry == build.retry(initial=60_000, max=60_000)
    assert _node('prompt "x"  retry { max: 100ms }').retry == build.retry(initial=100, max=100)
    spent = build.budget(tokens=200_000, cost_usd="1.5", model_calls=4, tool_calls=0, wall=600_000)
    written = "budget { tokens: 200_000, cost_usd: 1.50, model_calls: 4, tool_calls: 0, wall: 10m }"
    assert _node(f'prompt "x"  {written}').budget == spent
    assert _node('prompt "x"  budget { cost_usd: 2 }').budget == build.budget(cost_usd="2")
    assert _node('prompt "x"  cache { ttl: 1h, scope: "thread" }').cache == ir.Cache(scope="thread", ttl=3_600_000)
    assert _node('prompt "x"  cache { }').cache == ir.Cache(scope="run", ttl=None)
    assert _node('prompt "x"  stores ["notes"]').stores == ("notes",)
    assert _node('prompt "x"  middleware ["redact"]').middleware == ("redact",)


def test_who_is_not_named_steers_nothing() -> None:
    wanted = ir.Steering(human=("pause", "cancel"), parent=())
    assert _node('prompt "x"  steering { human: ["pause", cancel], delivery: safe_boundary }').steering == wanted
    assert _node('prompt "x"\n human allow ["pause", "cancel"]\n').steering == wanted
    both = 'prompt "x"\n human allow ["pause", "cancel"]\n parent allow [resume]\n'
    assert _node(both).steering == ir.Steering(human=("pause", "cancel"), parent=("resume",))


def test_a_node_wins_over_the_defaults_of_its_graph() -> None:
    defaults = "defaults { timeout: 60s, retry: { max_attempts: 2 } }"
    node = _node('prompt "x"', defaults)
    assert (node.timeout, node.retry) == (60_000, build.retry(2))
    node = _node('prompt "x"  timeout 5s  retry { max_attempts: 9 }', defaults)
    assert (node.timeout, node.retry) == (5_000, build.retry(9))
    graph = _graph(f"{defaults}\n  node a {{ kind pass  send [ helper ]  join b }}\n  node b {{ kind interrupt }}")
    assert [(node.timeout, node.retry) for node in graph.nodes] == [
        (None, None),
        (60_000, build.retry(2)),
        (None, None),
    ]


def test_an_agent_run_in_place_brings_its_stores_and_keeps_its_budget() -> None:
    node = _node('kind agent  agent "thrifty"  budget { tokens: 500, model_calls: 3 }')
    assert node.stores == ("notes",)
    assert node.budget == build.budget(tokens=100, cost_usd="0.5", model_calls=3)
    agent = _program('agent own { stores ["notes"]  budget { tool_calls: 2 } }').agents["own"]
    assert (agent.stores, agent.budget) == (("notes",), build.budget(tool_calls=2))


def test_a_graph_says_what_holds_in_all_of_it() -> None:
    plain = _graph('node a { prompt "x" }')
    assert (plain.budget, plain.checkpoint, plain.interrupts, plain.allow) == (None, "every", True, {})
    written = 'budget { wall: 1m }\n checkpoint exit\n interrupt off\n allow models ["default"]\n allow tools []\n'
    graph = _graph(written + 'node a { prompt "x" }')
    assert graph.budget == build.budget(wall=60_000)
    assert (graph.checkpoint, graph.interrupts) == ("exit", False)
    assert graph.allow == {"models": ("default",), "tools": ()}


def test_a_registered_reducer_makes_the_type_that_the_manifest_says() -> None:
    for written in ('aggregate "newest"', "newest", "latest", "aggregate newest"):
        (channel,) = _graph(f"channel best {written} = [1]\n node a {{ kind pass }}").channels
        assert (channel.reducer, channel.function, channel.initial) == ("aggregate", "newest", [1])
        assert channel.schema == {"type": "array", "items": {"type": "integer"}}


def test_what_is_required_of_the_machine_is_described() -> None:
    from rag_compiler.link import link

    registry, _ = read_manifest(MANIFEST)
    program = _program(
        "graph g { start a  channel best newest  "
        'node a { prompt "x"  stores ["notes"]  middleware ["redact"]  writes { best: [1] } } }'
    )
    requires = link(program, "g").document(registry, [], "test").requires
    assert [(each.name, each.schema) for each in requires.stores] == [("notes", {"type": "string"})]
    assert [(each.name, each.hooks) for each in requires.middleware] == [("redact", ("before_model",))]
    assert [each.name for each in requires.reducers] == ["newest"]
    described: list[ir.Requirement] = [*requires.stores, *requires.middleware, *requires.reducers]
    assert all(each.digest for each in described)


def test_each_policy_knows_where_it_stands() -> None:
    text = 'graph g {\n  start a\n  defaults { timeout: 1s }\n  node a { prompt "x"  budget { tokens: 1 } }\n}\n'
    program = _program(text)
    places = {key: nearest(program.places, f"/graphs/g/nodes/0/{key}") for key in ("timeout", "budget")}
    found = {key: text[place.span.start : place.span.end] for key, place in places.items() if place}
    assert found == {"timeout": "timeout", "budget": "budget"}
