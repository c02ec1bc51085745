"""The pages in `pages/`."""

from __future__ import annotations

from pathlib import Path

PAGES = Path(__file__).parent.parent / "pages"


def read_page(name: str) -> str:
    """The text of a page.

    Args:
        name: The page's name, without a folder or an ending.
    """
    pages = {page.stem: page for page in sorted(PAGES.glob("*.txt"))}
    if name not in pages:
        raise ValueError(f"there is no page {name}; there are {', '.join(pages)}")
    return pages[name].read_text(encoding="utf-8").strip()
