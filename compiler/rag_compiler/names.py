"""Every name that a declaration can refer to: what the project declares, by kind, and what the registry has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from rag_compiler import syntax
from rag_compiler.diagnostics import Diagnostic, Place
from rag_compiler.kinds import TYPE_NAMES
from rag_compiler.words.names import duplicate_declaration, reserved_name, unknown_capability
from rag_ir.finding import pointer
from rag_ir.permission import objection
from rag_ir.record import record, replace
from rag_ir.types import ALIASES
from rag_registry.registry import KINDS, Registry
from rag_registry.unbuilt import is_unbuilt

Noun = Literal["model", "tool", "agent", "graph", "router"]
Capability = Noun | Literal["store", "reducer", "middleware", "script"]
NOUNS: tuple[Noun, ...] = ("model", "tool", "agent", "graph", "router")
RESERVED = ("END", "START")
RESERVED_HELP = "`END` and `START` are words of the language; choose another name"


@record
class Names:
    """What is declared in the project, by kind and name, and the registry. Of two declarations of one name the first counts.

    `manifest` is where a JSON pointer into the manifest stands.
    """

    registry: Registry
    manifest: Callable[[str], Place]
    graphs: Mapping[str, Place]
    agents: Mapping[str, Place]
    types: Mapping[str, Place]

    def find(self, noun: Capability, name: str) -> str | None:
        """The canonical name of a capability; null where there is none."""
        declared, registered = self.declared(noun), self.registered(noun)
        if name in declared or name in registered:
            return name
        alias = self.registry.aliases.get(section_of(noun), {}).get(name)
        return alias if alias in registered else None

    def forbidden(self, noun: str, name: str) -> Literal["allow", "deny"] | None:
        """Which list of the policy objects to a canonical name; null where it may be named."""
        policy = self.registry.policy
        return objection(section_of(noun), name, policy.allow, policy.deny)

    def available(self, noun: Capability) -> list[str]:
        """Every name of a kind that may be named here, aliases left out."""
        every = {*self.declared(noun), *self.registered(noun)}
        return sorted(name for name in every if self.forbidden(noun, name) is None)

    def declared(self, noun: Capability) -> Mapping[str, Place]:
        """What the project declares of a kind."""
        match noun:
            case "agent":
                return self.agents
            case "graph":
                return self.graphs
            case _:
                return {}

    def registered(self, noun: Capability) -> Mapping[str, object]:
        """What the registry has of a kind."""
        match noun:
            case "model":
                return self.registry.models
            case "tool":
                return self.registry.tools
            case "agent":
                return self.registry.agents
            case "router":
                return self.registry.routers
            case "graph":
                return {}
            case "store" | "reducer" | "middleware" | "script":
                return self.registry.entries(section_of(noun))

    def others(self, section: str) -> tuple[str, ...]:
        """Names of a section of the manifest that this version reads but cannot run."""
        return tuple(self.registry.entries(section)) if is_unbuilt(section) else ()

    def elsewhere(self, name: str, wanted: str) -> str:
        """What a name is, if it is not what is wanted: "`search` is a tool, not an agent"; else empty."""
        found: list[str] = [noun for noun in NOUNS if noun != wanted and self.find(noun, name)]
        others = sorted(kind for kind in KINDS if kind not in ("models", "tools", "agents", "routers", "mcp"))
        nouns = [kind.removesuffix("s") for kind in others if name in self.registry.entries(kind)]
        found += [noun for noun in nouns if noun != wanted and noun not in found]
        if name in self.types:
            found.append("type")
        return f"`{name}` is {article(found[0])}, not {article(wanted)}" if found else ""


def section_of(noun: str) -> str:
    """The manifest's section of a kind of capability."""
    return noun if noun == "middleware" else f"{noun}s"


def article(noun: str) -> str:
    """The noun with its article."""
    return f"{'an' if noun[0] in 'aeio' else 'a'} {noun}"


def collect(
    files: Sequence[tuple[str, syntax.File]], registry: Registry, manifest: Callable[[str], Place]
) -> tuple[Names, list[Diagnostic]]:
    """The names of all files (path and tree), and what is wrong with the declarations of names."""
    diagnostics: list[Diagnostic] = []
    graphs: dict[str, Place] = {}
    agents: dict[str, Place] = {}
    types: dict[str, Place] = {}
    for path, declaration in declarations(files):
        match declaration:
            case syntax.Graph(name=name):
                if name and name.text not in graphs:
                    diagnostics += _registered("graph", Place(path, name.span), name.text, registry)
                _declare(graphs, "graph", path, name, diagnostics)
            case syntax.Agent(name=name):
                if name and name.text not in agents:
                    diagnostics += _registered("agent", Place(path, name.span), name.text, registry)
                _declare(agents, "agent", path, name, diagnostics)
            case syntax.TypeDecl():
                _declare(types, "type", path, declaration.name, diagnostics)
            case syntax.Test():
                pass
    names = Names(registry, manifest, graphs, agents, types)
    return names, [*diagnostics, *_unknown_in_policy(names)]


def declarations(files: Sequence[tuple[str, syntax.File]]) -> Iterator[tuple[str, syntax.Declaration]]:
    """Every declaration with its path, in order; a type inside a graph belongs to the project."""
    for path, file in files:
        for declaration in file.declarations:
            yield path, declaration
            if isinstance(declaration, syntax.Graph):
                yield from ((path, item) for item in declaration.items if isinstance(item, syntax.TypeDecl))


def _unknown_in_policy(names: Names) -> Iterator[Diagnostic]:
    """Agents and graphs that the manifest's policy allows or denies, and that neither it nor a source has."""
    policy = names.registry.policy
    for key, lists in (("allow", policy.allow), ("deny", policy.deny)):
        for noun in ("agent", "graph") if lists else ():
            for index, name in enumerate(lists.get(f"{noun}s", ())):
                if names.find(noun, name) is None and name not in names.others(f"{noun}s"):
                    place = names.manifest(pointer("policy", key, f"{noun}s", index))
                    declared = names.declared(noun)
                    available = {*declared, *names.registered(noun)}
                    elsewhere = names.elsewhere(name, noun)
                    code = f"unknown-{noun}"
                    found = unknown_capability(code, place, noun, name, available, declared, elsewhere)
                    yield replace(found, fixes=())


def _registered(noun: str, place: Place, name: str, registry: Registry) -> Iterator[Diagnostic]:
    """A declaration whose name an entry of the manifest has, as its name or alias."""
    owner = registry.aliases.get(f"{noun}s", {}).get(name, name)
    if owner in registry.entries(f"{noun}s"):
        yield duplicate_declaration(place, noun, name, None, entry=owner)


def _declare(
    table: dict[str, Place], what: str, path: str, name: syntax.Name | None, diagnostics: list[Diagnostic]
) -> None:
    if name is None:
        return
    place = Place(path, name.span)
    if name.text in RESERVED:
        diagnostics.append(reserved_name(place, f"{article(what)}", name.text, RESERVED_HELP))
    elif what == "type" and (name.text in TYPE_NAMES or name.text in ALIASES):
        diagnostics.append(reserved_name(place, "a type", name.text, f"`{name.text}` is a type of the language"))
    elif name.text in table:
        diagnostics.append(duplicate_declaration(place, what, name.text, table[name.text]))
    else:
        table[name.text] = place
