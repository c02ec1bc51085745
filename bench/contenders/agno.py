"""Agno: nested step objects over one shared dict. No channels, no checkpoint between steps; a fan-out is fixed in code."""

from __future__ import annotations

import asyncio
from functools import partial

from agno.run.base import RunContext
from agno.workflow import Loop, Parallel, Step, StepInput, StepOutput, Workflow

from bench.workloads import RUNS


async def _count(step_input: StepInput, run_context: RunContext) -> StepOutput:
    run_context.session_state["count"] += 1
    return StepOutput(content="")


def chain(size, folder, stack, *, runs=1):
    rounds = size // runs // 2

    def workflow():
        loop = Loop(
            name="loop",
            steps=[Step(name="one", executor=_count), Step(name="two", executor=_count)],
            max_iterations=rounds,
            end_condition=lambda outputs: False,
        )
        return Workflow(name="chain", steps=[loop], session_state={"count": 0}, telemetry=False)

    workflows = [workflow() for _ in range(runs)]

    async def one(number):
        state = {"count": 0}
        await workflows[number].arun(input="go", session_state=state)
        return state["count"] or workflows[number].session_state["count"]

    async def trial():
        if runs == 1:
            return await one(0)
        return sum(await asyncio.gather(*(one(number) for number in range(runs))))

    return trial


def fan_out(size, folder, stack, *, seconds=None):
    def step(item):
        async def worker(step_input: StepInput) -> StepOutput:
            if seconds is not None:
                await asyncio.sleep(seconds)
            return StepOutput(content=item)

        return Step(name=f"worker {item}", executor=worker)

    async def total(step_input: StepInput) -> StepOutput:
        outputs = step_input.previous_step_outputs["fan"].steps
        return StepOutput(content=sum(output.content for output in outputs))

    fan = Parallel(*(step(item) for item in range(size)), name="fan")
    workflow = Workflow(name="fan out", steps=[fan, Step(name="total", executor=total)], telemetry=False)

    async def trial():
        return (await workflow.arun(input="go")).content

    return trial


TRIALS = {
    "chain": {"Loop of two Steps": chain},
    "fan_out": {"Parallel": fan_out},
    "fan_out_100": {"Parallel": fan_out},
    "concurrent": {"arun": partial(chain, runs=RUNS)},
    "sleep": {"Parallel": partial(fan_out, seconds=0.05)},
}
