"""Models over HTTP in a manifest: addresses, names of variables, timeouts; a secret that stands there is not repeated."""

from __future__ import annotations

import pytest

from rag_ir.finding import Finding
from rag_registry.manifest import read_manifest
from rag_registry.models import ADDRESSES
from rag_registry.registry import Model


def read(keys: str, provider: str = "openai") -> tuple[Model, list[Finding]]:
    registry, findings = read_manifest(f'[models.m]\nprovider = "{provider}"\n{keys}\n')
    return registry.models["m"], findings


def codes(keys: str, provider: str = "openai") -> list[tuple[str, str]]:
    return [(found.code, found.at) for found in read(keys, provider)[1]]


def test_everything_that_a_model_over_http_may_say() -> None:
    model, findings = read("""
model = "small-1"
base_url = "https://models.test:8443/a/v1/"
api_key_env = "MODEL_KEY"
headers_env = { X-Team = "TEAM_SECRET" }
timeout = "2m"
max_output_tokens = 8_000
capabilities = ["tools", "streaming"]
""")
    assert findings == []
    assert (model.provider, model.model, model.base_url) == ("openai", "small-1", "https://models.test:8443/a/v1")
    assert (model.api_key_env, dict(model.headers_env)) == ("MODEL_KEY", {"X-Team": "TEAM_SECRET"})
    assert (model.timeout, model.max_output_tokens) == (120_000, 8_000)


@pytest.mark.parametrize(("provider", "keys"), [("openai", 'api_key_env = "K"'), ("ollama", "")])
def test_a_provider_has_its_own_address(provider: str, keys: str) -> None:
    model, findings = read(keys, provider)
    assert (model.base_url, findings) == (ADDRESSES[provider], [])
    assert model.timeout is None


def test_openai_itself_needs_a_key() -> None:
    assert codes("") == [("manifest-missing-key", "/models/m")]
    assert codes('base_url = "http://127.0.0.1:8000/v1"') == []


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost",
        "http://127.0.0.1:1/v1",
        "https://models.test/v1/",
        "http://[::1]:8000/v1",
        "http://[fe80::1]/v1",
        "https://a-b_c.test./v1/~x%20y",
    ],
)
def test_addresses(address: str) -> None:
    model, findings = read(f'base_url = "{address}"')
    assert (model.base_url, findings) == (address.rstrip("/"), [])


@pytest.mark.parametrize(
    "address",
    [
        "",
        "models.test/v1",
        "ftp://models.test/v1",
        "HTTP://models.test/v1",
        "http://",
        "http:///v1",
        "http://:8000",
        "http://user:secret@models.test/v1",
        "http://models.test:/v1",
        "http://models.test:0/v1",
        "http://models.test:65536/v1",
        "http://models.test:1234567/v1",
        "http://models.test:x/v1",
        "http://models..test/v1",
        "http://.models.test/v1",
        "http://modèles.test/v1",
        "http://models.test/v1?key=secret",
        "http://models.test/v1#x",
        "http://models.test/a b",
        "http://models.test/\\u0000",
        "http://[::1/v1",
        "http://[1]/v1",
        "http://[::g]/v1",
        "http://[::1]8000/v1",
        "http://models.test/v1/chat/completions",
        "http://models.test/v1/chat/completions/",
    ],
)
def test_what_is_no_address(address: str) -> None:
    model, findings = read(f'base_url = "{address}"')
    assert [(found.code, found.at) for found in findings] == [("manifest-bad-value", "/models/m/base_url")]
    assert model.base_url == ADDRESSES["openai"]
    assert "secret" not in findings[0].message


def test_an_address_that_says_too_much_is_told_so() -> None:
    _, (found,) = read('base_url = "http://models.test/v1/chat/completions"')
    assert found.help == "leave `/chat/completions` out"


@pytest.mark.parametrize(
    ("keys", "at"),
    [
        ('api_key_env = "sk-secret-value"', "/models/m/api_key_env"),
        ('api_key_env = ""', "/models/m/api_key_env"),
        ("api_key_env = 7", "/models/m/api_key_env"),
        ('base_url = "http://x"\nheaders_env = { X-Key = "Bearer sk-secret-value" }', "/models/m/headers_env/X-Key"),
        ('base_url = "http://x"\nheaders_env = { X-Key = ["A"] }', "/models/m/headers_env/X-Key"),
    ],
)
def test_a_secret_in_place_of_a_variable_is_not_repeated(keys: str, at: str) -> None:
    _, (found,) = read(keys)
    assert (found.code, found.at) == ("manifest-bad-value", at)
    assert "secret-value" not in f"{found}"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ('"X Key" = "A"', "manifest-bad-value"),
        ('"" = "A"', "manifest-bad-value"),
        ('"Schlüssel" = "A"', "manifest-bad-value"),
        ('"X:Y" = "A"', "manifest-bad-value"),
        ('Host = "A"', "manifest-bad-value"),
        ('content-length = "A"', "manifest-bad-value"),
        ('X-Key = "A", x-key = "B"', "manifest-conflict"),
        ('authorization = "A"', "manifest-conflict"),
    ],
)
def test_headers_that_cannot_be_set(headers: str, code: str) -> None:
    _, findings = read(f'api_key_env = "K"\nheaders_env = {{ {headers} }}')
    assert [found.code for found in findings] == [code]


def test_authorization_can_be_set_whole() -> None:
    model, findings = read('headers_env = { Authorization = "WHOLE" }')
    assert (dict(model.headers_env), findings) == ({"Authorization": "WHOLE"}, [])


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [('"500ms"', 500), ('"1s"', 1_000), ('"90s"', 90_000), ('"60m"', 3_600_000), ('"1h"', 3_600_000), ("5", 5_000)],
)
def test_timeouts(text: str, milliseconds: int) -> None:
    model, findings = read(f'api_key_env = "K"\ntimeout = {text}')
    assert (model.timeout, findings) == (milliseconds, [])


@pytest.mark.parametrize(
    "value", ['"0s"', '"61m"', '"2h"', '"s"', '""', '"1.5s"', '"-1s"', '"1 s"', '"1sm"', '"5"', "0", "true", '"٣s"']
)
def test_what_is_no_timeout(value: str) -> None:
    model, findings = read(f'api_key_env = "K"\ntimeout = {value}')
    assert [(found.code, found.at) for found in findings] == [("manifest-bad-value", "/models/m/timeout")]
    assert model.timeout is None


@pytest.mark.parametrize(
    ("provider", "key"),
    [
        *(
            ("echo", key)
            for key in ('base_url = "http://x"', 'api_key_env = "K"', "headers_env = {}", 'timeout = "1s"')
        ),
        ("echo", 'answers = "x"'),
        ("echo", 'python = "a:b"'),
        ("ollama", 'answers = "x"'),
        ("ollama", 'python = "a:b"'),
    ],
)
def test_a_key_that_means_nothing_to_a_provider(provider: str, key: str) -> None:
    assert codes(key, provider) == [("manifest-conflict", f"/models/m/{key.partition(' ')[0]}")]


@pytest.mark.parametrize(("provider", "key"), [("anthropic", 'api_key_env = "K"'), ("python", 'python = "a:b"')])
def test_what_other_providers_need(provider: str, key: str) -> None:
    assert codes(key, provider) == []
    assert [code for code, _ in codes("", provider)] == ["manifest-missing-key"]
