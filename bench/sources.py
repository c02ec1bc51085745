"""Generated sources: the same imaginary workflows, as long as is asked for, in `.rag`, in BAML, and in YAML with a JSON schema."""

from __future__ import annotations

import json
from pathlib import Path

MANIFEST = """\
[project]
name = "bench"
language = 1
sources = ["workflows/**/*.rag"]

[models.default]
provider = "echo"
capabilities = ["tools", "json_schema"]
context_window = 128_000

[agents.researcher]
model = "default"
system = "Find primary sources and state what they say."
tools = ["search"]
output = "{ findings: string[] }"
"""
TOOLS = """\

[tools.search]
python = "tools.library:search"
effects = "read"

[tools.publish]
python = "tools.library:publish"
effects = "external"
"""

LIBRARY = '''\
"""What the tools of the generated project do."""


def search(query: str) -> str:
    """Searches the library."""
    return query


def publish(text: str) -> str:
    """Puts a text where everybody can read it."""
    return text
'''

GRAPH = """\
/// Reads what there is about a claim, and says what holds.
type Finding@@ {
  title: string
  url: string?
  score: float
}

agent critic@@ {
  model "default"
  system "Look for what speaks against the obvious answer, and say so."
  input { question: string }
  output { critiques: string[] }
  max_turns 4
}

graph review@@ {
  start plan

  input { question: string  depth: int = 2 }
  output { report: string }

  channel messages messages
  channel findings: string[] append
  channel critiques: string[] append
  channel rounds: int sum = 0
  channel report: string overwrite = ""

  node plan {
    kind agent
    model "default"
    system "You plan how a question is to be answered."
    prompt "Plan {{ input.question }} in {{ input.depth }} rounds."
    tools ["search"]
    writes { rounds: 1 }
    send [
      researcher { question: input.question },
      critic@@ { question: "What speaks against {{ input.question }}?" }
    ]
    join judge
  }

  // The findings are judged until they suffice.
  node judge {
    kind model
    model "default"
    prompt "Judge {{ state.findings }} in the light of {{ state.critiques }}."
    into report
    routes {
      when state.rounds < input.depth and len(state.findings) < 8 -> plan
      else -> finish
    }
    max_visits 8
  }

  node finish {
    kind pass
    writes { report: "{{ state.report }} ({{ len(state.findings) }} findings)" }
  }
}

"""
SLIPS = (
    ("join judge", "join jugde"),
    ('tools ["search"]', 'tools ["search"'),
    ("kind model", "kind modle"),
    ("state.rounds <", "state.round <"),
    ("  // The findings are judged until they suffice.\n", "  } node {\n"),
)
"""One stands in each graph of a broken file, in turn."""

BAML_SETTINGS = """\
client<llm> Default {
  provider openai
  options {
    model "gpt-4o"
    api_key env.OPENAI_API_KEY
  }
}

"""
BAML = """\
/// Reads what there is about a claim, and says what holds.
class Finding@@ {
  title string
  url string?
  score float
  tags string[]
}

enum Verdict@@ {
  HOLDS
  FAILS
  UNCLEAR
}

class Plan@@ {
  question string @description("What is to be answered")
  rounds int
  steps string[]
}

class Critique@@ {
  claim string
  against string[]
  verdict Verdict@@
}

function Research@@(question: string, depth: int) -> Finding@@[] {
  client Default
  prompt #"
    Find primary sources and state what they say about {{ question }}.
    Do so in {{ depth }} rounds.
    {{ ctx.output_format }}
  "#
}

function Criticise@@(question: string, findings: Finding@@[]) -> Critique@@ {
  client Default
  prompt #"
    Look for what speaks against {{ question }}.
    {% for finding in findings %}
    - {{ finding.title }}
    {% endfor %}
    {{ ctx.output_format }}
  "#
}

function Judge@@(findings: Finding@@[], critique: Critique@@) -> Verdict@@ {
  client Default
  prompt #"
    Judge {{ findings }} in the light of {{ critique.claim }}.
    {{ ctx.output_format }}
  "#
}

"""
YAML = """\
- name: review@@
  start: plan
  input:
    question: {type: string}
    depth: {type: int, default: 2}
  channels:
    messages: {reducer: messages}
    findings: {reducer: append, type: "string[]"}
    critiques: {reducer: append, type: "string[]"}
    rounds: {reducer: sum, type: int}
    report: {reducer: overwrite, type: string}
  nodes:
    - name: plan
      kind: agent
      model: default
      system: You plan how a question is to be answered.
      prompt: Plan {{ input.question }} in {{ input.depth }} rounds.
      tools: [search]
      send:
        - target: researcher
          payload: {question: input.question}
        - target: critic
          payload: {question: input.question}
      join: judge
    - name: judge
      kind: model
      model: default
      prompt: Judge {{ state.findings }}.
      into: report
      routes:
        - when: state.rounds < input.depth
          to: plan
        - to: finish
    - name: finish
      kind: pass
"""


