"""The entry point of `rag`: finds the command, imports only its module, and turns what goes wrong into a message and a status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, cast

from rag_cli.trouble import CANCELLED, FINISHED, INTERNAL, USAGE, Trouble

if TYPE_CHECKING:
    from argparse import Namespace

    from rag_cli.arguments import Parser

COMMANDS = {
    "new": ("new", "make a small project that checks and runs offline"),
    "check": ("check", "report what is wrong in sources and manifest"),
    "fix": ("fix", "apply the edits that findings offer"),
    "fmt": ("fmt", "write sources in their canonical form"),
    "compile": ("compile", "write the IR of a graph"),
    "review": ("review", "show what a graph can reach and spend, and approve it"),
    "run": ("run", "execute a source or an IR"),
    "runs list": ("runs_list", "list past and paused runs"),
    "runs show": ("runs_show", "show one run: its path, calls, questions, result"),
    "runs resume": ("runs_resume", "go on with a paused, failed or cancelled run"),
    "test": ("test", "run the `test` blocks with scripted models, tools and people"),
    "diff": ("diff", "say what changed between two graphs, and whether paused runs could go on"),
    "runs fork": ("runs_fork", "begin a new run where another stood before some superstep"),
    "runs cancel": ("runs_cancel", "end a run that waits or was cut off"),
    "runs export": ("runs_export", "write a run with all that belongs to it as JSON lines"),
    "runs import": ("runs_import", "put an exported run into a store"),
    "runs prune": ("runs_prune", "take old runs out of the store"),
    "graph": ("graph", "draw a graph as text, Mermaid, SVG or a page"),
    "registry list": ("registry_list", "list what source may name: models, tools, agents and the rest"),
    "registry show": ("registry_show", "show one entry: its schema, labels, effects, price, where it is defined"),
    "registry lock": ("registry_lock", "ask MCP servers what their tools are, and write rag.lock"),
    "lock": ("registry_lock", "the same as `rag registry lock`"),
    "lsp": ("lsp", "serve editors over standard input and output"),
    "explain": ("explain", "say what a diagnostic means, with examples"),
}
"""Each command with its module under `commands` and its summary."""

BROKEN_PIPE = 141


class Command(Protocol):
    """What a module under `commands` offers."""

    EXAMPLES: str

    def configure(self, parser: Parser) -> None:
        """Declares the command's arguments."""
        ...

    def execute(self, arguments: Namespace) -> int:
        """Does the work; the exit status, or `Trouble`."""
        ...


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line (default: the process's own) and gives its exit status. Nothing that is typed makes it raise.

    With the process's own it ends the process where a thread would keep it from ending.
    """
    status = _status(list(sys.argv[1:] if argv is None else argv))
    if argv is None and "threading" in sys.modules:
        from rag_cli.leave import leave

        leave(status)
    return status


def _status(given: list[str]) -> int:
    try:
        status = _dispatch(given)
        if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison]
            sys.stdout.flush()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else USAGE
    except BrokenPipeError:
        return _reader_left()
    except KeyboardInterrupt:
        return CANCELLED
    except Trouble as trouble:
        return tell(trouble)
    except OSError as error:
        return _tell_refusal(error)
    except Exception as error:
        return _confess(error)
    return status


def _dispatch(given: list[str]) -> int:
    if given[:1] in (["--version"], ["-V"]):
        return _version()
    _prepare()
    if not given or given[0] in ("--help", "-h", "help"):
        return _help(given[1:])
    if given[1:] in (["--help"], ["-h"]) and _below(given[0]):
        return _help_below(given[0])
    name, rest = _command(given)
    from rag_cli.arguments import parser_of

    command = _load(name)
    parser = parser_of(name, COMMANDS[name][1], command.EXAMPLES)
    command.configure(parser)
    return command.execute(parser.parse_intermixed_args(rest))


def _version() -> int:
    from rag_ir.version import VERSION

    print(f"rag {VERSION}")
    return FINISHED


def _prepare() -> None:
    from rag_cli.terminal import prepare_streams

    prepare_streams()


def _help(words: list[str]) -> int:
    if words:
        return _dispatch([*words, "--help"])
    size = max(map(len, COMMANDS))
    print("usage: rag COMMAND ...\n\nThe toolchain of `.rag`, a language for agent workflows.\n\ncommands:")
    for name, (_, summary) in COMMANDS.items():
        print(f"  {name:<{size}}  {summary}")
    print("\n`rag COMMAND --help` shows the options of a command with examples, `rag --version` the version.")
    print("\nexample:\n  rag new hello && cd hello && rag check && rag run workflows/hello.rag --input name=Ada")
    return FINISHED


def _help_below(word: str) -> int:
    below = _below(word)
    size = max(map(len, below))
    print(f"usage: rag {word} COMMAND ...\n\ncommands:")
    for name in below:
        print(f"  {name:<{size}}  {COMMANDS[name][1]}")
    print(f"\nexample:\n  rag {below[0]}\n  rag {below[0]} --help")
    return FINISHED


def _below(word: str) -> list[str]:
    return [name for name in COMMANDS if name.startswith(word + " ")]


def _command(given: list[str]) -> tuple[str, list[str]]:
    """The command's full name and the words after it; `Trouble` where there is none of that name."""
    words = 2 if _below(given[0]) else 1
    name = " ".join(given[:words])
    if name in COMMANDS:
        return name, given[words:]
    if len(given) < words:
        known = ", ".join(f"`rag {below}`" for below in _below(given[0]))
        raise Trouble(f"`rag {given[0]}` needs one more word", f"there is {known}")
    raise _unknown(name)


def _unknown(name: str) -> Trouble:
    from rag_cli.printable import quoted
    from rag_ir.spell import closest

    near = closest(name, COMMANDS)
    advice = f"did you mean `rag {near}`?" if near else "`rag --help` lists the commands"
    return Trouble(f"there is no command {quoted(name)}", advice)


def _load(name: str) -> Command:
    from importlib import import_module

    return cast("Command", import_module(f"rag_cli.commands.{COMMANDS[name][0]}"))


def _reader_left() -> int:
    _drop_output()
    return BROKEN_PIPE


def _drop_output() -> None:
    # The interpreter flushes standard output once more at its end, which would fail again, and aloud.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tell_refusal(error: OSError) -> int:
    """What the system refused, where no command said it in better words: a full disk, a folder that is gone."""
    from rag_cli.files import reason, shown

    _drop_output()
    what = f"{shown(str(error.filename))} cannot be used" if error.filename else "the system refused"
    return tell(Trouble(f"{what}: {reason(error)}"))


def tell(trouble: Trouble) -> int:
    """Says what keeps a command from doing its work; the status that stands for it."""
    from rag_cli.printable import printable
    from rag_cli.terminal import palette, say

    paint = palette(sys.stderr).paint
    say(f"{paint('error', 'error')}: {printable(trouble.message)}")
    if trouble.help:
        say(f"{paint('info', 'help')}: {printable(trouble.help)}")
    return trouble.status


def _confess(error: Exception) -> int:
    """A defect of the toolchain itself: said in one line, in full where `RAG_TRACEBACK` is set."""
    if os.environ.get("RAG_TRACEBACK"):
        raise error
    from rag_cli.printable import printable
    from rag_cli.terminal import say

    say(f"internal error: {type(error).__name__}: {printable(str(error))}")
    say("help: this is a defect of `rag`; set RAG_TRACEBACK=1 to see where it happened, and report it")
    return INTERNAL
