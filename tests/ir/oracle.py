"""The second opinion about the IR: pydantic over the same dataclasses, and the JSON Schema that it writes.

The dataclasses are executed once more in a module of their own, where `Json`, `Code` and `Schema` are annotated for pydantic.
"""

from __future__ import annotations

import sys
from dataclasses import is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, cast

from pydantic import ConfigDict, Field, JsonValue, TypeAdapter, WithJsonSchema

import rag_ir.graph
import rag_ir.required
from rag_ir.operators import BINARY, FUNCTIONS, OPERATORS, ROOTS, UNARY

SCHEMA_FILE = Path(rag_ir.graph.__file__).parent / "schema" / "ir-1.json"
_PLACEHOLDER = "placeholder"


def adapter() -> TypeAdapter[Any]:
    """pydantic's strict reader of documents, unknown fields refused."""
    module = ModuleType("ir_for_pydantic")
    sys.modules[module.__name__] = module
    for path in (rag_ir.graph.__file__, rag_ir.required.__file__):
        exec(compile(Path(path).read_text(), path, "exec", dont_inherit=True), vars(module))
    for value in list(vars(module).values()):
        if isinstance(value, type) and is_dataclass(value):
            setattr(value, "__pydantic_config__", ConfigDict(strict=True, extra="forbid"))  # noqa: B010
    names = vars(module)
    names["Json"] = JsonValue
    names["Code"] = Annotated[JsonValue, WithJsonSchema({_PLACEHOLDER: "Code"})]
    names["Schema"] = Annotated[dict[str, JsonValue], WithJsonSchema({_PLACEHOLDER: "Type"})]
    for union in ("Behaviour", "Routing"):
        names[union] = Annotated[names[union], Field(discriminator="kind")]
    return TypeAdapter(names["Document"])


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a document of this version, codes and types included."""
    made = adapter().json_schema()
    whole: dict[str, Any] = _filled(made)
    whole["$defs"] |= {"Code": _code(), "Type": _type()}
    whole |= {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "The graph IR of raglang, version 1"}
    return whole


def _filled(value: object) -> Any:
    if isinstance(value, dict):
        parts = cast("dict[str, object]", value)
        if _PLACEHOLDER in parts:
            return {"$ref": f"#/$defs/{parts[_PLACEHOLDER]}"}
        return {key: _filled(item) for key, item in parts.items()}
    return [_filled(item) for item in cast("list[object]", value)] if isinstance(value, list) else value


CODE = {"$ref": "#/$defs/Code"}
TYPE = {"$ref": "#/$defs/Type"}
TEXT = {"type": "string"}


def _tuple(*items: Any, rest: Any = False) -> dict[str, Any]:
    return {"type": "array", "prefixItems": list(items), "minItems": len(items), "items": rest}


def _case(condition: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    return {"if": condition, "then": form}


def _code() -> dict[str, Any]:
    """Every operator with its parts."""
    text_or_code = {"if": TEXT, "else": CODE}
    forms: list[tuple[list[str], dict[str, Any]]] = [
        (["lit"], _tuple({}, True)),
        (["get"], _tuple({}, {"enum": list(ROOTS)}, rest=TEXT)),
        (["var"], _tuple({}, TEXT)),
        (["member"], _tuple({}, CODE, TEXT)),
        (["index", *BINARY], _tuple({}, CODE, CODE)),
        (["list"], _tuple({}, rest=CODE)),
        (["object"], _tuple({}, rest=_tuple(TEXT, CODE))),
        (list(UNARY), _tuple({}, CODE)),
        (["if"], _tuple({}, CODE, CODE, CODE)),
        (["call"], _calls()),
        (["each"], _tuple({}, {"enum": _functions("may", "must")}, CODE, TEXT, CODE)),
        (["template"], _tuple({}, rest=text_or_code)),
    ]
    return {
        "description": "An expression: an operator and its parts.",
        "type": "array",
        "minItems": 1,
        "prefixItems": [{"enum": list(OPERATORS)}],
        "allOf": [_case({"prefixItems": [{"enum": operators}]}, form) for operators, form in forms],
    }


def _calls() -> dict[str, Any]:
    """Calls without a lambda, by the number of arguments."""
    plain = _functions("no", "may")
    one = [name for name in plain if FUNCTIONS[name].least == 1]
    two = [name for name in plain if FUNCTIONS[name].least == 2]
    return {
        "prefixItems": [{}, {"enum": plain}],
        "allOf": [
            _case({"prefixItems": [{}, {"enum": one}]}, _tuple({}, {}, CODE)),
            _case({"prefixItems": [{}, {"enum": two}]}, _tuple({}, {}, CODE, CODE)),
        ],
        "minItems": 3,
    }


def _functions(*lambdas: str) -> list[str]:
    return [function.name for function in FUNCTIONS.values() if function.takes_lambda in lambdas]


def _type() -> dict[str, Any]:
    """The closed subset of JSON Schema."""
    annotations = {"description": TEXT, "default": True}

    def form(**properties: Any) -> dict[str, Any]:
        return {"properties": annotations | properties, "additionalProperties": False}

    texts = {"type": "array", "items": TEXT}
    members = {"type": "object", "additionalProperties": TYPE}
    of_kind = {
        "string": form(type=True, enum=texts | {"minItems": 1}),
        "integer": form(type=True),
        "number": form(type=True),
        "boolean": form(type=True),
        "null": form(type=True),
        "array": form(type=True, items=TYPE),
        "object": _case({"required": ["properties"]}, form(type=True, properties=members, required=texts))
        | {"else": form(type=True, additionalProperties=TYPE)},
    }
    by_kind = {
        "properties": {"type": {"enum": list(of_kind)}},
        "allOf": [_case({"properties": {"type": {"const": kind}}}, each) for kind, each in of_kind.items()],
    }
    named = form(**{"$ref": {"type": "string", "pattern": "^#/types/"}})
    union = form(anyOf={"type": "array", "items": TYPE, "minItems": 2})
    typed = _case({"required": ["type"]}, by_kind) | {"else": form()}
    return {
        "description": "A type, as JSON Schema of the closed subset.",
        "type": "object",
        **_case({"required": ["$ref"]}, named),
        "else": _case({"required": ["anyOf"]}, union) | {"else": typed},
    }
