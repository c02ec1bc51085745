-- Read by `vim.lsp.enable("rag")` in Neovim 0.11 and newer.
return {
  cmd = function(dispatchers, config)
    local command = require("rag").command(config and config.root_dir or vim.fn.getcwd())
    return vim.lsp.rpc.start(command, dispatchers)
  end,
  filetypes = { "rag" },
  root_markers = { "rag.toml" },
}
