"""The server: what it registers, and one short handler for each message."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, cast

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from rag_ide.complete import complete
from rag_ide.definition import definition as ide_definition
from rag_ide.hover import hover as ide_hover
from rag_ide.outline import outline
from rag_ir.version import VERSION
from rag_lsp import convert, formatting, navigate, present
from rag_lsp.documents import changed, open_document, path_of
from rag_lsp.latest import Latest
from rag_lsp.positions import Encoding, offset_at
from rag_lsp.protocol import Protocol
from rag_lsp.publishing import Publisher
from rag_lsp.question import Question
from rag_lsp.workspace import Checker, Snapshot, State, Workspace

WATCHED = ("**/rag.toml", "**/*.rag", "**/*.py")

TRIGGERS = ('"', ".", "{", "[", " ", ">")

log = logging.getLogger(__name__)


class Server(LanguageServer):
    """A language server with its workspace. `worker` analyses what is open and publishes what it finds."""

    def __init__(self) -> None:
        super().__init__("rag", VERSION, protocol_cls=Protocol)  # pyright: ignore[reportUnknownMemberType]
        self.open = Workspace()
        self.worker: Latest[Snapshot, State] = Latest(Checker().check, self._publish)
        self.publisher = Publisher(self.text_document_publish_diagnostics)

    @property
    def encoding(self) -> Encoding:
        """The units that positions are counted in, as agreed on with the client."""
        agreed = self.server_capabilities.position_encoding
        return cast("Encoding", str(getattr(agreed, "value", agreed) or "utf-16"))

    @property
    def takes_snippets(self) -> bool:
        """Whether the client understands places to fill in."""
        return bool(_capability(self.client_capabilities, "text_document.completion.completion_item.snippet_support"))

    @property
    def takes_links(self) -> bool:
        """Whether the client wants to know which word a definition belongs to."""
        return bool(_capability(self.client_capabilities, "text_document.definition.link_support"))

    def analyse(self) -> None:
        """Something has changed."""
        self.worker.give(self.open.snapshot())

    async def asked(self, uri: str, position: types.Position | None = None) -> Question | None:
        """What a request is about, once the newest text is analysed; null where that is no source.

        A text that has changed since the request was made is not answered about: its client asks again.
        """
        document = self.open.find(uri)
        state = await self.worker.newest()
        if document is None or state is None:
            return None
        if self.open.find(uri) is not document:
            raise ContentModified("the text has changed")
        home, name = state.places[document.key]
        point = convert.point(position) if position is not None else (0, 0)
        return Question(state.projects[home], name, offset_at(document.lines, point, self.encoding))

    async def newest(self) -> State | None:
        """Everything that is known, once the newest text is analysed."""
        return await self.worker.newest()

    def report_server_error(self, error: Exception, source: Any) -> None:
        """What goes wrong outside of a request is for the log, not for the person who types."""
        log.error("%s: %s", getattr(source, "__name__", source), error)

    def _publish(self, state: State) -> None:
        self.publisher.publish(state, self.encoding)


def _capability(capabilities: types.ClientCapabilities, path: str) -> object:
    """A capability of the client by the path to it; null where it says nothing."""
    found: object = capabilities
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


class ContentModified(JsonRpcException):
    """A request speaks of a text that is no longer there."""

    CODE = types.LSPErrorCodes.ContentModified
    MESSAGE = "content modified"


def make_server() -> Server:
    """A server with everything registered, not yet speaking to anybody."""
    server = Server()
    feature = server.feature
    feature(types.INITIALIZED)(initialized)
    feature(types.TEXT_DOCUMENT_DID_OPEN)(did_open)
    feature(types.TEXT_DOCUMENT_DID_CHANGE)(did_change)
    feature(types.TEXT_DOCUMENT_DID_CLOSE)(did_close)
    feature(types.TEXT_DOCUMENT_DID_SAVE)(did_save)
    feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(did_change_watched_files)
    feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)(did_change_workspace_folders)
    feature(types.SHUTDOWN)(shutdown)
    triggers = types.CompletionOptions(trigger_characters=TRIGGERS)
    feature(types.TEXT_DOCUMENT_COMPLETION, triggers)(completion)
    feature(types.TEXT_DOCUMENT_HOVER)(hover)
    feature(types.TEXT_DOCUMENT_DEFINITION)(definition)
    feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)(document_symbol)
    _navigation(server)
    _presentation(server)
    _formatting(server)
    return server


def _navigation(server: Server) -> None:
    feature = server.feature
    feature(types.TEXT_DOCUMENT_REFERENCES)(navigate.find_references)
    feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)(navigate.document_highlight)
    feature(types.TEXT_DOCUMENT_LINKED_EDITING_RANGE)(navigate.linked_editing_range)
    feature(types.TEXT_DOCUMENT_PREPARE_RENAME)(navigate.prepare_rename)
    feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))(navigate.rename_symbol)
    feature(types.WORKSPACE_SYMBOL)(navigate.workspace_symbol)
    feature(types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY)(navigate.prepare_call_hierarchy)
    feature(types.CALL_HIERARCHY_OUTGOING_CALLS)(navigate.outgoing_calls)
    feature(types.CALL_HIERARCHY_INCOMING_CALLS)(navigate.incoming_calls)


def _presentation(server: Server) -> None:
    feature = server.feature
    feature(types.TEXT_DOCUMENT_FOLDING_RANGE)(present.folding_range)
    feature(types.TEXT_DOCUMENT_SELECTION_RANGE)(present.selection_range)
    feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, present.LEGEND)(present.semantic_tokens)
    feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_RANGE, present.LEGEND)(present.semantic_tokens_of_range)
    feature(types.TEXT_DOCUMENT_INLAY_HINT)(present.inlay_hint)
    feature(types.TEXT_DOCUMENT_CODE_LENS)(present.code_lens)
    kinds = [types.CodeActionKind.QuickFix, present.FIX_ALL]
    feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(kinds))(present.code_action)


def _formatting(server: Server) -> None:
    feature = server.feature
    feature(types.TEXT_DOCUMENT_FORMATTING)(formatting.document_formatting)
    feature(types.TEXT_DOCUMENT_RANGE_FORMATTING)(formatting.range_formatting)
    typed = types.DocumentOnTypeFormattingOptions(first_trigger_character=formatting.TYPED)
    feature(types.TEXT_DOCUMENT_ON_TYPE_FORMATTING, typed)(formatting.on_type_formatting)


def initialized(ls: Server, _: types.InitializedParams) -> None:
    """Take the workspace's folders, and ask to be told of files that change on disk."""
    roots = [*ls.workspace.folders] or ([ls.workspace.root_uri] if ls.workspace.root_uri else [])
    ls.open.folders = _paths(roots)
    if _capability(ls.client_capabilities, "workspace.did_change_watched_files.dynamic_registration"):
        watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        registration = types.Registration("watched-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        ls.client_register_capability(types.RegistrationParams([registration]))
    ls.analyse()


def did_open(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    """A document stands in for its file from now on."""
    document = params.text_document
    ls.open.put(open_document(document.uri, document.version, document.text))
    ls.analyse()


def did_change(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    """Apply edits. Those of a document that is not open, or of a version that is behind, are dropped."""
    uri, version = params.text_document.uri, params.text_document.version
    document = ls.open.find(uri)
    if document is None or version <= document.version:
        log.warning("an edit of %s was dropped: version %s is not expected", uri, version)
        return
    ls.open.put(changed(document, version, convert.changes(params.content_changes), ls.encoding))
    ls.analyse()


def did_close(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    """What is on disk counts again."""
    ls.open.drop(params.text_document.uri)
    ls.analyse()


def did_save(ls: Server, _: types.DidSaveTextDocumentParams) -> None:
    """A file on disk has changed."""
    ls.open.read_again()
    ls.analyse()


def did_change_watched_files(ls: Server, _: types.DidChangeWatchedFilesParams) -> None:
    """Files on disk have changed."""
    ls.open.read_again()
    ls.analyse()


def did_change_workspace_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Other folders are open."""
    gone = set(_paths([folder.uri for folder in params.event.removed]))
    new = _paths([folder.uri for folder in params.event.added])
    ls.open.folders = [*(folder for folder in ls.open.folders if folder not in gone), *new]
    ls.analyse()


def shutdown(ls: Server, _: None) -> None:
    """Begin no further analysis."""
    ls.worker.close()


async def completion(ls: Server, params: types.CompletionParams) -> types.CompletionList | None:
    """What can be written here."""
    question = await ls.asked(params.text_document.uri, params.position)
    if question is None:
        return None
    checked, name, offset = question.checked, question.name, question.offset
    found = complete(checked.analysis, name, offset, checked.before)
    return convert.completions(found, checked.lines(name), ls.encoding, snippets=ls.takes_snippets)


async def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    """What is known of the word here."""
    question = await ls.asked(params.text_document.uri, params.position)
    if question is None:
        return None
    found = ide_hover(question.checked.analysis, question.name, question.offset)
    return convert.hover(found, question.checked.lines(question.name), ls.encoding) if found else None


async def definition(
    ls: Server, params: types.DefinitionParams
) -> list[types.Location] | list[types.LocationLink] | None:
    """Where the name here is declared."""
    question = await ls.asked(params.text_document.uri, params.position)
    if question is None:
        return None
    found = ide_definition(question.checked.analysis, question.name, question.offset)
    return convert.definition(found, question.checked, ls.encoding, links=ls.takes_links) if found else None


async def document_symbol(ls: Server, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol] | None:
    """The outline of a file."""
    question = await ls.asked(params.text_document.uri)
    if question is None:
        return None
    lines = question.checked.lines(question.name)
    return convert.symbols(outline(question.checked.analysis, question.name), lines, ls.encoding)


def _paths(uris: list[str]) -> list[Path]:
    paths = (path_of(uri) for uri in uris)
    return [path for path in paths if path is not None]
