"""Tools of a manifest: `[tools.N]`, a function of the project, a request over HTTP, or a tool of an MCP server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag_ir.finding import Finding, Related, pointer
from rag_ir.types import Record, to_schema
from rag_registry.addresses import headers, is_address
from rag_registry.functions import function_at
from rag_registry.keys import KEYS
from rag_registry.registry import Effects, HttpCall, McpCall, McpServer, Method, Reads, Tool, Trust
from rag_registry.table import Table, is_identifier
from rag_registry.type_values import record_at, type_at

EFFECTS: tuple[Effects, ...] = ("none", "read", "write", "external")
READS: tuple[Reads, ...] = ("public", "private", "secret")
TRUST: tuple[Trust, ...] = ("trusted", "untrusted")
METHODS: tuple[Method, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")
SOURCES = ("python", "http", "mcp")
_ONE_VALUE = ("string", "integer", "number", "boolean")


def read_tool(name: str, table: Table) -> Tool:
    """`[tools.N]`. Whether an MCP tool's server lets it in is checked by `check_mcp`, once everything is read."""
    sources = [key for key in SOURCES if key in table]
    if not sources:
        table.missing("python", '"module:function"')
    for extra in sources[1:]:
        message = f"`{table.name}` has `{sources[0]}` already; a tool is one of `python`, `http` and `mcp`"
        table.add("manifest-conflict", extra, message, on_key=True)
    arguments = record_at(table, "args")
    return Tool(
        name=name,
        description=table.text("description"),
        python=function_at(table) if "python" in table else "",
        input=None if arguments is None else to_schema(arguments),
        output=type_at(table, "returns"),
        effects=table.choice("effects", EFFECTS, "unknown"),
        reads=table.choice("reads", READS, "unknown"),
        returns_trust=table.choice("returns_trust", TRUST, "unknown"),
        idempotent=table.boolean("idempotent", default=False),
        on_error=table.choice("on_error", ("answer", "fail"), "answer"),
        http=_http(table, arguments) if "http" in sources[:1] else None,
        mcp=_mcp(table) if "mcp" in sources[:1] else None,
        approval=table.choice("approval", ("never", "always"), "never"),
        timeout=table.duration("timeout"),
        max_output=table.integer("max_output", 1),
    )


def check_mcp(tools: Mapping[str, Tool], servers: Mapping[str, McpServer]) -> Iterator[Finding]:
    """MCP tools whose server does not exist, or does not let them in."""
    for name, tool in tools.items():
        if tool.mcp is None:
            continue
        at, server = pointer("tools", name, "mcp"), servers.get(tool.mcp.server)
        if server is None:
            known = ", ".join(f"`{each}`" for each in sorted(servers))
            message = f"there is no MCP server `{tool.mcp.server}` in the manifest"
            help_ = f"there are {known}" if known else f"add `[mcp.{tool.mcp.server}]`"
            yield Finding("unknown-capability", at, message, help=help_)
        elif tool.mcp.tool not in server.tools:
            yield Finding(
                "manifest-conflict",
                at,
                f"`[mcp.{server.name}]` does not let in a tool `{tool.mcp.tool}`",
                help=f'add `"{tool.mcp.tool}"` to its `tools`',
                related=(Related(pointer("mcp", server.name, "tools"), "what is let in"),),
            )


def _http(table: Table, arguments: Record | None) -> HttpCall:
    call = Table(table.table("http"), (*table.at, "http"), KEYS["tools.http"], table.findings)
    for key, example in (("method", '"GET"'), ("url", '"https://api.example.com/items/{id}"')):
        if key not in call and isinstance(table.values["http"], dict):
            call.missing(key, example)
    if arguments is None and "args" not in table:
        message = f"`{table.name}` is called over HTTP, and nothing says what it takes"
        table.add("manifest-missing-key", None, message, on_key=True, help='add `args = { name = "TYPE" }`')
    url = _url(call, arguments) if "url" in call else ""
    return HttpCall(method=call.choice("method", METHODS, "GET"), url=url, headers_env=headers(call))


def _url(call: Table, arguments: Record | None) -> str:
    """The address with its arguments in braces; empty for one that is wrong."""
    url = call.text("url")
    parts = _arguments_in(url)
    if not is_address(url, braces=True) or parts is None:
        expected = "an address such as `https://api.example.com/items/{id}`: no user, no `?`, no `#`, an argument in each `{ }`"
        call.add("manifest-bad-value", "url", f"`url` takes {expected}")
        return ""
    fields = {field.name: field for field in arguments.fields} if arguments is not None else None
    for name in parts if fields is not None else ():
        field = fields.get(name) if fields is not None else None
        if field is None:
            call.add("manifest-bad-value", "url", f"`{{{name}}}` is not among the `args` of the tool")
        elif not field.required or to_schema(field.type).get("type") not in _ONE_VALUE:
            message = f"`{{{name}}}` is part of the path: it must be given, and be a text, a number or a truth value"
            call.add("manifest-bad-value", "url", message)
    return url


def _arguments_in(url: str) -> list[str] | None:
    """The names in braces, in order; None where a brace has no partner or holds no name."""
    head, *rest = url.split("{")
    names = [part.partition("}") for part in rest]
    whole = all(closed and is_identifier(name) and "}" not in after for name, closed, after in names)
    return [name for name, _, _ in names] if whole and "}" not in head else None


def _mcp(table: Table) -> McpCall | None:
    if "args" in table:
        table.add(
            "manifest-conflict", "args", "the server says what its tool takes; `rag lock` writes it down", on_key=True
        )
    server, slash, tool = table.text("mcp").partition("/")
    if not slash or not server or not tool:
        table.bad("mcp", '`"server/tool"`')
        return None
    return McpCall(server=server, tool=tool)
