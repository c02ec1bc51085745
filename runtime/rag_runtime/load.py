"""Load: a compiled graph as it may run on this machine, or what keeps it from running.

A document is untrusted input. Its digest is checked, what it requires and its limits are replaced by what this machine's registry
has (a capability whose schema changed is refused), and then it passes the same analyses as in the compiler.
"""

from __future__ import annotations

from collections import deque

from rag_ir.codec import arranged, decode, digest, dump
from rag_ir.finding import Finding
from rag_ir.graph import Document
from rag_registry.registry import Registry
from rag_verify import verify
from rag_verify.requirements import rebind

_RECENT: deque[tuple[Document, Registry, tuple[Document | None, list[Finding]]]] = deque(maxlen=8)
_WRITTEN: deque[tuple[Document, bytes]] = deque(maxlen=8)


def load(data: bytes, registry: Registry) -> tuple[Document | None, list[Finding]]:
    """The document in some bytes, bound to the registry, and what was found; no document where a finding is an error.

    The registry's tools must have their schemas, those read from Python sources included.
    """
    document, findings = decode(data)
    return (None, findings) if document is None else admit(document, registry)


def admit(document: Document, registry: Registry) -> tuple[Document | None, list[Finding]]:
    """As `load`, for a document that is not bytes.

    Documents and registries are values: what was found of the very same two is remembered for those that were met last, so that
    a document that is run again and again is looked at once.
    """
    for known, under, (admitted, findings) in _RECENT:
        if known is document and under is registry:
            return admitted, [*findings]
    found = _admitted(document, registry)
    _RECENT.append((document, registry, found))
    return found[0], [*found[1]]


def body_of(document: Document) -> bytes:
    """The document's canonical bytes, remembered as `admit` remembers."""
    for known, body in _WRITTEN:
        if known is document:
            return body
    body = dump(document)
    _WRITTEN.append((document, body))
    return body


def _admitted(document: Document, registry: Registry) -> tuple[Document | None, list[Finding]]:
    actual = digest(document)
    if actual != document.digest:
        message = f"the document says that its digest is `{document.digest}`, and it is `{actual}`"
        return None, [Finding("ir-digest", "/digest", message)]
    bound, findings = rebind(arranged(document), registry)
    if not findings:
        findings = verify(bound)
    levels = [registry.severities.get(finding.code, finding.severity) for finding in findings]
    kept = [finding for finding, level in zip(findings, levels, strict=True) if level != "off"]
    return (None if "error" in levels else bound), kept
