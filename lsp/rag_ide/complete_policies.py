"""What can stand in blocks of policies: keys, the words of closed sets behind them, and what a send may say of its child."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rag_compiler.kinds import (
    BACKOFFS,
    BUDGET,
    CACHE,
    CONTEXTS,
    DELIVERIES,
    JOIN_OPTIONS,
    RETRY,
    SCOPES,
    STEERING,
    WAITS,
)
from rag_ide import offers
from rag_ide.documentation import KEYS
from rag_ide.offers import Offer
from rag_ir.policies import ACTIONS, RETRIED
from rag_verify.unbuilt import UNBUILT

FLAGS = ("true", "false")
BLOCKS: Mapping[str, Sequence[str]] = {
    "options": JOIN_OPTIONS,
    "retry": RETRY,
    "budget": BUDGET,
    "cache": CACHE,
    "steering": STEERING,
}
_WORDS: Mapping[str, Sequence[str]] = {
    "wait": WAITS,
    "keep": FLAGS,
    "backoff": BACKOFFS,
    "jitter": FLAGS,
    "scope": SCOPES,
    "delivery": DELIVERIES,
}
LISTS: Mapping[str, Sequence[str]] = {"on": RETRIED, "human": ACTIONS, "parent": ACTIONS}
"""Words that stand in lists, by what the list is given to."""
MODIFIERS = ("optional", "blocking", "timeout", "retry", "into", "writes", "context", "max")


def policy_offers(block: str, entry: Sequence[str]) -> Iterator[Offer]:
    """What can stand in a block behind what stands there before the place."""
    if not entry:
        yield from (Offer(key, "item", KEYS[f"{block}:{key}"], text=f"{key}: ") for key in BLOCKS[block])
    elif len(entry) == 2 and entry[1] == ":":
        word = entry[0]
        yield from offers.words(each for each in _WORDS.get(word, ()) if f"{word} {each}" not in UNBUILT)


def modifier_offers(last: str) -> Iterator[Offer]:
    """What a send can say of its child behind some word."""
    if last == "context":
        yield from offers.words(CONTEXTS)
    elif last == "blocking":
        yield from offers.words(FLAGS)
    else:
        yield from offers.words((word for word in MODIFIERS if f"send {word}" not in UNBUILT), "item")
