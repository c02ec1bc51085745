"""Where the names stand that a node's behaviour holds: what the analyses say of one is drawn under that name."""

from __future__ import annotations

from collections.abc import Sequence

from rag_compiler import hir
from rag_compiler.places import Places


def emit_names(behaviour: hir.Behaviour, at: str, places: Places) -> None:
    """Records the places of models, tools, agents, graphs and routers; `at` is the pointer of the behaviour."""
    match behaviour:
        case hir.ModelNode(agent=agent, model=model, tools=tools):
            _put(agent, f"{at}/agent", places)
            _put(model, f"{at}/model", places)
            _put_list(tools, f"{at}/tools", places)
        case hir.ExecutorNode(tools):
            _put_list(tools or (), f"{at}/tools", places)
        case hir.ToolNode(tool):
            _put(tool, f"{at}/tool", places)
        case hir.RouterNode(router):
            _put(router, f"{at}/router", places)
        case hir.ChildNode(kind, callee):
            _put(callee, f"{at}/{'agent' if kind == 'subagent' else 'graph'}", places)
        case hir.InterruptNode() | hir.JoinNode() | hir.PassNode() | hir.UnknownNode():
            pass


def _put(target: hir.Target | None, at: str, places: Places) -> None:
    if isinstance(target, hir.Ref):
        places.put(at, target.span)


def _put_list(targets: Sequence[hir.Target], at: str, places: Places) -> None:
    bound = (target for target in targets if isinstance(target, hir.Ref))
    for index, target in enumerate(bound):
        places.put(f"{at}/{index}", target.span)
