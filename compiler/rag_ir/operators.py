"""The closed set of operators of expressions in the IR, and what each takes.

An expression is a JSON array whose first element is its operator:

    ["lit", value]                       any JSON value
    ["get", root, member...]             root: input state args output; members are constant strings
    ["var", name]                        a loop variable or a lambda's parameter
    ["member", x, name]                  a constant member of a computed value
    ["index", x, i]                      a list's element or an object's member
    ["list", x...]  ["object", [key, x]...]
    ["or" "and" "==" "!=" "<" "<=" ">" ">=" "in" "??" "+" "-" "*" "/" "%", a, b]    ["not" "neg", x]
    ["if", condition, yes, no]
    ["call", function, x...]             a function of FUNCTIONS
    ["each", function, list, name, body] map, filter, any, all, sort, min, max, sum with a lambda
    ["template", part...]                parts are texts (strings) and expressions (arrays)

`or`, `and`, `??` and `if` evaluate only what they need.
"""

from __future__ import annotations

from rag_ir.record import record

ROOTS = ("input", "state", "args", "output")
BINARY = ("or", "and", "==", "!=", "<", "<=", ">", ">=", "in", "??", "+", "-", "*", "/", "%")
UNARY = ("not", "neg")
OPERATORS = (
    "lit", "get", "var", "member", "index", "list", "object", *BINARY, *UNARY, "if", "call", "each", "template",
)  # fmt: skip

_ANY_NUMBER = 1 << 30
PARTS: dict[str, tuple[int, int]] = {
    "lit": (1, 1),
    "get": (1, _ANY_NUMBER),
    "var": (1, 1),
    "member": (2, 2),
    "index": (2, 2),
    "list": (0, _ANY_NUMBER),
    "object": (0, _ANY_NUMBER),
    **dict.fromkeys(BINARY, (2, 2)),
    **dict.fromkeys(UNARY, (1, 1)),
    "if": (3, 3),
    "call": (2, 3),
    "each": (4, 4),
    "template": (0, _ANY_NUMBER),
}
"""The least and the greatest number of parts after each operator."""


@record
class Function:
    """A function of the language: how many arguments, whether the last may or must be a lambda, and a one-line description."""

    name: str
    least: int
    most: int
    takes_lambda: str
    summary: str


def _table(*functions: Function) -> dict[str, Function]:
    return {function.name: function for function in functions}


FUNCTIONS: dict[str, Function] = _table(
    Function("len", 1, 1, "no", "the number of elements, members or code points"),
    Function("first", 1, 1, "no", "the first element, null of an empty list"),
    Function("last", 1, 1, "no", "the last element, null of an empty list"),
    Function("contains", 2, 2, "no", "whether a list holds an element, a text a part, an object a key"),
    Function("lower", 1, 1, "no", "the text in lower case"),
    Function("upper", 1, 1, "no", "the text in upper case"),
    Function("trim", 1, 1, "no", "the text without white space at its ends"),
    Function("join", 2, 2, "no", "the texts of a list with a separator between them"),
    Function("split", 2, 2, "no", "the parts of a text between separators"),
    Function("sum", 1, 2, "may", "the sum of a list's numbers (or of the lambda's values), 0 of an empty one"),
    Function("min", 1, 2, "may", "the least number or text (of the lambda's values, if any), null of an empty list"),
    Function("max", 1, 2, "may", "the greatest number or text (of the lambda's values, if any), null of an empty list"),
    Function("sort", 1, 2, "may", "the list in ascending order (of the lambda's values, if any), stable"),
    Function("unique", 1, 1, "no", "the list without equal duplicates, first seen order"),
    Function("map", 2, 2, "must", "each element's value of a lambda"),
    Function("filter", 2, 2, "must", "the elements for which a lambda is true"),
    Function("any", 1, 2, "may", "whether some element is true"),
    Function("all", 1, 2, "may", "whether every element is true"),
    Function("json", 1, 1, "no", "the value as compact JSON text"),
)
