"""Strategies of JSON values, and of code that may or may not be well-formed."""

from __future__ import annotations

from hypothesis import strategies as st

from rag_ir.graph import Json
from rag_ir.operators import FUNCTIONS, OPERATORS, ROOTS

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
FLOATS = st.floats(-(2.0**53), 2.0**53, allow_nan=False)
NUMBERS = st.one_of(st.integers(), st.integers(-3, 3), FLOATS)
SCALARS: st.SearchStrategy[Json] = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)


def _containers(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4))


JSON_VALUES: st.SearchStrategy[Json] = st.recursive(SCALARS, _containers, max_leaves=12)

_HEADS = st.sampled_from([*OPERATORS, *OPERATORS, "nonsense"])
_NAMES = st.sampled_from([*ROOTS, *FUNCTIONS, "x", "y", "k"])


def _literal(value: Json) -> Json:
    return ["lit", value]


def _path(root: str, name: str) -> Json:
    return ["get", root, name]


def _variable() -> Json:
    return ["var", "x"]


def _operation(head: str, parts: list[Json]) -> Json:
    return [head, *parts]


def _call(name: str, parts: list[Json]) -> Json:
    return ["call", name, *parts]


def _each(name: str, items: Json, body: Json) -> Json:
    return ["each", name, items, "x", body]


def _object(value: Json) -> Json:
    return ["object", ["k", value]]


def _around(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.one_of(
        st.builds(_operation, _HEADS, st.lists(inner, max_size=4)),
        st.builds(_call, _NAMES, st.lists(inner, min_size=1, max_size=2)),
        st.builds(_each, _NAMES, inner, inner),
        st.builds(_object, inner),
        inner,
    )


_LEAVES: st.SearchStrategy[Json] = st.one_of(
    st.builds(_literal, JSON_VALUES),
    st.builds(_path, st.sampled_from(ROOTS), _NAMES),
    st.builds(_variable),
    SCALARS,
)
CODES: st.SearchStrategy[Json] = st.recursive(_LEAVES, _around, max_leaves=20)
"""Code, mostly of well-formed parts."""

SCOPES: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(dict.fromkeys(ROOTS, JSON_VALUES))
