"""Names that do not resolve, and names that cannot be declared.

Each says what was looked for, what was found, and everything that is available; the nearest name comes as an edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.words.synonyms import synonym
from rag_ir.permission import words
from rag_ir.spell import closest

SHOWN = 24
"""At most so many names are listed in a help line; `candidates` holds more."""

MANY = 300
"""At most so many names are candidates; of more, only the likely ones are compared with a wrong name."""
NAMELESS = "?"
"""What a graph without a name is called."""
Elsewhere = str
"""What a wrong name is instead, as a clause: "an agent, not a tool"; empty where it is nothing."""


def quoted(names: Iterable[str]) -> str:
    """`a`, `b`, `c`, shortened where there are many."""
    every = list(names)
    shown = ", ".join(f"`{name}`" for name in every[:SHOWN])
    return shown if len(every) <= SHOWN else f"{shown} and {len(every) - SHOWN} more"


def replace(place: Place, text: str, *, title: str = "") -> Fix:
    """The fix that writes a text in place of what stands there."""
    return Fix(title or f"change to `{text}`", (Edit(place, text),))


def unknown_node(
    place: Place, name: str, role: str, graph: str, nodes: Mapping[str, Place], *, end: bool, elsewhere: Elsewhere
) -> Diagnostic:
    """`role` is what the name is used as ("route target"); `end` says whether `END` could stand here."""
    message = f"{role} `{name}` is not a node of {_graph(graph)}"
    available = [*nodes, *(["END"] if end else [])]
    if name == "START":
        elsewhere = f"the entry of a graph is written `start {next(iter(nodes), 'NODE')}`"
    elif name == "END":
        elsewhere = "`END` ends a branch; here a node must stand"
    return _unknown("unknown-node", place, message, "no such node", name, available, nodes, elsewhere, "nodes")


def unknown_target(
    place: Place, name: str, graph: str, available: Iterable[str], declared: Mapping[str, Place], elsewhere: Elsewhere
) -> Diagnostic:
    """A send's target: a node, else an agent, else a graph."""
    message = f"send target `{name}` is neither a node of {_graph(graph)} nor an agent nor a graph"
    return _unknown("unknown-target", place, message, "no such target", name, available, declared, elsewhere, "targets")


def unknown_channel(
    place: Place, name: str, graph: str, channels: Mapping[str, Place], elsewhere: Elsewhere = ""
) -> Diagnostic:
    """A channel in a path, a write or `into`."""
    message = f"`{name}` is not a channel of {_graph(graph)}"
    if not channels and not elsewhere:
        elsewhere = f"the graph has no channels; declare `channel {name} overwrite`"
    return _unknown(
        "unknown-channel", place, message, "no such channel", name, channels, channels, elsewhere, "channels"
    )


def unknown_capability(
    code: str,
    place: Place,
    noun: str,
    name: str,
    available: Iterable[str],
    declared: Mapping[str, Place],
    elsewhere: Elsewhere,
) -> Diagnostic:
    """A capability that neither the project nor the registry has."""
    names = list(available)
    plural = noun if noun == "middleware" else f"{noun}s"
    message = f"{noun} `{name}` is not in the registry"
    if noun in ("agent", "graph"):
        message = f"{noun} `{name}` is neither declared in the project nor in the registry"
    if not names and not elsewhere:
        elsewhere = f"there are no {plural}; the manifest declares one as `[{plural}.{name}]`"
    return _unknown(code, place, message, f"no such {noun}", name, names, declared, elsewhere, plural)


def unknown_word(code: str, place: Place, noun: str, name: str, available: Iterable[str], hint: str = "") -> Diagnostic:
    """A word of a closed set: a kind, a reducer, a mode."""
    return _unknown(
        code, place, f"there is no {noun} `{name}`", f"no such {noun}", name, available, {}, hint, f"{noun}s"
    )


def unknown_type(
    place: Place,
    name: str,
    available: Iterable[str],
    declared: Mapping[str, Place],
    elsewhere: Elsewhere,
    meant: str = "",
) -> Diagnostic:
    """A type's name; `meant` is what it most likely stands for, or empty."""
    message = f"type `{name}` does not exist"
    if not meant:
        return _unknown("unknown-type", place, message, "no such type", name, available, declared, elsewhere, "types")
    return Diagnostic(
        code="unknown-type",
        place=place,
        message=message,
        label="no such type",
        help=f"did you mean `{meant}`?",
        candidates=tuple(sorted(available)),
        fixes=(replace(place, meant),),
    )


