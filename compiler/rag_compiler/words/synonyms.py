"""What other languages call a thing of this one: asked where a word is no name, and none is spelt like it."""

from __future__ import annotations

from collections.abc import Container

_ITEMS = {
    **dict.fromkeys(("entry", "entrypoint", "entry_point", "begin", "initial", "start_node"), "start"),
    **dict.fromkeys(("system_prompt", "system_message", "instructions", "instruction", "persona"), "system"),
    **dict.fromkeys(("user", "user_prompt", "user_message", "task", "goal", "query", "message"), "prompt"),
    **dict.fromkeys(("transitions", "branches", "edges", "conditions"), "routes"),
    **dict.fromkeys(("then", "to", "goto", "transition"), "next"),
    **dict.fromkeys(("on_failure", "on_fail", "catch", "except", "fallback"), "on_error"),
    **dict.fromkeys(("max_iterations", "max_steps", "max_rounds"), "max_turns"),
    **dict.fromkeys(("max_loops", "max_runs"), "max_visits"),
    **dict.fromkeys(("parallel", "fanout", "fan_out", "spawn", "dispatch"), "send"),
    **dict.fromkeys(("arguments", "params", "parameters", "inputs"), "args"),
    **dict.fromkeys(("function", "action"), "tool"),
    **dict.fromkeys(("llm", "model_name"), "model"),
    **dict.fromkeys(("response_format", "output_schema"), "output"),
    **dict.fromkeys(("choices", "answers"), "options"),
    **dict.fromkeys(("var", "variable"), "channel"),
    **dict.fromkeys(("step", "task_node", "vertex"), "node"),
    **dict.fromkeys(("save_to", "store_in", "result_to", "assign"), "into"),
}
_KINDS = {
    **dict.fromkeys(("llm", "chat", "completion", "generate", "prompt"), "model"),
    **dict.fromkeys(("react", "assistant", "react_agent"), "agent"),
    **dict.fromkeys(("function", "action", "api", "call"), "tool"),
    **dict.fromkeys(("tool_node", "toolnode"), "tool_executor"),
    **dict.fromkeys(("condition", "conditional", "branch", "decision", "switch", "if", "choice"), "router"),
    **dict.fromkeys(("workflow", "flow", "sub_workflow", "sub_graph"), "subgraph"),
    **dict.fromkeys(("approval", "human_input", "hitl", "ask", "input", "person"), "interrupt"),
    **dict.fromkeys(("noop", "no_op", "passthrough", "identity", "start", "end"), "pass"),
    **dict.fromkeys(("barrier", "merge", "gather"), "join"),
}
_REDUCERS = {
    **dict.fromkeys(("add", "concat", "push", "extend", "list", "accumulate"), "append"),
    **dict.fromkeys(("add_messages", "chat_history", "history", "conversation"), "messages"),
    **dict.fromkeys(("latest", "override", "last", "assign", "write"), "overwrite"),
    **dict.fromkeys(("update", "dict", "object"), "merge"),
    **dict.fromkeys(("count", "counter", "plus", "total", "increment"), "sum"),
}
_TYPES = {
    **dict.fromkeys(("dict", "Dict", "Any", "unknown", "record", "JSON"), "json"),
    **dict.fromkeys(("double", "decimal", "Decimal", "Float"), "float"),
    **dict.fromkeys(("Message", "BaseMessage", "AnyMessage"), "message"),
}
_TABLES: dict[str, dict[str, str]] = {
    "unknown-item": _ITEMS,
    "unknown-kind": _KINDS,
    "unknown-reducer": _REDUCERS,
    "unknown-type": _TYPES,
    "unknown-node": dict.fromkeys(("__end__", "__END__", "null", "none", "None", "nil"), "END"),
    "impossible-label": dict.fromkeys(("default", "otherwise", "_"), "else"),
}


def synonym(code: str, word: str, available: Container[str]) -> str | None:
    """What a word stands for where a rule finds it unknown, if that can stand there."""
    meant = _TABLES.get(code, {}).get(word)
    return meant if meant is not None and meant in available else None
