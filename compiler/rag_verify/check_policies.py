"""The policies that a document holds are of the language: limits are limits, words are known."""

from __future__ import annotations

from collections.abc import Iterator

from rag_ir import graph as ir
from rag_ir.finding import Finding
from rag_ir.policies import RETRIED


def check_retry(retry: ir.Retry, at: str) -> Iterator[Finding]:
    """The findings on a `retry` at a pointer."""
    if retry.max_attempts < 1:
        yield _invalid(f"{at}/max_attempts", f"`max_attempts` is at least 1, not {retry.max_attempts}")
    if not 0 <= retry.initial <= retry.max:
        yield _invalid(f"{at}/initial", f"the first wait is from 0 to the longest, {retry.max}, not {retry.initial}")
    for index, word in enumerate(retry.on):
        if word not in RETRIED:
            yield _invalid(f"{at}/on/{index}", f"there is no class of errors `{word}`")


def _invalid(at: str, message: str) -> Finding:
    return Finding("ir-invalid", at, message)
