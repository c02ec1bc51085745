"""Documents that use every part of the IR, made by hand."""

from __future__ import annotations

from dataclasses import replace

from rag_ir import build
from rag_ir.codec import requirement_digest, seal
from rag_ir.graph import Code, Document, Graph, Json, Node, Price, SourcePlace

TEXT: dict[str, Json] = {"type": "string"}
FINDING: dict[str, Json] = {
    "type": "object",
    "properties": {"title": TEXT, "url": {"anyOf": [TEXT, {"type": "null"}], "description": "where it is from"}},
    "required": ["title"],
}


def founding() -> Document:
    """The founding example of the language."""
    return build.document(
        "research_review",
        graphs=[
            build.graph(
                "research_review",
                start="supervisor",
                channels=[
                    build.channel("messages", "messages"),
                    build.channel("findings", "append"),
                    build.channel("critiques", "append"),
                ],
                nodes=[
                    build.agent(
                        "supervisor",
                        tools=["search", "read_repo"],
                        sends=[
                            build.send("research_agent", {"question": build.get("input", "question")}),
                            build.send("verifier_agent", {"question": build.get("input", "question")}),
                        ],
                        join="review",
                    ),
                    build.subagent("review", "final_reviewer", next="END"),
                ],
            )
        ],
        agents=[build.declare_agent(name) for name in ("research_agent", "verifier_agent", "final_reviewer")],
    )


def everything() -> Document:
    """Every kind of node, of routing, of expression and of type."""
    priced = replace(build.require_model("default"), price=Price(input_per_mtok="0.25", output_per_mtok="2"))
    document = build.document(
        "main",
        graphs=[_main(), build.graph("inner", start="one", nodes=[build.pass_("one")])],
        agents=[
            build.declare_agent(
                "helper",
                input=[build.field("q", TEXT)],
                output={"enum": ["a", "b"], "type": "string"},
            )
        ],
        types={"Finding": FINDING},
        models=[replace(priced, digest=requirement_digest(priced))],
        tools=[
            build.require_tool(
                "search",
                input={"type": "object", "properties": {"query": TEXT}, "required": ["query"]},
                effects="read",
            )
        ],
        routers=[build.require_router("pick", ["yes", "no"])],
    )
    place = SourcePlace(file="main.rag", start=(1, 1), end=(2, 3))
    return seal(replace(document, source_map={"/graphs/main": place}, docs={"/graphs/main": "What it does."}))


def _main() -> Graph:
    return build.graph(
        "main",
        start="m",
        nodes=_nodes(),
        channels=[
            build.channel("messages", "messages"),
            build.channel("found", "append", schema={"type": "array", "items": {"$ref": "#/types/Finding"}}),
            build.channel("n", "sum", schema={"type": "integer"}),
            build.channel("notes", "merge", deep=True, schema={"type": "object", "additionalProperties": {}}),
        ],
        joins=[(["s", "t"], "j")],
        input=[build.field("q", TEXT), build.field("depth", {"type": "integer"}, required=False, default=2)],
        output={"found": build.get("state", "found")},
        output_schema={"type": "object", "properties": {"found": {}}, "required": ["found"]},
    )


def _nodes() -> list[Node]:
    routes: list[tuple[str | None, Code, str]] = [
        ("tool_call", None, "x"),
        (None, _expression(), "t"),
        (None, None, "END"),
    ]
    return [
        build.model(
            "m",
            prompt=build.template("Hi ", build.get("input", "q")),
            output=FINDING,
            routes={"final": "t", "else": "p"},
        ),
        build.agent("a", loop=False, system="Be brief.", tools=["search"], routes=routes),
        build.tool_executor("x", ["search"], next="a", max_visits=3),
        build.tool("t", "search", {"query": build.lit("why")}, on_error="p", into="found"),
        build.router("r", "pick", ["yes", "no"], routes={"yes": "s", "no": "i"}),
        build.subagent("s", "helper", {"q": build.lit("é")}, writes={"n": build.lit(1)}),
        build.subgraph("g", "inner", pause_before=True, metadata={"team": "core"}),
        build.interrupt("i", "Go on?", ["yes", "no"], routes={"yes": "j", "no": "END"}),
        build.join("j", pause_after=True),
        build.pass_(
            "p",
            update={"n": ["+", build.get("state", "n"), build.lit(1)]},
            sends=[build.send("helper", each=("q", build.get("state", "found")), max=5)],
            join="j",
        ),
    ]


def _expression() -> Code:
    found = build.get("state", "found")
    least: Code = ["each", "sort", found, "x", ["neg", ["index", ["var", "x"], build.lit(0)]]]
    default: Code = ["??", build.lit(None), ["member", build.lit([1.5]), "a"]]
    made: Code = ["object", ["k", ["list", ["call", "len", build.get("output", "a", "b")], default]]]
    inside: Code = ["not", ["in", build.lit("a"), build.get("args")]]
    return ["if", ["and", ["==", build.get("state", "n"), build.lit(1)], inside], least, made]


DOCUMENTS = {"founding": founding, "everything": everything}
