"""What each word of the language does, in a sentence, and the text that it brings along when it is chosen from a list.

A word that means something else in a graph or an agent stands under `graph:` or `agent:` too. In a text to insert, `${1:name}` is a
place to fill in and `$0` where the cursor ends, as editors write it.
"""

from __future__ import annotations

ITEMS: dict[str, str] = {
    "kind": "What the node does. Without it the node is a `model` call.",
    "next": "The node that follows, or `END`.",
    "routes": "Where to go, tried in order: outcome labels, `when` guards, `else`.",
    "join": "Waits for what this node sends, then goes on with the named node.",
    "command": "Writes channels (`update`) and may say where to go (`goto`).",
    "update": "Channels that are written, each from an expression.",
    "goto": "The node that follows, or `END`.",
    "send": "Starts nodes, agents or graphs side by side, each with a payload of its own.",
    "output": "The type that the model must answer in.",
    "writes": "Channels that are written once the node has run, each from an expression.",
    "into": "The channel that takes the node's whole output.",
    "timeout": "How long one run of the node may take.",
    "retry": "How often a failing call is made again, and when.",
    "budget": "What may be spent: tokens, calls, money, time.",
    "cache": "Keeps what calls have answered.",
    "on_error": "The node that follows if this one fails.",
    "checkpoint": "When state is saved.",
    "interrupt": "Pauses for a person `before` or `after` the node runs.",
    "blocking": "Whether the child is waited for.",
    "optional": "Whether the child may fail.",
    "max_visits": "How often the node may run within one run of its graph.",
    "metadata": "Facts for people and tools; nothing is done with them.",
    "steering": "Who may pause, redirect or speak to the node while it runs.",
    "human": "What a person may do to the node while it runs.",
    "parent": "What the parent may do to the node while it runs.",
    "stores": "The stores that the model may read and write.",
    "middleware": "Registered hooks around the node's calls.",
    "description": "What this is for.",
    "model": "The model that is called, by its name in the manifest.",
    "system": "The system message: a text, with expressions in `{{ }}`.",
    "prompt": "The user message: a text, with expressions in `{{ }}`.",
    "tools": "The tools that may be called, by their names in the manifest.",
    "max_turns": "How many model calls the agent may make before it must have answered.",
    "agent": "The agent, declared in a file or in the manifest.",
    "tool": "The tool that is called, by its name in the manifest.",
    "args": "The tool's arguments, each from an expression.",
    "router": "The function that chooses a label, by its name in the manifest.",
    "with": "The child's input, each field from an expression.",
    "input": "The child's input.",
    "graph": "The graph that runs as a child.",
    "script": "The script that runs.",
    "options": "The answers that a person can choose from; each is an outcome label.",
    "sources": "The nodes that are waited for.",
    "graph:start": "The node that runs first.",
    "graph:defaults": "Settings for nodes that do not say otherwise.",
    "graph:allow": "Narrows what the graph may name.",
    "graph:input": "What a run of the graph is given.",
    "graph:output": "What a run of the graph returns: each field from an expression, or from the channel of its name.",
    "graph:checkpoint": "When state is saved.",
    "graph:interrupt": "Who answers when a node asks a person.",
    "graph:channel": "A named value that nodes write, and how writes are merged.",
    "graph:node": "A step of the graph.",
    "graph:join": "`join [a, b] -> c`: runs the target once all of these nodes have arrived, or can no longer arrive.",
    "graph:type": "A named type.",
    "graph:state": "Channels, one to a line.",
    "graph:recursion_limit": "How many supersteps a run may take.",
    "graph:max_concurrency": "How many tasks may run side by side.",
    "agent:input": "What the agent is given.",
    "agent:output": "The type that the agent answers in.",
    "test:graph": "The graph that is tested.",
    "test:input": "What the run is given.",
    "test:model": "Scripted answers of a model.",
    "test:tool": "Scripted answers of a tool.",
    "test:answer": "What is answered for a person.",
    "test:expect": "What must hold when the run has ended.",
}

DECLARATIONS: dict[str, str] = {
    "graph": "A workflow: channels, nodes, and how they follow one another.",
    "agent": "A model with instructions, tools and limits, under a name that nodes and sends can use.",
    "type": "A named type, known in all files of the project.",
}

