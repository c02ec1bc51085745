"""A contender's trials in a process of their own: `python -m bench.worker CONTENDER WORKLOAD VARIANT SIZE REPETITIONS`.

Prints a JSON list of measurements.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module

from bench.trial import Contender, measure
from bench.workloads import WORKLOADS


def main() -> None:
    contender, name, variant, size, repetitions = sys.argv[1:]
    workload = next(each for each in WORKLOADS if each.name == name)
    trials: Contender = import_module(f"bench.contenders.{contender}").TRIALS
    found = measure(workload, trials[name][variant], int(size), int(repetitions))
    print(json.dumps([asdict(each) for each in found]))


if __name__ == "__main__":
    main()
