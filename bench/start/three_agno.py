"""Three steps of Agno."""

from __future__ import annotations

import asyncio

from agno.workflow import Step, StepInput, StepOutput, Workflow


async def step(step_input: StepInput) -> StepOutput:
    return StepOutput(content=str(int(step_input.previous_step_content or "0") + 1))


workflow = Workflow(name="three", steps=[Step(name=name, executor=step) for name in ("a", "b", "c")], telemetry=False)
assert asyncio.run(workflow.arun(input="0")).content == "3"