TYPES: dict[str, str] = {
    "string": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "`true` or `false`",
    "json": "any value",
    "message": "one message of a conversation",
}

ROOTS: dict[str, str] = {
    "input": "what the run was given",
    "state": "the channels",
    "args": "what this node was sent with",
    "output": "the node's own result",
}

KEYS: dict[str, str] = {
    "defaults:model": "the model of nodes that name none",
    "defaults:recursion_limit": "how many supersteps a run may take",
    "defaults:max_concurrency": "how many tasks may run side by side",
    "defaults:timeout": "how long an activation of a node may take that says nothing of it",
    "defaults:retry": "how the failing calls of nodes are made again that say nothing of it",
    "options:wait": "what the join waits for",
    "options:timeout": "how long the join waits; what remains is cancelled then",
    "options:on_timeout": "the node that runs instead when the time is over",
    "options:keep": "what remains of a quorum goes on, and nobody waits for it",
    "retry:max_attempts": "how often a call is made, the first time counted",
    "retry:backoff": "how the wait grows from one attempt to the next",
    "retry:initial": "the wait before the second attempt",
    "retry:max": "the longest wait",
    "retry:jitter": "whether waits are spread",
    "retry:on": "the classes of errors upon which a call is made again",
    "budget:tokens": "tokens of models, in and out",
    "budget:cost_usd": "US dollars",
    "budget:model_calls": "calls of models",
    "budget:tool_calls": "calls of tools",
    "budget:wall": "time on the clock; waiting for a person does not count",
    "cache:ttl": "how long an output is kept",
    "cache:scope": "who shares it: the run, the thread, or all",
    "steering:human": "what a person may do to the node while it runs",
    "steering:parent": "what the run may do that this run is a child of",
    "steering:delivery": "when it takes effect",
}

WORDS: dict[str, str] = {
    "END": "the end of the run",
    "when": "taken if an expression is true",
    "else": "taken if nothing before it was",
    "each": "once for each element of a list: `each x in state.items as target { .. }`",
    "before": "before the node runs",
    "after": "after the node has run",
}

SNIPPETS: dict[str, str] = {
    "file:graph": "graph ${1:name} {\n  start ${2:first}\n\n  node ${2:first} {\n    $0\n  }\n}",
    "file:agent": 'agent ${1:name} {\n  model "${2:default}"\n  system "$0"\n}',
    "file:type": "type ${1:Name} {\n  ${2:field}: ${3:string}\n}",
    "graph:node": "node ${1:name} {\n  kind ${2:model}\n  $0\n}",
    "graph:channel": "channel ${1:name} ${2:overwrite}",
    "graph:input": "input { ${1:field}: ${2:string} }",
    "graph:output": "output { ${1:field}: ${2:string} }",
    "graph:defaults": 'defaults { model: "${1:default}" }',
    "graph:metadata": "metadata { ${1:key}: ${2:value} }",
    "graph:join": "join [${1:a}, ${2:b}] -> ${3:c}",
    "graph:state": "state ${1:State} {\n  $0\n}",
    "graph:type": "type ${1:Name} {\n  ${2:field}: ${3:string}\n}",
    "agent:input": "input { ${1:field}: ${2:string} }",
    "agent:output": "output { ${1:field}: ${2:string} }",
    "node:routes": "routes {\n  $0\n}",
    "node:command": "command { update { ${1:channel}: ${2:value} } }",
    "node:send": "send [\n  $0\n]",
    "node:writes": "writes { ${1:channel}: ${2:output} }",
    "node:args": "args { ${1:name}: ${2:value} }",
    "node:with": "with { ${1:name}: ${2:value} }",
    "node:metadata": "metadata { ${1:key}: ${2:value} }",
    "node:output": "output { ${1:field}: ${2:string} }",
    "routes:when": "when ${1:state.} -> ${2:END}",
    "routes:else": "else -> ${1:END}",
    "send:each": "each ${1:item} in state.${2:items} as ${3:target} { ${4:key}: ${1:item} }",
    "command:update": "update { ${1:channel}: ${2:value} }",
}
"""By block and word. What is not here is the word itself, with a blank behind it."""


def item_doc(block: str, word: str) -> str:
    """What an item does in a block; empty where there is none."""
    return ITEMS.get(f"{block}:{word}") or ITEMS.get(word, "")
