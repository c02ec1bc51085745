"""Whole processes, cold: from the start of a command to its end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")


class CommandFailed(Exception):
    """A command ended otherwise than it must for its time to mean anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is started, in `folder`, and the status that it must end with."""

    subject: str
    name: str
    words: tuple[str, ...]
    folder: Path
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Seconds of wall and CPU time, and the peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


def start(command: Command, repetitions: int) -> list[Start]:
    """One warm-up, then `repetitions` starts. Raises `CommandFailed`."""
    words = [sys.executable, "-I", "-S", str(LAUNCH), str(repetitions + 1), *command.words]
    lines = subprocess.run(words, cwd=command.folder, capture_output=True, text=True, check=True).stdout.splitlines()
    found = [line.split() for line in lines[1:]]
    if any(int(status) != command.status for *_, status in found):
        raise CommandFailed(f"{' '.join(command.words)} ended with {found[0][3]}: {_said(command)}")
    return [Start(wall=float(wall), cpu=float(cpu), peak=int(peak) / 1024) for wall, cpu, peak, _ in found]


def _said(command: Command) -> str:
    done = subprocess.run(command.words, cwd=command.folder, capture_output=True, text=True)
    return (done.stderr or done.stdout)[-400:]


def tool(name: str) -> str:
    """A command that is installed beside this interpreter."""
    return str(Path(sys.executable).with_name(name))


def installed(commands: Sequence[Command]) -> list[Command]:
    """Those whose program is here."""
    return [command for command in commands if Path(command.words[0]).exists()]
