"""What the behaviour of a node came to, before its writes are made."""

from __future__ import annotations

from rag_ir.graph import Json
from rag_ir.record import record
from rag_runtime.seams import Message


@record(kw_only=True)
class Outcome:
    """`output`, the outcome label, and the activation's new messages. `final` is false of an answer that only calls tools: writes of
    an output do not apply then."""

    output: Json
    label: str | None
    messages: tuple[Message, ...] = ()
    final: bool = True
