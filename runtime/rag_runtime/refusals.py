"""Why a run was not started, or not gone on with. Nothing of it is journaled; what the store refuses is a `StoreError`.

RunRefused            a code and a message: `bad-run-id`
├── DocumentRefused   `document-refused`: findings about the document or the capabilities that it requires
├── InputRefused      `bad-input`: one sentence for each field
└── AnswerRefused     `bad-answer`, `unknown-question`, `which-question`, `no-question`; the run stays paused
"""

from __future__ import annotations

from collections.abc import Sequence

from rag_ir.finding import Finding
from rag_runtime.events import Question


class RunRefused(Exception):
    """A run that was asked for and did not go on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class DocumentRefused(RunRefused):
    """The document must not run on this machine."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__("document-refused", f"{first.code}: {first.message}{more}")
        self.findings = tuple(findings)


class InputRefused(RunRefused):
    """The run's input is not what its graph declares."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("bad-input", "; ".join(problems))
        self.problems = tuple(problems)


class AnswerRefused(RunRefused):
    """An answer fits no pending question. `questions` are those that are pending."""

    def __init__(self, code: str, message: str, questions: Sequence[Question]) -> None:
        super().__init__(code, message)
        self.questions = tuple(questions)
