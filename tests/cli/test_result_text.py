"""What a person sees of a run's output."""

from __future__ import annotations

from rag_cli.result_text import result_text
from rag_cli.terminal import PLAIN
from rag_ir.graph import Json

OUTPUT = """\
messages
  user: why
  assistant: let me see
    first line
    calls search {"query":"x"}
  tool search: found
findings
  - because
  - {"a":[1]}
report
  two
  lines
nothing
  []
count
  3
"""


def test_objects_have_headings_and_conversations_a_line_for_each_message() -> None:
    calls: Json = [{"id": "1", "name": "search", "arguments": {"query": "x"}}]
    output: Json = {
        "messages": [
            {"role": "user", "content": "why", "id": "0"},
            {"role": "assistant", "content": "let me see\nfirst line", "tool_calls": calls},
            {"role": "tool", "name": "search", "content": "found"},
        ],
        "findings": ["because", {"a": [1]}],
        "report": "two\nlines",
        "nothing": [],
        "count": 3,
    }
    assert result_text(output, PLAIN) == OUTPUT


def test_nothing_of_an_output_reaches_the_terminal_as_a_command() -> None:
    hostile = "\x1b[2J\u202egone"
    text = result_text({hostile: [hostile, {"role": hostile, "content": hostile}], "x": {hostile: hostile}}, PLAIN)
    assert all(line.isprintable() for line in text.split("\n"))
