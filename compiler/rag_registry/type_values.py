"""Types in a manifest: type expressions of the language in strings, and tables of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from rag_ir.finding import Finding, pointer
from rag_ir.graph import Field, Schema
from rag_ir.spell import closest
from rag_ir.types import (
    ALIASES,
    JSON,
    Record,
    RecordField,
    TypeProblem,
    TypeValue,
    may_be_absent,
    optional,
    parse_type,
    references,
    to_schema,
)
from rag_registry.table import Table, describe, is_identifier

_SYNTAX = "a type is one of `string int float bool json message`, `T[]`, `map<T>`, `T?`, `A | B`, `{ name: T }`"
_BUILT_IN = (*dict.fromkeys(ALIASES.values()), "message")


def type_at(table: Table, key: str) -> Schema | None:
    """The schema of a type string or of a table `{ name = "TYPE" }`, or None where the key is not given."""
    if key not in table:
        return None
    type_ = _type(table.values[key], (*table.at, key), table.findings)
    return {} if type_ is None else to_schema(type_)


def record_at(table: Table, key: str) -> Record | None:
    """The record of a type string or of a table `{ name = "TYPE" }`, or None where the key is not given."""
    if key not in table:
        return None
    type_ = _type(table.values[key], (*table.at, key), table.findings)
    if type_ is not None and not isinstance(type_, Record):
        table.bad(key, 'a record, `{ name = "TYPE" }`')
    return type_ if isinstance(type_, Record) else Record(())


def fields_of(record: Record) -> tuple[Field, ...]:
    """A record's fields as those of an input."""
    return tuple(
        Field(name=field.name, schema=to_schema(field.type, field.doc), required=field.required, default=None)
        for field in record.fields
    )


def _type(value: object, at: tuple[str, ...], findings: list[Finding]) -> TypeValue | None:
    """The type, or None for one that has been reported."""
    if isinstance(value, str):
        return _parsed(value, at, findings)
    if isinstance(value, dict):
        return _record(cast("dict[str, object]", value), at, findings)
    message = f"`{at[-1]}` takes a type in a text, or a table of them, not {describe(value)}"
    findings.append(Finding("manifest-bad-value", pointer(*at), message))
    return None


def _record(values: Mapping[str, object], at: tuple[str, ...], findings: list[Finding]) -> Record:
    fields: list[RecordField] = []
    for name, value in values.items():
        if not is_identifier(name):
            message = f"a field's name is letters, digits and `_`, not {describe(name)}"
            findings.append(Finding("manifest-bad-value", pointer(*at, name), message, part="key"))
        elif not isinstance(value, str):
            message = f"`{name}` takes a type in a text, not {describe(value)}"
            findings.append(Finding("manifest-bad-value", pointer(*at, name), message))
        else:
            type_ = _parsed(value, (*at, name), findings) or optional(JSON)
            fields.append(RecordField(name, type_, required=not may_be_absent(type_)))
    return Record(tuple(fields))


def _parsed(text: str, at: tuple[str, ...], findings: list[Finding]) -> TypeValue | None:
    type_ = parse_type(text)
    if isinstance(type_, TypeProblem):
        found = f" (at character {type_.start + 1})" if len(text) > 1 else ""
        message = f"{describe(text)} is no type: {type_.message}{found}"
        findings.append(Finding("manifest-bad-value", pointer(*at), message, help=_SYNTAX))
        return None
    unknown = [name for name in references(type_) if name != "message"]
    for name in dict.fromkeys(unknown):
        near = closest(name, _BUILT_IN)
        message = f"there is no type `{name}` in a manifest"
        help_ = f"did you mean `{near}`?" if near else _SYNTAX
        whole = near if near and text.strip() == name else None
        candidates = (near,) if near else ()
        replacement = f'"{whole}"' if whole else None
        findings.append(
            Finding(
                "manifest-bad-value", pointer(*at), message, help=help_, candidates=candidates, replacement=replacement
            )
        )
    return None if unknown else type_
