"""The Python sources that a manifest names: tools' schemas read from them, and functions that are not there reported.

Only files inside the root are opened, and none is imported. Where a manifest declares a tool's arguments, result or description,
its word counts; what it leaves out comes from the function's annotations and docstring.
"""

from __future__ import annotations

import sys
import tokenize
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from rag_ir.finding import Finding, pointer
from rag_ir.record import replace
from rag_project.files import Unreadable, inside, read_file, shown
from rag_registry.python_schema import LARGEST, Problem, PythonTool, Source, python_schema
from rag_registry.unbuilt import is_unbuilt

if TYPE_CHECKING:
    from rag_registry.registry import Registry, Tool

DECLARE = 'annotate it, or declare `args = { name = "TYPE" }` in the manifest'


def read_tools(root: Path, registry: Registry) -> tuple[Registry, list[Finding]]:
    """The registry with every tool's input, output and description filled in, and what cannot be read.

    A tool that cannot be read keeps what the manifest says of it.
    """
    reader = _Reader(root.resolve())
    tools = {name: reader.tool(tool) for name, tool in registry.tools.items()}
    for kind, name, reference in _functions(registry):
        reader.function(reference, (kind, name, "python"), declared=True)
    return replace(registry, tools=tools), reader.findings


def _functions(registry: Registry) -> Iterator[tuple[str, str, str]]:
    """Kind, name and reference of the functions that are no tools, as far as this version calls them."""
    if not is_unbuilt("models", "provider", "python"):
        yield from (("models", name, model.python) for name, model in registry.models.items() if model.python)
    yield from (("routers", name, router.python) for name, router in registry.routers.items() if router.python)
    if not is_unbuilt("reducers"):
        yield from (("reducers", name, reducer.python) for name, reducer in registry.reducers.items() if reducer.python)
    if not is_unbuilt("middleware"):
        yield from (("middleware", name, each.python) for name, each in registry.middleware.items() if each.python)


class _Reader:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self.texts: dict[Path, str] = {}

    def tool(self, tool: Tool) -> Tool:
        """The tool with what its source says."""
        if not tool.python:
            return tool
        declared = tool.input is not None
        found = self.function(tool.python, ("tools", tool.name, "python"), declared=declared)
        if found is None:
            return tool
        return replace(
            tool,
            input=tool.input if declared else found.input,
            output=tool.output if tool.output is not None else found.output,
            description=tool.description or found.description,
        )

    def function(self, reference: str, at: tuple[str, str, str], *, declared: bool) -> PythonTool | None:
        """What the source says of the function that a reference names; None, and a finding, where it cannot be read."""
        module, _, name = reference.partition(":")
        try:
            source = self.source(module)
            found = python_schema(source, name, declared=declared)
        except Unreadable as unreadable:
            self.add(at, f"`{reference}` cannot be read: {unreadable}")
            return None
        if isinstance(found, Problem):
            line = f":{found.line}" if found.line else ""
            help_ = "" if declared or "parameter" not in found.message else DECLARE
            self.add(at, f"`{reference}` cannot be read: {found.message} ({found.shown}{line})", help_)
            return None
        return found

    def source(self, module: str) -> Source:
        """The source of a module, which finds those that it imports. Raises Unreadable."""
        path = self.file(module)
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]

        def find(name: str, level: int) -> Source | None:
            parts = package.split(".") if package else []
            if level > len(parts):
                return None
            above = parts[: len(parts) - level + 1] if level else []
            whole = ".".join([*above, *([name] if name else [])])
            try:
                return self.source(whole) if whole else None
            except Unreadable:
                return None

        return Source(self.text(path), shown(path, self.root), find)

    def file(self, module: str) -> Path:
        """The file of a module. Raises Unreadable where there is none inside the root."""
        if module.partition(".")[0] in sys.stdlib_module_names:
            raise Unreadable(f"`{module.partition('.')[0]}` is a module of Python itself")
        stem = self.root.joinpath(*module.split("."))
        for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
            if path.is_file():
                if not inside(path, self.root):
                    raise Unreadable(f"{shown(path, self.root)} leads outside of the project")
                return path
        raise Unreadable(f"the project has no file `{module.replace('.', '/')}.py`")

    def text(self, path: Path) -> str:
        """A source's text, in the encoding that it declares. Raises Unreadable."""
        if path not in self.texts:
            data = read_file(path, LARGEST)
            try:
                encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
                self.texts[path] = data.decode(encoding)
            except (SyntaxError, UnicodeDecodeError, LookupError):
                raise Unreadable(f"{shown(path, self.root)} is not text in the encoding that it declares") from None
        return self.texts[path]

    def add(self, at: tuple[str, str, str], message: str, help_: str = "") -> None:
        """Report a reference that cannot be read."""
        self.findings.append(Finding("unreadable-tool", pointer(*at), message, help=help_))
