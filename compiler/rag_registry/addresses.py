"""Addresses, headers and names of environment variables in a manifest. A secret that stands there is not repeated."""

from __future__ import annotations

from rag_ir.finding import Finding, pointer
from rag_registry.table import Table, describe, is_identifier

_HEADER_MARKS = str.maketrans("!#$%&'*+-.^_`|~", "a" * 15)
_OWN_HEADERS = ("accept", "connection", "content-length", "content-type", "host", "transfer-encoding")


def is_address(text: str, *, braces: bool = False) -> bool:
    """Whether a text is `http://` or `https://` with a host, and a path of plain characters: no user, no `?`, no `#`.

    With `braces`, the path may hold `{` and `}`.
    """
    scheme, separator, rest = text.partition("://")
    host, _, path = rest.partition("/")
    name, port = _host_and_port(host)
    return (
        scheme in ("http", "https")
        and bool(separator)
        and bool(name)
        and (not port or (port.isdecimal() and port.isascii() and 0 < int(port[:6]) < 1 << 16))
        and path.isascii()
        and path.isprintable()
        and not any(mark in path for mark in (' ?#"<>\\' if braces else ' ?#"<>\\{}'))
    )


def _host_and_port(host: str) -> tuple[str, str]:
    """The name is empty where it is none; an address of IPv6 stands in brackets."""
    if host.startswith("["):
        name, closed, port = host[1:].partition("]")
        right = bool(closed) and (not port or port[0] == ":") and ":" in name
        return (name if right and set(name) <= set("0123456789abcdefABCDEF:.") else ""), port[1:]
    name, colon, port = host.partition(":")
    letters = name.replace("-", "a").replace(".", "a").replace("_", "a")
    wrong = (
        not letters.isascii() or not letters.isalnum() or ".." in name or name.startswith(".") or (colon and not port)
    )
    return "" if wrong else name, port


def variable(table: Table, value: object, *keys: str | int) -> str:
    """The name of an environment variable, empty for what is none. What stands there instead may be a secret and is not shown."""
    if isinstance(value, str) and is_identifier(value):
        return value
    key = next(key for key in reversed(keys) if isinstance(key, str))
    message = f"`{key}` takes the name of an environment variable, such as `OPENAI_API_KEY`, never a secret itself"
    table.findings.append(Finding("manifest-bad-value", pointer(*table.at, *keys), message))
    return ""


def headers(table: Table) -> dict[str, str]:
    """`headers_env`: header -> environment variable."""
    kept: dict[str, str] = {}
    for header, value in table.table("headers_env").items():
        at = pointer(*table.at, "headers_env", header)
        name = header.translate(_HEADER_MARKS)
        if not name.isascii() or not name.isalnum() or header.lower() in _OWN_HEADERS:
            message = f"{describe(header)} is no header that can be set here"
            table.findings.append(Finding("manifest-bad-value", at, message, part="key"))
        elif header.lower() in map(str.lower, kept):
            message = f"`{header}` stands twice: the case of a header means nothing"
            table.findings.append(Finding("manifest-conflict", at, message, part="key"))
        elif header.lower() == "authorization" and "api_key_env" in table:
            message = f"`{header}` is what `api_key_env` sets already"
            table.findings.append(Finding("manifest-conflict", at, message, part="key"))
        elif name := variable(table, value, "headers_env", header):
            kept[header] = name
    return kept
