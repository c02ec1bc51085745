"""Models are asked for what they can do. One that says nothing of itself is taken to be able to do everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag_ir import graph as ir
from rag_ir.finding import Finding, pointer
from rag_ir.graph import Document, ModelRequirement


def check_abilities(document: Document) -> list[Finding]:
    """`model-without-tools` and `schema-without-support`, of nodes and agents. Unknown names are silent."""
    models = {model.name: model for model in document.requires.models}
    found: list[Finding] = []
    for name, graph in document.graphs.items():
        for index, node in enumerate(graph.nodes):
            call = node.behaviour
            if isinstance(call, ir.ModelCall) and call.agent is None:
                at = pointer("graphs", name, "nodes", index)
                offered = (*call.tools, *node.stores)
                found += _asked(models.get(call.model), offered, call.output, at, f"`{node.name}`")
    for name, agent in document.agents.items():
        offered = (*agent.tools, *agent.stores)
        found += _asked(models.get(agent.model), offered, agent.output, pointer("agents", name), f"agent `{name}`")
    return found


def _asked(
    model: ModelRequirement | None, tools: Sequence[str], output: object, at: str, who: str
) -> Iterator[Finding]:
    """What a model is asked for and says it cannot do; one that says nothing of itself is taken to be able to."""
    if model is None or not model.capabilities:
        return
    if tools and "tools" not in model.capabilities:
        yield Finding(
            "model-without-tools",
            at,
            f"{who} gives tools to model `{model.name}`, which cannot call any",
            label="its model calls no tools",
            help=f'choose a model with `"tools"` among its `capabilities`, or add it in `[models.{model.name}]`',
        )
    if output is not None and "json_schema" not in model.capabilities:
        yield Finding(
            "schema-without-support",
            at,
            f"{who} asks model `{model.name}` for a type that it does not support by itself: it is asked in words, and once more "
            "where its answer does not fit",
            label="asked for in words",
        )
