"""The closed sets of words in policies, and what a policy leaves out."""

from __future__ import annotations

from rag_ir.graph import Retry

RETRIED = ("timeout", "rate_limit", "server", "connection", "invalid_output", "tool_error")
"""Classes of errors upon which a call can be made again."""
DEFAULT_RETRY = Retry(
    max_attempts=4,
    backoff="exponential",
    initial=200,
    max=30_000,
    jitter=True,
    on=("timeout", "rate_limit", "server", "connection"),
)
"""What a `retry` block leaves out, in milliseconds."""

ACTIONS = ("pause", "resume", "cancel", "inject_message", "redirect", "add_instruction", "request_status")
"""What may be done to a node while it runs."""
KINDS = ("models", "tools", "agents", "graphs", "stores", "routers", "reducers", "middleware", "scripts")
"""Kinds of what a graph may name, as the manifest's sections are called."""
