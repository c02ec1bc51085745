"""The manifest: `rag.toml` as text in, the registry and findings out.

Total on any bytes. Every key of the language's manifest is known; one that is not is refused, and so is what this version cannot
run. An entry with a fault still exists in the registry, with defaults in place of what is wrong: what names it is not reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from rag_ir.finding import Finding, pointer
from rag_ir.record import replace
from rag_registry.agents import check_agent, read_agent
from rag_registry.functions import read_middleware, read_reducer, read_router
from rag_registry.keys import KEYS, SECTIONS
from rag_registry.models import read_model
from rag_registry.places import read_graph, read_script, read_server, read_store
from rag_registry.policy import check_agents, check_policy, read_policy, severities
from rag_registry.registry import Project, Registry
from rag_registry.table import Table, describe, is_below
from rag_registry.tools import check_mcp, read_tool
from rag_registry.unbuilt import refusals

LARGEST = 1024 * 1024
"""Manifests of more bytes than this are refused."""

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

    def section(kind: str, read: Callable[[str, Table], Entry]) -> dict[str, Entry]:
        if kind not in root:
            return {}
        tables = _entries(root, kind)
        found = _aliases(tables)
        if found:
            aliases[kind] = found
        return {name: read(name, table) for name, table in tables.items()}

    policy = Table(root.table("policy"), ("policy",), KEYS["policy"], findings)
    registry = Registry(
        project=_project(root),
        models=section("models", read_model),
        tools=section("tools", read_tool),
        agents=section("agents", read_agent),
        graphs=section("graphs", read_graph),
        routers=section("routers", read_router),
        reducers=section("reducers", read_reducer),
        middleware=section("middleware", read_middleware),
        stores=section("stores", read_store),
        scripts=section("scripts", read_script),
        mcp=section("mcp", read_server),
        aliases=aliases,
        policy=read_policy(policy),
        severities=severities(policy),
    )
    findings += refusals(policy.values, ("policy",))
    return _sealed(_linked(registry, findings)), findings


def _linked(registry: Registry, findings: list[Finding]) -> Registry:
    """The registry whose entries name each other by their names; what they name and is not there is reported."""

    def canonical(kind: str) -> Mapping[str, str]:
        return {**registry.aliases.get(kind, {}), **{name: name for name in registry.entries(kind)}}

    agents = {name: check_agent(agent, canonical, findings) for name, agent in registry.agents.items()}
    findings += check_mcp(registry.tools, registry.mcp)
    policy = check_policy(registry.policy, canonical, findings)
    if policy.allow or policy.deny:
        findings += check_agents(agents, policy)
    return replace(registry, agents=agents, policy=policy)


def _sealed(registry: Registry) -> Registry:
    from rag_ir.codec import digest_of, to_json

    return replace(registry, digest=digest_of(to_json(replace(registry, digest=""))))


def _entries(root: Table, kind: str) -> dict[str, Table]:
    """The tables of a section by name; what is no table, or badly named, is reported, and what cannot be run refused."""
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
        tables[name] = Table(cast("dict[str, object]", value), at, KEYS[kind], root.findings)
        root.findings.extend(refusals(tables[name].values, at))
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


def _project(root: Table) -> Project:
    table = Table(root.table("project"), ("project",), KEYS["project"], root.findings)
    language = table.integer("language", 1)
    if language not in (None, 1):
        table.bad("language", "edition `1`, the only one that this toolchain knows")
    return Project(
        name=table.text("name"),
        language=1,
        sources=_sources(table),
        input_trust=table.choice("input_trust", ("trusted", "untrusted"), "trusted"),
        description=table.text("description"),
    )


def _sources(table: Table) -> tuple[str, ...]:
    """Globs of paths below the root; the default is every `.rag` file."""
    if "sources" not in table:
        return EVERYWHERE
    kept: list[str] = []
    for index, glob in enumerate(table.texts("sources")):
        if is_below(glob):
            kept.append(glob)
            continue
        expected = "globs of paths inside the project, with `/` between their parts"
        message = f"`sources` takes {expected}, not {describe(glob)}"
        table.findings.append(Finding("manifest-bad-value", pointer(*table.at, "sources", index), message))
    return tuple(kept)


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
