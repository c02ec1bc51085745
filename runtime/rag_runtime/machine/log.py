"""What an activation did and asked: what a new start of it may know."""

from __future__ import annotations

from collections.abc import Iterable

from rag_ir.record import field, mutable
from rag_runtime.commands import History
from rag_runtime.events import Answered, CallEnded, CallStarted, ChildFinished, Question, Usage
from rag_runtime.machine.errors import MachineError
from rag_runtime.machine.ledger import NOTHING


@mutable
class Log:
    """Its calls, the answers by address, its child run and how much of that run's usage was counted.

    `questions` are those that are open. `late` are the addresses that were answered since the task was started; `causes` says of
    each answered question why it was asked.
    """

    calls: dict[str, CallEnded] = field(default_factory=dict[str, CallEnded])
    started: dict[str, CallStarted] = field(default_factory=dict[str, CallStarted])
    answers: dict[str, Answered] = field(default_factory=dict[str, Answered])
    causes: dict[str, str] = field(default_factory=dict[str, str])
    late: set[str] = field(default_factory=set[str])
    child: ChildFinished | None = None
    counted: Usage = NOTHING
    questions: dict[str, Question] = field(default_factory=dict[str, Question])

    def history(self) -> History:
        """What the executor may know."""
        return History(calls={**self.calls}, started={**self.started}, answers={**self.answers}, child=self.child)

    def is_done(self, call: str) -> bool:
        """Whether the call was answered; one that failed may be made again."""
        ended = self.calls.get(call)
        return ended is not None and ended.error is None

    def start(self, event: CallStarted, task: str) -> None:
        """A call is in flight. That it may be made again was answered for one time."""
        self.calls.pop(event.call, None)
        self.started[event.call] = event
        address = f"{task}#{event.call}"
        if self.causes.get(address) == "effect-in-doubt":
            self.answers.pop(address, None)

    def end(self, event: CallEnded) -> None:
        """A call is no more in flight."""
        self.calls[event.call] = event
        self.started.pop(event.call, None)

    def ask(self, questions: Iterable[Question]) -> None:
        """Open questions in place of the former ones. What was answered while the task ran is not asked again, and what it
        asks in spite of an answer that it was started with is open again."""
        self.questions = {question.address: question for question in questions if question.address not in self.late}
        for address in self.questions:
            self.answers.pop(address, None)

    def answer(self, event: Answered, *, late: bool) -> None:
        """A question is answered."""
        question = self.questions.pop(event.address)
        self.answers[event.address] = event
        self.causes[event.address] = question.cause
        if late:
            self.late.add(event.address)

    def repeat(self) -> None:
        """Keep what a repeated activation must not do again, and forget what failed it: an error did not if a model went on after it."""
        ends = list(self.calls.values())
        told = max((at for at, ended in enumerate(ends) if ended.kind == "model" and ended.error is None), default=0)
        self.calls = {ended.call: ended for at, ended in enumerate(ends) if ended.error is None or at < told}
        self.answers = {address: answer for address, answer in self.answers.items() if not self._refuses(answer)}
        if self.child is not None and self.child.outcome != "finished":
            self.child = None

    def _refuses(self, answer: Answered) -> bool:
        refusal = "deny" if self.causes[answer.address] == "approval" else "fail"
        return answer.value == refusal and self.causes[answer.address] != "interrupt"


def check_addresses(task: str, questions: Iterable[Question]) -> None:
    """Questions stand at their task's address, one each. Raises `MachineError`."""
    addresses = [question.address for question in questions]
    if not addresses:
        raise MachineError(f"`{task}` is paused without a question")
    if len(set(addresses)) < len(addresses):
        raise MachineError(f"`{task}` asks two questions at one address")
    for address in addresses:
        if address != task and not address.startswith((f"{task}#", f"{task}/")):
            raise MachineError(f"`{task}` cannot ask at `{address}`")
