"""What one activation can cost at most: the turns of its model, the calls of its tools, their tokens and their price."""

from __future__ import annotations

from rag_ir import graph as ir
from rag_ir.graph import Document
from rag_verify.amounts import NOTHING, ZERO, Amounts, Bound, added, plus, product

MOST_TOOL_CALLS = 50
"""Tool calls of one activation."""
ASKED_AGAIN = 2
"""Turns of a model that is asked once, and corrected once."""
CUT_OFF = 2
"""Calls of a turn whose first answer is cut off before it says anything."""


class CallBounds:
    """Bounds of single activations in a document. Children that are graphs are not looked at."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._models = {model.name: model for model in document.requires.models}

    def node(self, graph: ir.Graph, node: ir.Node) -> Amounts:
        """One activation of a node."""
        match node.behaviour:
            case ir.ModelCall(model=model, tools=tools, max_turns=turns, loop=loop, output=output):
                most = turns if loop else 1 if tools and output is None else ASKED_AGAIN
                tool_calls = MOST_TOOL_CALLS if loop and turns > 1 and (tools or node.stores) else 0
                return self._conversation(model, most, tool_calls, self._attempts(graph, node))
            case ir.Subagent(agent=name):
                agent = self._document.agents.get(name)
                return NOTHING if agent is None else self.agent(agent, self._attempts(graph, node))
            case ir.ToolExecutor():
                return Amounts(tool_calls=Bound(MOST_TOOL_CALLS * (self._attempts(graph, node) or 1)))
            case ir.ToolCall():
                return Amounts(tool_calls=Bound(self._attempts(graph, node) or 1))
            case ir.Subgraph() | ir.Router() | ir.Interrupt() | ir.Join() | ir.Pass():
                return NOTHING

    def agent(self, agent: ir.Agent, attempts: int | None) -> Amounts:
        """One run of an agent."""
        tool_calls = MOST_TOOL_CALLS if agent.max_turns > 1 and (agent.tools or agent.stores) else 0
        return self._conversation(agent.model, agent.max_turns, tool_calls, attempts)

    def _attempts(self, graph: ir.Graph, node: ir.Node) -> int | None:
        """The most that a written `retry` makes of one call: the node's own, or that of a send in its place."""
        sent = [send.retry for each in graph.nodes for send in each.sends if send.target == node.name]
        written = [retry.max_attempts for retry in (node.retry, *sent) if retry is not None]
        return max(written, default=None)

    def _conversation(self, model: str, turns: int, tool_calls: int, attempts: int | None) -> Amounts:
        tries = attempts or 1
        turn = self._turn(model)
        every = Bound(turns * tries)
        talk = Amounts(*(product(getattr(turn, name), every) for name in Amounts.names()))
        return added(talk, Amounts(tool_calls=Bound(tool_calls * tries)))

    def _turn(self, name: str) -> Amounts:
        """One turn of a model: a call, and one with twice the cap where the first was cut off."""
        model = self._models.get(name)
        if model is None:
            return Amounts(model_calls=Bound(CUT_OFF))
        window, cap, price = model.context_window, model.max_output_tokens, model.price
        given = Bound(None, (f"model `{name}` has no `context_window`",)) if window is None else Bound(CUT_OFF * window)
        said = self._said(name, window, cap)
        cost = Bound(None, (f"model `{name}` has no price",))
        if price is not None:
            read, wrote = (Bound(_price(text)) for text in (price.input_per_mtok, price.output_per_mtok))
            cost = plus(product(given, read), product(said, wrote))
        return Amounts(ZERO, Bound(CUT_OFF), ZERO, given, said, cost)

    def _said(self, name: str, window: int | None, cap: int | None) -> Bound:
        if cap is not None:
            return Bound(cap + (2 * cap if window is None else max(cap, min(2 * cap, window))))
        if window is not None:
            return Bound(CUT_OFF * window)
        return Bound(None, (f"model `{name}` has no `max_output_tokens`",))


def _price(text: str) -> int:
    """10^-18 US dollars for a token, from US dollars for a million; rounded up."""
    from decimal import ROUND_CEILING, Decimal

    return int((Decimal(text) * 10**12).to_integral_value(ROUND_CEILING))
