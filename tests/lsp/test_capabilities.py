"""The server beside a client that we did not write, which fails a test where the protocol is not kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

from tests.lsp.conftest import FLOW
from tests.lsp.talk import COMMAND


def make_client() -> LanguageClient:
    """A client that takes what the server wants to be told of."""
    made = make_test_lsp_client()

    def register(_: types.RegistrationParams) -> None:
        return None

    made.feature(types.CLIENT_REGISTER_CAPABILITY)(register)
    return made


def _fixture(**options: Any) -> Any:
    return pytest_lsp.fixture(**options)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


CONFIG = ClientServerConfig(server_command=COMMAND, client_factory=make_client)


async def _editor(
    request: pytest.FixtureRequest, lsp_client: LanguageClient, project: Path
) -> AsyncGenerator[LanguageClient, None]:
    folder = types.WorkspaceFolder(project.as_uri(), "shop")
    capabilities = client_capabilities(request.param)
    parameters = types.InitializeParams(
        capabilities=capabilities, workspace_folders=[folder], root_uri=project.as_uri()
    )
    await lsp_client.initialize_session(parameters)
    yield lsp_client
    await lsp_client.shutdown_session()


editor = _fixture(config=CONFIG, params=["neovim", "visual_studio_code"])(_editor)


@pytest.mark.asyncio
async def test_every_capability(editor: LanguageClient, project: Path) -> None:
    uri = (project / "flow.rag").as_uri()
    broken = FLOW.replace("start plan", "start plna")
    editor.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "rag", 1, broken)))
    await editor.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert [each.code for each in editor.diagnostics[uri]] == ["unknown-node"]
    document, place = types.TextDocumentIdentifier(uri), types.Position(5, 12)
    completion = await editor.text_document_completion_async(types.CompletionParams(document, place))
    assert isinstance(completion, types.CompletionList)
    assert [item.label for item in completion.items] == ["search"]
    hover = await editor.text_document_hover_async(types.HoverParams(document, place))
    assert hover is not None
    assert await editor.text_document_definition_async(types.DefinitionParams(document, place))
    symbols = await editor.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    assert symbols
    assert len(symbols) == 1
