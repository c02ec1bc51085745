"""The plugin in a Neovim that is typed into: an error appears, is mended and goes away, and completion inserts a tool's name."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "editors" / "neovim"
PATIENCE = 30
PROGRAMS = {"of the machine": ["nvim"], "newer": [str(ROOT / ".ci" / "neovim")]}
INIT = """\
vim.opt.runtimepath:append("{plugin}")
vim.g.rag_command = {{ "{rag}", "lsp" }}
vim.o.swapfile = false
"""


class Editor:
    """A Neovim without a screen, driven by the keys that a person would press."""

    def __init__(self, program: list[str], folder: Path) -> None:
        self.program = program
        self.socket = str(folder / "socket")
        (folder / "init.lua").write_text(INIT.format(plugin=PLUGIN, rag=Path(sys.executable).parent / "rag"))
        words = ["--headless", "-u", "init.lua", "-i", "NONE", "--listen", self.socket]
        self.process = subprocess.Popen(
            [*program, *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.until(lambda: Path(self.socket).exists())

    def press(self, keys: str) -> None:
        """Press keys, in Neovim's notation."""
        subprocess.run([*self.program, "--server", self.socket, "--remote-send", keys], check=True, capture_output=True)

    def quit(self) -> int:
        """Leave without saving; the exit code. Neovim may be gone before it has answered who sent the keys."""
        words = [*self.program, "--server", self.socket, "--remote-send", "<Esc>:qall!<CR>"]
        subprocess.run(words, capture_output=True)
        return self.process.wait(PATIENCE)

    def ask(self, lua: str) -> Any:
        """The value of a Lua expression."""
        expression = f"luaeval('vim.json.encode({lua})')"
        words = [*self.program, "--server", self.socket, "--remote-expr", expression]
        done = subprocess.run(words, capture_output=True, text=True)
        return json.loads(done.stdout or done.stderr)

    def until(self, holds: Any) -> None:
        """Wait for something that the editor does in its own time."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert self.process.poll() is None, "Neovim ended"
            assert time.monotonic() < end, "nothing happened"
            time.sleep(0.05)

    def until_codes(self, *codes: str) -> None:
        """Wait until the diagnostics of the buffer are of these rules."""
        self.until(
            lambda: (
                self.ask("vim.tbl_map(function(d) return d.code or d.user_data.lsp.code end, vim.diagnostic.get(0))")
                == list(codes)
            )
        )


@pytest.fixture(params=PROGRAMS)
def editor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Editor]:
    program = PROGRAMS[request.param]
    if shutil.which(program[0]) is None:
        pytest.fail(f"{program[0]} is not installed; on Debian: apt-get install neovim")
    started = Editor(program, tmp_path)
    try:
        yield started
        assert started.quit() == 0
    finally:
        started.process.kill()
        started.process.wait()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "examples" / "support", tmp_path / "support")


def test_an_error_appears_and_goes_away_and_a_tool_is_completed(editor: Editor, project: Path) -> None:
    editor.press(f":edit {project / 'workflows' / 'support.rag'}<CR>")
    editor.until(lambda: editor.ask("vim.bo.filetype") == "rag")
    editor.press("/start assistant<CR>wcwassisant<Esc>")
    editor.until_codes("unknown-node")
    editor.press("ciwassistant<Esc>")
    editor.until_codes()
    editor.press('/tool "ticket_number<CR>f"ci"find_o<C-x><C-o>')
    editor.until(lambda: "find_order" in editor.ask("vim.api.nvim_get_current_line()"))
    editor.press("<C-y><Esc>")
    editor.until(lambda: editor.ask("vim.api.nvim_get_current_line()") == '    tool "find_order"')
