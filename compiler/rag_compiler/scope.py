"""What an expression may name at one place: roots, channels, declared fields, loop variables."""

from __future__ import annotations

from collections.abc import Mapping

from rag_compiler.diagnostics import Place
from rag_compiler.hir import Root
from rag_ir.record import field, record, replace

ROOT_HELP: dict[str, str] = {
    "input": "`input` is what a run is given; it is not in scope here",
    "output": "`output` is the node's own result: it exists in `writes`, `command`, `routes` and `send`, after the node has run",
    "state": "`state` is a graph's; in an agent only `input` is in scope",
    "args": "`args` is what a node was sent with; it exists in the nodes of a graph only",
}


@record
class Fields:
    """The declared fields of a root: who declares them ("the input of graph `g`"), and where each stands."""

    owner: str
    names: Mapping[str, Place | None]


@record
class Scope:
    """`owner` is the graph's or the agent's name; `fields` holds the roots whose members are declared."""

    owner: str
    roots: tuple[Root, ...]
    channels: Mapping[str, Place]
    fields: Mapping[str, Fields] = field(default_factory=dict[str, Fields])
    variables: tuple[str, ...] = ()

    def with_variable(self, name: str) -> Scope:
        """The same scope inside a lambda or a loop."""
        return replace(self, variables=(*self.variables, name))

    def with_output(self, fields: Fields | None) -> Scope:
        """The same scope once the node's output is there."""
        known = {**self.fields, "output": fields} if fields else self.fields
        return replace(self, roots=(*self.roots, "output"), fields=known)

    def available(self) -> list[str]:
        """Everything in scope, as it is written."""
        return [*self.variables, *self.roots]

    def meant_by(self, name: str) -> str:
        """The path that a bare word most likely stands for, a channel, a field or a path without its point; or empty."""
        if "state" in self.roots and name in self.channels:
            return f"state.{name}"
        for root in self.roots:
            if root in self.fields and name in self.fields[root].names:
                return f"{root}.{name}"
        for root in self.roots:
            member = name.removeprefix(root)
            known = self.channels if root == "state" else self.fields[root].names if root in self.fields else ()
            if member != name and member in known:
                return f"{root}.{member}"
        return {"True": "true", "False": "false", "None": "null", "nil": "null", "undefined": "null"}.get(name, "")


NOWHERE = Scope("a constant", (), {})
"""The scope of a place where only constants can stand."""
