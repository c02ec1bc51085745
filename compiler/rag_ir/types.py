"""Types of the language, by one door: values, the syntax, JSON Schema, and whether a value is of a type."""

from __future__ import annotations

from rag_ir.conformance import problems
from rag_ir.type_schemas import MESSAGE, describe, from_schema, to_schema
from rag_ir.type_syntax import TypeProblem, parse_type
from rag_ir.type_values import (
    ALIASES,
    BOOL,
    FLOAT,
    INT,
    JSON,
    NULL,
    STRING,
    ListOf,
    Literals,
    MapOf,
    Named,
    Primitive,
    PrimitiveName,
    Record,
    RecordField,
    TypeValue,
    Union,
    nullable,
    optional,
    references,
    spell_out,
    union,
)

__all__ = [
    "ALIASES",
    "BOOL",
    "FLOAT",
    "INT",
    "JSON",
    "MESSAGE",
    "NULL",
    "STRING",
    "ListOf",
    "Literals",
    "MapOf",
    "Named",
    "Primitive",
    "PrimitiveName",
    "Record",
    "RecordField",
    "TypeProblem",
    "TypeValue",
    "Union",
    "describe",
    "from_schema",
    "nullable",
    "optional",
    "parse_type",
    "problems",
    "references",
    "spell_out",
    "to_schema",
    "union",
]
