vim.bo.commentstring = "// %s"
vim.bo.expandtab = true
vim.bo.shiftwidth = 2
vim.bo.softtabstop = 2

-- Neovim 0.11 and newer are told of the server in lsp/rag.lua, and start it once `vim.lsp.enable("rag")` is called.
if not vim.lsp.enable then
  require("rag").attach(vim.api.nvim_get_current_buf())
end
