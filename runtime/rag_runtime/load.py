"""Load: a compiled graph as it may run on this machine, or what keeps it from running.

A document is untrusted input. Its digest is checked, what it requires and its limits are replaced by what this machine's registry
has (a capability whose schema changed is refused), and then it passes the same analyses as in the compiler.
"""

from __future__ import annotations

from rag_ir.codec import decode, digest
from rag_ir.finding import Finding
from rag_ir.graph import Document
from rag_ir.rules import RULES
from rag_registry.registry import Registry
from rag_verify import verify
from rag_verify.requirements import rebind


def load(data: bytes, registry: Registry) -> tuple[Document | None, list[Finding]]:
    """The document in some bytes, bound to the registry, and what was found; no document where a finding is an error.

    The registry's tools must have their schemas, those read from Python sources included.
    """
    document, findings = decode(data)
    return (None, findings) if document is None else admit(document, registry)


def admit(document: Document, registry: Registry) -> tuple[Document | None, list[Finding]]:
    """As `load`, for a document that is not bytes."""
    actual = digest(document)
    if actual != document.digest:
        message = f"the document says that its digest is `{document.digest}`, and it is `{actual}`"
        return None, [Finding("ir-digest", "/digest", message)]
    bound, findings = rebind(document, registry)
    if not findings:
        findings = verify(bound)
    levels = {finding.code: registry.severities.get(finding.code, RULES[finding.code].severity) for finding in findings}
    kept = [finding for finding in findings if levels[finding.code] != "off"]
    return (None if "error" in levels.values() else bound), kept
