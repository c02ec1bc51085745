"""Fixes in rounds: the first by position wins, none adds an error, and what undoes itself ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from rag_compiler.apply_fixes import Texts, apply_edits, apply_fixes
from rag_compiler.diagnostics import Diagnostic, Edit, Fix, Place
from rag_compiler.source import Span

Finder = Callable[[Texts], list[Diagnostic]]


def edit(start: int, end: int, text: str, path: str = "a") -> Edit:
    return Edit(Place(path, Span(start, end)), text)


def found(*edits: Edit, code: str = "bad-value") -> Diagnostic:
    return Diagnostic(code, edits[0].place, "m", fixes=(Fix("mend", edits),))


def rewriting(*rules: tuple[str, str]) -> Finder:
    """Finds each text on the left as an error that is mended by the one on the right."""

    def diagnose(texts: Texts) -> list[Diagnostic]:
        diagnostics: list[Diagnostic] = []
        for path, text in sorted(texts.items()):
            for old, new in rules:
                for at in range(len(text)):
                    if text.startswith(old.encode(), at):
                        diagnostics.append(found(edit(at, at + len(old), new, path)))
        return sorted(diagnostics, key=lambda it: (it.place.path, it.place.span))

    return diagnose


def mended(text: str, diagnose: Callable[[Texts], Sequence[Diagnostic]]) -> tuple[str, list[int], int]:
    """The text afterwards, the number of repairs in each round, and the number of errors left."""
    done = apply_fixes({"a": text.encode()}, diagnose, lambda diagnostic, fix: True)
    return done.texts["a"].decode(), [len(each.repairs) for each in done.rounds], len(done.left)


def test_what_is_apart_is_mended_in_one_round() -> None:
    assert mended("x.x.x", rewriting(("x", "ok"))) == ("ok.ok.ok", [3], 0)


def test_of_edits_that_touch_the_first_wins_and_the_rest_waits() -> None:
    assert mended("xxx.x", rewriting(("x", "o"))) == ("ooo.o", [3, 1], 0)
    assert mended("abc", rewriting(("ab", "1"), ("bc", "2"))) == ("1c", [1], 0)


def test_what_a_round_brings_to_light_is_mended_in_the_next() -> None:
    assert mended("a", rewriting(("a", "b"), ("b", "c"), ("c", "ok"))) == ("ok", [1, 1, 1], 0)


def test_fixes_that_undo_each_other_end() -> None:
    text, rounds, left = mended("a", rewriting(("a", "b"), ("b", "a")))
    assert (text, rounds, left) == ("b", [1], 1)


def test_a_fix_that_adds_errors_is_found_and_left_out() -> None:
    diagnose = rewriting(*((letter, "ok") for letter in "abcd"), ("!", "!!"))
    text, rounds, left = mended("a.b.!.c.d", diagnose)
    assert (text, rounds, left) == ("ok.ok.!.ok.ok", [4], 1)


def test_a_fix_that_is_masked_by_others_is_tried_again_when_they_are_made() -> None:
    def diagnose(texts: Texts) -> list[Diagnostic]:
        text = texts["a"]
        diagnostics = [found(edit(0, 1, "1"))] if text[:1] == b"x" else []
        if text[2:3] == b"y":
            diagnostics.append(found(edit(2, 3, "2")))
        elif text[:1] == b"x":
            diagnostics += [found(edit(4, 5, "z")), found(edit(4, 5, "z"))]
        return diagnostics

    assert mended("x.y.z", diagnose) == ("1.2.z", [2], 0)


def test_what_nobody_wants_is_left() -> None:
    done = apply_fixes({"a": b"x"}, rewriting(("x", "o")), lambda diagnostic, fix: False)
    assert (done.texts, done.rounds, len(done.left)) == ({"a": b"x"}, (), 1)


def test_a_fix_over_two_files_is_made_whole() -> None:
    texts = {"a": b"one", "b": b"one"}

    def diagnose(now: Texts) -> list[Diagnostic]:
        return [found(edit(0, 3, "two"), edit(0, 3, "two", "b"))] if now["a"] == b"one" else []

    assert apply_fixes(texts, diagnose, lambda diagnostic, fix: True).texts == {"a": b"two", "b": b"two"}


def test_edits_at_one_place_keep_their_order() -> None:
    fix = Fix("mend", (edit(1, 1, "x"), edit(1, 1, "y"), edit(1, 2, "z")))
    assert apply_edits({"a": b"abc"}, [fix]) == {"a": b"axyzc"}


@given(
    st.text("abc.", max_size=12),
    st.lists(st.tuples(st.text("abc", min_size=1, max_size=2), st.text("abc.", max_size=3)), max_size=4),
)
def test_it_always_ends_and_never_adds_an_error(text: str, rules: list[tuple[str, str]]) -> None:
    diagnose = rewriting(*rules)
    after, _, left = mended(text, diagnose)
    assert left == len(diagnose({"a": after.encode()})) <= len(diagnose({"a": text.encode()}))
