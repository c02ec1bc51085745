"""The pages that explain rules: they lie beside the compiler, so that they are installed with it."""

from __future__ import annotations


def rule_page(code: str) -> str:
    """The Markdown of a rule's page, without a last line break. An `OSError` if it cannot be read."""
    import rag_compiler

    with open(f"{rag_compiler.__path__[0]}/rules/{code}.md", encoding="utf-8") as page:  # noqa: PTH123
        return page.read().rstrip("\n")
