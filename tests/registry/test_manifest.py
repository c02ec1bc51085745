"""Manifests: every key is read, refused or reported, on any text."""

from __future__ import annotations

import random
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_ir.graph import Field, Price
from rag_ir.rules import RULES
from rag_registry.keys import KEYS, SECTIONS
from rag_registry.manifest import empty_registry, read_manifest
from rag_registry.positions import positions
from rag_registry.registry import Agent, Model, Policy, Project, Router, Tool
from rag_registry.unbuilt import UNBUILT

WHOLE = """
[project]
name = "research"
description = "A review."
language = 1
sources = ["workflows/**/*.rag"]
input_trust = "untrusted"

[models.default]
provider = "scripted"
answers = "answers.toml"
aliases = ["main"]
context_window = 400_000
max_output_tokens = 8_000
price = { input_per_mtok = 0.25, output_per_mtok = 2 }
capabilities = ["tools", "json_schema"]

[models.echo]
provider = "echo"

[tools.search]
description = "Searches."
python = "tools.search:search"
args = { query = "string", limit = "int?" }
returns = "string[]"
effects = "read"
reads = "public"
returns_trust = "untrusted"
idempotent = true
approval = "never"
on_error = "fail"

[tools.bare]
python = "tools:bare"

[agents.reviewer]
description = "Judges."
model = "main"
system = "Judge {{ input.findings }}."
prompt = "Go."
tools = ["search"]
input = "{ findings: string[] }"
output = { verdict = '"yes" | "no"', why = "string?" }
max_turns = 4

[routers.pick]
python = "routes:pick"
labels = ["yes", "no"]

[policy]
max_depth = 3
require_review = "never"

[policy.rules]
unreachable-node = "error"
missing-label = "off"
"""


