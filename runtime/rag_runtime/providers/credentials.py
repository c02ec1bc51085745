"""Secrets from the environment: read once, before the first step, and kept out of everything that is said or written."""

from __future__ import annotations

from collections.abc import Mapping

SHORTEST_WITHHELD = 8
"""Shorter values are taken out of errors only: in what a model says, they may well be words."""


class BadVariable(Exception):
    """An environment variable that cannot be used; the message says which, and never its value."""


class Credentials:
    """The headers that authenticate a model's calls. Shows the names of the variables and nothing else."""

    __slots__ = ("_secrets", "headers")

    def __init__(
        self,
        api_key_env: str,
        headers_env: Mapping[str, str],
        environment: Mapping[str, str],
        key_header: str = "Authorization",
    ) -> None:
        """`key_header` is where the key stands: by itself, or behind `Bearer` in `Authorization`. Raises `BadVariable`."""
        secrets = {name: _value(name, environment) for name in (api_key_env, *headers_env.values()) if name}
        self.headers = {header: secrets[name] for header, name in headers_env.items()}
        if api_key_env:
            key = secrets[api_key_env]
            self.headers[key_header] = f"Bearer {key}" if key_header == "Authorization" else key
        self._secrets = sorted(secrets.items(), key=lambda secret: -len(secret[1]))

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(name for name, _ in self._secrets))})"

    def redacted(self, text: str, shortest: int = 1) -> str:
        """The text with each secret's variable in its place. `shortest`: the length from which a value is taken out."""
        for name, secret in self._secrets:
            if len(secret) >= shortest:
                text = text.replace(secret, f"[{name}]")
        return text


def _value(name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "").strip()
    if not value:
        raise BadVariable(f"the environment variable `{name}` is not set")
    if not (value.isascii() and value.isprintable()):
        raise BadVariable(f"the environment variable `{name}` holds characters that no HTTP header can carry")
    return value
