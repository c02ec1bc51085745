"""The IR as bytes: a lean decoder derived from the dataclasses of `graph`, the canonical form, and digests.

`decode` takes any bytes and answers with a document or with findings (`ir-invalid`, `ir-version`, `ir-digest`); it never raises.
It checks the shape: every field there and no other, types, unions by their `kind`, code by the table of operators, schemas by
their subset. What names refer to is `rag_verify`'s concern.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from rag_ir.canonical import canonical, code_units
from rag_ir.finding import Finding
from rag_ir.graph import IR_VERSION, Document, Json
from rag_ir.record import is_record, names, replace

if TYPE_CHECKING:
    from rag_ir.graph import Requirement

__all__ = [
    "arranged",
    "canonical",
    "decode",
    "digest",
    "digest_of",
    "dump",
    "encode",
    "requirement_digest",
    "seal",
    "to_json",
]

LARGEST = 16 * 1024 * 1024
"""Documents of more bytes than this are refused."""

UNDIGESTED = ("digest", "provenance", "source_map", "docs")
"""The fields of a document that its digest does not cover."""


def decode(data: bytes) -> tuple[Document | None, list[Finding]]:
    """The document in some bytes, or None and what is wrong with them."""
    from rag_ir.decoder import Problems, read_document

    value, unreadable = _parsed(data)
    if unreadable:
        return None, [Finding("ir-invalid", "", unreadable)]
    if isinstance(value, dict) and type(value.get("ir")) is int and value["ir"] != IR_VERSION:
        message = f"the document is of version {value['ir']}, and this toolchain reads version {IR_VERSION}"
        return None, [Finding("ir-version", "/ir", message)]
    problems = Problems()
    document = read_document(value, problems)
    if document is None or not isinstance(value, dict):
        return None, [Finding("ir-invalid", at, message) for at, message in problems.found]
    actual = digest_of({name: part for name, part in value.items() if name not in UNDIGESTED})
    if actual != document.digest:
        message = f"the document says that its digest is `{document.digest}`, and it is `{actual}`"
        return None, [Finding("ir-digest", "/digest", message)]
    return document, []


def encode(document: Document) -> dict[str, Json]:
    """The document as JSON."""
    value = to_json(document)
    assert isinstance(value, dict)
    return value


def dump(document: Document) -> bytes:
    """The document as it is written to a file: canonical bytes and a newline. Raises ValueError as `canonical` does."""
    return canonical(encode(document)) + b"\n"


def digest(document: Document) -> str:
    """`sha256:` and the hexadecimal digest of all but `UNDIGESTED`. Raises ValueError as `canonical` does."""
    return digest_of({name: part for name, part in encode(document).items() if name not in UNDIGESTED})


def seal(document: Document) -> Document:
    """The document with its digest. Raises ValueError as `canonical` does."""
    return replace(document, digest=digest(document))


def arranged(document: Document) -> Document:
    """The document with the members of every object in canonical order, as one that was written and read again has them.

    Templates and schemas are shown in stored order, so a run must see the same order before and after its document was stored.
    """
    value = _in_order(document)
    assert isinstance(value, Document)
    return value


def _in_order(value: object) -> object:
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        return {key: _in_order(members[key]) for key in sorted(members, key=code_units)}
    if isinstance(value, (tuple, list)):
        items = [_in_order(item) for item in cast("Iterable[object]", value)]
        return tuple(items) if isinstance(value, tuple) else items
    kind = cast("type[Any]", type(value))
    return replace(cast("Any", value), **{name: _in_order(getattr(value, name)) for name in names(kind)})


def requirement_digest(entry: Requirement) -> str:
    """The digest of a requirement: of all but its `digest`."""
    value = to_json(entry)
    assert isinstance(value, dict)
    return digest_of({name: part for name, part in value.items() if name != "digest"})


def digest_of(value: Json) -> str:
    """`sha256:` and the hexadecimal digest of a value's canonical bytes."""
    from hashlib import sha256

    return "sha256:" + sha256(canonical(value)).hexdigest()


def to_json(value: object) -> Json:
    """A value made of records, tuples, mappings and JSON, as JSON: every field by its name. Raises TypeError for others."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (tuple, list)):
        return [to_json(item) for item in cast("Iterable[object]", value)]
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in cast("Mapping[str, object]", value).items()}
    if is_record(value):
        return {name: to_json(getattr(value, name)) for name in names(value.__class__)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _parsed(data: bytes) -> tuple[Json, str]:
    """The JSON value of some bytes, or what keeps them from being one."""
    import json

    if len(data) > LARGEST:
        return None, f"the document is larger than {LARGEST // (1024 * 1024)} MiB"
    twice: list[str] = []

    def members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        result = dict(pairs)
        if len(result) != len(pairs):
            names = [name for name, _ in pairs]
            twice.append(next(name for name in names if names.count(name) > 1))
        return result

    try:
        value = json.loads(data.decode(), object_pairs_hook=members, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return None, f"not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    except UnicodeDecodeError as error:
        return None, f"not UTF-8 at byte {error.start}"
    except RecursionError:
        return None, "the document is nested too deep"
    except ValueError as error:
        return None, f"not JSON: {error}"
    return (None, f"the member `{twice[0]}` stands twice in one object") if twice else (value, "")


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"`{name}` is no number")
