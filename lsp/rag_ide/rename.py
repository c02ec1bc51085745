"""Give a name another one everywhere: in sources, and in the manifest where that declares it.

The new text is analysed before it is handed out: a renaming that would make an error is refused, and says which.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from rag_compiler.apply_fixes import apply_edits
from rag_compiler.diagnostics import Edit, Fix, Place
from rag_compiler.names import RESERVED
from rag_compiler.pipeline import Analysis, analyse
from rag_compiler.source import SourceFile, Span
from rag_ide.subjects import Occurrence, Subject, index, registered_at
from rag_ir.finding import pointer

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Refused(Exception):
    """A name cannot be given another one, or not this one; the message says why."""


def renamable(analysis: Analysis, path: str, offset: int) -> Occurrence:
    """What would be renamed at a byte offset. Raises Refused."""
    found = index(analysis).at(path, offset)
    if found is None:
        raise Refused("no name stands here that is declared anywhere")
    if not any(each.role == "declaration" for each in index(analysis).of(found.subject)) and not _key(
        analysis, found.subject
    ):
        raise Refused(f"`{found.subject.name}` is declared outside of this project's files")
    return found


def rename(analysis: Analysis, path: str, offset: int, name: str) -> tuple[Edit, ...]:
    """The edits that call the subject at a byte offset `name`, by file and position. Raises Refused."""
    subject = renamable(analysis, path, offset).subject
    if not _IDENTIFIER.fullmatch(name):
        raise Refused(f"`{name}` is no name: it takes letters, digits and `_`, and begins with no digit")
    if name in RESERVED:
        raise Refused(f"`{name}` is reserved")
    texts = {file.path: file.data for file in analysis.files}
    in_sources = [Edit(place, name) for place in _places(analysis, subject, texts)]
    in_manifest = list(_in_manifest(analysis, subject, name))
    if not in_manifest:
        _check(analysis, in_sources, texts)
    return tuple(sorted((*in_sources, *in_manifest), key=lambda edit: (edit.place.path, edit.place.span)))


def _places(analysis: Analysis, subject: Subject, texts: Mapping[str, bytes]) -> Iterator[Place]:
    """Where the name itself is written; an alias of it stays."""
    for each in index(analysis).of(subject):
        place = each.place
        if texts.get(place.path, b"")[place.span.start : place.span.end] == subject.name.encode():
            yield place


def _check(analysis: Analysis, edits: Sequence[Edit], texts: Mapping[str, bytes]) -> None:
    changed = apply_edits(texts, [Fix("", tuple(edits))])
    files = [SourceFile(path, data) for path, data in changed.items()]
    after = analyse(files, analysis.registry, analysis.manifest)
    before = Counter(each.code for each in analysis.diagnostics if each.severity == "error")
    for each in after.diagnostics:
        if each.severity == "error":
            before[each.code] -= 1
            if before[each.code] < 0:
                raise Refused(f"{each.message} ({each.code})")


# ---- the manifest ------------------------------------------------------------------------------------------------------


def _key(analysis: Analysis, subject: Subject) -> Span | None:
    """Where the manifest's entry of a subject has its name."""
    entry = registered_at(subject)
    if analysis.manifest is None or entry is None:
        return None
    from rag_registry.positions import positions

    found = positions(analysis.manifest.data).get(pointer(*entry))
    return Span(*found[0]) if found is not None else None


def _in_manifest(analysis: Analysis, subject: Subject, name: str) -> Iterator[Edit]:
    key = _key(analysis, subject)
    if key is None or analysis.manifest is None:
        return
    from rag_registry.positions import positions

    path, data = analysis.manifest.path, analysis.manifest.data
    for at in _spans_of(data[key.start : key.end], subject.name, key.start):
        yield Edit(Place(path, at), name)
    section = registered_at(subject)
    assert section is not None
    for where, (_, value) in positions(data).items():
        if _names(where, section[0]):
            for span in _spans_of(data[value[0] : value[1]], subject.name, value[0]):
                yield Edit(Place(path, span), name)


def _names(at: str, section: str) -> bool:
    """Whether a value of the manifest is a name, or a list of names, of this section."""
    words = at.split("/")[1:]
    match words:
        case ["agents", _, "model"]:
            return section == "models"
        case ["agents", _, "tools"]:
            return section == "tools"
        case ["policy", "allow" | "deny", kind]:
            return kind == section
        case _:
            return False


def _spans_of(text: bytes, name: str, start: int) -> Iterator[Span]:
    """The name as a whole in a key, or in the quotes of a value."""
    pattern = rb"(?<![A-Za-z0-9_-])" + re.escape(name.encode()) + rb"(?![A-Za-z0-9_-])"
    found = list(re.finditer(pattern, text))
    in_quotes = [each for each in found if text[each.start() - 1 : each.start()] in (b'"', b"'")]
    for each in in_quotes or found[-1:]:
        yield Span(start + each.start(), start + each.end())
