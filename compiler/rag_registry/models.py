"""Models of a manifest: `[models.N]`, read from its table.

Each provider has its own keys: one that a provider does not look at is refused, because it would be ignored. Secrets never stand
in a manifest; keys that need one take the name of an environment variable.
"""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir.finding import Finding, pointer
from rag_ir.graph import Price
from rag_ir.spell import closest
from rag_registry.registry import Model
from rag_registry.table import Table, describe, is_identifier

PROVIDERS = ("openai", "anthropic", "ollama", "scripted", "echo", "python")
ADDRESSES: Mapping[str, str] = {"openai": "https://api.openai.com/v1", "ollama": "http://127.0.0.1:11434/v1"}
"""The providers over HTTP that this version has, with the address that each has unless it is given another."""

BUILT_PROVIDERS = (*ADDRESSES, "scripted", "echo")
CAPABILITIES = ("tools", "json_schema", "streaming")

MODEL_KEYS = (
    *("provider", "model", "base_url", "api_key_env", "headers_env", "timeout", "python", "answers"),
    *("context_window", "max_output_tokens", "price", "capabilities", "description", "aliases"),
)
HTTP_KEYS = ("base_url", "api_key_env", "headers_env", "timeout")

CHAT_PATH = "/chat/completions"
LONGEST_TIMEOUT = 3_600_000
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000}
_HEADER_MARKS = str.maketrans("!#$%&'*+-.^_`|~", "a" * 15)
_OWN_HEADERS = ("accept", "connection", "content-length", "content-type", "host", "transfer-encoding")


def read_model(name: str, table: Table) -> Model:
    """`[models.N]`."""
    provider = _provider(table)
    over_http = provider in ADDRESSES
    return Model(
        name=name,
        description=table.text("description"),
        provider=provider,
        model=table.text("model", name),
        answers=table.text("answers") if "answers" in table else None,
        capabilities=_capabilities(table),
        context_window=table.integer("context_window", 1),
        max_output_tokens=table.integer("max_output_tokens", 1),
        price=_price(table),
        base_url=_address(table, ADDRESSES[provider]) if over_http else "",
        api_key_env=_variable(table, table.values["api_key_env"], "api_key_env")
        if over_http and "api_key_env" in table
        else "",
        headers_env=_headers(table) if over_http else {},
        timeout=_timeout(table) if over_http else None,
    )


def _provider(table: Table) -> str:
    provider = table.required_text("provider", '"echo"')
    if provider not in PROVIDERS and provider:
        table.bad_choice("provider", provider, PROVIDERS)
    elif provider not in BUILT_PROVIDERS and provider:
        table.not_built("provider", f"provider `{provider}`", on_key=False)
    elif provider:
        _check_keys(provider, table)
    return provider


def _check_keys(provider: str, table: Table) -> None:
    foreign = ["python", *(() if provider in ADDRESSES else ("model", *HTTP_KEYS))]
    if provider != "scripted":
        foreign.append("answers")
    elif "answers" not in table:
        table.missing("answers", '"answers.toml"')
    if provider == "openai" and not any(key in table for key in HTTP_KEYS[:3]):
        table.missing("api_key_env", '"OPENAI_API_KEY"')
    for key in foreign:
        if key in table:
            table.add("manifest-conflict", key, f"`{key}` means nothing to provider `{provider}`", on_key=True)


# ---- over HTTP -------------------------------------------------------------------------------------------------------


def _address(table: Table, default: str) -> str:
    """The address that requests go below, without a slash at its end."""
    if "base_url" not in table:
        return default
    address = table.text("base_url").rstrip("/")
    if address.endswith(CHAT_PATH):
        table.bad("base_url", f"the address that `{CHAT_PATH}` follows", help=f"leave `{CHAT_PATH}` out")
    elif not _is_address(address):
        expected = "an address such as `http://127.0.0.1:8000/v1`: no user, no `?`, no `#`"
        table.add("manifest-bad-value", "base_url", f"`base_url` takes {expected}")
    else:
        return address
    return default


def _is_address(text: str) -> bool:
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
        and not any(mark in path for mark in ' ?#"<>\\')
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


def _variable(table: Table, value: object, *keys: str) -> str:
    """The name of an environment variable. What stands there instead is not shown: it may be a secret."""
    if isinstance(value, str) and is_identifier(value):
        return value
    message = f"`{keys[-1]}` takes the name of an environment variable, such as `OPENAI_API_KEY`, never a secret itself"
    table.findings.append(Finding("manifest-bad-value", pointer(*table.at, *keys), message))
    return ""


def _headers(table: Table) -> dict[str, str]:
    """Header -> environment variable."""
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
        elif variable := _variable(table, value, "headers_env", header):
            kept[header] = variable
    return kept


def _timeout(table: Table) -> int | None:
    """Milliseconds."""
    if "timeout" not in table:
        return None
    value = table.values["timeout"]
    if isinstance(value, str):
        number = value.rstrip("ms")
        unit = _UNITS.get(value[len(number) :])
        if unit and number.isascii() and number.isdecimal() and 0 < int(number[:9]) * unit <= LONGEST_TIMEOUT:
            return int(number[:9]) * unit
    table.bad("timeout", 'a duration of at most an hour, such as `"120s"`')
    return None


# ---- of any provider -------------------------------------------------------------------------------------------------


def _capabilities(table: Table) -> tuple[str, ...]:
    given = table.texts("capabilities")
    for index, name in enumerate(given):
        if name not in CAPABILITIES:
            near = closest(name, CAPABILITIES)
            listed = ", ".join(f"`{each}`" for each in CAPABILITIES)
            table.findings.append(
                Finding(
                    "manifest-bad-value",
                    pointer(*table.at, "capabilities", index),
                    f"there is no capability {describe(name)}",
                    help=f"did you mean `{near}`?" if near else f"there are {listed}",
                    candidates=(near,) if near else (),
                    replacement=f'"{near}"' if near else None,
                )
            )
    return tuple(name for name in given if name in CAPABILITIES)


def _price(table: Table) -> Price | None:
    values = table.table("price")
    if not isinstance(table.values.get("price"), dict):
        return None
    parts = Table(values, (*table.at, "price"), ("input_per_mtok", "output_per_mtok"), table.findings)
    return Price(input_per_mtok=_money(parts, "input_per_mtok"), output_per_mtok=_money(parts, "output_per_mtok"))


def _money(table: Table, key: str) -> str:
    from decimal import Decimal

    if key not in table:
        table.missing(key, "0.25")
        return "0"
    value = table.values[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1_000_000:
        table.bad(key, "a number of US dollars from 0, below a million")
        return "0"
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
