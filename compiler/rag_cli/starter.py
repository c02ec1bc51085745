"""The files of a new project: small enough to read at once, complete enough to run."""

from __future__ import annotations


def starter(name: str) -> dict[str, str]:
    """Text by path, for a project of this name (letters, digits, `_` and `-`)."""
    return {
        "rag.toml": _MANIFEST.replace("NAME", name),
        "workflows/hello.rag": _WORKFLOW,
        "tools/words.py": _TOOL,
        ".gitignore": ".rag/\n__pycache__/\n",
        "README.md": _README.replace("NAME", name),
    }


_MANIFEST = """\
# What exists, and so all that the sources may name.

[project]
name = "NAME"
language = 1
sources = ["workflows/**/*.rag"]

# `echo` says its prompt again: no network, no key. `scripted` answers from a file.
[models.default]
provider = "echo"

[tools.count_words]
python = "tools.words:count_words"
effects = "none"
reads = "public"
returns_trust = "trusted"
"""

_WORKFLOW = """\
/// Greets somebody, and counts the words of the greeting.
graph hello {
  start greet

  input { name: string = "you" }
  output {
    greeting: string? = state.greeting
    words: int? = state.words
  }

  channel greeting: string? overwrite
  channel words: int? overwrite

  node greet {
    kind model
    model "default"
    prompt "Hello {{ input.name }}, what are we building today?"
    into greeting
    next count
  }

  node count {
    kind tool
    tool "count_words"
    args { text: state.greeting ?? "" }
    into words
    routes {
      done -> END
      error -> END
    }
  }
}

test "the greeting is counted" {
  input { name: "Ada" }
  model "default" -> ["Hello Ada!"]
  tool "count_words" { text: "Hello Ada!" } -> 2
  expect output == { greeting: "Hello Ada!", words: 2 }
  expect path == ["greet", "count"]
}
"""

_TOOL = '''\
"""Tools are plain functions: their annotations and docstrings are what a model sees."""

from __future__ import annotations


def count_words(text: str) -> int:
    """How many words a text has.

    Args:
        text: Any text.
    """
    return len(text.split())
'''

_README = """\
# NAME

```sh
rag check
rag test
rag run workflows/hello.rag --input name=Ada
rag graph workflows/hello.rag
rag runs list
```

`rag.toml` lists the models and tools that exist, `workflows/` holds the graphs, `tools/` the Python functions.
"""