def rag_text(lines: int, *, broken: bool = False, first: int = 0) -> str:
    """At least `lines` lines of graphs, or as many as fit."""
    return "".join(_graphs(GRAPH, lines, SLIPS if broken else (), first))


def rag_project(folder: Path, lines: int, *, files: int = 1, broken: bool = False, tools: bool = True) -> None:
    """A project whose sources have `lines` lines in all; without `tools` it has no Python to read."""
    (folder / "workflows").mkdir(parents=True)
    (folder / "tools").mkdir()
    (folder / "tools" / "library.py").write_text(LIBRARY, encoding="utf-8")
    manifest = MANIFEST + TOOLS if tools else MANIFEST.replace('tools = ["search"]\n', "")
    (folder / "rag.toml").write_text(manifest, encoding="utf-8")
    for number in range(files):
        text = rag_text(lines // files, broken=broken, first=number * lines)
        text = text if tools else text.replace('    tools ["search"]\n', "")
        (folder / "workflows" / f"flow{number}.rag").write_text(text, encoding="utf-8")


def baml_project(folder: Path, lines: int) -> None:
    (folder / "baml_src").mkdir(parents=True)
    text = BAML_SETTINGS + "".join(_graphs(BAML, lines))
    (folder / "baml_src" / "main.baml").write_text(text, encoding="utf-8")


def yaml_project(folder: Path, lines: int) -> None:
    folder.mkdir(parents=True)
    (folder / "flow.yaml").write_text("".join(_graphs(YAML, lines)), encoding="utf-8")
    (folder / "schema.json").write_text(json.dumps(_schema()), encoding="utf-8")


def _graphs(template: str, lines: int, slips: tuple[tuple[str, str], ...] = (), first: int = 0) -> list[str]:
    """Whole blocks, each with a number of its own, of about `lines` lines: to the nearest block, at least one."""
    count = max(1, round(lines / template.count("\n")))
    blocks = [template.replace("@@", str(first + number)) for number in range(count)]
    if slips:
        return [block.replace(*slips[number % len(slips)]) for number, block in enumerate(blocks)]
    return blocks


def _schema() -> dict[str, object]:
    """A JSON schema of the YAML form."""
    text = {"type": "string"}
    names = {"type": "object", "additionalProperties": {"type": "object"}}
    send = _record({"target": text, "payload": {"type": "object", "additionalProperties": text}}, "target")
    route = _record({"when": text, "to": text}, "to")
    node = _record(
        {
            "name": text,
            "kind": {"enum": ["agent", "model", "pass"]},
            "model": text,
            "system": text,
            "prompt": text,
            "tools": {"type": "array", "items": text},
            "send": {"type": "array", "items": send},
            "join": text,
            "into": text,
            "routes": {"type": "array", "items": route},
        },
        "name",
        "kind",
    )
    nodes = {"type": "array", "items": node}
    graph = _record({"name": text, "start": text, "input": names, "channels": names, "nodes": nodes}, "name", "start")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "array", "items": graph}


def _record(properties: dict[str, object], *required: str) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}
