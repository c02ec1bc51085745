"""Types as a model sees them."""

from __future__ import annotations

import json

from rag_ir.codec import canonical
from rag_ir.types import INT, STRING, Record, RecordField, optional, to_schema
from rag_runtime.tasks.fit import standing_alone


def test_a_model_is_shown_the_fields_in_the_order_of_their_declaration() -> None:
    """It reasons in that order; in a document they stand sorted. Those that may be absent come last."""
    declared = Record(
        (
            RecordField("why", STRING, True),
            RecordField("note", optional(STRING), False),
            RecordField("answer", INT, True),
        )
    )
    stored = json.loads(canonical(dict(to_schema(declared))))
    assert list(stored["properties"]) == ["answer", "note", "why"]
    shown = standing_alone(stored, {})["properties"]
    assert isinstance(shown, dict)
    assert list(shown) == ["why", "answer", "note"]
