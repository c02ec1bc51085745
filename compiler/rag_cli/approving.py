"""Reviews: what a person is shown of a graph, and how a decision is asked for and written down."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag_cli.printable import printable
from rag_cli.terminal import is_terminal, say
from rag_cli.trouble import FAILED, REFUSED, USAGE, Trouble
from rag_ir.graph import Document
from rag_project.approvals import NAME, Approval, BadApprovals, add_approval, last_of, read_approvals
from rag_verify.review import check_review, needs_review, reach_of

if TYPE_CHECKING:
    from rag_registry.registry import Registry


def approvals_of(root: Path) -> tuple[Approval, ...]:
    """The decisions of a project. `Trouble` where its file of them is damaged: then nothing counts."""
    try:
        return read_approvals(root)
    except BadApprovals as bad:
        raise Trouble(f"`{NAME}` is damaged: {bad}", "restore it from the repository", REFUSED) from None


def approved(root: Path) -> tuple[str, ...]:
    """The digests of the approved documents of a project."""
    return tuple(approval.digest for approval in approvals_of(root))


def approved_or_asked(document: Document, registry: Registry, root: Path, *, may_ask: bool) -> tuple[str, ...]:
    """The approved digests. Where a review is wanted and a person sits there, they are shown the graph and asked."""
    from rag_verify.requirements import policy_of

    digests = approved(root)
    wanted = check_review(document, policy_of(registry), digests)
    if not wanted or not may_ask or not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        return digests
    say("\n".join(review_lines(document, registry, approvals_of(root))))
    say("approve it, and run? [y/N]")
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Trouble("it was not approved, and did not run", status=REFUSED)
    approve(document, root, None)
    return (*digests, document.digest)


def approve(document: Document, root: Path, name: str | None) -> Approval:
    """Writes down that a person approves a document; `name` in place of the user's own."""
    from datetime import UTC, datetime

    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    by = _person(name)
    decision = Approval(graph=document.entry, digest=document.digest, by=by, at=at, reach=reach_of(document))
    try:
        add_approval(root, decision)
    except OSError as error:
        raise Trouble(f"`{NAME}` cannot be written: {error.strerror}", status=FAILED) from None
    return decision


def review_lines(document: Document, registry: Registry, approvals: Sequence[Approval]) -> Iterator[str]:
    """What a person should see: what the graph can reach and spend, and what of it is new since the last decision."""
    from rag_verify.requirements import policy_of

    last, reach = last_of(approvals, document.entry), reach_of(document)
    yield f"graph `{document.entry}`, {document.digest}"
    if any(approval.digest == document.digest for approval in approvals):
        yield "approved"
    else:
        reason = needs_review(document, policy_of(registry))
        yield f"needs a review: {reason}" if reason else "needs no review here"
    if last is None:
        yield "no version of it has been approved"
    else:
        yield printable(f"last approved by {last.by} at {last.at}, {last.digest}")
    yield "it can reach:"
    before = frozenset(reach if last is None else last.reach)
    for line in sorted({*reach, *before}):
        yield printable(f"{_mark(line, reach, before)} {line}")
    yield "one run can take:"
    yield from _bounds(document)


def _mark(line: str, now: Sequence[str], before: frozenset[str]) -> str:
    if line not in now:
        return "  -"
    return "   " if line in before else "  +"


def _bounds(document: Document) -> Iterator[str]:
    from rag_verify.bounds import bounds_of

    bounds = bounds_of(document).graph(document.entry)
    for name, bound in (
        ("model calls", bounds.model_calls),
        ("tool calls", bounds.tool_calls),
        ("US dollars", bounds.cost),
    ):
        if bound.most is None:
            yield printable(f"    any number of {name}: {'; '.join(bound.because)}")
        else:
            yield f"    at most {bounds.cost_usd if bound is bounds.cost else bound.most} {name}"


def _person(name: str | None) -> str:
    from getpass import getuser

    if name is not None:
        if not name.strip():
            raise Trouble("`--by` takes the name of a person")
        return name
    try:
        return getuser()
    except (OSError, KeyError, ImportError):
        raise Trouble("nobody knows who approves it", "say it with `--by NAME`", USAGE) from None
