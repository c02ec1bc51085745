"""Models of a manifest: `[models.N]`, read from its table.

Each provider has its own keys: one that a provider does not look at is refused, because it would be ignored. Secrets never stand
in a manifest; keys that need one take the name of an environment variable.
"""

from __future__ import annotations

from collections.abc import Mapping

from rag_ir.finding import Finding, pointer
from rag_ir.graph import Price
from rag_ir.spell import closest
from rag_registry.addresses import headers, is_address, variable
from rag_registry.functions import function_at
from rag_registry.keys import KEYS
from rag_registry.registry import Model
from rag_registry.table import Table, describe, is_below
from rag_registry.unbuilt import is_unbuilt

PROVIDERS = ("openai", "anthropic", "ollama", "scripted", "echo", "python")
ADDRESSES: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "ollama": "http://127.0.0.1:11434/v1",
    "anthropic": "https://api.anthropic.com",
}
"""The providers over HTTP, with the address that each has unless it is given another."""

BUILT_PROVIDERS = tuple(provider for provider in PROVIDERS if not is_unbuilt("models", "provider", provider))
CAPABILITIES = ("tools", "json_schema", "streaming")

HTTP_KEYS = ("base_url", "api_key_env", "headers_env", "timeout")
NEED_KEYS: Mapping[str, str] = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
"""The providers that are asked with a key, unless they stand somewhere else, and the variable that usually holds it."""

PATHS: Mapping[str, str] = {"openai": "/chat/completions", "ollama": "/chat/completions", "anthropic": "/v1/messages"}
"""Where below its address a provider is asked."""

LONGEST_TIMEOUT = 3_600_000


def read_model(name: str, table: Table) -> Model:
    """`[models.N]`."""
    provider = _provider(table)
    over_http = provider in ADDRESSES
    return Model(
        name=name,
        description=table.text("description"),
        provider=provider,
        model=table.text("model", name),
        answers=_answers(table) if "answers" in table else None,
        capabilities=_capabilities(table),
        context_window=table.integer("context_window", 1),
        max_output_tokens=table.integer("max_output_tokens", 1),
        price=_price(table),
        base_url=_address(table, provider) if over_http else "",
        api_key_env=variable(table, table.values["api_key_env"], "api_key_env")
        if over_http and "api_key_env" in table
        else "",
        headers_env=headers(table) if over_http else {},
        timeout=table.duration("timeout", LONGEST_TIMEOUT) if over_http else None,
        python=function_at(table) if provider == "python" and "python" in table else "",
    )


def _provider(table: Table) -> str:
    provider = table.required_text("provider", '"echo"')
    if provider not in PROVIDERS and provider:
        table.bad_choice("provider", provider, PROVIDERS)
    elif provider:
        _check_keys(provider, table)
    return provider


def _check_keys(provider: str, table: Table) -> None:
    foreign = [*(() if provider in ADDRESSES else HTTP_KEYS), *(("model",) if provider in ("scripted", "echo") else ())]
    for key, owner, example in (("answers", "scripted", '"answers.toml"'), ("python", "python", '"models.mine:make"')):
        if provider != owner:
            foreign.append(key)
        elif key not in table:
            table.missing(key, example)
    if provider in NEED_KEYS and not any(key in table for key in HTTP_KEYS[:3]):
        table.missing("api_key_env", f'"{NEED_KEYS[provider]}"')
    for key in foreign:
        if key in table:
            table.add("manifest-conflict", key, f"`{key}` means nothing to provider `{provider}`", on_key=True)


# ---- over HTTP -------------------------------------------------------------------------------------------------------


def _address(table: Table, provider: str) -> str:
    """The address that requests go below, without a slash at its end."""
    default, path = ADDRESSES[provider], PATHS[provider]
    if "base_url" not in table:
        return default
    address = table.text("base_url").rstrip("/")
    if address.endswith(path):
        table.bad("base_url", f"the address that `{path}` follows", help=f"leave `{path}` out")
    elif not is_address(address):
        expected = "an address such as `http://127.0.0.1:8000/v1`: no user, no `?`, no `#`"
        table.add("manifest-bad-value", "base_url", f"`base_url` takes {expected}")
    else:
        return address
    return default


# ---- of a file -------------------------------------------------------------------------------------------------------


def _answers(table: Table) -> str:
    """The file of scripted answers, below the root."""
    path = table.text("answers")
    if isinstance(table.values["answers"], str) and not is_below(path):
        table.bad("answers", "the path of a file inside the project")
    return path


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
    parts = Table(values, (*table.at, "price"), KEYS["models.price"], table.findings)
    for key in ("input_per_mtok", "output_per_mtok"):
        if key not in parts:
            parts.missing(key, "0.25")
    return Price(
        input_per_mtok=parts.money("input_per_mtok") or "0",
        output_per_mtok=parts.money("output_per_mtok") or "0",
        cached_input_per_mtok=parts.money("cached_input_per_mtok"),
    )
