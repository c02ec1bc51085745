"""Text with places where its lines may break, and how it is laid out in a width.

A layout knows three things of itself, found when it is made: how wide it is on one line, whether it cannot stand on one line,
and whether a comment ends it, behind which only a new line can follow.
"""

from __future__ import annotations

from collections.abc import Iterable

from rag_ir.record import record

WIDTH = 100
STEP = "  "
OPENING = ("{", "[", "(")
CLOSING = ("}", "]", ")")


@record
class Line:
    """A place where a line may break: `flat` stands there if it does not. A `hard` one always breaks."""

    flat: str
    hard: bool = False


@record
class Note:
    """A comment; one that is not `own` stands behind what is before it on its line."""

    text: str
    own: bool


@record
class Mark:
    """`GAP`: a blank line is wanted where the next line begins. `COMMA`: a `,` if the group around it is broken over lines."""

    name: str


@record
class Row:
    """Layouts one behind the other."""

    parts: tuple[Layout, ...]
    width: int
    broken: bool
    noted: bool


@record
class Nest:
    """A layout whose lines begin one step further in."""

    inner: Layout
    width: int
    broken: bool
    noted: bool


@record
class Group:
    """A layout whose places break all or none: none if it fits."""

    inner: Layout
    width: int
    broken: bool
    noted: bool


Layout = str | Line | Note | Mark | Row | Nest | Group

SPACE = " "
LINE = Line(" ")
SOFT = Line("")
HARD = Line("", hard=True)
GAP = Mark("gap")
COMMA = Mark("comma")
NOTHING = Row((), 0, False, False)


def row(*parts: Layout) -> Layout:
    """Layouts one behind the other."""
    return rows(parts)


def rows(parts: Iterable[Layout]) -> Layout:
    """Layouts one behind the other; what is between two comments, or behind one, cannot stand on one line."""
    kept = tuple(part for part in parts if part is not NOTHING)
    if len(kept) < 2:
        return kept[0] if kept else NOTHING
    width, broken, noted = 0, False, False
    for part in kept:
        size, breaks, notes = measured(part)
        width += size
        broken = broken or breaks or noted
        noted = notes
    return Row(kept, width, broken, noted)


def nest(*parts: Layout) -> Layout:
    """Layouts one behind the other, one step further in."""
    inner = rows(parts)
    return Nest(inner, *measured(inner))


def group(*parts: Layout) -> Layout:
    """Layouts one behind the other, on one line if they fit."""
    inner = rows(parts)
    return Group(inner, *measured(inner))


def measured(layout: Layout) -> tuple[int, bool, bool]:
    """The width on one line, whether it cannot stand on one, and whether a comment ends it."""
    match layout:
        case str():
            return len(layout), "\n" in layout, False
        case Line(flat, hard):
            return len(flat), hard, False
        case Note(_, own):
            return 0, own, True
        case Mark():
            return 0, False, False
        case _:
            return layout.width, layout.broken, layout.noted


def lay_out(layout: Layout) -> str:
    """The text of a layout, its last line ended."""
    paper = _Paper()
    stack: list[tuple[int, bool, Layout]] = [(0, False, layout)]
    while stack:
        level, flat, part = stack.pop()
        match part:
            case str():
                paper.write(part, level)
            case Line(text, hard):
                if hard or not flat or paper.ended:
                    paper.end(level)
                elif text:
                    paper.write(text.rstrip(), level)
                    paper.spaced = text.endswith(SPACE)
            case Note(text, own):
                paper.note(text, level, own=own)
            case Mark(name):
                if name == GAP.name:
                    paper.gap = True
                elif not flat:
                    paper.write(",", level)
            case Row(parts):
                stack.extend((level, flat, each) for each in reversed(parts))
            case Nest(inner):
                stack.append((level + 1, flat, inner))
            case Group(inner, width, broken):
                fits = not broken and _fits(WIDTH - paper.column(level) - width, stack)
                stack.append((level, fits, inner))
    return paper.text()


def _fits(room: int, behind: list[tuple[int, bool, Layout]]) -> bool:
    """Whether what has to stand on the line behind a group fits into the room that the group leaves: all up to the next place
    that may break."""
    waiting: list[tuple[bool, Layout]] = []
    at = len(behind)
    while room >= 0:
        if not waiting:
            at -= 1
            if at < 0:
                return True
            waiting.append(behind[at][1:])
        flat, part = waiting.pop()
        match part:
            case str():
                first, ended, _ = part.partition("\n")
                room -= len(first)
                if ended:
                    return room >= 0
            case Line(text, hard):
                if hard or not flat:
                    return True
                room -= len(text)
            case Note():
                return True
            case Mark():
                pass
            case Row(parts):
                waiting.extend((flat, each) for each in reversed(parts))
            case Nest(inner):
                waiting.append((flat, inner))
            case Group(inner):
                waiting.append((flat, inner))
    return False


class _Paper:
    """What has been written. `behind` is a comment that ends the line, `level` the indentation of a line that is to begin."""

    __slots__ = ("at", "behind", "gap", "last", "level", "out", "spaced")

    def __init__(self) -> None:
        self.last = ""
        self.out: list[str] = []
        self.at = 0
        self.spaced = False
        self.gap = False
        self.level: int | None = None
        self.behind = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more can be written on the line."""
        return self.level is not None or bool(self.behind)

    def column(self, level: int) -> int:
        """Where the next text would begin."""
        if self.behind:
            return len(STEP) * level
        return len(STEP) * self.level if self.level is not None else self.at + self.spaced

    def write(self, text: str, level: int) -> None:
        """Write a text; a comma stands before the comment that ends the line."""
        if text == SPACE:
            self.spaced = True
            return
        if not text:
            return
        if self.behind and text != ",":
            self.end(level)
        if self.level is not None:
            self._begin(text)
        elif self.spaced:
            self.out.append(SPACE)
            self.at += 1
        self.spaced = False
        self.out.append(text)
        self.last = text
        _, broken, last = text.rpartition("\n")
        self.at = len(last) if broken else self.at + len(text)

    def note(self, text: str, level: int, *, own: bool) -> None:
        """Write a comment, after which the line ends."""
        if own or self.ended or not self.out:
            if self.out and self.level is None:
                self.end(level)
            elif self.level is not None:
                self.level = level
            self.write(text, level)
            self.end(level)
        else:
            self.behind = text

    def end(self, level: int) -> None:
        """End the line."""
        if self.behind:
            self.out.append(f" {self.behind}")
            self.last, self.behind = self.behind, ""
        self.level = level
        self.spaced = False

    def text(self) -> str:
        """All that was written."""
        self.end(0)
        return "".join(self.out) + "\n" if self.out else ""

    def _begin(self, text: str) -> None:
        assert self.level is not None
        if self.out:
            blank = self.gap and self.last not in OPENING and text not in CLOSING
            self.out.append("\n\n" if blank else "\n")
        self.out.append(STEP * self.level)
        self.at = len(STEP) * self.level
        self.level = None
        self.gap = False
