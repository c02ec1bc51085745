"""The reference of the manifest has a line for each key and no other, says what cannot be run yet, and its examples are right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rag_registry.keys import KEYS, NAMED
from rag_registry.manifest import read_manifest
from rag_registry.unbuilt import UNBUILT
from tests.markdown_cases import read_shared

PAGE = Path(__file__).parents[2] / "docs" / "manifest.md"
LATER = "not yet"


def sections() -> dict[str, str]:
    """The text of each section, called as in `KEYS`."""
    found: dict[str, str] = {}
    above = ""
    for part in re.split(r"^(?=##)", PAGE.read_text(), flags=re.M):
        heading, _, text = part.partition("\n")
        if section := re.match(r"## `\[(\w+)(\.NAME)?\]`", heading):
            above = section[1]
            found[above] = text
        elif table := re.match(r"### `(\w+)` of ", heading):
            found[f"{above}.{table[1]}"] = text
    return found


def rows(text: str) -> dict[str, str]:
    """What a section's table says of each key."""
    return dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", text, flags=re.M))


def test_every_section_is_there() -> None:
    assert [*sections()] == [*KEYS]


@pytest.mark.parametrize("section", KEYS)
def test_every_key_is_there_and_no_other(section: str) -> None:
    assert set(rows(sections()[section])) == set(KEYS[section])


def test_the_kinds_of_a_policy_are_there() -> None:
    listed = ", ".join(f"`{kind}`" for kind in NAMED[:-1])
    assert f"Kinds in `allow` and `deny` are {listed} and `{NAMED[-1]}`" in " ".join(PAGE.read_text().split())


def test_what_cannot_be_run_yet_is_marked_and_nothing_else() -> None:
    marked: set[tuple[str, ...]] = set()
    for section, text in sections().items():
        if text.lstrip().lower().startswith(f"*{LATER}.*"):
            marked.add((section,))
        for key, meaning in rows(text).items():
            if meaning.lower().endswith(f"*{LATER}.*"):
                marked.add((section, key))
            elif values := re.search(rf"\*{LATER}\*: (.*)$", meaning):
                marked.update((section, key, value) for value in re.findall(r"`(\w+)`", values[1]))
    assert marked == set(UNBUILT)


def _examples() -> list[str]:
    return re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(), flags=re.M | re.S)


@pytest.mark.parametrize("text", _examples())
def test_examples_are_manifests(text: str) -> None:
    _, findings = read_manifest(text)
    assert [finding.message for finding in findings if finding.code != "not-built"] == []


def test_other_pages_show_manifests_too() -> None:
    root = PAGE.parents[1]
    pages = [root / "README.md", root / "docs" / "models.md", root / "docs" / "scripted-models.md"]
    found = [
        text for page in pages for text in re.findall(r"^```toml\n(.*?)^```$", page.read_text(), flags=re.M | re.S)
    ]
    manifests = [text for text in found if "provider" in text or "[tools." in text]
    assert manifests
    for text in manifests:
        assert [finding.message for finding in read_manifest(text)[1]] == []
    assert read_shared(root / "docs" / "rules" / "README.md")["rag.toml"]
