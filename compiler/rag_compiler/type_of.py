"""The types of expressions, and what is wrong with them.

In:  a bound expression, and what is known at its place.
Out: its type. What does not fit is reported once, at the part that does not, and is `json` to everything around it; so is a hole.
"""

from __future__ import annotations

from collections.abc import Callable

from rag_compiler import hir
from rag_compiler.diagnostics import Diagnostic, Label
from rag_compiler.relate_types import Types
from rag_compiler.sink import Sink
from rag_compiler.source import Span
from rag_compiler.type_of_calls import Use, use
from rag_compiler.type_of_facts import Known, facts_when, key_of, root_key, text_of, there
from rag_compiler.type_of_members import element, indexed, member
from rag_compiler.type_of_shapes import difference, only_list, only_object, type_of_field
from rag_compiler.words import types as say
from rag_compiler.words.names import unknown_field
from rag_ir.record import field, mutable, record, replace
from rag_ir.spell import closest
from rag_ir.types import (
    BOOL,
    FLOAT,
    INT,
    JSON,
    NULL,
    STRING,
    ListOf,
    Literals,
    MapOf,
    Record,
    RecordField,
    TypeValue,
    union,
)

GIVES = "must give"


@record
class Wanted:
    """The type that a place takes, and what the place is: "channel `n`". `related` says where that is declared, `help` how the
    value comes there."""

    what: str
    type: TypeValue
    guard: bool = False
    related: tuple[Label, ...] = ()
    verb: str = "takes"
    help: str = ""

    @property
    def head(self) -> str:
        """How a sentence about it begins."""
        return f"{self.what} {self.verb}"

    def inside(self, part: str, type_: TypeValue) -> Wanted:
        """A part of it."""
        return replace(self, what=f"{part} of {self.what}", type=type_, guard=False)


