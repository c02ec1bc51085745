"""`echo`: a model without a network that says the last user message again."""

from __future__ import annotations

from rag_ir.canonical import compact
from rag_ir.graph import Price
from rag_runtime.events import Error
from rag_runtime.providers.smallest import smallest
from rag_runtime.providers.usage import estimated
from rag_runtime.seams import CallFailed, Message, ModelAnswer, ModelRequest


class Echo:
    """Never calls tools. Asked for structured output, it gives the smallest value that fits."""

    __slots__ = ("_price",)

    def __init__(self, price: Price | None = None) -> None:
        self._price = price

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """The answer. Raises `CallFailed` with code `unanswerable-output` where no finite value fits the schema."""
        value = None
        content = _last_of_the_user(request)
        if request.output is not None:
            try:
                value = smallest(request.output)
            except ValueError as error:
                raise CallFailed(Error(code="unanswerable-output", message=f"`echo`: {error}")) from error
            content = compact(value)
        message: Message = {"role": "assistant", "content": content}
        return ModelAnswer(message=message, value=value, usage=estimated(request, message, self._price))


def _last_of_the_user(request: ModelRequest) -> str:
    for message in reversed(request.messages):
        if message.get("role") == "user":
            content = message.get("content")
            return content if isinstance(content, str) else compact(content)
    return ""
