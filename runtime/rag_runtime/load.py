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
    """The document in some bytes, bound to the registry, and the findings; none with a finding of an error."""
    document, findings = decode(data)
    return (None, findings) if document is None else admit(document, registry)


def admit(document: Document, registry: Registry) -> tuple[Document | None, list[Finding]]:
    """As `load`, for a document that is not bytes."""
    actual = digest(document)
    if actual != document.digest:
        message = f"the document says that its digest is `{document.digest}`, and it is `{actual}`"
        return None, [Finding("ir-digest", "/digest", message)]
    bound, findings = rebind(document, registry)
    if _refuses(findings):
        return None, findings
    findings = [*findings, *verify(bound)]
    return (None if _refuses(findings) else bound), findings


def _refuses(findings: list[Finding]) -> bool:
    return any(RULES[finding.code].severity == "error" for finding in findings)
