"""Text that must not reach a terminal, a browser or a parser as anything but text."""

from __future__ import annotations

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b31m",
    "a\rb",
    "a\nb",
    "tab\there",
    "\u202eright to left\u202c",
    "zero\u200bwidth\u2066",
    "\u2028line\u2029paragraph",
    "\x00\x7f\x85",
    "\ud800",
    'quote " and \\ and `tick`',
    "<script>alert(1)</script>",
    "</b> & &amp; #35;",
    "]]]}}} -->|x| end",
    "%% comment\nend\nclick n0 href",
    "日本語 e\u0301 🏳️",
    "x" * 5000,
)


def ascii_start(text: str) -> str:
    """A readable name of a text for a test."""
    return ascii(text)[:24]
