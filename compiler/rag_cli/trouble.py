"""What keeps a command from doing its work, and the exit statuses of every command."""

from __future__ import annotations

FINISHED = 0
FAILED = 1
USAGE = 2
PAUSED = 3
REFUSED = 4
INTERNAL = 70
CANCELLED = 130


class Trouble(Exception):
    """Ends the command with a message: what is wrong and where, in one clause; `help` says what to do about it."""

    def __init__(self, message: str, help: str = "", status: int = USAGE) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.status = status
