"""Usage of models that report none: tokens are estimated, money follows from the registered price."""

from __future__ import annotations

from decimal import Decimal

from rag_ir.canonical import compact
from rag_ir.graph import Json, Price
from rag_runtime.events import Usage
from rag_runtime.seams import Message, ModelRequest

BYTES_PER_TOKEN = 4
_MILLION = Decimal(1_000_000)


def estimated(request: ModelRequest, answer: Message, price: Price | None) -> Usage:
    """The usage of one call: a token for every four bytes, begun ones included, of what was sent and of what came back."""
    sent: list[Json] = [*request.messages, *({**tool.input, "name": tool.name} for tool in request.tools)]
    return priced(sum(map(_tokens, sent)), _tokens(answer), price)


def priced(
    input_tokens: int, output_tokens: int, price: Price | None, *, cached_tokens: int = 0, reasoning_tokens: int = 0
) -> Usage:
    """The usage of one call with these tokens; a model without a price costs nothing, a cached token as much as any other where the
    price says nothing of it."""
    cost = Decimal(0)
    if price is not None:
        fresh = input_tokens - cached_tokens if price.cached_input_per_mtok is not None else input_tokens
        cost += fresh * Decimal(price.input_per_mtok) + output_tokens * Decimal(price.output_per_mtok)
        cost += (input_tokens - fresh) * Decimal(price.cached_input_per_mtok or 0)
    return Usage(
        model_calls=1,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost_usd=_plain(cost / _MILLION),
        cached_tokens=cached_tokens,
        reasoning_tokens=reasoning_tokens,
    )


def _tokens(value: Json) -> int:
    """Counts what a message says; its role and its ids are free."""
    said = value
    if isinstance(value, dict) and "role" in value:
        said = [value.get("content"), value["tool_calls"]] if value.get("tool_calls") else value.get("content")
    text = said if isinstance(said, str) else compact(said)
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-size // BYTES_PER_TOKEN)


def _plain(cost: Decimal) -> str:
    """A decimal string without an exponent and without zeros that say nothing."""
    text = f"{cost:f}"
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
