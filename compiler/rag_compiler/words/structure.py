"""Parts that do not fit together: items, routing, labels, sends, joins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Label, Place
from rag_compiler.words.names import quoted, replace
from rag_compiler.words.synonyms import synonym
from rag_ir.spell import closest


def duplicate_key(place: Place, key: str, first: Place, why: str = "") -> Diagnostic:
    """A key that stands twice in one block, or an element that stands twice in a list of names."""
    return Diagnostic(
        code="duplicate-key",
        place=place,
        message=f"`{key}` stands twice{why}",
        label="again here",
        help="keep one of them",
        related=(Label(first, "first here"),),
    )


def duplicate_item(place: Place, word: str, owner: str, first: Place, help_: str = "keep one of them") -> Diagnostic:
    """An item that may stand once."""
    return Diagnostic(
        code="duplicate-item",
        place=place,
        message=f"`{word}` stands twice in {owner}",
        label="again here",
        help=help_,
        related=(Label(first, "first here"),),
    )


def missing_start(place: Place, graph: str, nodes: Sequence[str]) -> Diagnostic:
    """A graph without an entry."""
    return Diagnostic(
        code="missing-start",
        place=place,
        message=f"graph `{graph}` has no `start`",
        label="no entry",
        help=f"write `start {nodes[0]}` in its block" if nodes else "write a node, and `start` with its name",
        candidates=tuple(sorted(nodes)),
    )


def missing_item(place: Place, owner: str, item: str, help_: str) -> Diagnostic:
    """A required item; `owner` is "node `n` of kind `tool`"."""
    return Diagnostic(
        code="missing-item", place=place, message=f"{owner} has no `{item}`", label="incomplete", help=help_
    )


def illegal_item(place: Place, word: str, owner: str, help_: str, candidates: Iterable[str] = ()) -> Diagnostic:
    """An item that is one, but not here."""
    return Diagnostic(
        code="illegal-item",
        place=place,
        message=f"`{word}` is not legal in {owner}",
        label="not legal here",
        help=help_,
        candidates=tuple(sorted(candidates)),
    )


def kind_of_node(place: Place) -> Diagnostic:
    """`type agent` in a node."""
    return Diagnostic(
        code="illegal-item",
        place=place,
        message="`type` is not legal in a node",
        label="not legal here",
        help="what a node does is its `kind`",
        fixes=(replace(place, "kind"),),
    )


def excluded_item(place: Place, word: str, other: str, first: Place, help_: str) -> Diagnostic:
    """The second of two items that exclude each other."""
    return Diagnostic(
        code="illegal-item",
        place=place,
        message=f"`{word}` cannot stand beside `{other}`",
        label="excluded",
        help=help_,
        related=(Label(first, f"`{other}` is here"),),
    )


def needs_other(place: Place, word: str, other: str, form: str) -> Diagnostic:
    """A key that means nothing without another one; `form` is how both are written."""
    return Diagnostic(
        code="missing-item",
        place=place,
        message=f"`{word}` means nothing without `{other}`",
        label="has no effect",
        help=f"write {form}, or remove it",
    )


def routing_conflict(place: Place, node: str, second: str, first: str, first_place: Place, help_: str) -> Diagnostic:
    """A second source of routing; `first` and `second` name them: "`next`", "an edge"."""
    return Diagnostic(
        code="routing-conflict",
        place=place,
        message=f"node `{node}` is routed twice: by {first} and by {second}",
        label="second routing",
        help=help_,
        related=(Label(first_place, "first routing"),),
    )


def impossible_label(place: Place, label: str, owner: str, labels: Sequence[str], hint: str = "") -> Diagnostic:
    """A label that the node never produces; `owner` is "node `n` of kind `model`"."""
    near = None if hint else synonym("impossible-label", label, ("else",)) or closest(label, labels)
    possible = f"it can end with {quoted(labels)}" if labels else "it has no labels; route with `when` and `else`"
    return Diagnostic(
        code="impossible-label",
        place=place,
        message=f"{owner} never ends with `{label}`",
        label="never happens",
        help=hint or (f"did you mean `{near}`?" if near else possible),
        candidates=tuple(sorted(labels)),
        fixes=(replace(place, near),) if near else (),
    )


def missing_label(place: Place, owner: str, labels: Sequence[str]) -> Diagnostic:
    """Labels that no route takes. `labels` empty: every guard may be false."""
    if not labels:
        message = f"no route of {owner} is taken when every guard is false"
        return Diagnostic(
            code="missing-label", place=place, message=message, label="may match nothing", help="add `else -> NODE`"
        )
    noun = "label" if len(labels) == 1 else "labels"
    return Diagnostic(
        code="missing-label",
        place=place,
        message=f"{owner} has no route for its {noun} {quoted(labels)}",
        label="may match nothing",
        help=f"add `{labels[0]} -> NODE` or `else -> NODE`; without one the run fails there",
        candidates=tuple(labels),
    )


def duplicate_label(place: Place, label: str, first: Place) -> Diagnostic:
    """A label that is routed twice."""
    return Diagnostic(
        code="duplicate-label",
        place=place,
        message=f"label `{label}` is routed twice",
        label="never taken",
        help="the first entry takes it; to choose between targets, write guards: `when CONDITION -> NODE`",
        related=(Label(first, "taken here"),),
    )


def unreachable_route(place: Place, entry: str, otherwise: Place) -> Diagnostic:
    """An entry after `else`."""
    return Diagnostic(
        code="unreachable-route",
        place=place,
        message=f"{entry} stands after `else` and is never taken",
        label="never taken",
        help="entries are tried in order; move it above `else`",
        related=(Label(otherwise, "`else` takes everything"),),
    )


def send_without_join(place: Place, target: str, node: str) -> Diagnostic:
    """A child that nothing waits for."""
    return Diagnostic(
        code="send-without-join",
        place=place,
        message=f"node `{node}` sends to `{target}` and nothing waits for it",
        label="never joined",
        help=f"add `join NODE` to `{node}`, which runs NODE once when its children have ended",
    )


def plain_activation(place: Place, word: str, node: str, other: Place, how: str) -> Diagnostic:
    """A default for sends to a node that runs in other ways too; `how`: "the run starts here"."""
    return Diagnostic(
        code="illegal-item",
        place=place,
        message=f"`{word}` is for sends, and node `{node}` runs without one too",
        label="not always true",
        help=f"write `{word}` behind the sends to `{node}` that it is meant for",
        related=(Label(other, how),),
    )


def unsent(place: Place, word: str, node: str) -> Diagnostic:
    """A default for sends to a node that nothing sends to."""
    return Diagnostic(
        code="illegal-item",
        place=place,
        message=f"`{word}` is for sends, and nothing sends to node `{node}`",
        label="has no effect",
        help="remove it, or send to the node",
    )


def join_without_send(place: Place, node: str) -> Diagnostic:
    """A join with nothing to wait for."""
    return Diagnostic(
        code="join-without-send",
        place=place,
        message=f"node `{node}` joins, and sends nothing",
        label="nothing to wait for",
        help="add `send [..]`, route with `next`, or wait for declared nodes with `join [a, b] -> c` in the graph",
    )


def graph_recursion(place: Place, cycle: Sequence[str], others: Sequence[Label]) -> Diagnostic:
    """Graphs that call each other; `cycle` is the way from a graph back to itself."""
    if len(cycle) > 2:
        message = f"graphs call each other without an end: {' -> '.join(f'`{name}`' for name in cycle)}"
    else:
        message = f"graph `{cycle[0]}` calls itself without an end"
    return Diagnostic(
        code="graph-recursion",
        place=place,
        message=message,
        label="closes the cycle",
        help="repeat with a route back to a node of the same graph, bounded by `max_visits`",
        related=tuple(others),
    )


def rewrite(title: str, place: Place, text: str) -> Fix:
    """A fix that a person should look at."""
    return Fix(title, (Edit(place, text),), "suggested")


def second_conversation(place: Place, channel: str, other: str, first: Place) -> Diagnostic:
    """A second channel with the reducer `messages`."""
    return Diagnostic(
        code="duplicate-item",
        place=place,
        message=f"a graph has one conversation, and channel `{other}` is it already",
        label="second conversation",
        help=f"reduce `{channel}` with `append`, or write to `{other}`",
        related=(Label(first, "the conversation"),),
    )