@mutable
class Typing:
    """Where types come from, where findings go, and who is told of every type that is found.

    `looked_up` are the values that are null only where a key or an index is not there: what they have for members is null then.
    """

    types: Types
    sink: Sink
    seen: Callable[[Span, TypeValue], None] | None = None
    looked_up: dict[int, hir.Expr] = field(default_factory=dict[int, hir.Expr])

    # ---- what an expression is -------------------------------------------------------------------------------------------

    def of(self, expr: hir.Expr, known: Known, *, lenient: bool = False) -> TypeValue:
        """The type of an expression. `lenient`: null is asked for, so that members of null are no mistake."""
        type_ = self._of(expr, known, lenient)
        if (known.facts or known.channels) and known.holds(key_of(expr)):
            type_ = self.types.without_null(type_)
        if self.seen is not None:
            self.seen(expr.span, type_)
        return type_

    def _of(self, expr: hir.Expr, known: Known, lenient: bool) -> TypeValue:
        match expr:
            case hir.Hole():
                return JSON
            case hir.Constant(value):
                return type_of_constant(value)
            case hir.Get():
                return self._path(expr, known, lenient)
            case hir.Local(name):
                return known.variables.get(name, JSON)
            case hir.Member(target, name, span):
                at = Span(span.end - len(name), span.end)
                type_ = self.of(target, known, lenient=lenient)
                return self._member(type_, target, expr, name, at, lenient)
            case hir.Index():
                return self._index(expr, known, lenient)
            case hir.Operation():
                return self._operation(expr, known)
            case hir.Choice(condition, yes, no):
                self.expect(condition, Wanted("`if`", BOOL), known)
                return self.types.join(
                    (
                        self.of(yes, known.with_facts(facts_when(condition, True))),
                        self.of(no, known.with_facts(facts_when(condition, False))),
                    )
                )
            case hir.ListOf(items):
                return self.types.bounded(ListOf(self.types.join([self.of(item, known) for item in items])))
            case hir.ObjectOf(pairs):
                fields = tuple(RecordField(key, self.of(value, known), True) for key, value in pairs)
                return self.types.bounded(Record(fields))
            case hir.Call():
                return self._call(expr, known)
            case hir.EachOf():
                return self._each(expr, known)
            case hir.Template(parts):
                for part in parts:
                    if not isinstance(part, str):
                        self.of(part, known, lenient=True)
                return STRING

    def _path(self, get: hir.Get, known: Known, lenient: bool) -> TypeValue:
        type_, key = known.roots.get(get.root, JSON), root_key(get.root)
        end = get.span.start + len(get.root)
        before = hir.Get(get.root, (), Span(get.span.start, end), ())
        for at, name in enumerate(get.members):
            if known.holds(key):
                type_ = self.types.without_null(type_)
            if self.seen is not None:
                self.seen(Span(get.span.start, end), type_)
            target = before
            before = hir.Get(
                get.root, get.members[: at + 1], Span(get.span.start, get.names[at].end), get.names[: at + 1]
            )
            type_ = self._member(type_, target, before, name, get.names[at], lenient)
            key, end = (key, name), get.names[at].end
        if id(before) in self.looked_up:
            self.looked_up[id(get)] = get
        return type_

    def _member(
        self, type_: TypeValue, target: hir.Expr, whole: hir.Expr, name: str, at: Span, lenient: bool
    ) -> TypeValue:
        """The type of `whole`, a member of `target`."""
        found = member(self.types, type_, name)
        if found.lacks:
            self._no_member(type_, target, name, at, found.names)
            return JSON
        looked_up = id(target) in self.looked_up
        if found.null and not lenient and not looked_up:
            self._null(target, type_, whole, f"null has no member `{name}`")
            return JSON
        if found.looked or (looked_up and not self.types.nullable(found.type)):
            self.looked_up[id(whole)] = whole
        return self.types.join((found.type if found.known else NULL, NULL)) if found.null else found.type

    def _no_member(self, type_: TypeValue, target: hir.Expr, name: str, at: Span, names: tuple[str, ...]) -> None:
        text = text_of(target)
        owner = f"`{text}` of type `{say.shown(type_)}`" if text else f"a value of type `{say.shown(type_)}`"
        help_ = ""
        item = element(self.types, type_)
        if not names and item is not None and not member(self.types, item, name).lacks:
            help_ = f"it is a list: `map({text or 'list'}, x => x.{name})`"
        elif not names and name in ("length", "size", "count"):
            help_ = f"write `len({text or 'x'})`"
        self.sink.add(unknown_field(self.sink.at(at), name, owner, dict.fromkeys(names), help_))

    def _null(self, target: hir.Expr, type_: TypeValue, whole: hir.Expr, why: str) -> None:
        """Report that `target` may be null, of which `whole` is a part."""
        place, text = self.sink.at(target.span), text_of(target)
        if self.types.without_null(type_) != say.NOTHING:
            self.sink.add(say.possibly_null(place, text, text_of(whole), why))
        else:
            self.sink.add(say.always_null(place, text, why))

    def _index(self, expr: hir.Index, known: Known, lenient: bool) -> TypeValue:
        target = self.of(expr.target, known, lenient=lenient)
        if isinstance(expr.index, hir.Constant) and isinstance(expr.index.value, str):
            return self._member(target, expr.target, expr, expr.index.value, _inside(expr.index), lenient)
        index = self.of(expr.index, known)
        found = indexed(self.types, target)
        if not found.index and not found.null:
            message = f"a value of type `{say.shown(target)}` has no elements"
            self.sink.add(say.no_such_use(self.sink.at(expr.target.span), message))
            return JSON
        if found.null and not lenient and id(expr.target) not in self.looked_up:
            self._null(expr.target, target, expr, "null has no elements")
            return JSON
        if found.index and not self.types.fits(index, union(found.index)):
            shown = union([INT if each == FLOAT else each for each in found.index])
            self.fit(expr.index, index, Wanted(f"an index of `{say.shown(target)}`", shown))
            return JSON
        key = key_of(expr)
        if key is not None and known.holds(there(key)):
            return found.type
        if not self.types.nullable(found.type):
            self.looked_up[id(expr)] = expr
        return self.types.join((found.type, NULL))

    def _operation(self, expr: hir.Operation, known: Known) -> TypeValue:
        match expr.operator, expr.operands:
            case ("and" | "or" as operator, (left, right)):
                wanted = Wanted(f"`{operator}`", BOOL)
                self.expect(left, wanted, known)
                self.expect(right, wanted, known.with_facts(facts_when(left, operator == "and")))
                return BOOL
            case ("not", (operand,)):
                self.expect(operand, Wanted("`not`", BOOL), known)
                return BOOL
            case ("??", (left, right)):
                first = self.types.without_null(self.of(left, known, lenient=True))
                return self.types.join((first, self.of(right, known)))
            case ("==" | "!=", operands):
                types = [self.of(each, known, lenient=True) for each in operands]
                self._compare(expr, operands[0], operands[1], types[0], types[1])
                return BOOL
            case (operator, operands):
                types = [self.of(each, known) for each in operands]
                result = self._use(expr, operator, operands, types)
                if operator == "in" and result == BOOL:
                    self._look_for(expr, operands[0], types[0], types[1])
                return result

    def _call(self, expr: hir.Call, known: Known) -> TypeValue:
        types = [self.of(each, known) for each in expr.arguments]
        result = self._use(expr, expr.function, expr.arguments, types)
        if expr.function == "contains" and result == BOOL:
            self._look_for(expr, expr.arguments[1], types[1], types[0])
        key = key_of(expr)
        if key is not None and known.holds(there(key)):
            return element(self.types, types[0]) or JSON
        if expr.function in ("first", "last") and not self.types.nullable(element(self.types, types[0]) or JSON):
            self.looked_up[id(expr)] = expr
        return result

    def _each(self, expr: hir.EachOf, known: Known) -> TypeValue:
        source = self.of(expr.source, known)
        item = element(self.types, source)
        inner = known.with_variable(expr.parameter, JSON if item is None else item)
        if expr.function in ("filter", "any", "all"):
            self.expect(expr.body, Wanted(f"the lambda of `{expr.function}`", BOOL, verb=GIVES), inner)
            body: TypeValue = BOOL
        else:
            body = self.of(expr.body, inner)
        return self._use(expr, expr.function, (expr.source, expr.body), [source], body)

    def _use(
        self,
        expr: hir.Expr,
        name: str,
        operands: tuple[hir.Expr, ...],
        types: list[TypeValue],
        body: TypeValue | None = None,
    ) -> TypeValue:
        """The result of an operator or a function; `json` for operands that do not fit, of which one is reported."""
        result = use(self.types, name, types, body)
        if not result.fits:
            self._misuse(expr, name, operands, [*types, *([body] if body is not None else [])], result)
        return result.result

    def _misuse(
        self, expr: hir.Expr, name: str, operands: tuple[hir.Expr, ...], types: list[TypeValue], made: Use
    ) -> None:
        sign = "-" if name == "neg" else name
        if made.wrong is None:
            both = " and ".join(f"`{say.shown(each)}`" for each in types)
            message = f"`{sign}` takes {say.TOGETHER.get(name, 'operands of one kind')}, not {both}"
            self.sink.add(say.no_such_use(self.sink.at(expr.span), message))
            return
        wanted = Wanted(f"`{sign}`", made.wanted)
        if isinstance(expr, hir.EachOf) and made.wrong == 1:
            wanted = Wanted(f"the lambda of `{sign}`", made.wanted, verb=GIVES)
        self.fit(operands[made.wrong], types[made.wrong], wanted)

    def _compare(self, expr: hir.Expr, left: hir.Expr, right: hir.Expr, one: TypeValue, other: TypeValue) -> None:
        """Report a comparison whose answer is known. Null is what a channel is before its first write, whatever its type; two
        literals are compared on purpose."""
        if not self._may_meet(one, other) and not (_is_literal(left) and _is_literal(right)):
            message = f"`{say.shown(one)}` never equals `{say.shown(other)}`"
            self.sink.add(say.never_equal(self.sink.at(expr.span), message, self._meant(left, right, one, other)))

    def _look_for(self, expr: hir.Expr, part: hir.Expr, type_: TypeValue, whole: TypeValue) -> None:
        """Report a search for what no list of the type holds."""
        item = element(self.types, whole)
        if item is not None and not self._may_meet(type_, item):
            message = f"`{say.shown(type_)}` is never in `{say.shown(whole)}`"
            self.sink.add(say.never_equal(self.sink.at(expr.span), message, self._meant(part, part, type_, item)))

    def _may_meet(self, one: TypeValue, other: TypeValue) -> bool:
        if any(self.types.without_null(each) == say.NOTHING for each in (one, other)):
            return True
        return self.types.overlap(one, other)

    def _meant(self, left: hir.Expr, right: hir.Expr, one: TypeValue, other: TypeValue) -> tuple[Span, str] | None:
        """The constant that is likely misspelt, and the text that is near it."""
        for constant, type_ in ((left, other), (right, one)):
            if isinstance(constant, hir.Constant) and isinstance(constant.value, str):
                parts = self.types.alternatives(type_)
                near = closest(constant.value, [v for part in parts if isinstance(part, Literals) for v in part.values])
                if near is not None:
                    return constant.span, near
        return None

    # ---- what fits where -------------------------------------------------------------------------------------------------

    def expect(self, expr: hir.Expr, wanted: Wanted, known: Known) -> None:
        """Report what keeps an expression from being of a type, at the innermost part that does."""
        if self.seen is not None:
            self.seen(expr.span, Typing(self.types, Sink(self.sink.path)).of(expr, known))
        match expr:
            case hir.Hole():
                return
            case hir.Choice(condition, yes, no):
                self.expect(condition, Wanted("`if`", BOOL), known)
                self.expect(yes, wanted, known.with_facts(facts_when(condition, True)))
                self.expect(no, wanted, known.with_facts(facts_when(condition, False)))
            case hir.Operation("??", (left, right)):
                self.fit(left, self.types.without_null(self.of(left, known, lenient=True)), wanted)
                self.expect(right, wanted, known)
            case hir.ListOf(items) if (item := only_list(self.types, wanted.type)) is not None:
                for each in items:
                    self.expect(each, wanted.inside("an element", item), known)
            case hir.ObjectOf(pairs) if (shape := only_object(self.types, wanted.type, dict(pairs))) is not None:
                self._expect_fields(expr, replace(wanted, type=self.types.named(wanted.type, shape)), shape, known)
            case _:
                self.fit(expr, self.of(expr, known), wanted)

    def fit(self, expr: hir.Expr, found: TypeValue, wanted: Wanted) -> None:
        """Report a type that does not fit, at the expression that is of it."""
        finding = self.misfit(expr.span, text_of(expr), found, wanted)
        if finding is not None:
            self.sink.add(finding)

    def misfit(self, span: Span, text: str, found: TypeValue, wanted: Wanted) -> Diagnostic | None:
        """What is wrong with a value of a type at a place that takes another one; null where it fits."""
        if self.types.fits(found, wanted.type):
            return None
        place, rest = self.sink.at(span), self.types.without_null(found)
        if rest != say.NOTHING and self.types.nullable(found) and self.types.fits(rest, wanted.type):
            return say.possibly_null(place, text, text, f"{wanted.head} {say.wanted_text(wanted.type)}", wanted.related)
        if wanted.guard:
            return say.guard_not_bool(place, found)
        lacking, differing = difference(self.types, found, wanted.type)
        if lacking and not differing:
            return say.missing_field(place, wanted.head, wanted.type, lacking, None, wanted.related)
        return say.type_mismatch(place, wanted.head, wanted.type, found, differing or wanted.help, wanted.related)

    def _expect_fields(self, expr: hir.ObjectOf, wanted: Wanted, shape: Record | MapOf, known: Known) -> None:
        """The fields of an object that is written out; what the type does not name is kept, and may be anything."""
        given = dict(expr.pairs)
        for key, value in expr.pairs:
            inner = type_of_field(self.types, shape, key)
            if inner is None:
                self.of(value, known)
            else:
                self.expect(value, wanted.inside(f"field `{key}`", inner), known)
        fields = self.types.fields_of(shape)
        lacking = [name for name, each in fields.items() if each.required and name not in given]
        if lacking:
            strange = [key for key in given if key not in fields]
            place = self.sink.at(expr.span)
            self.sink.add(say.missing_field(place, wanted.head, wanted.type, lacking, strange, wanted.related))


def type_of_constant(value: bool | int | float | str | None) -> TypeValue:
    """The type of a literal: of a text that text alone. A whole number is an `int` however it is written."""
    match value:
        case None:
            return NULL
        case bool():
            return BOOL
        case int():
            return INT
        case float():
            return INT if value.is_integer() else FLOAT
        case str():
            return Literals((value,))


def _is_literal(expr: hir.Expr) -> bool:
    """Whether an expression is made of constants alone."""
    match expr:
        case hir.Constant():
            return True
        case hir.ListOf(items):
            return all(_is_literal(item) for item in items)
        case hir.ObjectOf(pairs):
            return all(_is_literal(value) for _, value in pairs)
        case _:
            return False


def _inside(constant: hir.Constant) -> Span:
    """The text inside the quotes, where they are known to stand at its ends."""
    start, end = constant.span.start, constant.span.end
    return Span(start + 1, end - 1) if end - start == len(str(constant.value).encode()) + 2 else constant.span
