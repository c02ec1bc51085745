"""A search over the pages in `library/`."""

from __future__ import annotations

from pathlib import Path

LIBRARY = Path(__file__).parent.parent / "library"


async def search(query: str, limit: int = 3) -> list[dict[str, str]]:
    """Pages that hold words of the query, those with most of them first.

    Args:
        query: Words to look for.
        limit: The greatest number of pages.
    """
    words = set(query.lower().split())
    pages = [(page.stem, page.read_text(encoding="utf-8")) for page in sorted(LIBRARY.glob("*.md"))]
    found = [(sum(word in text.lower() for word in words), title, text) for title, text in pages]
    ranked = sorted((hit for hit in found if hit[0]), key=lambda hit: (-hit[0], hit[1]))
    return [{"title": title, "text": text.strip()} for _, title, text in ranked[:limit]]