def test_a_whole_manifest() -> None:
    registry, findings = read_manifest(WHOLE)
    assert findings == []
    assert registry.project == Project(
        name="research",
        language=1,
        sources=("workflows/**/*.rag",),
        input_trust="untrusted",
        description="A review.",
    )
    assert registry.models["default"] == Model(
        name="default",
        description="",
        provider="scripted",
        model="default",
        answers="answers.toml",
        capabilities=("tools", "json_schema"),
        context_window=400_000,
        max_output_tokens=8_000,
        price=Price(input_per_mtok="0.25", output_per_mtok="2"),
    )
    assert registry.tools["search"] == Tool(
        name="search",
        description="Searches.",
        python="tools.search:search",
        input={
            "type": "object",
            "properties": {"query": {"type": "string"}, "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
            "required": ["query"],
        },
        output={"type": "array", "items": {"type": "string"}},
        effects="read",
        reads="public",
        returns_trust="untrusted",
        idempotent=True,
        on_error="fail",
    )
    assert registry.agents["reviewer"] == Agent(
        name="reviewer",
        description="Judges.",
        model="default",
        system="Judge {{ input.findings }}.",
        prompt="Go.",
        tools=("search",),
        input=(
            Field(name="findings", schema={"type": "array", "items": {"type": "string"}}, required=True, default=None),
        ),
        output={
            "type": "object",
            "properties": {
                "verdict": {"type": "string", "enum": ["yes", "no"]},
                "why": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            },
            "required": ["verdict"],
        },
        max_turns=4,
    )
    assert registry.routers["pick"] == Router(name="pick", description="", python="routes:pick", labels=("yes", "no"))
    assert registry.aliases == {"models": {"main": "default"}}
    assert registry.policy == Policy(max_depth=3)
    assert registry.severities == {"unreachable-node": "error", "missing-label": "off"}


def test_what_is_left_out_has_a_default() -> None:
    registry, findings = read_manifest('[models.default]\nprovider = "echo"\n[tools.t]\npython = "m:f"\n')
    assert findings == []
    assert registry.project == empty_registry().project
    assert registry.models["default"].model == "default"
    tool = registry.tools["t"]
    assert (tool.input, tool.output, tool.effects, tool.reads, tool.returns_trust) == (None, None, *["unknown"] * 3)
    assert (tool.idempotent, tool.on_error) == (False, "answer")


AGENT = "[models.m]\nprovider = 'echo'\n[agents.a]\nmodel = 'm'\n"

FAULTS = [
    # (text, code, pointer, part, a word of the message or the help)
    ("[modles.a]\nprovider = 'echo'", "manifest-unknown-key", "/modles", "key", "did you mean `models`?"),
    ("[project]\nnmae = 'x'", "manifest-unknown-key", "/project/nmae", "key", "did you mean `name`?"),
    ("[project]\nlanguage = 2", "manifest-bad-value", "/project/language", "value", "edition `1`"),
    ("[project]\nname = 3", "manifest-bad-value", "/project/name", "value", "takes a text, not `3`"),
    ("[project]\nsources = 'a'", "manifest-bad-value", "/project/sources", "value", "a list of texts"),
    ("[project]\nsources = ['../a/*.rag']", "manifest-bad-value", "/project/sources/0", "value", "inside"),
    ("[project]\nsources = ['/a/*.rag']", "manifest-bad-value", "/project/sources/0", "value", "inside"),
    ("[project]\nsources = ['a', 'a']", "manifest-bad-value", "/project/sources/1", "value", "twice"),
    ("[project]\ninput_trust = 'yes'", "manifest-bad-value", "/project/input_trust", "value", "`untrusted`"),
    ("project = 1", "manifest-bad-value", "/project", "value", "a table"),
    ("models = []", "manifest-bad-value", "/models", "value", "a table"),
    ("[models]\na = 'echo'", "manifest-bad-value", "/models/a", "value", "is a table"),
    ("[models.'a b']\nprovider = 'echo'", "manifest-bad-value", "/models/a b", "key", "name of an entry"),
    ("[models.END]\nprovider = 'echo'", "manifest-bad-value", "/models/END", "key", "name of an entry"),
    ("[models.a]", "manifest-missing-key", "/models/a", "key", "no `provider`"),
    ("[models.a]\nprovider = ''", "manifest-bad-value", "/models/a/provider", "value", "not empty"),
    ("[models.a]\nprovider = 'ecko'", "manifest-bad-value", "/models/a/provider", "value", "did you mean `echo`?"),
    ("[models.a]\nprovider = 'echo'\npython = 'm:f'", "manifest-conflict", "/models/a/python", "key", "means nothing"),
    ("[models.a]\nprovider = 'scripted'", "manifest-missing-key", "/models/a", "key", "`answers`"),
    ("[models.a]\nprovider = 'scripted'\nanswers = '/a.toml'", "manifest-bad-value", "/models/a/answers", "value", "inside"),
    ("[models.a]\nprovider = 'scripted'\nanswers = '../a.toml'", "manifest-bad-value", "/models/a/answers", "value", "inside"),
    ("[models.a]\nprovider = 'scripted'\nanswers = ''", "manifest-bad-value", "/models/a/answers", "value", "inside"),
    ("[models.a]\nprovider = 'scripted'\nanswers = 3", "manifest-bad-value", "/models/a/answers", "value", "a text"),
    ("[models.a]\nprovider = 'echo'\nanswers = 'x'", "manifest-conflict", "/models/a/answers", "key", "means nothing"),
    ("[models.a]\nprovider = 'echo'\nbase_url = 'x'", "manifest-conflict", "/models/a/base_url", "key", "means nothing"),
    ("[models.a]\nprovider = 'echo'\napi_key = 'x'", "manifest-unknown-key", "/models/a/api_key", "key", "`api_key_env`"),
    ("[models.a]\nprovider = 'echo'\ncontext_window = 0", "manifest-bad-value", "/models/a/context_window", "value", "from 1"),
    ("[models.a]\nprovider = 'echo'\ncontext_window = true", "manifest-bad-value", "/models/a/context_window", "value", "`true`"),
    ("[models.a]\nprovider = 'echo'\ncontext_window = 1.5", "manifest-bad-value", "/models/a/context_window", "value", "integer"),
    ("[models.a]\nprovider = 'echo'\ncapabilities = ['tool']", "manifest-bad-value", "/models/a/capabilities/0", "value", "`tools`"),
    ("[models.a]\nprovider = 'echo'\nprice = 3", "manifest-bad-value", "/models/a/price", "value", "a table"),
    ("[models.a]\nprovider = 'echo'\nprice = { input_per_mtok = 1 }", "manifest-missing-key", "/models/a/price", "key", "output"),
    ("[models.a]\nprovider = 'echo'\nprice = { input_per_mtok = -1, output_per_mtok = 1 }",
        "manifest-bad-value", "/models/a/price/input_per_mtok", "value", "dollars"),
    ("[models.a]\nprovider = 'echo'\nprice = { input_per_mtok = nan, output_per_mtok = 1 }",
        "manifest-bad-value", "/models/a/price/input_per_mtok", "value", "dollars"),
    ("[models.a]\nprovider = 'echo'\naliases = ['b']\n[models.b]\nprovider = 'echo'",
        "manifest-conflict", "/models/a/aliases/0", "value", "[models.b]"),
    ("[models.a]\nprovider = 'echo'\naliases = ['x']\n[models.b]\nprovider = 'echo'\naliases = ['x']",
        "manifest-conflict", "/models/b/aliases/0", "value", "[models.a]"),
    ("[models.a]\nprovider = 'echo'\naliases = ['a']", "manifest-conflict", "/models/a/aliases/0", "value", "already"),
    ("[models.a]\nprovider = 'echo'\naliases = ['a b']", "manifest-bad-value", "/models/a/aliases/0", "value", "name"),
    ("[tools.t]", "manifest-missing-key", "/tools/t", "key", "no `python`"),
    ("[tools.t]\npython = 'm'", "manifest-bad-value", "/tools/t/python", "value", "`module:function`"),
    ("[tools.t]\npython = '../m:f'", "manifest-bad-value", "/tools/t/python", "value", "`module:function`"),
    ("[tools.t]\npython = 3", "manifest-bad-value", "/tools/t/python", "value", "`module:function`"),
    ("[tools.t]\npython = 'm:f'\napproval = 'maybe'", "manifest-bad-value", "/tools/t/approval", "value", "`always`"),
    ("[tools.t]\npython = 'm:f'\neffects = 'unknown'", "manifest-bad-value", "/tools/t/effects", "value", "`external`"),
    ("[tools.t]\npython = 'm:f'\neffects = 'writes'", "manifest-bad-value", "/tools/t/effects", "value", "mean `write`?"),
    ("[tools.t]\npython = 'm:f'\nidempotent = 'yes'", "manifest-bad-value", "/tools/t/idempotent", "value", "`true`"),
    ("[tools.t]\npython = 'm:f'\nargs = 'string'", "manifest-bad-value", "/tools/t/args", "value", "a record"),
    ("[tools.t]\npython = 'm:f'\nargs = 3", "manifest-bad-value", "/tools/t/args", "value", "a type"),
    ("[tools.t]\npython = 'm:f'\nargs = { a = 3 }", "manifest-bad-value", "/tools/t/args/a", "value", "a type"),
    ("[tools.t]\npython = 'm:f'\nargs = { 'a b' = 'int' }", "manifest-bad-value", "/tools/t/args/a b", "key", "field's name"),
    ("[tools.t]\npython = 'm:f'\nargs = { a = 'int[' }", "manifest-bad-value", "/tools/t/args/a", "value", "`]` is missing"),
    ("[tools.t]\npython = 'm:f'\nreturns = 'strng'", "manifest-bad-value", "/tools/t/returns", "value", "mean `string`?"),
    ("[tools.t]\npython = 'm:f'\nreturns = 'Finding[]'", "manifest-bad-value", "/tools/t/returns", "value", "`Finding`"),
    ("[agents.a]", "manifest-missing-key", "/agents/a", "key", "no `model`"),
    ("[agents.a]\nmodel = 'm'", "unknown-model", "/agents/a/model", "value", "add `[models.m]`"),
    ("[models.mod]\nprovider = 'echo'\n[agents.a]\nmodel = 'mdo'", "unknown-model", "/agents/a/model", "value", "mean `mod`?"),
    ("[models.m]\nprovider = 'echo'\n[agents.a]\nmodel = 'm'\ntools = ['t']", "unknown-tool", "/agents/a/tools/0", "value", "`t`"),
    ("[models.m]\nprovider = 'echo'\n[agents.a]\nmodel = 'm'\nmax_turns = 0", "manifest-bad-value", "/agents/a/max_turns", "value", "1"),
    ("[models.m]\nprovider = 'echo'\n[agents.a]\nmodel = 'm'\ninput = 'int'", "manifest-bad-value", "/agents/a/input", "value", "record"),
    ("[routers.r]\npython = 'm:f'", "manifest-missing-key", "/routers/r", "key", "labels"),
    ("[routers.r]\nlabels = ['a']", "manifest-missing-key", "/routers/r", "key", "python"),
    ("[routers.r]\npython = 'm:f'\nlabels = []", "manifest-bad-value", "/routers/r/labels", "value", "at least one"),
    ("[routers.r]\npython = 'm:f'\nlabels = ['a', 'a']", "manifest-bad-value", "/routers/r/labels/1", "value", "twice"),
    ("[policy]\nmax_depth = 9", "manifest-bad-value", "/policy/max_depth", "value", "from 1 to 8"),
    ("[policy]\nmax_budget = {}", "manifest-bad-value", "/policy/max_budget", "value", "at least one limit"),
    ("[policy]\nmax_budget = 3", "manifest-bad-value", "/policy/max_budget", "value", "a table"),
    ("[policy.max_budget]\ncost = 3", "manifest-unknown-key", "/policy/max_budget/cost", "key", "`cost_usd`"),
    ("[policy.max_budget]\ncost_usd = '3'", "manifest-bad-value", "/policy/max_budget/cost_usd", "value", "dollars"),
    ("[policy.max_budget]\ntokens = -1", "manifest-bad-value", "/policy/max_budget/tokens", "value", "from 0"),
    ("[policy.max_budget]\nwall = '10 m'", "manifest-bad-value", "/policy/max_budget/wall", "value", "a duration"),
    ("[policy]\nmax_fanout = 0", "manifest-bad-value", "/policy/max_fanout", "value", "from 1"),
    ("[policy]\nallow = ['a']", "manifest-bad-value", "/policy/allow", "value", "a table"),
    ("[policy.allow]\nmodel = []", "manifest-unknown-key", "/policy/allow/model", "key", "did you mean `models`?"),
    ("[policy.allow]\nmodels = 'a'", "manifest-bad-value", "/policy/allow/models", "value", "a list of texts"),
    ("[policy.allow]\nmodels = ['a']", "unknown-model", "/policy/allow/models/0", "value", "add `[models.a]`"),
    ("[policy.deny]\ntools = ['a']", "unknown-tool", "/policy/deny/tools/0", "value", "add `[tools.a]`"),
    ("[policy.deny]\nstores = ['a']", "unknown-capability", "/policy/deny/stores/0", "value", "there is no store `a`"),
    ("[models.m]\nprovider = 'echo'\n[policy]\nallow = { models = ['m'] }\ndeny = { models = ['m'] }",
        "manifest-conflict", "/policy/deny/models/0", "value", "allowed and denied"),
    ("[models.m]\nprovider = 'echo'\n[agents.a]\nmodel = 'm'\n[policy.deny]\nmodels = ['m']",
        "not-allowed", "/agents/a/model", "value", "the policy denies model `m`"),
    ("[models.m]\nprovider = 'echo'\n[tools.t]\npython = 'm:f'\n[agents.a]\nmodel = 'm'\ntools = ['t']\n[policy.allow]\ntools = []",
        "not-allowed", "/agents/a/tools/0", "value", "does not allow tool `t`"),
    ("[policy]\nrequire_review = 'sometimes'", "manifest-bad-value", "/policy/require_review", "value", "`effects`"),
    ("[policy]\nrequire_review = 'no'", "manifest-bad-value", "/policy/require_review", "value", "`never`"),
    ("[policy.rules]\nmising-label = 'off'", "manifest-unknown-key", "/policy/rules/mising-label", "key", "missing-label"),
    ("[policy.rules]\nmissing-label = 'of'", "manifest-bad-value", "/policy/rules/missing-label", "value", "`off`"),
    ("[policy.rules]\nunknown-node = 'off'", "manifest-bad-value", "/policy/rules/unknown-node", "key", "is an error"),
    ("[policy.rules]\nir-digest = 'off'", "manifest-bad-value", "/policy/rules/ir-digest", "key", "is an error"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "at", "part", "word"), FAULTS)
def test_fault(text: str, code: str, at: str, part: str, word: str) -> None:
    _, findings = read_manifest(text)
    assert [(finding.code, finding.at, finding.part) for finding in findings] == [(code, at, part)]
    assert word in f"{findings[0].message} {findings[0].help}"
    assert at in positions(text.encode())


LATER: dict[tuple[str, ...], tuple[str, str, str]] = {
    # what cannot be run yet -> (text, pointer, part)
    ("models", "provider", "anthropic"): (
        "[models.a]\nprovider = 'anthropic'\napi_key_env = 'K'",
        "/models/a/provider",
        "value",
    ),
    ("models", "provider", "python"): (
        "[models.a]\nprovider = 'python'\npython = 'm:f'",
        "/models/a/provider",
        "value",
    ),
    ("agents", "stores"): (f"{AGENT}stores = []", "/agents/a/stores", "key"),
    ("agents", "budget"): (f"{AGENT}budget = {{ tokens = 1 }}", "/agents/a/budget", "key"),
    ("agents", "graph"): ("[agents.a]\ngraph = 'g'", "/agents/a/graph", "key"),
    ("graphs",): ("[graphs.r]\nir = 'x.rag.json'", "/graphs/r", "key"),
    ("reducers",): ("[reducers.r]\npython = 'm:f'", "/reducers/r", "key"),
    ("middleware",): ("[middleware.r]\npython = 'm:f'\nhooks = ['before_tool']", "/middleware/r", "key"),
    ("stores",): ("[stores.s]\nurl = 'memory:'", "/stores/s", "key"),
    ("scripts",): ("[scripts.s]\nfile = 'x.ragsh'", "/scripts/s", "key"),
}


@pytest.mark.parametrize("path", LATER)
def test_what_cannot_be_run_yet_is_refused_at_its_place_and_only_that(path: tuple[str, ...]) -> None:
    text, at, part = LATER[path]
    _, findings = read_manifest(text)
    expected = [("not-built", at, part)] if path in UNBUILT else []
    assert [(finding.code, finding.at, finding.part) for finding in findings] == expected


def test_everything_in_the_table_has_an_example() -> None:
    assert set(LATER) >= UNBUILT


@pytest.mark.parametrize(
    ("data", "span", "word"),
    [
        (b"a = ", (4, 4), "invalid value"),
        (b"[x\n", (2, 3), "`]`"),
        ("é = 'ü\n".encode(), (0, 2), "invalid"),
        ("# é\nname = é".encode(), (12, 14), "invalid value"),
        (b"\xef\xbb\xbfa = b", (7, 8), "invalid value"),
        (b"x = 1\r\ny = x", (11, 12), "invalid value"),
        (b"x = 1\nx = 2", (11, 11), "overwrite"),
        (b"a = \xff", (4, 5), "UTF-8"),
        (b"a = " + b"[" * 100_000, (0, 0), "nested too deep"),
        (b"a = " + b"9" * 10_000, (0, 0), "too long"),
        (b"#" * (1024 * 1024 + 1), (0, 0), "larger"),
    ],
)
def test_text_that_is_no_toml(data: bytes, span: tuple[int, int], word: str) -> None:
    registry, findings = read_manifest(data)
    assert [(finding.code, finding.at, finding.span) for finding in findings] == [("manifest-syntax", "", span)]
    assert word in findings[0].message
    assert not registry.readable


def test_a_broken_entry_exists_all_the_same() -> None:
    text = (
        "[models.a]\nprovider = 'anthropic'\n[tools.b]\nmcp = 'x/y'\n[agents.c]\nmodel = 'a'\n[routers.d]\n[stores.e]\n"
    )
    registry, _ = read_manifest(text)
    assert set(registry.models) == {"a"}
    assert set(registry.tools) == {"b"}
    assert set(registry.agents) == {"c"}
    assert set(registry.routers) == {"d"}
    assert set(registry.stores) == {"e"}


def test_the_digest_is_of_what_the_manifest_says() -> None:
    registry, _ = read_manifest(WHOLE)
    assert read_manifest(f"# a comment\n{WHOLE}")[0] == registry
    assert read_manifest(WHOLE.replace("max_turns = 4", "max_turns = 5"))[0].digest != registry.digest


WORDS = [*KEYS, *sorted({key for keys in KEYS.values() for key in keys}), "a"]
VALUES = [
    "1",
    "-1",
    "true",
    "'x'",
    "''",
    "['a', 'a']",
    "[1]",
    "{ a = 'int' }",
    "{}",
    "nan",
    "1979-05-27",
    "'echo'",
    "'m:f'",
]


def test_mutated_manifests_are_read() -> None:
    rng = random.Random("manifests")
    seen: set[str] = set()
    for _ in range(600):
        lines = [*WHOLE.split("\n")]
        for _ in range(rng.randint(1, 3)):
            _mutate(lines, rng)
        text = "\n".join(lines)
        _, findings = read_manifest(text)
        known = positions(text.encode())
        for finding in findings:
            seen.add(finding.code)
            assert finding.code in RULES
            assert finding.message
            assert finding.at in known
    assert seen >= {
        "manifest-syntax",
        "manifest-unknown-key",
        "manifest-bad-value",
        "manifest-missing-key",
        "not-built",
    }


def _mutate(lines: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, f"{rng.choice(WORDS)} = {rng.choice(VALUES)}")
        case 2:
            lines.insert(at, f"[{rng.choice(SECTIONS)}.{rng.choice(WORDS)}]")
        case _:
            lines[at] = f"{lines[at].partition('=')[0]} = {rng.choice(VALUES)}"


@given(st.binary(max_size=60))
def test_any_bytes_are_taken(data: bytes) -> None:
    registry, findings = read_manifest(data)
    assert registry.digest
    assert registry.readable == (not any(finding.code == "manifest-syntax" for finding in findings))


@given(st.text(st.sampled_from("[]{}=.,'\"\\\n\t #a1-_é"), max_size=40))
def test_any_text_is_taken(text: str) -> None:
    registry, _ = read_manifest(text)
    assert registry.readable == _is_toml(text)


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True
