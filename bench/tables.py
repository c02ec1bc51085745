"""Tables of Markdown, and figures as one reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A titled table."""
    lines = [f"### {title}", "", _row(head), _row(["---"] * len(head)), *map(_row, rows)]
    return "\n".join(lines) + "\n"


def figure(value: float) -> str:
    """Three digits that count, thousands apart."""
    if value >= 1000:
        return f"{value:,.0f}"
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def ratio(value: float, base: float | None) -> str:
    """How many times the base."""
    return "" if not base else f"{figure(value / base)}x"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
