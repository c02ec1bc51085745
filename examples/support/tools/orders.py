"""The shop's orders, in `orders.json`."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

ORDERS = Path(__file__).parent.parent / "orders.json"


def find_order(number: str) -> dict[str, Any]:
    """The order of that number: its title, price and state.

    Args:
        number: The order's number, digits only.
    """
    orders: dict[str, dict[str, Any]] = json.loads(ORDERS.read_text(encoding="utf-8"))
    if number not in orders:
        raise ValueError(f"there is no order {number}")
    return {"number": number, **orders[number]}


def ticket_number(text: str) -> str:
    """The number of the ticket for a message: the same message has the same ticket.

    Args:
        text: What the customer wrote.
    """
    return f"T-{zlib.crc32(text.encode()) % 100_000:05}"
