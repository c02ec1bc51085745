"""The board: one text file for each notice, in `board/`."""

from __future__ import annotations

import re
from pathlib import Path

BOARD = Path(__file__).parent.parent / "board"


def publish(title: str, text: str) -> str:
    """Puts a notice on the board. A title that hangs there already is an error.

    Args:
        title: The notice's title.
        text: What it says.
    """
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "untitled"
    BOARD.mkdir(exist_ok=True)
    try:
        with (BOARD / f"{name}.txt").open("x", encoding="utf-8") as notice:
            notice.write(f"{title}\n\n{text}\n")
    except FileExistsError:
        raise ValueError(f"a notice with the title {title} hangs there already") from None
    return f"board/{name}.txt"
