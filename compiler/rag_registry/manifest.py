"""The manifest: `rag.toml` as text in, the registry and findings out.

Total on any bytes. Every key of the language's manifest is known; one that is not is refused, and so is what this version cannot
run. An entry with a fault still exists in the registry, with defaults in place of what is wrong: what names it is not reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from rag_ir.finding import Finding, pointer
from rag_ir.record import replace
from rag_ir.rules import RULES
from rag_ir.spell import closest
from rag_registry.entries import (
    AGENT_KEYS,
    ROUTER_KEYS,
    TOOL_KEYS,
    check_agent,
    read_agent,
    read_router,
    read_tool,
)
from rag_registry.models import MODEL_KEYS, read_model
from rag_registry.registry import Level, Project, Registry
from rag_registry.table import Table, describe

LARGEST = 1024 * 1024
"""Manifests of more bytes than this are refused."""

BUILT = ("models", "tools", "agents", "routers")
NOT_BUILT = ("graphs", "reducers", "middleware", "stores", "scripts", "mcp")
SECTIONS = ("project", *BUILT, *NOT_BUILT, "policy")
PROJECT_KEYS = ("name", "description", "language", "sources", "input_trust")
POLICY_KEYS = ("max_budget", "max_depth", "max_fanout", "require_review", "allow", "deny", "rules")
LEVELS: tuple[Level, ...] = ("off", "info", "warning", "error")
DEEPEST = 8
"""Child runs nest at most this deep; a manifest may allow less."""

EVERYWHERE = ("**/*.rag",)

Entry = TypeVar("Entry")


def read_manifest(text: str | bytes) -> tuple[Registry, list[Finding]]:
    """The registry that a manifest's text makes, and what is wrong with it, in the order of the sections."""
    values, unreadable = _parsed(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    if unreadable is not None:
        return unknown_registry(), [unreadable]
    return _registry(values)


def empty_registry() -> Registry:
    """The registry of a file that belongs to no project."""
    return _sealed(Registry(project=Project(name="", language=1, sources=EVERYWHERE, input_trust="trusted")))


def unknown_registry() -> Registry:
    """The registry of a manifest that cannot be read: nothing can be said of what exists."""
    return _sealed(replace(empty_registry(), readable=False))


def _registry(values: Mapping[str, object]) -> tuple[Registry, list[Finding]]:
    findings: list[Finding] = []
    root = Table(values, (), SECTIONS, findings)
    aliases: dict[str, dict[str, str]] = {}

    def section(kind: str, keys: tuple[str, ...], read: Callable[[str, Table], Entry]) -> dict[str, Entry]:
        tables = _entries(root, kind, keys)
        aliases[kind] = _aliases(tables)
        return {name: read(name, table) for name, table in tables.items()}

    project = _project(root)
    models = section("models", MODEL_KEYS, read_model)
    tools = section("tools", TOOL_KEYS, read_tool)
    agents = section("agents", AGENT_KEYS, read_agent)
    routers = section("routers", ROUTER_KEYS, read_router)

    def names(kind: str) -> Mapping[str, str]:
        entries = models if kind == "models" else tools
        return {**aliases[kind], **{name: name for name in entries}}

    for name, agent in agents.items():
        model, allowed = check_agent(agent, names, findings)
        agents[name] = replace(agent, model=model, tools=allowed)
    others = {kind: _refused(root, kind) for kind in NOT_BUILT if kind in root}
    max_depth, severities = _policy(root)
    registry = Registry(
        project=project,
        models=models,
        tools=tools,
        agents=agents,
        routers=routers,
        others=others,
        aliases={kind: table for kind, table in aliases.items() if table},
        max_depth=max_depth,
        severities=severities,
    )
    return _sealed(registry), findings


def _sealed(registry: Registry) -> Registry:
    from rag_ir.codec import digest_of, to_json

    return replace(registry, digest=digest_of(to_json(replace(registry, digest=""))))


def _entries(root: Table, kind: str, keys: tuple[str, ...]) -> dict[str, Table]:
    """The tables of a section by name; what is no table, or badly named, is reported."""
    tables: dict[str, Table] = {}
    for name, value in root.table(kind).items():
        at = (kind, name)
        if not isinstance(value, dict):
            message = f"`[{kind}.NAME]` is a table, not {describe(value)}"
            root.findings.append(Finding("manifest-bad-value", pointer(*at), message))
            continue
        if not _is_name(name):
            root.findings.append(
                Finding(
                    "manifest-bad-value",
                    pointer(*at),
                    f"{describe(name)} cannot be the name of an entry",
                    help="a name begins with a letter or `_`, goes on with letters, digits, `_`, `-` and `.`, and is not `END` or `START`",
                    part="key",
                )
            )
        tables[name] = Table(cast("dict[str, object]", value), at, keys, root.findings)
    return tables


def _aliases(tables: Mapping[str, Table]) -> dict[str, str]:
    """Alias -> name; one that another entry has, as its name or alias, is reported."""
    aliases: dict[str, str] = {}
    for name, table in tables.items():
        for index, alias in enumerate(table.texts("aliases")):
            owner = alias if alias in tables else aliases.get(alias)
            at = pointer(*table.at, "aliases", index)
            if owner is not None:
                message = f"`{alias}` is the name of `{tables[owner].name}` already"
                table.findings.append(Finding("manifest-conflict", at, message))
            elif not _is_name(alias):
                table.findings.append(Finding("manifest-bad-value", at, f"{describe(alias)} cannot be a name"))
            else:
                aliases[alias] = name
    return aliases


def _is_name(name: str) -> bool:
    word = name.replace("_", "a").replace("-", "a").replace(".", "a")
    starts = name[:1].isalpha() or name[:1] == "_"
    return name.isascii() and starts and word.isalnum() and name not in ("END", "START")


def _refused(root: Table, kind: str) -> tuple[str, ...]:
    names = tuple(root.table(kind))
    for name in names:
        message = f"`[{kind}.{name}]` cannot be used by this version yet"
        root.findings.append(Finding("not-built", pointer(kind, name), message, part="key"))
    return names


def _project(root: Table) -> Project:
    table = Table(root.table("project"), ("project",), PROJECT_KEYS, root.findings)
    language = table.integer("language", 1)
    if language not in (None, 1):
        table.bad("language", "edition `1`, the only one that this toolchain knows")
    table.text("description")
    return Project(
        name=table.text("name"),
        language=1,
        sources=_sources(table),
        input_trust=table.choice("input_trust", ("trusted", "untrusted"), "trusted"),
    )


def _sources(table: Table) -> tuple[str, ...]:
    """Globs of paths below the root; the default is every `.rag` file."""
    if "sources" not in table:
        return EVERYWHERE
    kept: list[str] = []
    for index, glob in enumerate(table.texts("sources")):
        parts = glob.split("/")
        if not glob or "\\" in glob or "" in parts or ".." in parts or ":" in parts[0] or "\0" in glob:
            at = pointer(*table.at, "sources", index)
            message = (
                f"`sources` takes globs of paths inside the project, with `/` between their parts, not {describe(glob)}"
            )
            table.findings.append(Finding("manifest-bad-value", at, message))
        else:
            kept.append(glob)
    return tuple(kept)


def _policy(root: Table) -> tuple[int, dict[str, Level]]:
    table = Table(root.table("policy"), ("policy",), POLICY_KEYS, root.findings)
    for key in ("max_budget", "max_fanout", "allow", "deny"):
        if key in table:
            table.not_built(key, f"`{key}` of the policy")
    review = table.choice("require_review", ("never", "generated", "effects", "always"), "never")
    if review != "never":
        table.not_built("require_review", f'`require_review = "{review}"`', on_key=False)
    depth = table.integer("max_depth", 1, DEEPEST)
    return depth or DEEPEST, _severities(table)


def _severities(policy: Table) -> dict[str, Level]:
    """`[policy.rules]`. A rule that is an error by its nature stays one: nothing could go on behind it."""
    adjustable = [code for code, rule in RULES.items() if rule.severity != "error"]
    given = policy.table("rules")
    levels: dict[str, Level] = {}
    for code in given:
        at = (*policy.at, "rules", code)
        if code not in RULES:
            near = closest(code, adjustable)
            help_ = f"did you mean `{near}`?" if near else ""
            candidates = (near,) if near else ()
            policy.findings.append(
                Finding(
                    "manifest-unknown-key",
                    pointer(*at),
                    f"there is no rule {describe(code)}",
                    help=help_,
                    part="key",
                    candidates=candidates,
                    replacement=near,
                )
            )
        elif code not in adjustable:
            message = f"`{code}` is an error whatever a manifest says"
            policy.findings.append(Finding("manifest-bad-value", pointer(*at), message, part="key"))
        else:
            table = Table({code: given[code]}, at[:-1], (code,), policy.findings)
            before = len(policy.findings)
            level: Level = table.choice(code, LEVELS, "off")
            if len(policy.findings) == before:
                levels[code] = level
    return levels


def _parsed(data: bytes) -> tuple[Mapping[str, object], Finding | None]:
    """The values of TOML, or the finding that says why they cannot be read."""
    import tomllib

    if len(data) > LARGEST:
        return {}, _unreadable("the manifest is larger than 1 MiB", 0, 0)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return {}, _unreadable("the manifest is not UTF-8", error.start, error.start + 1)
    try:
        return tomllib.loads(text), None
    except tomllib.TOMLDecodeError as error:
        from rag_registry.syntax_error import syntax_error

        return {}, syntax_error(str(error), data)
    except RecursionError:
        return {}, _unreadable("the manifest is nested too deep", 0, 0)
    except ValueError:
        return {}, _unreadable("the manifest holds a number that is too long", 0, 0)


def _unreadable(message: str, start: int, end: int) -> Finding:
    return Finding("manifest-syntax", "", message, span=(start, end))
