"""A row of terminal cells that are written at columns, in any order, and painted at the end."""

from __future__ import annotations

from rag_cli.printable import width
from rag_cli.terminal import Palette


class Row:
    """One row. Columns count cells from 0; what is written later covers what was there."""

    __slots__ = ("_cells", "_styles")

    def __init__(self) -> None:
        self._cells: list[str] = []
        self._styles: list[str] = []

    @property
    def width(self) -> int:
        """How many cells are in use."""
        return len(self._cells)

    def put(self, column: int, text: str, style: str = "") -> None:
        """Writes a printable text from a column on."""
        missing = column + width(text) - len(self._cells)
        self._cells.extend(" " * missing)
        self._styles.extend([""] * missing)
        for char in text:
            cells = width(char)
            if cells == 0 and column > 0:
                self._cells[column - 1] += char
                continue
            # The second cell of a wide character holds nothing: the terminal fills it.
            for filler in range(cells):
                self._cells[column + filler] = "" if filler else char
                self._styles[column + filler] = style
            column += cells

    def paint(self, palette: Palette) -> str:
        """The row's text without trailing blanks, each run of one style painted at once."""
        parts: list[str] = []
        start = 0
        while start < len(self._cells):
            end, style = start + 1, self._styles[start]
            while end < len(self._cells) and self._styles[end] == style:
                end += 1
            run = "".join(self._cells[start:end])
            parts.append(palette.paint(style, run) if style else run)
            start = end
        return "".join(parts).rstrip(" ")
