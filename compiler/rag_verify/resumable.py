"""Whether a run that is paused somewhere in one document could go on with another, and what keeps it from that.

It could if its journal, played on the other document, leads to the same place: what is still to come may change, what happened
may not. The answer is conservative: a change that is not known to leave the past alone hinders.
"""

from __future__ import annotations

from rag_verify.diff_values import Part, Path

TO_COME = ("model", "system", "prompt", "tools", "max_turns")
"""Of a behaviour, what only calls that are still to be made depend on."""
LATER = {
    "node": ("metadata", "retry", "stores", "middleware"),
    "graph": ("output", "output_schema", "metadata", "max_concurrency", "allow"),
    "agent": ("model", "system", "prompt", "tools", "stores", "max_turns"),
    "policy": ("input_trust", "require_review", "allow", "deny", "max_depth"),
}
"""By what has them, fields that nothing which happened depends on."""
CALLED = ("effects", "idempotent", "on_error", "approval")
"""Of a tool, what decides on calls that were in flight."""
REASONS = {
    "routing": "activations that have ended would have led elsewhere",
    "on_error": "failures that were handled would have led elsewhere",
    "sends": "children that were started would have been others",
    "joins": "joins that have fired, or wait, would have been others",
    "writes": "what was written would have been something else",
    "update": "what was written would have been something else",
    "labels": "activations that have ended could have had other outcomes",
    "timeout": "timers that ran would have been others",
    "pause_before": "questions that were asked would not have been, or others would",
    "pause_after": "questions that were asked would not have been, or others would",
    **dict.fromkeys(
        ("recursion_limit", "max_visits", "max_fanout"),
        "what was over the limit would not have been, or the other way round",
    ),
    "budget": "calls that were refused, or made, would not have been",
    "input": "the run began with an input of another type",
    "start": "the run began at another node",
    "messages": "conversations would stand in another channel",
    "entry": "the run began in another graph",
    "output": "answers that were given are of another type",
    "behaviour": "activations that have ended would have done something else",
}
"""By field, what would have been otherwise."""


def hindrance(sort: str, part: Part, field: Path, *, by_name: bool) -> str:
    """Why a run could not go on; empty if it could. `field` leads to the part within the thing of a sort that has it.

    `by_name`: in the graph around, outputs are written to the channels of their names.
    """
    if not field:
        return _of_thing(sort, part.sort, by_name=by_name)
    name = field[0]
    if name in LATER.get(sort, ()) or (sort == "node" and name == "behaviour" and field[1:2] and field[1] in TO_COME):
        return ""
    match sort:
        case "tool":
            return "calls in flight would be treated otherwise" if name in CALLED else ""
        case "model" | "router" | "store" | "middleware":
            return ""
        case "reducer":
            return "values would have been reduced otherwise"
        case "channel":
            return "its values would have been others"
        case "type":
            return "values that were checked may not fit"
        case _:
            return REASONS.get(name, "what happened so far could have been otherwise")


def _of_thing(sort: str, change: str, *, by_name: bool) -> str:
    """Why what is there as a whole, or is not, hinders."""
    match sort, change:
        case (
            ("node" | "graph" | "agent" | "type" | "model" | "tool" | "router" | "reducer" | "store" | "middleware"),
            "added",
        ):
            return ""
        case (("model" | "tool" | "router" | "store" | "middleware"), "removed"):
            return ""
        case "channel", "added":
            return "outputs that hold its name would have been written to it" if by_name else ""
        case "node", "moved":
            return "tasks are numbered in the order of the nodes"
        case "join", _:
            return REASONS["joins"]
        case "type", _:
            return "values that were checked may not fit"
        case _, "removed":
            return "a run may have been there"
        case _:
            return "what happened so far could have been otherwise"
