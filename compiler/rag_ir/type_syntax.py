"""Type expressions of the language in a text of their own, as the manifest writes them.

type    = postfix { "|" postfix }
postfix = primary { "[]" | "?" }
primary = NAME | "map" "<" type ">" | "list" "<" type ">" | STRING | "(" type ")" | "{" { NAME ":" type [ "," ] } "}"
"""

from __future__ import annotations

from rag_ir.record import record
from rag_ir.type_values import (
    ALIASES,
    ListOf,
    Literals,
    MapOf,
    Named,
    Primitive,
    Record,
    RecordField,
    TypeValue,
    may_be_absent,
    optional,
    union,
)

NESTING = 64
"""Types nested deeper than this are refused."""

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"'}


@record
class TypeProblem:
    """Why a text is no type; `start` and `end` count code points of the text."""

    message: str
    start: int
    end: int


def parse_type(text: str) -> TypeValue | TypeProblem:
    """The type that a text writes. Names that are not built in are `Named`, whether or not anything is so called."""
    parser = _Parser(text)
    try:
        result = parser.type()
        parser.expect_end()
    except _Stop as stop:
        return stop.problem
    return result


class _Stop(Exception):
    def __init__(self, problem: TypeProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def type(self) -> TypeValue:
        self.depth += 1
        if self.depth > NESTING:
            raise self.problem(f"types are nested more than {NESTING} deep")
        members = [self.postfix()]
        while self.take("|"):
            members.append(self.postfix())
        self.depth -= 1
        return union(members)

    def postfix(self) -> TypeValue:
        result = self.primary()
        suffixes = 0
        while True:
            if self.take("["):
                self.expect("]")
                result = ListOf(result)
            elif self.take("?"):
                result = optional(result)
            else:
                return result
            suffixes += 1
            if self.depth + suffixes > NESTING:
                raise self.problem(f"types are nested more than {NESTING} deep")

    def primary(self) -> TypeValue:
        if self.take("("):
            inner = self.type()
            self.expect(")")
            return inner
        if self.take("{"):
            return self.record()
        if self.peek() == '"':
            return Literals((self.string(),))
        start = self.at
        name = self.name()
        if not name:
            raise self.problem("a type is missing" if not self.peek() else f"`{self.peek()}` begins no type")
        if name in ("map", "list") and self.take("<"):
            inner = self.type()
            self.expect(">")
            return MapOf(inner) if name == "map" else ListOf(inner)
        if name == "null":
            raise _Stop(TypeProblem("null is no type; write `T?` for a `T` that may be null", start, self.at))
        return Primitive(ALIASES[name]) if name in ALIASES else Named(name)

    def record(self) -> TypeValue:
        fields: list[RecordField] = []
        while not self.take("}"):
            self.peek()
            start = self.at
            name = self.name()
            if not name:
                raise self.problem("a field's name or `}` is missing")
            if any(field.name == name for field in fields):
                raise _Stop(TypeProblem(f"the field `{name}` stands twice", start, self.at))
            self.expect(":")
            type_ = self.type()
            fields.append(RecordField(name, type_, required=not may_be_absent(type_)))
            self.take(",")
        return Record(tuple(fields))

    def string(self) -> str:
        start = self.at
        self.at += 1
        out: list[str] = []
        while self.at < len(self.text) and self.text[self.at] not in '"\n\r':
            out.append(self.character())
        if self.at >= len(self.text) or self.text[self.at] != '"':
            raise _Stop(TypeProblem("the string is never closed", start, len(self.text)))
        self.at += 1
        return "".join(out)

    def character(self) -> str:
        """One character of a string, escapes decoded."""
        start = self.at
        self.at += 1
        if self.text[start] != "\\":
            return self.text[start]
        escape = self.text[self.at : self.at + 1]
        self.at += 1
        if escape in _ESCAPES and escape:
            return _ESCAPES[escape]
        if escape == "u" and (decoded := self.code_point()):
            return decoded
        raise _Stop(TypeProblem("there is no such escape in strings", start, min(self.at, len(self.text))))

    def code_point(self) -> str:
        """The character of `{...}` after `\\u`, or nothing."""
        end = self.text.find("}", self.at)
        digits = self.text[self.at + 1 : end] if end > 0 and self.text[self.at : self.at + 1] == "{" else ""
        if not 0 < len(digits) <= 6 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            return ""
        self.at = end + 1
        point = int(digits, 16)
        return chr(point) if point < 0xD800 or 0xDFFF < point <= 0x10FFFF else ""

    def name(self) -> str:
        """The name that begins here, or nothing."""
        self.peek()
        end = self.at
        while end < len(self.text) and self.text[end].isascii() and (self.text[end].isalnum() or self.text[end] == "_"):
            end += 1
        name = self.text[self.at : end]
        if not name or name[0].isdigit():
            return ""
        self.at = end
        return name

    def peek(self) -> str:
        """The next character that is no white space, to which the position moves; nothing at the end."""
        while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
            self.at += 1
        return self.text[self.at : self.at + 1]

    def take(self, mark: str) -> bool:
        if self.peek() != mark:
            return False
        self.at += 1
        return True

    def expect(self, mark: str) -> None:
        if not self.take(mark):
            raise self.problem(f"`{mark}` is missing")

    def expect_end(self) -> None:
        if self.peek():
            raise self.problem(f"`{self.peek()}` stands after the type")

    def problem(self, message: str) -> _Stop:
        return _Stop(TypeProblem(message, self.at, min(self.at + 1, len(self.text))))
