"""Canonical bytes, digests, and a decoder that takes any bytes."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag_ir.canonical import compact, number
from rag_ir.codec import arranged, canonical, decode, digest, dump, encode, requirement_digest, seal, to_json
from rag_ir.graph import Json, Provenance
from tests.ir.documents import DOCUMENTS, everything, founding
from tests.ir.values import JSON_VALUES


@pytest.mark.parametrize(
    ("bits", "text"),
    [
        # The samples of RFC 8785, appendix B.
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_ecmascript_does(bits: str, text: str) -> None:
    assert number(struct.unpack(">d", bytes.fromhex(bits))[0]) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_read_back(value: float) -> None:
    assert float(number(value)) == value


def test_keys_are_sorted_by_utf16_code_units() -> None:
    value: Json = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\xf6": 7}
    assert json.loads(canonical(value)) == value
    assert list(json.loads(canonical(value)).values()) == [2, 4, 6, 7, 1, 5, 3]


def test_texts_are_escaped_as_little_as_possible() -> None:
    assert canonical('\u20ac$\x0f\nA\'B"\\\\"/\x7f') == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'.encode()


def test_integers_keep_all_their_digits() -> None:
    assert canonical([2**53 + 1, -(10**30)]) == b"[9007199254740993,-1000000000000000000000000000000]"


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "\ud800", 1 << 5000])
def test_what_has_no_canonical_form_is_refused(value: Json) -> None:
    with pytest.raises(ValueError, match=r"finite|surrogates|large"):
        canonical({"a": [value]})


@given(JSON_VALUES)
def test_canonical_bytes_read_back(value: Json) -> None:
    data = canonical(value)
    assert json.loads(data) == value
    assert canonical(json.loads(data)) == data
    assert json.loads(compact(value)) == value


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_reads_back(name: str) -> None:
    document = DOCUMENTS[name]()
    assert decode(dump(document)) == (document, [])
    assert decode(json.dumps(encode(document), indent=2).encode()) == (document, [])


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_arranged_document_is_in_the_order_of_one_that_was_stored(name: str) -> None:
    document = DOCUMENTS[name]()
    stored, _ = decode(dump(document))
    assert arranged(document) == document
    assert json.dumps(encode(arranged(document))) == json.dumps(encode(arranged(stored or document)))
    graphs = encode(arranged(document))["graphs"]
    assert isinstance(graphs, dict)
    assert list(graphs) == sorted(graphs)


def test_the_digest_covers_meaning_and_nothing_else() -> None:
    document = everything()
    origin = Provenance(origin="generated", generator="a model", sources={}, registry="")
    for same in (
        replace(document, digest=""),
        replace(document, provenance=origin),
        replace(document, source_map={}),
        replace(document, docs={}),
    ):
        assert digest(same) == document.digest
    for other in (
        replace(document, entry="inner"),
        replace(document, types={}),
        replace(document, policy=replace(document.policy, max_depth=2)),
    ):
        assert digest(other) != document.digest
        assert seal(other).digest == digest(other)


def test_a_requirement_s_digest_is_of_the_rest_of_it() -> None:
    entry = founding().requires.tools[0]
    assert requirement_digest(replace(entry, digest="other")) == entry.digest
    assert requirement_digest(replace(entry, effects="write")) != entry.digest


def test_a_wrong_digest_is_refused_with_both() -> None:
    document = replace(founding(), digest="sha256:00")
    decoded, findings = decode(dump(document))
    assert decoded is None
    assert [(finding.code, finding.at) for finding in findings] == [("ir-digest", "/digest")]
    assert "sha256:00" in findings[0].message
    assert founding().digest in findings[0].message


def test_another_version_is_refused_alone() -> None:
    decoded, findings = decode(b'{"ir": 2, "whatever": 1}')
    assert decoded is None
    assert [(finding.code, finding.at) for finding in findings] == [("ir-version", "/ir")]


def test_every_fault_is_told_at_its_place() -> None:
    value: Any = encode(founding())
    graph = value["graphs"]["research_review"]
    graph["nodes"][0]["behaviour"]["kind"] = "robot"
    graph["nodes"][0]["sends"][0]["payload"][0]["value"] = ["get", "world"]
    graph["channels"][1]["schema"] = {"type": "list"}
    graph["start"] = None
    graph["a/b"] = 1
    del value["policy"]
    decoded, findings = decode(json.dumps(value).encode())
    assert decoded is None
    base = "/graphs/research_review"
    assert {(finding.code, finding.at) for finding in findings} == {
        ("ir-invalid", ""),
        ("ir-invalid", f"{base}/a~1b"),
        ("ir-invalid", f"{base}/start"),
        ("ir-invalid", f"{base}/channels/1/schema/type"),
        ("ir-invalid", f"{base}/nodes/0/behaviour/kind"),
        ("ir-invalid", f"{base}/nodes/0/sends/0/payload/0/value/1"),
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nul",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        "\ufeff{}".encode(),
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 10_000,
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"ir": 1e400}',
        b'{"ir": true}',
        b'"\\ud800"',
    ],
)
def test_bytes_that_are_no_document(data: bytes) -> None:
    decoded, findings = decode(data)
    assert decoded is None
    assert {finding.code for finding in findings} == {"ir-invalid"}


@given(st.binary())
@example(b"{}")
def test_any_bytes_are_taken(data: bytes) -> None:
    decoded, findings = decode(data)
    assert decoded is None
    assert findings


@given(st.data())
def test_any_change_of_a_byte_is_seen(data: st.DataObject) -> None:
    whole = dump(founding())
    at = data.draw(st.integers(0, len(whole) - 2))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    decoded, findings = decode(whole[:at] + bytes([byte]) + whole[at + 1 :])
    assert (decoded is None) == bool(findings)
    if decoded is not None:
        assert digest(decoded) == founding().digest


def test_values_that_cannot_be_written_are_refused() -> None:
    value: Any = encode(everything())
    deep: Json = 1
    for _ in range(300):
        deep = [deep]
    for bad in ("\ud800", deep, 1 << 5000):
        value["graphs"]["inner"]["metadata"] = {"bad": bad}
        decoded, findings = decode(json.dumps(value).encode())
        assert decoded is None
        assert findings[0].at.startswith("/graphs/inner/metadata/bad")


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError):
        to_json(object())