def unknown_function(place: Place, name: str, available: Iterable[str]) -> Diagnostic:
    """A function of an expression."""
    message = f"function `{name}` does not exist"
    return _unknown("unknown-function", place, message, "no such function", name, available, {}, "", "functions")


def unknown_variable(place: Place, name: str, available: Iterable[str], meant: str, hint: str = "") -> Diagnostic:
    """A word that is nothing here; `meant` is the path that it most likely stands for, `state.findings`, or empty."""
    message = f"`{name}` is not in scope"
    if not meant:
        help_ = hint
        return _unknown(
            "unknown-variable", place, message, "not in scope", name, available, {}, help_, "names in scope"
        )
    return Diagnostic(
        code="unknown-variable",
        place=place,
        message=message,
        label="not in scope",
        help=f"did you mean `{meant}`?",
        candidates=tuple(sorted(available)),
        fixes=(replace(place, meant),),
    )


def unknown_field(
    place: Place, name: str, owner: str, fields: Mapping[str, Place | None], hint: str = ""
) -> Diagnostic:
    """A field that a declared record, input or tool has not; `owner` is "the input of graph `g`"."""
    message = f"{owner} has no field `{name}`"
    declared = {field: at for field, at in fields.items() if at}
    hint = hint or ("" if fields else "it has no fields at all")
    return _unknown("unknown-field", place, message, "no such field", name, fields, declared, hint, "fields")


def unknown_key(place: Place, name: str, block: str, keys: Iterable[str]) -> Diagnostic:
    """A key that a block has not."""
    return _unknown("unknown-key", place, f"{block} has no key `{name}`", "no such key", name, keys, {}, "", "keys")


def unknown_item(place: Place, word: str, owner: str, items: Iterable[str], hint: str = "") -> Diagnostic:
    """A word that is no item; `owner` is "a node", "a graph", ..."""
    message = f"`{word}` is not an item of {owner}"
    return _unknown("unknown-item", place, message, "no such item", word, items, {}, hint, "items")


def not_allowed(place: Place, noun: str, name: str, by: Literal["allow", "deny"], policy: Place) -> Diagnostic:
    """A name that the manifest's policy forbids; `policy` is where its list stands."""
    return Diagnostic(
        code="not-allowed",
        place=place,
        message=words(by, noun, name),
        label="not allowed",
        related=(Label(policy, "the policy says so here"),),
    )


def duplicate_declaration(
    place: Place, what: str, name: str, first: Place | None, where: str = "", entry: str = ""
) -> Diagnostic:
    """A second declaration of a name. `first` null: it is the name or an alias of an `entry` of the manifest."""
    return Diagnostic(
        code="duplicate-declaration",
        place=place,
        message=f"{what} `{name}` is declared twice{where}",
        label="declared again here",
        help="" if first else f"the manifest has `[{what}s.{entry or name}]`; rename or remove one of them",
        related=(Label(first, "first declared here"),) if first else (),
    )


def reserved_name(place: Place, what: str, name: str, why: str) -> Diagnostic:
    """A declaration that uses a name of the language."""
    return Diagnostic(
        code="reserved-name",
        place=place,
        message=f"{what} cannot be named `{name}`",
        label="reserved",
        help=why,
    )


def _graph(name: str) -> str:
    return "this graph" if name == NAMELESS else f"graph `{name}`"


def _unknown(
    code: str,
    place: Place,
    message: str,
    label: str,
    name: str,
    available: Iterable[str],
    declared: Mapping[str, Place],
    elsewhere: str,
    plural: str,
) -> Diagnostic:
    names = sorted(set(available))
    meant = None if elsewhere else synonym(code, name, names)
    near = meant or (None if elsewhere else closest(name, names if len(names) <= MANY else _likely(name, names)))
    help_ = elsewhere or (f"did you mean `{near}`?" if near else f"{plural}: {quoted(names)}" if names else "")
    if meant:
        help_ = f"here it is called `{meant}`"
    related = (Label(declared[near], f"`{near}` is declared here"),) if near and near in declared else ()
    return Diagnostic(
        code=code,
        place=place,
        message=message,
        label=label,
        help=help_,
        related=related,
        candidates=tuple(names[:MANY]),
        fixes=(replace(place, near),) if near else (),
    )


def _likely(name: str, names: Iterable[str]) -> list[str]:
    """The names that begin or end as this one does: among many, only these are compared."""
    head, tail, length = name[:2], name[-2:], len(name)
    return [each for each in names if (each[:2] == head or each[-2:] == tail) and abs(len(each) - length) <= 3]
