"""Structured output: the value of an answer, and what to say to a model whose answer does not fit."""

from __future__ import annotations

import json
import re

from rag_ir.canonical import compact
from rag_ir.graph import Json, Schema
from rag_runtime.seams import Message, ModelAnswer, TaskContext
from rag_runtime.tasks.fit import standing_alone, unfit
from rag_runtime.tools.foreign import NotJson, as_json

_FENCED = re.compile(r"\s*```\w*\n(.*)\n\s*```\s*", re.DOTALL)


def structured(context: TaskContext, answer: ModelAnswer, schema: Schema) -> tuple[Json, str]:
    """The value that an answer gives, and what is wrong with it (empty if it fits).

    A text is the JSON that it holds, and where that does not fit, itself: of type `string`, or one of the texts of a type.
    """
    content = answer.message.get("content")
    if answer.value is not None or not isinstance(content, str) or not content.strip():
        return answer.value, unfit(context, answer.value, schema)
    value, problem = _read(context, content, schema)
    if problem:
        for text in (content, content.strip()):
            if not unfit(context, text, schema):
                return text, ""
    return value, problem


def spoken(message: Message, value: Json) -> Message:
    """The message with the structured value as its content, where the provider left that out."""
    return message if message.get("content") or value is None else {**message, "content": compact(value)}


def correction(context: TaskContext, problem: str, schema: Schema) -> str:
    """What the model is told, once."""
    wanted = compact(standing_alone(schema, context.document.types))
    return f"The answer does not fit: {problem}. Answer again with JSON of this schema and nothing else: {wanted}"


def _read(context: TaskContext, content: str, schema: Schema) -> tuple[Json, str]:
    try:
        value = _parsed(content)
    except (ValueError, RecursionError, NotJson):
        return None, "the answer is not JSON"
    return value, unfit(context, value, schema)


def _parsed(content: str) -> Json:
    fenced = _FENCED.fullmatch(content)
    return as_json(json.loads(fenced[1] if fenced else content))
