"""One table of a manifest: reads its keys by form, and says what is wrong with them.

A key that is missing or wrong is reported once and gives its default, so that the entry exists all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring
from typing import TypeVar, cast

from rag_ir.finding import Finding, pointer
from rag_ir.spell import closest

Choice = TypeVar("Choice", bound=str)
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Table:
    """A table at a path of the manifest; `known` are all of its keys."""

    __slots__ = ("at", "findings", "values")

    def __init__(
        self, values: Mapping[str, object], at: Sequence[str], known: Sequence[str], findings: list[Finding]
    ) -> None:
        self.values = values
        self.at = tuple(at)
        self.findings = findings
        for key in values:
            if key not in known:
                self._unknown(key, known)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def add(self, code: str, key: str | None, message: str, *, on_key: bool = False, help: str = "") -> None:
        """Report a finding at a key, or at the table itself."""
        parts = self.at if key is None else (*self.at, key)
        self.findings.append(Finding(code, pointer(*parts), message, help=help, part="key" if on_key else "value"))

    def bad(self, key: str, expected: str, *, help: str = "") -> None:
        """Report a value that is not what its key takes."""
        self.add("manifest-bad-value", key, f"`{key}` takes {expected}, not {describe(self.values[key])}", help=help)

    def missing(self, key: str, example: str) -> None:
        """Report a key that must be there."""
        help_ = f"add `{key} = {example}`"
        self.add("manifest-missing-key", None, f"`{self.name}` has no `{key}`", on_key=True, help=help_)

    @property
    def name(self) -> str:
        """The table's header, as it is written."""
        return f"[{'.'.join(map(bare, self.at))}]"

    def text(self, key: str, default: str = "") -> str:
        """A text."""
        value = self.values.get(key, default)
        if isinstance(value, str):
            return value
        self.bad(key, "a text")
        return default

    def required_text(self, key: str, example: str) -> str:
        """A text that must be there and not be empty."""
        if key not in self.values:
            self.missing(key, example)
        elif self.values[key] == "":
            self.bad(key, "a text that is not empty")
        return self.text(key)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, each once."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[object]", value)):
            self.bad(key, "a list of texts")
            return ()
        items = cast("list[str]", value)
        for index, item in enumerate(items):
            if item in items[:index]:
                at = pointer(*self.at, key, index)
                self.findings.append(Finding("manifest-bad-value", at, f"`{item}` stands twice in `{key}`"))
        return tuple(dict.fromkeys(items))

    def boolean(self, key: str, *, default: bool) -> bool:
        """A boolean."""
        value = self.values.get(key, default)
        if isinstance(value, bool):
            return value
        self.bad(key, "`true` or `false`")
        return default

    def integer(self, key: str, least: int, most: int | None = None) -> int | None:
        """An integer within limits, or None where it is not given."""
        if key not in self.values:
            return None
        value = self.values[key]
        in_range = isinstance(value, int) and not isinstance(value, bool) and least <= value <= (most or 1 << 53)
        if not in_range:
            self.bad(key, f"an integer from {least}" + (f" to {most}" if most else ""))
            return None
        return cast("int", value)

    def duration(self, key: str, longest: int | None = None) -> int | None:
        """Milliseconds of a duration, or None where it is not given: a text as `"30s"`, or a number of seconds."""
        if key not in self.values:
            return None
        value = self.values[key]
        text = f"{value}s" if isinstance(value, int) and not isinstance(value, bool) else value
        if isinstance(text, str):
            number = text.rstrip("dhms")
            unit = _UNITS.get(text[len(number) :])
            if unit and number.isascii() and number.isdecimal() and 0 < int(number[:12]) * unit <= (longest or 1 << 53):
                return int(number[:12]) * unit
        at_most = f" of at most {longest // 60_000} minutes" if longest else ""
        self.bad(key, f'a duration{at_most}, such as `"120s"`')
        return None

    def money(self, key: str) -> str | None:
        """US dollars as a decimal string, or None where they are not given."""
        if key not in self.values:
            return None
        value = self.values[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1_000_000:
            self.bad(key, "a number of US dollars from 0, below a million")
            return None
        from decimal import Decimal

        text = format(Decimal(repr(value)), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text

    def path(self, key: str, suffix: str) -> str:
        """The path of a file below the root, with `/` between its parts; empty where it is missing or wrong."""
        if key not in self.values:
            self.missing(key, f'"path/to/file{suffix}"')
            return ""
        value = self.values[key]
        if isinstance(value, str) and is_below(value) and value.endswith(suffix):
            return value
        self.bad(key, f"the path of a `{suffix}` file inside the project")
        return ""

    def choice(self, key: str, options: Sequence[Choice], default: Choice) -> Choice:
        """One of some words."""
        if key in self.values:
            for option in options:
                if self.values[key] == option:
                    return option
            self.bad_choice(key, self.values[key], options)
        return default

    def bad_choice(self, key: str, value: object, options: Sequence[str], *, index: int | None = None) -> None:
        """Report a word that is none of those that a key takes, or that is one of its list."""
        near = closest(value, options) if isinstance(value, str) else None
        listed = ", ".join(f"`{option}`" for option in options)
        message = f"`{key}` takes one of {listed}, not {describe(value)}"
        self.findings.append(
            Finding(
                "manifest-bad-value",
                pointer(*self.at, key) if index is None else pointer(*self.at, key, index),
                message,
                help=f"did you mean `{near}`?" if near else "",
                candidates=(near,) if near else (),
                replacement=f'"{near}"' if near else None,
            )
        )

    def table(self, key: str) -> Mapping[str, object]:
        """A table within this one, empty where it is not given."""
        value = self.values.get(key, {})
        if isinstance(value, dict):
            return cast("dict[str, object]", value)
        self.bad(key, "a table")
        return {}

    def _unknown(self, key: str, known: Sequence[str]) -> None:
        near = closest(key, [each for each in known if each not in self.values])
        listed = ", ".join(f"`{each}`" for each in known)
        where = f"`{self.name}`" if self.at else "the manifest"
        self.findings.append(
            Finding(
                "manifest-unknown-key",
                pointer(*self.at, key),
                f"{where} has no {'key' if self.at else 'section'} `{key}`",
                help=f"did you mean `{near}`?" if near else f"there are {listed}",
                part="key",
                candidates=(near,) if near else (),
                replacement=near,
            )
        )


def describe(value: object) -> str:
    """What a TOML value is, for messages."""
    if isinstance(value, str):
        return (
            f"`{value}`"
            if value.isprintable() and 0 < len(value) <= 60
            else "an empty text"
            if not value
            else "this text"
        )
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int) and value.bit_length() <= 64:
        return f"`{value}`"
    if isinstance(value, (int, float)):
        return "this number"
    if isinstance(value, list):
        return "a list"
    return "a table" if isinstance(value, dict) else "a date or time"


def is_below(path: str) -> bool:
    """Whether a text is a path, or a glob of paths, that cannot lead out of the folder that it begins in."""
    parts = path.split("/")
    return (
        bool(path)
        and "\\" not in path
        and "" not in parts
        and ".." not in parts
        and ":" not in parts[0]
        and "\0" not in path
    )


def bare(key: str) -> str:
    """A key as TOML writes it: bare where it can be, else quoted."""
    return key if _is_word(key.replace("-", "_")) else encode_basestring(key)


def is_identifier(name: str) -> bool:
    """Whether a name is an identifier of the language."""
    return _is_word(name) and not name[0].isdigit()


def _is_word(text: str) -> bool:
    return text.isascii() and text.replace("_", "a").isalnum()
