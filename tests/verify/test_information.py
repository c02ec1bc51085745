"""Where information flows: the ways that findings show, what clears it, and that nothing a run shows is missed."""

from __future__ import annotations

from rag_ir import build
from rag_ir.build import get, require_tool, send, template
from rag_ir.finding import Finding
from rag_ir.graph import Document, Node
from rag_ir.record import replace
from rag_verify.information import check_information
from tests.verify import taint

SEARCH = require_tool("search", effects="read", returns_trust="untrusted")
VAULT = require_tool("vault", effects="read", reads="private")
MAIL = require_tool("mail", effects="external")
ASKED = require_tool("mail", effects="external", approval="always")
CHANNELS = [build.channel("messages", "messages"), build.channel("page"), build.channel("who"), build.channel("text")]

FIND = build.tool("find", "search", into="page", next="know")
KNOW = build.tool("know", "vault", into="who", next="act")
BOTH = template(get("state", "page"), get("state", "who"))


def _document(*nodes: Node, mail: object = MAIL, trusted: bool = True) -> Document:
    graph = build.graph("g", start=nodes[0].name, nodes=nodes, channels=CHANNELS)
    policy = replace(build.DEFAULT_POLICY, input_trust="trusted" if trusted else "untrusted")
    agents = [build.declare_agent("helper", prompt=template(get("input", "q")), tools=["mail"])]
    return build.document("g", graphs=[graph], agents=agents, tools=[SEARCH, VAULT, mail], policy=policy)  # type: ignore[list-item]


def _codes(document: Document) -> list[str]:
    return [finding.code for finding in check_information(document)]


def _flow(finding: Finding) -> list[tuple[str, str]]:
    return [(step.at.removeprefix("/graphs/g/nodes/"), step.message) for step in finding.flow]


def test_the_way_is_told_from_both_sources_to_the_effect() -> None:
    act = build.agent("act", prompt=template("write", get("state", "text")), tools=["mail"])
    joined = build.model("write", prompt=BOTH, into="text", next="act")
    (finding,) = check_information(
        _document(FIND, replace(KNOW, routing=build.pass_("x", next="write").routing), joined, act)
    )
    assert (finding.code, finding.at) == ("unsafe-flow", "/graphs/g/nodes/3")
    assert _flow(finding) == [
        ("0", "tool `search` brings untrusted content into `find`"),
        ("0", "`find` writes it to channel `page`"),
        ("2", "`write` sees channel `page`"),
        ("2", "`write` writes it to channel `messages`"),
        ("3", "`act` sees channel `messages`"),
        ("1", "tool `vault` brings private data into `know`"),
        ("1", "`know` writes it to channel `who`"),
        ("2", "`write` sees channel `who`"),
        ("2", "`write` writes it to channel `messages`"),
        ("3", "`act` sees channel `messages`"),
        ("3", "`act` can act on both through `mail`"),
    ]


def test_a_tool_that_asks_a_person_every_time_is_no_danger() -> None:
    act = build.agent("act", prompt=BOTH, tools=["mail"])
    assert _codes(_document(FIND, KNOW, act)) == ["unsafe-flow"]
    assert _codes(_document(FIND, KNOW, act, mail=ASKED)) == []


def test_a_question_clears_what_it_shows_and_nothing_else() -> None:
    act = build.tool("act", "mail", {"text": BOTH})
    for shown, codes in (
        ((get("state", "page"), get("state", "who")), []),
        ((get("state", "page"),), []),
        ((["call", "json", get("state", "who")],), []),
        ((["call", "len", get("state", "page")],), ["unsafe-flow"]),
        ((), ["unsafe-flow"]),
    ):
        ask = build.interrupt("ask", template("send?", *shown), next="act")
        know = build.tool("know", "vault", into="who", next="ask")
        assert _codes(_document(FIND, know, ask, act)) == codes, shown


def test_a_part_of_a_channel_that_is_shown_is_cleared_alone() -> None:
    know = build.tool("know", "vault", into="who", next="ask")
    ask = build.interrupt("ask", template(get("state", "page", "title")), next="act")
    title = build.tool("act", "mail", {"text": template(get("state", "page", "title"), get("state", "who"))})
    whole = build.tool("act", "mail", {"text": template(get("state", "page"), get("state", "who"))})
    other = build.tool("act", "mail", {"text": template(get("state", "page", "body"), get("state", "who"))})
    assert _codes(_document(FIND, know, ask, title)) == []
    assert _codes(_document(FIND, know, ask, whole)) == ["unsafe-flow"]
    assert _codes(_document(FIND, know, ask, other)) == ["unsafe-flow"]


def test_a_question_that_fails_clears_nothing() -> None:
    know = build.tool("know", "vault", into="who", next="ask")
    ask = build.interrupt("ask", BOTH, on_error="act")
    assert _codes(_document(FIND, know, ask, build.tool("act", "mail", {"text": BOTH}))) == ["unsafe-flow"]


def test_what_a_child_is_sent_is_in_its_context() -> None:
    fan = build.pass_("act", sends=[send("helper", {"q": BOTH})], join="end")
    assert _codes(_document(FIND, KNOW, fan, build.pass_("end"))) == ["unsafe-flow"]
    alone = build.pass_("act", sends=[send("helper", {"q": get("state", "who")})], join="end")
    assert _codes(_document(FIND, KNOW, alone, build.pass_("end"))) == []


def test_an_input_that_is_not_trusted_flows_too() -> None:
    nodes = (
        build.tool("know", "vault", into="who", next="act"),
        build.tool("act", "mail", {"text": template(get("input", "q"), get("state", "who"))}),
    )
    assert _codes(_document(*nodes)) == []
    assert _codes(_document(*nodes, trusted=False)) == ["unsafe-flow"]


def test_no_run_shows_a_meeting_that_was_not_reported() -> None:
    """Hundreds of random documents on the real runtime; `python -m tests.verify.taint` looks at any number."""
    looked = [taint.look(seed) for seed in range(400)]
    assert [seed for seed, seen in enumerate(looked) if seen.missed] == []
    assert sum(not seen.refused for seen in looked) > 150
    assert sum(len(seen.acted) for seen in looked) > 5
