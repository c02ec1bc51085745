"""`rag lock`, or `rag registry lock`: asks MCP servers what their tools are, and writes it down in `rag.lock`."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from rag_cli.arguments import Parser
from rag_cli.files import shown, write_bytes
from rag_cli.printable import counted, printable, quoted
from rag_cli.registry_place import RegistryPlace, configure_registry, registry_place
from rag_cli.terminal import say
from rag_cli.trouble import FAILED, FINISHED, Trouble
from rag_registry.lock import NAME

if TYPE_CHECKING:
    from rag_registry.lock import Lock, LockedServer
    from rag_registry.registry import McpServer

EXAMPLES = """\
  rag lock                   asks every server of the manifest, and writes rag.lock
  rag lock --check           asks, and says what has changed; status 1 if something has
  rag lock --locked          compares rag.lock with the manifest, without asking anybody
  rag registry lock          the same as `rag lock`"""


def configure(parser: Parser) -> None:
    """Declares the command's arguments."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--check", action="store_true", help="write nothing; status 1 if servers or manifest say something else"
    )
    how.add_argument("--locked", action="store_true", help="ask nobody; status 1 if the manifest says something else")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=float, default=30.0, help="how long a server may take (default: 30)"
    )
    configure_registry(parser)


def execute(arguments: Namespace) -> int:
    """Writes the lock, or compares it. `Trouble` where a server cannot be asked: then nothing is written."""
    if not 0 < arguments.timeout < float("inf"):
        raise Trouble("`--timeout` takes a number of seconds above 0")
    place = registry_place(arguments.project)
    if arguments.locked:
        require_fresh(place)
        say(f"{shown(place.shown(NAME))} fits the manifest")
        return FINISHED
    before = _before(place, forgiving=not arguments.check)
    after = {name: _asked(place, server, arguments.timeout) for name, server in place.registry.mcp.items()}
    return _compared(place, before, after) if arguments.check else _written(place, before, after)


def require_fresh(place: RegistryPlace) -> None:
    """`Trouble` where the lock on disk does not fit the manifest, with what has changed."""
    from rag_registry.lock import stale

    changes = stale(place.registry, _before(place, forgiving=False))
    if changes:
        raise Trouble(f"{shown(place.shown(NAME))} is stale: {'; '.join(changes)}", "`rag lock` writes it anew", FAILED)


def _before(place: RegistryPlace, *, forgiving: bool) -> Lock:
    """The lock on disk. Of one that cannot be read nothing is known, which is `Trouble` unless it is written anew."""
    from rag_project.lock import load_lock

    lock = load_lock(place.root)
    if isinstance(lock, str):
        if forgiving:
            return {}
        raise Trouble(f"{shown(place.shown(NAME))} cannot be used: {lock}", "`rag lock` writes it anew", FAILED)
    return lock or {}


def _asked(place: RegistryPlace, server: McpServer, seconds: float) -> LockedServer:
    from rag_ir.finding import pointer
    from rag_registry.lock import LockedServer, source_of
    from rag_runtime.tools.mcp_servers import McpTrouble, list_tools

    at = pointer("mcp", server.name)
    faults = [each for each in place.findings if each.at == at or each.at.startswith(f"{at}/")]
    for finding in faults:
        if finding.code not in ("not-locked", "bad-lock"):
            raise Trouble(f"server {quoted(server.name)}: {finding.message}", "`rag check` says more", FAILED)
    try:
        tools = list_tools(server, place.root, seconds=seconds)
        made = LockedServer(source_of(server), tools)
        for tool in tools.values():
            _ = tool.digest
    except McpTrouble as trouble:
        raise Trouble(f"server {quoted(server.name)} {printable(str(trouble))}", status=FAILED) from None
    except (ValueError, RecursionError):
        raise Trouble(f"server {quoted(server.name)} says what no document can hold", status=FAILED) from None
    say(f"{printable(server.name)}: {counted(len(tools), 'tool')}")
    return made


def _compared(place: RegistryPlace, before: Lock, after: Lock) -> int:
    from rag_registry.lock import differences

    changes = differences(before, after)
    if changes:
        listed = "; ".join(map(printable, changes))
        raise Trouble(f"{shown(place.shown(NAME))} is stale: {listed}", "`rag lock` writes it anew", FAILED)
    say(f"{shown(place.shown(NAME))} says what the servers say")
    return FINISHED


def _written(place: RegistryPlace, before: Lock, after: Lock) -> int:
    from rag_registry.lock import differences, write_lock

    path = place.root / NAME
    data = write_lock(after)
    if not after and not path.exists():
        say("the manifest has no MCP servers: there is nothing to lock")
    elif path.is_file() and path.read_bytes() == data:
        say(f"{shown(place.shown(NAME))} is as it was")
    else:
        write_bytes(str(path), data)
        for change in differences(before, after):
            say(f"  {printable(change)}")
        say(f"{shown(place.shown(NAME))}: {counted(sum(len(each.tools) for each in after.values()), 'tool')} written")
    return FINISHED
