"""What a run has used: a sum of usages that does not depend on their order."""

from __future__ import annotations

from rag_runtime.events import Usage

NOTHING = Usage()


class Ledger:
    """Counts add up; so does money, exactly, as decimal strings."""

    __slots__ = ("_usage",)

    def __init__(self) -> None:
        self._usage = NOTHING

    @property
    def usage(self) -> Usage:
        """The sum so far."""
        return self._usage

    def add(self, new: Usage, before: Usage = NOTHING) -> None:
        """Count `new`, of which `before` was counted already."""
        if new == before:
            return
        now = self._usage
        self._usage = Usage(
            model_calls=now.model_calls + new.model_calls - before.model_calls,
            tool_calls=now.tool_calls + new.tool_calls - before.tool_calls,
            input_tokens=now.input_tokens + new.input_tokens - before.input_tokens,
            output_tokens=now.output_tokens + new.output_tokens - before.output_tokens,
            cost_usd=_sum(now.cost_usd, new.cost_usd, before.cost_usd),
            cached_tokens=now.cached_tokens + new.cached_tokens - before.cached_tokens,
            reasoning_tokens=now.reasoning_tokens + new.reasoning_tokens - before.reasoning_tokens,
        )


def _sum(now: str, new: str, before: str) -> str:
    if new == before:
        return now
    from decimal import Context, Decimal

    exact = Context(prec=200)
    total = exact.subtract(exact.add(Decimal(now), Decimal(new)), Decimal(before))
    text = format(total, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
